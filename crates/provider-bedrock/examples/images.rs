//! Shows a model a picture: a small one of its own, or the PNG file that it is given.
//!
//! `cargo run --example images [FILE [MODEL]]` calls whatever AWS endpoint, region and credentials the environment
//! names; what `outcrop emulate` prints points it at the emulator.

use std::error::Error;
use std::sync::Arc;

use outcrop_aws::Aws;
use outcrop_core::{Blob, Content, Environment, Image, ImageFormat, ModelProvider as _, Request, Source};
use outcrop_provider_bedrock::{Bedrock, BedrockSettings};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// The left half red, the right half blue.
const RED_AND_BLUE: &[u8] = include_bytes!("red_and_blue.png");

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = provider();
    let mut arguments = std::env::args().skip(1);
    let picture = match arguments.next() {
        Some(file) => std::fs::read(file)?,
        None => RED_AND_BLUE.to_vec(),
    };
    let model = arguments.next().unwrap_or_else(|| MODEL.to_owned());

    println!("shows a picture of {} bytes", picture.len());
    let picture = Image { format: ImageFormat::Png, source: Source::Bytes(Blob::new(picture)) };
    let question = Content::text("Which colours do you see, from left to right?");
    let request = Request::new(model).user(vec![Content::Image(picture), question]);

    let response = provider.generate(&request).await?;
    for warning in &response.warnings {
        println!("note: {}", warning.message);
    }
    println!("{}", response.text());
    Ok(())
}

/// A provider for the environment that this program was started in.
#[expect(clippy::disallowed_methods, reason = "a program reads its environment once")]
fn provider() -> Bedrock {
    let environment: Environment = std::env::vars().collect();
    let aws = Arc::new(Aws::new(environment));
    Bedrock::new("amazon-bedrock".into(), aws, BedrockSettings::default(), None)
}
