//! A stream that is cut, at every byte, in every way in which a connection can end.

use outcrop_core::{End, ErrorKind, Event, Retry, StopReason, Usage};
use serde_json::{Value, json};

use super::{Answer, Service, usual};

/// How many bytes a frame of the emulator has: its two lengths and its two checksums, the headers with a type, two
/// lengths, name and value each, and the payload ("Event Stream Encoding" in the guide of Amazon Transcribe).
fn bytes_of(event: &Value) -> usize {
    let (name, payload) = event.as_object().unwrap().iter().next().unwrap();
    let headers =
        [(":event-type", name.as_str()), (":content-type", "application/json"), (":message-type", "event")];
    let headers: usize = headers.iter().map(|(name, value)| 4 + name.len() + value.len()).sum();
    16 + headers + payload.to_string().len()
}

/// Where each frame of the usual stream ends.
fn ends_of_frames() -> Vec<usize> {
    let lengths = usual().into_iter().map(|frame| bytes_of(&frame));
    lengths.scan(0, |end, length| Some(std::mem::replace(end, *end + length) + length)).collect()
}

/// What a whole answer ends with; `measured`: the frame with the usage came.
fn end(measured: bool) -> End {
    let mut end = End::new(StopReason::ToolUse);
    if measured {
        end.usage = Some(Usage { input_tokens: 9, output_tokens: 12, ..Usage::default() });
        end.latency = Some(std::time::Duration::from_millis(3));
    }
    end
}

/// Cuts the usual stream behind each of its bytes. Whatever is not a whole frame counts for nothing; without
/// `messageStop` the answer is interrupted, and with it, it is whole.
async fn cut_everywhere(way: &Value) {
    let service = Service::start().await;
    let ends = ends_of_frames();
    let mut after_frames: Vec<Vec<Event>> = Vec::new();
    for count in 0..=usual().len() {
        after_frames.push(service.replay(&usual()[..count], false, None).await.events);
    }
    let whole = *ends.last().unwrap();
    for byte in 0..=whole {
        let mut fault = json!({ "type": "cutAt", "byte": byte });
        fault.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
        let Answer { events, outcome } = service.replay(&usual(), false, Some(&fault)).await;
        let frames = ends.iter().filter(|end| **end <= byte).count();
        let name = format!("{way}: {byte} bytes of {whole}, {frames} whole frames");
        assert_eq!(events, after_frames[frames], "{name}");
        match outcome {
            Ok(came) => {
                assert!(frames >= usual().len() - 1, "{name}: half an answer is taken for a whole one");
                assert_eq!(End { request_id: None, ..came }, end(frames == usual().len()), "{name}");
            }
            Err(error) => {
                assert!(
                    frames < usual().len() - 1,
                    "{name}: a whole answer is taken for half of one: {error:?}"
                );
                assert_eq!(
                    (error.kind(), error.retry()),
                    (ErrorKind::Interrupted, Retry::Backoff),
                    "{name}: {error:?}"
                );
                assert!(error.request_id().is_some(), "{name}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_chunked_stream_is_cut_at_every_byte() {
    cut_everywhere(&json!({})).await;
}

#[tokio::test]
async fn a_stream_of_known_length_is_cut_at_every_byte() {
    cut_everywhere(&json!({ "sized": true })).await;
}

#[tokio::test]
async fn a_connection_is_reset_at_every_byte() {
    cut_everywhere(&json!({ "reset": true })).await;
}

/// A frame that says to be longer than it is waits for bytes that never come, one that says to be shorter has a wrong
/// checksum: each in the place of each frame.
#[tokio::test]
async fn a_wrong_length_or_checksum_of_any_frame_is_an_interruption_there() {
    let service = Service::start().await;
    for (index, frame) in usual().iter().enumerate() {
        let length = bytes_of(frame);
        let came = service.replay(&usual()[..index], false, None).await.events;
        for damage in [
            json!({ "type": "corruptCrc" }),
            json!({ "type": "corruptCrc", "prelude": true }),
            json!({ "type": "wrongLength", "total": length + 1 }),
            json!({ "type": "wrongLength", "total": length - 1 }),
            json!({ "type": "wrongLength", "total": 0 }),
            json!({ "type": "wrongLength", "total": 11 }),
            json!({ "type": "wrongLength", "total": 16 }),
            json!({ "type": "wrongLength", "total": u32::MAX }),
            json!({ "type": "wrongLength", "headers": 0 }),
            json!({ "type": "wrongLength", "headers": length }),
            json!({ "type": "wrongLength", "headers": u32::MAX }),
        ] {
            let mut fault = damage.clone();
            fault["frame"] = json!(index + 1);
            let Answer { events, outcome } = service.replay(&usual(), false, Some(&fault)).await;
            let name = format!("{damage} in frame {}", index + 1);
            assert_eq!(events, came, "{name}");
            if index == usual().len() - 1 {
                assert_eq!(
                    End { request_id: None, ..outcome.unwrap() },
                    end(false),
                    "{name}: only the usage is lost"
                );
            } else {
                let error = outcome.unwrap_err();
                let kind = (error.kind(), error.retry());
                assert_eq!(kind, (ErrorKind::Interrupted, Retry::Backoff), "{name}: {error:?}");
            }
        }
    }
}
