//! `outcrop emulate`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use outcrop::Error;
use outcrop_emulator::{Account, AccountError, Credentials, Emulator, Options, Scenario};

use crate::args::Emulate;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(
    arguments: Emulate,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let scenario = arguments.scenario.as_deref().map(scenario).transpose()?.unwrap_or_default();
    let account = arguments.account.as_deref().map(account).transpose()?;
    let usual = Credentials::default();
    let credentials = Credentials {
        access_key_id: arguments.access_key_id.unwrap_or(usual.access_key_id),
        secret_access_key: arguments.secret_access_key.unwrap_or(usual.secret_access_key),
        bearer_token: arguments.bearer_token.unwrap_or(usual.bearer_token),
        session_token: None,
    };
    let mut known = HashSet::from([&credentials.access_key_id]);
    if let Some(key) = arguments.accept_key.iter().find(|key| !known.insert(&key.access_key_id)) {
        return Err(Error::config(format!("the access key id `{}` has two secrets", key.access_key_id))
            .with_hint("give every id once, to `--access-key-id` or to `--accept-key`")
            .into());
    }
    let mut options = Options::default();
    options.credentials = credentials;
    options.accepted_keys = arguments.accept_key;
    options.scenario = scenario;
    options.account = account;
    if let Some(region) = context.region().or_else(|| home(&options)) {
        options.region = region.to_owned();
    }
    let exports = options.clone();
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
    terminal.print(&export_lines(emulator.addr(), &exports))?;
    terminal.flush()?;
    emulator.serve(interrupted).await;
    Ok(())
}

fn scenario(path: &Path) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::config(format!("the scenario `{}` cannot be read", path.display())).with_source(error)
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Error::config(format!("the scenario `{}` is wrong", path.display())).with_source(error).into()
    })
}

fn account(path: &Path) -> Result<Account, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::config(format!("the account `{}` cannot be read", path.display())).with_source(error)
    })?;
    text.parse().map_err(|error: AccountError| {
        Error::config(format!("the account `{}` is wrong", path.display())).with_source(error).into()
    })
}

/// The region of an account that has nothing in the usual one.
fn home(options: &Options) -> Option<&str> {
    let regions = &options.account.as_ref()?.regions;
    let mut elsewhere = regions.keys().filter(|_| !regions.contains_key(&options.region));
    elsewhere.next().map(String::as_str)
}

/// What points any AWS SDK at the emulator, for a shell to read.
fn export_lines(address: SocketAddr, Options { credentials, region, .. }: &Options) -> String {
    // Whoever listens everywhere is reached on this machine.
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let endpoint = &*format!("http://{}", SocketAddr::new(host, address.port()));
    let mut lines = format!("# Amazon Bedrock emulator: both planes answer at {endpoint}\n");
    // What is left of other credentials would be taken first, and sent here.
    lines.push_str("unset AWS_SESSION_TOKEN AWS_BEARER_TOKEN_BEDROCK AWS_PROFILE\n");
    let variables = [
        ("AWS_ENDPOINT_URL_BEDROCK", endpoint),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", endpoint),
        ("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
        ("AWS_REGION", region),
        // The SDK for Python reads this one only.
        ("AWS_DEFAULT_REGION", region),
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
