//! Each rule by example, and the laws that hold for any conversation.

mod laws;
mod limits;
mod names;
mod rules;

use outcrop_core::{
    Blob, CachePoint, Content, Document, DocumentFormat, DocumentSource, ErrorKind, Guard, GuardContent,
    Image, ImageFormat, Inference, Message, Reasoning, Request, Role, Source, SystemContent, SystemTool,
    Text, Tool, ToolChoice, ToolResult, ToolResultContent, ToolSpec, ToolUse,
};
use serde_json::{Value, json};

use super::*;

const CLAUDE: &str = "anthropic.claude-sonnet-4-6";
/// A Claude that is told how much to think.
const BUDGET: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
/// A model that takes text only.
const TEXT_ONLY: &str = "meta.llama3-3-70b-instruct-v1:0";
/// A model that calls no tools and takes text only.
const NO_TOOLS: &str = "deepseek.r1-v1:0";
/// A model that takes images, but not inside tool results, and nothing beside those.
const RESULTS_ALONE: &str = "mistral.pixtral-large-2502-v1:0";
/// A model that takes no sampling parameters.
const NO_SAMPLING: &str = "anthropic.claude-opus-4-7";

/// A request to a model of which nothing is known.
fn tidy(request: &Request) -> Result<Normalised> {
    super::normalise(request, &Map::new(), None, &Target::unknown())
}

/// A request to a model of the table.
fn tidy_for(request: &Request, model: &str) -> Result<Normalised> {
    tidy_at(request, &Target::of(model))
}

fn tidy_at(request: &Request, target: &Target) -> Result<Normalised> {
    super::normalise(request, &Map::new(), None, target)
}

/// The rules that acted.
fn rules(normalised: &Normalised) -> Vec<&str> {
    normalised.warnings.iter().map(|warning| &*warning.rule).collect()
}

fn ask(messages: Vec<Message>) -> Request {
    let mut request = Request::new(CLAUDE);
    request.messages = messages;
    request
}

fn user(content: impl outcrop_core::IntoContent) -> Message {
    Message::user(content)
}

fn assistant(content: impl outcrop_core::IntoContent) -> Message {
    Message::assistant(content)
}

fn text(text: &str) -> Content {
    Content::text(text)
}

fn call(id: &str) -> Content {
    call_with(id, json!({}))
}

fn call_with(id: &str, input: Value) -> Content {
    Content::ToolUse(ToolUse::new(id, "weather", input))
}

fn result(id: &str, answer: &str) -> Content {
    Content::ToolResult(ToolResult::text(id, answer))
}

fn made_up(id: &str) -> Content {
    Content::ToolResult(ToolResult {
        is_error: true,
        ..ToolResult::text(id, "No result: the tool was not run.")
    })
}

fn signed(thought: &str) -> Content {
    Content::Reasoning(Reasoning { text: thought.into(), signature: Some(" s1g ".into()), redacted: None })
}

fn unsigned(thought: &str) -> Content {
    Content::Reasoning(Reasoning { text: thought.into(), ..Reasoning::default() })
}

fn redacted() -> Content {
    Content::Reasoning(Reasoning { redacted: Some(Blob::from(vec![0, 255])), ..Reasoning::default() })
}

fn by(model: &str, message: Message) -> Message {
    Message { model: Some(model.into()), ..message }
}

fn document(name: Option<&str>) -> Content {
    Content::Document(file(name))
}

fn file(name: Option<&str>) -> Document {
    let source = DocumentSource::Bytes(Blob::from(b"words".to_vec()));
    Document { name: name.map(str::to_owned), ..Document::new(DocumentFormat::Txt, source) }
}

/// A call of a tool that the service runs.
fn service_call(id: &str) -> Content {
    Content::ToolUse(ToolUse { by_service: true, ..ToolUse::new(id, "nova_grounding", json!({})) })
}

fn weather() -> ToolSpec {
    ToolSpec::new("weather", "Says what the weather is like.", json!({ "type": "object" }))
}

fn stub(name: &str) -> Tool {
    let input_schema = json!({ "type": "object", "properties": {} });
    Tool::Spec(ToolSpec { name: name.into(), description: None, input_schema, strict: None })
}

/// With every tool described, so that no stubs are needed.
fn with_tools(mut request: Request) -> Request {
    request = request.tool(weather());
    request
}

#[test]
fn a_conversation_in_order_stays_as_it_is() {
    let messages = vec![
        user(vec![text("  Look:  "), document(Some("Report (2) [final]-1")), document(None)]),
        assistant(vec![signed(" Hm. "), redacted(), text("I will."), call("a"), call("b")]),
        user(vec![result("a", "1"), result("b", "2"), text("And?")]),
        assistant("Done.\n"),
        user("Thanks"),
    ];
    let normalised = tidy_for(&with_tools(ask(messages.clone())), CLAUDE).unwrap();
    assert_eq!(normalised.warnings, []);
    let Content::Document(unnamed) = &normalised.messages[0].content[2] else { panic!() };
    assert_eq!(unnamed.name.as_deref(), Some("document-2"), "one without a name gets one without a word");
    assert_eq!(normalised.messages[1..], messages[1..]);
    assert_eq!(normalised.messages[0].content[..2], messages[0].content[..2]);
}

#[test]
fn a_tool_that_the_service_ran_has_its_result_beside_the_call() {
    let messages = vec![
        user("What is new?"),
        assistant(vec![service_call("s1"), result("s1", "nine ships"), text("Nine ships.")]),
        user("Thanks"),
    ];
    let mut request = ask(messages.clone());
    request.tools = vec![Tool::System(SystemTool { name: "nova_grounding".into() })];
    let normalised = tidy(&request).unwrap();
    assert_eq!((normalised.messages, normalised.warnings), (messages, vec![]));
}

#[test]
fn what_moved_is_said_even_after_another_repair() {
    let messages = vec![
        user("Hi"),
        assistant(call("a")),
        user("Never mind."),
        assistant(vec![call("b"), call("c")]),
        user(vec![result("c", "3"), result("b", "2")]),
    ];
    let normalised = tidy(&with_tools(ask(messages))).unwrap();
    assert_eq!(rules(&normalised), ["tool-result-order", "missing-tool-result"]);
}

#[test]
fn a_long_name_that_stands_twice_keeps_single_spaces() {
    let name = format!("{} {}", "x".repeat(195), "y".repeat(50));
    let request = ask(vec![user(vec![document(Some(&name)), document(Some(&name))])]);
    let normalised = tidy(&request).unwrap();
    let Content::Document(second) = &normalised.messages[0].content[1] else { panic!() };
    assert_eq!(second.name.as_deref(), Some(&*format!("{} (2)", "x".repeat(195))));
}

#[test]
fn a_request_that_says_nothing_is_refused() {
    for messages in
        [vec![], vec![user(" ")], vec![user(vec![]), assistant("\n")], vec![user(result("a", "1"))]]
    {
        let error = tidy(&ask(messages)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.hints()[0].contains("`messages`"), "{error:?}");
    }
}

#[test]
fn blank_system_text_is_left_out() {
    let mut request = ask(vec![user("Hi")]).system(" ").system("Be brief.");
    let cache = SystemContent::CachePoint(CachePoint::default());
    request.system.push(cache.clone());
    let normalised = tidy(&request).unwrap();
    assert_eq!(normalised.system, [SystemContent::Text(Text { text: "Be brief.".into() }), cache]);
    assert_eq!(normalised.warnings[0].rule, "blank-text");
}

#[test]
fn tools_that_only_the_conversation_knows_are_described_from_it() {
    let other = Content::ToolUse(ToolUse::new("b", "clock", json!({})));
    let messages =
        vec![user("Hi"), assistant(vec![call("a"), other]), user(vec![result("a", "1"), result("b", "2")])];
    let mut request = ask(messages);
    let normalised = tidy(&request).unwrap();
    assert_eq!(normalised.tools, [stub("clock"), stub("weather")], "in an order that is always the same");
    assert_eq!(normalised.warnings[0].rule, "tool-stubs");
    assert!(!normalised.suppress_tool_calls);

    request.tool_choice = Some(ToolChoice::None);
    let withheld = tidy(&request).unwrap();
    assert_eq!(withheld.tools, normalised.tools);
    assert_eq!(withheld.tool_choice, None, "Converse has no word for it");
    assert!(withheld.suppress_tool_calls, "a call that comes anyway is removed");

    request.tool_choice = None;
    request.tools = vec![Tool::CachePoint(CachePoint::default())];
    assert_eq!(tidy(&request).unwrap().tools, normalised.tools, "a cache point describes nothing");
}

#[test]
fn withheld_tools_are_described_only_if_the_conversation_speaks_of_them() {
    let mut request = with_tools(ask(vec![user("Hi")]));
    request.tool_choice = Some(ToolChoice::None);
    let normalised = tidy(&request).unwrap();
    assert_eq!((normalised.tools, normalised.tool_choice), (vec![], None));
    assert_eq!(normalised.warnings, []);
    assert!(!normalised.suppress_tool_calls, "there is nothing to call");

    request.messages = vec![user("Hi"), assistant(call("a")), user(result("a", "1"))];
    let normalised = tidy(&request).unwrap();
    assert_eq!(normalised.tools, [Tool::Spec(weather())]);
    assert_eq!(normalised.tool_choice, None);
    assert_eq!(normalised.warnings[0].rule, "tools-withheld");
    assert!(normalised.suppress_tool_calls);
}

#[test]
fn a_choice_between_no_tools_is_not_sent() {
    let mut request = ask(vec![user("Hi")]);
    request.tool_choice = Some(ToolChoice::Auto);
    assert_eq!(tidy(&request).unwrap().tool_choice, None);
    request.tools = vec![Tool::System(SystemTool { name: "nova_grounding".into() })];
    assert_eq!(tidy(&request).unwrap().tool_choice, Some(ToolChoice::Auto));
}

#[test]
fn sampling_is_brought_into_range() {
    for (temperature, top_p, expected, warned) in [
        (Some(0.7), Some(0.9), (Some(0.7), Some(0.9)), 0),
        (Some(0.0), Some(1.0), (Some(0.0), Some(1.0)), 0),
        (Some(1.5), Some(-0.1), (Some(1.0), Some(0.0)), 2),
        (Some(f64::INFINITY), None, (Some(1.0), None), 1),
        (None, None, (None, None), 0),
    ] {
        let mut request = ask(vec![user("Hi")]);
        (request.inference.temperature, request.inference.top_p) = (temperature, top_p);
        let normalised = tidy(&request).unwrap();
        assert_eq!((normalised.inference.temperature, normalised.inference.top_p), expected);
        assert_eq!(rules(&normalised), vec!["sampling-range"; warned], "{temperature:?} {top_p:?}");
    }
}

#[test]
fn sampling_that_the_model_refuses_is_left_out() {
    let mut request = ask(vec![user("Hi")]);
    request.inference = Inference {
        max_tokens: Some(64),
        temperature: Some(7.0),
        top_p: Some(0.9),
        stop_sequences: vec![String::new(), "END".into()],
    };
    let normalised = tidy_for(&request, NO_SAMPLING).unwrap();
    let left = Inference { max_tokens: Some(64), stop_sequences: vec!["END".into()], ..Inference::default() };
    assert_eq!(normalised.inference, left);
    let said: Vec<_> = normalised.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].contains("`temperature`") && said[1].contains("`topP`"), "{said:?}");
    assert!(normalised.warnings[..2].iter().all(|warning| warning.rule == "sampling-refused"));
    assert_eq!(normalised.warnings[2].rule, "blank-stop-sequence");
}

#[test]
fn numbers_that_are_none_are_refused() {
    let mut zero = ask(vec![user("Hi")]);
    zero.inference.max_tokens = Some(0);
    assert!(tidy(&zero).unwrap_err().message().contains("`maxTokens`"));
    let mut nan = ask(vec![user("Hi")]);
    nan.inference.top_p = Some(f64::NAN);
    assert!(tidy(&nan).unwrap_err().message().contains("`topP`"));
}
