//! Names and ids that Converse refuses.

use super::*;

fn call_of(name: &str) -> Content {
    Content::ToolUse(ToolUse::new("a", name, json!({})))
}

fn sent(request: &Request) -> (Vec<String>, Normalised) {
    let normalised = tidy(request).unwrap();
    let names = normalised.tools.iter().filter_map(|tool| match tool {
        Tool::Spec(spec) => Some(spec.name.clone()),
        _ => None,
    });
    (names.collect(), normalised)
}

#[test]
fn a_tool_has_the_same_name_whatever_else_is_asked() {
    let described = |name: &str| ToolSpec::new(name, "Does.", json!({ "type": "object" }));
    let alone = ask(vec![user("Hi")]).tool(described("get.weather"));
    let among = ask(vec![user("Hi"), assistant(call_of("get weather")), user(result("a", "1"))])
        .tool(described("get/weather"))
        .tool(described("get_weather"))
        .tool(described("get.weather"));
    let (one, _) = sent(&alone);
    let (three, normalised) = sent(&among);
    assert_eq!(one[0], three[2]);
    assert_eq!(three[1], "get_weather", "a good name stays");
    assert_ne!(three[0], three[2], "names that differ in what is replaced stay two");
    for (sent, original) in three.into_iter().zip(["get/weather", "get_weather", "get.weather"]) {
        assert_eq!(normalised.names.original(sent), original);
    }
}

#[test]
fn long_names_that_begin_alike_stay_two() {
    let names = ["a", "b"].map(|end| "x".repeat(64) + end);
    let mut request = ask(vec![user("Hi")]);
    for name in &names {
        request = request.tool(ToolSpec::new(name, "Does.", json!({ "type": "object" })));
    }
    let (sent, _) = sent(&request);
    assert_ne!(sent[0], sent[1]);
    assert!(sent.iter().all(|name| name.len() == 64), "{sent:?}");
}

#[test]
fn a_history_of_sent_names_is_of_the_same_tool() {
    let (first, _) = sent(&ask(vec![user("Hi")]).tool(ToolSpec::new("get.weather", "Says.", json!({}))));
    let request = ask(vec![user("Hi"), assistant(call_of(&first[0])), user(result("a", "1"))])
        .tool(ToolSpec::new("get.weather", "Says.", json!({})));
    let (again, normalised) = sent(&request);
    assert_eq!(again, first);
    assert_eq!(normalised.names.original(first[0].clone()), "get.weather");
}

#[test]
fn two_tools_that_would_be_sent_under_one_name_are_refused() {
    let (first, _) = sent(&ask(vec![user("Hi")]).tool(ToolSpec::new("get.weather", "Says.", json!({}))));
    let request = ask(vec![user("Hi")])
        .tool(ToolSpec::new("get.weather", "Says.", json!({})))
        .tool(ToolSpec::new(&first[0], "Says.", json!({})));
    assert_eq!(tidy(&request).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// `a` is called twice, so that the second call is sent as `a-2`: a result that names that id without any such call
/// must not become the second call's.
#[test]
fn a_result_of_no_call_does_not_become_that_of_a_renamed_one() {
    let messages = vec![
        user("Hi"),
        assistant(vec![call("a"), call("a")]),
        user(vec![result("a", "1"), result("a-2", "stray")]),
    ];
    let normalised = tidy(&with_tools(ask(messages))).unwrap();
    let expected = [user(vec![result("a", "1"), made_up("a-2")])];
    assert_eq!(normalised.messages[2..], expected);
    assert_eq!(rules(&normalised), ["repeated-tool-use-id", "orphan-tool-result", "missing-tool-result"]);
}

#[test]
fn a_call_that_comes_later_may_have_the_id_of_a_renamed_one() {
    let messages = vec![
        user("Hi"),
        assistant(vec![call("a"), call("a")]),
        user(vec![result("a", "1"), result("a", "2")]),
        assistant(call("a-2")),
        user(result("a-2", "3")),
    ];
    let normalised = tidy(&with_tools(ask(messages))).unwrap();
    let expected = [
        assistant(vec![call("a"), call("a-2")]),
        user(vec![result("a", "1"), result("a-2", "2")]),
        assistant(call("a-2-2")),
        user(result("a-2-2", "3")),
    ];
    assert_eq!(normalised.messages[1..], expected);
}
