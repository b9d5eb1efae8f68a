//! How the ids of the catalogues are made up.

/// The makers, by the prefix of their models, as AWS spells them.
const MAKERS: [(&str, &str); 19] = [
    ("ai21", "AI21 Labs"),
    ("amazon", "Amazon"),
    ("anthropic", "Anthropic"),
    ("cohere", "Cohere"),
    ("deepseek", "DeepSeek"),
    ("google", "Google"),
    ("meta", "Meta"),
    ("minimax", "MiniMax"),
    ("mistral", "Mistral AI"),
    ("moonshot", "Moonshot AI"),
    ("moonshotai", "Moonshot AI"),
    ("nvidia", "NVIDIA"),
    ("openai", "OpenAI"),
    ("qwen", "Qwen"),
    ("stability", "Stability AI"),
    ("twelvelabs", "TwelveLabs"),
    ("writer", "Writer"),
    ("xai", "xAI"),
    ("zai", "Z.AI"),
];

/// The prefixes of inference profiles in the order in which they are listed; others come after them.
const PREFIXES: [&str; 9] = ["us-gov", "us", "eu", "apac", "jp", "au", "in", "ca", "global"];

/// The prefix of an inference profile, if there is one, and the foundation model.
pub(super) fn split(id: &str) -> (Option<&str>, &str) {
    match id.split_once('.') {
        Some((prefix, base)) if PREFIXES.contains(&prefix) || is_new_prefix(prefix, base) => {
            (Some(prefix), base)
        }
        _ => (None, id),
    }
}

/// A geography that is not known yet is believed in front of a maker that is.
fn is_new_prefix(prefix: &str, base: &str) -> bool {
    let known = |maker: &str| MAKERS.iter().any(|(prefix, _)| *prefix == maker);
    !known(prefix) && base.split_once('.').is_some_and(|(maker, _)| known(maker))
}

/// The id of the profile with that prefix, or the bare id.
pub(super) fn join(prefix: Option<&str>, base: &str) -> String {
    prefix.map_or_else(|| base.to_owned(), |prefix| format!("{prefix}.{base}"))
}

/// Whether it can be an id at all: `maker.model`, in the characters of ids.
pub(super) fn is_model(base: &str) -> bool {
    let word = |text: &str, more: &str| {
        !text.is_empty()
            && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || more.contains(it))
    };
    base.split_once('.').is_some_and(|(maker, model)| word(maker, "") && word(model, ".:-"))
}

/// The maker's prefix and name. A new maker is called by its prefix until it is added above.
pub(super) fn maker(base: &str) -> (&str, &str) {
    let prefix = base.split_once('.').map_or(base, |(prefix, _)| prefix);
    MAKERS.iter().find(|(known, _)| *known == prefix).copied().unwrap_or((prefix, prefix))
}

/// The ways to call a model: by its bare id, or with each of the prefixes.
pub(super) fn forms() -> impl Iterator<Item = Option<&'static str>> {
    std::iter::once(None).chain(PREFIXES.into_iter().map(Some))
}

/// Where a prefix stands among others.
pub(super) fn place(prefix: &str) -> (usize, &str) {
    (PREFIXES.iter().position(|known| *known == prefix).unwrap_or(PREFIXES.len()), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_come_off_and_go_on() {
        assert_eq!(split("us-gov.xai.grok-4.6"), (Some("us-gov"), "xai.grok-4.6"));
        assert_eq!(split("openai.gpt-5.6-sol"), (None, "openai.gpt-5.6-sol"));
        assert_eq!(
            split("kr.amazon.nova-lite-v1:0"),
            (Some("kr"), "amazon.nova-lite-v1:0"),
            "a new geography"
        );
        assert_eq!(join(Some("eu"), "a.b"), "eu.a.b");
        assert_eq!(join(None, "a.b"), "a.b");
    }

    #[test]
    fn only_ids_are_ids() {
        assert!(is_model("mistral.mistral-7b-instruct-v0:2"));
        assert!(!is_model("claude-sonnet-4-5-20250929-v1:0"), "no maker");
        assert!(!is_model("anthropic.claude-haiku-4-5@20251001"), "another cloud's way to write it");
    }

    #[test]
    fn makers_have_names() {
        assert_eq!(maker("zai.glm-5"), ("zai", "Z.AI"));
        assert_eq!(maker("newcomer.model"), ("newcomer", "newcomer"));
    }
}
