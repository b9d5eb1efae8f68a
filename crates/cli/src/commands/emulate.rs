//! `outcrop emulate`.

use std::fmt::Write as _;
use std::path::Path;

use outcrop::Error;
use outcrop_emulator::{Credentials, Emulator, Options, Scenario};

use crate::args::Emulate;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: Emulate, terminal: &mut Terminal) -> Result<(), Failure> {
    let scenario = arguments.scenario.as_deref().map(scenario).transpose()?.unwrap_or_default();
    let usual = Credentials::default();
    let credentials = Credentials {
        access_key_id: arguments.access_key_id.unwrap_or(usual.access_key_id),
        secret_access_key: arguments.secret_access_key.unwrap_or(usual.secret_access_key),
        bearer_token: arguments.bearer_token.unwrap_or(usual.bearer_token),
        session_token: None,
    };
    let options = Options { credentials, scenario, ..Options::default() };
    let exports = options.credentials.clone();
    let emulator = Emulator::bind(arguments.listen, options)
        .await
        .map_err(Failure::io(format!("the emulator cannot listen on {}", arguments.listen)))?;
    let mut interrupted = Box::pin(async {
        // Without a signal handler there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    // Polled once before anybody can know that it runs: from then on Ctrl-C ends it in good order.
    tokio::select! {
        biased;
        () = &mut interrupted => return Ok(()),
        () = std::future::ready(()) => {}
    }
    terminal.print(&export_lines(&emulator.endpoint(), &exports))?;
    terminal.flush()?;
    emulator.serve(interrupted).await;
    Ok(())
}

fn scenario(path: &Path) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(Failure::io(format!("the scenario `{}` cannot be read", path.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        Error::config(format!("the scenario `{}` is wrong", path.display())).with_source(error).into()
    })
}

/// What points any AWS SDK at the emulator, for a shell to read.
fn export_lines(endpoint: &str, credentials: &Credentials) -> String {
    let mut lines = format!("# Amazon Bedrock emulator: both planes answer at {endpoint}\n");
    let variables = [
        ("AWS_ENDPOINT_URL_BEDROCK", endpoint),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", endpoint),
        ("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
        ("AWS_REGION", "us-east-1"),
        // The SDK for Python reads this one only.
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ];
    for (name, value) in variables {
        // A value of a flag may hold anything; within single quotes a shell takes it as it is.
        let quoted = value.replace('\'', r"'\''");
        writeln!(lines, "export {name}='{quoted}'").ok();
    }
    writeln!(
        lines,
        "# or, instead of the keys, the API key: export AWS_BEARER_TOKEN_BEDROCK='{}'",
        credentials.bearer_token
    )
    .ok();
    lines
}
