//! What the operating system tells about files.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{ErrorKind, Event, RecursiveMode, Watcher};

use super::bell::Bell;
use super::plan::Plan;

/// Rings the bell when something happens that concerns a plan, until it is dropped.
pub(super) struct Events<W> {
    plan: Arc<Plan>,
    /// Something that is listened at has gone: another one in its place is not heard.
    deaf: Arc<AtomicBool>,
    /// Listens as long as it is there.
    _watcher: W,
}

/// Why nothing is heard.
pub(super) enum Failure {
    /// Something of the plan is not there any more.
    Outdated,
    /// What is in the way.
    Impossible(String),
}

impl<W: Watcher> Events<W> {
    pub(super) fn listen(plan: Plan, bell: Arc<Bell>) -> Result<Self, Failure> {
        let plan = Arc::new(plan);
        let deaf = Arc::new(AtomicBool::new(false));
        let heard = {
            let (plan, deaf) = (Arc::clone(&plan), Arc::clone(&deaf));
            move |event: notify::Result<Event>| {
                if !concerns(&plan, &event) {
                    return;
                }
                if deafens(&plan, &event) {
                    deaf.store(true, Ordering::Release);
                }
                bell.ring();
            }
        };
        let mut watcher = W::new(heard, notify::Config::default()).map_err(|error| Failure::of(&error))?;
        for folder in plan.folders.keys() {
            watcher.watch(folder, RecursiveMode::NonRecursive).map_err(|error| Failure::of(&error))?;
        }
        for file in plan.files.keys() {
            // Its folder tells most of it, and one that may not be read cannot be listened at.
            watcher.watch(file, RecursiveMode::NonRecursive).ok();
        }
        Ok(Self { plan, deaf, _watcher: watcher })
    }

    /// Whether all is heard that concerns this plan.
    pub(super) fn hears(&self, plan: &Plan) -> bool {
        *self.plan == *plan && !self.deaf.load(Ordering::Acquire)
    }
}

/// Whether there may be something to see. That somebody reads a file is nothing: we do it ourselves.
fn concerns(plan: &Plan, event: &notify::Result<Event>) -> bool {
    let Ok(event) = event else { return true };
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
        EventKind::Access(_) => return false,
        _ => {}
    }
    event.need_rescan() || event.paths.iter().any(|path| plan.concerns(path))
}

/// Whether something that is listened at may have gone.
fn deafens(plan: &Plan, event: &notify::Result<Event>) -> bool {
    let Ok(event) = event else { return true };
    let goes = matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
    event.need_rescan() || (goes && event.paths.iter().any(|path| plan.listens_at(path)))
}

impl Failure {
    fn of(error: &notify::Error) -> Self {
        let cause = match &error.kind {
            ErrorKind::PathNotFound => return Self::Outdated,
            ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::NotFound => return Self::Outdated,
            ErrorKind::MaxFilesWatch => {
                "the system watches no more files for this user: on Linux, raise `fs.inotify.max_user_watches`"
                    .to_owned()
            }
            ErrorKind::Io(cause) => cause.to_string(),
            _ => error.to_string(),
        };
        Self::Impossible(match error.paths.first() {
            Some(path) => format!("`{}` cannot be watched: {cause}", path.display()),
            None => format!("files cannot be watched: {cause}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RemoveKind, RenameMode};
    use notify::{EventHandler, WatcherKind};

    use super::*;

    /// A watcher that tells at once that what it is to watch is removed.
    struct Vanishing(Box<dyn EventHandler>);

    impl Watcher for Vanishing {
        fn new<F: EventHandler>(handler: F, _: notify::Config) -> notify::Result<Self> {
            Ok(Self(Box::new(handler)))
        }

        fn watch(&mut self, path: &Path, _: RecursiveMode) -> notify::Result<()> {
            let event = Event::new(EventKind::Remove(RemoveKind::Folder));
            self.0.handle_event(Ok(event.add_path(path.to_owned())));
            Ok(())
        }

        fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
            Ok(())
        }

        fn kind() -> WatcherKind {
            WatcherKind::NullWatcher
        }
    }

    fn plan() -> (tempfile::TempDir, PathBuf, Plan) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("config.json5");
        std::fs::File::create(&file).unwrap();
        let plan = Plan::of(std::slice::from_ref(&file));
        (folder, file, plan)
    }

    #[test]
    fn what_is_written_comes_or_goes_concerns_us_and_what_is_read_does_not() {
        let (_folder, file, plan) = plan();
        let concerns =
            |kind: EventKind, path: &Path| concerns(&plan, &Ok(Event::new(kind).add_path(path.into())));
        let modified = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        for kind in [
            modified,
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Create(CreateKind::File),
            EventKind::Remove(RemoveKind::File),
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Any,
        ] {
            assert!(concerns(kind, &file) && concerns(kind, file.parent().unwrap()), "{kind:?}");
            assert!(!concerns(kind, &file.with_extension("json5~")), "{kind:?}");
        }
        for kind in [AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read), AccessKind::Read]
        {
            assert!(!concerns(EventKind::Access(kind), &file), "{kind:?}");
        }
    }

    #[test]
    fn who_listens_at_what_has_gone_is_deaf() {
        let (_folder, file, plan) = plan();
        let deafens =
            |kind: EventKind, path: &Path| deafens(&plan, &Ok(Event::new(kind).add_path(path.into())));
        let moved = EventKind::Modify(ModifyKind::Name(RenameMode::From));
        for kind in [moved, EventKind::Remove(RemoveKind::Any)] {
            assert!(deafens(kind, &file) && deafens(kind, file.parent().unwrap()), "{kind:?}");
        }
        assert!(!deafens(EventKind::Modify(ModifyKind::Data(DataChange::Any)), &file));
        assert!(!deafens(moved, &file.with_extension("json5~")));

        let bell = Arc::new(Bell::default());
        let events = Events::<Vanishing>::listen(plan.clone(), Arc::clone(&bell)).ok().unwrap();
        assert!(!events.hears(&plan));
        let events = Events::<notify::NullWatcher>::listen(plan.clone(), bell).ok().unwrap();
        assert!(events.hears(&plan) && !events.hears(&Plan::default()));
    }

    #[test]
    fn who_missed_events_looks_and_begins_anew() {
        let (_folder, _, plan) = plan();
        let missed = Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan));
        let broken = Err(notify::Error::generic("as this test wants"));
        for event in [missed, broken] {
            assert!(concerns(&plan, &event) && deafens(&plan, &event), "{event:?}");
        }
    }
}
