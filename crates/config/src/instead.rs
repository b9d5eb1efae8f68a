//! What holds where a value was left out: said with each mistake, so that nobody has to guess.

use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::origin::Layer;
use crate::path::{KeyPath, Segment};

/// What holds where nobody else says anything.
const UNSET: &str = "it counts as unset";

/// Says with each value that was dropped what holds in its place.
pub(crate) fn say(config: &Config, diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics {
        let said = match (&diagnostic.key, diagnostic.code) {
            // Nothing goes on without a flag that was left out: whoever runs a command with it hears of it first.
            _ if diagnostic.flag.is_some() => None,
            // An open guardrail says so itself.
            (Some(key), Code::Missing) if is_guardrail(key) => None,
            (
                Some(key),
                Code::Number
                | Code::Type
                | Code::Value
                | Code::Range
                | Code::Missing
                | Code::Substitution
                | Code::Refused,
            ) => Some(in_place_of(config, key, diagnostic.code)),
            _ => None,
        };
        // What is blank says so itself.
        let repeated = diagnostic.severity == Severity::Warning;
        diagnostic.help.extend(said.filter(|said| !repeated || said != UNSET));
    }
}

/// What holds in place of the value at `key` of some source.
fn in_place_of(config: &Config, key: &KeyPath, code: Code) -> String {
    if is_guardrail(key) && code != Code::Refused {
        return "a guardrail with a mistake lets no call through".to_owned();
    }
    let segments = key.segments();
    let list = segments.iter().position(|segment| matches!(segment, Segment::Index(_)));
    let whole = KeyPath::from(segments.get(..list.unwrap_or(segments.len())).unwrap_or_default().to_vec());
    if list.is_some() && whole.merges_by_id() {
        // A position is one of this source, and another one in the merged list.
        return match segments.get(whole.segments().len() + 1..) {
            None | Some([]) => "the model is left out",
            Some([Segment::Key(key)]) if key == "id" => "the model is left out",
            Some(_) => "what else is known of the model holds instead",
        }
        .to_owned();
    }
    let explanation = config.explain(&whole);
    match (&explanation.value, explanation.origin) {
        (Value::Null, _) | (_, None) => UNSET.to_owned(),
        (_, Some(origin)) if origin.layer == Layer::Ambient => UNSET.to_owned(),
        (Value::Object(_), _) => "what other layers say of it holds instead".to_owned(),
        (value, Some(origin)) if origin.layer == Layer::Defaults => {
            format!("the default holds instead: `{value}`")
        }
        (_, Some(origin)) => format!("the value of {origin} holds instead"),
    }
}

fn is_guardrail(key: &KeyPath) -> bool {
    matches!(key.provider(), Some((_, [Segment::Key(name), ..])) if name == "guardrail")
}
