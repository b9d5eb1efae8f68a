//! A ConverseStream answer as it goes over the wire: event stream frames in HTTP chunks.
//!
//! The layout of a frame is AWS's
//! (<https://smithy.io/2.0/aws/amazon-eventstream.html>): lengths, a checksum of the lengths, headers, payload, a
//! checksum of everything.

/// Words of an answer, a few to a delta, as models write them.
const WORDS: [&str; 16] = [
    "The",
    " sky",
    " looks",
    " blue because",
    " air",
    " scatters",
    " short waves",
    " more than",
    " long ones",
    ",",
    " as Lord",
    " Rayleigh",
    " found",
    " in 1871",
    ".",
    "\\n\\nAt dusk",
];

/// What Bedrock pads its events with, so that their length says nothing about the words.
const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// How many different pieces there are before they repeat.
pub(super) const VARIETY: usize = 4096;

/// The pieces of a long answer, each a frame in a chunk of its own.
pub(super) struct Deltas {
    bytes: Vec<u8>,
    /// Where each piece ends.
    ends: Vec<usize>,
}

impl Deltas {
    pub(super) fn new() -> Self {
        let mut bytes = Vec::new();
        let ends = (0..VARIETY).map(|number| {
            bytes.extend(chunk(&delta(number)));
            bytes.len()
        });
        let ends = ends.collect();
        Self { bytes, ends }
    }

    /// The bytes of `count` pieces from the one with this number on, which must not go beyond [`VARIETY`].
    pub(super) fn slice(&self, from: usize, count: usize) -> Option<&[u8]> {
        let start = if from == 0 { 0 } else { *self.ends.get(from - 1)? };
        let end = *self.ends.get(from + count.checked_sub(1)?)?;
        self.bytes.get(start..end)
    }
}

/// The text of a delta.
fn text(number: usize) -> &'static str {
    WORDS.get(number * 7 % WORDS.len()).copied().unwrap_or_default()
}

fn delta(number: usize) -> Vec<u8> {
    let text = text(number);
    let padding = PADDING.get(..1 + number * 31 % PADDING.len()).unwrap_or(PADDING);
    let payload = format!(r#"{{"contentBlockIndex":0,"delta":{{"text":"{text}"}},"p":"{padding}"}}"#);
    frame("contentBlockDelta", &payload)
}

/// What stands before the first piece.
pub(super) fn head() -> Vec<u8> {
    chunk(&frame("messageStart", r#"{"p":"abcdefghijk","role":"assistant"}"#))
}

/// What stands after the last piece, the end of the HTTP body included.
pub(super) fn tail(deltas: usize) -> Vec<u8> {
    let usage = format!(
        r#"{{"metrics":{{"latencyMs":812}},"p":"abcdefg","usage":{{"inputTokens":14,"outputTokens":{deltas},"totalTokens":{}}}}}"#,
        deltas + 14
    );
    [
        chunk(&frame("contentBlockStop", r#"{"contentBlockIndex":0,"p":"abcdefghijklmnop"}"#)),
        chunk(&frame("messageStop", r#"{"p":"abc","stopReason":"end_turn"}"#)),
        chunk(&frame("metadata", &usage)),
        b"0\r\n\r\n".to_vec(),
    ]
    .concat()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn frame(event: &str, payload: &str) -> Vec<u8> {
    let headers: Vec<u8> =
        [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")]
            .into_iter()
            .flat_map(header)
            .collect();
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = Vec::new();
    frame.extend(length(16 + headers.len() + payload.len()));
    frame.extend(length(headers.len()));
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// A header whose value is a string.
fn header((name, value): (&str, &str)) -> Vec<u8> {
    const STRING: u8 = 7;
    let mut header = vec![u8::try_from(name.len()).unwrap_or(u8::MAX)];
    header.extend(name.as_bytes());
    header.push(STRING);
    header.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    header.extend(value.as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_join_to_the_whole() {
        let deltas = Deltas::new();
        let ones: Vec<u8> =
            (0..VARIETY).flat_map(|number| deltas.slice(number, 1).unwrap().to_vec()).collect();
        assert_eq!(deltas.slice(0, VARIETY).unwrap(), ones);
        assert_eq!(deltas.slice(VARIETY, 1), None);
        assert_eq!(deltas.slice(0, 0), None);
    }

    #[test]
    fn checksums_are_where_and_what_aws_wants_them_to_be() {
        let frame = frame("e", "{}");
        let headers = u32::from_be_bytes(frame[4..8].try_into().unwrap()) as usize;
        assert_eq!(u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize, frame.len());
        assert_eq!(&frame[12 + headers..frame.len() - 4], b"{}");
        assert_eq!(frame[8..12], crc32fast::hash(&frame[..8]).to_be_bytes());
        assert_eq!(frame[frame.len() - 4..], crc32fast::hash(&frame[..frame.len() - 4]).to_be_bytes());
        assert_eq!(&frame[12..27], b"\x0b:event-type\x07\x00\x01");
    }
}
