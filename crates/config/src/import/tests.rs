use std::path::PathBuf;

use super::*;
use crate::testing::{DISCOVERY, path};
use crate::{ProviderSchema, Written};

const THEIRS: &str = r#"{
  // Not ours.
  gateway: { port: 1 },
  models: {
    // Ours, and worth a word.
    bedrockDiscovery: { region: "us-east-1" }, // near
    providers: {
      "amazon-bedrock": { apiKey: "very-secret", headers: { "x-team": "${TEAM}" }, authHeader: true },
      attic: { api: "ollama" },
    },
  },
  plugins: { entries: {
    "amazon-bedrock": { enabled: true, config: { discovery: { region: "eu-west-1", refreshInterval: 60 } } },
  } },
}
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let mut file = std::fs::File::create(folder.file(name)).unwrap();
            io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        }
        folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import(&self, replace: bool) -> Result<Import, EditError> {
        let provider = ProviderSchema {
            api: "bedrock-converse-stream".to_owned(),
            schema: serde_json::json!({ "type": "object" }),
        };
        let sources = Sources {
            environment: [("TEAM".to_owned(), "red".to_owned())].into(),
            user: Some(FileSource::Optional(self.file("own.json5"))),
            ..Sources::default()
        };
        let config = Loader::new(sources).with_providers([provider]).load().config;
        config.import(&self.file("theirs.json5"), &self.file("own.json5"), replace)
    }
}

fn names(keys: &[KeyPath]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_file_gets_the_part_that_is_ours_with_its_comments() {
    let folder = Folder::with(&[("theirs.json5", THEIRS)]);
    let import = folder.import(false).unwrap();
    let text = import.edit.text().to_owned();
    for kept in
        ["// Ours, and worth a word.", "// near", "refreshInterval: 60", r#"region: "us-east-1""#, "${TEAM}"]
    {
        assert!(text.contains(kept), "no {kept}: {text}");
    }
    for gone in ["gateway", "plugins", "attic", "authHeader", "eu-west-1", "Not ours"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    let left_out: Vec<_> = import.left_out.iter().map(|unused| unused.key.to_string()).collect();
    assert_eq!(
        left_out,
        [
            "gateway",
            r#"models.providers."amazon-bedrock".authHeader"#,
            "models.providers.attic",
            r#"plugins.entries."amazon-bedrock".enabled"#
        ]
    );
    assert_eq!(names(&import.plain_secrets), [r#"models.providers."amazon-bedrock".apiKey"#]);
    assert_eq!(names(&import.conflicts), [] as [&str; 0]);
    assert_eq!(import.edit.write().unwrap(), Written::Changed);
    let again = folder.import(false).unwrap();
    assert_eq!((again.added.len(), again.conflicts.len()), (0, 0));
    assert_eq!(again.edit.write().unwrap(), Written::Unchanged);
}

#[test]
fn what_is_there_stays_unless_it_is_to_be_replaced() {
    let own =
        "{ // mine\n  models: { bedrockDiscovery: { region: 'eu-north-1', includeLegacy: true } },\n}\n";
    let folder = Folder::with(&[("theirs.json5", DISCOVERY), ("own.json5", own)]);
    let kept = folder.import(false).unwrap();
    let region = path("models.bedrockDiscovery.region");
    assert_eq!(names(&kept.conflicts), ["models.bedrockDiscovery.region"]);
    assert_eq!(kept.edit.get(&region).unwrap(), "eu-north-1");
    let replaced = folder.import(true).unwrap();
    assert_eq!(names(&replaced.conflicts), ["models.bedrockDiscovery.region"]);
    for edit in [&kept.edit, &replaced.edit] {
        assert!(edit.text().starts_with("{ // mine\n"), "{}", edit.text());
        assert_eq!(edit.get(&path("models.bedrockDiscovery.includeLegacy")).unwrap(), true);
        assert_eq!(edit.get(&path("models.bedrockDiscovery.refreshInterval")).unwrap(), 3600);
    }
    assert_eq!(replaced.edit.get(&region).unwrap(), "us-east-1");
}

#[test]
fn files_that_cannot_be_read_are_not_imported() {
    let missing = Folder::with(&[]).import(false).unwrap_err();
    assert!(matches!(missing, EditError::Read { .. }), "{missing}");
    let broken = Folder::with(&[("theirs.json5", "{ models: ")]).import(false).unwrap_err();
    assert!(matches!(broken, EditError::Malformed(_)), "{broken}");
}

#[test]
fn the_short_form_of_the_default_model_is_the_same_as_the_long_one() {
    let (short, long) = (
        "{ agents: { defaults: { model: 'a/b' } } }",
        "{ agents: { defaults: { model: { primary: 'a/b' } } } }",
    );
    for (own, theirs) in [(short, long), (long, short)] {
        let folder = Folder::with(&[("theirs.json5", theirs), ("own.json5", own)]);
        let import = folder.import(false).unwrap();
        assert_eq!((import.added.len(), names(&import.conflicts).len(), import.edit.text()), (0, 0, own));
    }
    let more = "{ agents: { defaults: { model: { primary: 'c/d', fallbacks: ['e/f'] } } } }";
    let folder = Folder::with(&[("theirs.json5", more), ("own.json5", short)]);
    let import = folder.import(true).unwrap();
    assert_eq!(names(&import.conflicts), ["agents.defaults.model.primary"]);
    assert_eq!(names(&import.added), ["agents.defaults.model.fallbacks"]);
    let model = import.edit.get(&path("agents.defaults.model")).unwrap();
    assert_eq!(model, serde_json::json!({ "primary": "c/d", "fallbacks": ["e/f"] }));
}
