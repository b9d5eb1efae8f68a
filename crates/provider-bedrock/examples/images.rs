//! Shows a model a picture, which this program paints itself: a PNG file of 32 by 32 pixels.
//!
//! `cargo run --example images [MODEL]` calls whatever AWS endpoint, region and credentials the environment names; what
//! `outcrop emulate` prints points it at the emulator.

use std::error::Error;
use std::sync::Arc;

use outcrop_aws::Aws;
use outcrop_core::{Blob, Content, Environment, Image, ImageFormat, ModelProvider as _, Request, Source};
use outcrop_provider_bedrock::{Bedrock, BedrockSettings};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = provider();
    let model = std::env::args().nth(1).unwrap_or_else(|| MODEL.to_owned());

    // The left half red, the right half blue.
    let picture = png(32, |x, _| if x < 16 { [255, 0, 0] } else { [0, 0, 255] });
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

/// A square picture as a PNG file: 8 bits a channel, not compressed (<https://www.w3.org/TR/png-3/>).
fn png(size: u8, colour: impl Fn(u8, u8) -> [u8; 3]) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..size {
        // Each row begins with its filter: none.
        pixels.push(0);
        for x in 0..size {
            pixels.extend(colour(x, y));
        }
    }
    let (width, height) = (u32::from(size), u32::from(size));
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", stored(&pixels)), (b"IEND", Vec::new())] {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let checked = [&kind[..], &data].concat();
        file.extend(length.to_be_bytes());
        file.extend(&checked);
        file.extend(crc32(&checked).to_be_bytes());
    }
    file
}

/// A zlib stream that stores instead of compressing (RFC 1950, RFC 1951).
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let chunks = data.chunks(usize::from(u16::MAX));
    let last = chunks.len().saturating_sub(1);
    for (number, chunk) in chunks.enumerate() {
        let length = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(number == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(chunk);
    }
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    stream.extend(((high << 16) | low).to_be_bytes());
    stream
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

/// A provider for the environment that this program was started in.
#[expect(clippy::disallowed_methods, reason = "a program reads its environment once")]
fn provider() -> Bedrock {
    let environment: Environment = std::env::vars().collect();
    let aws = Arc::new(Aws::new(environment));
    Bedrock::new("amazon-bedrock".into(), aws, BedrockSettings::default(), None)
}
