//! What an image's bytes say about it.

use imagesize::ImageType;
use outcrop_core::{Content, Guard, GuardContent, Image, ImageFormat, Message, Source, ToolResultContent};

use super::IMAGE_FORMAT;
use crate::normalise::names::first_of;
use crate::normalise::{Warnings, plural};

/// Says of every image what it is: models refuse one whose bytes are of another format than it is said to have.
pub(in crate::normalise) fn correct(messages: &mut [Message], warnings: &mut Warnings) {
    let mut corrected = Vec::new();
    for image in images(messages) {
        if let Some(format) = format(image).filter(|format| *format != image.format) {
            corrected.push(format!("`{}` for `{}`", format.as_str(), image.format.as_str()));
            image.format = format;
        }
    }
    warnings.counted(IMAGE_FORMAT, corrected.len(), |count| {
        let which = first_of(corrected);
        format!("sent {} under the format that the bytes have: {which}", plural(count, "image"))
    });
}

fn format(image: &Image) -> Option<ImageFormat> {
    let Source::Bytes(bytes) = &image.source else { return None };
    match imagesize::image_type(bytes.as_bytes()).ok()? {
        ImageType::Png => Some(ImageFormat::Png),
        ImageType::Jpeg => Some(ImageFormat::Jpeg),
        ImageType::Gif => Some(ImageFormat::Gif),
        ImageType::Webp => Some(ImageFormat::Webp),
        _ => None,
    }
}

/// The longer side in pixels, where the bytes tell.
pub(super) fn longer_side(image: &Image) -> Option<usize> {
    let Source::Bytes(bytes) = &image.source else { return None };
    let size = imagesize::blob_size(bytes.as_bytes()).ok()?;
    Some(size.width.max(size.height))
}

fn images(messages: &mut [Message]) -> impl Iterator<Item = &mut Image> {
    messages.iter_mut().flat_map(|message| &mut message.content).flat_map(|content| {
        let (own, inside): (Option<&mut Image>, &mut [ToolResultContent]) = match content {
            Content::Image(image) | Content::Guard(Guard { content: GuardContent::Image(image), .. }) => {
                (Some(image), &mut [])
            }
            Content::ToolResult(result) => (None, &mut result.content),
            _ => (None, &mut []),
        };
        let inside = inside.iter_mut().filter_map(|content| match content {
            ToolResultContent::Image(image) => Some(image),
            _ => None,
        });
        own.into_iter().chain(inside)
    })
}
