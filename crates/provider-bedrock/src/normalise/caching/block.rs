//! What the parts of a request have in common that can hold cache points.

use outcrop_core::{CachePoint, Content, DocumentFormat, SystemContent, Tool};

use super::Family;

/// One element of a list in which cache points can stand.
pub(super) trait Block: Sized {
    /// The cache point that this is.
    fn point(&self) -> Option<&CachePoint>;

    /// The cache point that this is.
    fn point_mut(&mut self) -> Option<&mut CachePoint>;

    /// What this is called if no cache point may follow it directly.
    fn unfollowed(&self, _family: Family) -> Option<&'static str> {
        None
    }
}

impl Block for Tool {
    fn point(&self) -> Option<&CachePoint> {
        if let Self::CachePoint(point) = self { Some(point) } else { None }
    }

    fn point_mut(&mut self) -> Option<&mut CachePoint> {
        if let Self::CachePoint(point) = self { Some(point) } else { None }
    }
}

impl Block for SystemContent {
    fn point(&self) -> Option<&CachePoint> {
        if let Self::CachePoint(point) = self { Some(point) } else { None }
    }

    fn point_mut(&mut self) -> Option<&mut CachePoint> {
        if let Self::CachePoint(point) = self { Some(point) } else { None }
    }
}

impl Block for Content {
    fn point(&self) -> Option<&CachePoint> {
        if let Self::CachePoint(point) = self { Some(point) } else { None }
    }

    fn point_mut(&mut self) -> Option<&mut CachePoint> {
        if let Self::CachePoint(point) = self { Some(point) } else { None }
    }

    /// What the service says:
    ///
    /// - "Cache point cannot be inserted after reasoning block."
    /// - Claude, after documents other than PDF: "messages.0.content.2.type: Field required", because the service turns
    ///   them into text and the point into something without a type. The user guide itself shows a point after a PDF.
    /// - Nova: after anything but words.
    fn unfollowed(&self, family: Family) -> Option<&'static str> {
        let (claude, nova) = (family == Family::Claude, family == Family::Nova);
        match self {
            Self::Reasoning(_) => Some("reasoning"),
            Self::Document(document) if nova || (claude && document.format != DocumentFormat::Pdf) => {
                Some("document")
            }
            Self::Image(_) if nova => Some("image"),
            Self::Video(_) if nova => Some("video"),
            Self::Audio(_) if nova => Some("audio"),
            Self::ToolResult(_) if nova => Some("toolResult"),
            _ => None,
        }
    }
}
