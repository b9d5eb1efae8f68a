//! Reading and writing: what is refused, what survives, and that nobody's change is lost.

use std::fs;
use std::io::{self, Write as _};

use outcrop_files::{FailurePoint, InjectedFailure, Options};
use tempfile::TempDir;

use super::*;
use crate::testing::environment;
use crate::{FileSource, Loaded, ProviderSchema, Sources};

const OLD: &str = "{ models: { bedrockDiscovery: { region: 'eu-west-1' } } } // ours\n";
const REGION: &str = "models.bedrockDiscovery.region";

fn put(file: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::File::create(file).unwrap().write_all(text.as_ref()).unwrap();
}

fn folder_with(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json5");
    put(&file, text);
    (folder, file)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}

fn set_in(file: &Path, key: &str, value: &Value) -> Result<Written, EditError> {
    let mut edit = Edit::open(file)?;
    edit.set(&path(key), value)?;
    edit.write()
}

fn load(file: &Path) -> Loaded {
    Loader::new(Sources { user: Some(FileSource::Required(file.into())), ..Sources::default() }).load()
}

#[test]
fn what_was_set_is_loaded_and_what_is_there_is_not_written_again() {
    let (folder, file) = folder_with(OLD);
    assert_eq!(set_in(&file, REGION, &json!("us-east-1")).unwrap(), Written::Changed);
    assert_eq!(fs::read_to_string(&file).unwrap(), OLD.replace("eu-west-1", "us-east-1"));
    assert_eq!(load(&file).config.get(&path(REGION)), Some(json!("us-east-1")));
    assert_eq!(names(folder.path()), ["config.json5"], "no lock is left behind");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(set_in(&file, REGION, &json!("us-east-1")).unwrap(), Written::Unchanged);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn a_file_that_is_missing_is_created_with_its_folders() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/outcrop/config.json5");
    let edit = Edit::open(&file).unwrap();
    assert_eq!((edit.text(), edit.file()), ("", file.as_path()));
    assert_eq!(edit.write().unwrap(), Written::Unchanged);
    assert!(!folder.path().join("new").exists(), "nothing to say, nothing to write");
    assert_eq!(set_in(&file, REGION, &json!("us-east-1")).unwrap(), Written::Changed);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "{\n  models: {\n    bedrockDiscovery: {\n      region: \"us-east-1\",\n    },\n  },\n}\n"
    );
}

#[cfg(unix)]
#[test]
fn modes_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
    let (folder, file) = folder_with(OLD);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("elsewhere/link.json5");
    fs::create_dir(link.parent().unwrap()).unwrap();
    symlink("../config.json5", &link).unwrap();
    assert_eq!(set_in(&link, REGION, &json!("us-east-1")).unwrap(), Written::Changed);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), OLD.replace("eu-west-1", "us-east-1"));
    assert_eq!(mode(&file), 0o640);
    let lock = write::lock_file(&file).unwrap();
    assert_eq!(lock, fs::canonicalize(folder.path()).unwrap().join(".config.json5.lock"));
    assert_eq!(write::lock_file(&link).unwrap(), lock, "all links to a file share its lock");
    assert_eq!(names(link.parent().unwrap()), ["link.json5"]);

    let new = folder.path().join("private/config.json5");
    set_in(&new, REGION, &json!("us-east-1")).unwrap();
    assert_eq!((mode(&new), mode(new.parent().unwrap())), (0o600, 0o700));

    // What belongs to all is for all to read.
    let shared = folder.path().join("etc/outcrop/config.json5");
    let sources = Sources { system: Some(FileSource::Optional(shared.clone())), ..Sources::default() };
    let config = Loader::new(sources).load().config;
    config.update(&shared, |edit| edit.set(&path(REGION), &json!("us-east-1"))).unwrap();
    let probe = folder.path().join("probe/file");
    put(&probe, "");
    assert_eq!(
        (mode(&shared), mode(shared.parent().unwrap())),
        (mode(&probe), mode(probe.parent().unwrap()))
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = folder_with(OLD);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let error = set_in(&file, REGION, &json!("us-east-1")).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` cannot be written", file.display()));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, format!("`{}` is read-only", file.display()));
    assert!(error.hints()[0].contains("writable"), "{:?}", error.hints());
    assert_eq!(fs::read_to_string(&file).unwrap(), OLD);
    // Something that is no folder stands where one is needed.
    let error = set_in(&file.join("below.json5"), REGION, &json!("us-east-1")).unwrap_err();
    assert!(matches!(error, EditError::Read { .. }), "{error}");
    let error = Edit::open(folder.path()).unwrap_err();
    assert!(matches!(error, EditError::Read { .. }), "{error}");
}

#[test]
fn a_failure_in_the_middle_leaves_the_old_file_and_nothing_beside_it() {
    let (folder, file) = folder_with(OLD);
    for point in FailurePoint::ALL {
        let mut edit = Edit::open(&file).unwrap();
        edit.set(&path(REGION), &json!("us-east-1")).unwrap();
        let error = edit.write_by(Options::new().fail_at(*point)).unwrap_err();
        let EditError::Write { cause, .. } = error else { panic!("{error}") };
        let injected = cause.get_ref().and_then(|it| it.downcast_ref::<InjectedFailure>());
        assert_eq!(injected, Some(&InjectedFailure(*point)));
        assert_eq!(fs::read_to_string(&file).unwrap(), OLD);
        assert_eq!(names(folder.path()), ["config.json5"]);
    }
    assert_eq!(
        set_in(&file, REGION, &json!("us-east-1")).unwrap(),
        Written::Changed,
        "the lock is free again"
    );
}

#[test]
fn a_file_with_a_mistake_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json5");
    let cases: [(&[u8], &str); 5] = [
        (b"{\n  a: 1\n  apiKey: 'hush'\n}", ":2:7: not valid JSON5: expected comma"),
        (b"{ a: 1", ":1:1: not valid JSON5: unterminated object"),
        (b"\xef\xbb\xbf[1]", ":1:1: expected an object, found an array"),
        (b"'text'", ":1:1: expected an object, found a string"),
        (b"{ a: '\xe4' }", ":1:7: not valid JSON5: the file is not UTF-8 from here on"),
    ];
    for (text, message) in cases {
        put(&file, text);
        let error = Edit::open(&file).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("a file with a mistake is not edited: {}{message}", file.display())
        );
        assert!(matches!(error, EditError::Malformed(_)));
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        assert_eq!(fs::read(&file).unwrap(), text);
    }
}

#[test]
fn what_would_be_wrong_is_not_written() {
    let cases = [
        (REGION, json!(5), "expected a string for `region`, found a number"),
        (
            "models.bedrockDiscovery.refreshInterval",
            json!(-1),
            "`refreshInterval` must be between 0 and 31536000 seconds, found -1",
        ),
        ("models.providers.x.auth", json!("beare"), "`auth` has a value that is not known, found `beare`"),
        ("models.providers.x.apiKey", json!("${NOT_SET}"), "the environment variable `NOT_SET` is not set"),
        ("models.providers.x.models", json!([{ "name": "n" }]), "`id` is missing"),
        (
            "models.providers.x.guardrail.trace",
            json!("enabled"),
            "a guardrail without `guardrailIdentifier` lets no call through",
        ),
        ("models.bedrockDiscovery", Value::Null, "expected an object for `bedrockDiscovery`, found null"),
        ("agents.defaults.model.primary", json!(["a"]), "expected a string for `primary`, found an array"),
        ("models.overrides.m.endOfLife", json!("soon"), "`endOfLife` is not a day"),
    ];
    let (folder, file) = folder_with(OLD);
    for (key, value, message) in cases {
        let error = set_in(&file, key, &value).unwrap_err();
        assert_eq!(error.to_string(), format!("the configuration would be wrong; {message}"));
        let EditError::Invalid(problems) = &error else { panic!("{error}") };
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].file.as_deref(), Some(file.as_path()), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), OLD);
    }
    assert_eq!(names(folder.path()), ["config.json5"], "nobody was kept out for nothing");
}

#[test]
fn deep_values_are_refused_as_the_loader_would() {
    let (_folder, file) = folder_with(OLD);
    let deep = (0..600).fold(json!(1), |inner, _| json!([inner]));
    let mut edit = Edit::open(&file).unwrap();
    edit.set(&path("models.providers.x.own"), &deep).unwrap();
    assert!(matches!(edit.set(&path(REGION), &json!("x")), Err(EditError::Malformed(_))));
    assert!(matches!(edit.write(), Err(EditError::Invalid(_))));
    assert_eq!(fs::read_to_string(&file).unwrap(), OLD);
}

#[test]
fn what_was_wrong_before_is_no_obstacle_but_what_is_set_must_be_right() {
    let text = "{
  models: {
    bedrockDiscovery: { region: 5, refreshInterval: 'soon', regoin: 'x' },
    providers: { x: { apiKey: '${NOT_SET}', models: [{ id: 5 }, { id: 'm', tools: 1 }, { id: 'n', tools: 1 }] } },
  },
}
";
    let (_folder, file) = folder_with(text);
    assert_eq!(
        set_in(&file, "models.bedrockDiscovery.includeLegacy", &json!(true)).unwrap(),
        Written::Changed
    );
    // Positions move; the rest stays as wrong as it was.
    let mut edit = Edit::open(&file).unwrap();
    edit.unset(&path("models.providers.x.models[0]")).unwrap();
    assert_eq!(edit.problems(), []);
    assert_eq!(edit.write().unwrap(), Written::Changed);
    for (key, value) in [
        (REGION, json!(6)),
        ("models.providers.x.models.m.tools", json!(2)),
        ("models.providers.x.models[1].tools", json!(2)),
        ("models.providers.x.apiKey", json!("x-${NOT_SET}")),
        ("models.bedrockDiscovery", json!({ "refreshInterval": "later" })),
    ] {
        let error = set_in(&file, key, &value).unwrap_err();
        assert!(matches!(&error, EditError::Invalid(problems) if problems.len() == 1), "{key}: {error}");
    }
    assert_eq!(set_in(&file, REGION, &json!("us-east-1")).unwrap(), Written::Changed);
}

#[test]
fn warnings_are_told_and_written() {
    let (_folder, file) = folder_with(OLD);
    let mut edit = Edit::open(&file).unwrap();
    edit.set(&path("models.bedrockDiscovery.regoin"), &json!("x")).unwrap();
    let told: Vec<String> = edit.problems().iter().map(|problem| problem.message.clone()).collect();
    assert_eq!(told, ["nothing reads the key `models.bedrockDiscovery.regoin`"]);
    assert_eq!(edit.write().unwrap(), Written::Changed);
}

#[test]
fn a_file_is_checked_as_a_part_of_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    put(&at("user.json5"), "{ models: { providers: { mine: { api: 'my-api' } } } }");
    put(&at("project.json5"), "{}");
    let sources = Sources {
        user: Some(FileSource::Optional(at("user.json5"))),
        project: Some(FileSource::Optional(at("project.json5"))),
        environment: environment(&[("HOST", "example.org"), ("OUTCROP_CONFIG", "/not/there.json5")]),
        ..Sources::default()
    };
    let provider = ProviderSchema {
        api: "my-api".to_owned(),
        schema: json!({ "properties": { "tenant": { "type": "string", "enum": ["a", "b"], "x-project": true } } }),
    };
    let config = Loader::new(sources).with_providers([provider]).load().config;
    let change = |file: &str, key: &str, value: &str| {
        let changed = config.update(at(file), |edit| edit.set(&path(key), &json!(value)));
        changed.map(|(written, ())| written).map_err(|error| error.to_string())
    };
    let wrong = |message: &str| Err(format!("the configuration would be wrong; {message}"));
    // The environment, the schema of the provider, and the layer count, whichever file is in force now.
    assert_eq!(
        change("user.json5", "models.providers.mine.baseUrl", "https://${HOST}/"),
        Ok(Written::Changed)
    );
    let unknown = "`tenant` has a value that is not known, found `c`";
    assert_eq!(change("user.json5", "models.providers.mine.tenant", "c"), wrong(unknown));
    assert_eq!(change("user.json5", "models.providers.mine.tenant", "b"), Ok(Written::Changed));
    let refused = "a project may not set `baseUrl` of a provider";
    assert_eq!(change("project.json5", "models.providers.mine.baseUrl", "https://x.example"), wrong(refused));
    assert_eq!(change("project.json5", "models.overrides.m.name", "N"), Ok(Written::Changed));
    assert_eq!(
        change("other.json5", "models.providers.mine.baseUrl", "https://x.example"),
        Ok(Written::Changed)
    );
}

#[test]
fn who_comes_second_does_not_overwrite_who_came_first() {
    let (_folder, file) = folder_with(OLD);
    let mut edit = Edit::open(&file).unwrap();
    edit.set(&path(REGION), &json!("us-east-1")).unwrap();
    let theirs = OLD.replace("ours", "theirs");
    put(&file, &theirs);
    let late = edit.clone();
    assert!(matches!(edit.write(), Err(EditError::Changed { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
    fs::remove_file(&file).unwrap();
    assert!(matches!(late.write(), Err(EditError::Changed { .. })), "a file that is gone has changed too");

    let mut new = Edit::open(&file).unwrap();
    new.set(&path(REGION), &json!("us-east-1")).unwrap();
    put(&file, "");
    assert!(matches!(new.write(), Err(EditError::Changed { .. })), "and so has one that came");
}

#[test]
fn of_many_changes_at_once_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json5");
    let config = Loader::default().load().config;
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (config, file) = (&config, &file);
            scope.spawn(move || {
                for turn in 0..4 {
                    let key = path(&format!("models.overrides.m{writer}_{turn}.name"));
                    config.update(file, |edit| edit.set(&key, &json!("N"))).unwrap();
                }
            });
        }
    });
    let overrides = load(&file).config.settings().models.overrides.len();
    assert_eq!(overrides, 32, "{}", fs::read_to_string(&file).unwrap());
    assert_eq!(names(folder.path()), ["config.json5"], "no lock is left behind");
}

#[test]
fn update_gives_back_what_the_change_found() {
    let (_folder, file) = folder_with(OLD);
    let config = Loader::default().load().config;
    let mut tries = 0;
    let change = |edit: &mut Edit| {
        let old = edit.get(&path(REGION));
        tries += 1;
        if tries == 1 {
            put(&file, OLD.replace("eu-west-1", "eu-west-2"));
        }
        edit.set(&path(REGION), &json!("us-east-1"))?;
        Ok(old)
    };
    assert_eq!(config.update(&file, change).unwrap(), (Written::Changed, Some(json!("eu-west-2"))));
    assert_eq!(tries, 2);
    let refused = config.update(&file, |edit| edit.set(&path(&format!("{REGION}.x")), &json!(1)));
    assert!(matches!(refused, Err(EditError::Blocked(_))));
}

#[test]
fn errors_say_what_to_do() {
    let file = PathBuf::from("c.json5");
    let write = |kind| EditError::Write { file: file.clone(), cause: io::Error::from(kind) };
    for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
        assert!(write(kind).hints()[0].starts_with("make the file and its folder writable"));
    }
    assert_eq!(write(io::ErrorKind::StorageFull).hints(), ["make room on the disk"]);
    let changed = EditError::Changed { file };
    assert_eq!(
        (changed.to_string().as_str(), changed.hints()),
        ("somebody else changed `c.json5` meanwhile", vec!["try again".to_owned()])
    );
}
