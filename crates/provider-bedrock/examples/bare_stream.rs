//! Streams answers through the AWS SDK and nothing else, with the SDK's own configuration: the floor that
//! `cargo xtask bench provider` measures this crate against.
//!
//! `bare_stream ask` asks once and prints the answer as it comes. `bare_stream` alone asks once to get warm, says
//! `ready`, and then for each line on standard input asks as often as the line says and prints how many deltas came.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use aws_config::BehaviorVersion;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput, Message,
};

const MODEL: &str = "amazon.nova-lite-v1:0";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    if std::env::args().nth(1).as_deref() == Some("ask") {
        let mut out = std::io::stdout();
        stream(&client, |text| {
            out.write_all(text.as_bytes())?;
            out.flush()
        })
        .await?;
        return Ok(());
    }
    stream(&client, |_| Ok(())).await?;
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let mut deltas = 0_u64;
        for _ in 0..line?.parse::<u32>()? {
            stream(&client, |_| {
                deltas += 1;
                Ok(())
            })
            .await?;
        }
        println!("{deltas}");
    }
    Ok(())
}

/// One answer, piece by piece.
async fn stream(
    client: &Client,
    mut show: impl FnMut(String) -> std::io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let question = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text("Why is the sky blue?".to_owned()))
        .build()?;
    let mut sent = client.converse_stream().model_id(MODEL).messages(question).send().await?;
    while let Some(event) = sent.stream.recv().await? {
        if let ConverseStreamOutput::ContentBlockDelta(event) = event
            && let Some(ContentBlockDelta::Text(text)) = event.delta
        {
            show(text)?;
        }
    }
    Ok(())
}
