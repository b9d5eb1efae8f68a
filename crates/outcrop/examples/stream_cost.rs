//! Streams answers through this library: what `cargo xtask bench provider` measures beside the bare AWS SDK.
//!
//! `stream_cost layers` asks the provider of the configuration with its layers, `stream_cost provider` the provider
//! alone. Either asks once to get warm, says `ready`, and then for each line on standard input asks as often as the line
//! says and prints how many deltas came.

use std::error::Error;
use std::io::BufRead as _;
use std::sync::Arc;

use outcrop::outcrop_core::{Delta, Event, next};
use outcrop::{DEFAULT_PROVIDER, ModelProvider, Outcrop, Request, Sources};
use outcrop_aws::Aws;
use outcrop_provider_bedrock::{Bedrock, BedrockSettings};

const MODEL: &str = "amazon.nova-lite-v1:0";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = provider(std::env::args().nth(1).as_deref()).await?;
    stream(&*provider).await?;
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let mut deltas = 0;
        for _ in 0..line?.parse::<u32>()? {
            deltas += stream(&*provider).await?;
        }
        println!("{deltas}");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
async fn provider(which: Option<&str>) -> Result<Arc<dyn ModelProvider>, Box<dyn Error>> {
    let environment = std::env::vars();
    match which {
        Some("layers") => {
            let sources = Sources { environment: environment.collect(), ..Sources::default() };
            Ok(Outcrop::builder(sources).build().provider(&DEFAULT_PROVIDER.into()).await?)
        }
        Some("provider") => {
            let aws = Arc::new(Aws::new(environment.collect()));
            Ok(Arc::new(Bedrock::new(DEFAULT_PROVIDER.into(), aws, BedrockSettings::default(), None)))
        }
        _ => Err("say `layers` or `provider`".into()),
    }
}

/// One answer; how many deltas it had.
async fn stream(provider: &dyn ModelProvider) -> Result<u64, Box<dyn Error>> {
    let mut events = provider.stream(&Request::new(MODEL).user("Why is the sky blue?")).await?;
    let mut deltas = 0;
    while let Some(event) = next(&mut events).await {
        if let Event::Delta { delta: Delta::Text { .. }, .. } = event? {
            deltas += 1;
        }
    }
    Ok(deltas)
}
