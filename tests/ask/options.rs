//! Thinking, schemas, guardrails and caching, as the command line says them.

use serde_json::json;

use super::ask;
use crate::support::{Emulator, Home, Outcrop};

/// A model that is told by a number how much to think.
const THINKER: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const SCHEMA: &str = r#"{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}"#;

fn with_schema(content: &[u8]) -> Home {
    let home = Home::new();
    let mut file = std::fs::File::create(home.work().join("schema.json")).unwrap();
    std::io::Write::write_all(&mut file, content).unwrap();
    home
}

/// `ask --schema schema.json ARGS…`
fn structured(emulator: &Emulator, schema: &str, args: &[&str]) -> Outcrop {
    let fixed = ["ask", "-m", super::MODEL, "--schema", "schema.json", "Where does it rain?"];
    Outcrop::at(&with_schema(schema.as_bytes()), fixed.iter().chain(args)).via(emulator)
}

#[test]
fn levels_of_thinking_are_those_of_the_list() {
    let emulator = Emulator::start();
    for level in ["off", "minimal", "low", "medium", "high", "xhigh", "max"] {
        ask(&emulator, &["--dry-run", "--thinking", level, "Hello"]).run().succeeds();
    }
    let run = ask(&emulator, &["--thinking", "hard", "Hello"]).run().exits_with(2);
    insta::assert_snapshot!(run.stderr, @r#"
    error: invalid value 'hard' for '--thinking <LEVEL>'
      [possible values: off, minimal, low, medium, high, xhigh, max]

    For more information, try '--help'.
    "#);
}

#[test]
fn a_schema_that_cannot_be_read_is_told_with_its_place() {
    let emulator = Emulator::start();
    let missing = Outcrop::new(["ask", "-m", super::MODEL, "--schema", "nowhere.json", "Hi"]).via(&emulator);
    let stdin = Outcrop::new(["ask", "-m", super::MODEL, "--schema", "-", "Hi"]).via(&emulator);
    let mut texts: Vec<_> = [missing, stdin].into_iter().map(|run| run.run().exits_with(2).stderr).collect();
    for schema in ["{\n  \"type\": \"object\",\n  \"properties\": {,}\n}", "{\"type\": ", "[1, 2]"] {
        texts.push(structured(&emulator, schema, &[]).run().exits_with(6).stderr);
    }
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: `nowhere.json` does not exist

    hint: see that the name is right, from the folder you are in

    error: `--schema -` names no file: standard input is a part of the prompt already

    For more information, try `--help`.

    error: schema.json:3:18: this is no JSON: key must be a string

    hint: the file of `--schema` is a JSON schema, such as `{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}`

    error: schema.json:1:9: this is no JSON: EOF while parsing a value

    hint: the file of `--schema` is a JSON schema, such as `{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}`

    error: `schema.json` holds no JSON schema, which is an object

    hint: the file of `--schema` is a JSON schema, such as `{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}`
    "#);
    assert!(emulator.requests().is_empty(), "nobody was asked");
}

#[test]
fn a_guardrail_goes_along() {
    let emulator = Emulator::start();
    let arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/gr4f8k2m9x1q";
    for (said, identifier, version) in [
        ("gr4f8k2m9x1q:7", "gr4f8k2m9x1q", "7"),
        ("gr4f8k2m9x1q", "gr4f8k2m9x1q", "DRAFT"),
        (&format!("{arn}:2"), arn, "2"),
    ] {
        let run = ask(&emulator, &["--dry-run", "--guardrail", said, "Hello"]).run().succeeds();
        assert_eq!(
            run.json()["body"]["guardrailConfig"],
            json!({ "guardrailIdentifier": identifier, "guardrailVersion": version })
        );
    }
}

#[test]
fn the_guardrail_of_the_configuration_cannot_be_replaced() {
    let emulator = Emulator::start();
    let own = r#"models.providers.amazon-bedrock.guardrail={"guardrailIdentifier": "ours", "guardrailVersion": "1"}"#;
    let wrong = ask(&emulator, &["--guardrail", "theirs", "--set", own, "Hello"]).run().exits_with(3);
    let unnamed = ask(&emulator, &["--guardrail", ":1", "Hello"]).run().exits_with(2);
    let unknown = ask(&emulator, &["--guardrail", "ours:latest", "Hello"]).run().exits_with(2);
    insta::assert_snapshot!([wrong.stderr, unnamed.stderr, unknown.stderr].join("\n"), @r#"
    error: `--guardrail` has no effect: the configuration has a guardrail of its own, `models.providers.amazon-bedrock.guardrail`

    hint: leave `--guardrail` out: every request goes through the one of the configuration
    hint: `outcrop config explain models.providers.amazon-bedrock.guardrail` says where it is set

    error: invalid value ':1' for '--guardrail <ID[:VERSION]>': a guardrail is named by its id, such as `gr4f8k2m9x1q`, or by its ARN

    For more information, try '--help'.

    error: invalid value 'ours:latest' for '--guardrail <ID[:VERSION]>': the version of a guardrail is a number, or `DRAFT`

    For more information, try '--help'.
    "#);
    assert!(emulator.requests().is_empty(), "nobody was asked");
}

#[test]
fn how_long_caches_last_is_one_of_the_list() {
    let emulator = Emulator::start();
    for time in ["off", "5m", "auto", "1h"] {
        ask(&emulator, &["--dry-run", "--cache", time, "Hello"]).run().succeeds();
    }
    let run = ask(&emulator, &["--cache", "forever", "Hello"]).run().exits_with(2);
    insta::assert_snapshot!(run.stderr, @r#"
    error: invalid value 'forever' for '--cache <TIME>'
      [possible values: off, 5m, 1h]

    For more information, try '--help'.
    "#);
}

#[test]
fn thinking_goes_in_the_words_of_the_model_and_shows_beside_the_answer() {
    let emulator = Emulator::start();
    for mode in [&[][..], &["--no-stream"]] {
        emulator.forget_requests();
        let args = ["ask", "-m", THINKER, "--thinking", "minimal", "-v", "Why is the sky blue?"];
        let run = Outcrop::new(args.iter().chain(mode)).via(&emulator).run().succeeds();
        let [request]: [serde_json::Value; 1] = emulator.requests().try_into().unwrap();
        let fields = &request["body"]["additionalModelRequestFields"];
        assert_eq!(fields["thinking"], json!({ "type": "enabled", "budget_tokens": 1024 }), "{request}");
        assert!(run.stdout.contains("“Why is the sky blue?”"), "{}", run.stdout);
        let (thoughts, usage) = run.stderr.trim_end().rsplit_once("\n\n").expect("thoughts and usage");
        assert!(!thoughts.trim().is_empty() && usage.contains("tokens in"), "{}", run.stderr);
        assert!(!run.stdout.contains(thoughts), "{}", run.stdout);
    }
}

#[test]
fn too_many_tokens_for_the_model_are_fewer_with_a_warning() {
    let emulator = Emulator::start();
    let run = ask(&emulator, &["--max-tokens", "1000000", "Hello"]).run().succeeds();
    let [request]: [serde_json::Value; 1] = emulator.requests().try_into().unwrap();
    let limit = request["body"]["inferenceConfig"]["maxTokens"].as_u64().unwrap();
    assert!(limit < 1_000_000, "{request}");
    assert!(run.stderr.starts_with("warning: ") && run.stderr.contains(&limit.to_string()), "{}", run.stderr);
}

#[test]
fn a_guardrail_that_intervenes_is_a_failure_of_its_own() {
    let emulator = Emulator::start();
    let run =
        ask(&emulator, &["--guardrail", "emulatorguardrail:1", "--json", "forbidden"]).run().exits_with(7);
    assert_eq!(run.json()["stopReason"], "guardrail_intervened");
    assert_eq!(run.error_json()["error"]["kind"], "Filtered");
    let run = ask(&emulator, &["--guardrail", "nobodyhasthis", "Hello"]).run().exits_with(6);
    assert!(run.stderr.contains("does not exist"), "{}", run.stderr);
}

#[test]
fn an_answer_that_follows_the_schema_is_exactly_its_json() {
    for (model, native) in [(THINKER, true), ("us.amazon.nova-lite-v1:0", false)] {
        for mode in [&[][..], &["--no-stream"]] {
            let emulator = Emulator::start();
            let args = ["ask", "-m", model, "--schema", "schema.json", "Where does it rain?"];
            let run = Outcrop::at(&with_schema(SCHEMA.as_bytes()), args.iter().chain(mode)).via(&emulator);
            let run = run.run().succeeds();
            let [request]: [serde_json::Value; 1] = emulator.requests().try_into().unwrap();
            assert_eq!(request["body"]["outputConfig"].is_object(), native, "{request}");
            assert_eq!(request["body"]["toolConfig"].is_object(), !native, "{request}");
            assert!(run.json()["city"].is_string(), "{}", run.stdout);
            assert!(run.stdout.ends_with("}\n"), "{:?}", run.stdout);
            assert_eq!(run.stderr, "");
        }
    }
}

/// The emulator's own answers keep within limits and come to an end, natively and by the hidden tool.
#[test]
fn a_schema_with_limits_and_one_that_refers_to_itself_are_followed() {
    let limits = r#"{"type": "object", "required": ["code", "count", "share", "tags"], "properties": {
        "code": {"type": "string", "description": "A code.", "minLength": 4, "maxLength": 6},
        "count": {"type": "integer", "minimum": 10, "maximum": 12},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
        "tags": {"type": "array", "items": {"enum": ["wet", "dry"]}, "minItems": 3, "maxItems": 4}}}"#;
    let list = r##"{"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#"}}}"##;
    let emulator = Emulator::start();
    for schema in [limits, list] {
        for model in [super::MODEL, THINKER] {
            let args = ["ask", "-m", model, "--schema", "schema.json", "Where does it rain in Norway today?"];
            Outcrop::at(&with_schema(schema.as_bytes()), args).via(&emulator).run().succeeds();
        }
    }
}

/// By the hidden tool and natively, streamed and whole: what is wrong is said in the same words.
#[test]
fn a_wrong_answer_is_told_the_same_way_however_it_was_asked_for() {
    let call = json!({ "toolUse": { "name": "json_answer", "input": { "city": 7 } } });
    for (model, said) in [(super::MODEL, call), (THINKER, json!({ "text": "{\"city\":7}" }))] {
        let emulator = Emulator::start();
        emulator.scenario(&json!({ "rules": [{ "reply": { "content": [said] } }] }));
        for mode in [&[][..], &["--no-stream"]] {
            let args = ["ask", "-m", model, "--schema", "schema.json", "--json", "Where does it rain?"];
            let run = Outcrop::at(&with_schema(SCHEMA.as_bytes()), args.iter().chain(mode)).via(&emulator);
            let run = run.run().exits_with(1);
            assert_eq!(run.json()["text"], "{\"city\":7}", "{model} {mode:?}");
            assert_eq!(
                run.json()["metadata"]["outputProblem"],
                "the answer does not follow the schema, at `/city`: value is not of type \"string\"",
                "{model} {mode:?}"
            );
        }
    }
}

#[test]
fn an_answer_that_does_not_follow_the_schema_is_printed_and_a_failure() {
    let emulator = Emulator::start();
    let answers = [
        (json!({ "content": [{ "text": "It rains in Bergen." }] }), "It rains in Bergen.\n"),
        (json!({ "content": [{ "text": "{\"city\": 7}" }] }), "{\"city\": 7}\n"),
        (
            json!({ "content": [{ "text": "{\"city\": \"Ber" }], "stopReason": "max_tokens" }),
            "{\"city\": \"Ber\n",
        ),
    ];
    let mut texts = Vec::new();
    for (reply, printed) in answers {
        emulator.scenario(&json!({ "rules": [{ "reply": reply }] }));
        for mode in [&[][..], &["--no-stream"]] {
            let run = structured(&emulator, SCHEMA, mode).run().exits_with(1);
            assert_eq!(run.stdout, printed, "{mode:?}");
            texts.push(run.stderr);
        }
        let run = structured(&emulator, SCHEMA, &["--json"]).run().exits_with(1);
        assert_eq!(format!("{}\n", run.json()["text"].as_str().unwrap()), printed);
        assert_eq!(run.error_json()["error"]["kind"], "Protocol");
        let problem = run.json()["metadata"]["outputProblem"].clone();
        assert_eq!(run.error_json()["error"]["message"], problem);
    }
    let texts: Vec<_> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.is_empty() && !line.starts_with("request id"))
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: the answer is no JSON: expected value at line 1 column 1
      caused by: malformed_model_output
    hint: ask again, say in the prompt what is wanted, or make the schema simpler: not every keyword holds a model to it
    error: the answer is no JSON: expected value at line 1 column 1
      caused by: malformed_model_output
    hint: ask again, say in the prompt what is wanted, or make the schema simpler: not every keyword holds a model to it
    error: the answer does not follow the schema, at `/city`: value is not of type "string"
      caused by: malformed_model_output
    hint: ask again, say in the prompt what is wanted, or make the schema simpler: not every keyword holds a model to it
    error: the answer does not follow the schema, at `/city`: value is not of type "string"
      caused by: malformed_model_output
    hint: ask again, say in the prompt what is wanted, or make the schema simpler: not every keyword holds a model to it
    error: cut short by `max_tokens`: the answer is no JSON: EOF while parsing a string at line 1 column 13
      caused by: max_tokens
    hint: let it have more tokens: `--max-tokens`
    error: cut short by `max_tokens`: the answer is no JSON: EOF while parsing a string at line 1 column 13
      caused by: max_tokens
    hint: let it have more tokens: `--max-tokens`
    "#);
}

#[test]
fn what_has_no_flag_goes_by_its_own_name() {
    let emulator = Emulator::start();
    let args = [
        "--dry-run",
        "--option",
        "serviceTier.type=flex",
        "--option",
        "requestMetadata.team=search",
        "--option",
        r#"additionalModelRequestFields={"inferenceConfig":{"topK":5}}"#,
        "--option",
        "guardrailConfig.trace=enabled",
        "--guardrail",
        "gr4f8k2m9x1q:3",
        "Hello",
    ];
    let body = ask(&emulator, &args).run().succeeds().json()["body"].clone();
    assert_eq!(body["serviceTier"], json!({ "type": "flex" }));
    assert_eq!(body["requestMetadata"], json!({ "team": "search" }));
    assert_eq!(body["additionalModelRequestFields"], json!({ "inferenceConfig": { "topK": 5 } }));
    let guardrail =
        json!({ "guardrailIdentifier": "gr4f8k2m9x1q", "guardrailVersion": "3", "trace": "enabled" });
    assert_eq!(body["guardrailConfig"], guardrail);
}

#[test]
fn an_option_that_cannot_be_is_refused() {
    let emulator = Emulator::start();
    let refused = |options: &[&str], code| {
        let options: Vec<_> =
            options.iter().flat_map(|option| ["--option", option]).chain(["Hello"]).collect();
        ask(&emulator, &options).run().exits_with(code).stderr
    };
    let texts = [
        refused(&["serviceTier"], 2),
        refused(&["a=1", "a.b=2"], 2),
        refused(&["a[0]=1"], 2),
        refused(&["tier=flex"], 6),
        refused(&["serviceTier.type=fast"], 6),
    ];
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: invalid value 'serviceTier' for '--option <KEY=VALUE>': `serviceTier` is not a path of keys: `=` and a value must follow the path

    For more information, try '--help'.

    error: `--option a.b`: `a` has a value already

    For more information, try `--help`.

    error: `--option a[0]`: give a list as a whole: `key=[…]`

    For more information, try `--help`.

    error: `options.amazon-bedrock.tier` is not known

    hint: there are `additionalModelRequestFields`, `additionalModelResponseFieldPaths`, `guardrailConfig`, `outputConfig`, `performanceConfig`, `promptVariables`, `requestMetadata`, `serviceTier`; what only the model knows goes into `additionalModelRequestFields`

    error: `options.amazon-bedrock.serviceTier.type` is `fast`

    hint: take one of `priority`, `default`, `flex`, `reserved`
    "#);
    assert!(emulator.requests().is_empty(), "nobody was asked");
}

#[test]
fn a_prompt_of_prompt_management_needs_no_other() {
    let emulator = Emulator::start();
    let prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT1234:1";
    let args = ["ask", "--dry-run", "-m", prompt, "--option", "promptVariables.city.text=Oslo"];
    let shown = Outcrop::new(args).via(&emulator).run().succeeds().json();
    assert_eq!(shown["body"], json!({ "promptVariables": { "city": { "text": "Oslo" } } }), "{shown}");
}

/// Two members that only take text, one that looks like JSON and is none, and two guardrails at once.
#[test]
fn options_are_read_as_what_they_are() {
    let emulator = Emulator::start();
    let args = ["--dry-run", "--option", "requestMetadata.team=5", "Hello"];
    let body = ask(&emulator, &args).run().succeeds().json()["body"].clone();
    assert_eq!(body["requestMetadata"], json!({ "team": "5" }));
    let broken = ask(&emulator, &["--option", "additionalModelRequestFields={\"top_k\":50", "Hello"]);
    let named = "guardrailConfig.guardrailIdentifier=gr4f8k2m9x1q";
    let twice = ask(&emulator, &["--guardrail", "gr4f8k2m9x1q", "--option", named, "Hello"]);
    let texts = [broken.run().exits_with(2).stderr, twice.run().exits_with(6).stderr];
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: invalid value 'additionalModelRequestFields={"top_k":50' for '--option <KEY=VALUE>': the value is no JSON: EOF while parsing an object at line 1 column 11

    For more information, try '--help'.

    error: `--guardrail` and `--option guardrailConfig.guardrailIdentifier` both name a guardrail

    hint: leave one of them out
    "#);
}

/// Another tier has other prices.
#[test]
fn the_price_is_that_of_the_tier_that_answered() {
    let emulator = Emulator::start();
    let cost = |tier: &str| {
        let option = format!("serviceTier.type={tier}");
        let args = ["ask", "--json", "-m", "us.amazon.nova-2-lite-v1:0", "--option", &option, "Hello"];
        let answer = Outcrop::new(args).via(&emulator).run().succeeds().json();
        assert_eq!(answer["metadata"]["serviceTier"]["type"], tier, "{answer}");
        answer["costUsd"].as_f64()
    };
    let (usual, dear, cheap) = (cost("default").unwrap(), cost("priority").unwrap(), cost("flex").unwrap());
    assert!(cheap < usual && usual < dear, "{cheap} {usual} {dear}");
    assert_eq!(cost("reserved"), None, "nobody knows that one");
}
