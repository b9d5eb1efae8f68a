//! `auth`, `doctor`, `config` and `iam`: what is true of an endpoint is said of it.

use serde_json::{Value, json};

use super::{home, outcrop, with};
use crate::support::endpoint::{Endpoint, MODEL, Reply};
use crate::support::{Emulator, Home};

fn doctor(home: &Home, args: &[&str], code: i32) -> Vec<(String, String)> {
    let run = outcrop(home, &[&["doctor", "--json"], args].concat()).run().exits_with(code).json();
    assert_eq!(run["ok"], code == 0, "{run}");
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let checks = run["checks"].as_array().unwrap();
    checks.iter().map(|check| (text(check, "name"), text(check, "verdict"))).collect()
}

fn said(checks: &[(String, String)]) -> Vec<String> {
    checks.iter().map(|(name, verdict)| format!("{name} {verdict}")).collect()
}

#[test]
fn the_status_is_that_of_the_endpoint_and_asks_nobody() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let status = outcrop(&home, &["auth", "status", "--json"]).run().succeeds().json();
    let expected = json!({
        "provider": "vllm", "source": "api-key", "state": "present", "endpoint": endpoint.url, "notes": [],
    });
    assert_eq!(status, expected);
    let text = outcrop(&home, &["auth"]).run().succeeds().stdout;
    assert!(text.contains("the key of the configuration") && text.contains(&endpoint.url), "{text}");
    assert!(endpoint.seen().is_empty());

    let verified = outcrop(&home, &["auth", "status", "--verify", "--json"]).run().succeeds().json();
    assert_eq!(verified["notes"], json!(["verified by a listing of models"]));
    // Bedrock is there all the same, if somebody wants to know.
    outcrop(&home, &["auth", "status", "--provider", "amazon-bedrock"]).run().exits_with(4);
    let unknown = outcrop(&home, &["auth", "status", "--provider", "nobody"]).run().exits_with(3);
    assert!(unknown.stderr.contains("`amazon-bedrock`, `vllm`"), "{}", unknown.stderr);
}

#[test]
fn a_key_that_is_wrong_is_found() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let key = ["--set", "models.providers.vllm.apiKey=sk-wrong-key-of-the-test"];
    let run = outcrop(&home, &[&["auth", "status", "--verify"], &key[..]].concat()).run().exits_with(4);
    assert!(run.stderr.contains("`models.providers.vllm.apiKey`"), "{}", run.stderr);
    let checks = doctor(&home, &key, 4);
    assert_eq!(said(&checks), ["endpoint vllm ok", "key vllm fail", "models vllm skip"]);
}

#[test]
fn an_endpoint_without_a_key_needs_none() {
    let server = Endpoint::saying("Hi");
    let home = home(&format!(
        "{{ models: {{ providers: {{ local: {{ api: 'openai-completions', baseUrl: '{}' }} }} }} }}",
        server.url
    ));
    let status = outcrop(&home, &["auth", "status", "--json", "--provider", "local"]).run().succeeds().json();
    assert_eq!((&status["source"], &status["state"]), (&json!("none"), &json!("absent")));
    let run = outcrop(&home, &["auth", "status", "--verify", "--provider", "local"]).run().exits_with(4);
    assert!(run.stderr.contains("set `models.providers.local.apiKey`"), "{}", run.stderr);
}

#[test]
fn the_doctor_looks_at_what_is_called() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let checks = doctor(&home, &[], 0);
    assert_eq!(said(&checks), ["endpoint vllm ok", "key vllm ok", "models vllm ok"]);
    // The default model is one that it does not list.
    let checks = doctor(&home, &["--set", "agents.defaults.model.primary=vllm/qwen"], 0);
    assert_eq!(checks[2].1, "warn");
    let checks = doctor(&home, &["--provider", "amazon-bedrock"], 4);
    assert_eq!(said(&checks[..1]), ["credentials fail"]);

    // Somebody else's default model: what does not work here is worth a warning.
    let emulator = Emulator::start();
    let entry = "{ api: 'openai-completions', baseUrl: 'http://127.0.0.1:1/v1' }";
    let home = self::home(&format!("{{ models: {{ providers: {{ attic: {entry} }} }} }}"));
    let run = outcrop(&home, &["doctor", "--json"]).via(&emulator).run().succeeds().json();
    let names: Vec<_> =
        run["checks"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert!(
        names.starts_with(&["credentials"])
            && names.ends_with(&["endpoint attic", "key attic", "models attic"])
    );
    let attic = &run["checks"][names.len() - 3];
    assert_eq!(attic["verdict"], "warn", "{attic}");
    assert!(attic["detail"].as_str().unwrap().contains("http://127.0.0.1:1/v1"), "{attic}");
}

#[test]
fn what_is_no_endpoint_is_told_from_one_without_a_list() {
    // Somebody who does not speak HTTP at all.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            // What is not read before it closes would break the connection off.
            std::io::Read::read(&mut connection, &mut [0; 4096]).unwrap();
            std::io::Write::write_all(&mut connection, b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
        }
    });
    let elsewhere = home(&format!(
        "{{ models: {{ providers: {{ vllm: {{ api: 'openai-completions', baseUrl: 'http://{address}' }} }} }},\n\
           agents: {{ defaults: {{ model: 'vllm/m' }} }} }}"
    ));
    let checks = doctor(&elsewhere, &[], 1);
    assert_eq!(said(&checks), ["endpoint vllm fail", "key vllm skip", "models vllm skip"]);
    outcrop(&elsewhere, &["auth", "status", "--verify"]).run().exits_with(1);

    // And whoever sends one elsewhere.
    let endpoint = Endpoint::start(|_| Reply::json(301, &json!({})).with_header("location", "/new"));
    let checks = doctor(&with(&endpoint), &[], 1);
    assert_eq!(said(&checks)[0], "endpoint vllm fail");
}

#[test]
fn a_server_without_a_list_may_answer() {
    let endpoint = Endpoint::start(|seen| match seen.line.as_str() {
        "GET /v1/models" => Reply::json(404, &json!({ "detail": "Not Found" })),
        _ => Reply::text("Hi"),
    });
    let home = with(&endpoint);
    assert_eq!(said(&doctor(&home, &[], 0)), ["endpoint vllm ok", "key vllm ok", "models vllm warn"]);
    let run = outcrop(&home, &["auth", "status", "--verify", "--json"]).run().succeeds().json();
    assert!(run["notes"][0].as_str().unwrap().starts_with("not verified"), "{run}");
    assert_eq!(outcrop(&home, &["ask", "Hi"]).run().succeeds().stdout, "Hi\n");
}

#[test]
fn mistakes_are_found_at_their_place() {
    let text = "{\n  models: {\n    providers: {\n      vllm: {\n        api: \"openai-completions\",\n        baseUrl: \"ftp://x\",\n        \
                compat: { thinkingFormat: \"loud\", supportStore: true },\n        guardrail: { guardrailIdentifier: \"g\" },\n        \
                models: [{ id: \"m\", compat: { maxTokensField: \"tokens\", maxTokenField: \"max_tokens\" } }],\n      },\n    },\n  },\n}\n";
    let home = home(text);
    let report = outcrop(&home, &["config", "check", "--json"]).run().exits_with(3).json();
    let found = report["diagnostics"].as_array().unwrap();
    let at = |line: i64| -> Vec<String> {
        let on_line = found.iter().filter(|it| it["line"] == line);
        on_line.map(ToString::to_string).collect()
    };
    assert!(at(6)[0].contains("is not the address of a web service"), "{report}");
    assert!(at(7).iter().any(|it| it.contains("`openai`")), "the allowed values: {report}");
    assert!(at(7).iter().any(|it| it.contains("supportsStore")), "what was meant: {report}");
    assert!(at(8)[0].contains("goes with calls of Bedrock only"), "{report}");
    assert!(at(9).iter().any(|it| it.contains("`max_completion_tokens`")), "{report}");
    assert!(at(9).iter().any(|it| it.contains("`maxTokensField`")), "{report}");
    assert_eq!(found.len(), 6, "{report}");
}

/// A guardrail that an endpoint never sees is worse than none.
#[test]
fn guardrails_are_not_left_out_silently() {
    let endpoint = Endpoint::saying("Hi");
    let guarded = home(&endpoint.config("guardrail: { guardrailIdentifier: 'g', guardrailVersion: '1' }"));
    outcrop(&guarded, &["ask", "Hi"]).run().exits_with(3);
    let run = outcrop(&with(&endpoint), &["ask", "--guardrail", "g:1", "Hi"]).run().exits_with(6);
    assert!(run.stderr.contains("`vllm` is not Bedrock"), "{}", run.stderr);
    assert!(endpoint.seen().is_empty());
}

#[test]
fn a_project_has_no_say_in_who_is_called() {
    let (mine, theirs) = (Endpoint::saying("mine"), Endpoint::saying("theirs"));
    let home = with(&mine);
    let project = format!(
        "{{ models: {{ providers: {{ vllm: {{ baseUrl: '{url}', apiKey: 'k', headers: {{ 'x-a': 'b' }}, auth: 'none',\n\
           compat: {{ supportsStore: true }} }},\n\
           new: {{ api: 'openai-completions', baseUrl: '{url}' }} }} }} }}",
        url = theirs.url
    );
    std::io::Write::write_all(
        &mut std::fs::File::create(home.work().join("outcrop.json5")).unwrap(),
        project.as_bytes(),
    )
    .unwrap();
    let report = outcrop(&home, &["config", "check", "--json"]).run().exits_with(3).json();
    let refused =
        report["diagnostics"].as_array().unwrap().iter().filter(|it| it["code"] == "config::refused");
    let mut keys: Vec<_> = refused.map(|it| it["key"].as_str().unwrap().to_owned()).collect();
    keys.sort();
    let expected = ["new.api", "new.baseUrl", "vllm.apiKey", "vllm.auth", "vllm.baseUrl", "vllm.headers"];
    assert_eq!(keys, expected.map(|key| format!("models.providers.{key}")), "{report}");

    assert_eq!(outcrop(&home, &["ask", "Hi"]).run().succeeds().stdout, "mine\n");
    assert_eq!(
        mine.seen()[0].body["store"],
        false,
        "what says nothing of who is called is a project's to say"
    );
    outcrop(&home, &["ask", "-m", "new/x", "Hi"]).run().exits_with(3);
    assert!(theirs.seen().is_empty());
}

#[test]
fn keys_come_from_variables() {
    let endpoint = Endpoint::saying("Hi");
    let config = endpoint.config("").replace(crate::support::endpoint::KEY, "${VLLM_KEY}");
    let home = home(&config);
    let run = outcrop(&home, &["ask", "Hi"]).env("VLLM_KEY", crate::support::endpoint::KEY).run().succeeds();
    assert_eq!(run.stdout, "Hi\n");
    let run = outcrop(&home, &["ask", "Hi"]).run().exits_with(3);
    assert!(run.stderr.contains("VLLM_KEY"), "{}", run.stderr);
    let explained =
        outcrop(&home, &["config", "get", "models.providers.vllm"]).env("VLLM_KEY", "sk-hush-hush").run();
    assert!(!explained.succeeds().stdout.contains("hush"));
    assert_eq!(endpoint.seen().len(), 1);
}

#[test]
fn policies_are_about_bedrock() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let policy = outcrop(&home, &["iam", "policy", "--region", "us-east-1"]).run().succeeds();
    assert!(!policy.stdout.contains(MODEL) && !policy.stdout.contains("vllm"), "{}", policy.stdout);
    assert!(endpoint.seen().is_empty());
}
