//! The account that is there when nobody describes one: its models and inference profiles, derived from the facts table.

use std::collections::BTreeMap;

use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{Geography, Partition, profile_geographies};
use serde_json::{Value, json};
use time::{Date, Duration, format_description::FormatItem, macros};

use crate::account::{Holdings, Row};
use crate::json::insert;

const DAY: &[FormatItem<'_>] = macros::format_description!("[year]-[month]-[day]");

/// A model becomes LEGACY at least six months before it goes away.
const NOTICE: Duration = Duration::days(183);

/// What the account has in a region, on a day.
pub(crate) fn holdings(region: &str, account_id: &str, today: Date) -> Holdings {
    let place = Place { region, account_id };
    let retired = |model: &&ModelFacts| retirement(model).is_some_and(|it| it.end_of_life <= today);
    Holdings {
        foundation_models: models().map(|model| place.model_row(model, today)).collect(),
        inference_profiles: place.profiles(),
        availability: models().filter(retired).map(|model| (model.id.to_owned(), not_available())).collect(),
        ..Holdings::default()
    }
}

/// What GetFoundationModelAvailability answers for a model that went away.
fn not_available() -> Row {
    row([
        ("agreementAvailability", json!({ "status": "NOT_AVAILABLE" })),
        ("entitlementAvailability", "NOT_AVAILABLE".into()),
        ("regionAvailability", "NOT_AVAILABLE".into()),
    ])
}

/// The models that the runtime knows.
fn models() -> impl Iterator<Item = &'static ModelFacts> {
    facts::all().iter().filter(|model| !model.is_mantle_only())
}

/// The dates of a model that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Retirement {
    legacy: Date,
    end_of_life: Date,
}

/// When a model goes away, if that is known.
fn retirement(model: &ModelFacts) -> Option<Retirement> {
    let end_of_life = Date::parse(model.end_of_life?, DAY).ok()?;
    Some(Retirement { legacy: end_of_life - NOTICE, end_of_life })
}

/// The name to show, at most 20 characters, as the service model wants it.
pub(crate) fn name(model: &ModelFacts) -> String {
    let name = model.name.map_or_else(|| name_from_id(model.id), str::to_owned);
    name.chars().take(20).collect::<String>().trim_end().to_owned()
}

/// `ai21.j2-mid-v1` is `J2 Mid`: the words of the id without maker and version.
pub(crate) fn name_from_id(id: &str) -> String {
    let model = id.split_once('.').map_or(id, |(_, model)| model);
    let model = model.split(':').next().unwrap_or(model);
    let is_version = |word: &&str| {
        word.strip_prefix('v')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()))
    };
    let is_number = |word: &str| word.len() <= 2 && word.bytes().all(|it| it.is_ascii_digit());
    let mut name = String::new();
    let mut number_before = false;
    for word in model.split('-').filter(|word| !word.is_empty() && !is_version(word)) {
        if !name.is_empty() {
            // Ids write 5.5 as `5-5`.
            name.push(if number_before && is_number(word) { '.' } else { ' ' });
        }
        number_before = is_number(word);
        let mut characters = word.chars();
        name.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(characters.as_str());
    }
    name
}

/// Where the account is looked at.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    region: &'a str,
    account_id: &'a str,
}

impl Place<'_> {
    fn partition(&self) -> &'static str {
        Partition::of_region(self.region).name()
    }

    fn model_arn_in(&self, region: &str, id: &str) -> String {
        format!("arn:{}:bedrock:{region}::foundation-model/{id}", self.partition())
    }

    fn profile_arn(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:bedrock:{}:{}:{kind}/{id}", self.partition(), self.region, self.account_id)
    }

    /// A row of ListFoundationModels.
    fn model_row(&self, model: &ModelFacts, today: Date) -> Row {
        let mut lifecycle = json!({ "status": "ACTIVE" });
        if let Some(retirement) = retirement(model) {
            if retirement.legacy <= today {
                insert(&mut lifecycle, "status", Some("LEGACY".into()));
            }
            insert(&mut lifecycle, "legacyTime", Some(midnight(retirement.legacy).into()));
            insert(&mut lifecycle, "endOfLifeTime", Some(midnight(retirement.end_of_life).into()));
        }
        row([
            ("modelArn", self.model_arn_in(self.region, model.id).into()),
            ("modelId", model.id.into()),
            ("modelName", name(model).into()),
            ("providerName", model.provider_name.into()),
            ("inputModalities", input_modalities(model).into()),
            ("outputModalities", output_modalities(model).into()),
            ("responseStreamingSupported", model.converse.into()),
            ("customizationsSupported", customizations(model).into()),
            ("inferenceTypesSupported", inference_types(model).into()),
            ("modelLifecycle", lifecycle),
        ])
    }

    /// The geographies whose profiles can be called from here, narrowest first, `global` last.
    fn geographies(&self) -> impl Iterator<Item = Geography<'static>> {
        let global = (Partition::of_region(self.region) == Partition::Aws).then_some(Geography::GLOBAL);
        profile_geographies(self.region).iter().copied().chain(global)
    }

    /// The rows of ListInferenceProfiles: those of AWS, sorted by id, then the account's own.
    fn profiles(&self) -> Vec<Row> {
        let mut system = BTreeMap::new();
        for model in models() {
            for geography in self.geographies().filter(|it| model.profile_prefixes.contains(&it.as_str())) {
                system.insert(format!("{geography}.{}", model.id), (geography, model));
            }
        }
        let own = [
            ("a1b2c3d4e5f6", "research-team", "anthropic.claude-haiku-4-5-20251001-v1:0"),
            ("z9y8x7w6v5u4", "support-chat", "amazon.nova-lite-v1:0"),
        ];
        let system_rows =
            system.iter().map(|(id, (geography, model))| self.system_profile(id, *geography, model));
        let narrowest =
            |of: &str| self.geographies().find(|geography| system.contains_key(&format!("{geography}.{of}")));
        let own = own.map(|(id, name, of)| self.application_profile(id, name, of, narrowest(of)));
        system_rows.chain(own).collect()
    }

    fn system_profile(&self, id: &str, geography: Geography<'_>, model: &ModelFacts) -> Row {
        let reach = if geography.is_global() {
            "all commercial regions".to_owned()
        } else {
            format!("the geography {geography}")
        };
        let prefix =
            if geography.is_global() { "Global".to_owned() } else { geography.as_str().to_uppercase() };
        // The service model allows letters, digits, blanks, dashes and underscores in a name.
        let name_of_profile = plain(&format!("{prefix} {} {}", model.provider_name, name(model)));
        let description = plain(&format!("Routes requests to {} in {reach}", name(model)));
        let arn = self.profile_arn("inference-profile", id);
        profile_row(
            [id, &arn, &name_of_profile, &description],
            self.models_of(geography, model.id),
            "SYSTEM_DEFINED",
        )
    }

    /// A profile of the account, over the narrowest profile of a model, or over the model itself.
    fn application_profile(&self, id: &str, name: &str, of: &str, geography: Option<Geography<'_>>) -> Row {
        let models = match geography {
            Some(geography) => self.models_of(geography, of),
            None => json!([{ "modelArn": self.model_arn_in(self.region, of) }]),
        };
        let arn = self.profile_arn("application-inference-profile", id);
        profile_row([id, &arn, name, &format!("Costs of {name}")], models, "APPLICATION")
    }

    /// What the profile of a geography routes to.
    fn models_of(&self, geography: Geography<'_>, model: &str) -> Value {
        destinations(geography, self.region)
            .map(|region| json!({ "modelArn": self.model_arn_in(region, model) }))
            .collect()
    }
}

fn row<const N: usize>(members: [(&str, Value); N]) -> Row {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn profile_row([id, arn, name, description]: [&str; 4], models: Value, kind: &str) -> Row {
    row([
        ("inferenceProfileName", name.into()),
        ("description", description.into()),
        ("createdAt", "2025-01-01T00:00:00Z".into()),
        ("updatedAt", "2025-01-01T00:00:00Z".into()),
        ("inferenceProfileArn", arn.into()),
        ("models", models),
        ("inferenceProfileId", id.into()),
        ("status", "ACTIVE".into()),
        ("type", kind.into()),
    ])
}

fn midnight(date: Date) -> String {
    format!("{date}T00:00:00Z")
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type lives in a crate that this one does not name"
)]
fn input_modalities(model: &ModelFacts) -> Vec<&'static str> {
    modalities(model.input.iter().map(|it| it.as_str()))
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type lives in a crate that this one does not name"
)]
fn output_modalities(model: &ModelFacts) -> Vec<&'static str> {
    modalities(model.output.iter().map(|it| it.as_str()))
}

/// The service's words. It has none for documents, which is why the list does not tell who reads them; scores are text.
fn modalities<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'static str> {
    let words = names.filter_map(|name| match name {
        "text" | "score" => Some("TEXT"),
        "image" => Some("IMAGE"),
        "video" => Some("VIDEO"),
        "audio" => Some("SPEECH"),
        "embedding" => Some("EMBEDDING"),
        _ => None,
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() { vec!["TEXT"] } else { words }
}

fn inference_types(model: &ModelFacts) -> Vec<&'static str> {
    if model.needs_profile() {
        return vec!["INFERENCE_PROFILE"];
    }
    if customizations(model).is_empty() { vec!["ON_DEMAND"] } else { vec!["ON_DEMAND", "PROVISIONED"] }
}

fn customizations(model: &ModelFacts) -> &'static [&'static str] {
    match model.id {
        "amazon.nova-micro-v1:0" | "amazon.nova-lite-v1:0" | "amazon.nova-pro-v1:0" => {
            &["FINE_TUNING", "DISTILLATION"]
        }
        "anthropic.claude-3-haiku-20240307-v1:0" | "amazon.titan-image-generator-v2:0" => &["FINE_TUNING"],
        _ => &[],
    }
}

/// The regions that a profile routes to, the caller's first.
fn destinations<'a>(geography: Geography<'_>, region: &'a str) -> impl Iterator<Item = &'a str> {
    let others: &[&str] = match geography {
        Geography::US => &["us-east-1", "us-east-2", "us-west-2"],
        Geography::US_GOV => &["us-gov-east-1", "us-gov-west-1"],
        Geography::EU => &["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3"],
        Geography::APAC => &["ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2"],
        Geography::JP => &["ap-northeast-1", "ap-northeast-3"],
        Geography::AU => &["ap-southeast-2", "ap-southeast-4"],
        Geography::IN => &["ap-south-1", "ap-south-2"],
        Geography::CA => &["ca-central-1", "ca-west-1"],
        Geography::GLOBAL => &["ap-northeast-1", "eu-west-1", "us-east-1", "us-west-2"],
        _ => &[],
    };
    std::iter::once(region).chain(others.iter().copied().filter(move |other| *other != region))
}

/// Only what the service model allows in the names of profiles.
fn plain(text: &str) -> String {
    let replace = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let words = text.split_whitespace().map(|word| {
        let word: String = word.chars().map(replace).collect();
        word.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
