//! The conformance kit over the providers of this crate.

use std::sync::Arc;
use std::thread;

use outcrop_aws::AwsSettings;
use outcrop_conformance::live::Subject;
use outcrop_conformance::{Feature, Harness, Manifest, Report, Script, Unplayable, Wired, run};
use outcrop_core::{Result, async_trait};
use outcrop_discovery::{Discovery, DiscoverySettings};
use outcrop_provider_bedrock::conformance::BedrockHarness;
use outcrop_provider_openai::conformance::OpenAiHarness;

use crate::{ModelReference, Outcrop};

/// The harnesses of all providers that are compiled in, each by its `api`.
pub fn harnesses() -> Vec<(&'static str, Arc<dyn Harness>)> {
    vec![
        (outcrop_provider_bedrock::API, Arc::new(WithDiscovery(BedrockHarness))),
        (outcrop_provider_openai::API, Arc::new(OpenAiHarness)),
    ]
}

/// Bedrock with the catalogue that is another crate's.
struct WithDiscovery(BedrockHarness);

#[async_trait]
impl Harness for WithDiscovery {
    fn manifest(&self) -> Manifest {
        let mut manifest = self.0.manifest();
        manifest.lacks.retain(|(feature, _)| *feature != Feature::Catalog);
        manifest
    }

    async fn provider(&self, script: &Script) -> std::result::Result<Wired, Unplayable> {
        let (wired, aws) = self.0.wire(script).await?;
        let id = wired.provider.id().clone();
        let catalog = Discovery::new(aws, AwsSettings::default(), DiscoverySettings::default(), None, id);
        Ok(wired.with_catalog(Arc::new(catalog)))
    }
}

/// Runs the kit over every provider that is compiled in, all of them at once: on this machine alone, without credentials.
/// Blocks for seconds.
pub fn check() -> Vec<Report> {
    let running: Vec<_> =
        harnesses().into_iter().map(|(api, harness)| (api, thread::spawn(move || run(harness)))).collect();
    let report = |(api, running): (&str, thread::JoinHandle<Report>)| {
        running.join().unwrap_or_else(|_| Report::failed(api, "the kit panics"))
    };
    running.into_iter().map(report).collect()
}

impl Outcrop {
    /// A model as [`outcrop_conformance::live::run`] calls it: through the provider with all its layers, as the
    /// configuration has it.
    ///
    /// # Errors
    /// As [`Outcrop::provider`].
    pub async fn conformance_subject(&self, reference: &ModelReference) -> Result<Subject> {
        let (provider, catalog) = self.provider_and_catalog(&reference.provider).await?;
        let subject = Subject::new(provider, reference.model.clone());
        Ok(match catalog {
            Some(catalog) => subject.with_catalog(catalog),
            None => subject,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use outcrop_conformance::check_hand_over;

    use super::*;
    use crate::Sources;

    #[test]
    fn a_conversation_moves_from_each_provider_to_each_other_and_back() {
        for (from, one) in harnesses() {
            for (to, other) in harnesses().into_iter().filter(|(to, _)| *to != from) {
                let problems = check_hand_over(Arc::clone(&one), other);
                assert_eq!(problems, Ok(()), "from {from} to {to}");
            }
        }
    }

    #[test]
    fn whatever_is_compiled_in_has_a_harness() {
        let outcrop = Outcrop::builder(Sources::default()).build();
        let compiled: BTreeSet<_> = outcrop.providers().into_iter().filter_map(|listed| listed.api).collect();
        let harnesses: BTreeSet<_> = harnesses().into_iter().map(|(api, _)| api.to_owned()).collect();
        assert!(compiled.is_subset(&harnesses), "{compiled:?} and {harnesses:?}");
    }
}
