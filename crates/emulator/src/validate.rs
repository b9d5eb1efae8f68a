//! The rules behind the shapes: what the service and the models refuse, in their own words.

mod media;
mod model;
mod prompt;
mod schema;
mod thinking;
mod tools;
mod turns;

use serde_json::Value;

use crate::error::ApiError;
use crate::json::{list_at, text_at};
use crate::model::Model;
use crate::thoughts::Thoughts;

/// Checks a request of the right shape against the rules of the service and of the model, in the region where it is
/// sent. `thoughts` are those that it may bring back.
pub(crate) fn check(
    model: &Model<'_>,
    body: &Value,
    region: &str,
    thoughts: &Thoughts,
) -> Result<(), ApiError> {
    let messages = Messages(list_at(body, "/messages"));
    model::can_converse(model)?;
    prompt::check(model, body)?;
    if !model.is_prompt() || !messages.0.is_empty() {
        turns::check(messages, body)?;
    }
    tools::check(model, messages, body)?;
    media::check(model, messages)?;
    thinking::check(model, messages, body, region)?;
    model::check(model, messages, body, thoughts)
}

/// The messages of a request.
#[derive(Clone, Copy, Debug)]
struct Messages<'a>(&'a [Value]);

impl<'a> Messages<'a> {
    /// Every content block with its message's index, its own index and its message's role.
    fn blocks(self) -> impl Iterator<Item = Place<'a>> {
        self.0.iter().enumerate().flat_map(|(message, value)| {
            let role = text_at(value, "/role").unwrap_or_default();
            list_at(value, "/content").iter().enumerate().map(move |(content, block)| Place {
                message,
                content,
                role,
                block,
            })
        })
    }
}

/// A content block and where it stands.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    message: usize,
    content: usize,
    role: &'a str,
    block: &'a Value,
}

/// Whether a text is empty or has blanks only.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests;
