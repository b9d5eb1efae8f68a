//! Real files, real events. Nobody sleeps: every wait ends with something that is told, or with the thread going to
//! sleep. That nothing is told is proved by the next thing that is.
//!
//! Whatever is told in time was told by an event: without one, the files are looked at after twice as long.

mod files;
mod links;
mod polling;
mod programs;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};

use outcrop_files::{Options, replace};
use tempfile::TempDir;

use super::*;
use crate::{FileSource, Loader, Sources};

/// When a test has failed.
const BOUND: Duration = Duration::from_secs(30);

/// A configuration that is watched, and what is told of it.
struct Scene {
    watch: Watch,
    reloads: Receiver<Reload>,
}

/// Quick, because the files of the tests are put in place whole.
fn options() -> WatchOptions {
    WatchOptions::default().settle(Duration::from_millis(1))
}

fn watch_by<W: Watcher + Send + 'static>(sources: Sources, options: WatchOptions) -> Scene {
    let config = Loader::new(sources).load().config;
    let (sender, reloads) = mpsc::channel();
    let on_reload = Box::new(move |reload| sender.send(reload).unwrap());
    Scene { watch: config.watch_by::<W>(options, on_reload).unwrap(), reloads }
}

fn watch(sources: Sources) -> Scene {
    watch_by::<RecommendedWatcher>(sources, options())
}

fn user(file: &Path) -> Sources {
    Sources { user: Some(FileSource::Optional(file.to_owned())), ..Sources::default() }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json5");
    (folder, file)
}

fn region(name: &str) -> String {
    format!("{{ models: {{ bedrockDiscovery: {{ region: '{name}' }} }} }}")
}

/// Puts a whole file in place, beside and renamed.
fn put(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    replace(file, text.as_bytes(), Options::new()).unwrap();
}

impl Scene {
    #[track_caller]
    fn next(&self) -> Reload {
        self.reloads.recv_timeout(BOUND).unwrap()
    }

    /// The keys that changed with what is taken next.
    #[track_caller]
    fn changed(&self) -> Vec<String> {
        match self.next() {
            Reload::Taken { changed, .. } => changed.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// What keeps the next change from being taken.
    #[track_caller]
    fn errors(&self) -> Vec<String> {
        match self.next() {
            Reload::Kept { errors } => errors.iter().map(|error| error.code.to_string()).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Waits for the region to become this one, and for the thread to sleep: only an event wakes it.
    #[track_caller]
    fn becomes(&self, expected: Option<&str>) {
        assert_eq!(self.changed(), ["models.bedrockDiscovery.region"]);
        assert_eq!(self.region().as_deref(), expected);
        self.watch.bell.until_idle();
    }

    /// Waits until a configuration with this region is told, whatever is told before: what is seen of several steps depends
    /// on the moment.
    #[track_caller]
    fn until(&self, expected: &str) {
        let is_it = |reload: Reload| match reload {
            Reload::Taken { config, .. } => {
                config.settings().models.bedrock_discovery.region.as_deref() == Some(expected)
            }
            _ => false,
        };
        while !is_it(self.next()) {}
        self.watch.bell.until_idle();
    }

    fn region(&self) -> Option<String> {
        self.watch.current().settings().models.bedrock_discovery.region.clone()
    }
}
