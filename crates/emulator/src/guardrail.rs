//! Guardrails: one that is always there and those of the account, all with a list of one word.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::json::{at, insert, list_at, text_at};
use crate::place::{Place, text};

/// The guardrail that every account has.
const ALWAYS_THERE: &str = "emulatorguardrail";

/// The word that no guardrail lets through.
const WORD: &str = "forbidden";

/// What a request says about its guardrail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guardrail<'a> {
    id: &'a str,
    trace: Trace,
}

/// How much a request wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trace {
    Disabled,
    Enabled,
    Full,
}

impl<'a> Guardrail<'a> {
    /// The guardrail of a request, if it names one; an error if there is no such guardrail.
    pub(crate) fn of(place: &Place<'a>, body: &'a Value) -> Result<Option<Self>, ApiError> {
        let config = at(body, "/guardrailConfig");
        if config.is_null() {
            return Ok(None);
        }
        let named = text_at(config, "/guardrailIdentifier").unwrap_or_default();
        let version = text_at(config, "/guardrailVersion").unwrap_or_default();
        let id = known(place, named).filter(|_| is_version(version));
        let trace = match text_at(config, "/trace") {
            Some("enabled") => Trace::Enabled,
            Some("enabled_full") => Trace::Full,
            _ => Trace::Disabled,
        };
        id.map(|id| Some(Self { id, trace })).ok_or_else(|| {
            ApiError::validation(
                "The guardrail identifier or version provided in the request does not exist.",
            )
        })
    }

    /// Looks at what the user said in the whole conversation; where parts of it are marked for guardrails, at nothing
    /// else.
    pub(crate) fn assess(self, body: &Value) -> Assessment<'a> {
        let users = list_at(body, "/messages").iter().filter(|message| at(message, "/role") == "user");
        let blocks = || users.clone().flat_map(|message| list_at(message, "/content"));
        let marked: Vec<_> = blocks().filter_map(|block| text_at(block, "/guardContent/text/text")).collect();
        let plain: Vec<_> = blocks().filter_map(|block| text_at(block, "/text")).collect();
        let characters = |texts: &[&str]| texts.iter().map(|text| text.chars().count()).sum::<usize>();
        let total = characters(&marked) + characters(&plain);
        let guarded = if marked.is_empty() { plain } else { marked };
        let found =
            guarded.iter().flat_map(|text| text.split(|character: char| !character.is_alphanumeric()));
        let found = found.into_iter().find(|word| word.eq_ignore_ascii_case(WORD)).map(str::to_owned);
        Assessment { guardrail: self, found, guarded: characters(&guarded), total }
    }
}

/// The id of a guardrail that is there, by its id or ARN.
fn known<'a>(place: &Place<'a>, named: &'a str) -> Option<&'a str> {
    let own = || {
        let is_named = |key: &str, row| text(row, key) == Some(named);
        let row = place.holdings.guardrails.iter().find(|row| is_named("id", row) || is_named("arn", row))?;
        text(row, "id")
    };
    let is_always_there = named == ALWAYS_THERE || named == place.arn(&format!("guardrail/{ALWAYS_THERE}"));
    if is_always_there { Some(ALWAYS_THERE) } else { own() }
}

/// `DRAFT`, or a number of up to eight digits without a leading zero.
fn is_version(version: &str) -> bool {
    let is_number = || version.len() <= 8 && version.bytes().all(|byte| byte.is_ascii_digit());
    version == "DRAFT" || (!version.is_empty() && !version.starts_with('0') && is_number())
}

/// What a guardrail found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assessment<'a> {
    guardrail: Guardrail<'a>,
    /// The word, as the user wrote it.
    found: Option<String>,
    guarded: usize,
    total: usize,
}

impl Assessment<'_> {
    /// Whether the model must not see the request.
    pub(crate) const fn blocks(&self) -> bool {
        self.found.is_some()
    }

    /// The trace, if the request wants one.
    pub(crate) fn trace(&self) -> Option<Value> {
        let id = self.guardrail.id;
        if self.guardrail.trace == Trace::Disabled {
            return None;
        }
        let input = self.assessment(self.found.as_deref());
        let mut trace = json!({ "inputAssessment": { id: input } });
        let reason = if self.blocks() { "Guardrail blocked." } else { "No action." };
        insert(&mut trace, "actionReason", Some(reason.into()));
        if !self.blocks() {
            insert(&mut trace, "outputAssessments", Some(json!({ id: [self.assessment(None)] })));
        }
        Some(json!({ "guardrail": trace }))
    }

    /// What one look brought. The full trace has also what was looked for in vain.
    fn assessment(&self, found: Option<&str>) -> Value {
        let units = self.guarded.div_ceil(1000);
        let mut assessment = json!({ "invocationMetrics": {
            "guardrailProcessingLatency": 120,
            "usage": {
                "topicPolicyUnits": 0, "contentPolicyUnits": 0, "wordPolicyUnits": units,
                "sensitiveInformationPolicyUnits": 0, "sensitiveInformationPolicyFreeUnits": 0,
                "contextualGroundingPolicyUnits": 0,
            },
            "guardrailCoverage": { "textCharacters": { "guarded": self.guarded, "total": self.total } },
        } });
        let word = match found {
            Some(word) => Some(json!({ "match": word, "action": "BLOCKED", "detected": true })),
            None if self.guardrail.trace == Trace::Full => {
                Some(json!({ "match": WORD, "action": "NONE", "detected": false }))
            }
            None => None,
        };
        let policy = word.map(|word| json!({ "customWords": [word], "managedWordLists": [] }));
        insert(&mut assessment, "wordPolicy", policy);
        assessment
    }
}

#[cfg(test)]
mod tests;
