//! What a fault does to the frames of a stream.

use bytes::Bytes;
use serde_json::json;

use crate::body::Step;
use crate::json::insert;
use crate::scenario::{After, Fault, NamedEvent, StreamException};
use crate::stream::{self, Frame, FrameKind};

/// The steps that send `frames`, with the fault if there is one.
pub(crate) fn steps(mut frames: Vec<Frame>, fault: Option<&Fault>) -> Vec<Step> {
    let mut last = None;
    match fault {
        Some(Fault::Exception { exception, after, message, original_status_code, original_message }) => {
            frames.truncate(position(&frames, *after));
            let mut payload = json!({ "message": message.as_deref().unwrap_or(exception.usual_message()) });
            insert(&mut payload, "originalStatusCode", original_status_code.map(Into::into));
            insert(&mut payload, "originalMessage", original_message.as_deref().map(Into::into));
            last = Some(Step::Send(stream::exception(exception.name(), &payload)));
        }
        Some(Fault::ErrorFrame { code, message, after }) => {
            frames.truncate(position(&frames, *after));
            last = Some(Step::Send(stream::error(code, message)));
        }
        Some(Fault::Reset { after }) => {
            frames.truncate(position(&frames, *after));
            last = Some(Step::Reset);
        }
        Some(Fault::Eof { after }) => frames.truncate(position(&frames, *after)),
        Some(Fault::Stall { after }) => {
            frames.truncate(position(&frames, *after));
            last = Some(Step::Hold);
        }
        Some(Fault::CutFrame { frame }) => {
            let frame = index(*frame);
            frames.truncate(frame + 1);
            if let Some(frame) = frames.get_mut(frame) {
                frame.bytes.truncate(frame.bytes.len() / 2);
            }
        }
        Some(Fault::CutAt { byte, reset, sized }) => {
            let cut = cut_at(&mut frames, *byte);
            last = match (reset, sized) {
                (true, _) => Some(Step::Reset),
                (false, true) if cut => Some(Step::Close),
                (false, _) => None,
            };
        }
        Some(Fault::CorruptCrc { frame, prelude }) => {
            if let Some(frame) = frames.get_mut(index(*frame)) {
                frame.bytes = with_wrong_checksum(&frame.bytes, *prelude);
            }
        }
        Some(Fault::WrongLength { frame, total, headers }) => {
            if let Some(frame) = frames.get_mut(index(*frame)) {
                frame.bytes = with_wrong_length(&frame.bytes, *total, *headers);
            }
        }
        Some(Fault::NoMetadata {}) => frames.retain(|frame| frame.kind != FrameKind::Metadata),
        _ => {}
    }
    frames.into_iter().map(|frame| Step::Send(frame.bytes)).chain(last).collect()
}

/// The number of frames before the fault.
fn position(frames: &[Frame], after: After) -> usize {
    let behind_last = |kind| frames.iter().rposition(|frame| frame.kind == kind).map_or(0, |index| index + 1);
    match after {
        After::Deltas(0) => 0,
        After::Frames { frames: count } => frames.len().min(usize::try_from(count).unwrap_or(usize::MAX)),
        After::Deltas(count) => {
            let deltas = frames.iter().enumerate().filter(|(_, frame)| frame.kind == FrameKind::Delta);
            let last = deltas.take(usize::try_from(count).unwrap_or(usize::MAX)).last();
            last.map_or_else(|| behind_last(FrameKind::MessageStart), |(index, _)| index + 1)
        }
        After::Event(NamedEvent::MessageStart) => behind_last(FrameKind::MessageStart),
        After::Event(NamedEvent::MessageStop) => behind_last(FrameKind::MessageStop),
    }
}

/// From a count that begins with 1; a count of 0 means the first frame too.
fn index(frame: u32) -> usize {
    usize::try_from(frame.saturating_sub(1)).unwrap_or(usize::MAX)
}

/// Leaves the first bytes of the stream and nothing behind them. Whether there was something behind them.
fn cut_at(frames: &mut Vec<Frame>, byte: u64) -> bool {
    let whole = length(frames);
    let mut left = usize::try_from(byte).unwrap_or(usize::MAX);
    frames.retain_mut(|frame| {
        frame.bytes.truncate(left);
        left -= frame.bytes.len();
        !frame.bytes.is_empty()
    });
    length(frames) < whole
}

/// The bytes of all frames.
pub(crate) fn length(frames: &[Frame]) -> usize {
    frames.iter().map(|frame| frame.bytes.len()).sum()
}

/// A frame ends with the checksum of all of it; the one of its prelude is in the bytes 8 to 11.
fn with_wrong_checksum(frame: &Bytes, prelude: bool) -> Bytes {
    const LAST_OF_PRELUDE: usize = 11;
    let mut bytes = frame.to_vec();
    let broken = if prelude { bytes.get_mut(LAST_OF_PRELUDE) } else { bytes.last_mut() };
    if let Some(byte) = broken {
        *byte ^= 0xff;
    }
    bytes.into()
}

/// A frame begins with its length, the length of its headers, and the checksum of both.
fn with_wrong_length(frame: &Bytes, total: Option<u32>, headers: Option<u32>) -> Bytes {
    let mut bytes = frame.to_vec();
    for (place, length) in [(0..4, total), (4..8, headers)] {
        if let (Some(place), Some(length)) = (bytes.get_mut(place), length) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }
    let checksum = bytes.get(..8).map(crc32fast::hash);
    if let (Some(place), Some(checksum)) = (bytes.get_mut(8..12), checksum) {
        place.copy_from_slice(&checksum.to_be_bytes());
    }
    bytes.into()
}

impl StreamException {
    const fn name(self) -> &'static str {
        match self {
            Self::InternalServerException => "internalServerException",
            Self::ModelStreamErrorException => "modelStreamErrorException",
            Self::ValidationException => "validationException",
            Self::ThrottlingException => "throttlingException",
            Self::ServiceUnavailableException => "serviceUnavailableException",
        }
    }

    const fn usual_message(self) -> &'static str {
        match self {
            Self::InternalServerException => {
                "The system encountered an unexpected error during processing. Try your request again."
            }
            Self::ModelStreamErrorException => {
                "The model encountered an unexpected error during processing. Try your request again."
            }
            Self::ValidationException => {
                "The input fails to satisfy the constraints specified by the service."
            }
            Self::ThrottlingException => "Too many tokens, please wait before trying again.",
            Self::ServiceUnavailableException => {
                "The service is unable to process your request. Try your request again."
            }
        }
    }
}
