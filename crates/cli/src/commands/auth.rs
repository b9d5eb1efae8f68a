//! `outcrop auth`.

use std::fmt::Write as _;

use outcrop::{AuthStatus, EndpointStatus, Error, ErrorKind, Presence, Status};
use outcrop_core::ProviderId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::Auth;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless};

pub(crate) async fn run(arguments: &Auth, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let arguments = arguments.status();
    let ready = context.start(terminal).await?;
    let id = arguments.provider.map_or_else(|| ready.outcrop.usual_provider(), ProviderId::from);
    let status = ready.outcrop.auth_status(&id, arguments.verify).await?;
    if arguments.json {
        terminal.print_json(&status)?;
    } else {
        let text = match &status {
            AuthStatus::Aws(status) => text(status),
            AuthStatus::Endpoint(status) => text_of_endpoint(status),
            _ => String::new(),
        };
        terminal.print(&text)?;
        for note in status.notes() {
            terminal.note(note);
        }
    }
    let Some(error) = status.error() else { return Ok(()) };
    match &status {
        // The table has shown already what was tried.
        AuthStatus::Aws(status)
            if !arguments.json
                && error.kind() == ErrorKind::Unauthenticated
                && status.link.is_none()
                && !status.steps.is_empty() =>
        {
            let short = Error::new(error.kind(), error.message().to_owned());
            Err(error.hints().iter().fold(short, |short, hint| short.with_hint(hint.clone())).into())
        }
        _ => Err(error.clone().into()),
    }
}

/// The same of an endpoint.
fn text_of_endpoint(status: &EndpointStatus) -> String {
    let key = match status.source {
        "none" => "none: calls go out without a key",
        "header" => "a header of the configuration",
        _ => "the key of the configuration",
    };
    let rows = [("provider", status.provider.as_str()), ("credentials", key), ("endpoint", &status.endpoint)];
    let rows = rows.map(|(name, value)| format!("{name:<12} {}\n", harmless(value)));
    rows.concat()
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
