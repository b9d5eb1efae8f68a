//! Which public types other people may take apart and put together whole: all others can grow.
//!
//! A public enum, or a struct with public fields, is `#[non_exhaustive]`, so that a variant or a field more breaks nobody.
//! What is not is listed here with its reason, which is checked in both directions.

use std::collections::BTreeSet;

use super::assert_none;
use super::sources::sources;

/// By reason: the crate's folder, and the types.
const WHOLE: &[(&str, &[(&str, &str)])] = &[
    (
        "people write it as a literal, in requests, and its shape is that of the content",
        &[
            (
                "core",
                "Message Text S3Location Image Video Audio Document ToolUse ToolResult Json Reasoning CachePoint",
            ),
            ("core", "Guard Citations Citation SourceRange SearchResult Inference ToolSpec SystemTool"),
        ],
    ),
    (
        "who writes a provider or a price writes it as a literal, and must not forget a part that is counted",
        &[("core", "Usage Rates LongContextRates Price TokenCount Warning Start Instead End Timeouts")],
    ),
    (
        "it is an answer together with what went wrong, and neither may be overlooked",
        &[("core", "Collected")],
    ),
    (
        "it is a row of a table, or what is asked of one: written in constants and with `..`",
        &[("core", "Rule Signal")],
    ),
    (
        "it is the arguments of a function",
        &[("aws", "Call ForeignReply"), ("config", "Assignment"), ("outcrop", "ModelReference")],
    ),
    (
        "the facade's tests take it apart, so that no setting is left out of what `config check` sees",
        &[("aws", "AwsSettings AssumeRole"), ("provider-bedrock", "BedrockSettings")],
    ),
    (
        "programs write it with `..Sources::default()`, and the watcher takes it apart",
        &[("config", "Sources")],
    ),
    (
        "it is closed: there can be no other, or whoever translates it must not miss one",
        &[
            ("aws", "Region"),
            ("config", "Severity Written Segment Style"),
            ("core", "Support ThinkingLevel"),
            ("discovery", "GeographyPreference"),
            ("model-facts", "Exactness PriceScope ServiceTier Confidence Thinking Effort Kind Partition"),
        ],
    ),
    (
        "tests write it as a literal: what the emulator accepts and what it shall do",
        &[("emulator", "Credentials AcceptedKey ReplyMessage ReplyEvents RawEvent Scenario Rule Match")],
    ),
];

/// The public types of a source file that are not `#[non_exhaustive]` and could be.
fn whole_types(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut grows = false;
    for line in code.lines() {
        let item = line.trim_start();
        if item.starts_with("#[") || item.starts_with("//") {
            grows |= item == "#[non_exhaustive]";
            continue;
        }
        let name = |kind: &str| {
            let rest = item.strip_prefix("pub ")?.strip_prefix(kind)?;
            rest.split(|it: char| !it.is_alphanumeric()).next().filter(|name| !name.is_empty())
        };
        let indent = &line[..line.len() - item.len()];
        let end = format!("{indent}}}");
        let has_public_fields = || {
            let fields = code[code.find(line).unwrap() + line.len()..].lines().skip(1);
            fields.take_while(|field| **field != end).any(|field| field.trim_start().starts_with("pub "))
        };
        if !grows && item.ends_with('{') {
            found.extend(name("enum "));
            found.extend(name("struct ").filter(|_| has_public_fields()));
        }
        grows = false;
    }
    found
}

#[test]
fn public_types_can_grow_unless_they_are_listed_with_a_reason() {
    let listed: BTreeSet<(&str, &str)> = WHOLE
        .iter()
        .flat_map(|(_, types)| *types)
        .flat_map(|(folder, names)| names.split(' ').map(move |name| (*folder, name)))
        .collect();
    let sources = sources();
    let library = sources.iter().filter(|source| !source.is_test()).filter_map(|source| {
        let (folder, path) = source.path.strip_prefix("crates/")?.split_once('/')?;
        (folder != "cli" && path.starts_with("src/")).then_some((folder, source))
    });
    let whole: BTreeSet<(&str, &str)> = library
        .flat_map(|(folder, source)| whole_types(&source.text).into_iter().map(move |name| (folder, name)))
        .collect();
    assert_none(whole.difference(&listed).map(|(folder, name)| {
        format!("`{name}` of crates/{folder} is not `#[non_exhaustive]`, and no reason for that is listed")
    }));
    assert_none(listed.difference(&whole).map(|(folder, name)| {
        format!("`{name}` of crates/{folder} is listed, and can grow or is not there")
    }));
}

#[test]
fn types_that_cannot_grow_are_found() {
    let text = "/// A.\n#[derive(Debug)]\n#[non_exhaustive]\npub enum A {\n}\n\npub enum B {\n    X,\n}\n\
                pub struct C {\n    private: u8,\n}\n#[derive(Debug)]\npub struct D {\n    /// F.\n    pub field: u8,\n}\n\
                pub struct E(pub u8);\n";
    assert_eq!(whole_types(text), ["B", "D"]);
}
