//! How endpoints differ from OpenAI's own, and from each other: quirks as data.
//!
//! What an endpoint needs is found in three places, field by field: the model's `compat`, the entry's, and the row of a
//! host that is known (`data/hosts.json`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use outcrop_core::{SettingProblem, ThinkingLevel};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A kind of value that a quirk can have.
trait Setting: DeserializeOwned {
    /// Its schema, without a description.
    fn schema() -> Value;

    /// What it must be, for people.
    fn wanted() -> String;

    /// The values that are allowed, if they can be listed.
    fn allowed() -> Vec<String> {
        Vec::new()
    }
}

impl Setting for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }

    fn wanted() -> String {
        "must be `true` or `false`".to_owned()
    }

    fn allowed() -> Vec<String> {
        vec!["true".to_owned(), "false".to_owned()]
    }
}

impl Setting for u32 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 16, "maximum": 1024 })
    }

    fn wanted() -> String {
        "must be a whole number".to_owned()
    }
}

impl Setting for BTreeMap<ThinkingLevel, String> {
    fn schema() -> Value {
        let levels = ThinkingLevel::ALL.iter().map(|level| {
            let description = format!("What `{level}` is called; an empty text leaves it out.");
            (level.as_str().to_owned(), json!({ "type": "string", "description": description }))
        });
        json!({ "type": "object", "additionalProperties": false, "properties": levels.collect::<Map<_, _>>() })
    }

    fn wanted() -> String {
        let levels: Vec<_> = ThinkingLevel::ALL.iter().map(|level| level.as_str()).collect();
        format!("must be an object of texts by level: `{}`", levels.join("`, `"))
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $wire:literal),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
            #[non_exhaustive]
            pub enum $name {
                $($(#[$variant_doc])* #[doc = concat!("\n\n`", $wire, "`")] #[serde(rename = $wire)] $variant,)+
            }

            impl $name {
                /// The name, as it stands in a configuration.
                pub const fn as_str(self) -> &'static str {
                    match self { $(Self::$variant => $wire,)+ }
                }
            }

            impl Setting for $name {
                fn schema() -> Value {
                    json!({ "enum": [$($wire),+] })
                }

                fn wanted() -> String {
                    format!("is none of `{}`", [$($wire),+].join("`, `"))
                }

                fn allowed() -> Vec<String> {
                    vec![$($wire.to_owned()),+]
                }
            }
        )+
    };
}

choices! {
    /// The field that holds the limit of answer tokens.
    MaxTokensField {
        /// The field that nearly all endpoints know.
        MaxTokens = "max_tokens",
        /// OpenAI's own newer one, which alone its reasoning models take.
        MaxCompletionTokens = "max_completion_tokens",
    }

    /// How a model is told to think.
    ThinkingFormat {
        /// `reasoning_effort`.
        OpenAi = "openai",
        /// `reasoning`, an object with `effort`, `max_tokens`, `enabled` and `exclude`.
        OpenRouter = "openrouter",
        /// `thinking.type`, and `reasoning_effort` beside it where `supportsReasoningEffort` is set.
        DeepSeek = "deepseek",
        /// `thinking.type`.
        Zai = "zai",
        /// `enable_thinking` and `thinking_budget`.
        Qwen = "qwen",
        /// `chat_template_kwargs.enable_thinking`.
        QwenChatTemplate = "qwen-chat-template",
    }

    /// The field of earlier answers in which the endpoint takes their thoughts back.
    ReasoningField {
        /// A text.
        ReasoningContent = "reasoning_content",
        /// A text.
        Reasoning = "reasoning",
        /// OpenRouter's list of texts with signatures and of encrypted thoughts.
        ReasoningDetails = "reasoning_details",
    }

    /// The tags between which thoughts stand, in front of the text of an answer.
    ReasoningTag {
        /// `<think>`, as of DeepSeek and Qwen where a server does not tell their thoughts from their text.
        Think = "think",
        /// `<thinking>`.
        Thinking = "thinking",
        /// `<reasoning>`, as Bedrock puts it around the thoughts of gpt-oss.
        Reasoning = "reasoning",
        /// Thoughts have a field of their own, and text is nothing but text.
        None = "none",
    }

    /// How an answer is held to a JSON schema.
    StructuredOutput {
        /// `response_format` with the schema.
        JsonSchema = "json_schema",
        /// `response_format` for any JSON object; the schema is written into the system prompt.
        JsonObject = "json_object",
        /// The schema is written into the system prompt, and nothing else.
        None = "none",
    }
}

macro_rules! compat {
    ($($(#[doc = $doc:literal])+ $field:ident: $kind:ty = $wire:literal),+ $(,)?) => {
        /// What an endpoint takes, where it is not what most of them do. `None` is for whatever is known of the host.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct Compat {
            $($(#[doc = $doc])+ #[serde(rename = $wire)] pub $field: Option<$kind>,)+
        }

        impl Compat {
            /// This where it says something, else what `below` says.
            pub fn over(self, below: Self) -> Self {
                Self { $($field: self.$field.or(below.$field),)+ }
            }

            /// JSON schema (draft-07) of the object.
            pub(crate) fn schema() -> Value {
                let mut properties = Map::new();
                $(
                    let mut schema = <$kind as Setting>::schema();
                    let words: String = [$($doc),+].concat();
                    if let Some(schema) = schema.as_object_mut() {
                        schema.insert("description".to_owned(), words.trim().into());
                    }
                    properties.insert($wire.to_owned(), schema);
                )+
                json!({
                    "type": "object",
                    "description": "What the endpoint takes, where it is not what most of them do. Each of its `models` may have a \
                        `compat` of its own, which counts more.",
                    "properties": properties,
                })
            }

            /// What is wrong with such an object; `place` is the pointer to it, `name` how it is called.
            pub(crate) fn check(compat: &Value, place: &str, name: &str) -> Vec<SettingProblem> {
                let mut problems = Vec::new();
                $(
                    if let Some(value) = compat.get($wire).filter(|value| !value.is_null())
                        && <$kind as Deserialize>::deserialize(value).is_err()
                    {
                        let message = format!("`{name}.{}` {}", $wire, <$kind as Setting>::wanted());
                        let problem = SettingProblem::new(format!("{place}/{}", $wire), message);
                        problems.push(problem.with_allowed(<$kind as Setting>::allowed()));
                    }
                )+
                problems
            }
        }
    };
}

compat! {
    /// The field that holds the limit of answer tokens; `max_tokens` by default.
    max_tokens_field: MaxTokensField = "maxTokensField",
    /// Whether the system prompt of a model that is known to reason is sent in the role `developer`; `false` by default.
    supports_developer_role: bool = "supportsDeveloperRole",
    /// Whether the endpoint knows `store`, which is then sent as `false`; `false` by default.
    supports_store: bool = "supportsStore",
    /// Whether the endpoint knows `reasoning_effort`; by default it is tried where the model is not known not to reason.
    supports_reasoning_effort: bool = "supportsReasoningEffort",
    /// What the levels of thinking are called in `reasoning_effort`; by default there are `low`, `medium` and `high`.
    reasoning_effort_map: BTreeMap<ThinkingLevel, String> = "reasoningEffortMap",
    /// Whether the endpoint knows `stream_options.include_usage`; `true` by default.
    supports_usage_in_streaming: bool = "supportsUsageInStreaming",
    /// Whether the endpoint knows `strict` of tools and of schemas of answers; `false` by default.
    supports_strict_mode: bool = "supportsStrictMode",
    /// Whether a tool's result has to name the tool; `false` by default.
    requires_tool_result_name: bool = "requiresToolResultName",
    /// Whether an answer has to stand between tool results and what the user says next; `false` by default.
    requires_assistant_after_tool_result: bool = "requiresAssistantAfterToolResult",
    /// Whether thoughts of earlier answers are sent back as text between `<thinking>` tags; `false` by default.
    requires_thinking_as_text: bool = "requiresThinkingAsText",
    /// Whether ids of tool calls have to be nine letters and digits; `false` by default.
    requires_mistral_tool_ids: bool = "requiresMistralToolIds",
    /// The most characters of the id of a tool call; 64 by default.
    tool_call_id_length: u32 = "toolCallIdLength",
    /// How a model is told to think; `openai` by default.
    thinking_format: ThinkingFormat = "thinkingFormat",
    /// The field in which the endpoint takes thoughts of earlier answers back; without one they are left out.
    reasoning_field: ReasoningField = "reasoningField",
    /// The tags between which thoughts stand in front of the text of an answer; `none` by default.
    reasoning_tag: ReasoningTag = "reasoningTag",
    /// How an answer is held to a JSON schema; `json_schema` by default.
    structured_output: StructuredOutput = "structuredOutput",
}

/// What is known of a host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Host {
    /// Its name, in which one `*` may stand for anything: `*.openai.azure.com`.
    #[serde(rename = "host")]
    pub name: String,
    /// Where that is said.
    pub source: String,
    /// Its paths have no version, so that none is added.
    pub unversioned: bool,
    pub compat: Compat,
}

static HOSTS: LazyLock<Vec<Host>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/hosts.json")).unwrap_or_default());

/// What is known of a host, by its name.
pub(crate) fn host(name: &str) -> Option<&'static Host> {
    let name = name.to_ascii_lowercase();
    HOSTS.iter().find(|row| match row.name.split_once('*') {
        Some((front, back)) => {
            name.strip_prefix(front).and_then(|rest| rest.strip_suffix(back)).is_some_and(|it| !it.is_empty())
        }
        None => name == row.name,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_of_hosts_can_be_read_and_says_where_it_knows_it_from() {
        let rows: Vec<Host> = serde_json::from_str(include_str!("../data/hosts.json")).unwrap();
        assert!(rows.len() >= 10);
        let names: BTreeSet<_> = rows.iter().map(|row| &row.name).collect();
        assert_eq!(names.len(), rows.len(), "a host stands there twice");
        for row in &rows {
            assert!(row.source.starts_with("https://"), "{}", row.name);
            assert_eq!(row.name, row.name.to_ascii_lowercase());
            let known = host(&row.name.replace('*', "x")).map(|known| &known.name);
            assert_eq!(known, Some(&row.name));
            assert!(host(&format!("{}.example", row.name)).is_none(), "{}", row.name);
        }
        let raw: Value = serde_json::from_str(include_str!("../data/hosts.json")).unwrap();
        for row in raw.as_array().unwrap() {
            assert_eq!(Compat::check(&row["compat"], "", "compat"), [], "{row}");
            let known = Compat::schema();
            for key in row["compat"].as_object().into_iter().flatten().map(|(key, _)| key) {
                assert!(known["properties"].get(key).is_some(), "{key} is no quirk");
            }
        }
    }

    #[test]
    fn hosts_are_found_by_name_or_by_the_end_of_one() {
        let field = |name: &str| host(name).and_then(|host| host.compat.max_tokens_field);
        assert_eq!(field("api.openai.com"), Some(MaxTokensField::MaxCompletionTokens));
        assert_eq!(field("API.OpenAI.com"), Some(MaxTokensField::MaxCompletionTokens));
        assert_eq!(field("mine.openai.azure.com"), Some(MaxTokensField::MaxCompletionTokens));
        assert_eq!(
            host("bedrock-runtime.eu-west-1.amazonaws.com").and_then(|host| host.compat.reasoning_tag),
            Some(ReasoningTag::Reasoning)
        );
        assert!(
            host(".openai.azure.com").is_none() && host("bedrock-runtime.amazonaws.com.example").is_none()
        );
        assert!(host("evilapi.openai.com.example").is_none() && host("127.0.0.1").is_none());
    }

    #[test]
    fn what_is_nearer_counts() {
        let near = Compat { supports_store: Some(false), ..Compat::default() };
        let far =
            Compat { supports_store: Some(true), supports_strict_mode: Some(true), ..Compat::default() };
        let both = near.over(far);
        assert_eq!((both.supports_store, both.supports_strict_mode), (Some(false), Some(true)));
    }

    #[test]
    fn wrong_quirks_are_found_at_their_place() {
        let compat = json!({
            "maxTokensField": "tokens", "supportsStore": "yes", "toolCallIdLength": -1,
            "reasoningEffortMap": { "huge": "high" }, "thinkingFormat": null, "unknown": 1,
        });
        let problems = Compat::check(&compat, "/compat", "compat");
        let found: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(
            found,
            [
                "/compat/maxTokensField",
                "/compat/supportsStore",
                "/compat/reasoningEffortMap",
                "/compat/toolCallIdLength"
            ]
        );
        assert_eq!(problems[0].allowed, ["max_tokens", "max_completion_tokens"]);
        assert_eq!(
            problems[0].message,
            "`compat.maxTokensField` is none of `max_tokens`, `max_completion_tokens`"
        );
    }
}
