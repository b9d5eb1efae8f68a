//! Images, documents, video and audio: what a model does not take, and where it does not take it.
//!
//! What the user's last message brings and the model cannot take is an error: the question is about it. Everything
//! before it, and what tools brought along, is replaced by a note, so that a session goes on with another model.

mod attachment;
mod beside;
mod format;
mod limits;
mod results;

use std::collections::BTreeMap;

use outcrop_core::{Content, Error, ErrorKind, Message, Modality, Result, Role, Text, ToolResultContent};

use super::{Warnings, named, plural};
use crate::target::Target;
use attachment::{Attachment, Kind, Obstacle};
use limits::{AMONG_MANY, Limits};

pub(super) use format::correct as correct_formats;

pub(super) const RULES: &[&str] = &[
    NOT_TAKEN,
    EMPTY,
    TOO_LARGE,
    GUARDED_FORMAT,
    IN_ANSWER,
    SURPLUS,
    IN_S3,
    IMAGE_FORMAT,
    TOOL_RESULT_IMAGES,
    TOOL_RESULT_MEDIA,
    FAILED_RESULT,
    BESIDE,
    DOCUMENT_WITHOUT_TEXT,
];

const NOT_TAKEN: &str = "media-not-taken";
const EMPTY: &str = "media-empty";
const TOO_LARGE: &str = "media-too-large";
const GUARDED_FORMAT: &str = "guarded-image-format";
const IN_ANSWER: &str = "media-in-answer";
const SURPLUS: &str = "media-surplus";
const IN_S3: &str = "media-in-s3";
const IMAGE_FORMAT: &str = "image-format";
const TOOL_RESULT_IMAGES: &str = "tool-result-images";
const TOOL_RESULT_MEDIA: &str = "tool-result-media";
const FAILED_RESULT: &str = "failed-tool-result";
const BESIDE: &str = "beside-tool-results";
const DOCUMENT_WITHOUT_TEXT: &str = "document-without-text";

/// What is said beside a document where nothing else is: Converse wants some text there.
const SEE_DOCUMENT: &str = "(See the document.)";

/// Refuses what the user's last message brings and cannot be sent.
pub(super) fn check(messages: &[Message], target: &Target) -> Result<()> {
    let Some(last) = messages.iter().rfind(|message| message.role == Role::User) else { return Ok(()) };
    let attachments: Vec<_> = last.content.iter().filter_map(Attachment::of).collect();
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for attachment in &attachments {
        *counts.entry(attachment.kind).or_default() += 1;
    }
    let mut seen: BTreeMap<Kind, usize> = BTreeMap::new();
    for attachment in &attachments {
        let number = seen.entry(attachment.kind).or_default();
        *number += 1;
        if let Some(obstacle) = attachment.obstacle(target) {
            let all = counts.get(&attachment.kind).copied().unwrap_or_default();
            let which = if all > 1 { format!(" ({number} of {all})") } else { String::new() };
            return Err(refused(attachment, &which, obstacle, target));
        }
    }
    let limits = Limits::of(attachments.iter(), target);
    let mut counts = counts.into_iter();
    match counts.find(|(kind, count)| limits.most(*kind).is_some_and(|most| *count > most)) {
        Some((kind, count)) => Err(too_many(kind, count, limits, target)),
        None => Ok(()),
    }
}

fn too_many(kind: Kind, count: usize, limits: Limits, target: &Target) -> Error {
    let model = named(target);
    let most = limits.most(kind).unwrap_or_default();
    let small = kind == Kind::Image && limits.only_small;
    let large =
        if small { format!(" where one has more than {AMONG_MANY} pixels a side") } else { String::new() };
    let have = plural(count, kind.noun());
    let message =
        format!("the last message has {have}, and {model} takes {most} at most in one request{large}");
    let hint = format!("leave out {}, or send them in several requests", count.saturating_sub(most));
    let hint = if small { format!("{hint}, or make all of them smaller") } else { hint };
    Error::new(ErrorKind::InvalidRequest, message).with_hint(hint)
}

/// `which`: the one of several that it is, in parentheses.
fn refused(attachment: &Attachment, which: &str, obstacle: Obstacle, target: &Target) -> Error {
    let what = format!("{}{which}", attachment.kind.with_article());
    let model = named(target);
    match obstacle {
        Obstacle::NotTaken => {
            let taken: Vec<_> =
                target.facts.iter().flat_map(|facts| facts.input).map(Modality::as_str).collect();
            let message = format!("the last message has {what}, which {model} does not take");
            let hint = "ask another model, or leave it out";
            Error::new(ErrorKind::Unsupported, message).with_hint(match taken.as_slice() {
                [] => hint.to_owned(),
                taken => format!("{model} takes {}: {hint}", taken.join(", ")),
            })
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
        Obstacle::TooWide { most } => {
            let side = attachment.side.unwrap_or_default();
            invalid(format!(
                "the last message has {what} of {side} pixels a side, and {model} takes {most} at most"
            ))
            .with_hint("make it smaller, or send a part of it")
        }
        Obstacle::InS3 => {
            let message =
                format!("the last message has {what} in Amazon S3, and {model} does not read from there");
            Error::new(ErrorKind::Unsupported, message)
                .with_hint("send its bytes, or ask a model that does: Amazon's own read from S3")
        }
        Obstacle::GuardedFormat => {
            let format = attachment.format;
            invalid(format!("the last message has a guarded image{which} in the format `{format}`"))
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
pub(super) fn adapt(messages: &mut Vec<Message>, target: &Target, warnings: &mut Warnings) {
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
    results::lift(messages, target, warnings);
    beside::split(messages, target, warnings);
    let silent = messages.iter_mut().map(|message| usize::from(add_text(message))).sum();
    warnings.counted(DOCUMENT_WITHOUT_TEXT, silent, |count| {
        format!("added a text to {} with a document and no text", plural(count, "turn"))
    });
}

/// Keeps the newest of what may stand in a request only so many times. Here a longer conversation does not begin with
/// the same bytes: no other way leads on.
fn drop_surplus(messages: &mut [Message], target: &Target, notes: &mut Notes) {
    let attachments: Vec<_> = messages.iter().flat_map(Attachment::all).collect();
    let mut surplus = limits::surplus(&attachments, target);
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
                    content.push(note(format!("[{what} left out: {}]", obstacle.why(kind, run.len()))));
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
                let what = plural(count, kind.noun());
                format!("put a note in the place of {what}: {}", obstacle.why(kind, count))
            });
        }
    }
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
