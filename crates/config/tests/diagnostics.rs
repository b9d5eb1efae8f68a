//! Every code of the diagnostics, by a configuration that has the mistake. The text of each is pinned beside its file in
//! `tests-data/bad`; a mistake that no file can make is a case of its own here.

// Tells clippy that all of this is test code, helpers included.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use outcrop_config::{Assignment, Code, FileSource, Layer, Loaded, Loader, Sources, Style};

/// What is wrong with a configuration, under the name of a file of it: `CODE`, or `CODE.WHAT`.
struct Case {
    name: String,
    loaded: Loaded,
}

impl Case {
    fn new(name: &str, sources: Sources) -> Self {
        Self { name: name.to_owned(), loaded: Loader::new(sources).load() }
    }

    /// The code that it is about.
    fn id(&self) -> String {
        format!("config::{}", self.name.split('.').next().unwrap())
    }

    /// All that is wrong, as people see it.
    fn text(&self) -> String {
        let texts: Vec<_> = self.loaded.diagnostics.iter().map(|it| it.render(Style::Plain)).collect();
        texts.join("\n\n")
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/bad")
}

/// The files of the folder with this ending, by their names without it.
fn names(ending: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    files.filter_map(|name| name.to_str().unwrap().strip_suffix(ending).map(str::to_owned)).collect()
}

/// The file as that of the user; as that of a project where it matters.
fn of_file(name: &str) -> Case {
    // Relative, so that the texts are the same wherever the project is.
    let path = PathBuf::from("tests-data/bad").join(format!("{name}.json5"));
    let file = Some(FileSource::Required(path));
    let sources = Sources::default();
    let mut case = Case::new(
        name,
        if name == "refused" {
            Sources { project: file, ..sources }
        } else {
            Sources { user: file, ..sources }
        },
    );
    if name == "provider" {
        // The factories of the providers say what is wrong with an entry; without one, nobody does.
        let entry = case.loaded.config.provider("mine").unwrap();
        let known = ["bedrock-converse-stream".to_owned()];
        let message = "no provider speaks the api `an-api-that-nobody-speaks`";
        case.loaded.diagnostics = vec![entry.diagnostic("/api", message, &known)];
    }
    case
}

/// What no file can do wrong.
fn of_no_file() -> Vec<Case> {
    let set = |argument: &str| Assignment::set(argument).unwrap();
    let a_folder = || PathBuf::from("tests-data/bad");
    let variables =
        ["OUTCROP_REGOIN", "OUTCROP_SOMETHING_ELSE"].map(|name| (name.to_owned(), "x".to_owned()));
    vec![
        Case::new("read", Sources { user: Some(FileSource::Optional(a_folder())), ..Sources::default() }),
        Case::new(
            "named-file",
            Sources { file: Some(FileSource::Required("not-there.json5".into())), ..Sources::default() },
        ),
        Case::new(
            "unknown-variable",
            Sources { environment: BTreeMap::from(variables), ..Sources::default() },
        ),
        Case::new(
            "type.variable",
            Sources {
                environment: BTreeMap::from([("OUTCROP_DISCOVERY_ENABLED".to_owned(), "maybe".to_owned())]),
                ..Sources::default()
            },
        ),
        Case::new(
            "path",
            Sources { command_line: vec![set("models.providers.x.models[0].name=n")], ..Sources::default() },
        ),
        Case::new(
            "unknown-key.flag",
            Sources {
                command_line: vec![set("models.bedrockDiscovery.regoin=x"), set("gateway.port=1")],
                ..Sources::default()
            },
        ),
        Case::new(
            "range.flag",
            Sources {
                command_line: vec![set("models.bedrockDiscovery.refreshInterval=-1")],
                ..Sources::default()
            },
        ),
    ]
}

fn cases() -> Vec<Case> {
    names(".json5").iter().map(|name| of_file(name)).chain(of_no_file()).collect()
}

#[test]
fn every_mistake_has_its_text() {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for case in cases() {
            insta::assert_snapshot!(case.name.as_str(), case.text());
        }
    });
    let pinned = names(".snap");
    assert_eq!(pinned, cases().into_iter().map(|case| case.name).collect(), "a text without its mistake");
}

#[test]
fn every_code_has_a_mistake() {
    let cases = cases();
    for code in Code::ALL {
        let has_it = |case: &&Case| case.loaded.diagnostics.iter().any(|it| it.code == code);
        let named = cases.iter().filter(|case| case.id() == code.id());
        let (shown, not_shown): (Vec<_>, Vec<_>) = named.partition(has_it);
        assert!(!shown.is_empty(), "{code} has no file in `tests-data/bad` and no case here");
        assert!(not_shown.is_empty(), "`{}` does not show {code}", not_shown[0].name);
    }
    let known: BTreeSet<_> = Code::ALL.map(Code::id).into();
    for case in &cases {
        assert!(known.contains(case.id().as_str()), "`{}` is named after no code", case.name);
    }
}

#[test]
fn every_mistake_says_what_to_do() {
    for case in cases() {
        for diagnostic in &case.loaded.diagnostics {
            assert!(!diagnostic.help.is_empty(), "{}: {diagnostic}", case.name);
            let words =
                [diagnostic.message.as_str()].into_iter().chain(diagnostic.help.iter().map(String::as_str));
            for text in words {
                assert!(!text.ends_with('.') || text.ends_with("…"), "{}: {text}", case.name);
                assert!(!text.starts_with(char::is_uppercase), "{}: {text}", case.name);
            }
        }
    }
}

/// Whatever is wrong, what it does not concern is as if it were not there.
#[test]
fn no_mistake_takes_anything_else_down() {
    let system = "{ agents: { defaults: { model: 'amazon-bedrock/m' } }, models: { bedrockDiscovery: { includeLegacy: true } } }";
    for name in names(".json5") {
        let path = folder().join(format!("{name}.json5"));
        let sources = Sources { user: Some(FileSource::Optional(path)), ..Sources::default() };
        let loaded = Loader::new(sources.with_text(Layer::System, "system.json5", system)).load();
        let settings = loaded.config.settings();
        assert_eq!(settings.models.bedrock_discovery.include_legacy, Some(true), "{name}");
        assert_eq!(settings.agents.defaults.model.primary.as_deref(), Some("amazon-bedrock/m"), "{name}");
        assert_eq!(settings.models.bedrock_discovery.default_max_tokens, Some(4096), "{name}");
    }
}
