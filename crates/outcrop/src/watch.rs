//! A configuration that follows its files while a program runs.

use std::sync::Arc;

use outcrop_config::{Config, Diagnostic, Reload, Watch, WatchError, WatchOptions};

use crate::{Outcrop, checks};

impl Outcrop {
    /// Follows the files of the configuration, as [`Config::watch`] does it. What the providers find wrong with their
    /// settings keeps a change from being taken like any other error.
    ///
    /// This object keeps the configuration that it was built with; [`Outcrop::renewed`] makes one with another. So a
    /// server hands each request the one that counts when it comes in, and the requests under way go on as they began:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use outcrop::{FileSource, Outcrop, Reload, Sources, WatchOptions};
    /// use tokio::sync::watch;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("config.json5");
    /// let sources = Sources { user: Some(FileSource::Optional(file.clone())), ..Sources::default() };
    /// let first = Arc::new(Outcrop::builder(sources).long_running(true).build());
    /// let (newest, current) = watch::channel(Arc::clone(&first));
    /// let following = Arc::clone(&first).watch(WatchOptions::default(), move |reload| match reload {
    ///     Reload::Taken { config, diagnostics, .. } => {
    ///         newest.send_replace(Arc::new(first.renewed(&config, diagnostics)));
    ///     }
    ///     other => eprintln!("the configuration stays as it is: {other:?}"),
    /// })?;
    ///
    /// // For each request:
    /// let outcrop = Arc::clone(&current.borrow());
    /// # assert_eq!(outcrop.config().settings().models.bedrock_discovery.enabled, None);
    /// # let (mut current, new) = (current, folder.path().join("new"));
    /// # std::fs::write(&new, "{ models: { bedrockDiscovery: { enabled: false } } }")?;
    /// # std::fs::rename(new, file)?;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(current.changed())?;
    /// # assert_eq!(current.borrow().config().settings().models.bedrock_discovery.enabled, Some(false));
    /// # drop(following);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn watch(
        &self,
        options: WatchOptions,
        on_reload: impl FnMut(Reload) + Send + 'static,
    ) -> Result<Watch, WatchError> {
        let registry = self.registry().clone();
        let options = options.check(move |config| checks::diagnostics(config, &registry, &[]));
        self.config().watch(options, on_reload)
    }

    /// The same with another configuration, and with what is wrong with it, as [`Reload::Taken`] has both. Credentials,
    /// connections and what plugins added are shared; providers and catalogues are built anew when they are needed, and
    /// lists of models are found in the cache if there is one.
    pub fn renewed(&self, config: &Config, diagnostics: Vec<Diagnostic>) -> Self {
        let (registry, aws) = (self.registry().clone(), Arc::clone(self.aws()));
        Self::new(self.environment().clone(), config.clone(), diagnostics, registry, aws)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::{FileSource, Sources};

    const BOUND: Duration = Duration::from_secs(30);

    fn put(file: &Path, text: &str) {
        let new = file.with_extension("new");
        fs::File::create(&new).unwrap().write_all(text.as_bytes()).unwrap();
        fs::rename(new, file).unwrap();
    }

    #[test]
    fn what_the_providers_find_wrong_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json5");
        let sources = Sources { user: Some(FileSource::Optional(file.clone())), ..Sources::default() };
        let outcrop = Outcrop::builder(sources).build();
        let (sender, reloads) = mpsc::channel();
        let options = WatchOptions::default().settle(Duration::from_millis(1));
        let watch = outcrop.watch(options, move |reload| sender.send(reload).unwrap()).unwrap();

        put(&file, "{ models: { providers: { mine: { api: 'telepathy' } } } }");
        let kept = reloads.recv_timeout(BOUND).unwrap();
        let Reload::Kept { errors, .. } = kept else { panic!("{kept:?}") };
        assert_eq!(errors[0].message, "no provider speaks the api `telepathy`");
        assert!(watch.current().provider("mine").is_none());

        put(&file, "{ models: { providers: { mine: { api: 'bedrock-converse-stream' } } } }");
        let taken = reloads.recv_timeout(BOUND).unwrap();
        let Reload::Taken { config, diagnostics, .. } = taken else { panic!("{taken:?}") };
        let renewed = outcrop.renewed(&config, diagnostics);
        assert!(renewed.diagnostics().is_empty());
        assert!(renewed.config().provider("mine").is_some() && outcrop.config().provider("mine").is_none());
    }
}
