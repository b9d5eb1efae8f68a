use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use outcrop_config::{FileSource, Sources};

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::File::create(self.file(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// A library with a file for each layer in this folder.
    fn outcrop(&self) -> Outcrop {
        let optional = |name: &str| Some(FileSource::Optional(self.file(name)));
        let sources = Sources {
            system: optional("system.json5"),
            user: optional("user.json5"),
            project_folder: Some(self.0.path().to_owned()),
            ..Sources::default()
        };
        Outcrop::builder(sources).build()
    }
}

#[test]
fn a_new_file_of_each_layer_begins_with_a_right_text() {
    let folder = Folder(tempfile::tempdir().unwrap());
    for (layer, name) in
        [(Layer::System, "system.json5"), (Layer::User, "user.json5"), (Layer::Project, "outcrop.json5")]
    {
        let draft = folder.outcrop().draft(Some(layer)).unwrap();
        assert_eq!(
            (draft.layer(), draft.file(), draft.is_read()),
            (layer, folder.file(name).as_path(), true)
        );
        let unchanged = draft.review(draft.text().as_bytes());
        assert!(!unchanged.is_changed && unchanged.is_right, "{unchanged:?}");
        assert!(!draft.write(draft.text().as_bytes(), false).unwrap() && !draft.file().exists());
        // What is shown as an example is right when the slashes go.
        let text = draft.text().replace("  // models", "  models").replace("  // agents", "  agents");
        let review = draft.review(text.as_bytes());
        assert!(review.is_changed && review.is_right && review.diagnostics.is_empty(), "{review:?}");
        assert!(draft.write(text.as_bytes(), false).unwrap());
        assert_eq!(fs::read_to_string(draft.file()).unwrap(), text);
    }
    let error = folder.outcrop().draft(Some(Layer::Environment)).unwrap_err();
    assert_eq!(error.to_string(), "there is no file of the layer `environment`");
}

#[test]
fn what_is_wrong_is_written_only_by_those_who_mean_it() {
    let folder = Folder(tempfile::tempdir().unwrap());
    folder.put("system.json5", "{}");
    let draft = folder.outcrop().draft(Some(Layer::System)).unwrap();
    for text in
        [&b"{ models: "[..], b"{ models: { bedrockDiscovery: { refreshInterval: 'soon' } } }", b"\xe4"]
    {
        let review = draft.review(text);
        assert!(review.is_changed && !review.is_right && !review.diagnostics.is_empty(), "{review:?}");
        draft.write(text, false).unwrap_err();
        assert_eq!(fs::read(draft.file()).unwrap(), b"{}");
    }
    draft.write(b"\xe4", true).unwrap_err();
    assert!(draft.write(b"{ models: ", true).unwrap());
    let error = draft.write(b"{ models: {} }", false).unwrap_err();
    assert!(error.to_string().contains("somebody else changed"), "{error}");
}
