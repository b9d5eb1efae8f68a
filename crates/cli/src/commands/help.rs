//! `outcrop help TOPIC`.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use outcrop::{ErrorKind, VARIABLES};

use crate::args::{Cli, Help};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// The variables that are not the configuration's.
const OTHER_VARIABLES: &str = "\
The variables of AWS are understood too; blank ones count as unset.
Credentials, the first that is found: AWS_BEARER_TOKEN_BEDROCK; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN; AWS_PROFILE; the profile `default`; AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and
AWS_ROLE_SESSION_NAME; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI, with
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN; the metadata service of EC2:
AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE.
Files: AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_LOGIN_CACHE_DIRECTORY.
Places: AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_BEDROCK, AWS_ENDPOINT_URL_BEDROCK_RUNTIME,
AWS_ENDPOINT_URL (AWS_ENDPOINT_URL_STS, _SSO and _SSO_OIDC for credentials), AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT.
Calls: AWS_MAX_ATTEMPTS, AWS_RETRY_MODE, AWS_SDK_UA_APP_ID.
AWS_CA_BUNDLE names a PEM file whose certificates are trusted in place of the platform's.

HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name proxies, also as http://user:password@host:port; NO_PROXY lists
hosts, domains and networks that are called without them. This machine and metadata services always are.

NO_COLOR and CLICOLOR_FORCE are honoured.\n";

const TOPICS: &str = "`environment`, `exit-codes`";

pub(crate) fn run(arguments: &Help, terminal: &mut Terminal) -> Result<(), Failure> {
    let topic: Vec<_> = arguments.topic.iter().map(String::as_str).collect();
    let text = match topic.as_slice() {
        ["environment"] if arguments.markdown => return terminal.print(&environment_reference()),
        _ if arguments.markdown => {
            return Err(Failure::usage("`--markdown` is for `outcrop help environment`".to_owned()));
        }
        [] => Cli::command().render_long_help().ansi().to_string(),
        ["exit-codes"] => exit_codes(),
        ["environment"] => environment(),
        path => command(path)?,
    };
    terminal.print_styled(&text)
}

fn command(path: &[&str]) -> Result<String, Failure> {
    let mut command = Cli::command();
    // Fills in the names that the help of a subcommand shows.
    command.build();
    for name in path {
        command = command.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(format!(
                "there is no help on `{}`; topics are {TOPICS} and the commands",
                path.join(" ")
            ))
        })?;
    }
    Ok(command.render_long_help().ansi().to_string())
}

fn exit_codes() -> String {
    let mut rows = vec![(0, "success".to_owned()), (2, "the command line is wrong".to_owned())];
    rows.extend(ErrorKind::ALL.iter().map(|kind| {
        let retry = if kind.default_retry().is_advised() { " (is retried)" } else { "" };
        (kind.exit_code(), format!("{}: {kind}{retry}\n      {}", kind.name(), kind.remedy()))
    }));
    // Kinds of the same code stay in the order of the documentation.
    rows.sort_by_key(|(code, _)| *code);
    let mut text = String::from("Exit codes\n\n");
    for (code, meaning) in rows {
        writeln!(text, " {code:>3}  {meaning}").ok();
    }
    text
}

fn environment() -> String {
    let mut text = String::from("Environment variables\n\n");
    for variable in VARIABLES {
        writeln!(text, "{}\n    {}", variable.name, variable.doc).ok();
    }
    text.push('\n');
    text.push_str(OTHER_VARIABLES);
    text
}

/// The page of the reference.
fn environment_reference() -> String {
    let mut text = String::from(
        "# Environment variables\n\n\
         <!-- Written by `cargo xtask schema`; edits are lost. -->\n\n\
         Each of these beats the files of the configuration, and is beaten by the command line. A blank one counts as\n\
         unset. What each key means is in the [configuration reference](configuration.md).\n\n\
         | variable | key | value | meaning |\n|---|---|---|---|\n",
    );
    for variable in VARIABLES {
        let key = variable.path.map(|path| format!("`{path}`")).unwrap_or_default();
        writeln!(text, "| `{}` | {key} | {} | {} |", variable.name, variable.kind, variable.doc).ok();
    }
    write!(text, "\n## Variables of others\n\n```text\n{OTHER_VARIABLES}```\n").ok();
    text
}
