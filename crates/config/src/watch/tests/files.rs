//! Files and folders that come, change and go.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::SystemTime;

use super::*;
use crate::found::FoundFile;
use crate::testing::{environment, path};
use crate::watch::settled::settled;
use crate::{Edit, Layer};

#[test]
fn a_file_that_is_put_in_the_place_of_another_is_taken() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    assert_eq!(scene.region().as_deref(), Some("a"));
    scene.watch.bell.until_idle();
    for name in ["b", "c", "d"] {
        put(&file, &region(name));
        scene.becomes(Some(name));
    }
}

#[test]
fn a_file_that_is_written_in_place_is_taken() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    for name in ["b", "c"] {
        // All at once, so that nobody finds half of it.
        OpenOptions::new().write(true).open(&file).unwrap().write_all(region(name).as_bytes()).unwrap();
        scene.becomes(Some(name));
    }
}

#[test]
fn an_editor_that_moves_the_old_file_away_first_is_followed() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    for name in ["b", "c"] {
        let new = file.with_extension("new");
        put(&new, &region(name));
        fs::rename(&file, file.with_extension("json5~")).unwrap();
        fs::rename(new, &file).unwrap();
        scene.until(name);
    }
}

#[test]
fn a_file_that_is_emptied_and_written_anew_is_taken_when_it_is_whole() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let sources = user(&file);
    let before = sources.find();
    let new = region("b");
    let mut open = OpenOptions::new().write(true).truncate(true).open(&file).unwrap();
    let mut pieces = new.as_bytes().chunks(20);
    let write = || {
        if let Some(piece) = pieces.next() {
            open.write_all(piece).unwrap();
        }
        true
    };
    let found = settled(&before, || sources.find(), write).unwrap();
    let loaded = Loader::new(sources).check_found(found);
    assert_eq!(loaded.diagnostics, []);
    assert_eq!(loaded.config.get(&path("models.bedrockDiscovery.region")), Some("b".into()));
}

#[test]
fn files_that_change_together_are_taken_together() {
    let (folder, file) = folder();
    let system = folder.path().join("system.json5");
    let sources = Sources { system: Some(FileSource::Optional(system.clone())), ..user(&file) };
    let before = sources.find();
    let mut writes =
        [(&system, "{ models: { bedrockDiscovery: { enabled: false } } }".to_owned()), (&file, region("b"))]
            .into_iter();
    let (first, text) = writes.next().unwrap();
    put(first, &text);
    let write = || {
        if let Some((file, text)) = writes.next() {
            put(file, &text);
        }
        true
    };
    let found: Vec<FoundFile> = settled(&before, || sources.find(), write).unwrap();
    let config = Loader::new(sources).check_found(found).config;
    assert_eq!(config.settings().models.bedrock_discovery.enabled, Some(false));
    assert_eq!(config.settings().models.bedrock_discovery.region.as_deref(), Some("b"));
}

#[test]
fn a_file_is_found_when_it_comes_with_its_folders() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not/there/yet/config.json5");
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    fs::create_dir(folder.path().join("not")).unwrap();
    put(&file, &region("a"));
    scene.becomes(Some("a"));
    put(&file, &region("b"));
    scene.becomes(Some("b"));
}

#[test]
fn a_file_that_need_not_be_there_says_nothing_when_it_is_gone() {
    let (folder, file) = folder();
    let system = folder.path().join("system.json5");
    put(&system, &region("of-the-system"));
    put(&file, &region("mine"));
    let scene = watch(Sources { system: Some(FileSource::Optional(system)), ..user(&file) });
    scene.watch.bell.until_idle();
    fs::remove_file(&file).unwrap();
    scene.becomes(Some("of-the-system"));
    put(&file, &region("mine"));
    scene.becomes(Some("mine"));
}

#[test]
fn a_folder_that_is_deleted_and_made_again_is_listened_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcrop/config.json5");
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    for name in ["b", "c"] {
        fs::remove_dir_all(file.parent().unwrap()).unwrap();
        scene.becomes(None);
        put(&file, &region(name));
        scene.becomes(Some(name));
    }
    put(&file, &region("d"));
    scene.becomes(Some("d"));
}

#[test]
fn a_folder_that_is_made_again_before_anybody_looks_is_listened_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcrop/config.json5");
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    for (old, new) in [("a", "b"), ("b", "c"), ("c", "d")] {
        fs::remove_dir_all(file.parent().unwrap()).unwrap();
        put(&file, &region(old));
        put(&file, &region(new));
        scene.until(new);
        put(&file, &region("between"));
        scene.becomes(Some("between"));
        put(&file, &region(new));
        scene.becomes(Some(new));
    }
}

#[test]
fn a_folder_in_the_place_of_another_is_listened_at() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcrop/config.json5");
    put(&file, &region("a"));
    let other = folder.path().join("other/config.json5");
    // The same bytes: only the folder is another one.
    put(&other, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    fs::rename(file.parent().unwrap(), folder.path().join("away")).unwrap();
    fs::rename(other.parent().unwrap(), file.parent().unwrap()).unwrap();
    put(&file, &region("b"));
    scene.until("b");
    put(&file, &region("c"));
    scene.becomes(Some("c"));
}

#[test]
fn the_file_of_a_project_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let sources = Sources::platform(environment(&[]), folder.path());
    let scene = watch(Sources { system: None, ..sources });
    scene.watch.bell.until_idle();
    let file = folder.path().join("outcrop.json5");
    put(&file, &region("a"));
    scene.becomes(Some("a"));
    put(&file, &region("b"));
    scene.becomes(Some("b"));
    fs::remove_file(&file).unwrap();
    scene.becomes(None);
}

#[test]
fn a_file_that_somebody_named_must_be_there() {
    let (folder, file) = folder();
    put(&file, &region("a"));
    let environment = environment(&[("OUTCROP_CONFIG", file.to_str().unwrap())]);
    let ignored = folder.path().join("user.json5");
    let scene = watch(Sources { environment, ..user(&ignored) });
    scene.watch.bell.until_idle();
    fs::remove_file(&file).unwrap();
    assert_eq!(scene.errors(), ["config::named-file"]);
    assert_eq!(scene.region().as_deref(), Some("a"));
    // It takes the place of the user's.
    put(&ignored, &region("ignored"));
    put(&file, &region("a"));
    assert_eq!(scene.changed(), [""; 0]);
    put(&file, &region("b"));
    scene.becomes(Some("b"));
}

#[test]
fn a_file_that_cannot_be_read_any_more_changes_nothing() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    let new = file.with_extension("new");
    fs::create_dir(&new).unwrap();
    fs::remove_file(&file).unwrap();
    fs::rename(new, &file).unwrap();
    let errors = match scene.next() {
        // It was seen to be missing.
        Reload::Taken { .. } => scene.errors(),
        Reload::Kept { errors } => errors.iter().map(|error| error.code.to_string()).collect(),
        other @ Reload::Polling { .. } => panic!("{other:?}"),
    };
    assert_eq!(errors, ["config::read"]);
    fs::remove_dir(&file).unwrap();
    put(&file, &region("b"));
    scene.until("b");
}

#[test]
fn a_file_that_is_written_under_another_name_is_taken() {
    // As a file that a container shows at a place of its own.
    let (_folder, file) = folder();
    let elsewhere = tempfile::tempdir().unwrap();
    let same = elsewhere.path().join("same.json5");
    put(&file, &region("a"));
    fs::hard_link(&file, &same).unwrap();
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    for name in ["b", "c"] {
        OpenOptions::new().write(true).open(&same).unwrap().write_all(region(name).as_bytes()).unwrap();
        scene.becomes(Some(name));
    }
}

#[test]
fn what_does_not_change_the_bytes_is_not_told() {
    let (folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    OpenOptions::new().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    put(&file, &region("a"));
    put(&folder.path().join("another.json5"), &region("other"));
    fs::read(&file).unwrap();
    put(&file, &region("b"));
    scene.becomes(Some("b"));
}

#[test]
fn what_changed_before_anybody_watched_is_told_too() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let config = Loader::new(user(&file)).load().config;
    put(&file, &region("b"));
    let (sender, reloads) = mpsc::channel();
    let watch = config.watch(options(), move |reload| sender.send(reload).unwrap()).unwrap();
    Scene { watch, reloads }.becomes(Some("b"));
}

#[test]
#[cfg(unix)]
fn what_can_be_read_only_once_still_says_what_it_said() {
    let (_folder, file) = folder();
    let (pipe, mut end) = io::pipe().unwrap();
    end.write_all(region("a").as_bytes()).unwrap();
    drop(end);
    // As a shell writes `--config <(…)`.
    let named = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&pipe));
    let system = Some(FileSource::Optional(file.clone()));
    let scene =
        watch(Sources { system, file: Some(FileSource::Required(named.into())), ..Sources::default() });
    put(&file, "{ models: { bedrockDiscovery: { region: 'b', enabled: true } } }");
    assert_eq!(scene.changed(), ["models.bedrockDiscovery.enabled"]);
    assert_eq!(scene.region().as_deref(), Some("a"));
}

#[test]
fn our_own_edits_are_taken() {
    let (_folder, file) = folder();
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    for name in ["a", "b"] {
        let mut edit = Edit::open(&file).unwrap();
        edit.set(&path("models.bedrockDiscovery.region"), &name.into()).unwrap();
        edit.write().unwrap();
        scene.becomes(Some(name));
    }
}

#[test]
fn texts_and_the_environment_stay_as_they_are() {
    let (_folder, file) = folder();
    put(&file, &region("${WHERE}"));
    let sources = Sources { environment: environment(&[("WHERE", "a")]), ..user(&file) };
    let text = "{ models: { bedrockDiscovery: { enabled: true } } }";
    let scene = watch(sources.with_text(Layer::System, "system.json5", text));
    assert_eq!(scene.region().as_deref(), Some("a"));
    put(&file, &region("${WHERE}-1"));
    scene.becomes(Some("a-1"));
    assert_eq!(scene.watch.current().settings().models.bedrock_discovery.enabled, Some(true));
    // Nothing to watch at all is fine as well.
    watch(Sources::default().with_text(Layer::User, "config.json5", text)).watch.bell.until_idle();
}
