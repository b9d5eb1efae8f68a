//! The shared configuration and credentials files of the AWS tools.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use aws_config::profile::{Profile, ProfileFileLoadError, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::SsoSession;
use aws_types::os_shim_internal::{Env, Fs};
use outcrop_core::{Environment, Error, ErrorKind, Result};

use super::read;

/// The profile when nobody names one.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// Both files, read once and parsed by the SDK's own parser, together with the variables that go before them.
#[derive(Clone)]
pub(crate) struct SharedFiles {
    files: EnvConfigFiles,
    profiles: ProfileSet,
    environment: Environment,
    paths: [PathBuf; 2],
    unreadable: Vec<String>,
    /// What is there and cannot be read; of a folder that nobody may look into, nothing is known.
    blocked: Option<String>,
}

/// Nothing of what stands in the files.
impl fmt::Debug for SharedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFiles").field("paths", &self.paths).finish_non_exhaustive()
    }
}

impl SharedFiles {
    /// Reads both files; one that is not there is empty. `profile` is the one that [`SharedFiles::value`] looks into.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if a file cannot be parsed.
    pub(crate) async fn load(environment: &Environment, profile: &str) -> Result<Self> {
        let paths = paths(environment);
        let mut unreadable = Vec::new();
        let mut blocked = None;
        let [config, credentials] = &paths;
        let mut text = |path: &Path| {
            read::text(path).unwrap_or_else(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    let problem = format!("`{}` cannot be read: {error}", path.display());
                    if path.symlink_metadata().is_ok() {
                        blocked = Some(problem.clone());
                    }
                    unreadable.push(problem);
                }
                String::new()
            })
        };
        let contents = [text(config), text(credentials)];
        let files = Self::parse(contents, environment, profile, paths, unreadable).await?;
        Ok(Self { blocked, ..files })
    }

    /// No files and no variables: for closed worlds.
    pub(crate) async fn nothing() -> Result<Self> {
        Self::parse(
            Default::default(),
            &Environment::default(),
            DEFAULT_PROFILE,
            Default::default(),
            Vec::new(),
        )
        .await
    }

    async fn parse(
        [config_text, credentials_text]: [String; 2],
        environment: &Environment,
        profile: &str,
        paths: [PathBuf; 2],
        unreadable: Vec<String>,
    ) -> Result<Self> {
        let [config, credentials] = &paths;
        let alone =
            EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config_text.clone()).build();
        let files = EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, config_text)
            .with_contents(EnvConfigFileKind::Credentials, credentials_text)
            .build();
        let profiles = match profiles(&files, profile).await {
            Ok(profiles) => profiles,
            Err(error) => {
                // The parser was given texts, and does not know in which of them it was.
                let path = if profiles(&alone, profile).await.is_err() { config } else { credentials };
                return Err(unparsable(path, &error));
            }
        };
        Ok(Self { files, profiles, environment: environment.clone(), paths, unreadable, blocked: None })
    }

    /// Where the two files are, or would be: configuration and credentials.
    pub(crate) const fn paths(&self) -> &[PathBuf; 2] {
        &self.paths
    }

    /// What is there and cannot be read, in words: it may have said who calls.
    pub(crate) fn blocked(&self) -> Option<&str> {
        self.blocked.as_deref()
    }

    /// What could not be read, in words.
    pub(crate) fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// The files in the form that the SDK's providers take.
    pub(crate) fn for_sdk(&self) -> EnvConfigFiles {
        self.files.clone()
    }

    /// A profile by name.
    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get_profile(name)
    }

    /// A section `[sso-session NAME]`.
    pub(crate) fn sso_session(&self, name: &str) -> Option<&SsoSession> {
        self.profiles.sso_session(name)
    }

    /// The name of the profile that [`SharedFiles::value`] looks into.
    pub(crate) fn active(&self) -> &str {
        self.profiles.selected_profile()
    }

    /// The names of all profiles, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.profiles.profiles().collect();
        names.sort_unstable();
        names
    }

    /// A value of the active profile; a blank one counts as absent.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.profiles.get(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A setting of a service: its own variable, the general one, its part of the `services` section that the active
    /// profile names, the profile; a blank one counts as absent. Gives the value and the name of what said it.
    pub(crate) fn service_value(
        &self,
        variable: &str,
        key: &str,
        service_id: &str,
    ) -> Option<(String, String)> {
        let specific = format!("{variable}_{}", service_id.to_ascii_uppercase().replace(' ', "_"));
        let by_variable = [specific.as_str(), variable]
            .into_iter()
            .find_map(|name| Some((self.environment.get(name)?.to_owned(), name.to_owned())));
        by_variable.or_else(|| self.section_value(key, service_id)).or_else(|| {
            let origin = format!("`{key}` of profile `{}`", self.active());
            Some((self.value(key)?.to_owned(), origin))
        })
    }

    /// A setting of a service in the `services` section of the active profile. Its name there has underscores (AWS SDKs
    /// and Tools Reference Guide, "Identifiers for service-specific endpoints"); aws-runtime 1.10 looks for hyphens.
    fn section_value(&self, key: &str, service_id: &str) -> Option<(String, String)> {
        let section = self.value("services")?;
        let service_id = service_id.to_ascii_lowercase();
        ["_", "-"].into_iter().find_map(|separator| {
            let service = service_id.replace(' ', separator);
            let name = PropertiesKey::builder().section_key("services").section_name(section);
            let name = name.property_name(&service).sub_property_name(key).build().ok()?;
            let value = self.profiles.other_sections().get(&name)?.trim();
            let origin = || format!("`{key}` of `{service}` in `[services {section}]`");
            (!value.is_empty()).then(|| (value.to_owned(), origin()))
        })
    }

    /// A switch: the variable, else the active profile. Anything but `true` and `false` is an error that names it.
    pub(crate) fn switch(&self, variable: &str, key: &str) -> Result<Option<bool>> {
        let (value, name) = match self.environment.get(variable) {
            Some(value) => (value, format!("the environment variable `{variable}`")),
            None => match self.value(key) {
                Some(value) => (value, format!("`{key}` of profile `{}`", self.active())),
                None => return Ok(None),
            },
        };
        match value.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(Error::config(format!("{name} is `{value}`, which is not `true` or `false`"))
                .with_hint("set it to `true` or `false`, or unset it")),
        }
    }
}

async fn profiles(files: &EnvConfigFiles, active: &str) -> Result<ProfileSet, ProfileFileLoadError> {
    let (fs, env) = (Fs::from_slice(&[]), Env::from_slice(&[]));
    aws_config::profile::load(&fs, &env, files, Some(active.to_owned().into())).await
}

fn unparsable(path: &Path, error: &ProfileFileLoadError) -> Error {
    // It leaves a gap for the path, and writes more than one line.
    let reason: Vec<_> = chain_text(error).split_whitespace().map(str::to_owned).collect();
    let message = format!("the AWS configuration file `{}` cannot be parsed", path.display());
    Error::new(ErrorKind::Config, message)
        .with_hint("correct the line, or take it out")
        .with_source(reason.join(" "))
}

/// The home directory, as the AWS tools look for it.
pub(super) fn home(environment: &Environment) -> Option<&str> {
    environment.get("HOME").or_else(|| environment.get("USERPROFILE"))
}

/// A path with a `~` at its start opened.
pub(crate) fn expanded(path: &str, environment: &Environment) -> PathBuf {
    let of_windows = || path.strip_prefix("~\\").filter(|_| cfg!(windows));
    match (path.strip_prefix("~/").or_else(of_windows), home(environment)) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Where the two files are, or would be; nowhere, which is an empty path, without a home.
pub(super) fn paths(environment: &Environment) -> [PathBuf; 2] {
    let usual =
        |name| home(environment).map(|home| Path::new(home).join(".aws").join(name)).unwrap_or_default();
    [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")].map(|(variable, name)| {
        environment.get(variable).map_or_else(|| usual(name), |path| expanded(path, environment))
    })
}

/// An error and its causes, on one line.
pub(crate) fn chain_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let causes =
        std::iter::successors(Some(error), |error: &&(dyn std::error::Error + 'static)| error.source());
    for text in causes.map(ToString::to_string) {
        if texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests;
