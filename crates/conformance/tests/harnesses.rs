//! What the kit makes of harnesses and manifests that are wrong, of known failures, and of a report.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use outcrop_conformance::layers::Layered;
use outcrop_conformance::scripted::ScriptedHarness;
use outcrop_conformance::{
    Feature, Harness, Manifest, Outcome, SCENARIOS, Script, Unplayable, Wired, check, check_manifest, run,
};
use outcrop_core::{
    Error, ErrorKind, EventStream, Freshness, Layer, ModelCatalog, ModelProvider, ProviderId, Query, Request,
    Result, Snapshot, Warning, async_trait, next,
};

fn manifest() -> Manifest {
    Manifest::new("example", "m")
}

/// A harness that does something else than the good one.
struct Odd<F>(Manifest, F);

#[async_trait]
impl<F> Harness for Odd<F>
where
    F: Fn(Wired) -> Result<Wired, Unplayable> + Send + Sync + 'static,
{
    fn manifest(&self) -> Manifest {
        self.0.clone()
    }

    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable> {
        (self.1)(ScriptedHarness::new(self.0.clone()).provider(script).await?)
    }
}

#[test]
fn what_is_lacking_is_skipped_with_the_manifests_words() {
    let harness = ScriptedHarness::new(manifest().lacks(Feature::Reasoning, "it does not think"));
    assert_eq!(
        check(harness.clone(), "reasoning").as_deref(),
        Ok("skipped: no reasoning: it does not think")
    );
    // What rests on it goes with it.
    assert_eq!(
        check(harness.clone(), "signed_reasoning").as_deref(),
        Ok("skipped: no reasoning: it does not think")
    );
    assert_eq!(check(harness, "text").as_deref(), Ok("passed"));
}

#[test]
fn a_skip_of_what_the_manifest_declares_is_a_failure() {
    let harness = || Odd(manifest(), |_| Err(Unplayable::new("the fake has no tools")));
    let problems = check(harness(), "tool_call").unwrap_err();
    assert!(
        problems.contains("its manifest lacks nothing that it takes: the fake has no tools"),
        "{problems}"
    );
    let without =
        Odd(manifest().lacks(Feature::Tools, "none"), |_| Err(Unplayable::new("the fake has no tools")));
    assert_eq!(check(without, "tool_call").as_deref(), Ok("skipped: no tools: none"));
}

#[test]
fn doing_what_the_manifest_disclaims_is_a_failure() {
    let inputs = [
        (Feature::Images, "images"),
        (Feature::System, "system_prompt"),
        (Feature::Tools, "tools"),
        (Feature::Documents, "documents"),
    ];
    for (feature, scenario) in inputs {
        let harness = ScriptedHarness::new(manifest().lacks(feature, "it is said"));
        let problems = check(harness, scenario).unwrap_err();
        assert!(problems.contains("succeeds without a warning"), "{problems}");
        assert!(problems.contains("sends them all the same"), "{problems}");
    }
    for (feature, scenario) in [(Feature::TokenCounting, "token_count"), (Feature::Embeddings, "embeddings")]
    {
        let problems =
            check(ScriptedHarness::new(manifest().lacks(feature, "it is said")), scenario).unwrap_err();
        assert!(problems.contains("succeeds without a warning"), "{problems}");
    }
}

/// Refuses images, or leaves them out with a warning.
#[derive(Debug)]
struct NoImages {
    inner: Arc<dyn ModelProvider>,
    warns: bool,
}

#[async_trait]
impl ModelProvider for NoImages {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &outcrop_core::ModelId) -> outcrop_core::Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let mut request = request.clone();
        let is_image = |content: &outcrop_core::Content| matches!(content, outcrop_core::Content::Image(_));
        let before = request.messages.iter().map(|message| message.content.len()).sum::<usize>();
        request.messages.iter_mut().for_each(|message| message.content.retain(|content| !is_image(content)));
        let after = request.messages.iter().map(|message| message.content.len()).sum::<usize>();
        if before == after {
            return self.inner.stream(&request).await;
        }
        if !self.warns {
            return Err(Error::unsupported("no images here"));
        }
        let mut stream = self.inner.stream(&request).await?;
        let mut script = outcrop_core::scripted::Script::default();
        while let Some(event) = next(&mut stream).await {
            script = match event? {
                outcrop_core::Event::Start(mut start) => {
                    start.warnings.push(Warning::new("images", "images were left out"));
                    script.event(outcrop_core::Event::Start(start))
                }
                event => script.event(event),
            };
        }
        outcrop_core::scripted::Scripted::new([script]).stream(&request).await
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

struct NoImagesLayer(bool);

impl Layer for NoImagesLayer {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        Arc::new(NoImages { inner, warns: self.0 })
    }
}

#[test]
fn what_is_lacking_may_be_refused_or_left_out_with_a_warning() {
    for warns in [true, false] {
        let harness = ScriptedHarness::new(manifest().lacks(Feature::Images, "text only"));
        assert_eq!(check(Layered::new(harness, NoImagesLayer(warns)), "images").as_deref(), Ok("passed"));
    }
}

#[test]
fn a_known_failure_fails_as_it_is_said_and_not_otherwise() {
    let known = || manifest().known_failure("images", "the fake has no eyes");
    let blind = Layered::new(ScriptedHarness::new(known()), NoImagesLayer(false));
    assert_eq!(check(blind, "images").as_deref(), Ok("known to fail: the fake has no eyes"));
    let problems = check(ScriptedHarness::new(known()), "images").unwrap_err();
    assert!(problems.contains("passes, and the manifest says that it fails"), "{problems}");
}

#[test]
fn a_manifest_gives_its_reasons_once_and_names_what_there_is() {
    let wrong = manifest()
        .lacks(Feature::Images, " ")
        .lacks(Feature::Images, "again")
        .known_failure("no-such-scenario", "reason")
        .known_failure("text", "");
    let problems = check_manifest(ScriptedHarness::new(wrong)).unwrap_err();
    assert_eq!(
        problems.lines().collect::<Vec<_>>(),
        [
            "the manifest gives no reason why images are lacking",
            "the manifest says twice that images are lacking",
            "the manifest says that `no-such-scenario` fails, and there is no such scenario",
            "the manifest gives no reason why `text` fails",
        ]
    );
    assert!(check(ScriptedHarness::default(), "no-such-scenario").is_err());
}

#[test]
fn a_provider_must_not_contradict_the_manifest() {
    let says_yes = Odd(manifest().lacks(Feature::Tools, "none"), |wired: Wired| {
        let lying = manifest();
        // The provider of a harness that lacks nothing, with this one's upstream.
        let provider = at_once(ScriptedHarness::new(lying).provider(&Script::default()))?.provider;
        Ok(Wired::new(provider, wired.upstream))
    });
    let problems = check(says_yes, "capabilities").unwrap_err();
    assert!(
        problems.contains("the manifest lacks tools, and the provider says that it has them"),
        "{problems}"
    );
}

/// The harness of a provider in memory never waits.
fn at_once<T>(future: impl Future<Output = Result<T, Unplayable>>) -> Result<T, Unplayable> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => Err(Unplayable::new("it waits")),
    }
}

#[derive(Debug)]
struct Catalog(fn() -> Result<Snapshot>);

#[async_trait]
impl ModelCatalog for Catalog {
    fn id(&self) -> &ProviderId {
        static ID: std::sync::LazyLock<ProviderId> =
            std::sync::LazyLock::new(|| ProviderId::from("scripted"));
        &ID
    }

    async fn snapshot(&self, _: &Query) -> Result<Snapshot> {
        (self.0)()
    }
}

fn listing(ids: &[&str]) -> Result<Snapshot> {
    let card = |id: &&str| {
        let card = serde_json::json!({
            "id": id, "name": "n", "provider": "p", "kind": "chat", "regions": [], "input": [], "output": [],
            "contextWindow": 1, "maxTokens": 1, "reasoning": null, "tools": null, "available": true,
        });
        let card = serde_json::from_value(card);
        card.map(Arc::new).map_err(|error| Error::new(ErrorKind::Unexpected, error.to_string()))
    };
    Ok(Snapshot::new(ids.iter().map(card).collect::<Result<_>>()?, SystemTime::now(), Freshness::Live))
}

#[test]
fn a_catalogue_that_is_wrong_is_found() {
    type Wrong = (fn() -> Result<Snapshot>, &'static str);
    let wrong: [Wrong; 4] = [
        (|| listing(&[]), "lists no model, and tells no problem"),
        (|| listing(&["m", "m"]), "lists `m` twice"),
        (|| listing(&[" "]), "a model without an id"),
        (|| Err(Error::new(ErrorKind::Network, "it is down")), "the catalogue fails: it is down"),
    ];
    for (snapshot, says) in wrong {
        let harness =
            Odd(manifest(), move |wired: Wired| Ok(wired.with_catalog(Arc::new(Catalog(snapshot)))));
        let problems = check(harness, "catalog").unwrap_err();
        assert!(problems.contains(says), "{problems}");
    }
    let none = Odd(manifest(), |wired: Wired| Ok(Wired::new(wired.provider, wired.upstream)));
    assert!(check(none, "catalog").unwrap_err().contains("the harness gives none"));
}

#[test]
fn a_report_has_every_scenario_and_survives_a_provider_that_panics() {
    let report = run(Odd(manifest(), |_| panic!("the fake fell over")));
    assert_eq!(report.results.len(), SCENARIOS.len());
    assert!(!report.is_fine());
    for result in &report.results {
        let Outcome::Failed { problems } = &result.outcome else { panic!("{result:?}") };
        assert_eq!(problems, &["panics: the fake fell over"]);
    }
}

#[test]
fn a_manifest_that_panics_is_a_report_too() {
    struct Mute;
    #[async_trait]
    impl Harness for Mute {
        fn manifest(&self) -> Manifest {
            panic!("no words")
        }

        async fn provider(&self, _: &Script) -> Result<Wired, Unplayable> {
            Err(Unplayable::new("never called"))
        }
    }
    let report = run(Mute);
    assert_eq!((report.problems.as_slice(), report.results.len()), (&["panics: no words".to_owned()][..], 0));
    assert!(!report.is_fine());
}

#[test]
fn a_harness_that_never_makes_a_provider_hangs_and_says_where() {
    struct Slow;
    #[async_trait]
    impl Harness for Slow {
        fn manifest(&self) -> Manifest {
            manifest().patience(Duration::from_millis(50))
        }

        async fn provider(&self, _: &Script) -> Result<Wired, Unplayable> {
            std::future::pending().await
        }
    }
    let problems = check(Slow, "text").unwrap_err();
    assert!(problems.contains("hangs: it still waits for the harness to make a provider"), "{problems}");
}

#[test]
fn the_report_of_a_good_provider_is_fine_and_the_same_every_time() {
    let report = run(ScriptedHarness::new(manifest().lacks(Feature::CacheUsage, "nothing is cached")));
    assert!(report.is_fine(), "{}", report.to_markdown());
    let markdown = report.to_markdown();
    assert!(markdown.contains("| `cache_usage` | "), "{markdown}");
    assert!(markdown.contains("skipped: no usage of a prompt cache: nothing is cached"), "{markdown}");
    let again =
        run(Arc::new(ScriptedHarness::new(manifest().lacks(Feature::CacheUsage, "nothing is cached"))));
    assert_eq!(report, again);
}
