//! Where nothing can be heard.

use std::sync::atomic::{AtomicUsize, Ordering};

use notify::{EventHandler, NullWatcher, RecursiveMode, WatcherKind};

use super::*;

const SOON: Duration = Duration::from_millis(1);

/// A watcher of a system whose limit is reached, but for the first time.
struct AtTheLimit(Option<RecommendedWatcher>);

/// How often one was made, by the one test that makes any.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Watcher for AtTheLimit {
    fn new<F: EventHandler>(handler: F, config: notify::Config) -> notify::Result<Self> {
        let full = MADE.fetch_add(1, Ordering::SeqCst) == 0;
        let watcher = (!full).then(|| RecommendedWatcher::new(handler, config));
        watcher.transpose().map(Self)
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        match &mut self.0 {
            Some(watcher) => watcher.watch(path, mode),
            None => Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch).add_path(path.to_owned())),
        }
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        RecommendedWatcher::kind()
    }
}

/// A watcher of a system that has none.
struct Impossible;

impl Watcher for Impossible {
    fn new<F: EventHandler>(_: F, _: notify::Config) -> notify::Result<Self> {
        Err(notify::Error::io(io::ErrorKind::Unsupported.into()))
    }

    fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
        Ok(())
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

/// A watcher of folders that are gone whenever it comes.
struct TooLate;

impl Watcher for TooLate {
    fn new<F: EventHandler>(_: F, _: notify::Config) -> notify::Result<Self> {
        Ok(Self)
    }

    fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
        Err(notify::Error::path_not_found())
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

#[test]
fn folders_that_change_all_the_while_are_looked_at() {
    let (_folder, file) = folder();
    let scene = watch_by::<TooLate>(user(&file), WatchOptions { instead: SOON, ..options() });
    let Reload::Polling { reason, .. } = scene.next() else { panic!("it is always too late") };
    assert_eq!(reason, "the folders of the files change all the while");
    put(&file, &region("a"));
    assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
}

#[test]
fn files_that_nobody_tells_about_are_looked_at() {
    let (_folder, file) = folder();
    let scene = watch_by::<NullWatcher>(user(&file), options().poll(Duration::ZERO));
    for name in ["a", "b", "c"] {
        put(&file, &region(name));
        assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
        assert_eq!(scene.region().as_deref(), Some(name));
    }
}

#[test]
fn files_are_looked_at_from_time_to_time_whatever_is_heard() {
    let (_folder, file) = folder();
    let scene = watch_by::<NullWatcher>(user(&file), WatchOptions { always: SOON, ..options() });
    for name in ["a", "b", "c"] {
        put(&file, &region(name));
        assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
    }
}

#[test]
fn a_system_without_events_is_said_once_and_the_files_are_looked_at() {
    let (_folder, file) = folder();
    let scene = watch_by::<Impossible>(user(&file), WatchOptions { instead: SOON, ..options() });
    let Reload::Polling { reason, interval } = scene.next() else { panic!("there are no events") };
    assert_eq!(reason, "files cannot be watched: unsupported");
    assert_eq!(interval, SOON);
    put(&file, &region("a"));
    assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
    put(&file, &region("b"));
    assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
}

#[test]
fn events_are_heard_again_when_the_limit_is_gone() {
    let (folder, file) = folder();
    let scene = watch_by::<AtTheLimit>(user(&file), WatchOptions { instead: SOON, ..options() });
    let Reload::Polling { reason, .. } = scene.next() else { panic!("the limit is reached") };
    let place = folder.path().canonicalize().unwrap();
    let limit =
        "the system watches no more files for this user: on Linux, raise `fs.inotify.max_user_watches`";
    assert_eq!(reason, format!("`{}` cannot be watched: {limit}", place.display()));
    for name in ["a", "b", "c"] {
        put(&file, &region(name));
        assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
        assert_eq!(scene.region().as_deref(), Some(name));
    }
}
