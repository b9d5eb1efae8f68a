//! `models`, over both providers.

use serde_json::{Value, json};

use super::{home, outcrop, with};
use crate::support::Emulator;
use crate::support::endpoint::{Endpoint, MODEL, Reply};

fn keys(list: &Value) -> Vec<&str> {
    list["models"].as_array().unwrap().iter().map(|model| model["key"].as_str().unwrap()).collect()
}

#[test]
fn both_providers_are_in_one_list() {
    let (endpoint, emulator) = (Endpoint::saying("Hi"), Emulator::start());
    let home = with(&endpoint);
    let list = outcrop(&home, &["models", "list", "--json"]).via(&emulator).run().succeeds().json();
    let of = |provider: &str| keys(&list).into_iter().filter(|key| key.starts_with(provider)).count();
    assert_eq!(of("vllm/"), 2, "{:?}", keys(&list));
    assert!(of("amazon-bedrock/") > 10 && list["problems"] == json!([]));
    let model = list["models"].as_array().unwrap().iter().find(|model| model["id"] == MODEL).unwrap();
    assert_eq!(
        (&model["contextWindow"], &model["origin"]["contextWindow"]),
        (&json!(40_960), &json!("service"))
    );
    assert_eq!((&model["tags"], &model["kind"]), (&json!(["default"]), &json!("chat")));

    emulator.forget_requests();
    let run =
        outcrop(&home, &["models", "list", "--provider", "vllm", "--plain"]).via(&emulator).run().succeeds();
    assert_eq!(run.stdout, format!("vllm/{MODEL}\nvllm/another\n"));
    assert!(emulator.requests().is_empty(), "whoever names an entry wants nobody else to be asked");
    let table = outcrop(&home, &["models", "list", "--provider", "vllm"]).via(&emulator).run().succeeds();
    assert!(table.stdout.contains(MODEL) && table.stderr.is_empty(), "{table:?}");
}

/// The list of one provider is worth something without the other's.
#[test]
fn without_credentials_the_endpoint_is_listed_and_aws_is_a_problem() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let list = outcrop(&home, &["models", "list", "--json"]).run().succeeds().json();
    assert_eq!(keys(&list), [format!("vllm/{MODEL}"), "vllm/another".to_owned()]);
    assert_eq!(list["problems"][0]["source"], "amazon-bedrock", "{list}");
    let list = outcrop(&home, &["models", "list", "--json", "--provider", "vllm"]).run().succeeds().json();
    assert_eq!(list["problems"], json!([]));
    let refreshed = outcrop(&home, &["models", "refresh", "--json"]).run().succeeds().json();
    assert_eq!((&refreshed["count"], &refreshed["added"]), (&json!(2), &Value::Null));
}

#[test]
fn an_entry_that_names_models_means_these() {
    let endpoint = Endpoint::saying("Hi");
    let cost = json!({ "input": 0.1, "output": 0.4, "cacheRead": 0.01 });
    let models = json!([{ "id": MODEL, "name": "Mine", "input": ["text", "image"], "cost": cost }]);
    let home = home(&endpoint.config(&format!("models: {models}")));
    let args = ["models", "list", "--json", "--provider", "vllm"];
    let list = outcrop(&home, &args).run().succeeds().json();
    assert_eq!(keys(&list), [format!("vllm/{MODEL}")]);
    assert_eq!(
        (&list["models"][0]["name"], &list["models"][0]["cost"]["output"]),
        (&json!("Mine"), &json!(0.4))
    );
    assert_eq!(list["models"][0]["tags"], json!(["default", "configured"]));
    assert!(endpoint.seen().is_empty(), "nobody needs to be asked for it");

    let all = outcrop(&home, &args).arg("--all").run().succeeds().json();
    assert_eq!(keys(&all), [format!("vllm/{MODEL}"), "vllm/another".to_owned()]);
    let hidden = &all["models"][1]["hidden"];
    assert_eq!(hidden["rule"], "not-named", "{all}");
    let refreshed = outcrop(&home, &args).arg("--refresh").run().succeeds().json();
    assert_eq!(keys(&refreshed), [format!("vllm/{MODEL}")]);
    assert_eq!(refreshed["models"][0]["contextWindow"], 40_960, "what the endpoint knows is filled in");
}

#[test]
fn a_model_is_shown_and_it_is_said_why() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let model = format!("vllm/{MODEL}");
    let shown = outcrop(&home, &["models", "show", "--json", &model]).run().succeeds().json();
    assert_eq!(
        (&shown["id"], &shown["listed"], &shown["tags"]),
        (&json!(MODEL), &json!(true), &json!(["default"]))
    );
    let text = outcrop(&home, &["models", "show", &model]).run().succeeds().stdout;
    assert!(text.contains("40960 tokens"), "{text}");

    let why = outcrop(&home, &["models", "why", "--json", &model]).run().succeeds().json();
    assert_eq!((&why["listed"], &why["callable"], &why["fix"]), (&json!(true), &json!(true), &Value::Null));
    assert_eq!(why["rules"][0]["rule"], "endpoint-list", "{why}");
    let why = outcrop(&home, &["models", "why", "--json", "vllm/qwen3-8b"]).run().exits_with(5).json();
    assert_eq!((&why["listed"], &why["callable"]), (&json!(false), &Value::Null));
    assert_eq!(why["nearest"], json!([MODEL]), "{why}");

    let error =
        outcrop(&home, &["models", "show", "--json", "vllm/qwen3-8b"]).run().exits_with(5).error_json();
    let hints = error["error"]["hints"].to_string();
    assert!(hints.contains(MODEL) && hints.contains("models why vllm/qwen3-8b"), "{error}");
}

#[test]
fn a_model_of_an_endpoint_becomes_the_default() {
    let endpoint = Endpoint::saying("Hi");
    let home = home(&format!("{{ models: {{ providers: {{ vllm: {} }} }} }}", endpoint.entry("")));
    let set = outcrop(&home, &["models", "set", "--json", &format!("vllm/{MODEL}")]).run().succeeds().json();
    assert_eq!((&set["model"], &set["warnings"]), (&json!(format!("vllm/{MODEL}")), &json!([])));
    assert_eq!(outcrop(&home, &["ask", "Hi"]).run().succeeds().stdout, "Hi\n");
    // Many a server answers to names that it does not list.
    let set = outcrop(&home, &["models", "set", "--json", "vllm/alias"]).run().succeeds().json();
    assert!(set["warnings"][0].as_str().unwrap().contains("it is none of them"), "{set}");
}

#[test]
fn the_state_is_told_without_asking() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let status = outcrop(&home, &["models", "status", "--json"]).run().succeeds().json();
    assert_eq!(status["default"], format!("vllm/{MODEL}"));
    let expected =
        json!([{ "provider": "vllm", "endpoint": endpoint.url, "configured": 0, "problem": null }]);
    assert_eq!(status["endpoints"], expected);
    let text = outcrop(&home, &["models", "status"]).run().succeeds().stdout;
    assert!(text.contains(&endpoint.url) && text.contains("the endpoint is asked each time"), "{text}");
    assert!(endpoint.seen().is_empty());
}

#[test]
fn a_list_that_fails_is_a_problem_of_its_provider() {
    let (endpoint, emulator) =
        (Endpoint::start(|_| Reply::error(503, "overloaded_error", "Later.")), Emulator::start());
    let home = with(&endpoint);
    let list = outcrop(&home, &["models", "list", "--json"]).via(&emulator).run().succeeds().json();
    assert!(keys(&list).len() > 10);
    let problem = &list["problems"][0];
    assert_eq!(
        (&problem["source"], &problem["code"]),
        (&json!("vllm"), &json!("overloaded_error")),
        "{problem}"
    );
    outcrop(&home, &["models", "list", "--provider", "vllm"]).via(&emulator).run().exits_with(9);

    // And so is every other one.
    let dead = [
        "--set=models.providers.attic.api=openai-completions",
        "--set=models.providers.attic.baseUrl=http://127.0.0.1:1/v1",
    ];
    let args = [&["models", "list", "--json"][..], &dead].concat();
    let list = outcrop(&home, &args).via(&emulator).run().succeeds().json();
    let sources =
        list["problems"].as_array().unwrap().iter().map(|problem| problem["source"].as_str().unwrap());
    assert_eq!(sources.collect::<std::collections::BTreeSet<_>>(), ["attic", "vllm"].into());
}
