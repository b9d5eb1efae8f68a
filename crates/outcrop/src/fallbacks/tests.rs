use outcrop_config::{Layer, Sources};
use outcrop_core::scripted::{self, Scripted};
use outcrop_core::{ModelProviderExt as _, Request};
use serde_json::json;

use super::*;

fn outcrop(text: &str) -> Outcrop {
    let sources = Sources::default().with_text(Layer::User, "u.json5", text);
    Outcrop::builder(sources).plugins(|registry| registry.with(scripted::factory())).build()
}

const TEXT: &str = "{
  models: { providers: {
    a: { api: 'scripted', reply: 'of a', retry: { attempts: 1 } },
    b: { api: 'scripted', reply: 'of b' },
    broken: { api: 'scripted', reply: 'of nobody', auth: 'wrong' },
    mute: {},
  } },
  agents: { defaults: { model: {
    primary: 'a/m', fallbacks: ['a/m', 'broken/m', 'b/m', ' b/m ', 'mute/m', 'amazon.nova-lite-v1:0@eu-west-1'],
  } } },
}";

fn keys(references: &[ModelReference]) -> Vec<String> {
    references.iter().map(ModelReference::key).collect()
}

#[tokio::test]
async fn fallbacks_go_with_the_default_model_and_not_with_one_that_is_named() {
    let outcrop = outcrop(TEXT);
    let chosen = outcrop.choose(None).await.unwrap();
    let expected = ["broken/m", "b/m", "mute/m", "amazon-bedrock/amazon.nova-lite-v1:0@eu-west-1"];
    assert_eq!(keys(&chosen.fallbacks), expected);
    assert_eq!(outcrop.choose(Some("a/m")).await.unwrap().fallbacks, []);
}

#[tokio::test]
async fn who_cannot_be_built_is_left_out_with_a_warning_and_a_note() {
    let outcrop = outcrop(TEXT);
    let warned: Vec<_> =
        outcrop.diagnostics().iter().filter(|it| !it.is_error()).map(ToString::to_string).collect();
    let of_fallbacks: Vec<_> = warned.iter().filter(|it| it.contains("left out")).collect();
    assert_eq!(
        of_fallbacks,
        [
            "u.json5:9:40: `broken/m` is left out: something is wrong with the provider `broken`",
            "u.json5:9:68: `mute/m` is left out: the provider `mute` has no `api`",
        ]
    );
    let mut chosen = outcrop.choose(None).await.unwrap();
    chosen.fallbacks.truncate(3);
    let answerer = outcrop.answerer(&chosen).await.unwrap();
    assert_eq!(answerer.notes.len(), 2, "{:?}", answerer.notes);
    assert!(answerer.notes[0].starts_with("the fallback `broken/m` is left out: nothing is sent by"));
    assert!(
        answerer.notes[1].starts_with("the fallback `mute/m` is left out: the provider `mute` has no `api`")
    );
    assert!(answerer.provider.find::<Scripted>().is_some());
    let request = Request::new("m").user("Hi");
    let response = answerer.provider.generate(&request).await.unwrap();
    assert_eq!((response.text().as_str(), response.instead), ("of a", None));
    // The first has nothing more to say, and that is no reason to ask another.
    assert!(answerer.provider.generate(&request).await.is_err());
}

#[tokio::test]
async fn nobody_gets_around_a_guardrail() {
    let guardrail = "guardrail: { guardrailIdentifier: 'g', guardrailVersion: '1' }";
    let text = format!(
        "{{ models: {{ providers: {{\n\
           guarded: {{ api: 'bedrock-converse-stream', {guardrail} }},\n\
           too: {{ api: 'bedrock-converse-stream', {guardrail} }},\n\
           open: {{ api: 'scripted', reply: 'of b' }} }} }},\n\
           agents: {{ defaults: {{ model: {{\n\
             primary: 'guarded/amazon.nova-lite-v1:0', fallbacks: ['open/m', 'too/m', 'guarded/m'] }} }} }} }}"
    );
    let outcrop = outcrop(&text);
    let warned: Vec<_> = outcrop.diagnostics().iter().map(ToString::to_string).collect();
    let reason = "`open/m` is left out: the provider `guarded` has a guardrail, and `open` has none";
    assert_eq!(warned, [format!("u.json5:6:55: {reason}")]);
    let answerer = outcrop.answerer(&outcrop.choose(None).await.unwrap()).await.unwrap();
    assert_eq!(answerer.notes, [format!("the fallback {reason}")]);
}

#[tokio::test]
async fn a_guardrail_in_a_header_counts() {
    let text = "{ models: { providers: {
        guarded: {
          api: 'openai-completions', baseUrl: 'https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1', apiKey: 'k',
          headers: { 'x-amzn-bedrock-guardrailidentifier': 'g', 'X-Amzn-Bedrock-GuardrailVersion': '1' },
        },
        too: {
          api: 'openai-completions', baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1', apiKey: 'k',
          headers: { 'X-Amzn-Bedrock-GuardrailIdentifier': 'g' },
        },
        open: { api: 'scripted', reply: 'of b' },
      } },
      agents: { defaults: { model: { primary: 'guarded/m', fallbacks: ['open/m', 'too/m'] } } } }";
    let outcrop = outcrop(text);
    let answerer = outcrop.answerer(&outcrop.choose(None).await.unwrap()).await.unwrap();
    let reason = "`open/m` is left out: the provider `guarded` has a guardrail, and `open` has none";
    assert_eq!(answerer.notes, [format!("the fallback {reason}")]);
}

#[tokio::test]
async fn a_guardrail_of_the_request_goes_to_no_other_provider() {
    let text = "{ models: { providers: {
        a: { api: 'openai-completions', baseUrl: 'http://127.0.0.1:1/v1', auth: 'none', retry: { attempts: 1 } },
        b: { api: 'scripted', reply: 'of b' },
      } },
      agents: { defaults: { model: { primary: 'a/m', fallbacks: ['b/m'] } } } }";
    let outcrop = outcrop(text);
    let answerer = outcrop.answerer(&outcrop.choose(None).await.unwrap()).await.unwrap();
    let mut request = Request::new("m").user("Hi");
    request.options.insert("a".into(), json!({ "guardrailConfig": { "guardrailIdentifier": "g" } }));
    let error = answerer.provider.generate(&request).await.unwrap_err();
    assert!(
        error.hints().iter().any(|hint| hint.contains("no other provider knows the guardrail")),
        "{error:?}"
    );
    request.options.clear();
    assert_eq!(answerer.provider.generate(&request).await.unwrap().text(), "of b");
}

#[test]
fn the_model_behind_an_id_is_the_same_wherever_it_is_called() {
    for (id, behind) in [
        ("us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("us.amazon.nova-lite-v1:0@us-west-2", "amazon.nova-lite-v1:0"),
        ("amazon.nova-lite-v1:0@us-west-2", "amazon.nova-lite-v1:0"),
        ("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("qwen/qwen3", "qwen/qwen3"),
        ("a@b", "a@b"),
    ] {
        assert_eq!(base(&id.into()), behind, "{id}");
    }
}
