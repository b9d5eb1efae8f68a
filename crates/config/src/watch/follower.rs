//! The thread that follows the files.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use notify::Watcher;

use super::bell::Bell;
use super::difference::difference;
use super::events::{Events, Failure};
use super::plan::Plan;
use super::settled::settled;
use super::{Reload, WatchOptions};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::found::FoundFile;
use crate::instead;
use crate::load::{Loaded, Loader};

/// How often it is tried to listen before the folders are found to change all the while.
const MOST_PLANS: usize = 10;

pub(super) struct Follower<W> {
    loader: Arc<Loader>,
    options: WatchOptions,
    current: Arc<ArcSwap<Config>>,
    bell: Arc<Bell>,
    on_reload: Box<dyn FnMut(Reload) + Send>,
    /// What was found at the last look, whether or not it was taken.
    seen: Vec<FoundFile>,
    /// What is wrong with the configuration that counts.
    errors: Vec<Diagnostic>,
    events: Option<Events<W>>,
    /// Why nothing is heard.
    deaf: Option<String>,
}

impl<W: Watcher> Follower<W> {
    pub(super) fn new(
        config: &Config,
        options: WatchOptions,
        current: Arc<ArcSwap<Config>>,
        bell: Arc<Bell>,
        on_reload: Box<dyn FnMut(Reload) + Send>,
    ) -> Self {
        Self {
            loader: Arc::clone(&config.loader),
            options,
            current,
            bell,
            on_reload,
            seen: config.found.to_vec(),
            errors: Vec::new(),
            events: None,
            deaf: None,
        }
    }

    /// Follows the files until the bell says that it is over.
    pub(super) fn run(mut self) {
        let (_, diagnostics) = self.load(self.seen.clone());
        self.errors = errors(diagnostics);
        loop {
            // In this order: what changes after the look is heard.
            self.listen();
            if let Some(found) = self.look() {
                self.reload(found);
            }
            if !self.bell.wait(self.interval()) {
                return;
            }
        }
    }

    fn interval(&self) -> Duration {
        let WatchOptions { poll, always, instead, .. } = self.options;
        poll.unwrap_or(if self.deaf.is_some() { instead } else { always })
    }

    /// Listens where there is something to hear now.
    fn listen(&mut self) {
        if self.options.poll.is_some() {
            return;
        }
        let files = self.loader.sources().watched();
        let mut failure = Failure::Outdated;
        for _ in 0..MOST_PLANS {
            let plan = Plan::of(&files);
            // Also after it was begun: something may have come in between, where nobody listened yet.
            if self.events.as_ref().is_some_and(|events| events.hears(&plan)) {
                self.deaf = None;
                return;
            }
            // Before the next one begins, which may need its place.
            self.events = None;
            match Events::listen(plan, Arc::clone(&self.bell)) {
                Ok(events) => self.events = Some(events),
                Err(outdated @ Failure::Outdated) => failure = outdated,
                Err(impossible @ Failure::Impossible(_)) => {
                    failure = impossible;
                    break;
                }
            }
        }
        let reason = match failure {
            Failure::Impossible(reason) => reason,
            Failure::Outdated => "the folders of the files change all the while".to_owned(),
        };
        if self.deaf.as_ref() != Some(&reason) {
            self.deaf = Some(reason.clone());
            self.tell(Reload::Polling { reason, interval: self.interval() });
        }
    }

    /// What is in the files, once it is another thing than before.
    fn look(&self) -> Option<Vec<FoundFile>> {
        let sources = self.loader.sources();
        settled(&self.seen, || sources.find_again(&self.seen), || self.bell.pause(self.options.settle))
    }

    fn reload(&mut self, found: Vec<FoundFile>) {
        self.seen.clone_from(&found);
        let (config, mut diagnostics) = self.load(found);
        let new = new_errors(&diagnostics, &self.errors);
        if !new.is_empty() {
            return self.tell(Reload::Kept { errors: new });
        }
        self.errors = errors(diagnostics.clone());
        instead::say(&config, &mut diagnostics);
        let config = Arc::new(config);
        let before = self.current.swap(Arc::clone(&config));
        let changed = difference(&before.value, &config.value);
        self.tell(Reload::Taken { config, changed, diagnostics });
    }

    fn load(&self, found: Vec<FoundFile>) -> (Config, Vec<Diagnostic>) {
        let Loaded { config, mut diagnostics } = self.loader.check_found(found);
        for check in &self.options.checks {
            let found = catch_unwind(AssertUnwindSafe(|| check(&config, &diagnostics)));
            diagnostics.extend(found.unwrap_or_else(|_| {
                let message = "the program failed to check the configuration".to_owned();
                vec![Diagnostic::new(Code::Provider, Severity::Error, message)]
            }));
        }
        config.put_in_order(&mut diagnostics);
        (config, diagnostics)
    }

    fn tell(&mut self, reload: Reload) {
        // The panic itself was reported where it happened; it must not end what others rely on.
        drop(catch_unwind(AssertUnwindSafe(|| (self.on_reload)(reload))));
    }
}

fn errors(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().filter(Diagnostic::is_error).collect()
}

/// The errors that were not there before.
fn new_errors(diagnostics: &[Diagnostic], before: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut before: Vec<_> = before.iter().collect();
    let is_new = |error: &&Diagnostic| {
        let known = before.iter().position(|old| is_same(old, error));
        known.map(|position| before.swap_remove(position)).is_none()
    };
    diagnostics.iter().filter(|it| it.is_error()).filter(is_new).cloned().collect()
}

/// Whether two errors are one and the same, at another line perhaps.
fn is_same(old: &Diagnostic, new: &Diagnostic) -> bool {
    let of =
        |it: &Diagnostic| (it.code, it.key.clone(), it.file.clone(), it.variable.clone(), it.flag.clone());
    old.message == new.message && of(old) == of(new)
}
