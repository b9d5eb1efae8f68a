//! Images, documents, video and audio: what a model does not take, and where it does not take it.
//!
//! What the user's last message brings and the model cannot take is an error: the question is about it. Everything
//! before it, and what tools brought along, is replaced by a note, so that a session goes on with another model.

mod attachment;

use std::collections::BTreeMap;

use outcrop_core::{
    Content, Error, ErrorKind, Image, Message, Modality, Result, Role, Text, ToolResultContent,
};

use super::{Warnings, named, plural};
use crate::learnt::Refusal;
use crate::target::Target;
use attachment::{Attachment, Kind, Obstacle};

pub(super) const RULES: &[&str] = &[
    NOT_TAKEN,
    EMPTY,
    TOO_LARGE,
    GUARDED_FORMAT,
    IN_ANSWER,
    SURPLUS,
    TOOL_RESULT_IMAGES,
    DOCUMENT_WITHOUT_TEXT,
];

const NOT_TAKEN: &str = "media-not-taken";
const EMPTY: &str = "media-empty";
const TOO_LARGE: &str = "media-too-large";
const GUARDED_FORMAT: &str = "guarded-image-format";
const IN_ANSWER: &str = "media-in-answer";
const SURPLUS: &str = "media-surplus";
const TOOL_RESULT_IMAGES: &str = "tool-result-images";
const DOCUMENT_WITHOUT_TEXT: &str = "document-without-text";

/// What is said beside a document where nothing else is: Converse wants some text there.
const SEE_DOCUMENT: &str = "(See the document.)";

/// Refuses what the user's last message brings and cannot be sent.
pub(super) fn check(messages: &[Message], target: &Target) -> Result<()> {
    let Some(last) = messages.iter().rfind(|message| message.role == Role::User) else { return Ok(()) };
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for attachment in last.content.iter().filter_map(Attachment::of) {
        if let Some(obstacle) = attachment.obstacle(target) {
            return Err(refused(&attachment, obstacle, target));
        }
        *counts.entry(attachment.kind).or_default() += 1;
    }
    for (kind, count) in counts {
        if let Some(most) = kind.most(target).filter(|most| count > *most) {
            let message = format!("the last message has {}", plural(count, kind.noun()));
            return Err(Error::new(ErrorKind::InvalidRequest, message)
                .with_hint(format!("send {} at most in one request", plural(most, kind.noun()))));
        }
    }
    Ok(())
}

fn refused(attachment: &Attachment, obstacle: Obstacle, target: &Target) -> Error {
    let what = attachment.kind.with_article();
    let model = named(target);
    match obstacle {
        Obstacle::NotTaken => {
            let taken: Vec<_> =
                target.facts.iter().flat_map(|facts| facts.input).map(Modality::as_str).collect();
            let message = format!("the last message has {what}, which {model} does not take");
            Error::new(ErrorKind::Unsupported, message)
                .with_hint(format!("{model} takes {}: ask another model, or leave it out", taken.join(", ")))
        }
        Obstacle::TooLarge { most } => {
            let size = attachment.bytes.unwrap_or_default();
            let [size, most] = [megabytes(size), megabytes(most)];
            invalid(format!("the last message has {what} of {size} MB, and {model} takes {most} MB at most"))
                .with_hint(match attachment.kind {
                    Kind::Video => "put it into Amazon S3 and give its address",
                    _ => "make it smaller, or send a part of it",
                })
        }
        Obstacle::GuardedFormat => {
            let format = attachment.format;
            invalid(format!("the last message has a guarded image in the format `{format}`"))
                .with_hint("guardrails look at `png` and `jpeg` only")
        }
        Obstacle::Empty | Obstacle::InAnswer | Obstacle::Surplus => {
            invalid(format!("the last message has {what} with nothing in it"))
                .with_hint("give its content, or leave it out")
        }
    }
}

#[track_caller]
fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

/// With two decimals, rounded up, so that what is too large never looks as if it fitted.
fn megabytes(bytes: usize) -> String {
    let hundredths = (bytes * 100).div_ceil(1024 * 1024);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Moves or replaces what cannot stay where it is.
pub(super) fn adapt(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    let mut notes = Notes::default();
    for message in messages.iter_mut() {
        let by_model = message.role == Role::Assistant;
        notes.replace(message, |attachment, in_result| {
            let in_answer = (by_model && !in_result).then_some(Obstacle::InAnswer);
            attachment.obstacle(target).or(in_answer)
        });
    }
    drop_surplus(messages, target, &mut notes);
    notes.say(warnings);
    if target.fact(|facts| facts.tool_result_images).is_no() || target.refuses(&Refusal::ToolResultImages) {
        let lifted = messages.iter_mut().map(lift_images).sum();
        warnings.counted(TOOL_RESULT_IMAGES, lifted, |count| {
            format!("moved {} out of tool results, where this model takes none", plural(count, "image"))
        });
    }
    let silent = messages.iter_mut().map(|message| usize::from(add_text(message))).sum();
    warnings.counted(DOCUMENT_WITHOUT_TEXT, silent, |count| {
        format!("added a text to {} with a document and no text", plural(count, "turn"))
    });
}

/// Keeps the newest of what may stand in a request only so many times. Here a longer conversation does not begin with
/// the same bytes: no other way leads on.
fn drop_surplus(messages: &mut [Message], target: &Target, notes: &mut Notes) {
    let mut surplus: BTreeMap<Kind, usize> = BTreeMap::new();
    for attachment in messages.iter().flat_map(Attachment::all) {
        *surplus.entry(attachment.kind).or_default() += 1;
    }
    surplus.retain(|kind, count| {
        *count = kind.most(target).map_or(0, |most| count.saturating_sub(most));
        *count > 0
    });
    if surplus.is_empty() {
        return;
    }
    for message in messages {
        notes.replace(message, |attachment, _| {
            let left = surplus.get_mut(&attachment.kind).filter(|left| **left > 0)?;
            *left -= 1;
            Some(Obstacle::Surplus)
        });
    }
}

/// What was replaced by notes.
#[derive(Default)]
struct Notes(BTreeMap<(Obstacle, Kind), usize>);

impl Notes {
    /// Puts a note in the place of each run of what has the same obstacle. `obstacle` is also told whether it stands in
    /// a tool result.
    fn replace(
        &mut self,
        message: &mut Message,
        mut obstacle: impl FnMut(&Attachment, bool) -> Option<Obstacle>,
    ) {
        for content in &mut message.content {
            if let Content::ToolResult(result) = content {
                let find = |part: &_| {
                    let attachment = Attachment::of_result(part)?;
                    Some((obstacle(&attachment, true)?, attachment.kind))
                };
                let note = |text| ToolResultContent::Text(Text { text });
                self.replace_runs(&mut result.content, find, note);
            }
        }
        let find = |content: &_| {
            let attachment = Attachment::of(content)?;
            Some((obstacle(&attachment, false)?, attachment.kind))
        };
        self.replace_runs(&mut message.content, find, Content::text);
    }

    fn replace_runs<T>(
        &mut self,
        content: &mut Vec<T>,
        mut find: impl FnMut(&T) -> Option<(Obstacle, Kind)>,
        note: impl Fn(String) -> T,
    ) {
        let found: Vec<_> = content.iter().map(&mut find).collect();
        if found.iter().all(Option::is_none) {
            return;
        }
        let mut blocks = std::mem::take(content).into_iter();
        for run in found.chunk_by(|one, next| one.is_some() && one == next) {
            match run.first().copied().flatten() {
                Some((obstacle, kind)) => {
                    let what = plural(run.len(), kind.noun());
                    content.push(note(format!("[{what} left out: {}]", obstacle.why(kind))));
                    *self.0.entry((obstacle, kind)).or_default() += run.len();
                    blocks.by_ref().take(run.len()).for_each(drop);
                }
                None => content.extend(blocks.by_ref().take(run.len())),
            }
        }
    }

    fn say(self, warnings: &mut Warnings) {
        for ((obstacle, kind), count) in self.0 {
            warnings.counted(obstacle.rule(), count, |count| {
                format!("put a note in the place of {}: {}", plural(count, kind.noun()), obstacle.why(kind))
            });
        }
    }
}

/// Puts the images of tool results behind all results of the turn, each with a label, and says so in the result.
fn lift_images(message: &mut Message) -> usize {
    let mut lifted: Vec<(String, Vec<Image>)> = Vec::new();
    let mut behind = 0;
    if message.role != Role::User {
        return 0;
    }
    for (position, content) in message.content.iter_mut().enumerate() {
        let Content::ToolResult(result) = content else { continue };
        behind = position + 1;
        let images: Vec<_> = result
            .content
            .extract_if(.., |part| matches!(part, ToolResultContent::Image(_)))
            .filter_map(|part| match part {
                ToolResultContent::Image(image) => Some(image),
                _ => None,
            })
            .collect();
        if !images.is_empty() {
            let text = format!("[{} behind the tool results]", plural(images.len(), "image"));
            result.content.push(ToolResultContent::Text(Text { text }));
            lifted.push((result.tool_use_id.clone(), images));
        }
    }
    let count = lifted.iter().map(|(_, images)| images.len()).sum();
    let moved = lifted.into_iter().flat_map(|(id, images)| {
        let label = format!("[{} of the tool result {id}:]", plural(images.len(), "image"));
        std::iter::once(Content::text(label)).chain(images.into_iter().map(Content::Image))
    });
    let moved: Vec<_> = moved.collect();
    message.content.splice(behind..behind, moved);
    count
}

/// "If you include a ContentBlock with a document field in the array, you must also include a ContentBlock with a text
/// field." (`Message` of the service model.)
fn add_text(message: &mut Message) -> bool {
    let has = |is: fn(&Content) -> bool| message.content.iter().any(is);
    let silent = has(|content| matches!(content, Content::Document(_)))
        && !has(|content| matches!(content, Content::Text(_)));
    if silent {
        message.content.push(Content::text(SEE_DOCUMENT));
    }
    silent
}
