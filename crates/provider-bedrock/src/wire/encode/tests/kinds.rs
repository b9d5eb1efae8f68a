//! Content of every kind in every place where it can stand, by the API reference.

use super::*;

fn search_result(citations: bool) -> SearchResult {
    if citations {
        let passages = vec!["Nine.".into(), "Ten.".into()];
        return SearchResult {
            source: "https://example.com/ships".into(),
            title: "Ships".into(),
            passages,
            citations,
        };
    }
    SearchResult { source: "a".into(), title: "b".into(), passages: vec!["c".into()], citations }
}

fn cited() -> Content {
    let range = SourceRange { index: Some(0), start: Some(1), end: Some(2) };
    let web = CitationLocation::Web {
        url: Some("https://example.com/ships".into()),
        domain: Some("example.com".into()),
    };
    let first = Citation {
        title: Some("Harbour".into()),
        source: Some("harbour.pdf".into()),
        passages: vec!["Nine ships".into(), "came in.".into()],
        location: Some(CitationLocation::DocumentCharacters(range)),
    };
    let others = [
        CitationLocation::DocumentPages(range),
        CitationLocation::DocumentPassages(range),
        CitationLocation::SearchResult(range),
        web,
    ];
    let others = others.map(|location| Citation { location: Some(location), ..Citation::default() });
    let citations = [first].into_iter().chain(others).collect();
    Content::Citations(Citations { text: "Nine ships.".into(), citations })
}

fn look() -> Request {
    let content = vec![
        ToolResultContent::Text(Text { text: "seen".into() }),
        ToolResultContent::Json(Json { value: json!({ "seen": [1, null] }) }),
        ToolResultContent::Image(Image {
            format: ImageFormat::Webp,
            source: Source::Bytes(bytes("UklGRg==")),
        }),
        ToolResultContent::Document(file(
            DocumentFormat::Csv,
            Some("table"),
            DocumentSource::Bytes(bytes("YSxi")),
        )),
        ToolResultContent::SearchResult(search_result(true)),
    ];
    of(CLAUDE, answered_with(content))
}

/// No known model takes a film in a result.
fn look_at_a_film() -> Request {
    let film = Video { format: VideoFormat::ThreeGp, source: Source::S3(s3("film", None)) };
    of("unknown", answered_with(vec![ToolResultContent::Video(film)]))
}

fn answered_with(content: Vec<ToolResultContent>) -> Request {
    let call = ToolUse::new("a", "look", json!({}));
    let result = ToolResult { tool_use_id: "a".into(), content, is_error: false, kind: None };
    let bare = ToolSpec {
        description: None,
        ..ToolSpec::new("look", "", json!({ "type": "object", "properties": {} }))
    };
    ask("Look.")
        .tool(bare)
        .assistant(Content::ToolUse(call))
        .user(vec![Content::ToolResult(result), text("Well?")])
}

fn documents() -> Request {
    let cited = Document {
        context: Some("A note.".into()),
        citations: true,
        ..file(DocumentFormat::Txt, None, DocumentSource::Text("words".into()))
    };
    let passages = DocumentSource::Passages(vec!["one".into(), "two".into()]);
    let passages = Document { citations: true, ..file(DocumentFormat::Txt, Some("passages"), passages) };
    let read = file(DocumentFormat::Md, Some("notes"), DocumentSource::Bytes(bytes("IyBIaQ==")));
    let files = [cited, passages, read].map(Content::Document);
    of(CLAUDE, ask([text("Read.")].into_iter().chain(files).collect::<Vec<_>>()))
}

fn every_member(mode: Option<&str>) -> Request {
    let mut request = ask("Hi").system("Be brief.");
    request.inference = Inference {
        max_tokens: Some(64),
        temperature: Some(0.7),
        top_p: Some(0.9),
        stop_sequences: vec!["END".into()],
    };
    let mut options = json!({
        "additionalModelRequestFields": { "top_k": 1 },
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "guardrailConfig": {
            "guardrailIdentifier": "efzsheyu2yvm", "guardrailVersion": "DRAFT", "trace": "enabled_full",
        },
        "outputConfig": { "textFormat": {
            "type": "json_schema",
            "structure": { "jsonSchema": { "name": "city", "schema": "{\"type\":\"object\"}" } },
        } },
        "performanceConfig": { "latency": "standard" },
        "requestMetadata": { "team": "growth" },
        "serviceTier": { "type": "priority" },
    });
    if let Some(mode) = mode {
        options["guardrailConfig"]["streamProcessingMode"] = mode.into();
    }
    with_options(request, options)
}

pub(super) fn of_every_kind() -> Vec<(&'static str, Request)> {
    let sound = |format, source| Content::Audio(Audio { format, source });
    let thought = |text: &str, signature: Option<&str>| {
        let signature = signature.map(str::to_owned);
        Content::Reasoning(Reasoning { text: text.into(), signature, redacted: None })
    };
    let redacted = Content::Reasoning(Reasoning { redacted: Some(bytes("AP8=")), ..Reasoning::default() });
    let jpeg = Image { format: ImageFormat::Jpeg, source: Source::Bytes(bytes("/9j/")) };
    let facts_only = Guard { content: GuardContent::Text("Only facts.".into()), qualifiers: vec![] };
    let strict = ToolSpec {
        strict: Some(true),
        ..ToolSpec::new("strict", "To the letter.", json!({ "type": "object" }))
    };
    vec![
        (
            "audio",
            of(
                LISTENER,
                ask(vec![
                    sound(AudioFormat::Mp3, Source::Bytes(bytes("SUQz"))),
                    sound(AudioFormat::XAac, Source::S3(s3("sound", None))),
                ]),
            ),
        ),
        (
            "reasoning",
            of(
                SONNET_3,
                ask("2+2?")
                    .assistant(vec![
                        thought(" Hm.\n", Some(" c2ln ")),
                        thought("", Some("c2ln")),
                        redacted,
                        text("4"),
                    ])
                    .user("Sure?"),
            ),
        ),
        ("unsigned reasoning", ask("2+2?").assistant(vec![thought("Hm.", None), text("4")]).user("Sure?")),
        ("citations", of(CLAUDE, ask("What is new?").assistant(cited()).user("Thanks"))),
        (
            "search results",
            of(
                CLAUDE,
                ask(vec![
                    Content::SearchResult(search_result(true)),
                    Content::SearchResult(search_result(false)),
                    text("How many?"),
                ]),
            ),
        ),
        ("documents", documents()),
        ("tool result content", look()),
        ("a film in a tool result", look_at_a_film()),
        (
            "guarded content",
            of(
                CLAUDE,
                system(
                    system(
                        ask(Content::Guard(Guard { content: GuardContent::Image(jpeg), qualifiers: vec![] })),
                        SystemContent::Guard(facts_only),
                    ),
                    SystemContent::CachePoint(cache(CacheTtl::OneHour)),
                ),
            ),
        ),
        (
            "tools",
            // No known model takes all of these together.
            of(
                "unknown",
                more_tools(
                    ask("Hi").tool(strict),
                    [
                        Tool::System(SystemTool { name: "nova_grounding".into() }),
                        Tool::CachePoint(cache(CacheTtl::OneHour)),
                    ],
                ),
            ),
        ),
        ("every member", every_member(Some("sync"))),
        ("every member, streamed", every_member(Some("async"))),
        ("counted", {
            let options =
                json!({ "additionalModelRequestFields": { "top_k": 1 }, "serviceTier": { "type": "flex" } });
            let request = ask("Hi").system("Be brief.").tool(top_song()).max_tokens(64);
            with_options(request, options)
        }),
    ]
}

#[test]
fn every_kind_of_content_has_its_place() {
    check(&kinds(), of_every_kind());
}
