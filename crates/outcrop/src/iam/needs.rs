//! From models to the ARNs that calling them needs.

use std::collections::BTreeSet;

use outcrop_core::ModelId;
use outcrop_discovery::{GeographyPreference, resolve_by_facts};
use outcrop_model_facts::{BedrockId, Geography, Kind, Partition, destination_regions};

/// Where a model is called, by whom, and which profile stands in for one that has no throughput of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) region: &'a str,
    /// Twelve digits, or `*`.
    pub(super) account: &'a str,
    pub(super) geography: &'a GeographyPreference,
}

impl Place<'_> {
    fn partition(&self) -> &'static str {
        Partition::of_region(self.region).name()
    }

    /// The ARN of something that an account owns in the region.
    pub(super) fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:bedrock:{}:{}:{kind}/{id}", self.partition(), self.region, self.account)
    }

    /// The ARN of a foundation model in the region.
    pub(super) fn foundation_model(&self, id: &str) -> String {
        foundation_model(self.partition(), self.region, id)
    }
}

/// The ARN of a foundation model. With an empty region it is the one that a global profile leads to.
fn foundation_model(partition: &str, region: &str, id: &str) -> String {
    format!("arn:{partition}:bedrock:{region}::foundation-model/{id}")
}

/// The ARNs that calls are authorised for.
///
/// Through a profile, a call is authorised for the profile in the region of the caller and for the foundation model in
/// the region that it is routed to: see "Geographic cross-Region inference" and "Global cross-Region inference" in the
/// Bedrock user guide.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// What is called by its own ARN: foundation models, provisioned and imported models, deployments.
    pub(super) called: BTreeSet<String>,
    /// Inference profiles of AWS.
    pub(super) profiles: BTreeSet<String>,
    /// Foundation models that these profiles lead to.
    pub(super) behind_profiles: BTreeSet<String>,
    /// Those of the profiles that may lead anywhere.
    pub(super) global_profiles: BTreeSet<String>,
    /// Foundation models without a region, that these lead to.
    pub(super) behind_global_profiles: BTreeSet<String>,
    /// Inference profiles of the account.
    pub(super) application_profiles: BTreeSet<String>,
    /// Foundation models that these lead to.
    pub(super) behind_application_profiles: BTreeSet<String>,
    /// Prompt routers.
    pub(super) routers: BTreeSet<String>,
    /// Profiles and foundation models that these may choose.
    pub(super) behind_routers: BTreeSet<String>,
    /// The permission to call marketplace models at all; it cannot be narrowed to an endpoint.
    pub(super) marketplaces: BTreeSet<String>,
    /// SageMaker endpoints of marketplace models.
    pub(super) endpoints: BTreeSet<String>,
    /// Prompts of prompt management.
    pub(super) prompts: BTreeSet<String>,
    /// Foundation models whose tokens can be counted.
    pub(super) counted: BTreeSet<String>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

impl Needs {
    /// Adds what calling a model needs. `base` is the model behind it, where its own id does not tell. Nothing is added
    /// for what is no id or ARN of a model; then the answer is `false`.
    pub(super) fn add(&mut self, model: &ModelId, base: Option<&str>, place: Place<'_>) -> bool {
        let resolved = resolve_by_facts(model, Some(place.region), place.geography);
        let region = resolved.region.as_deref().unwrap_or(place.region);
        let place = Place { region, ..place };
        let id = BedrockId::parse(resolved.callable.as_str());
        let arn = id.raw().to_owned();
        match id.kind() {
            Kind::FoundationModel => {
                let arn = if id.is_arn() { arn } else { place.foundation_model(id.raw()) };
                self.counted.insert(arn.clone());
                self.called.insert(arn);
            }
            Kind::SystemProfile => self.add_system_profile(&id, place),
            Kind::ApplicationProfile => self.add_application_profile(&id, base),
            Kind::ProvisionedModel | Kind::CustomModelDeployment | Kind::ImportedModel => {
                self.called.insert(arn);
            }
            Kind::CustomModel => {
                self.notes.push(format!(
                    "a custom model is called through its provisioned throughput or its deployment: name the ARN of \
                     that instead of `{arn}`"
                ));
                self.called.insert(arn);
            }
            Kind::DefaultPromptRouter | Kind::PromptRouter => self.add_router(&id, place),
            Kind::Prompt => {
                self.notes.push(format!("the model of the prompt `{arn}` is not known here: name it too"));
                self.prompts.insert(arn);
            }
            Kind::MarketplaceEndpoint => {
                self.marketplaces.insert(place.arn("marketplace/model-endpoint", "all-access"));
                self.endpoints.insert(arn);
            }
            Kind::Other => return false,
        }
        self.notes.extend(resolved.note);
        true
    }

    fn add_system_profile(&mut self, id: &BedrockId<'_>, place: Place<'_>) {
        let partition = partition_of(id, place);
        // An ARN whose id has a shape of its own tells neither model nor geography.
        let base = id.base().unwrap_or("*");
        let home = foundation_model(partition, place.region, base);
        let profile =
            if id.is_arn() { id.raw().to_owned() } else { place.arn("inference-profile", id.raw()) };
        self.profiles.insert(profile.clone());
        self.behind_profiles.insert(home.clone());
        if id.base().is_some() {
            self.counted.insert(home);
        }
        if id.geography().is_some_and(Geography::is_global) {
            self.global_profiles.insert(profile);
            self.behind_global_profiles.insert(foundation_model(partition, "", base));
            return;
        }
        let destinations = id.geography().map(destination_regions).unwrap_or_default();
        if destinations.is_empty() {
            self.notes.push(format!(
                "the regions that `{}` routes to are not known here: written as `*`; `aws bedrock \
                 get-inference-profile` lists them",
                id.raw()
            ));
            self.behind_profiles.insert(foundation_model(partition, "*", base));
        }
        let models = destinations.iter().map(|region| foundation_model(partition, region, base));
        self.behind_profiles.extend(models);
    }

    fn add_application_profile(&mut self, id: &BedrockId<'_>, base: Option<&str>) {
        let partition = id.partition().unwrap_or(Partition::Aws).name();
        let base = base.and_then(|base| BedrockId::parse(base).base()).unwrap_or_else(|| {
            self.notes.push(format!(
                "the model behind `{}` is not known here: written as `*`; set its `baseModel` in the configuration",
                id.raw()
            ));
            "*"
        });
        self.application_profiles.insert(id.raw().to_owned());
        // It may stand for a model of its region, a geography's profile or a global one.
        self.behind_application_profiles
            .extend(["*", ""].map(|region| foundation_model(partition, region, base)));
    }

    fn add_router(&mut self, id: &BedrockId<'_>, place: Place<'_>) {
        let place = Place { account: id.account().unwrap_or(place.account), ..place };
        self.routers.insert(id.raw().to_owned());
        self.behind_routers.insert(place.arn("inference-profile", "*"));
        self.behind_routers.insert(foundation_model(partition_of(id, place), "*", "*"));
    }

    /// Adds whatever can be called in a region.
    pub(super) fn add_everything(&mut self, place: Place<'_>) {
        let here = place.foundation_model("*");
        self.counted.insert(here.clone());
        self.called.insert(here);
        let application = place.arn("application-inference-profile", "*");
        let profiles = [place.arn("inference-profile", "*"), application.clone()];
        self.profiles.extend(profiles.clone());
        self.behind_profiles.insert(foundation_model(place.partition(), "*", "*"));
        self.application_profiles.insert(application);
        if Partition::of_region(place.region) == Partition::Aws {
            self.global_profiles.extend(profiles);
            self.behind_global_profiles.insert(foundation_model(place.partition(), "", "*"));
        }
    }

    /// Writes `*` for the regions that profiles lead to: shorter, and no more than before, because these models can be
    /// called through the profiles only. Says whether anything has changed.
    pub(super) fn shorten(&mut self) -> bool {
        let anywhere = |arn: &String| {
            let mut parts: Vec<_> = arn.split(':').collect();
            if let Some(region) = parts.get_mut(3) {
                *region = "*";
            }
            parts.join(":")
        };
        let short: BTreeSet<_> = self.behind_profiles.iter().map(anywhere).collect();
        let shorter = short.len() < self.behind_profiles.len();
        if shorter {
            self.behind_profiles = short;
        }
        shorter
    }
}

/// The partition of an ARN, else of the region.
fn partition_of(id: &BedrockId<'_>, place: Place<'_>) -> &'static str {
    id.partition().map_or_else(|| place.partition(), Partition::name)
}
