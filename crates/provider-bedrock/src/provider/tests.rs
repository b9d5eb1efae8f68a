mod repairs;

use std::collections::VecDeque;
use std::sync::Mutex;

use futures_util::StreamExt as _;
use outcrop_core::{ErrorKind, Event};
use serde_json::json;

use super::*;
use crate::loopback::{Answer, Loopback};

const BARE: &str = "anthropic.claude-opus-4-6-v1";
const PROFILE: &str = "us.anthropic.claude-opus-4-6-v1";

/// What the service says to a request.
enum Says {
    /// The model needs a profile.
    Refusal,
    /// Too many requests.
    Throttled,
    /// `hello`.
    Hello,
}

/// A runtime plane that gives these answers, one after the other.
struct Service(Loopback);

impl Service {
    fn start(answers: impl IntoIterator<Item = Says>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
        Self(Loopback::start(move |seen| match answers.lock().unwrap().pop_front() {
            Some(Says::Refusal) => {
                let refusal = format!(
                    "Invocation of model ID {BARE} with on-demand throughput isn\u{2019}t supported. Retry your \
                     request with the ID or ARN of an inference profile that contains this model."
                );
                Answer::error(400, "ValidationException", &refusal)
            }
            Some(Says::Throttled) => Answer::error(429, "ThrottlingException", "slow down"),
            Some(Says::Hello) => Answer::text(seen, "hello"),
            None => Answer::error(500, "InternalServerException", "no answer is left"),
        }))
    }

    /// A provider that calls it from us-east-1.
    fn provider(&self, resolver: Option<Arc<dyn ModelResolver>>) -> Bedrock {
        self.0.provider_with(BedrockSettings::default(), resolver)
    }

    /// What was called, and where.
    fn called(&self) -> Vec<(String, String)> {
        self.0.seen().iter().map(|seen| (seen.model.clone(), seen.region().to_owned())).collect()
    }
}

/// A resolver that knows what to call instead, and counts how often it was told of a refusal.
#[derive(Debug, Default)]
struct Knows {
    instead: Option<Resolved>,
    told: Mutex<Vec<(String, String, ErrorKind)>>,
}

impl Knows {
    fn of(callable: &str, region: Option<&str>) -> Arc<Self> {
        let mut instead = Resolved::unchanged(callable.into());
        instead.region = region.map(str::to_owned);
        Arc::new(Self { instead: Some(instead), ..Self::default() })
    }

    fn told(&self) -> Vec<(String, String, ErrorKind)> {
        self.told.lock().unwrap().clone()
    }
}

#[async_trait]
impl ModelResolver for Knows {
    async fn resolve(&self, id: &ModelId) -> Result<Resolved> {
        Ok(Resolved::unchanged(id.clone()))
    }

    async fn instead(&self, refused: &ModelId, region: &str, error: &Error) -> Option<Resolved> {
        self.told.lock().unwrap().push((refused.to_string(), region.to_owned(), error.kind()));
        self.instead.clone().filter(|_| error.kind() == ErrorKind::ProfileRequired)
    }
}

fn request() -> Request {
    Request::new(BARE).user("Hi")
}

fn called(model: &str, region: &str) -> (String, String) {
    (model.to_owned(), region.to_owned())
}

/// The rules of the warnings.
fn rules(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.rule.as_ref()).collect()
}

#[tokio::test]
async fn a_refused_call_is_made_once_more_with_the_profile_that_the_resolver_names() {
    let service = Service::start([Says::Refusal, Says::Hello]);
    let resolver = Knows::of(PROFILE, None);
    let response = service.provider(Some(resolver.clone())).generate(&request()).await.unwrap();
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(PROFILE, "us-east-1")]);
    let [first, second] = service.0.seen().try_into().unwrap();
    assert_eq!(first.bytes, second.bytes, "nothing else is changed");
    assert_eq!(resolver.told(), [(BARE.to_owned(), "us-east-1".to_owned(), ErrorKind::ProfileRequired)]);
    assert_eq!(response.model.unwrap().as_str(), PROFILE);
    assert_eq!(rules(&response.warnings), [CALLED_AS]);
    let said = &response.warnings[0].message;
    assert!(said.contains(PROFILE) && said.contains(BARE), "{said}");
}

#[tokio::test]
async fn a_refused_stream_is_opened_once_more() {
    let service = Service::start([Says::Refusal, Says::Hello]);
    let provider = service.provider(Some(Knows::of(PROFILE, None)));
    let events: Vec<_> = provider.stream(&request()).await.unwrap().collect().await;
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(PROFILE, "us-east-1")]);
    let Some(Ok(Event::Start(start))) = events.first() else { panic!("{events:?}") };
    assert_eq!((start.model.as_ref().unwrap().as_str(), rules(&start.warnings)), (PROFILE, vec![CALLED_AS]));
    assert!(events.iter().all(std::result::Result::is_ok), "{events:?}");
}

#[tokio::test]
async fn the_profile_is_called_in_its_region() {
    let service = Service::start([Says::Refusal, Says::Hello]);
    let eu = "eu.anthropic.claude-opus-4-6-v1";
    let provider = service.provider(Some(Knows::of(eu, Some("eu-west-1"))));
    provider.generate(&request()).await.unwrap();
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(eu, "eu-west-1")]);
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let service = Service::start([Says::Refusal, Says::Refusal, Says::Hello]);
    let resolver = Knows::of(PROFILE, None);
    let error = service.provider(Some(resolver.clone())).generate(&request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ProfileRequired);
    assert_eq!((service.called().len(), resolver.told().len()), (2, 1));
}

#[tokio::test]
async fn where_the_resolver_knows_nothing_the_refusal_stands_with_what_can_be_done() {
    let service = Service::start([Says::Refusal, Says::Hello]);
    let resolver = Arc::new(Knows::default());
    let error = service.provider(Some(resolver.clone())).generate(&request()).await.unwrap_err();
    assert_eq!((error.kind(), service.called().len()), (ErrorKind::ProfileRequired, 1));
    assert_eq!(resolver.told().len(), 1, "it learns all the same");
    assert!(error.hints().iter().any(|hint| hint.contains(PROFILE)), "{error:?}");
}

#[tokio::test]
async fn other_errors_are_not_repaired() {
    let service = Service::start([Says::Throttled, Says::Hello]);
    let error = service.provider(Some(Knows::of(PROFILE, None))).generate(&request()).await.unwrap_err();
    assert_eq!((error.kind(), service.called().len()), (ErrorKind::Throttled, 1));
}

#[tokio::test]
async fn without_a_resolver_the_table_of_facts_names_the_profile() {
    let service = Service::start([Says::Refusal, Says::Hello]);
    let response = service.provider(None).generate(&request()).await.unwrap();
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(PROFILE, "us-east-1")]);
    assert_eq!(rules(&response.warnings), [CALLED_AS]);
    let service = Service::start([Says::Refusal, Says::Refusal, Says::Hello]);
    let error = service.provider(None).generate(&request()).await.unwrap_err();
    assert_eq!((error.kind(), service.called().len()), (ErrorKind::ProfileRequired, 2));
}

/// What a provider says of documents is what it does with them.
#[test]
fn documents_go_where_they_are_read() {
    let provider = Service::start([]).provider(None);
    for (model, support) in [
        ("us.anthropic.claude-sonnet-4-6", Support::Yes),
        ("us.amazon.nova-lite-v1:0", Support::Yes),
        ("us.amazon.nova-micro-v1:0", Support::No),
        // As a fallback names it that is in another region.
        ("us.amazon.nova-micro-v1:0@us-west-2", Support::No),
        ("qwen.qwen3-vl-235b-a22b", Support::No),
        ("us.meta.llama3-3-70b-instruct-v1:0", Support::Unknown),
        ("us.deepseek.r1-v1:0", Support::Unknown),
        ("unknown", Support::Unknown),
    ] {
        assert_eq!(provider.capabilities(&model.into()).documents, support, "{model}");
    }
}
