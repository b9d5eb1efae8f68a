//! The cases against the service's own model, as the SDK has it: whatever may stand in a stream has a case.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use super::cases::cases;
use super::exceptions::EXCEPTIONS;
use crate::architecture::workspace;

/// The source of the SDK, which is generated from the service's model.
fn sdk() -> &'static Path {
    static SDK: LazyLock<PathBuf> = LazyLock::new(|| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--offline"])
            .current_dir(workspace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["name"] == "aws-sdk-bedrockruntime").unwrap();
        Path::new(package["manifest_path"].as_str().unwrap()).with_file_name("src")
    });
    &SDK
}

/// The names that a parser of the SDK knows: `"name" => …`.
fn names(source: &str) -> BTreeSet<String> {
    let arms = source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
    arms.map(|(name, _)| name.to_owned()).collect()
}

/// The parser of a shape.
fn parser(shape: &str) -> String {
    let file = sdk().join(format!("protocol_serde/shape_{shape}.rs"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn members(shape: &str) -> BTreeSet<String> {
    let names = names(&parser(shape));
    assert!(!names.is_empty(), "the parser of `{shape}` is not as it was");
    names
}

/// The members of a shape and of everything below it.
fn members_below(shape: &str) -> BTreeSet<String> {
    let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![shape.to_owned()]);
    while let Some(shape) = open.pop() {
        if !seen.insert(shape.clone()) {
            continue;
        }
        let source = parser(&shape);
        found.extend(names(&source));
        let others =
            source.split("protocol_serde::shape_").skip(1).filter_map(|rest| rest.split("::").next());
        open.extend(others.map(str::to_owned));
    }
    found
}

/// Events, and exceptions.
fn frames() -> (BTreeSet<String>, BTreeSet<String>) {
    let source = std::fs::read_to_string(sdk().join("event_stream_serde.rs")).unwrap();
    let parser = source.split("for ConverseStreamOutputUnmarshaller {").nth(1).unwrap();
    let (events, exceptions) = parser.split_once("\"exception\" => {").unwrap();
    let exceptions = exceptions.split("impl ").next().unwrap();
    let mut events = names(events);
    events.remove("event");
    (events, names(exceptions))
}

/// The frames of all cases.
fn all_frames() -> &'static [Value] {
    static FRAMES: LazyLock<Vec<Value>> =
        LazyLock::new(|| cases().into_iter().flat_map(|(_, case)| case.frames.unwrap_or_default()).collect());
    &FRAMES
}

/// The values at a pointer in the frames of all cases.
fn shown(pointer: &str) -> Vec<Value> {
    all_frames().iter().filter_map(|frame| frame.pointer(pointer).cloned()).collect()
}

/// The names of all members in a value.
fn members_within(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.keys().cloned());
            members.values().for_each(|value| members_within(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| members_within(value, found)),
        _ => {}
    }
}

/// The names of members of objects.
fn members_of(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().filter_map(Value::as_object).flat_map(|object| object.keys().cloned()).collect()
}

#[track_caller]
fn all_shown(known: &BTreeSet<String>, shown: &BTreeSet<String>, what: &str) {
    assert_eq!(known.difference(shown).collect::<Vec<_>>(), [""; 0], "{what} without a case");
}

#[test]
fn every_event_and_every_exception_has_a_case() {
    let (events, exceptions) = frames();
    assert_eq!(
        (events.len(), exceptions.len()),
        (6, 5),
        "as of the time of writing: {events:?} {exceptions:?}"
    );
    let shown = members_of(all_frames());
    all_shown(&events, &shown, "events");
    all_shown(&exceptions, &shown, "exceptions");
    let everywhere = EXCEPTIONS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    all_shown(&exceptions, &everywhere, "exceptions that come at every place");
}

#[test]
fn every_member_of_every_event_has_a_case() {
    for (shape, pointer) in [
        ("message_start_event", "/messageStart"),
        ("content_block_start_event", "/contentBlockStart"),
        ("content_block_start", "/contentBlockStart/start"),
        ("tool_use_block_start", "/contentBlockStart/start/toolUse"),
        ("tool_result_block_start", "/contentBlockStart/start/toolResult"),
        ("image_block_start", "/contentBlockStart/start/image"),
        ("content_block_delta_event", "/contentBlockDelta"),
        ("content_block_delta", "/contentBlockDelta/delta"),
        ("tool_use_block_delta", "/contentBlockDelta/delta/toolUse"),
        ("reasoning_content_block_delta", "/contentBlockDelta/delta/reasoningContent"),
        ("image_block_delta", "/contentBlockDelta/delta/image"),
        ("citations_delta", "/contentBlockDelta/delta/citation"),
        ("citation_location", "/contentBlockDelta/delta/citation/location"),
        ("content_block_stop_event", "/contentBlockStop"),
        ("message_stop_event", "/messageStop"),
        ("converse_stream_metadata_event", "/metadata"),
        ("converse_stream_metrics", "/metadata/metrics"),
        ("converse_stream_trace", "/metadata/trace"),
        ("guardrail_trace_assessment", "/metadata/trace/guardrail"),
        ("prompt_router_trace", "/metadata/trace/promptRouter"),
        ("token_usage", "/metadata/usage"),
        ("performance_configuration", "/metadata/performanceConfig"),
        ("service_tier", "/metadata/serviceTier"),
        ("model_stream_error_exception", "/modelStreamErrorException"),
    ] {
        all_shown(&members(shape), &members_of(&shown(pointer)), &format!("members of {pointer}"));
    }
    let parts: Vec<_> = shown("/contentBlockDelta/delta/toolResult")
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .cloned()
        .collect();
    all_shown(&members("tool_result_block_delta"), &members_of(&parts), "parts of tool results");
    let details: Vec<_> =
        shown("/metadata/usage/cacheDetails").iter().filter_map(Value::as_array).flatten().cloned().collect();
    all_shown(&members("cache_detail"), &members_of(&details), "members of cache details");
}

/// [`super::cases`] sees that they all arrive.
#[test]
fn every_member_of_a_trace_has_a_case() {
    let known = members_below("converse_stream_trace");
    assert!(known.contains("policyVersionArn"), "the SDK is not as it was: {known:?}");
    let mut found = BTreeSet::new();
    for trace in shown("/metadata/trace") {
        members_within(&trace, &mut found);
    }
    all_shown(&known, &found, "members of a trace");
}

#[test]
fn every_stop_reason_has_a_case() {
    let source = std::fs::read_to_string(sdk().join("types/_stop_reason.rs")).unwrap();
    let reasons = names(source.split("From<&str> for StopReason {").nth(1).unwrap());
    let shown =
        shown("/messageStop/stopReason").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    assert!(reasons.contains("end_turn"), "the SDK is not as it was");
    all_shown(&reasons, &shown, "stop reasons");
}
