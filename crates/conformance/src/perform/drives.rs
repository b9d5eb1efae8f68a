//! The ways in which a provider is used that are more than one answer.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use outcrop_core::{Content, EmbedRequest, ErrorKind, Event, Message, Query, Request, Snapshot, ToolResult};
use tokio::time::{sleep, timeout};

use super::Stage;
use super::hear::{self, Listening};
use crate::harness::Upstream;
use crate::needle::{Body, Needle};
use crate::{Answer, Feature};

/// How often the kit looks whether a call has come.
const LOOK: Duration = Duration::from_millis(2);

/// What capabilities have a word for.
const TOLD: [Feature; 7] = [
    Feature::System,
    Feature::Reasoning,
    Feature::Tools,
    Feature::Images,
    Feature::Documents,
    Feature::TokenCounting,
    Feature::Embeddings,
];

/// Resolves some time after a call has come.
async fn arrived(upstream: &dyn Upstream, quiet: Duration) {
    while upstream.received().is_empty() {
        sleep(LOOK).await;
    }
    sleep(quiet).await;
}

impl Stage<'_> {
    async fn sees_the_end(&self, upstream: &dyn Upstream) {
        self.notes.waits("for the upstream to see the call cancelled");
        upstream.cancelled().await;
    }

    pub(super) async fn drop_stream(&self) {
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for `stream` to resolve");
        let mut stream = match wired.provider.stream(&self.act.request).await {
            Ok(stream) => stream,
            Err(error) => return self.notes.add(format!("fails where nothing is wrong: {error}")),
        };
        let mut listening = Listening::new(self.notes);
        loop {
            match listening.next(&mut stream).await {
                Some(Ok(Event::Delta { .. })) => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => return self.notes.add(format!("fails where nothing is wrong: {error}")),
                None => return self.notes.add("is over where the upstream is not"),
            }
        }
        drop(stream);
        self.sees_the_end(&*wired.upstream).await;
    }

    pub(super) async fn read_and_drop(&self) {
        let Some(Answer::Reply(reply)) = self.act.script.answer(0) else { return };
        let said = reply.ideal().response.text();
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for `stream` to resolve");
        let mut stream = match wired.provider.stream(&self.act.request).await {
            Ok(stream) => stream,
            Err(error) => return self.notes.add(format!("fails where nothing is wrong: {error}")),
        };
        let mut listening = Listening::new(self.notes);
        while listening.text != said {
            match listening.next(&mut stream).await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return self.notes.add(format!("fails where nothing is wrong: {error}")),
                None => return self.notes.add("is over where the upstream is not"),
            }
        }
        if timeout(self.manifest.quiet, listening.next(&mut stream)).await.is_ok() {
            self.notes.add("says more than the upstream, which is silent");
        }
        drop(stream);
        self.sees_the_end(&*wired.upstream).await;
    }

    pub(super) async fn drop_call(&self) {
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for the call to come to the upstream");
        {
            let mut call = pin!(wired.provider.stream(&self.act.request));
            tokio::select! {
                biased;
                resolved = &mut call => {
                    let how = if resolved.is_ok() { "with a stream" } else { "with an error" };
                    return self.notes.add(format!(
                        "`stream` resolves {how} before the upstream has said anything"
                    ));
                }
                () = arrived(&*wired.upstream, self.manifest.quiet) => {}
            }
        }
        self.sees_the_end(&*wired.upstream).await;
    }

    pub(super) async fn drop_whole(&self) {
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for the call to come to the upstream");
        {
            let mut call = pin!(wired.provider.generate(&self.act.request));
            tokio::select! {
                biased;
                _ = &mut call => {
                    return self.notes.add("`generate` resolves before the upstream has said anything");
                }
                () = arrived(&*wired.upstream, Duration::ZERO) => {}
            }
        }
        self.sees_the_end(&*wired.upstream).await;
    }

    /// Asks, gives the results of all tools, and asks again.
    pub(super) async fn go_on(&self) {
        let (Some(first), Some(second)) = (self.act.script.answer(0), self.act.script.answer(1)) else {
            return;
        };
        let Some(wired) = self.wire().await else { return };
        let heard = hear::stream(self.notes, &*wired.provider, &self.act.request).await;
        self.compare(first, &heard);
        if heard.error().is_some() {
            return;
        }
        let (request, results) = continued(&self.act.request, heard.collected.response.into_message());
        let heard = hear::stream(self.notes, &*wired.provider, &request).await;
        self.compare(second, &heard);
        let bodies = wired.upstream.received();
        if bodies.len() < 2 {
            return self.notes.add(format!("{} of 2 calls came to the upstream", bodies.len()));
        }
        let Some(body) = bodies.into_iter().next_back().map(Body::new) else { return };
        self.look_for_needles(&body);
        for needle in results.iter().filter(|needle| needle.find(&body).is_none()) {
            self.notes.add(format!("{} did not come to the upstream as it was sent", needle.what));
        }
    }

    /// What the manifest disclaims is refused, or left out with a warning.
    pub(super) async fn disclaimed(&self, feature: &Feature) {
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for the provider to say that it cannot do this");
        let verdict = match feature {
            Feature::TokenCounting => {
                wired.provider.count_tokens(&self.act.request).await.map(|_| Vec::new())
            }
            Feature::Embeddings => {
                let request = EmbedRequest::new(self.manifest.model.clone(), vec!["a text".to_owned()]);
                wired.provider.embed(&request).await.map(|_| Vec::new())
            }
            _ => {
                let heard = hear::stream(self.notes, &*wired.provider, &self.act.request).await;
                heard.collected.into_result().map(|response| response.warnings)
            }
        };
        match verdict {
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidRequest) => {}
            Err(error) => {
                let kind = error.kind().name();
                self.notes.add(format!("the lack of {feature} is told as {kind}, and not as Unsupported"));
            }
            Ok(warnings) if warnings.is_empty() => {
                self.notes
                    .add(format!("the manifest lacks {feature}, and the call succeeds without a warning"));
            }
            Ok(_) => {}
        }
        let bodies: Vec<Body> = wired.upstream.received().into_iter().map(Body::new).collect();
        let came = |needle: &Needle| bodies.iter().any(|body| needle.find(body).is_some());
        if !self.act.arrives.is_empty() && self.act.arrives.iter().all(came) {
            self.notes.add(format!("the manifest lacks {feature}, and the provider sends them all the same"));
        }
    }

    pub(super) async fn count_tokens(&self) {
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for `count_tokens` to resolve");
        let counted = match wired.provider.count_tokens(&self.act.request).await {
            Ok(counted) => counted.input_tokens,
            Err(error) => {
                return self.notes.add(format!("`count_tokens` fails where nothing is wrong: {error}"));
            }
        };
        // Whoever asks nobody counts as they like.
        let asked = !wired.upstream.received().is_empty();
        match self.act.script.answer(0) {
            Some(Answer::TokenCount { input_tokens }) if asked && counted != *input_tokens => {
                self.notes
                    .add(format!("`count_tokens` says {counted}, where the upstream says {input_tokens}"));
            }
            _ if counted == 0 => self.notes.add("`count_tokens` says that a prompt has no tokens"),
            _ => {}
        }
    }

    pub(super) async fn embed(&self) {
        let Some(Answer::Embeddings { vectors }) = self.act.script.answer(0) else { return };
        let Some(wired) = self.wire().await else { return };
        self.notes.waits("for `embed` to resolve");
        let texts = (0..vectors.len()).map(|text| format!("text {text}")).collect();
        let request = EmbedRequest::new(self.manifest.model.clone(), texts);
        let got = match wired.provider.embed(&request).await {
            Ok(embeddings) => embeddings.vectors,
            Err(error) => return self.notes.add(format!("`embed` fails where nothing is wrong: {error}")),
        };
        let asked = !wired.upstream.received().is_empty();
        if asked && got != *vectors {
            self.notes.add("`embed` gives other vectors than the upstream");
        }
        let length = got.first().map_or(0, Vec::len);
        let sound = |vector: &Vec<f32>| vector.len() == length && vector.iter().all(|it| it.is_finite());
        if got.len() != vectors.len() || length == 0 || !got.iter().all(sound) {
            self.notes
                .add("`embed` does not give one vector a text, all of one length and of finite numbers");
        }
    }

    pub(super) async fn snapshot(&self) {
        let Some(wired) = self.wire().await else { return };
        let Some(catalog) = wired.catalog else {
            return self.notes.add("the manifest has a catalogue, and the harness gives none");
        };
        if catalog.id() != wired.provider.id() {
            self.notes.add(format!(
                "the catalogue is of `{}`, the provider is `{}`",
                catalog.id(),
                wired.provider.id()
            ));
        }
        self.notes.waits("for the catalogue");
        let mut lists = Vec::new();
        for _ in 0..2 {
            match catalog.snapshot(&Query::default()).await {
                Ok(snapshot) => {
                    self.notes.add_all(problems_of(&snapshot));
                    let ids = snapshot.models.iter().map(|card| card.id.clone());
                    lists.push(ids.collect::<Vec<_>>());
                }
                Err(error) => return self.notes.add(format!("the catalogue fails: {error}")),
            }
        }
        lists.dedup();
        if lists.len() > 1 {
            self.notes.add("the catalogue lists other models when it is asked again");
        }
    }

    /// What the provider says is cheap, always the same, and fits the manifest.
    pub(super) async fn capabilities(&self) {
        let Some(wired) = self.wire().await else { return };
        let provider = &*wired.provider;
        let (id, told) = (provider.id().clone(), provider.capabilities(&self.manifest.model));
        if id.as_str().trim().is_empty() {
            self.notes.add("the provider has no id");
        }
        for feature in TOLD {
            let Some(support) = feature.support(&told) else { continue };
            if support.is_no() && self.manifest.has(&feature) {
                self.notes.add(format!("the manifest has {feature}, and the provider says that it has not"));
            }
            if support.is_yes() && !self.manifest.has(&feature) {
                self.notes
                    .add(format!("the manifest lacks {feature}, and the provider says that it has them"));
            }
        }
        if !wired.upstream.received().is_empty() {
            self.notes.add("`capabilities` asks the upstream");
        }
        let heard = hear::stream(self.notes, provider, &self.act.request).await;
        if let Some(error) = heard.error() {
            self.notes.add(format!("fails where nothing is wrong: {error}"));
        }
        if provider.id() != &id || provider.capabilities(&self.manifest.model) != told {
            self.notes.add("the provider says something else of itself after a call");
        }
    }
}

/// What is wrong with a list of models.
pub(crate) fn problems_of(snapshot: &Snapshot) -> Vec<String> {
    let mut problems = Vec::new();
    let ids: Vec<_> = snapshot.models.iter().map(|card| &card.id).collect();
    if ids.is_empty() && snapshot.problems.is_empty() {
        problems.push("the catalogue lists no model, and tells no problem".to_owned());
    }
    for (at, id) in ids.iter().enumerate() {
        if id.as_str().trim().is_empty() {
            problems.push("the catalogue lists a model without an id".to_owned());
        }
        if ids.iter().take(at).any(|earlier| earlier == id) {
            problems.push(format!("the catalogue lists `{id}` twice"));
        }
        if snapshot.hidden.contains_key(*id) {
            problems.push(format!("the catalogue lists `{id}`, and says that it is hidden"));
        }
    }
    let leeway = Duration::from_mins(1);
    if snapshot.taken_at.duration_since(SystemTime::now()).is_ok_and(|ahead| ahead > leeway) {
        problems.push("the catalogue was asked in the future".to_owned());
    }
    problems
}

/// The conversation with an answer and the results of all its calls, and what must come of these.
fn continued(request: &Request, answer: Message) -> (Request, Vec<Needle>) {
    let mut results = Vec::new();
    let mut needles = Vec::new();
    for content in &answer.content {
        if let Content::ToolUse(call) = content {
            let text = format!("the weather for {}", call.id);
            needles.push(Needle::text("the result of a tool", text.clone()));
            needles.push(Needle::text("the id of a call", call.id.clone()));
            results.push(Content::ToolResult(ToolResult::text(call.id.clone(), text)));
        }
    }
    let mut request = request.clone();
    request.messages.push(answer);
    (request.user(results), needles)
}
