use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::*;
use crate::{Code, FileSource, Loader, Sources, Written};

const NEW: &str = "{\n  // what may stand here\n}\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(text: Option<&str>) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        if let Some(text) = text {
            folder.put(text);
        }
        folder
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("config.json5")
    }

    fn put(&self, text: impl AsRef<[u8]>) {
        fs::File::create(self.file()).unwrap().write_all(text.as_ref()).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn draft(&self) -> Result<Draft, EditError> {
        let user = Some(FileSource::Optional(self.file()));
        Loader::new(Sources { user, ..Sources::default() }).load().config.draft(self.file(), NEW)
    }

    fn codes(&self, text: &str) -> Vec<(Code, Option<usize>)> {
        let review = self.draft().unwrap().revised(text).unwrap().review();
        review.iter().map(|it| (it.code, it.line)).collect()
    }
}

#[test]
fn the_whole_text_is_written_as_it_is() {
    let text = "\u{feff}// mine\r\n{ models: { providers: {} } }";
    for before in [None, Some(""), Some(text)] {
        let folder = Folder::new(before);
        let draft = folder.draft().unwrap();
        assert_eq!((draft.text(), draft.file()), (before.unwrap_or(NEW), folder.file().as_path()));
        assert_eq!(draft.revised(draft.text()).unwrap().write().unwrap(), Written::Unchanged);
        assert_eq!(folder.file().exists(), before.is_some());
        for after in ["{} // short", text.trim_start_matches('\u{feff}'), ""] {
            let edit = folder.draft().unwrap().revised(after).unwrap();
            assert_eq!(edit.text(), after);
            let written = edit.write().unwrap();
            assert_eq!((written, folder.read().as_str()), (Written::Changed, after));
        }
    }
    assert!(!format!("{:?}", Folder::new(Some("{ a: 'hush' }")).draft().unwrap()).contains("hush"));
}

#[test]
fn a_broken_file_can_be_mended_and_no_whole_one_broken() {
    let folder = Folder::new(Some("{ models: { "));
    let still = folder.draft().unwrap().revised("{ models: {  // later").unwrap();
    assert_eq!(still.review().len(), 1);
    let error = still.write().unwrap_err();
    assert!(matches!(&error, EditError::Invalid(it) if it[0].code == Code::Syntax), "{error}");
    let mended = folder.draft().unwrap().revised("{ models: { } }").unwrap();
    assert_eq!(mended.review(), []);
    assert_eq!(mended.write().unwrap(), Written::Changed);
    for broken in ["{ models: { ", "[]", "'text'", "{ a: 1 b: 2 }"] {
        let edit = folder.draft().unwrap().revised(broken).unwrap();
        assert!(matches!(edit.check(), Err(EditError::Invalid(_))), "{broken}");
        assert!(edit.write().is_err());
        assert_eq!(folder.read(), "{ models: { } }");
    }
    let bytes = folder.draft().unwrap().revised(b"{ a: '\xe4' }".as_slice()).unwrap_err();
    assert!(matches!(bytes, EditError::Malformed(_)), "{bytes}");
    // Unless somebody insists.
    let edit = folder.draft().unwrap().revised("{ models: { ").unwrap();
    assert_eq!(edit.write_anyway().unwrap(), Written::Changed);
    assert_eq!(folder.read(), "{ models: { ");
}

#[test]
fn all_mistakes_are_told_and_new_ones_refused() {
    let folder = Folder::new(Some("{\n  models: { bedrockDiscovery: { region: 5 } },\n}\n"));
    let more = "{\n  // moved\n  models: { bedrockDiscovery: { region: 5, regoin: 'x' } },\n}\n";
    assert_eq!(folder.codes(more), [(Code::Type, Some(3)), (Code::UnknownKey, Some(3))]);
    let edit = |text: &str| folder.draft().unwrap().revised(text).unwrap();
    edit(more).check().unwrap();
    let wrong = more.replace("regoin: 'x'", "refreshInterval: 'soon'");
    assert!(matches!(edit(&wrong).check(), Err(EditError::Invalid(it)) if it.len() == 1));
}

#[test]
fn who_comes_second_does_not_overwrite_who_came_first() {
    let folder = Folder::new(Some("{}"));
    let edit = folder.draft().unwrap().revised("{ /* mine */ }").unwrap();
    folder.put("{ /* theirs */ }");
    assert!(matches!(edit.clone().write(), Err(EditError::Changed { .. })));
    assert!(matches!(edit.write_anyway(), Err(EditError::Changed { .. })));
    assert_eq!(folder.read(), "{ /* theirs */ }");
}

#[test]
fn what_cannot_be_written_is_not_opened() {
    let folder = Folder::new(Some("{}"));
    let mut permissions = fs::metadata(folder.file()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(folder.file(), permissions).unwrap();
    let error = folder.draft().unwrap_err();
    assert!(matches!(error, EditError::Write { .. }), "{error}");
    let folder = Folder::new(None);
    folder.put(b"{ a: '\xe4' }");
    assert!(matches!(folder.draft(), Err(EditError::Malformed(_))));
}
