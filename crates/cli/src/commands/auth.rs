//! `outcrop auth`.

use std::fmt::Write as _;

use outcrop::{DEFAULT_PROVIDER, Error, ErrorKind, Presence, Status};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::Auth;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless};

pub(crate) async fn run(arguments: &Auth, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let arguments = arguments.status();
    let ready = context.start(terminal).await?;
    let status = ready.outcrop.auth_status(&DEFAULT_PROVIDER.into(), arguments.verify).await?;
    if arguments.json {
        terminal.print_json(&status)?;
    } else {
        terminal.print(&text(&status))?;
        for note in &status.notes {
            terminal.note(note);
        }
    }
    match status.error {
        None => Ok(()),
        // The table has shown already what was tried.
        Some(error)
            if !arguments.json
                && error.kind() == ErrorKind::Unauthenticated
                && status.link.is_none()
                && !status.steps.is_empty() =>
        {
            let short = Error::new(error.kind(), error.message().to_owned());
            Err(error.hints().iter().fold(short, |short, hint| short.with_hint(hint.clone())).into())
        }
        Some(error) => Err(error.into()),
    }
}

/// One line for each thing to know, then the links that were looked at.
fn text(status: &Status) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| writeln!(text, "{name:<12} {}", harmless(value)).ok();
    let link = status.link.map_or_else(|| "none".to_owned(), |link| link.to_string());
    row(
        "credentials",
        &match (status.state, status.source) {
            (Presence::Present, "none") => "not needed: requests go out unsigned".to_owned(),
            (Presence::Present, source) => format!("{link} ({source})"),
            (Presence::Absent, _) => "none".to_owned(),
            (_, source) => format!("unknown: {link} ({source}) could not be asked"),
        },
    );
    if let Some(profile) = &status.profile {
        row("profile", profile);
    }
    if let Some(key) = &status.access_key_id {
        row("access key", key);
    }
    if let Some(ends) =
        status.expires_at.and_then(|time| OffsetDateTime::from(time).replace_nanosecond(0).ok())
    {
        row("expires", &ends.format(&Rfc3339).unwrap_or_default());
    }
    if let Some(identity) = &status.identity {
        row("identity", &format!("{} (account {})", identity.arn, identity.account));
    }
    if let Some(region) = &status.region {
        row("region", &format!("{} ({})", region.value, region.origin));
    }
    let endpoints = &status.endpoints;
    for (name, url, origin) in [
        ("runtime", &endpoints.runtime, &endpoints.runtime_origin),
        ("control", &endpoints.control, &endpoints.control_origin),
    ] {
        if let (Some(url), Some(origin)) = (url, origin) {
            row(name, &format!("{url} ({})", origin.replace('`', "")));
        }
    }
    if !status.steps.is_empty() {
        text.push_str("\nlooked at\n");
        for step in &status.steps {
            writeln!(
                text,
                "  {:<28} {:<9} {}",
                step.link.to_string(),
                step.outcome.to_string(),
                harmless(&step.detail)
            )
            .ok();
        }
    }
    text
}
