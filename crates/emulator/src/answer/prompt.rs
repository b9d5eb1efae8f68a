//! The request as a conversation: who said what last, which tools there are.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::json::{at, list_at, text_at};
/// A request that was found valid, read for its meaning.
#[derive(Debug)]
pub(super) struct Prompt<'a> {
    body: &'a Value,
    messages: &'a [Value],
    tools: Vec<Tool<'a>>,
    /// The JSON schema that the answer must fit.
    pub(super) output_schema: Option<Value>,
}

/// A tool on offer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool<'a> {
    pub(super) name: &'a str,
    pub(super) schema: &'a Value,
}

impl<'a> Prompt<'a> {
    pub(super) fn read(body: &'a Value) -> Self {
        let tools = list_at(body, "/toolConfig/tools").iter().filter_map(|tool| {
            let spec = tool.get("toolSpec")?;
            Some(Tool { name: text_at(spec, "/name")?, schema: at(spec, "/inputSchema/json") })
        });
        let schema = at(body, "/outputConfig/textFormat/structure/jsonSchema/schema");
        Self {
            body,
            messages: list_at(body, "/messages"),
            tools: tools.collect(),
            output_schema: schema.as_str().and_then(|schema| serde_json::from_str(schema).ok()),
        }
    }

    fn last_content(&self) -> &'a [Value] {
        self.messages.last().map_or(&[], |message| list_at(message, "/content"))
    }

    /// The words of the last message; without messages, those of the variables of the prompt that is called.
    pub(super) fn text(&self) -> String {
        if self.messages.is_empty() {
            let variables = at(self.body, "/promptVariables").as_object().into_iter().flatten();
            let texts = variables.filter_map(|(_, value)| text_at(value, "/text"));
            return texts.map(str::trim).collect::<Vec<_>>().join(" ");
        }
        let texts = self.last_content().iter().filter_map(|block| {
            text_at(block, "/text").or_else(|| text_at(block, "/guardContent/text/text"))
        });
        texts.map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// The words of the last message, the middle of a long one left out.
    pub(super) fn quotation(&self) -> String {
        const WHOLE: usize = 240;
        const HEAD: usize = 140;
        const TAIL: usize = 60;
        let characters: Vec<char> = self.text().chars().collect();
        if characters.len() <= WHOLE {
            return characters.into_iter().collect();
        }
        let head: String = characters.iter().take(HEAD).collect();
        let tail: String = characters.iter().skip(characters.len() - TAIL).collect();
        let fingerprint =
            self.digest().iter().take(4).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        format!(
            "{} … {} ({} characters, fingerprint {fingerprint})",
            head.trim_end(),
            tail.trim_start(),
            characters.len()
        )
    }

    /// The words of the last message that carry its meaning; the last three of many.
    pub(super) fn topic(&self) -> String {
        let text = self.text();
        let words = text.split(|character: char| !character.is_alphanumeric());
        let carries_meaning =
            |word: &&str| word.chars().count() > 2 && !FILLERS.contains(&word.to_lowercase().as_str());
        let mut kept: Vec<_> = words.filter(carries_meaning).collect();
        kept.drain(..kept.len().saturating_sub(3));
        match kept.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [some @ .., last] => format!("{} and {last}", some.join(", ")),
        }
    }

    /// What the tools answered, if the last message brings their results.
    pub(super) fn tool_results(&self) -> Option<String> {
        let results: Vec<_> =
            self.last_content().iter().filter_map(|block| block.get("toolResult")).collect();
        let texts = results.iter().flat_map(|result| list_at(result, "/content")).map(|content| {
            text_at(content, "/text")
                .map_or_else(|| content.get("json").unwrap_or(content).to_string(), str::to_owned)
        });
        (!results.is_empty()).then(|| texts.collect::<Vec<_>>().join("; "))
    }

    /// The attachments of the last message, in words.
    pub(super) fn attachments(&self) -> impl Iterator<Item = String> {
        self.last_content().iter().filter_map(|block| {
            let (kind, value) = ["image", "document", "video", "audio"]
                .into_iter()
                .find_map(|kind| Some((kind, block.get(kind)?)))?;
            let article = if matches!(kind, "image" | "audio") { "an" } else { "a" };
            let format =
                text_at(value, "/format").map_or_else(String::new, |format| format!(" in {format} format"));
            let name = text_at(value, "/name").map_or_else(String::new, |name| format!(" called “{name}”"));
            Some(format!("{article} {kind}{name}{format}"))
        })
    }

    /// Which turn of the user the last message is, counted from 1.
    pub(super) fn turn(&self) -> usize {
        self.messages.iter().filter(|message| at(message, "/role") == "user").count().max(1)
    }

    pub(super) fn additional_fields(&self) -> &'a Value {
        at(self.body, "/additionalModelRequestFields")
    }

    /// The tool to call now, and whether the request forces it. None once the results are there.
    pub(super) fn tool_to_call(&self) -> Option<(&Tool<'a>, bool)> {
        let choice = at(self.body, "/toolConfig/toolChoice");
        if let Some(name) = text_at(choice, "/tool/name") {
            return self.tools.iter().find(|tool| tool.name == name).map(|tool| (tool, true));
        }
        let forced = choice.get("any").is_some();
        if !forced && self.tool_results().is_some() {
            return None;
        }
        let text = self.text().to_lowercase();
        let fits = |tool: &&Tool<'_>| {
            tool.name.split(['_', '-']).any(|word| word.len() > 3 && text.contains(&word.to_lowercase()))
        };
        self.tools.iter().find(fits).or_else(|| self.tools.first()).map(|tool| (tool, forced))
    }

    /// A digest of the conversation.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(at(self.body, "/system").to_string());
        for message in self.messages {
            hash.update(message.to_string());
        }
        if self.messages.is_empty() {
            hash.update(at(self.body, "/promptVariables").to_string());
        }
        hash.finalize().into()
    }
}

/// English words that tell nothing about a topic.
const FILLERS: &[&str] = &[
    "about", "and", "are", "but", "can", "could", "did", "does", "for", "from", "has", "have", "how", "into",
    "its", "just", "like", "me", "not", "now", "one", "our", "please", "say", "should", "some", "tell",
    "that", "the", "their", "them", "then", "there", "they", "this", "was", "were", "what", "when", "where",
    "which", "who", "why", "will", "with", "would", "you", "your",
];
