//! A configuration that follows its files while a program runs.
//!
//! One thread looks at the files, and takes over what it finds if it is right. Events of the operating system say when to
//! look, and none of them is believed: what counts are the bytes of the files. So an event that is lost, told twice or
//! not told at all, as on network file systems, costs time and nothing else: without any, the files are looked at
//! every minute.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arc_swap::ArcSwap;
use notify::{RecommendedWatcher, Watcher};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::path::KeyPath;
use bell::Bell;
use follower::Follower;

mod bell;
mod difference;
mod events;
mod follower;
mod plan;
mod settled;

/// What a program finds wrong with a configuration beyond what the loader does.
type Check = Arc<dyn Fn(&Config, &[Diagnostic]) -> Vec<Diagnostic> + Send + Sync>;

/// How [`Config::watch`] goes about it.
#[derive(Clone)]
#[must_use = "options do nothing until `Config::watch` gets them"]
pub struct WatchOptions {
    settle: Duration,
    poll: Option<Duration>,
    checks: Vec<Check>,
    /// How often the files are looked at whatever is heard.
    always: Duration,
    /// How often they are looked at where nothing can be heard.
    instead: Duration,
}

impl Default for WatchOptions {
    /// A tenth of a second to settle, and events of the operating system.
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(100),
            poll: None,
            checks: Vec::new(),
            always: Duration::from_mins(1),
            instead: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for WatchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchOptions")
            .field("settle", &self.settle)
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}

impl WatchOptions {
    /// How long the files have to stay as they are until they count. In this time somebody who empties a file and writes
    /// it anew is done, and who changes two files has changed both. A file that never rests counts after fifty times as
    /// long.
    pub const fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
        self
    }

    /// Looks at the files every so often, at least a millisecond apart, and listens to no events: for file systems that
    /// have none, such as NFS, SMB and folders of the host in some virtual machines.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.poll = Some(interval.max(Duration::from_millis(1)));
        self
    }

    /// Asks this as well what is wrong with a configuration: an error that it finds keeps a reload from being taken like
    /// any other. It sees what was found before, so that nothing is said twice. That it panics is an error, too.
    pub fn check(
        mut self,
        check: impl Fn(&Config, &[Diagnostic]) -> Vec<Diagnostic> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(check));
        self
    }
}

/// What [`Config::watch`] tells. `Debug` shows no secrets.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reload {
    /// Files have changed, and what they say counts from now on.
    #[non_exhaustive]
    Taken {
        /// What [`Watch::current`] gives since just before this was told.
        config: Arc<Config>,
        /// The keys whose values are others now, in alphabetical order: as [`Config::keys`] has them, and the list of a
        /// provider's models where only their order changed. Empty after an edit of comments, and when a mistake was
        /// taken back.
        changed: Vec<KeyPath>,
        /// What is wrong with it: warnings, and errors that the configuration had before.
        diagnostics: Vec<Diagnostic>,
    },
    /// Files have changed, and nothing of that counts because of errors that the running configuration does not have. It
    /// goes on unchanged until the next change of a file.
    #[non_exhaustive]
    Kept {
        /// These errors.
        errors: Vec<Diagnostic>,
    },
    /// The operating system does not tell of changes of the files. They are looked at from time to time instead, and
    /// listening is tried again each time.
    #[non_exhaustive]
    Polling {
        /// What is in the way.
        reason: String,
        /// How often they are looked at.
        interval: Duration,
    },
}

/// A configuration that follows its files, until this is dropped.
///
/// Dropping it waits until a call of `on_reload` that is under way has returned, unless it is dropped in that very call.
/// Nothing is told afterwards.
pub struct Watch {
    current: Arc<ArcSwap<Config>>,
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("current", &self.current.load()).finish_non_exhaustive()
    }
}

impl Watch {
    /// The configuration that counts now. It takes no lock and waits for nobody: ask as often as there are requests, and
    /// keep what you got for as long as one request takes, so that it sees one configuration throughout.
    pub fn current(&self) -> Arc<Config> {
        self.current.load_full()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.bell.stop();
        // A thread cannot wait for itself.
        let others = |thread: &JoinHandle<()>| thread.thread().id() != thread::current().id();
        // It catches the panics of others and has none of its own.
        drop(self.thread.take().filter(others).map(JoinHandle::join));
    }
}

/// A configuration that cannot be watched; `Display` says why.
#[derive(Debug)]
pub struct WatchError(io::Error);

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no thread can be started to watch the files of the configuration")
    }
}

impl std::error::Error for WatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Config {
    /// Follows the files that this configuration was loaded from. Whenever one of them changes, all of them are read
    /// again, and what they say takes the place of [`Watch::current`] as a whole, or not at all.
    ///
    /// - **Only what is right is taken.** An edit after which there is an error that the running configuration does not
    ///   have changes nothing, and is told as [`Reload::Kept`]. Errors that were there from the start hold nothing up:
    ///   many of them, as one in a variable, can be corrected by no edit.
    /// - **All ways of writing are seen**: in place, beside and renamed, through links, by swapping a link or a folder on
    ///   the way; files and folders that come or go. A file that need not be there and is deleted says nothing any more;
    ///   one that somebody named, or that cannot be read any more, is an error.
    /// - **Changes since this was loaded** are seen too, however long ago that is.
    /// - **What was read from the process stays**: variables, the command line, and which files there are to look at. A
    ///   project that had no file gets one in the folder that [`Sources::project_folder`](crate::Sources::project_folder)
    ///   names. Texts in place of files, and files that values name, as `apiKeyFile` does, are not watched.
    ///
    /// `on_reload` is called on a thread of its own, one call after another. While one runs, nothing else is looked at, and
    /// what changes meanwhile is told at once. A call that panics loses what it was told, and nothing else.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use outcrop_config::{FileSource, Loader, Reload, Sources, WatchOptions};
    /// # use outcrop_files::{Options, replace};
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("config.json5");
    ///
    /// let sources = Sources { user: Some(FileSource::Optional(file.clone())), ..Sources::default() };
    /// let config = Loader::new(sources).load().config;
    /// let (sender, reloads) = mpsc::channel();
    /// let watch = config.watch(WatchOptions::default(), move |reload| {
    ///     // Nobody listens any more when the program ends.
    ///     sender.send(reload).ok();
    /// })?;
    ///
    /// // Somebody saves the file.
    /// # replace(&file, b"{ models: { bedrockDiscovery: { region: 'eu-west-1' } } }", Options::new())?;
    /// let Reload::Taken { config, changed, .. } = reloads.recv()? else { panic!("it is right") };
    /// assert_eq!(changed, ["models.bedrockDiscovery.region".parse()?]);
    /// assert_eq!(config.settings().models.bedrock_discovery.region.as_deref(), Some("eu-west-1"));
    ///
    /// // And once more, by mistake.
    /// # replace(&file, b"{ models: { bedrockDiscovery: { region: 5 } } }", Options::new())?;
    /// let Reload::Kept { errors, .. } = reloads.recv()? else { panic!("it is wrong") };
    /// assert_eq!(errors[0].line, Some(1));
    /// assert_eq!(watch.current().settings().models.bedrock_discovery.region.as_deref(), Some("eu-west-1"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If no thread can be started. Where files cannot be watched, that is no error but a [`Reload::Polling`].
    pub fn watch(
        &self,
        options: WatchOptions,
        on_reload: impl FnMut(Reload) + Send + 'static,
    ) -> Result<Watch, WatchError> {
        self.watch_by::<RecommendedWatcher>(options, Box::new(on_reload))
    }

    fn watch_by<W: Watcher + Send + 'static>(
        &self,
        options: WatchOptions,
        on_reload: Box<dyn FnMut(Reload) + Send>,
    ) -> Result<Watch, WatchError> {
        let current = Arc::new(ArcSwap::from_pointee(self.clone()));
        let bell = Arc::new(Bell::default());
        let follower = Follower::<W>::new(self, options, Arc::clone(&current), Arc::clone(&bell), on_reload);
        let thread = thread::Builder::new().name("outcrop-config".to_owned());
        let thread = thread.spawn(|| follower.run()).map_err(WatchError)?;
        Ok(Watch { current, bell, thread: Some(thread) })
    }
}

#[cfg(test)]
mod tests;
