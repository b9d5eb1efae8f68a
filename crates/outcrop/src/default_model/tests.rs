use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use outcrop_config::{Assignment, FileSource, Sources};
use outcrop_core::ErrorKind;
use tempfile::TempDir;

use super::*;
use crate::DEFAULT_PROVIDER;

const NOVA: &str = "us.amazon.nova-pro-v1:0";
const SET: &str = "{\n  agents: {\n    defaults: {\n      model: {\n        primary: \"amazon-bedrock/us.amazon.nova-pro-v1:0\",\n      },\n    },\n  },\n}\n";

/// A home with a project in it.
struct Home {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config").into_os_string().into_string().unwrap();
        // The same everywhere, whatever the platform's own folders are.
        let names = ["XDG_CONFIG_HOME", "APPDATA"];
        let environment = names.iter().map(|name| ((*name).to_owned(), config.clone())).collect();
        fs::create_dir(folder.path().join("project")).unwrap();
        Self { folder, environment }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn user(&self) -> PathBuf {
        self.path("config/outcrop/config.json5")
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }

    fn sources(&self) -> Sources {
        let sources = Sources::platform(self.environment.clone(), &self.path("project"));
        Sources { system: None, ..sources }
    }

    fn set(&self) -> Result<DefaultModelSet> {
        set(self.sources(), NOVA)
    }
}

fn reference(provider: &str, model: &str) -> ModelReference {
    ModelReference { provider: provider.into(), model: model.into() }
}

fn set(sources: Sources, model: &str) -> Result<DefaultModelSet> {
    Outcrop::builder(sources).build().set_default_model(&reference(DEFAULT_PROVIDER, model))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_users_file_is_created() {
    let home = Home::new();
    let done = home.set().unwrap();
    let expected = DefaultModelSet { file: home.user(), changed: true, previous: None, shadowed_by: None };
    assert_eq!(done, expected);
    assert_eq!(text(&home.user()), SET);
    let again = home.set().unwrap();
    let previous = Some(format!("amazon-bedrock/{NOVA}"));
    assert_eq!(again, DefaultModelSet { changed: false, previous, ..expected });
    assert_eq!(text(&home.user()), SET);
}

#[test]
fn the_rest_of_the_file_stays() {
    let home = Home::new();
    let before = "// mine\n{ agents: { defaults: { model: 'us.old' } }, gateway: {} }\n";
    home.put("config/outcrop/config.json5", before);
    let done = home.set().unwrap();
    assert_eq!((done.changed, done.previous.as_deref()), (true, Some("us.old")));
    assert_eq!(text(&home.user()), before.replace("us.old", &format!("amazon-bedrock/{NOVA}")));
}

#[test]
fn the_named_file_is_meant_if_there_is_one() {
    let home = Home::new();
    let named = home.put("named.json5", "");
    let home = home.with("OUTCROP_CONFIG", named.to_str().unwrap());
    assert_eq!(home.set().unwrap().file, named);
    let flagged = home.put("flagged.json5", "");
    let sources = Sources { file: Some(FileSource::Required(flagged.clone())), ..home.sources() };
    assert_eq!(set(sources, NOVA).unwrap().file, flagged);
    assert_eq!((text(&named).as_str(), text(&flagged).as_str()), (SET, SET));
    assert!(!home.user().exists());
}

#[test]
fn what_still_wins_is_said_with_its_place() {
    let home = Home::new();
    let project = home.put("project/outcrop.json5", "{\n  agents: { defaults: { model: 'us.other' } },\n}");
    let stronger = |sources| {
        let done = set(sources, NOVA).unwrap();
        done.shadowed_by.map(|it| (it.model, it.origin.layer, it.origin.to_string()))
    };
    let place = format!("{}:2:32", project.display());
    assert_eq!(stronger(home.sources()), Some(("us.other".to_owned(), Layer::Project, place)));

    let home = home.with("OUTCROP_MODEL", "us.third");
    let variable = "environment variable OUTCROP_MODEL".to_owned();
    assert_eq!(stronger(home.sources()), Some(("us.third".to_owned(), Layer::Environment, variable)));

    let assignment = Assignment::set("agents.defaults.model=us.fourth").unwrap();
    let sources = Sources { command_line: vec![assignment], ..home.sources() };
    let flag = ("us.fourth".to_owned(), Layer::CommandLine, "--set".to_owned());
    assert_eq!(stronger(sources), Some(flag));

    // Who says the same does not stand in the way.
    let home = home.with("OUTCROP_MODEL", NOVA);
    assert_eq!(stronger(home.sources()), None);
}

#[test]
fn a_weaker_file_does_not_matter() {
    let home = Home::new();
    let system = home.put("system.json5", "{ agents: { defaults: { model: 'us.system' } } }");
    let sources = Sources { system: Some(FileSource::Optional(system.clone())), ..home.sources() };
    let done = set(sources, NOVA).unwrap();
    assert_eq!((done.previous, done.shadowed_by), (None, None));
    assert!(text(&system).contains("us.system"));
}

#[test]
fn what_cannot_be_written_is_an_error_of_the_configuration() {
    let check = |sources: Sources, message: &str, hint: &str| {
        let error = set(sources, NOVA).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hints().iter().any(|it| it.contains(hint)), "{:?}", error.hints());
    };
    let home = Home::new();
    let broken = home.put("config/outcrop/config.json5", "{\n  a: 1\n  b: 2\n}");
    check(home.sources(), "config.json5:2:7: not valid JSON5: expected comma", "outcrop config check");
    assert_eq!(text(&broken), "{\n  a: 1\n  b: 2\n}");
    home.put("config/outcrop/config.json5", "{ agents: { defaults: 'x' } }");
    check(home.sources(), "`agents.defaults` is a string", "set `agents.defaults` as a whole");

    check(Sources::default(), "there is no configuration file", "--config");
    let in_memory = Sources::default().with_text(Layer::User, "config.json5", "{}");
    check(in_memory, "there is no configuration file", "--config");
    let missing = Home::new().with("OUTCROP_CONFIG", home.path("missing.json5").to_str().unwrap());
    check(missing.sources(), "missing.json5` does not exist", "look at the name");
    assert!(!home.path("missing.json5").exists());
    let folder = Home::new();
    fs::create_dir_all(folder.user()).unwrap();
    check(folder.sources(), "cannot be read", "permissions");
}

#[test]
fn a_reference_that_would_be_read_otherwise_is_refused() {
    let home = Home::new();
    let outcrop = Outcrop::builder(home.sources()).build();
    let error = outcrop.set_default_model(&reference("elsewhere", "m")).unwrap_err();
    assert_eq!(error.to_string(), "there is no provider `elsewhere`");
    assert_eq!(error.hints(), ["the configuration has `amazon-bedrock`"]);
    let error = outcrop.set_default_model(&reference(DEFAULT_PROVIDER, " ")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!home.user().exists());
}
