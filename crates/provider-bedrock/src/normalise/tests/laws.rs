//! Laws that hold for any conversation, whatever model is asked.

mod conversation;
mod reasoning;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use conversation::conversation;

/// The models: one of each kind, and one of which nothing is known.
fn model() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just("unknown"), 2 => Just(CLAUDE), 1 => Just(BUDGET), 2 => Just(NOVA), 1 => Just(TEXT_ONLY),
        1 => Just(NO_TOOLS), 1 => Just(RESULTS_ALONE),
    ]
}

/// With tools, if the model has any.
fn ask_with_tools(messages: Vec<Message>, model: &str, with_system_tool: bool) -> Request {
    let mut request = ask(messages);
    if model != NO_TOOLS {
        request = with_tools(request).tool(ToolSpec::new("get.weather", " ", json!({})));
        let system_tool = Tool::System(SystemTool { name: "nova_grounding".into() });
        request.tools.extend(with_system_tool.then_some(system_tool));
    }
    request
}

fn ids<'a>(message: &'a Message, id: impl Fn(&'a Content) -> Option<&'a str>) -> Vec<&'a str> {
    message.content.iter().filter_map(id).collect()
}

fn calls(message: &Message) -> Vec<&str> {
    ids(message, |content| match content {
        Content::ToolUse(call) if !call.by_service => Some(&call.id),
        _ => None,
    })
}

fn results(message: &Message) -> Vec<&str> {
    ids(message, |content| match content {
        Content::ToolResult(result) => Some(&result.tool_use_id),
        _ => None,
    })
}

fn said<'a>(messages: impl IntoIterator<Item = &'a Message>, role: Role) -> Vec<&'a str> {
    let turns = messages.into_iter().filter(|message| message.role == role);
    let texts = turns.flat_map(|message| &message.content).filter_map(|content| match content {
        Content::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    texts.filter(|text| !text.trim().is_empty()).collect()
}

/// Everything that is neither text nor of tools, in order: `image`, `document`, …
fn shown(messages: &[Message]) -> Vec<&'static str> {
    let content = messages.iter().flat_map(|message| &message.content);
    let kinds = content.filter_map(|content| match content {
        Content::Image(_) => Some("image"),
        Content::Document(_) => Some("document"),
        Content::Video(_) => Some("video"),
        Content::Audio(_) => Some("audio"),
        Content::Guard(_) => Some("guard"),
        Content::Reasoning(_) => Some("reasoning"),
        _ => None,
    });
    kinds.collect()
}

fn fits(name: &str, more: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|it| it.is_ascii_alphanumeric() || more.contains(it))
}

/// What Converse demands of any conversation.
fn check_order(turns: &[Message]) -> std::result::Result<(), TestCaseError> {
    prop_assert_eq!(turns[0].role, Role::User);
    for pair in turns.windows(2) {
        prop_assert_ne!(pair[0].role, pair[1].role);
    }
    let mut seen = BTreeSet::new();
    for (at, turn) in turns.iter().enumerate() {
        prop_assert!(!turn.content.is_empty());
        for content in &turn.content {
            if let Content::ToolUse(call) = content {
                prop_assert!(fits(&call.name, "_-"), "{:?}", call.name);
                prop_assert!(fits(&call.id, "_.:-"), "{:?}", call.id);
                prop_assert!(seen.insert(call.id.clone()), "{} twice", call.id);
            }
        }
        if turn.role == Role::Assistant {
            // A tool of the service answers where it is called.
            let own: Vec<_> = ids(turn, |content| match content {
                Content::ToolUse(call) if call.by_service => Some(&call.id),
                _ => None,
            });
            let answered = results(turn);
            let goes_on = at + 1 == turns.len();
            prop_assert!(answered == own || goes_on && answered.iter().all(|id| own.contains(id)));
            let attached = shown(std::slice::from_ref(turn));
            prop_assert!(attached.iter().all(|kind| *kind == "reasoning"), "{attached:?}");
        } else {
            // Every call has its one result at the front of the next turn, in the order of the calls; there are no
            // other results.
            let open = at.checked_sub(1).map(|before| calls(&turns[before])).unwrap_or_default();
            prop_assert_eq!(&results(turn), &open);
            let mut front = turn.content.iter().take(open.len());
            prop_assert!(front.all(|content| matches!(content, Content::ToolResult(_))));
        }
    }
    prop_assert!(calls(&turns[turns.len() - 1]).is_empty(), "a call at the end has its result too");
    Ok(())
}

fn check_content(turns: &[Message]) -> std::result::Result<(), TestCaseError> {
    let blank = |text: &str| text.trim().is_empty();
    for turn in turns {
        for content in &turn.content {
            match content {
                Content::Text(text) => prop_assert!(!blank(&text.text)),
                Content::ToolResult(result) => {
                    prop_assert!(!result.content.is_empty());
                    let all_said = result
                        .content
                        .iter()
                        .all(|part| !matches!(part, ToolResultContent::Text(text) if blank(&text.text)));
                    prop_assert!(all_said);
                }
                _ => {}
            }
        }
        let has = |is: fn(&Content) -> bool| turn.content.iter().any(is);
        let document = has(|content| matches!(content, Content::Document(_)));
        prop_assert!(!document || has(|content| matches!(content, Content::Text(_))));
    }
    prop_assert!(shown(turns).iter().filter(|kind| **kind == "document").count() <= 5);
    Ok(())
}

/// What a model of the table takes in place of everything else.
fn check_kinds(turns: &[Message], model: &str) -> std::result::Result<(), TestCaseError> {
    let kinds = shown(turns);
    let images_in_results = turns.iter().flat_map(|turn| &turn.content).any(|content| {
        matches!(content, Content::ToolResult(result)
            if result.content.iter().any(|part| matches!(part, ToolResultContent::Image(_))))
    });
    if [TEXT_ONLY, NO_TOOLS].contains(&model) {
        prop_assert!(!kinds.contains(&"image") && !images_in_results, "{kinds:?}");
    }
    if model != "unknown" {
        prop_assert!(!kinds.contains(&"audio"));
    }
    if [RESULTS_ALONE, TEXT_ONLY].contains(&model) {
        let alone = |turn: &Message| results(turn).is_empty() || results(turn).len() == turn.content.len();
        prop_assert!(turns.iter().filter(|turn| turn.role == Role::User).all(alone));
    }
    if model == RESULTS_ALONE || model == "unknown" {
        prop_assert!(!images_in_results);
    }
    if model == CLAUDE {
        let refused = |content: &Content| match content {
            Content::Document(document) => document.format != DocumentFormat::Pdf,
            Content::ToolResult(result) => {
                let text = |part: &_| matches!(part, ToolResultContent::Text(_) | ToolResultContent::Json(_));
                result.is_error && !result.content.iter().all(text)
            }
            _ => false,
        };
        let with_results = turns.iter().filter(|turn| turn.role == Role::User && !results(turn).is_empty());
        prop_assert!(with_results.flat_map(|turn| &turn.content).all(|content| !refused(content)));
    }
    if model == NOVA {
        prop_assert!(kinds.iter().filter(|kind| **kind == "video").count() <= 1);
    }
    if model == NO_TOOLS {
        prop_assert!(turns.iter().all(|turn| calls(turn).is_empty() && results(turn).is_empty()));
    }
    Ok(())
}

fn is_reasoning(content: &Content) -> bool {
    matches!(content, Content::Reasoning(_))
}

/// Where Claude takes reasoning.
fn check_reasoning(turns: &[Message], model: &str) -> std::result::Result<(), TestCaseError> {
    for turn in turns.iter().filter(|_| [CLAUDE, BUDGET].contains(&model)) {
        let said = turn.content.iter().rfind(|content| !matches!(content, Content::CachePoint(_)));
        prop_assert!(!said.is_some_and(is_reasoning), "{:?}", turn);
        let mut said = turn.content.iter().filter(|content| !matches!(content, Content::CachePoint(_)));
        let begins = said.next().is_none_or(is_reasoning);
        prop_assert!(model == CLAUDE || begins || !said.any(is_reasoning), "{:?}", turn);
    }
    Ok(())
}

fn says_nothing(messages: &[Message]) -> bool {
    messages.iter().flat_map(|message| &message.content).all(|content| match content {
        Content::Text(text) => text.text.trim().is_empty(),
        // A result without a call, a call of the service's without a result.
        Content::ToolResult(_) | Content::Reasoning(_) | Content::CachePoint(_) => true,
        Content::ToolUse(call) => call.by_service,
        _ => false,
    })
}

proptest! {
    #[test]
    fn every_conversation_becomes_one_that_converse_takes(
        messages in conversation(), model in model(), system_tool in any::<bool>(),
    ) {
        let mut messages = messages;
        // Whether a conversation may end with the assistant's turn is the model's own way, and what the last message
        // brings is refused by name.
        messages.push(user("Go on."));
        let request = ask_with_tools(messages, model, system_tool);
        let normalised = tidy_for(&request, model).unwrap();
        check_order(&normalised.messages)?;
        check_content(&normalised.messages)?;
        check_kinds(&normalised.messages, model)?;
        check_reasoning(&normalised.messages, model)?;
    }

    #[test]
    fn only_who_says_nothing_is_refused_by_a_model_that_nobody_knows(messages in conversation()) {
        match tidy(&ask(messages.clone())) {
            Ok(normalised) => {
                check_order(&normalised.messages)?;
                check_content(&normalised.messages)?;
            }
            Err(error) => prop_assert!(says_nothing(&messages), "{error}"),
        }
    }

    #[test]
    fn nothing_that_was_said_is_lost_or_reordered(messages in conversation(), model in model()) {
        let mut messages = messages;
        messages.push(user("Go on."));
        let normalised = tidy_for(&ask_with_tools(messages.clone(), model, true), model).unwrap();
        for role in [Role::User, Role::Assistant] {
            let before = said(&messages, role);
            let after = said(&normalised.messages, role).into_iter().filter(|text| before.contains(text));
            prop_assert_eq!(&before, &after.collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_not_text_is_kept_or_spoken_of(messages in conversation(), model in model()) {
        let mut messages = messages;
        messages.push(user("Go on."));
        let normalised = tidy_for(&ask_with_tools(messages.clone(), model, true), model).unwrap();
        let speaks = |rule: &&str| {
            rule.starts_with("media-") || rule.ends_with("reasoning") || rule.ends_with("-images")
                || ["tools-as-text", "tool-result-media", "failed-tool-result", "misplaced-content"].contains(rule)
                // Told in words, with its images.
                || *rule == "orphan-tool-result"
        };
        if !rules(&normalised).iter().any(speaks) {
            prop_assert_eq!(shown(&messages), shown(&normalised.messages));
        }
    }

    #[test]
    fn document_names_are_acceptable_and_unique(names in proptest::collection::vec(".{0,240}", 1..6)) {
        let mut content = vec![text("Read.")];
        content.extend(names.iter().map(|name| document(Some(name))));
        let normalised = tidy(&ask(vec![user(content)])).unwrap();
        let mut seen = BTreeSet::new();
        for content in &normalised.messages[0].content[1..] {
            let Content::Document(Document { name: Some(name), .. }) = content else { panic!("{content:?}") };
            prop_assert!((1..=200).contains(&name.chars().count()), "{name:?}");
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || " -()[]".contains(c)), "{name:?}");
            prop_assert!(!name.contains("  "), "{name:?}");
            prop_assert!(seen.insert(name.clone()), "{name:?} twice");
        }
    }

    #[test]
    fn normalising_twice_changes_nothing_and_says_nothing(
        messages in conversation(), model in model(), choice in tool_choice(), system_tool in any::<bool>(),
    ) {
        let mut messages = messages;
        messages.push(user("Go on."));
        let mut request = ask_with_tools(messages, model, system_tool).system("Be brief.").system(" ");
        request.tool_choice = choice.filter(|_| model != NO_TOOLS);
        request.inference.temperature = Some(1.5);
        let once = tidy_for(&request, model).unwrap();
        let mut again = Request::new(model);
        again.messages.clone_from(&once.messages);
        again.system.clone_from(&once.system);
        again.tools.clone_from(&once.tools);
        again.tool_choice.clone_from(&once.tool_choice);
        again.inference = once.inference.clone();
        let twice = tidy_for(&again, model).unwrap();
        prop_assert_eq!(&twice.warnings, &vec![]);
        let expected = Normalised {
            warnings: vec![],
            suppress_tool_calls: twice.suppress_tool_calls,
            names: twice.names.clone(),
            ..once
        };
        prop_assert_eq!(twice, expected);
    }

    /// Prompt caches live on this: what a conversation begins with is written the same however it goes on. Only the
    /// last turn is open: the next message may join it, and it may be written as two with a short answer between them.
    /// And where a call waits for its result at the end, that result is made up, so that the turn of the call is the
    /// open one. (Where only so many attachments are taken, the older
    /// ones have to go.)
    #[test]
    fn a_longer_conversation_begins_the_same(
        messages in conversation(), model in model(), cut in any::<prop::sample::Index>(),
    ) {
        let prefix = messages[..cut.index(messages.len() + 1)].to_vec();
        let tidy = |messages| tidy_for(&ask_with_tools(messages, model, true), model);
        if let (Ok(short), Ok(long)) = (tidy(prefix), tidy(messages)) {
            let surplus = [&short, &long].iter().any(|normalised| rules(normalised).contains(&"media-surplus"));
            prop_assume!(!surplus);
            let parted = short.messages.iter().rev().nth(1).is_some_and(|turn| {
                turn.role == Role::Assistant && turn.content == [text("(I have the results.)")]
            });
            let open = if parted { 3 } else { 1 };
            let last = &short.messages[short.messages.len() - open];
            let waits = last.content.iter().any(|content| match content {
                Content::ToolResult(result) => result.is_error,
                // Whether it gets a result decides whether the turn stays.
                Content::ToolUse(call) => call.by_service && !results(last).contains(&call.id.as_str()),
                Content::Text(text) => {
                    // The same two, told in words.
                    let waits = ["No result", "[called the tool"];
                    model == NO_TOOLS && waits.iter().any(|start| text.text.starts_with(start))
                }
                _ => false,
            });
            let closed = short.messages.len().saturating_sub(open + usize::from(waits));
            prop_assert!(long.messages.len() >= closed);
            // Whether a turn goes on decides about its thoughts where the model does not think.
            let idle = [&short, &long].iter().any(|normalised| rules(normalised).contains(&"idle-reasoning"));
            // The newest cache points are kept, and they are no part of what is cached.
            let said = |messages: &[Message]| -> Vec<_> {
                let without = |message: Message| match without_cache_points(message) {
                    message if idle => without_reasoning(message),
                    message => message,
                };
                messages.iter().cloned().map(without).collect()
            };
            prop_assert_eq!(said(&short.messages[..closed]), said(&long.messages[..closed]));
        }
    }
}

fn without_reasoning(mut message: Message) -> Message {
    message.content.retain(|content| !is_reasoning(content));
    message
}

fn without_cache_points(mut message: Message) -> Message {
    message.content.retain(|content| !matches!(content, Content::CachePoint(_)));
    message
}

fn tool_choice() -> impl Strategy<Value = Option<ToolChoice>> {
    prop_oneof![
        Just(None),
        Just(Some(ToolChoice::Auto)),
        Just(Some(ToolChoice::Any)),
        Just(Some(ToolChoice::None)),
        Just(Some(ToolChoice::Tool { name: "weather".into() })),
        Just(Some(ToolChoice::Tool { name: "get.weather".into() })),
    ]
}
