//! What each rule does to a conversation.

use outcrop_core::Citations;

use super::*;

/// A conversation that a rule changes.
struct Case {
    rule: &'static str,
    name: &'static str,
    model: Option<&'static str>,
    before: Vec<Message>,
    after: Vec<Message>,
}

fn case(rule: &'static str, name: &'static str, before: Vec<Message>, after: Vec<Message>) -> Case {
    Case { rule, name, model: None, before, after }
}

fn for_model(model: &'static str, case: Case) -> Case {
    Case { model: Some(model), ..case }
}

/// The conversations that exactly one rule changes.
fn cases() -> Vec<Case> {
    [reasoning_cases(), text_cases(), call_cases(), turn_cases(), document_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn reasoning_cases() -> Vec<Case> {
    vec![
        for_model(
            CLAUDE,
            case(
                "foreign-reasoning",
                "unsigned reasoning is nothing that Claude takes",
                vec![user("2+2?"), assistant(vec![unsigned("Hm."), text("4")]), user("Sure?")],
                vec![user("2+2?"), assistant(vec![text("4")]), user("Sure?")],
            ),
        ),
        for_model(
            CLAUDE,
            case(
                "foreign-reasoning",
                "of another maker's model, signed or not",
                vec![
                    user("2+2?"),
                    by(NOVA, assistant(vec![signed("Hm."), redacted(), text("4")])),
                    user("Sure?"),
                ],
                vec![user("2+2?"), by(NOVA, assistant(vec![text("4")])), user("Sure?")],
            ),
        ),
        for_model(
            NOVA,
            case(
                "foreign-reasoning",
                "a signature is nothing that others take",
                vec![user("2+2?"), assistant(vec![signed("Hm."), redacted(), unsigned("So."), text("4")])],
                vec![user("2+2?"), assistant(vec![unsigned("So."), text("4")])],
            ),
        ),
    ]
}

fn text_cases() -> Vec<Case> {
    vec![
        case(
            "blank-text",
            "in every turn and in results",
            vec![
                user(vec![text(" \n"), text("Hi")]),
                assistant(vec![text(""), call("a"), text("\u{2003}")]),
                user(vec![Content::ToolResult(ToolResult {
                    tool_use_id: "a".into(),
                    content: vec![
                        ToolResultContent::Text(Text { text: "\t".into() }),
                        ToolResultContent::Text(Text { text: "sun".into() }),
                    ],
                    is_error: false,
                    kind: None,
                })]),
                user(""),
            ],
            vec![user("Hi"), assistant(call("a")), user(result("a", "sun"))],
        ),
        case(
            "blank-text",
            "a result with nothing else says so",
            vec![user("Hi"), assistant(call("a")), user(result("a", ""))],
            vec![user("Hi"), assistant(call("a")), user(result("a", "(no output)"))],
        ),
        case(
            "blank-text",
            "cited text too",
            vec![
                user("Hi"),
                assistant(vec![
                    Content::Citations(Citations { text: " ".into(), citations: vec![] }),
                    text("Hello"),
                ]),
            ],
            vec![user("Hi"), assistant("Hello")],
        ),
    ]
}

fn call_cases() -> Vec<Case> {
    vec![
        case(
            "tool-input",
            "JSON text of an object is read, all else becomes an empty object",
            vec![
                user("Hi"),
                assistant(vec![
                    call_with("a", json!("{\"city\": \"Bern\"}")),
                    call_with("b", json!("[1]")),
                    call_with("c", json!([1])),
                    call_with("d", Value::Null),
                    call_with("e", json!("{\"city\": \"Ber")),
                ]),
                user(["a", "b", "c", "d", "e"].map(|id| result(id, "ok")).to_vec()),
            ],
            vec![
                user("Hi"),
                assistant(vec![
                    call_with("a", json!({ "city": "Bern" })),
                    call("b"),
                    call("c"),
                    call("d"),
                    call("e"),
                ]),
                user(["a", "b", "c", "d", "e"].map(|id| result(id, "ok")).to_vec()),
            ],
        ),
        case(
            "tool-result-order",
            "in the order of the calls, before everything else",
            vec![
                user("Hi"),
                assistant(vec![text("Let me see."), call("a"), call("b")]),
                user(vec![text("Look:"), result("b", "2"), result("a", "1")]),
            ],
            vec![
                user("Hi"),
                assistant(vec![text("Let me see."), call("a"), call("b")]),
                user(vec![result("a", "1"), result("b", "2"), text("Look:")]),
            ],
        ),
        case(
            "orphan-tool-result",
            "of no call, of a call two turns ago, and a second one of the same call",
            vec![
                user(vec![text("Hi"), result("x", "?")]),
                assistant(call("a")),
                user(vec![result("a", "1"), result("a", "again"), result("x", "?")]),
                assistant("So."),
                user(vec![result("a", "late"), text("Thanks")]),
            ],
            vec![user("Hi"), assistant(call("a")), user(result("a", "1")), assistant("So."), user("Thanks")],
        ),
        case(
            "missing-tool-result",
            "when the user goes on, and at the end",
            vec![
                user("Hi"),
                assistant(vec![call("a"), call("b")]),
                user(vec![result("b", "2"), text("Never mind.")]),
                assistant(call("c")),
            ],
            vec![
                user("Hi"),
                assistant(vec![call("a"), call("b")]),
                user(vec![made_up("a"), result("b", "2"), text("Never mind.")]),
                assistant(call("c")),
                user(made_up("c")),
            ],
        ),
    ]
}

fn turn_cases() -> Vec<Case> {
    let opening = user("(The conversation begins with the assistant.)");
    vec![
        case(
            "merged-turns",
            "neighbours of the same role",
            vec![user("One"), user("two"), assistant("Three"), assistant("four"), user("Five")],
            vec![
                user(vec![text("One"), text("two")]),
                assistant(vec![text("Three"), text("four")]),
                user("Five"),
            ],
        ),
        case(
            "merged-turns",
            "results of one turn that came as a message each",
            vec![
                user("Hi"),
                assistant(vec![call("a"), call("b")]),
                user(result("a", "1")),
                user(result("b", "2")),
            ],
            vec![
                user("Hi"),
                assistant(vec![call("a"), call("b")]),
                user(vec![result("a", "1"), result("b", "2")]),
            ],
        ),
        case(
            "first-turn",
            "a greeting of the assistant gets a turn before it",
            vec![assistant("Welcome!"), user("Hi")],
            vec![opening, assistant("Welcome!"), user("Hi")],
        ),
    ]
}

fn document_cases() -> Vec<Case> {
    vec![
        case(
            "document-name",
            "characters, spaces and doubles",
            vec![user(vec![
                text("Read."),
                document(Some("résumé_2024.pdf")),
                document(Some("  two \t words ")),
                document(Some("")),
                document(None),
                document(Some("two words")),
            ])],
            vec![user(vec![
                text("Read."),
                document(Some("r-sum--2024-pdf")),
                document(Some("two words")),
                document(Some("document-3")),
                document(Some("document-4")),
                document(Some("two words (2)")),
            ])],
        ),
        case(
            "document-name",
            "length",
            vec![user(vec![
                text("Read."),
                document(Some("(1) [a]-b")),
                document(Some(&"x".repeat(250))),
                document(Some(&"x".repeat(250))),
            ])],
            vec![user(vec![
                text("Read."),
                document(Some("(1) [a]-b")),
                document(Some(&"x".repeat(200))),
                document(Some(&format!("{} (2)", "x".repeat(196)))),
            ])],
        ),
        case(
            "document-name",
            "documents in results are part of the same request",
            vec![
                user(vec![text("Read."), document(Some("a"))]),
                assistant(call("c")),
                user(vec![Content::ToolResult(ToolResult {
                    tool_use_id: "c".into(),
                    content: vec![ToolResultContent::Document(file(Some("a")))],
                    is_error: false,
                    kind: None,
                })]),
            ],
            vec![
                user(vec![text("Read."), document(Some("a"))]),
                assistant(call("c")),
                user(vec![Content::ToolResult(ToolResult {
                    tool_use_id: "c".into(),
                    content: vec![ToolResultContent::Document(file(Some("a (2)")))],
                    is_error: false,
                    kind: None,
                })]),
            ],
        ),
    ]
}

#[test]
fn every_rule_does_what_it_says_and_says_so() {
    for case in cases() {
        let Case { rule, name, model, before, after } = case;
        let request = with_tools(ask(before));
        let normalised = model.map_or_else(|| tidy(&request), |model| tidy_for(&request, model)).unwrap();
        assert_eq!(normalised.messages, after, "{rule}: {name}");
        assert_eq!(rules(&normalised), [rule], "{name}");
    }
}
