//! `--dry-run`: the request as it would be sent.

use outcrop::{Error, ErrorKind, ModelReference, Outcrop, Request};
use serde_json::{Value, json};

use crate::args::Ask;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Prints what would be sent, the body's members in the order in which they are sent.
pub(super) async fn run(
    request: &Request,
    arguments: &Ask,
    reference: &ModelReference,
    outcrop: &Outcrop,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let sent = outcrop.dry_run(&reference.provider, request, !arguments.no_stream).await?;
    let body: Value = serde_json::from_slice(&sent.body).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "the request that would be sent is no JSON").with_source(error)
    })?;
    let shown = json!({
        "operation": sent.operation,
        "modelId": sent.model,
        "region": sent.region,
        "endpoint": sent.endpoint,
        "body": body,
        "warnings": sent.warnings,
    });
    if arguments.json {
        return terminal.print_json(&shown);
    }
    terminal.print(&format!("{shown:#}\n"))
}
