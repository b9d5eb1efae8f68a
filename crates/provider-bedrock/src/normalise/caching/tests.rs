//! Where points end up, and the laws that hold for any request.

use outcrop_core::{
    Blob, CachePoint, CacheTtl, Caching, Content, Document, DocumentFormat, DocumentSource, Image,
    ImageFormat, Message, Reasoning, Request, Role, Source, SystemContent, Text, Tool, ToolResult, ToolSpec,
    ToolUse,
};
use proptest::prelude::*;
use serde_json::{Map, json};

use super::block::Block as _;
use super::{CACHE_WITHOUT_EFFECT, Family, Model, RULES};
use crate::learnt::{Refusal, Section};
use crate::normalise::{Normalised, normalise};
use crate::target::Target;

const CLAUDE: &str = "anthropic.claude-sonnet-4-6";
const NOVA: &str = "amazon.nova-lite-v1:0";
const FIVE: CacheTtl = CacheTtl::FiveMinutes;
const HOUR: CacheTtl = CacheTtl::OneHour;
const AUTO: Option<Caching> = Some(Caching::Auto { ttl: FIVE });

/// A model for which no prefix is too short.
fn target(id: &str) -> Target {
    let mut target = Target::of(id);
    target.caching.min_tokens = Some(0);
    target
}

fn tidy(request: &Request, caching: Option<Caching>, target: &Target) -> Normalised {
    normalise(request, &Map::new(), caching, target).unwrap()
}

fn point(ttl: CacheTtl) -> CachePoint {
    CachePoint { ttl }
}

fn weather() -> Tool {
    Tool::Spec(ToolSpec::new("weather", "Says what the weather is like.", json!({ "type": "object" })))
}

fn call(id: usize) -> Content {
    Content::ToolUse(ToolUse::new(id.to_string(), "weather", json!({})))
}

fn result(id: usize) -> Content {
    Content::ToolResult(ToolResult::text(id.to_string(), "sun"))
}

fn file(format: DocumentFormat) -> Content {
    let source = DocumentSource::Bytes(Blob::from(vec![1; 64]));
    Content::Document(Document::new(format, source))
}

/// What stands in each part of a request, in one letter each: a point is `5` or `h`.
fn outline(normalised: &Normalised) -> String {
    let letter = |content: &Content| match content {
        Content::CachePoint(point) if point.ttl == HOUR => 'h',
        Content::CachePoint(_) => '5',
        Content::Text(_) => 't',
        Content::Image(_) => 'i',
        Content::Document(_) => 'd',
        Content::Reasoning(_) => 'r',
        Content::ToolUse(_) => 'c',
        Content::ToolResult(_) => 'a',
        other => panic!("{other:?}"),
    };
    let tools = normalised.tools.iter().map(|tool| match tool.point() {
        Some(point) => letter(&Content::CachePoint(*point)),
        None => 't',
    });
    let system = normalised.system.iter().map(|content| match content.point() {
        Some(point) => letter(&Content::CachePoint(*point)),
        None => 't',
    });
    let turns = normalised.messages.iter().map(|message| message.content.iter().map(letter).collect());
    let parts: Vec<String> = [tools.collect(), system.collect()].into_iter().chain(turns).collect();
    parts.join(" ")
}

/// A request with tools, a system prompt, and turns of the user and the assistant in turn.
fn request(turns: impl IntoIterator<Item = Vec<Content>>) -> Request {
    let mut request = Request::new(CLAUDE).system("Be brief.");
    request.tools.push(weather());
    let roles = [Message::user as fn(Vec<Content>) -> Message, Message::assistant].into_iter().cycle();
    request.messages = turns.into_iter().zip(roles).map(|(content, of)| of(content)).collect();
    request
}

fn said() -> Content {
    Content::text("words")
}

/// A conversation of so many tool calls.
fn tool_loop(calls: usize) -> Request {
    let rounds = (0..calls).flat_map(|id| [vec![call(id)], vec![result(id)]]);
    request([vec![said()]].into_iter().chain(rounds))
}

#[test]
fn points_advance_with_a_loop_of_tool_calls() {
    let claude = target(CLAUDE);
    let outlines: Vec<_> = (0..4).map(|calls| outline(&tidy(&tool_loop(calls), AUTO, &claude))).collect();
    assert_eq!(outlines, ["t5 t5 t5", "t5 t5 t5 c a5", "t5 t5 t c a5 c a5", "t5 t5 t c a c a5 c a5"]);
}

/// Nova takes no point after results, so the words before the loop keep theirs.
#[test]
fn points_stay_at_the_words_where_none_may_follow_results() {
    let nova = target(NOVA);
    let outlines: Vec<_> = (0..3).map(|calls| outline(&tidy(&tool_loop(calls), AUTO, &nova))).collect();
    assert_eq!(outlines, ["t t5 t5", "t t5 t5 c a", "t t5 t5 c a c a"]);
}

#[test]
fn automatic_points_fill_the_places_that_are_left_the_best_first() {
    let four_turns = || request((0..4).map(|_| vec![said()]).chain([vec![said()]]));
    let mut claude = target(CLAUDE);
    for (limit, expected) in [
        (4, "t5 t5 t t t5 t t5"),
        (3, "t t5 t t t5 t t5"),
        (2, "t t5 t t t t t5"),
        (1, "t t t t t t t5"),
        (0, "t t t t t t t"),
    ] {
        claude.caching.max_cache_points = Some(limit);
        assert_eq!(outline(&tidy(&four_turns(), AUTO, &claude)), expected, "{limit}");
    }
}

#[test]
fn a_part_with_a_point_of_the_callers_gets_no_other() {
    let mut split = request([vec![said()], vec![said()], vec![said(), said()]]);
    split.messages[2].content.insert(1, Content::CachePoint(point(FIVE)));
    split.system.push(SystemContent::CachePoint(point(FIVE)));
    split.system.push(SystemContent::Text(Text { text: "It is Monday.".into() }));
    assert_eq!(outline(&tidy(&split, AUTO, &target(CLAUDE))), "t5 t5t t5 t t5t");
}

#[test]
fn automatic_points_live_as_long_as_those_around_them_let_them() {
    let hour = Some(Caching::Auto { ttl: HOUR });
    let claude = target(CLAUDE);
    let turns = || request([vec![said()], vec![said()], vec![said()]]);
    assert_eq!(outline(&tidy(&turns(), hour, &claude)), "th th th t th");
    let mut short_system = turns();
    short_system.system.push(SystemContent::CachePoint(point(FIVE)));
    assert_eq!(outline(&tidy(&short_system, hour, &claude)), "th t5 t5 t t5");
    let mut long_system = turns();
    long_system.system.push(SystemContent::CachePoint(point(HOUR)));
    assert_eq!(outline(&tidy(&long_system, AUTO, &claude)), "th th t5 t t5");
    for short_lived in [target(NOVA), target(CLAUDE).after(Refusal::CacheTtl)] {
        let normalised = tidy(&turns(), hour, &short_lived);
        assert!(!outline(&normalised).contains('h'));
        assert_eq!(normalised.warnings, []);
    }
}

#[test]
fn short_prefixes_get_no_automatic_point() {
    let mut claude = Target::of(CLAUDE);
    claude.caching.min_tokens = None;
    let long = "word ".repeat(1024 * 4 / 5);
    let short = request([vec![said()]]);
    assert_eq!(outline(&tidy(&short, AUTO, &claude)), "t t t");
    let long_turn = request([vec![said()], vec![said()], vec![Content::text(long.clone())]]);
    assert_eq!(outline(&tidy(&long_turn, AUTO, &claude)), "t t t t t5");
    let long_system = request([vec![said()], vec![said()], vec![said()]]).system(long.clone());
    assert_eq!(outline(&tidy(&long_system, AUTO, &claude)), "t tt5 t5 t t5");
    let mut long_tools = short.clone();
    long_tools.tools.push(Tool::Spec(ToolSpec::new("clock", long, json!({ "type": "object" }))));
    assert_eq!(outline(&tidy(&long_tools, AUTO, &claude)), "tt5 t5 t5");
    let image = Image { format: ImageFormat::Png, source: Source::Bytes(Blob::from(vec![1])) };
    let pictured = request([vec![Content::Image(image)], vec![said()], vec![said()]]);
    assert_eq!(outline(&tidy(&pictured, AUTO, &claude)), "t t i5 t t5");
    let read = request([vec![file(DocumentFormat::Pdf), said()]]);
    assert_eq!(outline(&tidy(&read, AUTO, &claude)), "t t dt", "64 bytes are no book");
}

#[test]
fn no_automatic_point_follows_a_document() {
    for format in [DocumentFormat::Csv, DocumentFormat::Pdf] {
        let first = request([vec![said(), file(format)]]);
        assert_eq!(outline(&tidy(&first, AUTO, &target(CLAUDE))), "t5 t5 t5d");
        let next = request([vec![said(), file(format)], vec![said()], vec![said()]]);
        assert_eq!(outline(&tidy(&next, AUTO, &target(CLAUDE))), "t5 t5 t5d t t5");
        let alone = request([vec![file(format)]]);
        assert_eq!(outline(&tidy(&alone, AUTO, &target(CLAUDE))), "t5 t5 dt5", "a text is put behind it");
    }
}

#[test]
fn only_models_that_are_known_to_take_points_get_them_automatically() {
    for id in ["unknown", "moonshotai.kimi-k3", "openai.gpt-5.6-sol", "meta.llama3-3-70b-instruct-v1:0"] {
        let normalised = tidy(&tool_loop(1), AUTO, &target(id));
        assert_eq!(outline(&normalised), "t t t c a", "{id}");
        assert_eq!(normalised.warnings, [], "{id}");
    }
    for (section, expected) in
        [(Section::Tools, "t t5 t5"), (Section::System, "t5 t t5"), (Section::Messages, "t5 t5 t")]
    {
        let refusing = target(CLAUDE).after(Refusal::CachePoints(section));
        assert_eq!(outline(&tidy(&tool_loop(0), AUTO, &refusing)), expected);
    }
}

#[test]
fn off_leaves_the_callers_points_where_they_are() {
    let mut asked = request([vec![said()]]);
    asked.system.push(SystemContent::CachePoint(point(HOUR)));
    for caching in [None, Some(Caching::Off)] {
        assert_eq!(outline(&tidy(&asked, caching, &target(CLAUDE))), "t th t");
    }
}

// Laws for any request.

fn points() -> impl Strategy<Value = CachePoint> {
    prop_oneof![Just(point(FIVE)), Just(point(HOUR))]
}

fn content(role: Role) -> BoxedStrategy<Content> {
    let both = prop_oneof![
        3 => Just(said()),
        1 => Just(Content::text(" ")),
        3 => points().prop_map(Content::CachePoint),
    ];
    let signed = Reasoning { text: "Hm.".into(), signature: Some(" s1g ".into()), redacted: None };
    match role {
        Role::User => prop_oneof![
            4 => both,
            2 => (0..3_usize).prop_map(result),
            1 => Just(file(DocumentFormat::Csv)),
            1 => Just(file(DocumentFormat::Pdf)),
        ]
        .boxed(),
        _ => prop_oneof![
            4 => both,
            2 => Just(Content::Reasoning(signed)),
            2 => Just(call(0)),
        ]
        .boxed(),
    }
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![Just(Role::User), Just(Role::Assistant)].prop_flat_map(|role| {
        let content = proptest::collection::vec(content(role), 1..5);
        content.prop_map(move |content| Message { role, content, model: None })
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let tool = prop_oneof![Just(weather()), points().prop_map(Tool::CachePoint)];
    let system = prop_oneof![
        Just(SystemContent::Text(Text { text: "Be brief.".into() })),
        points().prop_map(SystemContent::CachePoint),
    ];
    let parts = (
        proptest::collection::vec(tool, 0..4),
        proptest::collection::vec(system, 0..4),
        proptest::collection::vec(message(), 1..7),
    );
    parts.prop_map(|(tools, system, messages)| {
        let mut request = Request::new(CLAUDE).user("Hi");
        request.tools = tools;
        request.system = system;
        request.messages.extend(messages);
        let specs = request.tools.iter_mut().filter_map(|tool| match tool {
            Tool::Spec(spec) => Some(spec),
            _ => None,
        });
        for (number, spec) in specs.enumerate().skip(1) {
            spec.name = format!("weather-{number}");
        }
        // Not every model lets the assistant speak last.
        request = request.user("Bye");
        let contents = request.messages.iter_mut().flat_map(|message| &mut message.content);
        let calls = contents.filter_map(|content| match content {
            Content::ToolUse(call) => Some(call),
            _ => None,
        });
        for (id, call) in calls.enumerate() {
            call.id = id.to_string();
        }
        keep_five_documents(&mut request);
        request
    })
}

/// More are replaced by notes, one for each run of them, and a point ends a run.
fn keep_five_documents(request: &mut Request) {
    let mut documents = 0;
    for message in &mut request.messages {
        message.content.retain(|content| {
            documents += usize::from(matches!(content, Content::Document(_)));
            !matches!(content, Content::Document(_)) || documents <= 5
        });
    }
}

fn any_target() -> impl Strategy<Value = Target> {
    let ids = ["unknown", CLAUDE, NOVA, "anthropic.claude-sonnet-4-20250514-v1:0", "deepseek.v3.2"];
    let refusals = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Refusal::CacheTtl)),
        1 => Just(Some(Refusal::CachePoints(Section::Tools))),
        1 => Just(Some(Refusal::CachePoints(Section::System))),
        1 => Just(Some(Refusal::CachePoints(Section::Messages))),
    ];
    (prop::sample::select(ids.to_vec()), refusals).prop_map(|(id, refusal)| match refusal {
        Some(refusal) => target(id).after(refusal),
        None => target(id),
    })
}

fn any_caching() -> impl Strategy<Value = Option<Caching>> {
    let auto = |ttl| Just(Some(Caching::Auto { ttl }));
    prop_oneof![Just(None), Just(Some(Caching::Off)), auto(FIVE), auto(HOUR)]
}

/// The points of a list, with what is before each.
fn check_list<T: super::block::Block>(blocks: &[T], family: Family) -> Vec<CacheTtl> {
    for (at, block) in blocks.iter().enumerate() {
        if block.point().is_some() {
            let before = at.checked_sub(1).map(|before| &blocks[before]).expect("a point leads");
            assert!(before.point().is_none(), "two points in a row");
            assert_eq!(before.unfollowed(family), None);
        }
    }
    blocks.iter().filter_map(super::block::Block::point).map(|point| point.ttl).collect()
}

fn without_points(mut request: Request) -> Request {
    request.tools.retain(|tool| tool.point().is_none());
    request.system.retain(|content| content.point().is_none());
    for message in &mut request.messages {
        message.content.retain(|content| content.point().is_none());
    }
    request
}

/// The normalised request, to be normalised again.
fn again(request: &Request, normalised: &Normalised) -> Request {
    let mut again = request.clone();
    again.tools.clone_from(&normalised.tools);
    again.system.clone_from(&normalised.system);
    again.messages.clone_from(&normalised.messages);
    again
}

proptest! {
    #[test]
    fn every_point_is_one_that_the_model_takes(
        request in any_request(), caching in any_caching(), target in any_target(),
    ) {
        let normalised = tidy(&request, caching, &target);
        let model = Model::of(&target);
        let in_tools = check_list(&normalised.tools, model.family);
        let in_system = check_list(&normalised.system, model.family);
        let in_messages: Vec<_> =
            normalised.messages.iter().flat_map(|message| check_list(&message.content, model.family)).collect();
        for (section, points) in
            [(Section::Tools, &in_tools), (Section::System, &in_system), (Section::Messages, &in_messages)]
        {
            prop_assert!(points.is_empty() || !model.refuses(section));
        }
        let all = [in_tools, in_system, in_messages].concat();
        prop_assert!(all.len() <= model.limit);
        prop_assert!(all.iter().skip_while(|ttl| **ttl == HOUR).all(|ttl| *ttl == FIVE));
        prop_assert!(model.one_hour || all.iter().all(|ttl| *ttl == FIVE));
    }

    #[test]
    fn a_pointed_request_is_not_pointed_again(
        request in any_request(), caching in any_caching(), target in any_target(),
    ) {
        let once = tidy(&request, caching, &target);
        let twice = tidy(&again(&request, &once), caching, &target);
        prop_assert_eq!(&twice.warnings, &vec![]);
        prop_assert_eq!(outline(&twice), outline(&once));
    }

    /// Settings are for all models alike, and say nothing.
    #[test]
    fn a_request_that_asks_for_points_gets_one_or_a_reason(
        request in any_request(), ttl in prop_oneof![Just(FIVE), Just(HOUR)], target in any_target(),
    ) {
        let wish = Some(Caching::Auto { ttl });
        let mut asking = request.clone();
        asking.caching = wish;
        let by_request = tidy(&asking, None, &target);
        let by_settings = tidy(&request, wish, &target);
        prop_assert_eq!(outline(&by_request), outline(&by_settings));
        let reasons = |normalised: &Normalised| {
            normalised.warnings.iter().filter(|warning| warning.rule == CACHE_WITHOUT_EFFECT).count()
        };
        let pointed = outline(&by_request).contains(['5', 'h']);
        prop_assert_eq!((reasons(&by_request), reasons(&by_settings)), (usize::from(!pointed), 0));
    }

    #[test]
    fn nothing_but_points_is_touched(
        request in any_request(), caching in any_caching(), target in any_target(),
    ) {
        let pointed = tidy(&request, caching, &target);
        let plain = tidy(&without_points(request.clone()), None, &target);
        let pointed = without_points(again(&request, &pointed));
        prop_assert_eq!(pointed.messages, plain.messages);
        prop_assert_eq!(pointed.system, plain.system);
        prop_assert_eq!(pointed.tools, plain.tools);
    }

    /// What one request wrote, the next one reads: where the newest point was is a point still.
    #[test]
    fn the_next_request_goes_on_from_the_newest_point(calls in 0..8_usize, id in prop::sample::select(vec![CLAUDE, NOVA])) {
        let newest = |calls| {
            let normalised = tidy(&tool_loop(calls), AUTO, &target(id));
            let pointed = normalised.messages.into_iter().enumerate().rev().filter(|(_, message)| {
                message.content.iter().any(|content| content.point().is_some())
            });
            pointed.map(|(turn, _)| turn).collect::<Vec<_>>()
        };
        prop_assert!(newest(calls + 1).contains(&newest(calls)[0]));
    }
}

#[test]
fn every_rule_is_named_after_what_it_is_about() {
    assert!(RULES.iter().all(|rule| rule.starts_with("cache-")), "{RULES:?}");
}
