//! Each law broken once, and a lawful stream.

use futures_core::stream::BoxStream;

use super::*;
use crate::{End, Start, StopReason, next};

fn stream(items: Vec<Result<Event>>) -> BoxStream<'static, Result<Event>> {
    struct Items(std::vec::IntoIter<Result<Event>>);
    impl Stream for Items {
        type Item = Result<Event>;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next())
        }
    }
    Box::pin(Checked::new(Items(items.into_iter())))
}

fn start() -> Event {
    Event::Start(Start::default())
}

fn open(index: u32) -> Event {
    Event::Open { index, block: Block::Text }
}

fn open_tool(index: u32) -> Event {
    Event::Open { index, block: Block::tool_use("1", "t") }
}

fn text(index: u32) -> Event {
    Event::Delta { index, delta: Delta::Text { text: "x".into() } }
}

fn json(index: u32, json: &str) -> Event {
    Event::Delta { index, delta: Delta::ToolInput { json: json.into() } }
}

fn close(index: u32) -> Event {
    Event::Close { index }
}

fn end(reason: StopReason) -> Event {
    Event::End(Box::new(End::new(reason)))
}

/// The law that the events break, or `None`, and how many items came through before.
fn verdict(events: Vec<Event>) -> (Option<Violation>, usize) {
    use std::error::Error as _;
    let mut checked = stream(events.into_iter().map(Ok).collect());
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let mut passed = 0;
    loop {
        let mut item = std::pin::pin!(next(&mut checked));
        match item.as_mut().poll(&mut cx) {
            Poll::Ready(Some(Ok(_))) => passed += 1,
            Poll::Ready(Some(Err(error))) => {
                assert_eq!(error.kind(), ErrorKind::Protocol);
                return (error.source().unwrap().downcast_ref().cloned(), passed);
            }
            Poll::Ready(None) => return (None, passed),
            Poll::Pending => panic!("a stream from memory never waits"),
        }
    }
}

#[test]
fn sparse_and_interleaved_blocks_are_lawful() {
    let events = vec![
        start(),
        open(8),
        open_tool(3),
        text(8),
        json(3, r#"{"a":"#),
        Event::Raw { value: serde_json::Value::Null },
        json(3, "1}"),
        close(3),
        text(8),
        close(8),
        end(StopReason::ToolUse),
    ];
    assert_eq!(verdict(events), (None, 11));
}

#[test]
fn each_broken_law_is_named_and_ends_the_stream() {
    let done = || end(StopReason::EndTurn);
    let cases = [
        (vec![open(0)], Violation::Start, 0),
        (vec![start(), start()], Violation::Start, 1),
        (vec![start(), open(0), open(0)], Violation::OpenedTwice(0), 2),
        (vec![start(), open(0), close(0), open(0)], Violation::OpenedTwice(0), 3),
        (vec![start(), text(0)], Violation::NotOpen(0), 1),
        (vec![start(), open(1), close(1), text(1)], Violation::NotOpen(1), 3),
        (vec![start(), open(1), close(1), close(1)], Violation::NotOpen(1), 3),
        (vec![start(), open(0), json(0, "{}")], Violation::WrongDelta(0), 2),
        (vec![start(), open(0), done()], Violation::EndWhileOpen(0), 2),
        (vec![start(), done(), start()], Violation::AfterTheEnd, 2),
        (vec![start(), open(0), close(0)], Violation::NoEnd, 3),
        (vec![], Violation::NoEnd, 0),
        (
            vec![start(), open_tool(0), json(0, r#"{"a"#), close(0), end(StopReason::ToolUse)],
            Violation::BrokenToolInput(0),
            4,
        ),
    ];
    for (events, violation, passed) in cases {
        assert_eq!(verdict(events), (Some(violation), passed));
    }
}

#[test]
fn a_tool_call_may_be_broken_if_the_stop_reason_says_so() {
    for reason in [StopReason::MaxTokens, StopReason::MalformedToolUse, StopReason::ContextWindowExceeded] {
        let events = vec![start(), open_tool(0), json(0, r#"{"a"#), close(0), end(reason)];
        assert_eq!(verdict(events), (None, 5));
    }
    let no_arguments = vec![start(), open_tool(0), close(0), end(StopReason::ToolUse)];
    assert_eq!(verdict(no_arguments), (None, 4));
}

/// What the laws let through, a caller can have: both read arguments the same way.
#[test]
fn a_call_is_broken_for_the_laws_if_it_is_for_a_collector() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for input in ["{}", "", r#"{"a":"\ud83d"}"#, r#"{"a":1e999}"#, &deep, r#"{"a""#, "null", " "] {
        let events = vec![start(), open_tool(0), json(0, input), close(0), end(StopReason::ToolUse)];
        let mut collector = crate::Collector::new();
        events.iter().cloned().for_each(|event| collector.push(Ok(event)));
        let collected = collector.finish().response;
        let broken = collected.tool_uses().any(|call| call.malformed_input.is_some());
        assert_eq!(verdict(events).0.is_some(), broken, "{input}");
    }
}

#[test]
fn nothing_may_follow_an_error() {
    let mut laws = Laws::default();
    assert_eq!(laws.check(&Ok(start())), Ok(()));
    assert_eq!(laws.check(&Err(Error::new(ErrorKind::Throttled, "x"))), Ok(()));
    assert_eq!(laws.finish(), Ok(()));
    assert_eq!(laws.check(&Ok(end(StopReason::EndTurn))), Err(Violation::AfterTheEnd));
}
