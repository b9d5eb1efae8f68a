//! Numbers within the bounds of a schema, and the bounds themselves.

use serde_json::{Value, json};

use crate::json::text_at;

/// What a keyword says. Clients write into the `description` what a model's own mode for schemas does not know, as
/// `maximum: 10`, and a model follows that.
fn said(schema: &Value, keyword: &str) -> Option<f64> {
    if let Some(number) = schema.get(keyword).and_then(Value::as_f64) {
        return Some(number);
    }
    let description = text_at(schema, "/description")?;
    let mut mentions = description.match_indices(keyword).filter(|(at, _)| {
        description.get(..*at).is_none_or(|before| !before.ends_with(|it: char| it.is_alphanumeric()))
    });
    mentions.find_map(|(at, _)| {
        let number = description.get(at + keyword.len()..)?.strip_prefix(": ")?;
        let end =
            number.find(|it: char| !(it.is_ascii_digit() || "+-.eE".contains(it))).unwrap_or(number.len());
        number.get(..end)?.parse().ok()
    })
}

/// A bound that is a count, such as `minLength`.
pub(super) fn count(schema: &Value, keyword: &str) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are small, and none is below 0"
    )]
    said(schema, keyword).map(|count| count as usize)
}

/// A whole number within the bounds.
pub(super) fn integer(schema: &Value) -> Option<Value> {
    // Beyond these, not every whole number is a number of JSON.
    const MOST: f64 = 9_007_199_254_740_991.0;
    let above = said(schema, "exclusiveMinimum").map(|it| it.floor() + 1.0);
    let below = said(schema, "exclusiveMaximum").map(|it| it.ceil() - 1.0);
    let lowest = highest_of(said(schema, "minimum").map(f64::ceil), above);
    let highest = lowest_of(said(schema, "maximum").map(f64::floor), below);
    let number = lowest.unwrap_or_else(|| highest.map_or(1.0, |highest| highest.min(1.0)));
    let number = stepped(schema, number, lowest, highest)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    (number.abs() <= MOST && number.fract() == 0.0).then(|| json!(number as i64))
}

/// A number within the bounds.
pub(super) fn number(schema: &Value) -> Option<Value> {
    let [minimum, above, maximum, below] =
        ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"].map(|keyword| said(schema, keyword));
    let (lowest, highest) = (highest_of(minimum, above), lowest_of(maximum, below));
    let fits = |number: &f64| {
        minimum.is_none_or(|bound| *number >= bound)
            && above.is_none_or(|bound| *number > bound)
            && maximum.is_none_or(|bound| *number <= bound)
            && below.is_none_or(|bound| *number < bound)
    };
    let middle = lowest.zip(highest).map(|(lowest, highest)| f64::midpoint(lowest, highest));
    let candidates =
        [lowest, lowest.map(|it| it + 1.0), Some(1.0), highest, highest.map(|it| it - 1.0), middle];
    let number = candidates.into_iter().flatten().find(fits)?;
    stepped(schema, number, lowest, highest).filter(fits).map(|number| json!(number))
}

/// A multiple of what `multipleOf` says: the next one upwards, or downwards where that is too high.
fn stepped(schema: &Value, number: f64, lowest: Option<f64>, highest: Option<f64>) -> Option<f64> {
    let Some(step) = said(schema, "multipleOf").filter(|step| *step > 0.0) else { return Some(number) };
    let steps = number / step;
    let within =
        |it: &f64| lowest.is_none_or(|lowest| *it >= lowest) && highest.is_none_or(|highest| *it <= highest);
    [steps.ceil() * step, steps.floor() * step].into_iter().find(within)
}

fn highest_of(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}

fn lowest_of(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::min)
}
