//! Who is asked after whom, what the caller sees of it, and who is left alone.

use std::time::Duration;

use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{Block, Error, ErrorKind, Event, ModelProviderExt as _, Retry, Support, collect, next};
use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::testing::{Slow, drain, seconds_since, text};
use crate::{LimitLayer, Limits, RetryLayer, RetryPolicy};

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, format!("it was {kind}"))
}

fn throttled() -> Script {
    Script::refuse(error(ErrorKind::Throttled))
}

fn good(text: &str) -> Script {
    Script::new().text(text).end()
}

fn scripted(id: &str, scripts: impl IntoIterator<Item = Script>) -> Arc<Scripted> {
    Arc::new(Scripted::new(scripts).with_id(id))
}

/// The first provider with the others behind it, each with a model named after it.
fn around(first: &Arc<Scripted>, others: &[&Arc<Scripted>]) -> Arc<dyn ModelProvider> {
    let layer = others.iter().fold(FallbackLayer::default(), |layer, other| {
        let model = format!("model-of-{}", other.id());
        layer.then(FallbackTarget::new(Arc::clone(other) as Arc<dyn ModelProvider>, model))
    });
    layer.layer(Arc::clone(first) as Arc<dyn ModelProvider>)
}

async fn ask(provider: &Arc<dyn ModelProvider>) -> Result<Response> {
    collect(provider.stream(&Request::new("m").user("Hi")).await?).await
}

fn models(provider: &Scripted) -> Vec<String> {
    provider.requests().iter().map(|request| request.model.to_string()).collect()
}

/// The messages of the warnings of this layer.
fn said(response: &Response) -> Vec<&str> {
    let ours = response.warnings.iter().filter(|warning| warning.rule == words::RULE);
    ours.map(|warning| warning.message.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_next_one_answers_and_one_warning_names_the_switch() {
    let (a, b) = (scripted("a", [throttled()]), scripted("b", [good("Hello")]));
    let response = ask(&around(&a, &[&b])).await.unwrap();
    assert_eq!(response.text(), "Hello");
    assert_eq!(said(&response), ["`b/model-of-b` answers in the place of `a/m` (it was throttled)"]);
    assert_eq!(response.instead, Some(Instead { provider: "b".into(), model: "model-of-b".into() }));
    assert_eq!((models(&a), models(&b)), (vec!["m".to_owned()], vec!["model-of-b".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn the_first_one_answers_without_a_word() {
    let (a, b) = (scripted("a", [good("x"), good("x")]), scripted("b", []));
    let provider = around(&a, &[&b]);
    let expected = drain(scripted("a", [good("x")]).stream(&Request::new("m")).await.unwrap()).await;
    let items = drain(provider.stream(&Request::new("m")).await.unwrap()).await;
    assert_eq!(format!("{items:?}"), format!("{expected:?}"));
    let whole = provider.generate(&Request::new("m")).await.unwrap();
    assert_eq!((whole.instead, whole.warnings.len(), b.requests().len()), (None, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn several_that_cannot_answer_are_one_warning() {
    let (a, b, c) = (scripted("a", [throttled()]), scripted("b", []), scripted("c", [good("Hello")]));
    // The second begins, and breaks before its first words.
    let b_script = Script::new().event(Event::Open { index: 0, block: Block::Text });
    let b = Arc::new(Scripted::new([b_script.fail(error(ErrorKind::Interrupted))]).with_id(b.id().clone()));
    let response = ask(&around(&a, &[&b, &c])).await.unwrap();
    assert_eq!(
        said(&response),
        [
            "`c/model-of-c` answers in the place of `a/m` (it was throttled) and `b/model-of-b` (it was the answer was \
          interrupted)"
        ]
    );
    assert_eq!(response.text(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn whole_answers_move_on_too() {
    let (a, b) = (scripted("a", [throttled()]), scripted("b", [good("Hello")]));
    let response = around(&a, &[&b]).generate(&Request::new("m")).await.unwrap();
    assert_eq!((response.text().as_str(), said(&response).len()), ("Hello", 1));
    assert_eq!(response.instead.unwrap().provider, "b");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_twice_once_part_of_the_answer_was_seen() {
    let begun = Script::new().text("Once").fail(error(ErrorKind::Interrupted));
    let (a, b) = (scripted("a", [begun]), scripted("b", [good("Hello")]));
    let items = drain(around(&a, &[&b]).stream(&Request::new("m")).await.unwrap()).await;
    assert_eq!(items.last().unwrap().as_ref().unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!((items.len(), b.requests().len()), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn each_kind_moves_on_as_the_table_says() {
    for rule in FALLBACK_RULES {
        let (a, b) = (scripted("a", [Script::refuse(error(rule.kind))]), scripted("b", [good("x")]));
        let moved = ask(&around(&a, &[&b])).await;
        let expected = !matches!(rule.helps, Helps::Nobody | Helps::LargerWindow);
        assert_eq!(moved.is_ok(), expected, "{rule:?}");
        assert_eq!(b.requests().len(), usize::from(expected), "{rule:?}");
        let Err(error) = moved else { continue };
        assert_eq!(
            (error.kind(), error.context().count(), error.hints().len()),
            (rule.kind, 0, 0),
            "untouched"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_calls_is_the_same_for_all_models_of_a_provider() {
    let refused = || Script::refuse(error(ErrorKind::Unauthenticated));
    let a = scripted("a", [refused(), good("of the same")]);
    let b = scripted("b", [good("of another")]);
    assert_eq!(ask(&around(&a, &[&a, &b])).await.unwrap().text(), "of another");
    assert_eq!(models(&a), ["m"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_an_alternative_decides_where_the_request_is_the_reason() {
    let with = |id: &str, set: fn(&mut Capabilities)| {
        let mut capabilities = Capabilities::default();
        set(&mut capabilities);
        Arc::new(Scripted::new([good(id)]).with_id(id).with_capabilities(capabilities))
    };
    let long = Script::refuse(error(ErrorKind::ContextOverflow));
    let mut known = Capabilities::default();
    known.context_window = Some(1000);
    let a = Arc::new(Scripted::new([long]).with_id("a").with_capabilities(known));
    let small = with("small", |it| it.context_window = Some(1000));
    let unknown = with("unknown", |_| {});
    let large = with("large", |it| it.context_window = Some(1001));
    let response = ask(&around(&a, &[&small, &unknown, &large])).await.unwrap();
    assert_eq!(response.text(), "large");
    assert_eq!((small.requests().len(), unknown.requests().len()), (0, 0));

    let a = scripted("a", [Script::refuse(error(ErrorKind::Unsupported))]);
    let without = with("without", |it| it.system = Support::No);
    let request = Request::new("m").system("Be brief.").user("Hi");
    let able = with("able", |_| {});
    let response = around(&a, &[&without, &able]).generate(&request).await.unwrap();
    assert_eq!((response.text().as_str(), without.requests().len()), ("able", 0));
}

#[tokio::test(start_paused = true)]
async fn if_all_fail_the_error_that_says_most_names_them_all() {
    let silent = Error::new(ErrorKind::Timeout, "the model sent nothing").with_hint("wait for longer");
    let told = error(ErrorKind::Throttled).with_code("ThrottlingException").with_hint("slow down");
    let denied = error(ErrorKind::PermissionDenied).with_code("AccessDeniedException");
    let refuse = |error: &Error| [Script::refuse(error.clone())];
    let (a, b, c) =
        (scripted("a", refuse(&silent)), scripted("b", refuse(&told)), scripted("c", refuse(&denied)));
    let failed = ask(&around(&a, &[&b, &c])).await.unwrap_err();
    assert_eq!((failed.kind(), failed.code()), (ErrorKind::Throttled, Some("ThrottlingException")));
    assert_eq!(
        failed.context().collect::<Vec<_>>(),
        [
            ("asked", "a/m: timed out: the model sent nothing"),
            ("asked", "b/model-of-b: throttled: it was throttled"),
            ("asked", "c/model-of-c: permission denied: it was permission denied"),
        ]
    );
    assert_eq!(failed.hints()[0], "slow down");
    let hint = "this is what `b/model-of-b` said; nor could `a/m` (the model sent nothing), `c/model-of-c` (it was \
                permission denied) answer";
    assert_eq!(failed.hints()[1], hint);
}

#[tokio::test(start_paused = true)]
async fn a_verdict_on_the_answer_is_the_last_word() {
    let filtered = Script::refuse(error(ErrorKind::Filtered));
    let (a, b, c) = (scripted("a", [throttled()]), scripted("b", [filtered]), scripted("c", [good("x")]));
    let failed = ask(&around(&a, &[&b, &c])).await.unwrap_err();
    assert_eq!((failed.kind(), c.requests().len()), (ErrorKind::Filtered, 0));
    // What an alternative says of the request does not hide what befell the one that was asked.
    let invalid = Script::refuse(error(ErrorKind::InvalidRequest).with_code("ValidationException"));
    let told = Script::refuse(error(ErrorKind::Throttled).with_code("ThrottlingException"));
    let failed = ask(&around(&scripted("a", [told]), &[&scripted("b", [invalid])])).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Throttled);
}

#[tokio::test(start_paused = true)]
async fn one_bad_alternative_does_not_keep_the_others_from_being_asked() {
    for rule in FALLBACK_RULES.iter().filter(|rule| rule.helps == Helps::Nobody) {
        let bad = Script::refuse(error(rule.kind));
        let (a, b, c) = (scripted("a", [throttled()]), scripted("b", [bad]), scripted("c", [good("of c")]));
        let answer = ask(&around(&a, &[&b, &c])).await;
        let is_verdict = matches!(rule.kind, ErrorKind::Filtered | ErrorKind::Cancelled);
        assert_eq!(answer.is_ok(), !is_verdict, "{rule:?}");
        let Ok(response) = answer else { continue };
        let expected = format!(
            "`c/model-of-c` answers in the place of `a/m` (it was throttled) and `b/model-of-b` (it was {})",
            rule.kind
        );
        assert_eq!((response.text().as_str(), said(&response)), ("of c", vec![expected.as_str()]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_alternative_is_no_last_resort() {
    let long = Script::refuse(error(ErrorKind::Throttled).with_retry(Retry::After(Duration::from_secs(90))));
    let (a, b) = (
        scripted("a", [long, good("of a")]),
        scripted("b", [throttled(), Script::refuse(error(ErrorKind::Config))]),
    );
    let provider = around(&a, &[&b]);
    assert!(ask(&provider).await.is_err());
    // Both are left alone, the second for less long.
    let response = ask(&provider).await.unwrap();
    assert_eq!((response.text().as_str(), b.requests().len()), ("of a", 2));
}

#[tokio::test(start_paused = true)]
async fn what_the_first_one_says_of_the_request_is_the_last_word_whoever_was_asked_before() {
    let said_no = |text: &str| Script::refuse(error(ErrorKind::InvalidRequest).with_provider_message(text));
    let a = scripted("a", [throttled(), said_no("by a")]);
    let b = scripted("b", [good("of b"), said_no("by b")]);
    let provider = around(&a, &[&b]);
    assert!(ask(&provider).await.is_ok());
    let failed = ask(&provider).await.unwrap_err();
    assert_eq!(failed.provider_message(), Some("by a"));
}

#[tokio::test(start_paused = true)]
async fn who_failed_is_left_alone_and_then_asked_again() {
    let a = scripted("a", [throttled(), throttled(), good("of a"), throttled()]);
    let b = scripted("b", (0..5).map(|_| good("of b")));
    let provider = around(&a, &[&b]);
    let answer = async || ask(&provider).await.unwrap();
    assert_eq!(answer().await.text(), "of b");
    // Left alone: the next one is asked at once, and the warning says why.
    advance(Duration::from_millis(12_500)).await;
    let response = answer().await;
    assert_eq!(
        said(&response),
        ["`b/model-of-b` answers in the place of `a/m` (left alone for 18 s more: it was throttled)"]
    );
    assert_eq!(a.requests().len(), 1);
    // Once the time is over it is asked again; a second failure in a row counts more.
    advance(Duration::from_millis(17_500)).await;
    assert_eq!(answer().await.text(), "of b");
    assert_eq!(a.requests().len(), 2);
    advance(Duration::from_secs(59)).await;
    assert_eq!(answer().await.text(), "of b");
    assert_eq!(a.requests().len(), 2);
    advance(Duration::from_secs(1)).await;
    let response = answer().await;
    assert_eq!((response.text().as_str(), said(&response).len(), response.instead), ("of a", 0, None));
    // A success forgets: the next failure is a first one.
    assert_eq!(answer().await.text(), "of b");
    advance(Duration::from_secs(30)).await;
    assert_eq!(models(&a).len(), 4);
    assert!(ask(&provider).await.is_err(), "nobody has a script left, and both were asked");
    assert_eq!(models(&a).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_the_request_did_wrong_leaves_nobody_alone() {
    let refusals =
        FALLBACK_RULES.iter().filter(|rule| !rule.cools).map(|rule| Script::refuse(error(rule.kind)));
    let count = refusals.clone().count();
    let (a, b) = (scripted("a", refusals), scripted("b", [good("x"), good("x")]));
    let provider = around(&a, &[&b]);
    for _ in 0..count {
        drop(ask(&provider).await);
    }
    assert_eq!(a.requests().len(), count);
}

#[tokio::test(start_paused = true)]
async fn if_all_are_left_alone_the_one_whose_time_is_over_soonest_is_asked() {
    let long = Script::refuse(error(ErrorKind::Throttled).with_retry(Retry::After(Duration::from_secs(90))));
    let (a, b) =
        (scripted("a", [long, good("of a")]), scripted("b", [throttled(), good("of b"), throttled()]));
    let provider = around(&a, &[&b]);
    assert!(ask(&provider).await.is_err());
    let response = ask(&provider).await.unwrap();
    assert_eq!((response.text().as_str(), a.requests().len()), ("of b", 1));
    assert_eq!(
        said(&response),
        ["`b/model-of-b` answers in the place of `a/m` (left alone for 90 s more: it was throttled)"]
    );
    // The second one fails now, and only the first is left: better than nobody.
    let response = ask(&provider).await.unwrap();
    assert_eq!((response.text().as_str(), said(&response).len()), ("of a", 0));
}

#[tokio::test(start_paused = true)]
async fn what_an_alternative_says_of_the_request_is_not_the_last_word_while_the_first_is_left_alone() {
    for (kind, asked_again) in [(ErrorKind::InvalidRequest, true), (ErrorKind::Filtered, false)] {
        let a = scripted("a", [throttled(), good("of a")]);
        let b = scripted("b", [good("of b"), Script::refuse(error(kind))]);
        let c = scripted("c", [Script::refuse(error(kind))]);
        let provider = around(&a, &[&b, &c]);
        assert_eq!(ask(&provider).await.unwrap().text(), "of b");
        let answer = ask(&provider).await;
        assert_eq!(answer.is_ok(), asked_again, "{answer:?}");
        let others = usize::from(asked_again);
        assert_eq!((a.requests().len(), c.requests().len()), (1 + others, others));
        if let Ok(response) = answer {
            assert_eq!(
                (response.text().as_str(), response.instead, response.warnings.len()),
                ("of a", None, 0)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn layers_that_share_cooldowns_know_of_each_other() {
    let cooldowns = Cooldowns::default();
    let (a, b) = (scripted("a", [throttled(), good("x")]), scripted("b", [good("x"), good("x")]));
    for expected in [1, 1] {
        let other = FallbackTarget::new(Arc::clone(&b) as Arc<dyn ModelProvider>, "n").named("the other");
        let layer = FallbackLayer::new(cooldowns.clone()).then(other);
        let response = ask(&layer.layer(Arc::clone(&a) as Arc<dyn ModelProvider>)).await.unwrap();
        assert!(said(&response)[0].starts_with("`the other` answers"), "{response:?}");
        assert_eq!(a.requests().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn counts_and_vectors_are_never_of_another_model() {
    use outcrop_core::Timeouts;

    let base = |id: &ModelId| ModelId::from(id.as_str().split('@').next().unwrap_or_default());
    let failing = |id: &'static str| {
        let mut mock = outcrop_core::mock::MockModelProvider::new();
        mock.expect_id().return_const(ProviderId::from(id));
        mock.expect_capabilities().return_const(crate::testing::capabilities(Timeouts::default()));
        mock.expect_embed().returning(|_| Err(error(ErrorKind::Throttled)));
        mock.expect_count_tokens().returning(|_| Err(error(ErrorKind::Throttled)));
        Arc::new(mock)
    };
    let b = scripted("b", []);
    for (model, answers) in [("m@there", true), ("m", true), ("n", false)] {
        let target = FallbackTarget::new(Arc::clone(&b) as Arc<dyn ModelProvider>, model);
        let layer = FallbackLayer::default().with_base(base).then(target);
        let provider = layer.layer(failing("a"));
        let vectors = provider.embed(&EmbedRequest::new("m", vec!["a text".to_owned()])).await;
        let count = layer.layer(failing("c")).count_tokens(&Request::new("m").user("one two")).await;
        assert_eq!((vectors.is_ok(), count.is_ok()), (answers, answers), "{model}");
        if let Ok(vectors) = vectors {
            assert_eq!(vectors.warnings[0].rule, words::RULE);
            assert_eq!(count.unwrap().input_tokens, 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn options_that_are_lost_on_the_way_are_named() {
    let (a, b) = (scripted("a", [throttled()]), scripted("b", [good("x")]));
    let mut request = Request::new("m").user("Hi");
    request.options.insert("a".into(), json!({ "top_k": 3 }));
    let response = around(&a, &[&b]).generate(&request).await.unwrap();
    assert!(said(&response)[0].ends_with("; the options for `a` do not hold there"), "{response:?}");
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_of_the_request_keeps_other_providers_out() {
    let config = json!({ "guardrailConfig": { "guardrailIdentifier": "g" } });
    let (none, of_null) = (json!({ "top_k": 3 }), json!({ "guardrailConfig": null }));
    for (options, is_guarded) in [(&config, true), (&none, false), (&of_null, false)] {
        let mut request = Request::new("m").user("Hi");
        request.options.insert("a".into(), options.clone());
        let (a, b) = (scripted("a", [throttled(), throttled()]), scripted("b", [good("x"), good("x")]));
        let streamed = around(&a, &[&b]).stream(&request).await.err();
        let whole = around(&a, &[&b]).generate(&request).await.err();
        assert_eq!(b.requests().len(), if is_guarded { 0 } else { 2 }, "{options}");
        for failed in [streamed, whole] {
            assert_eq!(failed.is_some(), is_guarded);
            let Some(failed) = failed else { continue };
            let hint = "this is what `a/m` said; nor could `b/model-of-b` (no other provider knows the guardrail \
                        of the request) answer";
            assert_eq!((failed.kind(), failed.hints()), (ErrorKind::Throttled, &[hint.to_owned()][..]));
        }
    }
    // The same provider knows it, and one that is left out is named.
    let mut request = Request::new("m").user("Hi");
    request.options.insert("a".into(), config);
    let (a, b) = (scripted("a", [throttled(), good("of a")]), scripted("b", [good("x")]));
    let response = around(&a, &[&b, &a]).generate(&request).await.unwrap();
    assert_eq!(
        said(&response),
        [
            "`a/model-of-a` answers in the place of `a/m` (it was throttled) and `b/model-of-b` (no other provider knows \
          the guardrail of the request)"
        ]
    );
    assert_eq!((response.text().as_str(), b.requests().len()), ("of a", 0));
    // What is wrong with the request itself has nothing to do with it.
    let invalid = scripted("a", [Script::refuse(error(ErrorKind::InvalidRequest))]);
    let failed = around(&invalid, &[&b]).generate(&request).await.unwrap_err();
    assert_eq!((failed.context().count(), failed.hints().len()), (0, 0), "untouched");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_the_first_one_is_left_out() {
    let a = scripted("a", [throttled(), good("x")]);
    let layer =
        FallbackLayer::default().then(FallbackTarget::new(Arc::clone(&a) as Arc<dyn ModelProvider>, "m"));
    let error = ask(&layer.layer(Arc::clone(&a) as Arc<dyn ModelProvider>)).await.unwrap_err();
    assert_eq!((error.context().count(), a.requests().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn without_alternatives_nothing_is_wrapped() {
    let a: Arc<dyn ModelProvider> = scripted("a", []);
    assert!(Arc::ptr_eq(&a, &FallbackLayer::default().layer(Arc::clone(&a))));
}

#[tokio::test(start_paused = true)]
async fn whom_a_limit_of_our_own_holds_back_is_not_left_alone() {
    let (a, b) = (scripted("a", [good("held"), good("of a")]), scripted("b", [good("of b"), good("of b")]));
    let limits = Limits::default().with_concurrency(1).with_max_wait(Duration::from_secs(2));
    let limited = LimitLayer::new(limits).layer(Arc::clone(&a) as Arc<dyn ModelProvider>);
    let target = FallbackTarget::new(Arc::clone(&b) as Arc<dyn ModelProvider>, "n");
    let provider = FallbackLayer::default().then(target).layer(Arc::clone(&limited));
    let held = limited.stream(&Request::new("m")).await.unwrap();
    assert_eq!(ask(&provider).await.unwrap().text(), "of b");
    drop(held);
    assert_eq!(ask(&provider).await.unwrap().text(), "of a");
}

#[tokio::test(start_paused = true)]
async fn retries_come_first_and_what_is_inside_is_found() {
    let at_once = RetryPolicy { base_delay: Duration::ZERO, ..RetryPolicy::default() };
    let a = RetryLayer::new(at_once).layer(scripted("a", [throttled(), throttled(), throttled()]));
    let b = scripted("b", [good("x")]);
    let target = FallbackTarget::new(Arc::clone(&b) as Arc<dyn ModelProvider>, "n");
    let provider = FallbackLayer::default().then(target).layer(a);
    assert_eq!(ask(&provider).await.unwrap().text(), "x");
    assert_eq!(provider.find::<Scripted>().unwrap().requests().len(), 3);
    assert_eq!((provider.id().as_str(), provider.capabilities(&"m".into())), ("a", Capabilities::default()));
}

#[tokio::test(start_paused = true)]
async fn dropping_cancels_what_runs_inside() {
    let slow = || Slow::new([(0, Event::Start(outcrop_core::Start::default())), (5, text("x"))]);
    let (first, second) = (Arc::new(slow()), Arc::new(slow()));
    let target = FallbackTarget::new(Arc::clone(&second) as Arc<dyn ModelProvider>, "n");
    let provider = FallbackLayer::default().then(target).layer(Arc::clone(&first) as Arc<dyn ModelProvider>);
    let request = Request::new("m");
    let begun = tokio::time::Instant::now();
    let mut call = provider.stream(&request);
    assert!(tokio::time::timeout(Duration::from_secs(1), call.as_mut()).await.is_err());
    assert_eq!(first.running(), 1);
    drop(call);
    assert_eq!((first.running(), second.running()), (0, 0));
    assert_eq!(seconds_since(begun), 1);

    let first = Arc::new(slow());
    let target = FallbackTarget::new(Arc::clone(&second) as Arc<dyn ModelProvider>, "n");
    let provider = FallbackLayer::default().then(target).layer(Arc::clone(&first) as Arc<dyn ModelProvider>);
    let mut stream = provider.stream(&request).await.unwrap();
    assert!(next(&mut stream).await.is_some());
    assert_eq!(first.running(), 1);
    drop(stream);
    assert_eq!(first.running(), 0);
}
