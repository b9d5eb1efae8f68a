//! One bare ListFoundationModels call through the AWS SDK, with the SDK's own configuration: the floor that
//! `cargo xtask bench catalogue` measures a cold list against. Prints how many models there are.

use std::error::Error;

use aws_config::BehaviorVersion;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let answer = aws_sdk_bedrock::Client::new(&config).list_foundation_models().send().await?;
    println!("{}", answer.model_summaries().len());
    Ok(())
}
