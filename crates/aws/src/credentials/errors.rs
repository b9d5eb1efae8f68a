//! What is said when there are no credentials.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use outcrop_core::{Error, ErrorKind};

use super::bearer::BEARER_VARIABLE;
use super::link::{Link, Step};
use super::shared_files::{DEFAULT_PROFILE, SharedFiles, chain_text};
use crate::sdk_error::{find, from_connector};

/// How alike two names must be (Jaro-Winkler, 0 to 1) for one to be taken for the other's misspelling.
const SIMILAR: f64 = 0.8;

/// How many names of profiles an error lists at most.
const SHOWN: usize = 12;

/// The error for a caller whom nothing could identify: what was looked at, and why it was not it.
pub(crate) fn no_credentials(steps: &[Step]) -> Error {
    let tried: Vec<_> = steps.iter().map(ToString::to_string).collect();
    Error::new(ErrorKind::Unauthenticated, "no AWS credentials were found")
        .with_hint(format!("set `{BEARER_VARIABLE}` to a Bedrock API key"))
        .with_hint("or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`")
        .with_hint("or set `AWS_PROFILE` to a profile of the AWS configuration files")
        .with_hint("or try everything without an account: add `--emulator`")
        .with_source(format!("tried {}", tried.join("; ")))
}

/// The error for an API key that is asked for and not there.
pub(crate) fn no_api_key() -> Error {
    Error::new(ErrorKind::Unauthenticated, "`auth` is `bearer`, and there is no Bedrock API key")
        .with_hint(format!("set `{BEARER_VARIABLE}`, `apiKey` or `apiKeyFile`"))
        .with_hint("or set `auth` to `aws-sdk` to use any AWS credentials")
}

/// The error for a profile that does not exist. `said`: who asked for it.
pub(crate) fn profile_not_found(name: &str, said: &str, files: &SharedFiles) -> Error {
    let names = files.names();
    let mut error =
        Error::new(ErrorKind::Unauthenticated, format!("the profile `{name}` does not exist ({said})"));
    let scored =
        names.iter().map(|known| (strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()), known));
    let nearest =
        scored.filter(|(score, _)| *score > SIMILAR).max_by(|(one, _), (other, _)| one.total_cmp(other));
    if let Some((_, nearest)) = nearest {
        error = error.with_hint(format!("did you mean `{nearest}`?"));
    }
    let [config, credentials] = files.paths();
    let places = format!("`{}` and `{}`", config.display(), credentials.display());
    if names.is_empty() && files.unreadable().is_empty() {
        error = error.with_hint(format!(
            "there are no profiles: {places} are empty or missing; `aws configure --profile {name}` makes one"
        ));
    } else if !names.is_empty() {
        let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        let more = names.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        error = error.with_hint(format!("the profiles in {places} are {}{more}", shown.join(", ")));
    }
    for unreadable in files.unreadable() {
        error = error.with_hint(unreadable.clone());
    }
    error
}

/// The error for a file that is there and cannot be read.
pub(crate) fn blocked(problem: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, problem.to_owned()).with_hint(
        "make the file readable for this user, or name another in `AWS_CONFIG_FILE` or \
                    `AWS_SHARED_CREDENTIALS_FILE` (`/dev/null` for none)",
    )
}

/// The error for a profile that was asked for and says nothing about credentials.
pub(crate) fn profile_without_credentials(name: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, format!("the profile `{name}` has no credentials"))
        .with_hint(format!("run `aws configure --profile {name}` or `aws configure sso --profile {name}`"))
}

/// What to look at where credentials do not come.
pub(crate) const fn unanswered(link: Option<Link>) -> &'static str {
    match link {
        Some(Link::CredentialProcess) => "run the command that stands in the profile by hand: it did not end",
        _ => "check the network and the proxy settings",
    }
}

/// The command that begins a session of single sign-on or of a console sign-in.
pub(crate) fn sign_in_command(link: Link, profile: &str) -> Option<String> {
    let command = match link {
        Link::Sso => "aws sso login",
        Link::Login => "aws login",
        _ => return None,
    };
    Some(if profile == DEFAULT_PROFILE {
        command.to_owned()
    } else {
        format!("{command} --profile {profile}")
    })
}

/// The error for a sign-in that has ended, or was never begun.
pub(crate) fn signed_out(link: Link, profile: &str) -> Error {
    let what = if link == Link::Sso { "single sign-on session" } else { "sign-in" };
    let message = format!("the {what} of profile `{profile}` has ended or was never begun");
    let error = Error::new(ErrorKind::Unauthenticated, message);
    match sign_in_command(link, profile) {
        Some(command) => error.with_hint(format!("run `{command}`")),
        None => error,
    }
}

/// What one of the SDK's own providers failed with.
pub(crate) fn from_sdk(link: Link, profile: &str, error: &CredentialsError) -> Error {
    let mut reason = chain_text(error);
    if link == Link::CredentialProcess
        && let Some(said) = reason.find(" Stderr: ")
    {
        // What such a program prints may be what it is for.
        reason.truncate(said);
    }
    if let Some(failed) = find::<ConnectorError>(error) {
        return from_connector(failed).with_context("credentials", link.to_string()).with_source(reason);
    }
    // Of the other providers, these kinds may mean anything.
    let of_profile = matches!(
        error,
        CredentialsError::InvalidConfiguration(_) | CredentialsError::CredentialsNotLoaded(_)
    );
    if link == Link::CredentialProcess && of_profile {
        let message = format!("the profile `{profile}` leads to no credentials");
        return Error::new(ErrorKind::Unauthenticated, message)
            .with_hint(format!("correct the profile `{profile}` in the AWS configuration files"))
            .with_source(reason);
    }
    match link {
        Link::Login => signed_out(link, profile).with_source(reason),
        Link::CredentialProcess => {
            let message = format!("the `credential_process` of profile `{profile}` failed");
            Error::new(ErrorKind::Unauthenticated, message)
                .with_hint("run the command that stands in the profile by hand, and look at what it says")
                .with_source(reason)
        }
        other => {
            let message = format!("the credentials of {other} could not be fetched");
            Error::new(ErrorKind::Unauthenticated, message)
                .with_hint(if reason.contains("AssumeRoleUnauthorizedAccess") {
                    "let the role trust EC2: `outcrop iam policy --trust ec2` prints the policy for that"
                } else {
                    "check the role and the network"
                })
                .with_source(reason)
        }
    }
}

#[cfg(test)]
mod tests;
