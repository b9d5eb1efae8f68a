//! A conversation in three turns, checked at every step: what is sent, what comes, what is warned of.

use outcrop::Request;
use outcrop::outcrop_core::{
    Blob, Content, Image, ImageFormat, Json, Message, Reasoning, Response, Source, Text, ThinkingLevel,
    ToolResult, ToolResultContent, ToolSpec, collect,
};
use serde_json::{Value, json};

use super::Model;
use super::families::{Done, Family};
use crate::support::Library;

/// How answers are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Stream,
    Generate,
}

/// Thoughts with the white space and the characters of the alphabet of base64 that a careless program would change.
const THOUGHTS: &str = "Let me see.\n\n  ½ of it … ";
const SIGNATURE: &str = " EqQBCkYIAxgC\t+/9zKw==\n";
/// Of thoughts that the model keeps to itself.
const LONE_SIGNATURE: &str = "ErUBCkYIBRgC+/Q==";
/// Bytes that are no text.
const SECRET: &[u8] = &[0xff, 0xfe, 0x00, 0x7f, 0x80];
const SECRET_AS_BASE64: &str = "//4Af4A=";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// A conversation that goes on.
#[derive(Debug)]
pub(super) struct Talk<'a> {
    library: &'a Library,
    model: Model,
    family: &'static Family,
    mode: Mode,
    pub(super) request: Request,
    /// What was sent, turn by turn.
    pub(super) bodies: Vec<String>,
}

/// What one request brought.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) body: String,
    pub(super) warnings: Vec<String>,
    pub(super) response: Response,
}

impl<'a> Talk<'a> {
    pub(super) fn with(library: &'a Library, model: &Model, family: &'static Family, mode: Mode) -> Self {
        let mut request = Request::new(model.id()).system("Be brief.").thinking(ThinkingLevel::Low);
        if model.takes_tools() {
            let place = json!({ "type": "object", "properties": { "place": { "type": "string" } }, "required": ["place"] });
            request = request.tool(ToolSpec::new("look", "Looks at a place.", place)).tool(ToolSpec::new(
                "now",
                "Says what time it is.",
                json!({ "type": "object" }),
            ));
        }
        Self { library, model: model.clone(), family, mode, request, bodies: Vec::new() }
    }

    /// The next of the three turns.
    #[track_caller]
    pub(super) fn turn(&mut self) {
        let number = self.bodies.len() + 1;
        let here = format!("{} {:?}, turn {number}", self.model.id(), self.mode);
        let said = self.user(number);
        self.request.messages.push(Message::user(said));
        let answer = self.answer(number);
        let turn = ask(
            self.library,
            &self.request,
            self.mode,
            &json!(answer.iter().map(|(said, _)| said).collect::<Vec<_>>()),
        );

        let failure = number > 1 && self.model.takes_tools();
        let tools = Done { picture: failure && self.model.takes_images(), failure };
        assert_eq!(
            turn.warnings,
            self.family.expected(&self.model, tools),
            "{here}: {:#?}",
            turn.response.warnings
        );
        let expected: Vec<_> = answer.into_iter().map(|(_, expected)| expected).collect();
        let mut content = turn.response.content.clone();
        for call in &mut content {
            // The emulator makes up the ids.
            if let Content::ToolUse(call) = call {
                assert!(!call.id.is_empty() && call.malformed_input.is_none(), "{here}: {call:?}");
                call.id.clear();
            }
        }
        assert_eq!(content, expected, "{here}");
        if let Some(before) = self.bodies.last() {
            begins_like(&turn.body, before, &here);
            assert_eq!(rest(&turn.body), rest(before), "{here}: what stands beside the messages changed");
        }
        self.thoughts_are_replayed(&turn.body, &here);
        self.bodies.push(turn.body);
        self.request.messages.push(turn.response.into_message());
    }

    /// What the user, or what a tool says.
    fn user(&self, number: usize) -> Vec<Content> {
        let last = self.request.messages.last();
        let calls: Vec<_> = last
            .iter()
            .flat_map(|message| &message.content)
            .filter_map(|content| match content {
                Content::ToolUse(call) => Some(call),
                _ => None,
            })
            .collect();
        if let [look, now] = calls.as_slice() {
            let words = ToolResultContent::Text(Text { text: "A sign:".to_owned() });
            let data = json!({ "says": "CLOSED", "lines": 1.5, "about": { "b": [], "a": null } });
            let mut shown = vec![words, ToolResultContent::Json(Json { value: data })];
            if self.model.takes_images() {
                shown.push(ToolResultContent::Image(picture()));
            }
            let looked = ToolResult { content: shown, ..ToolResult::text(look.id.clone(), "") };
            let failed =
                ToolResult { is_error: true, ..ToolResult::text(now.id.clone(), "the clock has stopped") };
            return vec![Content::ToolResult(looked), Content::ToolResult(failed)];
        }
        let mut said =
            vec![Content::text(["What is this?", "It is a sign.", "And what does it say?"][number - 1])];
        if number == 1 && self.model.takes_images() {
            said.push(Content::Image(picture()));
        }
        said
    }

    /// What the model says in a turn, in the emulator's words and as the library tells it.
    fn answer(&self, number: usize) -> Vec<(Value, Content)> {
        let mut said = thoughts(&self.model, number);
        let text = |text: &str| (json!({ "text": text }), Content::text(text));
        let call = |name: &str, sent: Value, input: Value| {
            let call = json!({ "toolUse": { "name": name, "input": sent } });
            (call, Content::ToolUse(outcrop::outcrop_core::ToolUse::new("", name, input)))
        };
        if number == 1 && self.model.takes_tools() {
            said.push(text("I will look there and at the clock."));
            let place = json!({ "place": "the “shop” ½" });
            said.push(call("look", place.clone(), place));
            // The input of a call without arguments comes as no text at all.
            said.push(call("now", json!(""), json!({})));
        } else {
            said.push(text(["A sign.", "It is closed.", "“CLOSED”, and nothing else."][number - 1]));
        }
        said
    }

    /// Every thought so far stands in the body as it came.
    #[track_caller]
    fn thoughts_are_replayed(&self, body: &str, here: &str) {
        let sent = thoughts_in(body);
        let expected: Vec<_> =
            (1..=self.bodies.len()).flat_map(|number| on_the_wire(&self.model, number)).collect();
        assert_eq!(sent, expected, "{here}");
    }

    /// Changes what the model thought.
    pub(super) fn spoil(&mut self, change: fn(&mut Reasoning)) {
        for content in self.request.messages.iter_mut().flat_map(|message| &mut message.content) {
            if let Content::Reasoning(thought) = content {
                change(thought);
            }
        }
    }

    /// Lets another model have answered first.
    pub(super) fn begin_with_another_answer(&mut self) {
        let mut other = Message::assistant("Let me ask somebody else.");
        other.model = Some("us.amazon.nova-lite-v1:0".into());
        let last = self.request.messages.len() - 1;
        self.request.messages.insert(last, other);
    }

    /// In the next turn the service refuses the request, the library sends another one, and warns of that.
    #[track_caller]
    pub(super) fn goes_on_after_a_repair(self, warnings: &[&str]) {
        let bodies = self.goes_on(&[400, 200], warnings);
        assert_eq!(thoughts_in(&bodies[1]), [Value::Null; 0]);
    }

    /// In the next turn the library leaves out what would be refused, and warns of that.
    #[track_caller]
    pub(super) fn goes_on_without_a_refusal(self, warnings: &[&str]) {
        self.goes_on(&[200], warnings);
    }

    /// Has the next turn, with requests that are answered so; returns their bodies.
    #[track_caller]
    fn goes_on(mut self, statuses: &[u16], warnings: &[&str]) -> Vec<String> {
        let Library { emulator, provider, runtime, .. } = self.library;
        self.request.messages.push(Message::user(self.user(2)));
        emulator.forget_requests();
        let response = runtime.block_on(provider.generate(&self.request)).unwrap();
        let requests = emulator.requests();
        let answered: Vec<_> = requests.iter().map(|request| request["status"].clone()).collect();
        assert_eq!(answered, statuses, "{}: {requests:#?}", self.model.id());
        let warned: Vec<_> = response.warnings.iter().map(|warning| &*warning.rule).collect();
        assert_eq!(warned, warnings, "{}: {:#?}", self.model.id(), response.warnings);
        requests.iter().map(|request| request["body"].to_string()).collect()
    }
}

/// Adds a byte to the text that was signed.
pub(super) fn change_text(thought: &mut Reasoning) {
    if thought.signature.is_some() {
        thought.text.push('.');
    }
}

/// Takes the white space around a signature away, as a tidy program would.
pub(super) fn change_signature(thought: &mut Reasoning) {
    if let Some(signature) = &mut thought.signature {
        *signature = signature.trim().to_owned();
    }
}

/// Adds a byte to what was encrypted.
pub(super) fn change_secret(thought: &mut Reasoning) {
    if let Some(secret) = &mut thought.redacted {
        *secret = Blob::new([SECRET, b"\0"].concat());
    }
}

/// Sends a request, lets the model say that, and looks at what was sent. One request, without a repair.
#[track_caller]
pub(super) fn ask(library: &Library, request: &Request, mode: Mode, answer: &Value) -> Turn {
    let Library { emulator, provider, runtime, .. } = library;
    emulator.forget_requests();
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": answer } }] }));
    let response = runtime.block_on(async {
        match mode {
            Mode::Stream => collect(provider.stream(request).await?).await,
            Mode::Generate => provider.generate(request).await,
        }
    });
    let response =
        response.unwrap_or_else(|error| panic!("{}: {error}\n{:#?}", request.model, emulator.requests()));
    let [sent]: [Value; 1] =
        emulator.requests().try_into().unwrap_or_else(|sent| panic!("{}: {sent:#?}", request.model));
    assert_eq!(sent["operation"], if mode == Mode::Stream { "ConverseStream" } else { "Converse" });
    let warnings = response.warnings.iter().map(|warning| warning.rule.to_string()).collect();
    Turn { body: sent["body"].to_string(), warnings, response }
}

/// Whether its answers have thoughts.
fn thinks(model: &Model) -> bool {
    // Claude that nobody knows how to tell is one that does not think, or of which nothing is known.
    model.card.reasoning.is_yes()
}

/// What a model thinks in a turn: in the emulator's words, and as the library tells it.
fn thoughts(model: &Model, number: usize) -> Vec<(Value, Content)> {
    let reasoning = |text: &str, signature: Option<&str>| {
        let (text, signature) = (text.to_owned(), signature.map(str::to_owned));
        Content::Reasoning(Reasoning { text, signature, redacted: None })
    };
    let signed = |text: &str, signature: &str| {
        let said = json!({ "signedReasoning": { "text": text, "signature": signature } });
        (said, reasoning(text, Some(signature)))
    };
    let redacted = || {
        let bytes = Blob::new(SECRET.to_vec());
        let thought = Reasoning { redacted: Some(bytes), ..Reasoning::default() };
        (json!({ "redactedReasoning": SECRET_AS_BASE64 }), Content::Reasoning(thought))
    };
    match (model.card.maker.as_str(), number) {
        _ if !thinks(model) => Vec::new(),
        ("anthropic", 1) => vec![signed(THOUGHTS, SIGNATURE), redacted()],
        ("anthropic", 2) => vec![signed("", LONE_SIGNATURE)],
        ("anthropic", _) => vec![redacted()],
        _ => vec![(json!({ "reasoning": THOUGHTS }), reasoning(THOUGHTS, None))],
    }
}

/// The same thoughts as they have to stand in every later body.
pub(super) fn on_the_wire(model: &Model, number: usize) -> Vec<Value> {
    let signed =
        |text: &str, signature: &str| json!({ "reasoningText": { "text": text, "signature": signature } });
    let redacted = || json!({ "redactedContent": SECRET_AS_BASE64 });
    match (model.card.maker.as_str(), number) {
        _ if !thinks(model) => Vec::new(),
        ("anthropic", 1) => vec![signed(THOUGHTS, SIGNATURE), redacted()],
        ("anthropic", 2) => vec![signed("", LONE_SIGNATURE)],
        ("anthropic", _) => vec![redacted()],
        _ => vec![json!({ "reasoningText": { "text": THOUGHTS } })],
    }
}

/// The thoughts in a body, in order.
pub(super) fn thoughts_in(body: &str) -> Vec<Value> {
    let body: Value = serde_json::from_str(body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    let blocks = messages.iter().flat_map(|message| message["content"].as_array().unwrap());
    blocks.filter_map(|block| block.get("reasoningContent")).cloned().collect()
}

fn picture() -> Image {
    Image { format: ImageFormat::Png, source: Source::Bytes(Blob::new(PNG)) }
}

/// The body up to the end of its last message, and what comes behind the messages.
#[track_caller]
fn halves(body: &str) -> (&str, &str) {
    let parsed: Value = serde_json::from_str(body).unwrap();
    let messages = parsed["messages"].to_string();
    let start = body.find(&messages).expect("the messages stand in the body");
    let end = start + messages.len();
    (&body[..end - 1], &body[end..])
}

/// A later body begins with the bytes of an earlier one: what a prompt cache keeps is not written anew.
#[track_caller]
pub(super) fn begins_like(later: &str, earlier: &str, here: &str) {
    let (prefix, _) = halves(earlier);
    assert!(later.starts_with(prefix), "{here}:\n{later}\ndoes not begin with\n{prefix}");
}

fn rest(body: &str) -> &str {
    halves(body).1
}
