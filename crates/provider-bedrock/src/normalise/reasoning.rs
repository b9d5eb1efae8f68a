//! Reasoning of earlier turns: a signature convinces only the family that made it, and only byte for byte; and it has
//! its place in a turn.

mod order;

use outcrop_core::{Content, Message, Reasoning, Role};
use outcrop_model_facts::BedrockId;

use super::{Warnings, plural};
use crate::learnt::Refusal;
use crate::target::Target;

pub(super) use order::{drop_displaced, drop_idle, drop_trailing};

pub(super) const RULES: &[&str] = &[
    NO_REASONING,
    REFUSED_REASONING,
    FOREIGN_REASONING,
    REASONING_SIGNATURE,
    order::TRAILING,
    order::DISPLACED,
    order::IDLE,
];

const NO_REASONING: &str = "reasoning-unsupported";
const REFUSED_REASONING: &str = "reasoning-refused";
const FOREIGN_REASONING: &str = "foreign-reasoning";
const REASONING_SIGNATURE: &str = "reasoning-signature";

/// What some gateways write where Claude's signature would be, for models that have none.
const PLACEHOLDER: &str = "reasoning_content";

/// So many turns a warning names.
const MOST_NAMED: usize = 5;

/// What becomes of a block.
#[derive(PartialEq)]
enum Fate {
    Kept,
    Unsigned,
    Dropped,
}

/// Leaves out reasoning that this model would refuse. What is kept is kept byte for byte, but for a signature where the
/// model takes none. Nothing is known of a model without a maker, so that everything is tried.
pub(super) fn adapt(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    if target.refuses(&Refusal::ReasoningContent) {
        let dropped = drop_all(messages).iter().map(|(_, dropped)| dropped).sum();
        warnings.counted(NO_REASONING, dropped, |count| {
            format!(
                "left out {} of reasoning of earlier turns: this model takes none back",
                plural(count, "block")
            )
        });
        return;
    }
    if target.refuses(&Refusal::Reasoning) {
        let places = drop_all(messages);
        let dropped = places.iter().map(|(_, dropped)| dropped).sum();
        warnings.counted(REFUSED_REASONING, dropped, |count| {
            format!(
                "left out {} of reasoning in {} of `messages`: the model refused it as it stands there, so take it \
                 out of the history",
                plural(count, "block"),
                turns(&places)
            )
        });
        return;
    }
    let Some(maker) = target.maker.as_deref() else { return };
    let (mut dropped, mut unsigned) = (0, 0);
    for message in messages.iter_mut().filter(|message| message.role == Role::Assistant) {
        let author = message.model.as_ref().map_or(Author::Unsaid, |model| Author::of(model.as_str()));
        message.content.retain_mut(|content| {
            let Content::Reasoning(reasoning) = content else { return true };
            match fate(reasoning, maker, &author) {
                Fate::Kept => return true,
                Fate::Dropped => dropped += 1,
                Fate::Unsigned => {
                    reasoning.signature = None;
                    unsigned += 1;
                    return true;
                }
            }
            false
        });
    }
    warnings.counted(FOREIGN_REASONING, dropped, |count| {
        format!("left out {} of reasoning that this model would not accept", plural(count, "block"))
    });
    warnings.counted(REASONING_SIGNATURE, unsigned, |count| {
        format!("left out the signature of {} of reasoning: this model takes none", plural(count, "block"))
    });
}

/// Drops all reasoning; returns the positions of the messages that had some, and how much.
fn drop_all(messages: &mut [Message]) -> Vec<(usize, usize)> {
    let dropped = messages.iter_mut().map(|message| {
        let before = message.content.len();
        message.content.retain(|content| !is_reasoning(content));
        before - message.content.len()
    });
    dropped.enumerate().filter(|(_, dropped)| *dropped > 0).collect()
}

/// The places as one counts them: `turn 2`, `turns 2, 4 and 6`.
fn turns(places: &[(usize, usize)]) -> String {
    let mut names: Vec<_> =
        places.iter().take(MOST_NAMED).map(|(position, _)| (position + 1).to_string()).collect();
    let more = places.len() - names.len();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { format!("turn {last}") } else { format!("turns {} and {last}", names.join(", ")) }
}

fn is_reasoning(content: &Content) -> bool {
    matches!(content, Content::Reasoning(_))
}

/// Whose thoughts they are.
enum Author<'a> {
    /// Nobody says, or the id of the account's own that is there tells nothing.
    Unsaid,
    /// A model on Bedrock, by its maker's prefix.
    Here(&'a str),
    /// A model of another service, by its maker where the name tells one: `openai/gpt-oss-120b`.
    Elsewhere(Option<&'a str>),
}

impl<'a> Author<'a> {
    fn of(model: &'a str) -> Self {
        let id = BedrockId::parse(model);
        match id.maker() {
            Some(maker) => Self::Here(maker),
            None if id.is_arn() => Self::Unsaid,
            None if model.to_ascii_lowercase().contains("claude") => Self::Elsewhere(Some("anthropic")),
            None => Self::Elsewhere(model.split_once('/').map(|(maker, _)| maker)),
        }
    }
}

/// Claude takes what Claude signed or encrypted, be it empty but for the signature. Others refuse a signature as a field
/// that they do not know, as well as encrypted thoughts of their own, and take their own thoughts as text; where nobody
/// says whose thoughts they are, signed and encrypted ones are taken for Claude's. Signatures of Claude hold on every
/// service (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>, "Thinking encryption"); what is
/// encrypted there may be wrapped in words of that service.
fn fate(reasoning: &Reasoning, maker: &str, author: &Author<'_>) -> Fate {
    let signature = reasoning.signature.as_deref().map(str::trim).unwrap_or_default();
    let signed = !signature.is_empty() && signature != PLACEHOLDER;
    let encrypted = reasoning.redacted.is_some();
    let own = match author {
        Author::Unsaid => false,
        Author::Here(author) if *author == maker => true,
        Author::Elsewhere(Some(author)) if *author == maker && !encrypted => true,
        Author::Here(_) | Author::Elsewhere(_) => return Fate::Dropped,
    };
    match maker {
        "anthropic" if signed || encrypted => Fate::Kept,
        "anthropic" => Fate::Dropped,
        _ if encrypted || signed && !own => Fate::Dropped,
        _ if reasoning.signature.is_none() => Fate::Kept,
        _ if reasoning.text.trim().is_empty() => Fate::Dropped,
        _ => Fate::Unsigned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_counted_from_one_and_a_few_of_them_named() {
        let places = |count: usize| -> Vec<_> { (1..=count).map(|number| (2 * number - 1, 1)).collect() };
        assert_eq!(turns(&places(1)), "turn 2");
        assert_eq!(turns(&places(2)), "turns 2 and 4");
        assert_eq!(turns(&places(5)), "turns 2, 4, 6, 8 and 10");
        assert_eq!(turns(&places(7)), "turns 2, 4, 6, 8, 10 and 2 more");
    }
}
