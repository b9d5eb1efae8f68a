//! `outcrop ask`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use outcrop::{Assigned, Assignment, KeyPath, Segment};
use outcrop_core::{CacheTtl, Caching, ThinkingLevel};
use serde_json::{Map, Value, json};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(
    after_help = "Standard input is appended to the prompt: `git diff | outcrop ask \"Explain this change\"`.",
    after_long_help = "Standard input is appended to the prompt: `git diff | outcrop ask \"Explain this change\"`.\n\n\
        Without `-m`, the default model of the configuration is asked (`agents.defaults.model.primary`). Without \
        one, the best of what can be called: Claude Sonnet, Claude Haiku, Nova Pro, Nova Lite, Claude Opus, gpt-oss, \
        Mistral Large, Qwen3, DeepSeek, Llama, in this order and the newest first; by an inference profile of the \
        region's own geography, else in the region itself. A global profile comes last: its answers may be made \
        anywhere.\n\n\
        What a file is (`-f`) is told by its content, not by its name: images (png, jpeg, gif, webp), documents (pdf, \
        doc, docx, xls, xlsx, html), video and sound; the name decides between md, csv, html and txt. Any other text \
        goes into the prompt, under the name of its file, and so do text documents where the model takes none, \
        and where there are more than 5 documents. A file may \
        have 25 MB; how much of each kind a model takes, and how many, docs/guide/requests.md says: for most, images of \
        3.75 MB, documents of 4.5 MB and videos of 18.75 MB. `-f -` is a file on \
        standard input. A file that cannot be read, or is empty, is exit code 2; one that cannot be sent is 6.\n\n\
        On standard error, if it is a terminal or with `-v`: what the model thinks, and after the answer its tokens, \
        price and time. With `-q` neither."
)]
pub(crate) struct Ask {
    /// The question; several words are joined by spaces
    #[arg(value_name = "PROMPT")]
    pub prompt: Vec<String>,
    /// The model: an id, an inference profile, an ARN, or `provider/id`
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<String>,
    /// The system prompt
    #[arg(short, long, value_name = "TEXT")]
    pub system: Option<String>,
    /// A file to go with the question: image, document, video, sound or text; or, for Amazon's own models, an object of S3, `s3://bucket/key.pdf`. May be given several times
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// The most tokens the answer may have
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,
    /// Randomness, 0 to 1
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = finite)]
    pub temperature: Option<f64>,
    /// Share of the probability mass to sample from, 0 to 1
    #[arg(long, value_name = "P", allow_negative_numbers = true, value_parser = finite)]
    pub top_p: Option<f64>,
    /// Stop at this text; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
    /// How hard the model thinks before it answers
    #[arg(long, value_name = "LEVEL", value_parser = thinking_level())]
    pub thinking: Option<ThinkingLevel>,
    /// A file with a JSON schema: the answer is JSON that follows it, or the exit code is not 0
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// A guardrail for this request, by id or ARN; without a version, its working draft
    #[arg(long, value_name = "ID[:VERSION]", value_parser = Guardrail::parse)]
    pub guardrail: Option<Guardrail>,
    /// Whether cache points are put where they pay, and how long they last
    #[arg(long, value_name = "TIME")]
    pub cache: Option<Cache>,
    /// What the provider's API has beside these flags, by its own names: `serviceTier.type=flex`, `performanceConfig.latency=optimized`, `requestMetadata.team=search`, `promptVariables.city.text=Oslo`, `additionalModelRequestFields={"top_k":50}`. JSON, or else a text. May be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = RequestOption::parse)]
    pub option: Vec<RequestOption>,
    /// Wait for the whole answer
    #[arg(long)]
    pub no_stream: bool,
    /// Print one JSON object: answer, usage, cost, request id
    #[arg(long, conflicts_with = "events")]
    pub json: bool,
    /// Print one JSON object for each event of the stream
    #[arg(long, conflicts_with = "no_stream")]
    pub events: bool,
    /// Print the request that would be sent, and send nothing; with `-m` it needs no credentials
    #[arg(long, conflicts_with = "events")]
    pub dry_run: bool,
}

impl Ask {
    /// Whether the model is a prompt of Prompt management, which has messages of its own.
    pub(crate) fn names_a_prompt(&self) -> bool {
        self.model.as_deref().is_some_and(|model| model.contains(":prompt/"))
    }

    /// Whether standard output is for people: the text of the answer, and nothing else.
    pub(crate) const fn prints_text(&self) -> bool {
        !self.json && !self.events
    }
}

/// Whether cache points are put where they pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cache {
    /// No, whatever the configuration says
    Off,
    /// For five minutes after their last use
    #[value(name = "5m", alias = "auto")]
    FiveMinutes,
    /// For an hour after their last use
    #[value(name = "1h")]
    OneHour,
}

impl From<Cache> for Caching {
    fn from(cache: Cache) -> Self {
        match cache {
            Cache::Off => Self::Off,
            Cache::FiveMinutes => Self::Auto { ttl: CacheTtl::FiveMinutes },
            Cache::OneHour => Self::Auto { ttl: CacheTtl::OneHour },
        }
    }
}

/// A guardrail and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guardrail {
    identifier: String,
    version: String,
}

impl Guardrail {
    /// Reads `ID[:VERSION]`. The colons of an ARN are its own; only one behind its last `/` begins a version.
    fn parse(text: &str) -> Result<Self, String> {
        let name = text.rfind('/').map_or(0, |slash| slash + 1);
        let (identifier, version) = match text.split_at(name) {
            (before, behind) if behind.contains(':') => {
                let (name, version) = behind.split_once(':').unwrap_or((behind, ""));
                (format!("{before}{name}"), version)
            }
            _ => (text.to_owned(), "DRAFT"),
        };
        // `GuardrailIdentifier` of the service model, in short.
        let is_identifier = identifier.rsplit('/').next().is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        }) && (name == 0 || identifier.starts_with("arn:"));
        if !is_identifier {
            return Err("a guardrail is named by its id, such as `gr4f8k2m9x1q`, or by its ARN".to_owned());
        }
        let is_number = (1..=8).contains(&version.len())
            && !version.starts_with('0')
            && version.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && version != "DRAFT" {
            return Err("the version of a guardrail is a number, or `DRAFT`".to_owned());
        }
        Ok(Self { identifier, version: version.to_owned() })
    }

    /// The option of the request, in the words of Converse.
    pub(crate) fn option(&self) -> Value {
        json!({ "guardrailIdentifier": self.identifier, "guardrailVersion": self.version })
    }
}

/// A member of the request that has no flag of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequestOption {
    path: KeyPath,
    value: Value,
}

impl RequestOption {
    fn parse(text: &str) -> Result<Self, String> {
        let assignment = Assignment::set(text).map_err(|error| error.to_string())?;
        let value = match assignment.value {
            Assigned::Value(value) => value,
            Assigned::Json5(text) if is_text(&assignment.path) => Value::String(text),
            Assigned::Json5(text) => match serde_json::from_str(&text) {
                Ok(value) => value,
                Err(error) if text.trim_start().starts_with(['{', '[', '"']) => {
                    return Err(format!("the value is no JSON: {error}"));
                }
                Err(_) => Value::String(text),
            },
            _ => return Err("a value of a kind that is not known".to_owned()),
        };
        Ok(Self { path: assignment.path, value })
    }

    /// Adds it to others.
    ///
    /// # Errors
    /// What is wrong, where it cannot stand beside them.
    pub(crate) fn write(&self, options: &mut Map<String, Value>) -> Result<(), String> {
        let wrong = |problem: &str| format!("`--option {}`: {problem}", self.path);
        let keys: Option<Vec<_>> = self.path.segments().iter().map(Segment::as_key).collect();
        let keys = keys.ok_or_else(|| wrong("give a list as a whole: `key=[…]`"))?;
        let Some((last, parents)) = keys.split_last() else { return Err(wrong("a key is missing")) };
        let mut object = options;
        for key in parents {
            let below = object.entry(*key).or_insert_with(|| Value::Object(Map::new()));
            object = below.as_object_mut().ok_or_else(|| wrong(&format!("`{key}` has a value already")))?;
        }
        object.insert((*last).to_owned(), self.value.clone());
        Ok(())
    }
}

/// Whether the API takes nothing but text there, so that digits are text as well.
fn is_text(path: &KeyPath) -> bool {
    let keys: Vec<_> = path.segments().iter().filter_map(Segment::as_key).collect();
    matches!(keys.as_slice(), ["requestMetadata", _] | ["promptVariables", _, "text"])
}

fn thinking_level() -> impl clap::builder::TypedValueParser<Value = ThinkingLevel> {
    PossibleValuesParser::new(ThinkingLevel::ALL.iter().map(|level| level.as_str()))
        .try_map(|name| name.parse::<ThinkingLevel>())
}

/// A number that is one.
fn finite(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim().parse().map_err(|_| "not a number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("not a number between 0 and 1".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guardrail_is_an_id_or_an_arn_with_or_without_a_version() {
        let arn = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr4f8k2m9x1q";
        for (text, identifier, version) in [
            ("gr4f8k2m9x1q", "gr4f8k2m9x1q", "DRAFT"),
            ("gr4f8k2m9x1q:DRAFT", "gr4f8k2m9x1q", "DRAFT"),
            ("gr4f8k2m9x1q:12", "gr4f8k2m9x1q", "12"),
            (arn, arn, "DRAFT"),
            (&format!("{arn}:3"), arn, "3"),
        ] {
            let guardrail = Guardrail::parse(text).unwrap();
            assert_eq!((guardrail.identifier.as_str(), guardrail.version.as_str()), (identifier, version));
        }
    }

    #[test]
    fn what_is_no_guardrail_is_refused() {
        for text in
            ["", ":1", "My Guardrail", "folder/gr4f8k2m9x1q", "arn:aws:bedrock:eu-west-1:1:guardrail/"]
        {
            assert!(Guardrail::parse(text).unwrap_err().contains("id"), "{text}");
        }
        for text in ["gr4f8k2m9x1q:", "gr4f8k2m9x1q:0", "gr4f8k2m9x1q:latest", "gr4f8k2m9x1q:1:2"] {
            assert!(Guardrail::parse(text).unwrap_err().contains("version"), "{text}");
        }
    }
}
