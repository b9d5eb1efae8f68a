//! A conversation that goes on with a model of another family, in the middle of a turn or after it, and comes home again.

use std::collections::BTreeSet;

use outcrop::Request;
use outcrop::outcrop_core::{Content, Message, ToolResultContent};
use serde_json::{Value, json};

use super::Model;
use super::families::{Done, Family};
use super::talk::{self, Mode, Talk};
use crate::support::Library;

/// One of each kind: with a budget, adaptive, with fields of their own, without pictures, without tools, without thoughts.
const HOSTS: &[&str] = &[
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "us.anthropic.claude-opus-5",
    "us.amazon.nova-2-lite-v1:0",
    "us.amazon.nova-micro-v1:0",
    "openai.gpt-oss-120b-1:0",
    "us.meta.llama4-maverick-17b-instruct-v1:0",
    "us.deepseek.r1-v1:0",
];

/// Has a conversation at home, goes on with every host after the first turn and after the third, and comes home.
#[track_caller]
pub(super) fn goes_on(
    library: &Library,
    model: &Model,
    family: &'static Family,
    speakers: &[(Model, &'static Family)],
) {
    let mut home = Talk::with(library, model, family, Mode::Stream);
    home.turn();
    let mut begun = home.request.clone();
    home.turn();
    // What the tools said, for the host to answer.
    begun.messages = home.request.messages[..3].to_vec();
    home.turn();
    // A model that went away is nobody's host any more.
    let hosts: Vec<_> = speakers.iter().filter(|(speaker, _)| HOSTS.contains(&speaker.id())).collect();
    assert!(hosts.len() > HOSTS.len() / 2, "name hosts that are still there: {hosts:#?}");
    for (host, of) in hosts {
        Visit { library, model, host, of }.goes_on(&begun, 1);
        let mut over = home.request.clone();
        over.messages.push(Message::user("Who made it?"));
        let answered = Visit { library, model, host, of }.goes_on(&over, 3);
        comes_home(library, model, &home, over, answered);
    }
}

/// Back home, nothing was lost on the way.
#[track_caller]
fn comes_home(library: &Library, model: &Model, home: &Talk<'_>, mut request: Request, answered: Message) {
    let here = format!("{} after {}", model.id(), answered.model.as_ref().unwrap());
    request.messages.push(answered);
    request.messages.push(Message::user("Thank you."));
    let turn = talk::ask(library, &request, Mode::Stream, &json!([{ "text": "You are welcome." }]));
    talk::begins_like(&turn.body, home.bodies.last().unwrap(), &here);
    let own: Vec<_> = (1..=3).flat_map(|number| talk::on_the_wire(model, number)).collect();
    let sent = talk::thoughts_in(&turn.body);
    // A host of the same maker thinks thoughts that may stay.
    assert_eq!(sent[..own.len()], own, "{here}");
}

struct Visit<'a> {
    library: &'a Library,
    model: &'a Model,
    host: &'a Model,
    of: &'static Family,
}

impl Visit<'_> {
    /// Asks the host to go on; `turns` of the answers are of the model at home.
    #[track_caller]
    fn goes_on(&self, request: &Request, turns: usize) -> Message {
        let Self { library, model, host, .. } = self;
        let here = format!("{} goes on for {} after turn {turns}", host.id(), model.id());
        let mut request = request.clone();
        request.model = host.card.id.clone();
        if !host.takes_tools() {
            request.tools.clear();
        }
        let turn = talk::ask(library, &request, Mode::Stream, &json!([{ "text": "Somebody." }]));
        let warned: BTreeSet<&str> = turn.warnings.iter().map(String::as_str).collect();
        assert_eq!(warned, self.expected(&request, turns), "{here}: {:#?}", turn.response.warnings);

        let abroad = model.card.maker != host.card.maker;
        let own: Vec<Value> = (1..=turns).flat_map(|number| talk::on_the_wire(model, number)).collect();
        let kept = if abroad { Vec::new() } else { own };
        assert_eq!(talk::thoughts_in(&turn.body), kept, "{here}");
        for text in texts(&request) {
            let written = Value::from(text).to_string();
            assert!(turn.body.contains(written.trim_matches('"')), "{here} without {text:?}: {}", turn.body);
        }
        let shown = model.takes_images() && host.takes_images();
        assert_eq!(turn.body.contains("\"image\":"), shown, "{here}");
        let noted = turn.body.contains("[1 image left out: this model takes no images]");
        assert_eq!(noted, model.takes_images() && !shown, "{here}: {}", turn.body);
        turn.response.into_message()
    }

    fn expected(&self, request: &Request, turns: usize) -> BTreeSet<&'static str> {
        let Self { model, host, of, .. } = self;
        let shown = model.takes_images() && (model.takes_tools());
        let failure = model.takes_tools() && host.takes_tools();
        let tools = Done { picture: shown && host.takes_images(), failure };
        let mut expected: BTreeSet<_> = of.expected(host, tools).into_iter().collect();
        let thought = !talk::on_the_wire(model, 1).is_empty();
        let abroad = model.card.maker != host.card.maker;
        if thought && abroad {
            expected.insert("foreign-reasoning");
        }
        if model.takes_images() && !host.takes_images() {
            expected.insert("media-not-taken");
        }
        if model.takes_tools() && !host.takes_tools() {
            expected.insert("tools-as-text");
        }
        let waits = matches!(request.messages.last().unwrap().content.first(), Some(Content::ToolResult(_)));
        if waits && turns == 1 && of.told == "budget" && (abroad || !thought) {
            expected.insert("thinking-mid-turn");
        }
        expected
    }
}

/// Everything that somebody said, or a tool.
fn texts(request: &Request) -> Vec<&str> {
    let mut texts = Vec::new();
    for content in request.messages.iter().flat_map(|message| &message.content) {
        match content {
            Content::Text(text) => texts.push(text.text.as_str()),
            Content::ToolResult(result) => {
                let said = result.content.iter().filter_map(|part| match part {
                    ToolResultContent::Text(text) => Some(text.text.as_str()),
                    _ => None,
                });
                texts.extend(said);
            }
            _ => {}
        }
    }
    texts
}
