//! Streams that break, and those that break their own order.

use super::*;

#[tokio::test]
async fn a_connection_that_closes_before_the_stop_is_no_success() {
    for frames in [
        vec![],
        vec![begins()],
        vec![begins(), says(0, "Half an ans")],
        vec![begins(), says(0, "A whole one."), ends(0)],
        vec![begins(), says(0, "A whole one."), ends(0), measured()],
    ] {
        let (events, error) = failure(&frames).await;
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{frames:?}");
        assert_eq!(error.request_id(), Some(REQUEST_ID));
        assert_eq!(events.is_empty(), frames.is_empty(), "what came is kept: {events:?}");
    }
}

#[tokio::test]
async fn after_the_stop_a_cut_connection_costs_the_usage_only() {
    let frames = [begins(), says(0, "Done."), ends(0), stops("end_turn")];
    let cut = answer(&frames).await;
    assert_eq!((cut.end.stop_reason, cut.end.usage), (StopReason::EndTurn, None));

    let mut body: Vec<u8> = frames.iter().flat_map(canned::frame).collect();
    body.extend(corrupt(&measured()));
    let garbled = whole(items_of(body, false).await);
    assert_eq!((garbled.end.stop_reason, garbled.end.usage), (StopReason::EndTurn, None));
}

#[tokio::test]
async fn a_frame_with_a_wrong_checksum_breaks_the_answer() {
    let mut body = canned::frame(&begins());
    body.extend(canned::frame(&says(0, "Half")));
    body.extend(corrupt(&says(0, " an answer")));
    let (events, error) = broken(items_of(body, false).await);
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
    assert_eq!(events[1..], [open(0, Block::Text), text(0, "Half")]);

    let (events, error) = broken(items_of(corrupt(&begins()), false).await);
    assert_eq!((error.kind(), events.len()), (ErrorKind::Interrupted, 0), "{error:?}");
}

/// A frame whose last byte, which is of its checksum, is wrong.
fn corrupt(event: &Value) -> Vec<u8> {
    let mut frame = canned::frame(event);
    *frame.last_mut().unwrap() ^= 0xff;
    frame
}

#[tokio::test]
async fn every_exception_is_classified_wherever_it_comes() {
    for (name, kind) in [
        ("internalServerException", ErrorKind::Unavailable),
        ("modelStreamErrorException", ErrorKind::Interrupted),
        ("validationException", ErrorKind::InvalidRequest),
        ("throttlingException", ErrorKind::Throttled),
        ("serviceUnavailableException", ErrorKind::Unavailable),
    ] {
        let exception = json!({ name: { "message": "not today" } });
        for before in [
            vec![],
            vec![begins(), says(0, "Half an ans")],
            vec![begins(), says(0, "A whole one."), ends(0), stops("end_turn")],
        ] {
            let frames: Vec<_> = before.iter().cloned().chain([exception.clone()]).collect();
            let (events, error) = failure(&frames).await;
            assert_eq!(error.kind(), kind, "{frames:?}");
            assert_eq!(error.request_id(), Some(REQUEST_ID), "{frames:?}");
            assert!(format!("{error:?}").contains("not today"), "the service's own words: {error:?}");
            assert_eq!(events.is_empty(), before.is_empty());
            if kind == ErrorKind::InvalidRequest {
                assert_eq!(error.retry(), Retry::Never);
            }
        }
    }
}

#[tokio::test]
async fn a_block_that_is_used_twice_is_a_broken_protocol_and_nothing_is_lost() {
    let twice = |again: Value| vec![begins(), says(0, "One"), ends(0), again, stops("end_turn"), measured()];
    for frames in [
        twice(says(0, "Two")),
        twice(begins_tool(0, "a", "weather")),
        vec![begins(), begins_tool(0, "a", "weather"), begins_tool(0, "b", "weather"), stops("tool_use")],
        vec![begins(), says(0, "One"), begins_tool(0, "b", "weather"), stops("tool_use")],
        vec![begins(), says(0, "One"), thinks(0, &json!({ "text": "Hm" })), stops("end_turn")],
    ] {
        let (_, error) = failure(&frames).await;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{frames:?}");
        assert_eq!(error.request_id(), Some(REQUEST_ID));
    }
}

#[tokio::test]
async fn nothing_grows_after_the_stop() {
    let frames = [
        begins(),
        says(0, "Done."),
        stops("end_turn"),
        ends(0),
        says(1, "And another thing"),
        begins_tool(2, "a", "weather"),
        stops("tool_use"),
        measured(),
        says(3, "!"),
    ];
    let answer = answer(&frames).await;
    assert_eq!(answer.events, [open(0, Block::Text), text(0, "Done."), close(0)]);
    assert_eq!(answer.end.stop_reason, StopReason::EndTurn);
    assert!(answer.end.usage.is_some());
}

#[tokio::test]
async fn what_is_not_known_is_left_out_and_the_rest_goes_on() {
    let answer = answer(&[
        begins(),
        json!({ "aNewEvent": { "hello": 1 } }),
        json!({ "contentBlockStart": { "start": { "aNewBlock": {} }, "contentBlockIndex": 0 } }),
        delta(0, &json!({ "aNewDelta": {} })),
        asks(5, "{}"),
        says(0, "Hi"),
        ends(0),
        stops("end_turn"),
        measured(),
    ])
    .await;
    assert_eq!(answer.events, [open(0, Block::Text), text(0, "Hi"), close(0)]);
}
