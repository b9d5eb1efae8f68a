//! Reasons to stop, usage, and what is known at the end.

use super::*;

#[tokio::test]
async fn every_reason_is_kept() {
    for (reason, expected) in [
        ("stop", StopReason::EndTurn),
        ("length", StopReason::MaxTokens),
        ("content_filter", StopReason::ContentFiltered),
        ("tool_calls", StopReason::EndTurn),
        ("model_length", StopReason::ContextWindowExceeded),
        ("flex", StopReason::Other("flex".to_owned())),
    ] {
        assert_eq!(answer(&[text("Hi"), stops(reason)]).await.1.stop_reason, expected, "{reason}");
    }
}

#[tokio::test]
async fn a_call_is_a_reason_to_stop_whatever_the_server_says() {
    let call = piece(json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{}" } }));
    assert_eq!(answer(&[call, stops("stop")]).await.1.stop_reason, StopReason::ToolUse);
}

#[tokio::test]
async fn a_text_that_stopped_the_model_is_told() {
    let stopped =
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "END" }] });
    let end = answer(&[text("Hi"), stopped]).await.1;
    assert_eq!(end.stop_reason, StopReason::StopSequence);
    assert_eq!(end.metadata, Some(json!({ "stop_reason": "END" })));
    // The number of a token is the end of the turn.
    let stopped =
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": 128_001 }] });
    assert_eq!(answer(&[text("Hi"), stopped]).await.1.stop_reason, StopReason::EndTurn);
}

#[tokio::test]
async fn usage_counts_wherever_it_stands() {
    let usage = json!({ "prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "cost": 0.1 });
    let expected = Some(Usage { input_tokens: 9, output_tokens: 3, ..Usage::default() });
    let after = json!({ "choices": [], "usage": usage });
    let beside = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": usage });
    let inside = json!({ "choices": [{ "delta": {}, "finish_reason": "stop", "usage": usage }] });
    let groq = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "x_groq": { "usage": usage } });
    let mut running = text("Hi");
    running["usage"] = json!({ "prompt_tokens": 9, "completion_tokens": 1 });
    for chunks in [
        vec![text("Hi"), stops("stop"), after.clone()],
        vec![text("Hi"), beside],
        vec![text("Hi"), inside],
        vec![text("Hi"), groq],
        vec![running, stops("stop"), after],
    ] {
        assert_eq!(answer(&chunks).await.1.usage, expected, "{chunks:?}");
    }
    assert_eq!(answer(&[text("Hi"), stops("stop")]).await.1.usage, None);
    let null = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": null });
    assert_eq!(answer(&[text("Hi"), null]).await.1.usage, None);
}

#[tokio::test]
async fn what_else_the_server_says_is_kept() {
    let mut first = text("Hi");
    first["system_fingerprint"] = json!("fp_1");
    first["provider"] = json!("Groq");
    let usage = json!({ "prompt_tokens": 9, "completion_tokens": 3, "completion_tokens_details": { "reasoning_tokens": 2 } });
    let last = json!({
        "service_tier": "default", "usage": usage,
        "choices": [{ "delta": {}, "finish_reason": "stop", "native_finish_reason": "eos" }],
    });
    let metadata = answer(&[first, last]).await.1.metadata.unwrap();
    let expected = json!({
        "system_fingerprint": "fp_1", "provider": "Groq", "service_tier": "default",
        "native_finish_reason": "eos", "reasoning_tokens": 2,
    });
    assert_eq!(metadata, expected);
}

#[tokio::test]
async fn the_start_says_who_answers_and_how_the_call_is_called() {
    let mut stream =
        open_with(bytes([sse(&[text("Hi"), stops("stop")]).as_bytes()]), Shaping::default()).await.unwrap();
    let Some(Ok(Event::Start(start))) = next(&mut stream).await else { panic!("no start") };
    assert_eq!((start.model.unwrap().as_str(), start.request_id.as_deref()), ("m-1", Some(ID)));
}

#[tokio::test]
async fn what_comes_after_the_reason_to_stop_changes_nothing() {
    let (events, end) = answer(&[text("Hi"), stops("stop"), text(" again"), stops("length")]).await;
    assert_eq!(events, [opens(0, Block::Text), said(0, "Hi"), closes(0)]);
    assert_eq!(end.stop_reason, StopReason::EndTurn);
}

/// A server that stops and says no more ends the answer after a while; nobody waits for the usage for ever.
#[tokio::test(start_paused = true)]
async fn silence_after_the_reason_to_stop_is_an_end() {
    let text = crate::loopback::events(&[text("Hi"), stops("stop")]);
    let body = bytes([text.as_bytes()]).chain(pending());
    let (_, end) = whole(items_of(Box::pin(body)).await);
    assert_eq!((end.stop_reason, end.usage), (StopReason::EndTurn, None));
}

/// What is lost behind the reason to stop is only what is said about the answer.
#[tokio::test]
async fn a_connection_that_breaks_after_the_reason_to_stop_is_an_end() {
    let text = crate::loopback::events(&[text("Hi"), stops("stop")]);
    let broken = Err(outcrop_core::Error::new(ErrorKind::Interrupted, "the connection was lost"));
    let body = bytes([text.as_bytes()]).chain(iter([broken]));
    let (_, end) = whole(items_of(Box::pin(body)).await);
    assert_eq!(end.stop_reason, StopReason::EndTurn);
}

/// Whatever keeps coming: once the model has stopped, the answer ends within one span of patience.
#[tokio::test(start_paused = true)]
async fn a_trickle_after_the_reason_to_stop_is_an_end() {
    for trickle in [": ping\n\n", "data: {}\n\n", "data: oops\n\n"] {
        let begun = crate::loopback::events(&[text("Hi"), stops("stop")]);
        let drops = unfold((), async |()| {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            Some((Ok(Bytes::from_static(trickle.as_bytes())), ()))
        });
        let items = items_of(Box::pin(bytes([begun.as_bytes()]).chain(drops)));
        let Ok(items) = tokio::time::timeout(std::time::Duration::from_mins(1), items).await else {
            panic!("it never ends: {trickle}")
        };
        assert_eq!(whole(items).1.stop_reason, StopReason::EndTurn);
    }
}

#[tokio::test]
async fn an_endless_line_after_the_reason_to_stop_is_an_end() {
    let begun = crate::loopback::events(&[text("Hi"), stops("stop")]);
    let piece = Bytes::from(vec![b'x'; 16 << 20]);
    let mut left = 100;
    let endless = futures_util::stream::repeat_with(move || {
        left -= 1;
        assert!(left > 0, "all of it is read");
        Ok(piece.clone())
    });
    let (_, end) = whole(items_of(Box::pin(bytes([begun.as_bytes()]).chain(endless))).await);
    assert_eq!(end.stop_reason, StopReason::EndTurn);
}

/// What is no event of this protocol does not hide the usage behind it.
#[tokio::test]
async fn usage_counts_behind_what_is_foreign() {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 3 } });
    let body = crate::loopback::events(&[text("Hi"), stops("stop")]) + "data: oops\n\n" + &sse(&[usage]);
    let (_, end) = whole(items_of(bytes([body.as_bytes()])).await);
    assert_eq!(end.usage.map(|usage| usage.total_tokens()), Some(12));
}
