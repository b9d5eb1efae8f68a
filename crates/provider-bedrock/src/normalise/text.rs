//! Blank text: Converse refuses a whole conversation for one block of white space.

use outcrop_core::{
    Content, Document, DocumentSource, GuardContent, Message, SearchResult, SystemContent, ToolResultContent,
};

use super::{Warnings, plural};

pub(super) const RULES: &[&str] = &[BLANK_TEXT];

const BLANK_TEXT: &str = "blank-text";

/// What a search result without any text says.
const NO_TEXT: &str = "(no text)";

/// Drops text without any visible character, everywhere; also where nothing else is left.
pub(super) fn drop_blank(messages: &mut [Message], warnings: &mut Warnings) {
    let mut dropped = 0;
    for message in messages.iter_mut() {
        dropped += keep_said(&mut message.content, is_blank);
        for content in &mut message.content {
            dropped += match content {
                Content::Document(document) => tidy_document(document),
                Content::SearchResult(result) => tidy_search_result(result),
                Content::Citations(cited) => {
                    cited.citations.iter_mut().map(|citation| drop_blank_texts(&mut citation.passages)).sum()
                }
                Content::ToolResult(result) => tidy_result(&mut result.content),
                _ => 0,
            };
        }
    }
    warnings
        .counted(BLANK_TEXT, dropped, |count| format!("left out {} of blank text", plural(count, "block")));
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn keep_said<T>(list: &mut Vec<T>, is_blank: impl Fn(&T) -> bool) -> usize {
    let before = list.len();
    list.retain(|item| !is_blank(item));
    before - list.len()
}

fn drop_blank_texts(texts: &mut Vec<String>) -> usize {
    keep_said(texts, |text| blank(text))
}

fn is_blank(content: &Content) -> bool {
    match content {
        Content::Text(text) => blank(&text.text),
        Content::Citations(citations) => blank(&citations.text),
        Content::Guard(guard) => matches!(&guard.content, GuardContent::Text(text) if blank(text)),
        Content::Reasoning(thoughts) => {
            let signed = thoughts.signature.as_deref().is_some_and(|signature| !blank(signature));
            !signed && thoughts.redacted.is_none() && blank(&thoughts.text)
        }
        _ => false,
    }
}

fn tidy_result(content: &mut Vec<ToolResultContent>) -> usize {
    let dropped =
        keep_said(content, |part| matches!(part, ToolResultContent::Text(text) if blank(&text.text)));
    let inside = content.iter_mut().map(|part| match part {
        ToolResultContent::Document(document) => tidy_document(document),
        ToolResultContent::SearchResult(result) => tidy_search_result(result),
        _ => 0,
    });
    dropped + inside.sum::<usize>()
}

fn tidy_document(document: &mut Document) -> usize {
    let context = document.context.take_if(|context| blank(context));
    let passages = match &mut document.source {
        DocumentSource::Passages(passages) => drop_blank_texts(passages),
        _ => 0,
    };
    usize::from(context.is_some()) + passages
}

/// A search result says something by its title alone, so it stays.
fn tidy_search_result(result: &mut SearchResult) -> usize {
    let dropped = drop_blank_texts(&mut result.passages);
    if result.passages.is_empty() {
        result.passages.push(NO_TEXT.to_owned());
    }
    dropped
}

/// The system prompt without its blank texts.
pub(super) fn without_blank_system(system: &[SystemContent], warnings: &mut Warnings) -> Vec<SystemContent> {
    let is_blank = |content: &SystemContent| match content {
        SystemContent::Text(text) => blank(&text.text),
        SystemContent::Guard(guard) => matches!(&guard.content, GuardContent::Text(text) if blank(text)),
        _ => false,
    };
    let said: Vec<_> = system.iter().filter(|content| !is_blank(content)).cloned().collect();
    let dropped = system.len() - said.len();
    warnings.counted(BLANK_TEXT, dropped, |count| {
        format!("left out {} of blank system text", plural(count, "block"))
    });
    said
}
