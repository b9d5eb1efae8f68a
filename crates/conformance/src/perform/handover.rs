//! A conversation that begins with one provider, goes on with another, and comes back.

use outcrop_core::{Content, Message, Request, Response, StopReason, ThinkingLevel, ToolResult};

use super::{Notes, compare, hear};
use crate::harness::{Harness, Wired};
use crate::needle::{Body, Needle};
use crate::scenarios::weather;
use crate::{Answer, Feature, Manifest, Reply, Script};

const QUESTION: &str = "How warm is it where my friends live?";
const SIGNATURE: &str = "EqQBfirst/s=";
const OTHER_SIGNATURE: &str = "EqQBsecond/s=";
/// What the tool says of a city, and whether that is a failure.
const RESULTS: [(&str, &str, bool); 3] = [
    ("Oslo", "four degrees", false),
    ("Rome", "the station is down", true),
    ("Lima", "nineteen degrees", false),
];

/// Plays the conversation: two calls of tools with the first provider; their results, and one more call, with the second;
/// its result, and the end, with the first again.
pub(crate) async fn hand_over(from: &dyn Harness, to: &dyn Harness, notes: &Notes) {
    let (first, second) = (from.manifest(), to.manifest());
    let (begins, goes_on) = (begins(&first), goes_on(&second));
    let ends = Reply::new().text("Lima is the warmest.").end();
    let request = Request::new(first.model.clone()).user(QUESTION).tool(weather());
    let mut talk = Talk {
        request: request.thinking(ThinkingLevel::Low),
        needles: vec![Needle::text("the question", QUESTION)],
        strange: Vec::new(),
    };

    notes.act("the first provider");
    let Some(here) = wire(from, Script::new(begins.clone()).then(ends.clone()), notes).await else { return };
    if !talk.turn(&here, begins, notes).await {
        return;
    }

    notes.act("the second provider");
    let Some(there) = wire(to, Script::new(goes_on.clone()), notes).await else { return };
    talk.request.model = second.model.clone();
    talk.strange = signature(&first, SIGNATURE);
    if !talk.turn(&there, goes_on, notes).await {
        return;
    }

    notes.act("the first provider, to which it comes back");
    talk.request.model = first.model;
    talk.strange = signature(&second, OTHER_SIGNATURE);
    talk.turn(&here, ends, notes).await;
}

/// Thoughts, a text, and as many calls at once as the provider can have.
fn begins(manifest: &Manifest) -> Reply {
    let reply = thoughts(manifest, "Two cities, so two calls.", SIGNATURE).text("Let me look.");
    let reply = reply.tool_call("call_1", "weather", &[r#"{"city": "Oslo"}"#]);
    let reply = if manifest.has(&Feature::ParallelTools) {
        reply.tool_call("call_2", "weather", &[r#"{"city": "Rome"}"#])
    } else {
        reply
    };
    reply.end_for(StopReason::ToolUse)
}

/// Thoughts of another model, and a call whose id the other provider gave before.
fn goes_on(manifest: &Manifest) -> Reply {
    let reply = thoughts(manifest, "Lima is missing.", OTHER_SIGNATURE).text("One more.");
    reply.tool_call("call_1", "weather", &[r#"{"city": "Lima"}"#]).end_for(StopReason::ToolUse)
}

fn thoughts(manifest: &Manifest, text: &str, signature: &str) -> Reply {
    match (manifest.has(&Feature::Reasoning), manifest.has(&Feature::ReasoningSignature)) {
        (false, _) => Reply::new(),
        (true, false) => Reply::new().reasoning(text),
        (true, true) => Reply::new().reasoning(text).signature(signature),
    }
}

async fn wire(harness: &dyn Harness, script: Script, notes: &Notes) -> Option<Wired> {
    notes.waits("for the harness to make a provider");
    let wired = harness.provider(&script).await;
    wired.map_err(|reason| notes.add(format!("the harness cannot act this out: {reason}"))).ok()
}

/// What only the one who signed it may be sent.
fn signature(manifest: &Manifest, signature: &'static str) -> Vec<Needle> {
    let signs = manifest.has(&Feature::ReasoningSignature);
    signs.then(|| Needle::text("the signature", signature)).into_iter().collect()
}

/// A conversation.
struct Talk {
    request: Request,
    /// What of it has to come to whoever goes on with it.
    needles: Vec<Needle>,
    /// What must not come.
    strange: Vec<Needle>,
}

impl Talk {
    /// The next answer, and the results of its calls. Returns whether it goes on.
    async fn turn(&mut self, wired: &Wired, answer: Reply, notes: &Notes) -> bool {
        let heard = hear::stream(notes, &*wired.provider, &self.request).await;
        let failed = heard.error().is_some();
        for problem in compare::with_script(&Answer::Reply(answer), &heard, false) {
            notes.add(problem);
        }
        let response = heard.collected.response;
        self.look(wired, &response, notes);
        if !failed {
            self.go_on(response);
        }
        !failed
    }

    /// That all of the conversation came, but what was for another model alone; and that this is told.
    fn look(&self, wired: &Wired, response: &Response, notes: &Notes) {
        let Some(body) = wired.upstream.received().into_iter().next_back().map(Body::new) else {
            return notes.add("the upstream received nothing");
        };
        for needle in self.needles.iter().filter(|needle| needle.find(&body).is_none()) {
            notes.add(format!("{} did not come to the upstream", needle.what));
        }
        for needle in self.strange.iter().filter(|needle| needle.find(&body).is_some()) {
            notes.add(format!("{} of another model came to the upstream", needle.what));
        }
        if !self.strange.is_empty() && response.warnings.is_empty() {
            notes.add("the reasoning of another model is left out without a warning");
        }
    }

    fn go_on(&mut self, response: Response) {
        self.needles.push(Needle::text("the text of an answer", response.text()));
        let mut results = Vec::new();
        for call in response.tool_uses() {
            let city = call.input.get("city").and_then(|city| city.as_str());
            let Some((city, said, is_error)) = RESULTS.iter().find(|(known, ..)| city == Some(*known)) else {
                continue;
            };
            self.needles.push(Needle::text("the argument of a call", *city));
            self.needles.push(Needle::text("the result of a call", *said));
            let result = ToolResult { is_error: *is_error, ..ToolResult::text(call.id.clone(), *said) };
            results.push(Content::ToolResult(result));
        }
        // Whoever goes on with a conversation knows whom they asked.
        let model = response.model.clone().unwrap_or_else(|| self.request.model.clone());
        self.request.messages.push(Message { model: Some(model), ..response.into_message() });
        if !results.is_empty() {
            self.request.messages.push(Message::user(results));
        }
    }
}
