//! Conversations of all kinds, most of which the service would refuse.

use std::collections::BTreeMap;

use outcrop_core::{Audio, AudioFormat, Json, Video, VideoFormat};
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Part {
    Text(&'static str),
    Thought,
    Document(&'static str),
    Image,
    Video,
    Audio,
    Guard,
    Cache,
    /// A call of a tool with that name; with an id that all of its kind share, a strange one, or one of its own.
    Call(&'static str, Id),
    /// A call of a tool of the service, with its result or without.
    ServiceCall(bool),
    /// A result of one of the calls of the conversation, before or after, or of none; perhaps with an image or a report.
    Result(usize, &'static str, Beside),
    /// A result that is a number.
    Number(usize),
}

#[derive(Debug, Clone, Copy)]
enum Beside {
    Nothing,
    Image,
    Report,
}

#[derive(Debug, Clone, Copy)]
enum Id {
    Own,
    Strange,
    Shared,
}

impl Id {
    fn of(self, number: usize) -> String {
        match self {
            Self::Own => format!("call-{number}"),
            Self::Strange => format!("call {number} é"),
            Self::Shared => "call-0".to_owned(),
        }
    }
}

fn part(role: Role) -> BoxedStrategy<Part> {
    let words = prop_oneof![Just("word"), Just("two words\n"), Just(" "), Just(""), Just("\u{a0}")];
    let names = prop_oneof![
        3 => Just(""),
        4 => prop_oneof![Just("a"), Just("a (2)"), Just("é  é"), Just("document-2")],
    ];
    let both = prop_oneof![
        4 => words.clone().prop_map(Part::Text),
        1 => Just(Part::Cache),
        1 => Just(Part::Image),
    ];
    let beside = prop_oneof![2 => Just(Beside::Nothing), 1 => Just(Beside::Image), 1 => Just(Beside::Report)];
    let result =
        (0..6_usize, words, beside).prop_map(|(call, words, beside)| Part::Result(call, words, beside));
    let tools =
        prop_oneof![3 => Just("weather"), 1 => Just("get.weather"), 1 => Just(""), 1 => Just("clock")];
    let ids = prop_oneof![3 => Just(Id::Own), 1 => Just(Id::Strange), 1 => Just(Id::Shared)];
    let call = (tools, ids).prop_map(|(name, id)| Part::Call(name, id));
    if role == Role::User {
        return prop_oneof![
            10 => both,
            8 => result,
            1 => (0..6_usize).prop_map(Part::Number),
            1 => call,
            1 => Just(Part::Thought),
            6 => names.prop_map(Part::Document),
            2 => Just(Part::Video),
            2 => Just(Part::Audio),
            2 => Just(Part::Guard),
        ]
        .boxed();
    }
    prop_oneof![
        8 => both,
        2 => Just(Part::Thought),
        8 => call,
        2 => any::<bool>().prop_map(Part::ServiceCall),
        1 => result,
    ]
    .boxed()
}

fn turn() -> impl Strategy<Value = (Role, Vec<Part>)> {
    prop_oneof![Just(Role::User), Just(Role::Assistant)].prop_flat_map(|role| {
        proptest::collection::vec(part(role), 0..5).prop_map(move |parts| (role, parts))
    })
}

/// Gives every text a number, and every call an id that results can find.
#[derive(Default)]
struct Scribe {
    texts: usize,
    calls: usize,
    ids: BTreeMap<usize, Id>,
}

impl Scribe {
    fn id(&self, call: usize) -> String {
        self.ids.get(&call).copied().unwrap_or(Id::Own).of(call)
    }

    fn write(&mut self, part: Part) -> Vec<Content> {
        let source = || Source::Bytes(Blob::from(vec![1]));
        let image = || Image { format: ImageFormat::Png, source: source() };
        vec![match part {
            Part::Text(words) if words.trim().is_empty() => text(words),
            Part::Text(words) => {
                self.texts += 1;
                text(&format!("{words}{}", self.texts))
            }
            Part::Thought => signed("hm"),
            // Some say of words that they are a PDF.
            Part::Document("a") => Content::Document(Document {
                format: DocumentFormat::Pdf,
                source: DocumentSource::Text("words".into()),
                ..file(Some("a"))
            }),
            Part::Document(name) => document(Some(name).filter(|name| !name.is_empty())),
            Part::Image => Content::Image(image()),
            Part::Video => Content::Video(Video { format: VideoFormat::Mp4, source: source() }),
            Part::Audio => Content::Audio(Audio { format: AudioFormat::Mp3, source: source() }),
            Part::Guard => {
                Content::Guard(Guard { content: GuardContent::Text("guarded".into()), qualifiers: vec![] })
            }
            Part::Cache => Content::CachePoint(CachePoint::default()),
            Part::Call(name, id) => {
                self.ids.insert(self.calls, id);
                self.calls += 1;
                Content::ToolUse(ToolUse::new(id.of(self.calls - 1), name, json!({})))
            }
            Part::ServiceCall(answered) => {
                self.calls += 1;
                let id = format!("service-{}", self.calls);
                let call =
                    ToolUse { by_service: true, ..ToolUse::new(id.clone(), "nova_grounding", json!({})) };
                let mut both = vec![Content::ToolUse(call)];
                both.extend(answered.then(|| result(&id, "found")));
                return both;
            }
            Part::Result(call, words, beside) => {
                let mut result = ToolResult::text(self.id(call), words);
                result.content.extend(match beside {
                    Beside::Nothing => None,
                    Beside::Image => Some(ToolResultContent::Image(image())),
                    Beside::Report => Some(ToolResultContent::Document(Document {
                        format: DocumentFormat::Docx,
                        ..file(Some("report"))
                    })),
                });
                // Some tools fail.
                result.is_error = call == 1;
                Content::ToolResult(result)
            }
            Part::Number(call) => {
                let mut result = ToolResult::text(self.id(call), " ");
                result.content.push(ToolResultContent::Json(Json { value: json!(42) }));
                Content::ToolResult(result)
            }
        }]
    }
}

pub(super) fn conversation() -> impl Strategy<Value = Vec<Message>> {
    proptest::collection::vec(turn(), 0..10).prop_map(|turns| {
        let mut scribe = Scribe::default();
        let turns = turns.into_iter().map(|(role, parts)| Message {
            role,
            content: parts.into_iter().flat_map(|part| scribe.write(part)).collect(),
            model: None,
        });
        turns.collect()
    })
}
