//! Lists as servers give them.

use outcrop_core::{ErrorKind, Secret};
use serde_json::json;

use super::*;
use crate::loopback::{Answer, KEY, Loopback};

fn catalog(server: &Loopback, models: Vec<ModelSettings>) -> OpenAiCatalog {
    let settings = OpenAiSettings { models, ..server.settings() };
    OpenAiCatalog::new("endpoint".into(), settings, &Environment::default()).unwrap()
}

async fn listed(body: Value) -> Vec<Arc<ModelCard>> {
    let server = Loopback::start(move |_| Answer::json(200, &body));
    catalog(&server, Vec::new()).snapshot(&Query::default()).await.unwrap().models
}

#[tokio::test]
async fn a_list_is_asked_for_where_it_is() {
    let server = Loopback::start(|_| {
        Answer::json(
            200,
            &json!({ "object": "list", "data": [{ "id": "m", "object": "model", "owned_by": "me" }] }),
        )
    });
    let snapshot = catalog(&server, Vec::new()).snapshot(&Query::default()).await.unwrap();
    assert_eq!((snapshot.freshness, snapshot.problems.len()), (Freshness::Live, 0));
    let card = &snapshot.models[0];
    assert_eq!((card.id.as_str(), card.name.as_str(), card.maker.as_str()), ("m", "m", "me"));
    assert_eq!(
        (card.context_window, card.origin["contextWindow"].clone()),
        (CONTEXT_WINDOW, FactOrigin::Default)
    );
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "GET /v1/models");
    assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
}

#[tokio::test]
async fn what_servers_say_of_models_is_kept() {
    let models = listed(json!({ "data": [
        { "id": "openrouter/model", "name": "Model", "context_length": 200_000,
          "architecture": { "input_modalities": ["text", "image", "file"], "output_modalities": ["text"] },
          "pricing": { "prompt": "0.00000125", "completion": "0.00001", "input_cache_read": "0.000000125" },
          "top_provider": { "max_completion_tokens": 64_000 }, "supported_parameters": ["tools", "reasoning"] },
        { "id": "vllm", "owned_by": "vllm", "max_model_len": 40_960, "pricing": { "prompt": "-1", "completion": "-1" } },
        { "id": "groq", "owned_by": "Meta", "context_window": 131_072, "max_completion_tokens": 32_768 },
        { "id": "mistral", "max_context_length": 32_768, "capabilities": { "function_calling": true } },
        { "id": "llama.cpp", "meta": { "n_ctx_train": 8192 } },
        { "id": "embedder", "type": "embedding" },
        { "id": "vllm", "owned_by": "twice" },
        { "no": "id" },
    ] }))
    .await;
    let card = |id: &str| models.iter().find(|card| card.id == *id).unwrap();
    assert_eq!(models.len(), 6);
    let rich = card("openrouter/model");
    assert_eq!((rich.maker.as_str(), rich.name.as_str()), ("openrouter", "Model"));
    assert_eq!((rich.context_window, rich.max_tokens), (200_000, 64_000));
    assert_eq!(rich.input, [Modality::Text, Modality::Image, Modality::Document]);
    assert!(rich.tools.is_yes() && rich.reasoning.is_yes());
    assert_eq!(rich.origin["contextWindow"], FactOrigin::Service);
    let rates = rich.price.as_ref().unwrap().rates;
    assert_eq!((rates.input, rates.output, rates.cache_read), (1.25, 10.0, Some(0.125)));
    assert_eq!((&card("vllm").price, &card("groq").price), (&None, &None), "what is not known is no price");
    assert_eq!((card("vllm").context_window, card("vllm").maker.as_str()), (40_960, "vllm"));
    assert_eq!((card("groq").context_window, card("groq").max_tokens), (131_072, 32_768));
    assert!(card("mistral").context_window == 32_768 && card("mistral").tools.is_yes());
    assert_eq!(card("llama.cpp").context_window, 8192);
    assert_eq!(card("embedder").kind, ModelKind::Embedding);
}

#[tokio::test]
async fn a_list_may_have_another_shape() {
    for body in [
        json!([{ "id": "m" }]),
        json!({ "models": [{ "name": "m" }] }),
        json!(["m"]),
        json!({ "data": ["m"] }),
    ] {
        assert_eq!(listed(body.clone()).await[0].id.as_str(), "m", "{body}");
    }
}

#[tokio::test]
async fn the_entry_knows_better_and_knows_more() {
    let server =
        Loopback::start(|_| Answer::json(200, &json!({ "data": [{ "id": "m", "max_model_len": 10 }] })));
    let known = ModelSettings {
        name: Some("Mine".to_owned()),
        reasoning: Some(true),
        tools: Some(false),
        input: Some(vec![Modality::Text, Modality::Image]),
        context_window: Some(20),
        max_tokens: Some(5),
        ..ModelSettings::new("m")
    };
    let catalog = catalog(&server, vec![known, ModelSettings::new("unlisted")]);
    let models = catalog.snapshot(&Query::default()).await.unwrap().models;
    assert_eq!(models.len(), 2);
    let card = models.iter().find(|card| card.id == "m").unwrap();
    assert_eq!((card.name.as_str(), card.context_window, card.max_tokens), ("Mine", 20, 5));
    assert!(card.reasoning.is_yes() && card.tools.is_no() && card.input.contains(&Modality::Image));
    assert_eq!(card.origin["contextWindow"], FactOrigin::Config);
}

#[tokio::test]
async fn an_entry_that_names_models_means_these() {
    let server = Loopback::start(|_| {
        Answer::json(200, &json!({ "data": [{ "id": "named", "max_model_len": 10 }, { "id": "other" }] }))
    });
    let price = Some(Price::flat(Rates {
        input: 1.0,
        output: 2.0,
        cache_read: None,
        cache_write_5m: None,
        cache_write_1h: None,
    }));
    let named = ModelSettings { price: price.clone(), ..ModelSettings::new("named") };
    let catalog = catalog(&server, vec![named]).named_only(true);
    let ids =
        |snapshot: &Snapshot| snapshot.models.iter().map(|card| card.id.to_string()).collect::<Vec<_>>();
    let first = catalog.snapshot(&Query::default()).await.unwrap();
    assert_eq!((ids(&first), server.seen().len()), (vec!["named".to_owned()], 0), "nobody is asked");
    let resolved = catalog.resolve(&"named".into()).await.unwrap();
    assert_eq!(resolved.card.unwrap().price, price);
    assert_eq!(catalog.resolve(&"other".into()).await.unwrap().card, None);

    let new = catalog.snapshot(&Query::refresh()).await.unwrap();
    assert_eq!((ids(&new), new.models[0].context_window), (vec!["named".to_owned()], 10));
    let all = catalog.snapshot(&Query::default().with_all(true)).await.unwrap();
    assert_eq!(ids(&all), ["named", "other"]);
    assert_eq!(all.hidden.keys().map(ModelId::as_str).collect::<Vec<_>>(), ["other"]);
    assert_eq!(catalog.resolve(&"other".into()).await.unwrap().card.unwrap().id, "other");
    assert_eq!(server.seen().len(), 1);

    // Whoever names none means all.
    let catalog = super::tests::catalog(&server, Vec::new()).named_only(true);
    assert_eq!(ids(&catalog.snapshot(&Query::default()).await.unwrap()), ["named", "other"]);
}

#[tokio::test]
async fn a_list_is_asked_for_once_and_again_on_request() {
    let server = Loopback::start(|_| Answer::json(200, &json!({ "data": [{ "id": "m" }] })));
    let catalog = catalog(&server, Vec::new());
    let first = catalog.snapshot(&Query::default()).await.unwrap();
    let second = catalog.snapshot(&Query::default()).await.unwrap();
    assert_eq!((second.freshness, &second.models), (Freshness::Cached, &first.models));
    assert_eq!(catalog.snapshot(&Query::refresh()).await.unwrap().freshness, Freshness::Live);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_list_that_fails_is_a_problem_where_something_else_is_known() {
    let refused = || Answer::json(401, &json!({ "error": { "message": "no", "code": "invalid_api_key" } }));
    let server = Loopback::start(move |_| refused());
    let error = catalog(&server, Vec::new()).snapshot(&Query::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.provider().unwrap().as_str()), (ErrorKind::Unauthenticated, "endpoint"));

    let snapshot = catalog(&server, vec![ModelSettings::new("m")]).snapshot(&Query::default()).await.unwrap();
    assert_eq!((snapshot.models.len(), snapshot.problems[0].code.as_str()), (1, "invalid_api_key"));

    // Once there was a list, it stands in for the next one.
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let server = Loopback::start(move |_| match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Answer::json(200, &json!({ "data": [{ "id": "m" }] })),
        _ => refused(),
    });
    let catalog = catalog(&server, Vec::new());
    catalog.snapshot(&Query::default()).await.unwrap();
    let stale = catalog.snapshot(&Query::refresh()).await.unwrap();
    assert_eq!((stale.freshness, stale.models.len(), stale.problems.len()), (Freshness::Stale, 1, 1));
}

#[tokio::test]
async fn what_is_no_list_says_so() {
    for answer in [
        Answer::json(200, &json!({ "choices": 1 })),
        Answer::Reply { status: 200, headers: Vec::new(), body: "<html>".to_owned() },
    ] {
        let server = Loopback::start(move |_| answer.clone());
        let error = catalog(&server, Vec::new()).snapshot(&Query::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.message().ends_with("answered with something else than a list of models"), "{error}");
    }
}

#[test]
fn secrets_stay_out_of_debug() {
    let settings =
        OpenAiSettings { api_key: Some(Secret::new(KEY)), ..OpenAiSettings::new("http://127.0.0.1:1") };
    let catalog = OpenAiCatalog::new("endpoint".into(), settings, &Environment::default()).unwrap();
    assert!(!format!("{catalog:?}").contains(KEY));
}
