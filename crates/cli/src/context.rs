//! From the global options to the library.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::mem::ManuallyDrop;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use outcrop::{
    Assignment, Code, DEFAULT_PROVIDER, Diagnostic, FileSource, KeyPath, Outcrop, Sources, cache_folder,
};
use outcrop_core::Secret;
use outcrop_emulator::{Credentials, Emulator, Options, Running};
use serde_json::json;

use crate::args::Global;
use crate::environment;
use crate::failure::Failure;
use crate::mfa::TerminalPrompt;
use crate::terminal::Terminal;

/// What a command is started with.
#[derive(Debug)]
pub(crate) struct Context {
    global: Global,
    environment: BTreeMap<String, String>,
}

/// The library, and the embedded emulator that it may talk to.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Never taken apart: the process ends with the command, and what it holds goes with it at once.
    pub outcrop: ManuallyDrop<Outcrop>,
    _emulator: Option<Running>,
}

/// Fails if a flag, such as `--set`, says something wrong: what is asked for now is not left out as a line of a file is.
pub(crate) fn heed_flags(outcrop: &Outcrop) -> Result<(), Failure> {
    let is_wrong = |diagnostic: &&Diagnostic| diagnostic.flag.is_some() && diagnostic.is_error();
    let wrong: Vec<_> = outcrop.diagnostics().iter().filter(is_wrong).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let messages: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    let hints = wrong.into_iter().flat_map(|diagnostic| &diagnostic.help);
    let error = outcrop::Error::config(messages.join("; "));
    Err(hints.fold(error, |error, hint| error.with_hint(hint.clone())).into())
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self { global, environment: environment::snapshot() }
    }

    /// The variables of the environment, as they were when the program started.
    pub(crate) const fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The region of the command line that is called.
    pub(crate) fn region(&self) -> Option<&str> {
        self.global.region.first().map(String::as_str)
    }

    /// Whether the embedded emulator stands in for AWS.
    pub(crate) const fn is_emulated(&self) -> bool {
        self.global.emulator
    }

    /// Whether standard input may be read.
    pub(crate) const fn reads_input(&self) -> bool {
        !self.global.no_input
    }

    /// Loads the configuration and wires the library up; what is wrong with the configuration is shown.
    pub(crate) async fn start(&self, terminal: &mut Terminal) -> Result<Ready, Failure> {
        // The emulator first, so that nothing else is ever talked to.
        let emulator =
            if self.global.emulator { Some(self.embedded_emulator(terminal).await?) } else { None };
        let outcrop = self.library(emulator.as_ref())?;
        // Whoever names a file means it: going on without it would do something else than was asked for.
        if let Some(missing) =
            outcrop.diagnostics().iter().find(|diagnostic| diagnostic.code == Code::NamedFile)
        {
            return Err(outcrop::Error::config(missing.to_string()).into());
        }
        heed_flags(&outcrop)?;
        terminal.diagnose_briefly(outcrop.diagnostics());
        Ok(Ready { outcrop: ManuallyDrop::new(outcrop), _emulator: emulator })
    }

    /// The library without anything that runs.
    pub(crate) fn library(&self, emulator: Option<&Running>) -> Result<Outcrop, Failure> {
        let sources = self.sources()?;
        let cache = cache_folder(&sources.environment.clone().into_iter().collect());
        let mut builder = Outcrop::builder(sources).cache(cache);
        if self.reads_input() && std::io::stdin().is_terminal() {
            builder = builder.mfa_prompt(Arc::new(TerminalPrompt));
        }
        if let Some(running) = emulator {
            let Credentials { access_key_id, secret_access_key, .. } = Credentials::default();
            let secret_access_key = Secret::new(secret_access_key);
            builder = builder.emulator(outcrop::Emulator::new(
                running.endpoint(),
                access_key_id,
                secret_access_key,
            ));
        }
        Ok(builder.build())
    }

    fn sources(&self) -> Result<Sources, Failure> {
        let here = std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned());
        let mut sources = Sources::platform(self.environment.clone(), &here);
        sources.file = self.global.config.clone().map(FileSource::Required);
        for argument in &self.global.set {
            let assignment =
                Assignment::set(argument).map_err(|error| Failure::usage(format!("`--set`: {error}")))?;
            sources.command_line.push(assignment);
        }
        sources.command_line.extend(self.assignments());
        Ok(sources)
    }

    /// The flags that stand for configuration values.
    fn assignments(&self) -> Vec<Assignment> {
        let entry = |key| KeyPath::of(&["models", "providers", DEFAULT_PROVIDER, key]);
        let discovery = |key| KeyPath::of(&["models", "bedrockDiscovery", key]);
        let mut assignments = Vec::new();
        if let Some(region) = self.region() {
            // One region is that of everything; of several the first is called, and all are listed.
            let listed = if self.global.region.len() > 1 { json!(self.global.region) } else { json!([]) };
            assignments.push(Assignment::new("--region", entry("region"), region));
            assignments.push(Assignment::new("--region", discovery("region"), region));
            assignments.push(Assignment::new("--region", discovery("regions"), listed));
        }
        if let Some(profile) = &self.global.profile {
            assignments.push(Assignment::new("--profile", entry("profile"), profile.as_str()));
            if !profile.trim().is_empty() {
                assignments.push(Assignment::new("--profile", entry("auth"), "profile"));
            }
        }
        if let Some(url) = &self.global.endpoint_url {
            assignments.push(Assignment::new("--endpoint-url", entry("baseUrl"), url.as_str()));
            assignments.push(Assignment::new("--endpoint-url", entry("controlBaseUrl"), url.as_str()));
        }
        assignments
    }

    async fn embedded_emulator(&self, terminal: &mut Terminal) -> Result<Running, Failure> {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let emulator = Emulator::bind(address, Options::default())
            .await
            .map_err(Failure::io("the embedded emulator cannot listen on this machine"))?;
        let running = emulator.spawn();
        terminal.note("the embedded emulator answers, not AWS");
        Ok(running)
    }
}
