//! Which models and inference profiles there are, derived from the facts table, and what an id means to the service.

use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Geography, Kind, Partition, profile_geographies};
use time::{Date, Duration, OffsetDateTime, format_description::FormatItem, macros};

use crate::error::ApiError;

const DAY: &[FormatItem<'_>] = macros::format_description!("[year]-[month]-[day]");

/// A model becomes LEGACY at least six months before it goes away.
const NOTICE: Duration = Duration::days(183);

/// The models that the runtime knows.
pub(crate) fn models() -> impl Iterator<Item = &'static ModelFacts> {
    facts::all().iter().filter(|model| !model.is_mantle_only())
}

/// The model of exactly that bare id.
pub(crate) fn model(id: &str) -> Option<&'static ModelFacts> {
    facts::find(id).filter(|model| !model.is_mantle_only())
}

/// The dates of a model that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retirement {
    pub(crate) legacy: Date,
    pub(crate) end_of_life: Date,
}

/// When a model goes away, if that is known.
pub(crate) fn retirement(model: &ModelFacts) -> Option<Retirement> {
    let end_of_life = Date::parse(model.end_of_life?, DAY).ok()?;
    Some(Retirement { legacy: end_of_life - NOTICE, end_of_life })
}

/// The name to show, at most 20 characters, as the service model wants it.
pub(crate) fn name(model: &ModelFacts) -> String {
    let name = model.name.map_or_else(|| name_from_id(model.id), str::to_owned);
    name.chars().take(20).collect::<String>().trim_end().to_owned()
}

/// `ai21.j2-mid-v1` is `J2 Mid`: the words of the id without maker and version.
fn name_from_id(id: &str) -> String {
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

/// The view of one account in one region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) region: &'a str,
    pub(crate) account_id: &'a str,
}

/// An inference profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) application: bool,
    pub(crate) model: &'static str,
    pub(crate) model_arns: Vec<String>,
}

impl Place<'_> {
    fn partition(&self) -> &'static str {
        Partition::of_region(self.region).name()
    }

    /// The ARN of a foundation model in this region.
    pub(crate) fn model_arn(&self, id: &str) -> String {
        self.model_arn_in(self.region, id)
    }

    fn model_arn_in(&self, region: &str, id: &str) -> String {
        format!("arn:{}:bedrock:{region}::foundation-model/{id}", self.partition())
    }

    /// The geographies whose profiles can be called from here, narrowest first, `global` last.
    fn geographies(&self) -> impl Iterator<Item = Geography<'static>> {
        let global = (Partition::of_region(self.region) == Partition::Aws).then_some(Geography::GLOBAL);
        profile_geographies(self.region).iter().copied().chain(global)
    }

    /// Every inference profile: those of AWS, sorted by id, then the account's own.
    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let mut profiles = Vec::new();
        for model in models() {
            let geographies = self.geographies().filter(|it| model.profile_prefixes.contains(&it.as_str()));
            profiles.extend(geographies.map(|geography| self.system_profile(geography, model)));
        }
        profiles.sort_by(|left, right| left.id.cmp(&right.id));
        let own = [
            ("a1b2c3d4e5f6", "research-team", "anthropic.claude-haiku-4-5-20251001-v1:0"),
            ("z9y8x7w6v5u4", "support-chat", "amazon.nova-lite-v1:0"),
        ];
        let own =
            own.into_iter().filter_map(|(id, name, of)| self.application_profile(id, name, of, &profiles));
        let own: Vec<_> = own.collect();
        profiles.extend(own);
        profiles
    }

    fn system_profile(&self, geography: Geography<'_>, model: &'static ModelFacts) -> Profile {
        let id = format!("{geography}.{}", model.id);
        let reach = if geography.is_global() {
            "all commercial regions".to_owned()
        } else {
            format!("the geography {geography}")
        };
        Profile {
            arn: self.profile_arn("inference-profile", &id),
            // The service model allows letters, digits, blanks, dashes and underscores in a name.
            name: plain(&format!(
                "{} {} {}",
                if geography.is_global() { "Global".to_owned() } else { geography.as_str().to_uppercase() },
                model.provider_name,
                name(model)
            )),
            description: plain(&format!("Routes requests to {} in {reach}", name(model))),
            application: false,
            model: model.id,
            model_arns: destinations(geography, self.region)
                .map(|region| self.model_arn_in(region, model.id))
                .collect(),
            id,
        }
    }

    /// A profile of the account, over the narrowest profile of a model, or over the model itself.
    fn application_profile(&self, id: &str, name: &str, of: &str, system: &[Profile]) -> Option<Profile> {
        let model = model(of)?;
        let source = self
            .geographies()
            .find_map(|geography| system.iter().find(|profile| profile.id == format!("{geography}.{of}")));
        Some(Profile {
            id: id.to_owned(),
            arn: self.profile_arn("application-inference-profile", id),
            name: name.to_owned(),
            description: format!("Costs of {name}"),
            application: true,
            model: model.id,
            model_arns: source.map_or_else(|| vec![self.model_arn(of)], |profile| profile.model_arns.clone()),
        })
    }

    fn profile_arn(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:bedrock:{}:{}:{kind}/{id}", self.partition(), self.region, self.account_id)
    }

    /// What the runtime would call for an id or ARN.
    pub(crate) fn resolve(&self, raw: &str, now: OffsetDateTime) -> Result<&'static ModelFacts, ApiError> {
        let id = BedrockId::parse(raw);
        if id.region().is_some_and(|region| region != self.region) {
            return Err(invalid_identifier());
        }
        match id.kind() {
            Kind::FoundationModel => {
                let model = id.base().and_then(model).ok_or_else(unresolved)?;
                alive(model, now)?;
                if model.needs_profile() {
                    return Err(ApiError::validation(format!(
                        "Invocation of model ID {} with on-demand throughput isn’t supported. Retry your request \
                         with the ID or ARN of an inference profile that contains this model.",
                        model.id
                    )));
                }
                Ok(model)
            }
            Kind::SystemProfile => {
                let model = id.base().and_then(model).ok_or_else(unresolved)?;
                let geography = id.geography().filter(|geography| {
                    model.profile_prefixes.contains(&geography.as_str())
                        && self.geographies().any(|it| it == *geography)
                });
                // A known model in a geography that cannot be reached from here: the id means nothing here.
                if geography.is_none() || id.account().is_some_and(|account| account != self.account_id) {
                    return Err(invalid_identifier());
                }
                alive(model, now)?;
                Ok(model)
            }
            Kind::ApplicationProfile => {
                let profiles = self.profiles();
                let profile = profiles.iter().find(|profile| profile.arn == raw);
                let model = profile.and_then(|profile| model(profile.model)).ok_or_else(unresolved)?;
                alive(model, now)?;
                Ok(model)
            }
            Kind::Other => Err(invalid_identifier()),
            _ => Err(unresolved()),
        }
    }
}

/// The model whose tokens are counted: a foundation model by its id or ARN. A model that answers through profiles
/// only is counted by its own id all the same.
pub(crate) fn resolve_for_counting(raw: &str, now: OffsetDateTime) -> Result<&'static ModelFacts, ApiError> {
    let id = BedrockId::parse(raw);
    if id.kind() != Kind::FoundationModel {
        return Err(invalid_identifier());
    }
    let model = id.base().and_then(model).ok_or_else(unresolved)?;
    alive(model, now)?;
    Ok(model)
}

fn alive(model: &ModelFacts, now: OffsetDateTime) -> Result<(), ApiError> {
    if retirement(model).is_some_and(|it| it.end_of_life <= now.date()) {
        return Err(ApiError::not_found(
            "This model version has reached the end of its life. Please refer to the AWS documentation for more \
             details.",
        ));
    }
    Ok(())
}

pub(crate) fn unresolved() -> ApiError {
    ApiError::not_found("Could not resolve the foundation model from the provided model identifier.")
}

fn invalid_identifier() -> ApiError {
    ApiError::validation("The provided model identifier is invalid.")
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
