//! The numbers that a message states: wordings as data, with holes where the numbers stand.

use super::plain;
use crate::Overflow;

/// Wordings of an overflow, in lower case; the first that fits counts. `{prompt}`, `{max}` and `{limit}` are the fields
/// of [`Overflow`], `{excess}` is what the prompt has beyond the limit, and `{other}` is a number that says no more.
pub const OVERFLOWS: &[&str] = &[
    // Claude, behind "prompt is too long:", "input is too long:" and others.
    "{prompt} tokens > {limit}",
    // Claude, behind "exceed context limit:".
    "{prompt} + {max} > {limit}",
    // Servers of the kind of vLLM: Llama, DeepSeek, gpt-oss, GLM, MiniMax and others. The prompt is counted only up to
    // where it is too long, so that "at least" says nothing of its length.
    "maximum context length is {limit} tokens. however, you requested {max} output tokens and your prompt contains at \
     least {other} input tokens",
    "is too large: {max}. this model's maximum context length is {limit} tokens and your request has {prompt} input \
     tokens",
    "maximum context length is {limit} tokens. however, you requested {other} tokens ({prompt} in the messages, {max} \
     in the completion)",
    "maximum context length is {limit} tokens. however, your request has {prompt} input tokens",
    "maximum context length is {limit} tokens. however, your messages resulted in {prompt} tokens",
    "maximum context length of {limit} tokens. you requested a total of {other} tokens: {prompt} tokens from the input \
     messages and {max} tokens for the completion",
    "maximum context length of {limit} tokens",
    "maximum context length is {limit} tokens",
    // SGLang.
    "({prompt} tokens) is longer than the model's context length ({limit} tokens)",
    // Mistral.
    "prompt contains {prompt} tokens and {other} draft tokens, too large for model with {limit} maximum context length",
    // Grok.
    "maximum prompt length is {limit} but the request contains {prompt} tokens",
    // Kimi.
    "exceeded model token limit: {limit} (requested: {prompt})",
    // Titan.
    "max input tokens: {limit}, request input token count: {prompt}",
    // Cohere.
    "size limit exceeded by {excess} tokens. the limit for this model is {limit} tokens",
    "size limit exceeded by {excess} tokens. try using shorter or fewer inputs. the limit for this model is {limit} \
     tokens",
    "cannot exceed {limit} - received {prompt}",
];

/// Wordings of a request for more tokens than any answer of the model may have.
pub const OUTPUT_LIMITS: &[&str] = &[
    "max_tokens: {max} > {limit}, which is the maximum allowed number of output tokens",
    "the model limit of {limit}",
];

/// By how much a conversation is too long, from the words of the refusal; `None` if they state no numbers.
pub fn overflow(message: &str) -> Option<Overflow> {
    let message = plain(message);
    OVERFLOWS.iter().find_map(|wording| numbers(wording, &message)).map(Numbers::overflow)
}

/// The most tokens that an answer of the model may have, from the words of the refusal of a higher `maxTokens`.
pub fn output_limit(message: &str) -> Option<u64> {
    let message = plain(message);
    OUTPUT_LIMITS.iter().find_map(|wording| numbers(wording, &message)).and_then(|numbers| numbers.limit)
}

/// What stands in the holes of a wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    prompt: Option<u64>,
    max: Option<u64>,
    limit: Option<u64>,
    excess: Option<u64>,
}

impl Numbers {
    fn overflow(self) -> Overflow {
        let beyond = || self.limit?.checked_add(self.excess?);
        Overflow::new(self.prompt.or_else(beyond), self.max, self.limit)
    }

    fn put(&mut self, name: &str, number: u64) {
        match name {
            "prompt" => self.prompt = Some(number),
            "max" => self.max = Some(number),
            "limit" => self.limit = Some(number),
            "excess" => self.excess = Some(number),
            _ => {}
        }
    }
}

/// The numbers, where the wording stands somewhere in the message.
pub fn numbers(wording: &str, message: &str) -> Option<Numbers> {
    let (head, holes) = wording.split_once('{')?;
    let inside_a_number = |at: usize| {
        message.get(..at).is_some_and(|before| before.ends_with(|it: char| it.is_ascii_digit() || it == ','))
    };
    let begins = message.match_indices(head).filter(|(at, _)| !head.is_empty() || !inside_a_number(*at));
    begins.filter_map(|(at, _)| message.get(at + head.len()..)).find_map(|text| follow(holes, text))
}

/// The numbers, where the text goes on as the wording does behind its first `{`.
fn follow(mut wording: &str, mut text: &str) -> Option<Numbers> {
    let mut numbers = Numbers::default();
    loop {
        let (name, behind) = wording.split_once('}')?;
        let (literal, next) = behind.split_once('{').map_or((behind, None), |(it, next)| (it, Some(next)));
        let (number, rest) = number(text)?;
        numbers.put(name, number);
        text = rest.strip_prefix(literal)?;
        match next {
            Some(next) => wording = next,
            None => return Some(numbers),
        }
    }
}

/// The number at the beginning of a text, with or without commas between its digits, and what comes after it.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let mut end = digits(text);
    while let Some(group) = text.get(end..).and_then(|rest| rest.strip_prefix(',')) {
        match digits(group) {
            3 => end += 4,
            _ => break,
        }
    }
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.replace(',', "").parse().ok()?, rest))
}
