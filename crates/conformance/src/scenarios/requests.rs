//! What is asked for arrives.

use outcrop_core::{
    Blob, Content, Document, DocumentFormat, DocumentSource, Image, ImageFormat, Request, Source, StopReason,
    ThinkingLevel,
};

use super::answers::{request, weather, with_tools};
use crate::act::{Act, Drive};
use crate::needle::Needle;
use crate::{Feature, Manifest, Reply};

fn answered(request: Request) -> Act {
    Act::new(request, Reply::new().text("Fine.").end())
}

/// An input that must arrive if it is declared, and whose lack must be told if it is not.
fn input(manifest: &Manifest, feature: Feature, request: Request, needles: Vec<Needle>) -> Vec<Act> {
    let act = Act { arrives: needles, ..answered(request) };
    vec![if manifest.has(&feature) { act } else { act.drive(Drive::Disclaimed(feature)) }]
}

pub(super) fn conversation() -> Vec<Act> {
    let turns =
        ["the first question", "the first answer", "the second question", "the second answer", "the third"];
    let request = Request::new("").user(turns[0]).assistant(turns[1]).user(turns[2]).assistant(turns[3]);
    let act = answered(request.user(turns[4])).in_order();
    vec![turns.into_iter().fold(act, |act, turn| act.arrives(Needle::text("a turn", turn)))]
}

pub(super) fn big_prompt() -> Vec<Act> {
    let lines: Vec<String> = (0..12_500).map(|line| format!("{line:079}")).collect();
    let prompt = lines.join("\n");
    vec![answered(Request::new("").user(prompt.clone())).arrives(Needle::text("the prompt", prompt))]
}

pub(super) fn system(manifest: &Manifest) -> Vec<Act> {
    let needle = Needle::text("the system prompt", "Answer like a pirate.");
    input(manifest, Feature::System, request().system("Answer like a pirate."), vec![needle])
}

pub(super) fn tools(manifest: &Manifest) -> Vec<Act> {
    let needles = vec![
        Needle::text("the name of the tool", "weather"),
        Needle::text("the description of the tool", "Tells the weather of a city."),
        Needle::text("the schema of the tool", "city"),
    ];
    input(manifest, Feature::Tools, request().tool(weather()), needles)
}

/// A picture of one white pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

pub(super) fn images(manifest: &Manifest) -> Vec<Act> {
    let picture = Blob::from_base64(PIXEL).unwrap_or_default();
    let image = Image { format: ImageFormat::Png, source: Source::Bytes(picture.clone()) };
    let asked = Request::new("").user(vec![Content::text("What is this?"), Content::Image(image)]);
    input(manifest, Feature::Images, asked, vec![Needle::bytes("the image", picture)])
}

pub(super) fn documents(manifest: &Manifest) -> Vec<Act> {
    let text = Blob::new(&b"Rayleigh scattering, in short."[..]);
    let mut document = Document::new(DocumentFormat::Txt, DocumentSource::Bytes(text.clone()));
    document.name = Some("notes".to_owned());
    let asked = Request::new("").user(vec![Content::text("What is this?"), Content::Document(document)]);
    input(manifest, Feature::Documents, asked, vec![Needle::bytes("the document", text)])
}

pub(super) fn tool_results() -> Vec<Act> {
    let calls = Reply::new()
        .tool_call("call_1", "weather", &[r#"{"city": "Oslo"}"#])
        .tool_call("call_2", "weather", &[r#"{"city": "Rome"}"#])
        .end_for(StopReason::ToolUse);
    vec![
        goes_on(calls)
            .arrives(Needle::text("the arguments of a call", "Oslo"))
            .arrives(Needle::text("the arguments of a call", "Rome")),
    ]
}

pub(super) fn reasoning_goes_back() -> Vec<Act> {
    let thought = Reply::new()
        .reasoning("Oslo it is.")
        .signature("EqQB+/s=")
        .tool_call("call_1", "weather", &[r#"{"city": "Oslo"}"#])
        .end_for(StopReason::ToolUse);
    vec![
        goes_on(thought)
            .arrives(Needle::text("the reasoning", "Oslo it is."))
            .arrives(Needle::text("the signature", "EqQB+/s=")),
    ]
}

pub(super) fn redacted_goes_back() -> Vec<Act> {
    let data = [0, 255, 254, 128, 7, 1, 2, 3];
    let thought = Reply::new()
        .redacted(&data)
        .tool_call("call_1", "weather", &[r#"{"city": "Oslo"}"#])
        .end_for(StopReason::ToolUse);
    vec![goes_on(thought).arrives(Needle::bytes("the redacted reasoning", data.to_vec()))]
}

/// A conversation that goes on after an answer. Thinking is asked for: some models take no thoughts back otherwise.
fn goes_on(first: Reply) -> Act {
    Act::new(with_tools().thinking(ThinkingLevel::Low), first)
        .then(Reply::new().text("It rains.").end())
        .drive(Drive::GoOn)
}
