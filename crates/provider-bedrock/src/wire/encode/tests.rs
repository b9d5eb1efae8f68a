//! Bodies as AWS's own documentation shows them, one body of every kind, and the same bytes each time.
//!
//! `tests-data/documented.json` holds examples of AWS's documentation, each with the address of its page; what a page
//! leaves open (`{{image in bytes}}`) is filled in, and a fragment is put into the smallest request that has it.
//! `tests-data/kinds.json` holds what those examples do not show, by the API reference. Both were checked against the
//! service model that AWS publishes, and can be again: each entry names its shape.

mod kinds;

use std::collections::BTreeMap;

use outcrop_core::{
    Audio, AudioFormat, Blob, CachePoint, CacheTtl, Citation, CitationLocation, Citations, Content, Document,
    DocumentFormat, DocumentSource, Guard, GuardContent, Image, ImageFormat, Inference, Json, Message,
    ProviderId, Reasoning, Request, S3Location, SearchResult, Source, SourceRange, SystemContent, SystemTool,
    Text, Tool, ToolChoice, ToolResult, ToolResultContent, ToolSpec, ToolUse, Video, VideoFormat,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::BedrockSettings;
use crate::draft::{Draft, Operation};
use crate::normalise::Normalised;
use crate::target::Target;

const PROVIDER: &str = "amazon-bedrock";
const NOVA: &str = "amazon.nova-lite-v1:0";
/// A model that takes audio.
const LISTENER: &str = "mistral.voxtral-mini-3b-2507";
/// A model that takes cache points everywhere, for an hour too.
const CLAUDE: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const SONNET_3: &str = "anthropic.claude-3-sonnet-20240229-v1:0";

const PNG: &str = "iVBORw0KGgo=";
const PDF: &str = "JVBERi0xLjcK";
const MP4: &str = "AAAAGGZ0eXA=";

#[derive(Deserialize)]
struct Expected {
    name: String,
    source: String,
    shape: String,
    body: Value,
}

fn documented() -> Vec<Expected> {
    serde_json::from_str(include_str!("../../../tests-data/documented.json")).unwrap()
}

fn kinds() -> Vec<Expected> {
    serde_json::from_str(include_str!("../../../tests-data/kinds.json")).unwrap()
}

/// What is sent for a request, and what was said about it.
fn encoded(request: &Request, shape: &str) -> (Vec<u8>, Normalised) {
    let operation = match shape {
        "ConverseStreamRequest" => Operation::ConverseStream,
        "CountTokensRequest" => Operation::CountTokens,
        _ => Operation::Converse,
    };
    let target = Target::of(request.model.as_str());
    let draft = Draft::new(request, PROVIDER, &BedrockSettings::default(), &target, operation).unwrap();
    (draft.body.into(), draft.normalised)
}

fn check(expected: &[Expected], requests: Vec<(&'static str, Request)>) {
    let requests: BTreeMap<_, _> = requests.into_iter().collect();
    let names: Vec<_> = expected.iter().map(|expected| expected.name.as_str()).collect();
    assert!(names.iter().all(|name| requests.contains_key(name)), "bodies without a request: {names:?}");
    assert_eq!(names.len(), requests.len(), "requests without a body, or bodies of the same name");
    for Expected { name, source, shape, body } in expected {
        assert!(source.starts_with("https://"), "{name} does not say where it is from");
        let (bytes, normalised) = encoded(&requests[name.as_str()], shape);
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), *body, "{name}: see {source}");
        assert_eq!(normalised.warnings, [], "{name} needs no repair");
    }
}

fn ask(content: impl outcrop_core::IntoContent) -> Request {
    Request::new(NOVA).user(content)
}

fn of(model: &str, mut request: Request) -> Request {
    request.model = model.into();
    request
}

fn with_options(mut request: Request, options: Value) -> Request {
    request.options.insert(ProviderId::from(PROVIDER), options);
    request
}

fn temperature(mut request: Request, temperature: f64) -> Request {
    request.inference.temperature = Some(temperature);
    request
}

fn choose(mut request: Request, choice: ToolChoice) -> Request {
    request.tool_choice = Some(choice);
    request
}

fn system(mut request: Request, content: SystemContent) -> Request {
    request.system.push(content);
    request
}

fn more_tools(mut request: Request, tools: impl IntoIterator<Item = Tool>) -> Request {
    request.tools.extend(tools);
    request
}

fn text(text: &str) -> Content {
    Content::text(text)
}

fn bytes(base64: &str) -> Blob {
    Blob::from_base64(base64).unwrap()
}

fn s3(name: &str, bucket_owner: Option<&str>) -> S3Location {
    S3Location {
        uri: format!("s3://amzn-s3-demo-bucket/{name}"),
        bucket_owner: bucket_owner.map(str::to_owned),
    }
}

const OWNER: Option<&str> = Some("111122223333");

fn image(source: Source) -> Content {
    Content::Image(Image { format: ImageFormat::Png, source })
}

fn video(source: Source) -> Content {
    Content::Video(Video { format: VideoFormat::Mp4, source })
}

fn pdf(name: &str, source: DocumentSource) -> Content {
    Content::Document(file(DocumentFormat::Pdf, Some(name), source))
}

fn file(format: DocumentFormat, name: Option<&str>, source: DocumentSource) -> Document {
    Document { name: name.map(str::to_owned), ..Document::new(format, source) }
}

fn cache(ttl: CacheTtl) -> CachePoint {
    CachePoint { ttl }
}

fn guarded(text: &str, qualifiers: &[&str]) -> Content {
    let qualifiers = qualifiers.iter().map(|qualifier| (*qualifier).to_owned()).collect();
    Content::Guard(Guard { content: GuardContent::Text(text.to_owned()), qualifiers })
}

fn top_song() -> ToolSpec {
    let sign = "The call sign for the radio station for which you want the most popular song. \
                Example calls signs are WZPZ and WKRP.";
    let schema = json!({
        "type": "object",
        "properties": { "sign": { "type": "string", "description": sign } },
        "required": ["sign"],
    });
    ToolSpec::new("top_song", "Get the most popular song played on a radio station.", schema)
}

fn question() -> Request {
    ask("What is the most popular song on WZPZ?").tool(top_song())
}

const CALL: &str = "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q";

fn answered(content: ToolResultContent, is_error: bool) -> Request {
    let call = ToolUse::new(CALL, "top_song", json!({ "sign": "WZPZ" }));
    let result = ToolResult { tool_use_id: CALL.into(), content: vec![content], is_error, kind: None };
    question().assistant(Content::ToolUse(call)).user(Content::ToolResult(result))
}

fn extract_recipe() -> ToolSpec {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "Name of the recipe" },
            "description": { "type": "string", "description": "Brief description of the dish" },
            "ingredients": {
                "type": "array",
                "items": { "type": "string", "description": "Name of ingredient" },
            },
        },
        "required": ["name", "description", "ingredients"],
    });
    ToolSpec::new("extract_recipe", "Extract recipe for cooking instructions", schema)
}

const RADIO: &str = "You are an app that creates play lists for a radio station that plays rock and pop music. \
                     Only return song names and the artist. ";
const SONGS: &str = "Here is a list of 3 pop songs by artists from the United Kingdom:\n\n\
                     1. \"As It Was\" by Harry Styles\n2. \"Easy On Me\" by Adele\n\
                     3. \"Unholy\" by Sam Smith and Kim Petras";

fn article() -> Request {
    let request = ask("Write an article about impact of high inflation to GDP of a country");
    let request = request.system("You are an economist with access to lots of data").max_tokens(1000);
    of(SONNET_3, temperature(request, 0.5))
}

fn debugging() -> Request {
    let mut request = ask("Provide general steps to debug a BSOD on a Windows laptop.").system(
        "You are a tech support expert who helps resolve technical issues. \
         Signal 'SUCCESS' if you can resolve the issue, otherwise 'FAILURE'",
    );
    request.inference.stop_sequences = vec!["SUCCESS".into(), "FAILURE".into()];
    let options = json!({
        "additionalModelRequestFields": { "top_k": 200 },
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
    });
    of(SONNET_3, with_options(request, options))
}

fn conversation() -> Request {
    let request = ask("Create a list of 3 pop songs.").assistant(SONGS);
    let request = request.user("Make sure the songs are by artists from the United Kingdom.").system(
        "You are an app that creates playlists for a radio station that plays rock and pop music. \
         Only return song names and the artist.",
    );
    let options = json!({ "additionalModelRequestFields": { "top_k": 200 } });
    of(SONNET_3, with_options(temperature(request, 0.5), options))
}

/// Every request of AWS's examples, as one would write it here.
fn examples() -> Vec<(&'static str, Request)> {
    let playlist = || ask("Create a list of 3 pop songs.").system(RADIO);
    let cached = |ttl| SystemContent::CachePoint(cache(ttl));
    let metal = "Create a playlist of heavy metal songs.";
    let guardrail = json!({ "guardrailConfig": {
        "guardrailIdentifier": "efzsheyu2yvm",
        "guardrailVersion": "3",
        "trace": "enabled",
        "streamProcessingMode": "sync",
    } });
    let tags = json!({ "requestMetadata": {
        "user": "alice@example.com", "team": "growth", "feature": "summarizer", "environment": "prod",
    } });
    let mut hello =
        temperature(ask("Describe the purpose of a 'hello world' program in one line."), 0.5).max_tokens(512);
    hello.inference.top_p = Some(0.9);
    let cards = pdf("Amazon Nova Service Cards", DocumentSource::Bytes(bytes(PDF)));
    let comparison = ask(vec![text("Briefly compare the models described in this document"), cards]);
    vec![
        ("article", article()),
        ("article, streamed", article()),
        ("additional model fields", debugging()),
        ("inference profile", of("us.anthropic.claude-3-5-sonnet-20240620-v1:0", ask("Hello world"))),
        ("text", ask("string")),
        ("image", ask(image(Source::Bytes(bytes(PNG))))),
        ("image in S3", ask(image(Source::S3(s3("myImage", OWNER))))),
        ("document", ask(vec![text("string"), pdf("MyDocument", DocumentSource::Bytes(bytes(PDF)))])),
        (
            "document in S3",
            ask(vec![text("string"), pdf("MyDocument", DocumentSource::S3(s3("myDocument", OWNER)))]),
        ),
        ("video", ask(video(Source::Bytes(bytes(MP4))))),
        ("video in S3", ask(video(Source::S3(s3("myVideo", OWNER))))),
        (
            "cached document",
            of(
                CLAUDE,
                ask(vec![
                    text("string"),
                    pdf("string", DocumentSource::Bytes(bytes(PDF))),
                    Content::CachePoint(CachePoint::default()),
                ]),
            ),
        ),
        ("pop songs", playlist().assistant(SONGS)),
        ("conversation", conversation()),
        ("service tier", with_options(ask("Hello world"), json!({ "serviceTier": { "type": "flex" } }))),
        (
            "optimized latency",
            with_options(ask("Hello world"), json!({ "performanceConfig": { "latency": "optimized" } })),
        ),
        ("request metadata", with_options(ask("Summarize this ticket."), tags)),
        ("cached system prompt", system(playlist(), cached(CacheTtl::FiveMinutes))),
        ("system prompt cached for an hour", of(CLAUDE, system(playlist(), cached(CacheTtl::OneHour)))),
        ("cached tools", of(CLAUDE, more_tools(question(), [Tool::CachePoint(CachePoint::default())]))),
        ("tool", question()),
        ("forced tool", choose(question(), ToolChoice::Tool { name: "top_song".into() })),
        (
            "tool result",
            answered(
                ToolResultContent::Json(Json {
                    value: json!({ "song": "Elemental Hotel", "artist": "8 Storey Hike" }),
                }),
                false,
            ),
        ),
        (
            "tool failure",
            answered(ToolResultContent::Text(Text { text: "Station WZPA not found.".into() }), true),
        ),
        (
            "structured output by a tool",
            choose(
                ask("Extract the recipe.").tool(extract_recipe()),
                ToolChoice::Tool { name: "extract_recipe".into() },
            ),
        ),
        ("any tool", choose(question(), ToolChoice::Any)),
        ("tool or not", choose(question(), ToolChoice::Auto)),
        (
            "contextual grounding",
            ask(vec![
                guarded("London is the capital of UK. Tokyo is the capital of Japan", &["grounding_source"]),
                guarded("What is the capital of Japan?", &["query"]),
            ]),
        ),
        ("guarded stream", with_options(ask(vec![text(metal), guarded(metal, &[])]), guardrail)),
        ("hello world program", hello),
        ("document comparison", temperature(comparison.max_tokens(500), 0.3)),
    ]
}

#[test]
fn requests_are_written_as_the_documentation_shows_them() {
    let expected = documented();
    let of_aws = ["https://docs.aws.amazon.com/", "https://github.com/awsdocs/"];
    let from_aws = |expected: &&Expected| of_aws.iter().any(|host| expected.source.starts_with(host));
    assert!(expected.iter().filter(from_aws).count() >= 25);
    check(&expected, examples());
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    for (name, request) in examples().into_iter().chain(kinds::of_every_kind()) {
        let first = encoded(&request, "ConverseStreamRequest").0;
        for _ in 0..4 {
            assert_eq!(encoded(&request.clone(), "ConverseStreamRequest").0, first, "{name}");
        }
    }
}

#[test]
fn a_schema_of_many_members_keeps_its_order() {
    let properties: serde_json::Map<_, _> = (0..200)
        .map(|number| (format!("member-{}", number * 7 % 200), json!({ "type": "string" })))
        .collect();
    let schema = json!({ "type": "object", "properties": properties });
    let request = || ask("Hi").tool(ToolSpec::new("many", "Takes a lot.", schema.clone()));
    let first = encoded(&request(), "ConverseRequest").0;
    assert!(String::from_utf8(first.clone()).unwrap().contains(&schema.to_string()), "in the caller's order");
    for _ in 0..20 {
        assert_eq!(encoded(&request(), "ConverseRequest").0, first);
    }
}

#[test]
fn numbers_are_written_as_they_were_given() {
    let mut request = temperature(ask("Hi"), 0.7);
    request.inference.top_p = Some(0.1);
    let body = String::from_utf8(encoded(&request, "ConverseRequest").0).unwrap();
    assert!(body.contains(r#""inferenceConfig":{"temperature":0.7,"topP":0.1}"#), "{body}");
}

/// Caches are read in the order tools, system, messages, and what comes before a cache point must be the same to the
/// byte: <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html#prompt-caching-converse>.
#[test]
fn a_longer_conversation_begins_with_the_same_bytes() {
    let short =
        answered(ToolResultContent::Json(Json { value: json!({ "song": "Elemental Hotel" }) }), false)
            .system(RADIO);
    let short = system(short, SystemContent::CachePoint(CachePoint::default()));
    let long = temperature(short.clone().assistant("It is Elemental Hotel.").user("Who is it by?"), 0.5);
    let body = |request| String::from_utf8(encoded(request, "ConverseRequest").0).unwrap();
    let (short, long) = (body(&short), body(&long));
    let shared = short.strip_suffix("]}").unwrap();
    assert!(long.starts_with(shared), "{long}\ndoes not begin with\n{shared}");

    let place = |member: &str| long.find(&format!("\"{member}\":")).unwrap();
    let places = ["toolConfig", "system", "messages", "inferenceConfig"].map(place);
    assert!(places.is_sorted(), "{long}");
}

#[test]
fn what_is_not_set_is_not_written() {
    let body = encoded(&ask("Hi"), "ConverseRequest").0;
    assert_eq!(
        String::from_utf8(body).unwrap(),
        r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#
    );
}

#[test]
fn text_is_written_as_it_is() {
    let words = " quotes \" and \\ and \u{0} and \u{2028} and 🦀 ";
    let body: Value = serde_json::from_slice(&encoded(&ask(words), "ConverseRequest").0).unwrap();
    assert_eq!(body["messages"][0]["content"][0]["text"], words);
    let message = Message::assistant(words);
    assert_eq!(serde_json::to_value(super::Turn(&message)).unwrap()["content"][0]["text"], words);
}
