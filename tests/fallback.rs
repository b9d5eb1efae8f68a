//! Somebody else answers when the default model cannot: over the wire, with two regions of one emulator.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use outcrop::outcrop_core::{Layer as _, Response, Secret};
use outcrop::{DEFAULT_PROVIDER, Emulator as Service, ModelProvider, Outcrop as Facade, Request, Sources};
use outcrop_layers::{CooldownPolicy, Cooldowns, FallbackLayer, FallbackTarget};
use serde_json::{Value, json};

use crate::support::{Emulator, Library, Outcrop};

/// The default model, and the same in another region.
const FIRST: &str = "us.amazon.nova-lite-v1:0";
const SECOND: &str = "us.amazon.nova-lite-v1:0@us-west-2";
const PROMPT: &str = "Why is the sky blue?";

/// `outcrop ask ARGS… PROMPT` with that default model and these fallbacks, one attempt each.
fn ask(emulator: &Emulator, fallbacks: &[&str], args: &[&str]) -> Outcrop {
    let model = json!({ "primary": FIRST, "fallbacks": fallbacks });
    let run = Outcrop::new(["ask", PROMPT, "--set", &format!("agents.defaults.model={model}")]);
    run.args(args).env("OUTCROP_RETRY_ATTEMPTS", "1").env("OUTCROP_RETRY_MAX_DELAY", "0.01").via(emulator)
}

/// Lets calls in the first region go wrong.
#[track_caller]
fn fail_first(emulator: &Emulator, fault: &Value, times: Option<u32>) {
    let mut rule = json!({ "match": { "region": "us-east-1" }, "fault": fault });
    if let Some(times) = times {
        rule["times"] = times.into();
    }
    emulator.scenario(&json!({ "rules": [rule] }));
}

fn throttle() -> Value {
    json!({ "type": "throttle" })
}

/// Where calls went, and how they ended.
fn calls(emulator: &Emulator) -> Vec<(String, u64)> {
    let requests = emulator.requests();
    let call = |request: &Value| {
        (request["region"].as_str().unwrap().to_owned(), request["status"].as_u64().unwrap_or_default())
    };
    requests.iter().map(call).collect()
}

fn regions(emulator: &Emulator) -> Vec<String> {
    calls(emulator).into_iter().map(|(region, _)| region).collect()
}

#[test]
fn the_first_region_throttles_and_the_second_answers_with_one_warning() {
    for mode in [&[][..], &["--no-stream"]] {
        let emulator = Emulator::start();
        let expected = ask(&emulator, &[], mode).run().succeeds();
        emulator.forget_requests();
        fail_first(&emulator, &throttle(), None);
        let run = ask(&emulator, &[SECOND], mode).run().succeeds();
        assert_eq!(run.stdout, expected.stdout, "one answer");
        let warning =
            format!("warning: `amazon-bedrock/{SECOND}` answers in the place of `amazon-bedrock/{FIRST}` (");
        assert!(run.stderr.starts_with(&warning), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert_eq!(calls(&emulator), [("us-east-1".to_owned(), 429), ("us-west-2".to_owned(), 200)]);
    }
}

#[test]
fn the_answer_says_who_gave_it_and_costs_what_that_one_costs() {
    let emulator = Emulator::start();
    fail_first(&emulator, &throttle(), None);
    let other = "us.amazon.nova-pro-v1:0@us-west-2";
    let told = ask(&emulator, &[other], &["--json"]).run().succeeds().json();
    let direct = Outcrop::new(["ask", PROMPT, "--json", "-m", other]).via(&emulator).run().succeeds().json();
    assert_eq!(told["model"], "amazon-bedrock/us.amazon.nova-pro-v1:0");
    assert_eq!(told["warnings"][0]["rule"], "fallback");
    assert!(told["costUsd"].is_number(), "{told}");
    for field in ["model", "text", "usage", "costUsd"] {
        assert_eq!(told[field], direct[field], "{field}");
    }
    let events = ask(&emulator, &[other], &["--events"]).run().succeeds().stdout;
    let start: Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert_eq!(start["instead"], json!({ "provider": "amazon-bedrock", "model": other }));
}

#[test]
fn another_entry_is_another_way_to_the_model() {
    let emulator = Emulator::start();
    fail_first(&emulator, &throttle(), None);
    let entry =
        json!({ "api": "bedrock-converse-stream", "region": "eu-west-1", "baseUrl": emulator.endpoint() });
    let entry = format!("models.providers.elsewhere={entry}");
    let fallback = "elsewhere/eu.amazon.nova-lite-v1:0";
    let told = ask(&emulator, &[fallback], &["--json", "--set", &entry]).run().succeeds().json();
    assert_eq!(told["model"], fallback);
    assert_eq!(regions(&emulator), ["us-east-1", "eu-west-1"]);
}

#[test]
fn a_model_that_is_named_is_the_one_that_is_asked() {
    let emulator = Emulator::start();
    fail_first(&emulator, &throttle(), None);
    ask(&emulator, &[SECOND], &["-m", FIRST]).run().exits_with(8);
    assert_eq!(regions(&emulator), ["us-east-1"]);
}

#[test]
fn an_answer_that_broke_off_is_not_asked_for_again() {
    let emulator = Emulator::start();
    for fault in ["reset", "eof"] {
        emulator.forget_requests();
        fail_first(&emulator, &json!({ "type": fault, "after": 2 }), None);
        let run = ask(&emulator, &[SECOND], &[]).run().exits_with(9);
        assert!(!run.stdout.trim().is_empty(), "what came is kept");
        assert!(!run.stderr.contains("answers in the place"), "{}", run.stderr);
        assert_eq!(regions(&emulator), ["us-east-1"], "{fault}");
        let told = ask(&emulator, &[SECOND], &["--json"]).run().exits_with(9);
        assert!(told.error_json()["error"]["partial"]["text"].as_str().is_some_and(|text| !text.is_empty()));
    }
    // One that broke before its first words is.
    emulator.forget_requests();
    fail_first(&emulator, &json!({ "type": "eof", "after": "messageStart" }), None);
    ask(&emulator, &[SECOND], &[]).run().succeeds();
    assert_eq!(regions(&emulator), ["us-east-1", "us-west-2"]);
}

#[test]
fn the_same_region_is_tried_again_first() {
    let emulator = Emulator::start();
    fail_first(&emulator, &throttle(), None);
    ask(&emulator, &[SECOND], &[]).env("OUTCROP_RETRY_ATTEMPTS", "2").run().succeeds();
    assert_eq!(regions(&emulator), ["us-east-1", "us-east-1", "us-west-2"]);
}

#[test]
fn what_the_request_did_wrong_would_be_wrong_elsewhere_too() {
    let emulator = Emulator::start();
    ask(&emulator, &[SECOND], &["--option", "guardrailConfig.nobody=knows"]).run().exits_with(6);
    assert!(!regions(&emulator).contains(&"us-west-2".to_owned()));
}

#[test]
fn if_nobody_answers_the_failure_names_them_all() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [{ "fault": throttle() }] }));
    let run = ask(&emulator, &[SECOND, "us.amazon.nova-pro-v1:0"], &["--json"]).run().exits_with(8);
    let error = &run.error_json()["error"];
    assert_eq!((&error["kind"], &error["code"]), (&json!("Throttled"), &json!("ThrottlingException")));
    let hints = error["hints"].to_string();
    assert!(hints.contains(SECOND) && hints.contains("us.amazon.nova-pro-v1:0"), "{hints}");
    assert_eq!(regions(&emulator), ["us-east-1", "us-west-2", "us-east-1"]);
}

#[test]
fn a_fallback_that_cannot_be_called_is_left_out() {
    let emulator = Emulator::start();
    fail_first(&emulator, &throttle(), None);
    let entry = ["--set", "models.providers.mute={}"];
    let run = ask(&emulator, &["mute/m", SECOND], &entry).run().succeeds();
    assert!(run.stderr.contains("note: the fallback `mute/m` is left out"), "{}", run.stderr);
    assert!(
        run.stderr.contains(&format!("`amazon-bedrock/{SECOND}` answers in the place of")),
        "{}",
        run.stderr
    );
}

#[test]
fn a_guardrail_of_the_command_line_keeps_other_providers_out() {
    let emulator = Emulator::start();
    fail_first(&emulator, &throttle(), None);
    let entry =
        json!({ "api": "bedrock-converse-stream", "region": "eu-west-1", "baseUrl": emulator.endpoint() });
    let entry = format!("models.providers.elsewhere={entry}");
    let args = ["--set", &entry, "--guardrail", "emulatorguardrail:1"];
    let run = ask(&emulator, &["elsewhere/eu.amazon.nova-lite-v1:0"], &args).run().exits_with(8);
    assert!(run.stderr.contains("no other provider knows the guardrail"), "{}", run.stderr);
    assert_eq!(regions(&emulator), ["us-east-1"]);
}

/// One call of a library, waited for.
#[track_caller]
fn answer(library: &Library, provider: &Arc<dyn ModelProvider>) -> Response {
    let request = Request::new(FIRST).user(PROMPT);
    library.runtime.block_on(provider.generate(&request)).unwrap()
}

#[test]
fn after_the_cooldown_the_first_region_is_asked_again() {
    let library = Library::start();
    let around = |pause: Duration| {
        let policy = CooldownPolicy::default().with_steps([pause]);
        let target = FallbackTarget::new(Arc::clone(&library.provider), SECOND);
        FallbackLayer::new(Cooldowns::new(policy)).then(target).layer(Arc::clone(&library.provider))
    };
    // More often than the retries of the provider try.
    let refuse = json!({ "type": "error", "status": 403, "code": "AccessDeniedException", "message": "No." });
    for (pause, expected) in [
        (Duration::from_hours(1), ["us-east-1", "us-west-2", "us-west-2"]),
        (Duration::from_millis(1), ["us-east-1", "us-west-2", "us-east-1"]),
    ] {
        library.emulator.forget_requests();
        fail_first(&library.emulator, &refuse, Some(1));
        let provider = around(pause);
        assert!(answer(&library, &provider).instead.is_some());
        // The time that the first one is left alone for, where it is short enough.
        std::thread::sleep(Duration::from_millis(2));
        let again = answer(&library, &provider);
        assert_eq!(regions(&library.emulator), expected);
        assert_eq!(
            (again.instead.is_none(), again.warnings.is_empty()),
            (expected[2] == "us-east-1", expected[2] == "us-east-1")
        );
    }
}

#[test]
fn all_who_ask_through_one_object_know_who_is_left_alone() {
    let emulator = Emulator::start();
    let variables = BTreeMap::from(emulator.variables());
    let service = Service {
        endpoint: emulator.endpoint(),
        access_key_id: variables["AWS_ACCESS_KEY_ID"].clone(),
        secret_access_key: Secret::new(variables["AWS_SECRET_ACCESS_KEY"].clone()),
    };
    let text = json!({
        "agents": { "defaults": { "model": { "primary": FIRST, "fallbacks": [SECOND] } } },
        "models": { "providers": { "amazon-bedrock": { "retry": { "attempts": 1 }, "limits": { "concurrency": 1, "maxWait": 0 } } } },
    });
    let sources = Sources::default().with_text(outcrop::Layer::User, "test.json5", text.to_string());
    let facade = Facade::builder(sources).emulator(service).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    fail_first(&emulator, &throttle(), Some(1));
    let request = Request::new(FIRST).user(PROMPT);
    runtime.block_on(async {
        for _ in 0..2 {
            let chosen = facade.choose(None).await.unwrap();
            let answerer = facade.answerer(&chosen).await.unwrap();
            assert!(answerer.provider.generate(&request).await.unwrap().instead.is_some());
        }
        assert_eq!(regions(&emulator), ["us-east-1", "us-west-2", "us-west-2"]);
        // And the limits of an entry are those of everybody who uses it.
        let (one, other) =
            (facade.provider(&DEFAULT_PROVIDER.into()).await.unwrap(), DEFAULT_PROVIDER.into());
        let running = one.stream(&request).await.unwrap();
        let refused = facade.provider(&other).await.unwrap().stream(&request).await.err().unwrap();
        assert!(refused.hints()[0].contains("limits.concurrency"), "{refused:?}");
        drop(running);
        assert!(facade.provider(&other).await.unwrap().stream(&request).await.is_ok());
    });
}

#[test]
fn whoever_wants_to_know_more_sees_the_call_and_not_the_conversation() {
    let emulator = Emulator::start();
    let traced = |run: Outcrop| {
        let run = run.arg("-v").run().succeeds();
        let line = run.stderr.lines().find(|line| line.contains("outcrop_layers::trace"));
        line.unwrap_or_else(|| panic!("{}", run.stderr)).to_owned()
    };
    let line = traced(ask(&emulator, &[], &[]));
    for field in [
        "chat ",
        r#"gen_ai.provider.name="aws.bedrock""#,
        r#"gen_ai.request.model="us.amazon.nova-lite-v1:0""#,
        "gen_ai.response.id=",
        "gen_ai.usage.output_tokens=",
        r#"gen_ai.response.finish_reasons=["end_turn"]"#,
    ] {
        assert!(line.contains(field), "{field}: {line}");
    }
    assert!(!line.contains("sky"), "{line}");
    let line = traced(ask(&emulator, &[], &[]).env("OUTCROP_TRACE_CONTENT", "yes"));
    assert!(line.contains("gen_ai.input.messages=") && line.contains("sky"), "{line}");
}
