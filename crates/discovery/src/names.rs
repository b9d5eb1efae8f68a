//! Names that are like another one.

use outcrop_model_facts::BedrockId;

/// How alike two names must be (Jaro-Winkler, 0 to 1) for one to be taken for a misspelling of the other.
const SIMILAR: f64 = 0.85;

/// The names that are most like the one that was asked for, in any case, the most alike first; none twice, and not that
/// one itself.
pub(crate) fn nearest<'a>(
    asked: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let wanted = asked.to_ascii_lowercase();
    let score = |name: &str| {
        let name = name.to_ascii_lowercase();
        // A model is meant by its own name too, without its geography, its maker or its revision.
        let model = BedrockId::parse(&name).base().map_or(&*name, |base| base);
        let short = model.split_once('.').map_or(model, |(_, short)| short);
        let unrevised = |text: &'_ str| text.split(':').next().unwrap_or_default().to_owned();
        let ways = [&*name, model, short, &unrevised(model), &unrevised(short)];
        ways.into_iter().map(|way| strsim::jaro_winkler(&wanted, way)).fold(0.0, f64::max)
    };
    let scored = names.into_iter().map(|name| (score(name), name));
    let mut scored: Vec<_> = scored.filter(|(score, name)| *score > SIMILAR && *name != asked).collect();
    // Of those that are as much alike, what keeps data in the geography before what does not.
    let is_global = |name: &str| name.starts_with("global.");
    scored.sort_by(|(left, one), (right, other)| {
        right.total_cmp(left).then_with(|| (is_global(one), one).cmp(&(is_global(other), other)))
    });
    scored.dedup_by_key(|(_, name)| *name);
    scored.into_iter().take(most).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_comes_first_and_strangers_do_not_come() {
        let names = [
            "amazon.nova-lite-v1:0",
            "us.anthropic.claude-sonnet-4-6",
            "anthropic.claude-sonnet-4-6",
            "anthropic.claude-sonnet-4-6",
            "mistral.mistral-large-2407-v1:0",
        ];
        assert_eq!(
            nearest("anthropic.claude-sonet-4-6", names, 2),
            ["anthropic.claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6"]
        );
        let profiles = ["global.anthropic.claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6"];
        assert_eq!(nearest("claude-sonnet-4-6", profiles, 1), ["us.anthropic.claude-sonnet-4-6"]);
        assert_eq!(nearest("something-else", names, 3), [""; 0]);
        assert_eq!(nearest("amazon.nova-lite-v1:0", names, 1), [""; 0]);
        assert_eq!(nearest("Amazon.Nova-Lite-V1:0", names, 1), ["amazon.nova-lite-v1:0"]);
    }
}
