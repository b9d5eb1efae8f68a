use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use outcrop_config::{FileSource, Sources};
use outcrop_core::ErrorKind;
use serde_json::json;

use super::*;

const REGION: &str = "models.bedrockDiscovery.region";

/// A file for each layer, in a folder; those that are named are there.
fn sources(folder: &Path, there: &[(&str, &str)]) -> Sources {
    for (name, text) in there {
        fs::File::create(folder.join(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }
    let optional = |name: &str| Some(FileSource::Optional(folder.join(name)));
    Sources {
        system: optional("system.json5"),
        user: optional("user.json5"),
        project_folder: Some(folder.to_owned()),
        ..Sources::default()
    }
}

fn change(sources: Sources, change: &Change) -> Result<Changed> {
    Outcrop::builder(sources).build().change(change)
}

fn set(value: &str) -> Change {
    Change::set(REGION.parse().unwrap(), value)
}

#[test]
fn each_layer_is_written_in_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let layers = [
        (None, Layer::User, "user.json5"),
        (Some(Layer::User), Layer::User, "user.json5"),
        (Some(Layer::System), Layer::System, "system.json5"),
        (Some(Layer::Project), Layer::Project, "outcrop.json5"),
    ];
    for (asked, layer, name) in layers {
        let asked_for = asked.map_or_else(|| set("a"), |asked| set("a").in_layer(asked));
        let done = change(sources(folder.path(), &[]), &asked_for.clone().dry_run(true)).unwrap();
        assert_eq!((done.layer, done.file.as_path()), (layer, folder.path().join(name).as_path()));
        assert_eq!((done.changed, done.line, done.is_read), (true, None, true), "{done:?}");
        assert!(!done.file.exists());

        let done = change(sources(folder.path(), &[]), &asked_for).unwrap();
        assert_eq!(
            (done.changed, done.found, done.line, done.is_read),
            (true, false, Some(4), true),
            "{done:?}"
        );
        assert!(done.diff.starts_with("--- /dev/null\n"), "{}", done.diff);
        fs::remove_file(done.file).unwrap();
    }
    let named = BTreeMap::from([("OUTCROP_CONFIG".to_owned(), "/nowhere/c.json5".to_owned())]);
    let named = Sources { environment: named, ..sources(folder.path(), &[]) };
    assert!(!change(named, &set("a").in_layer(Layer::User)).unwrap().is_read);
    for layer in [Layer::User, Layer::Project, Layer::Environment] {
        let error = change(Sources::default(), &set("a").in_layer(layer)).unwrap_err();
        assert_eq!(error.to_string(), format!("there is no file of the layer `{layer}`"));
    }
}

#[test]
fn the_file_of_the_system_is_changed_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let outcrop = || Outcrop::builder(sources(folder.path(), &[])).build();
    let file = folder.path().join("system.json5");
    let read = || fs::read_to_string(&file).unwrap();
    let region =
        || outcrop().config().said_by(Layer::System, &REGION.parse().unwrap()).map(|(value, _)| value);
    let change = |change: Change| outcrop().change(&change.in_layer(Layer::System)).unwrap();

    assert!(change(set("a")).changed);
    assert_eq!((region(), outcrop().config().keys_of(Layer::System).len()), (Some("a".into()), 1));
    assert!(change(Change::unset(REGION.parse().unwrap())).found);
    assert_eq!(region(), None);

    let theirs = folder.path().join("theirs.json5");
    let text = "{\n  gateway: {},\n  models: { bedrockDiscovery: { region: 'b' } },\n}\n";
    fs::File::create(&theirs).unwrap().write_all(text.as_bytes()).unwrap();
    let import = |write| outcrop().import(&theirs, Some(Layer::System), false, write).unwrap();
    let would = import(false);
    assert_eq!((would.layer, would.file.as_path(), region()), (Layer::System, file.as_path(), None));
    assert!(would.changed && would.diff.contains("+++ ") && would.diff.contains("region: 'b'"), "{would:?}");
    let done = import(true);
    assert!(done.changed && done.diff == would.diff && !read().contains("gateway"), "{done:?}");
    assert_eq!(region(), Some("b".into()));
    assert!(!import(true).changed);

    let draft = outcrop().draft(Some(Layer::System)).unwrap();
    assert!(draft.write(draft.text().replace("'b'", "'c'").as_bytes(), false).unwrap());
    assert_eq!(region(), Some("c".into()));
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["system.json5", "theirs.json5"]);
}

#[test]
fn who_wins_over_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{ models: { bedrockDiscovery: { region: 'p' } } }";
    let there = [("outcrop.json5", text), ("system.json5", text)];
    let winner = |change_: &Change| {
        change(sources(folder.path(), &there), change_).unwrap().shadowed_by.map(|origin| origin.layer)
    };
    assert_eq!(winner(&set("u")), Some(Layer::Project));
    assert_eq!(winner(&set("u").in_layer(Layer::Project)), None);
    assert_eq!(winner(&Change::unset(REGION.parse().unwrap())), Some(Layer::Project));
    let discovery = Change::set("models.bedrockDiscovery".parse().unwrap(), json!({ "enabled": true }));
    assert_eq!(winner(&discovery), None, "an object is everybody's");
}

#[test]
fn a_condition_that_does_not_hold_leaves_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{ models: { providers: { x: { apiKey: 'hush' } } } }";
    let providers = Change::set("models.providers".parse().unwrap(), json!({}));
    let key = || "models.providers.x.apiKey".parse::<KeyPath>().unwrap();
    let refused = [
        (Change::set(key(), "new").expecting(None), "another value than expected"),
        (Change::set(key(), "new").expecting(Some("other".into())), "another value than expected"),
        (set("a").expecting(Some("b".into())), "no value at"),
        (providers.clone(), "would lose `models.providers.x`"),
        (Change::unset("models".parse().unwrap()), "would lose `models.providers.x`"),
    ];
    for (wanted, message) in refused {
        let sources = sources(folder.path(), &[("user.json5", text)]);
        let error = change(sources, &wanted).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(message) && !error.hints().is_empty(), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("user.json5")).unwrap(), text);
        assert!(!format!("{error:?} {wanted:?}").contains("hush"));
    }
    for wanted in [
        Change::set(key(), "new").expecting(Some("hush".into())),
        providers.replacing(true),
        Change::unset("models.providers.x".parse().unwrap()),
    ] {
        let sources = sources(folder.path(), &[("user.json5", text)]);
        assert!(change(sources, &wanted).unwrap().changed, "{wanted:?}");
    }
}
