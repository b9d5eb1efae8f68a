//! What may stand inside tool results.

use std::collections::BTreeMap;

use outcrop_core::{Content, DocumentFormat, Message, Role, Text, ToolResultContent};

use super::{FAILED_RESULT, TOOL_RESULT_IMAGES, TOOL_RESULT_MEDIA};
use crate::learnt::Refusal;
use crate::normalise::{Warnings, plural};
use crate::target::Target;

/// Puts what results cannot hold behind all results of the turn, each with a label, and says so in the result.
pub(super) fn lift(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    let mut lifted: BTreeMap<&'static str, Kinds> = BTreeMap::new();
    for message in messages.iter_mut().filter(|message| message.role == Role::User) {
        lift_from(message, target, &mut lifted);
    }
    for (rule, kinds) in lifted {
        let why = match rule {
            FAILED_RESULT => "results of tools that failed, where this model takes text only",
            _ => "tool results, where this model takes none",
        };
        warnings.say(rule, format!("moved {} out of {why}", kinds.listed()));
    }
}

fn lift_from(message: &mut Message, target: &Target, lifted: &mut BTreeMap<&'static str, Kinds>) {
    let mut moved = Vec::new();
    let mut behind = 0;
    for (position, content) in message.content.iter_mut().enumerate() {
        let Content::ToolResult(result) = content else { continue };
        behind = position + 1;
        let failed = result.is_error;
        let mut kinds = Kinds::default();
        let parts: Vec<_> = result
            .content
            .extract_if(.., |part| {
                let misfit = misfit(part, failed, target);
                if let Some(rule) = misfit {
                    let noun = noun(part);
                    lifted.entry(rule).or_default().add(noun);
                    kinds.add(noun);
                }
                misfit.is_some()
            })
            .filter_map(as_content)
            .collect();
        if parts.is_empty() {
            continue;
        }
        let what = kinds.listed();
        let text = format!("[{what} behind the tool results]");
        result.content.push(ToolResultContent::Text(Text { text }));
        moved.push(Content::text(format!("[{what} of the tool result {}:]", result.tool_use_id)));
        moved.extend(parts);
    }
    message.content.splice(behind..behind, moved);
}

/// The rule by which a part may not stay in its result.
fn misfit(part: &ToolResultContent, failed: bool, target: &Target) -> Option<&'static str> {
    match part {
        ToolResultContent::Text(_) | ToolResultContent::Json(_) => None,
        // "all content must be type `text` if `is_error` is true"
        _ if failed && target.is_claude() => Some(FAILED_RESULT),
        ToolResultContent::Image(_) => (!takes_images(target)).then_some(TOOL_RESULT_IMAGES),
        ToolResultContent::Document(document) => {
            (!takes_document(document.format, target)).then_some(TOOL_RESULT_MEDIA)
        }
        ToolResultContent::Video(_) => target.is_amazon().then_some(TOOL_RESULT_MEDIA),
        _ => None,
    }
}

/// "This field is only supported by Amazon Nova and Anthropic Claude 3 and 4 models." (`ToolResultContentBlock.image` in
/// the API reference.) Where others are known to take them, the table says so; most refuse.
fn takes_images(target: &Target) -> bool {
    let known = target.fact(|facts| facts.tool_result_images);
    let family = target.is_claude() || target.is_amazon();
    !target.refuses(&Refusal::ToolResultImages) && (known.is_yes() || family && !known.is_no())
}

/// Which documents a family takes there, as far as is known. (Tried by the authors of Pydantic AI,
/// <https://github.com/pydantic/pydantic-ai/pull/6254>; of films, Nova takes none.)
fn takes_document(format: DocumentFormat, target: &Target) -> bool {
    use DocumentFormat::{Csv, Html, Md, Txt};
    match target.maker.as_deref() {
        Some("amazon") => matches!(format, Csv | Html | Md | Txt),
        Some("qwen" | "moonshot" | "moonshotai") => false,
        _ => true,
    }
}

fn as_content(part: ToolResultContent) -> Option<Content> {
    match part {
        ToolResultContent::Image(image) => Some(Content::Image(image)),
        ToolResultContent::Document(document) => Some(Content::Document(document)),
        ToolResultContent::Video(video) => Some(Content::Video(video)),
        ToolResultContent::SearchResult(result) => Some(Content::SearchResult(result)),
        _ => None,
    }
}

const fn noun(part: &ToolResultContent) -> &'static str {
    match part {
        ToolResultContent::Image(_) => "image",
        ToolResultContent::Document(_) => "document",
        ToolResultContent::Video(_) => "video",
        _ => "search result",
    }
}

/// How many of each kind, in the order in which they first came.
#[derive(Default)]
struct Kinds(Vec<(&'static str, usize)>);

impl Kinds {
    fn add(&mut self, noun: &'static str) {
        match self.0.iter_mut().find(|(known, _)| *known == noun) {
            Some((_, count)) => *count += 1,
            None => self.0.push((noun, 1)),
        }
    }

    /// `1 image, 2 documents`
    fn listed(&self) -> String {
        let each: Vec<_> = self.0.iter().map(|(noun, count)| plural(*count, noun)).collect();
        each.join(", ")
    }
}
