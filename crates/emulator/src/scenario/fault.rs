//! What can go wrong, and where in a stream.

use serde::{Deserialize, Serialize};

use crate::operation::Operation;

/// What goes wrong.
///
/// `throttle`, `error`, `slowFirstByte`, `foreignBody`, `singleBytes`, `reset` and `stall` work on every operation
/// (the last two then act before the response); all others need the stream of ConverseStream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Status 429, `ThrottlingException`.
    Throttle {
        /// Seconds for a `retry-after` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
        /// Another text than the service's usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Any error answer.
    Error {
        /// HTTP status, 400 to 599.
        status: u16,
        /// The exception's name, such as `ServiceUnavailableException`.
        code: String,
        /// The text.
        message: String,
        /// Seconds for a `retry-after` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// An exception frame ends the stream.
    Exception {
        /// Which of the five kinds.
        exception: StreamException,
        /// Where in the stream.
        #[serde(default)]
        after: After,
        /// Another text than the usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Only for `modelStreamErrorException`: the status that the model gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original_status_code: Option<u16>,
        /// Only for `modelStreamErrorException`: the text that the model gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original_message: Option<String>,
    },
    /// A frame with `:message-type: error`, the protocol's way to report what no exception models.
    ErrorFrame {
        /// Value of `:error-code`.
        code: String,
        /// Value of `:error-message`.
        message: String,
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// The connection ends with an RST.
    Reset {
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// The response ends in good HTTP order, too early.
    Eof {
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// The response ends in the middle of a frame, in good HTTP order.
    CutFrame {
        /// Which frame, counted from 1.
        frame: u32,
    },
    /// The response ends after so many bytes of its body, in good HTTP order unless something else is said.
    CutAt {
        /// How many bytes of the stream arrive; all of them if it is shorter.
        byte: u64,
        /// The connection ends with an RST then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reset: bool,
        /// The response says the length of the whole stream before (`content-length`), and the connection closes where it
        /// is cut. Otherwise it comes in chunks.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sized: bool,
    },
    /// A frame with a wrong checksum.
    CorruptCrc {
        /// Which frame, counted from 1.
        frame: u32,
        /// The checksum of the frame's first eight bytes is wrong, not that of the whole frame.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        prelude: bool,
    },
    /// A frame that says other lengths than it has; the checksum of its first eight bytes fits them.
    WrongLength {
        /// Which frame, counted from 1.
        frame: u32,
        /// The length of the whole frame that it says, in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u32>,
        /// The length of its headers that it says, in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        headers: Option<u32>,
    },
    /// Nothing more is sent, and the connection stays open until the client goes away.
    Stall {
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// Every byte of the response is a write of its own.
    SingleBytes {},
    /// The response is held before its first byte: for `millis`, or until `POST /_emulator/release`.
    SlowFirstByte {
        /// Milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        millis: Option<u64>,
    },
    /// The stream ends after `messageStop`, without usage.
    NoMetadata {},
    /// Status 200 with a body that is not the operation's.
    ForeignBody {
        /// Which one.
        body: ForeignBody,
    },
}

impl Fault {
    /// Whether the fault can happen to a response of the operation.
    pub(super) const fn works_on(&self, operation: Operation) -> bool {
        match self {
            Self::Throttle { .. }
            | Self::Error { .. }
            | Self::SlowFirstByte { .. }
            | Self::ForeignBody { .. }
            | Self::SingleBytes {}
            | Self::Reset { .. }
            | Self::Stall { .. } => true,
            Self::Exception { .. }
            | Self::ErrorFrame { .. }
            | Self::Eof { .. }
            | Self::CutFrame { .. }
            | Self::CutAt { .. }
            | Self::CorruptCrc { .. }
            | Self::WrongLength { .. }
            | Self::NoMetadata {} => matches!(operation, Operation::ConverseStream),
        }
    }

    /// The `type` that the fault is written with.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Throttle { .. } => "throttle",
            Self::Error { .. } => "error",
            Self::Exception { .. } => "exception",
            Self::ErrorFrame { .. } => "errorFrame",
            Self::Reset { .. } => "reset",
            Self::Eof { .. } => "eof",
            Self::CutFrame { .. } => "cutFrame",
            Self::CutAt { .. } => "cutAt",
            Self::CorruptCrc { .. } => "corruptCrc",
            Self::WrongLength { .. } => "wrongLength",
            Self::Stall { .. } => "stall",
            Self::SingleBytes {} => "singleBytes",
            Self::SlowFirstByte { .. } => "slowFirstByte",
            Self::NoMetadata {} => "noMetadata",
            Self::ForeignBody { .. } => "foreignBody",
        }
    }
}

/// The position of a fault in a stream.
///
/// Written as a number of deltas, as a number of frames or as the name of an event: `0`, `3`, `{"frames": 2}`,
/// `"messageStart"`, `"messageStop"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
#[non_exhaustive]
pub enum After {
    /// After so many content deltas, or after the last one if there are fewer. 0 is before the first frame.
    Deltas(u32),
    /// After a named event.
    Event(NamedEvent),
    /// After so many frames of any kind, or after the last one if there are fewer.
    Frames {
        /// How many; 0 is before the first.
        frames: u32,
    },
}

impl Default for After {
    fn default() -> Self {
        Self::Deltas(0)
    }
}

/// An event that occurs once in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NamedEvent {
    /// The first event.
    MessageStart,
    /// The event with the stop reason.
    MessageStop,
}

/// The exceptions that may end a ConverseStream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum StreamException {
    /// The service failed.
    InternalServerException,
    /// The model failed while it spoke.
    ModelStreamErrorException,
    /// The request was refused late.
    ValidationException,
    /// Too many requests or tokens.
    ThrottlingException,
    /// The service is not there for now.
    ServiceUnavailableException,
}

/// Bodies that come with status 200 and are no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ForeignBody {
    /// A page, as a captive portal or a proxy sends it.
    Html,
    /// What the service itself sends for a path that it does not know.
    UnknownOperation,
    /// `{}`.
    EmptyObject,
}
