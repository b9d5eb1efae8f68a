//! Reading a Bedrock model id, in all the shapes that the runtime takes for `modelId`.
//!
//! Source of the shapes: the patterns of `modelId` and of the resource ARNs in the service models of Bedrock and of
//! its runtime. Their last alternatives take nearly any word, and some leave out whole partitions, so they are read
//! here and not enforced: an id that fits nothing is [`Kind::Other`], and the service has the last word.

use std::fmt;

use crate::geography::Geography;
use crate::partition::Partition;

mod arn;

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A foundation model: `anthropic.claude-opus-4-6-v1`, or its ARN.
    FoundationModel,
    /// A cross-region inference profile that AWS defines: `us.anthropic.claude-opus-4-6-v1`, or its ARN.
    SystemProfile,
    /// An inference profile of the account, by its ARN.
    ApplicationProfile,
    /// Provisioned throughput, by its ARN.
    ProvisionedModel,
    /// A custom model, by its ARN.
    CustomModel,
    /// An on-demand deployment of a custom model, by its ARN.
    CustomModelDeployment,
    /// An imported model, by its ARN.
    ImportedModel,
    /// A prompt router that AWS defines, by its ARN.
    DefaultPromptRouter,
    /// A prompt router of the account, by its ARN.
    PromptRouter,
    /// A prompt of Bedrock's prompt management, by its ARN, with or without a version.
    Prompt,
    /// A marketplace model behind a SageMaker endpoint, by its ARN.
    MarketplaceEndpoint,
    /// None of these: a name of the account, an ARN of a kind that is not known, or not an id at all.
    Other,
}

/// A model id that has been taken apart. It borrows from the text it was read from.
///
/// Reading never fails, and [`Display`](fmt::Display) gives back the very text.
///
/// ```
/// use outcrop_model_facts::{BedrockId, Geography, Kind, Partition};
///
/// let id = BedrockId::parse(
///     "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-opus-5",
/// );
/// assert_eq!(id.kind(), Kind::SystemProfile);
/// assert_eq!(id.partition(), Some(Partition::AwsUsGov));
/// assert_eq!(id.region(), Some("us-gov-west-1"));
/// assert_eq!(id.geography(), Some(Geography::US_GOV));
/// assert_eq!(id.base(), Some("anthropic.claude-opus-5"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BedrockId<'a> {
    raw: &'a str,
    kind: Kind,
    arn: Option<arn::Arn<'a>>,
    geography: Option<Geography<'a>>,
    /// The foundation model's id; always the tail of `raw`.
    base: Option<&'a str>,
}

impl<'a> BedrockId<'a> {
    /// Reads an id of any kind.
    pub fn parse(raw: &'a str) -> Self {
        let other = Self { raw, kind: Kind::Other, arn: None, geography: None, base: None };
        if let Some(arn) = arn::Arn::parse(raw) {
            let kind = arn.kind();
            let (geography, base) = match kind {
                Kind::FoundationModel => (None, Some(arn.resource_id()).filter(|id| is_foundation_model(id))),
                Kind::SystemProfile => split_geography(arn.resource_id()).unzip(),
                _ => (None, None),
            };
            return Self { kind, arn: Some(arn), geography, base, ..other };
        }
        if let Some((geography, base)) = split_geography(raw) {
            return Self { kind: Kind::SystemProfile, geography: Some(geography), base: Some(base), ..other };
        }
        if is_foundation_model(raw) {
            return Self { kind: Kind::FoundationModel, base: Some(raw), ..other };
        }
        other
    }

    /// The id as it was given.
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// What it names.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is an ARN.
    pub const fn is_arn(&self) -> bool {
        self.arn.is_some()
    }

    /// The partition that an ARN names; `None` for plain ids and for partitions that are not known.
    pub fn partition(&self) -> Option<Partition> {
        self.arn.and_then(|arn| Partition::from_name(arn.partition))
    }

    /// The region that an ARN names.
    pub fn region(&self) -> Option<&'a str> {
        self.arn.map(|arn| arn.region).filter(|region| !region.is_empty())
    }

    /// The account that an ARN names. Foundation models have none.
    pub fn account(&self) -> Option<&'a str> {
        self.arn.map(|arn| arn.account).filter(|account| !account.is_empty())
    }

    /// What stands after the resource type of an ARN: the id of a profile, `PROMPT:VERSION`, …
    pub fn resource_id(&self) -> Option<&'a str> {
        self.arn.map(|arn| arn.resource_id())
    }

    /// The geography of a system inference profile.
    pub const fn geography(&self) -> Option<Geography<'a>> {
        self.geography
    }

    /// The id of the foundation model, where the id itself tells it: foundation models and system profiles.
    ///
    /// What an application profile, a provisioned model or a router stands for, only the service can say.
    pub const fn base(&self) -> Option<&'a str> {
        self.base
    }

    /// [`base`](Self::base) without the throughput suffix of provisioned variants.
    ///
    /// The suffix is a context length (`:48k`) or whatever follows the revision (`:0:512`, `:2:8k`, `:0:mm`).
    ///
    /// ```
    /// use outcrop_model_facts::BedrockId;
    ///
    /// let id = BedrockId::parse("amazon.titan-embed-text-v1:2:8k");
    /// assert_eq!(id.base_without_throughput(), Some("amazon.titan-embed-text-v1:2"));
    /// ```
    pub fn base_without_throughput(&self) -> Option<&'a str> {
        self.base.map(without_throughput)
    }

    /// The maker's prefix: `anthropic` of `us.anthropic.claude-opus-5`.
    pub fn maker(&self) -> Option<&'a str> {
        self.base.and_then(|base| base.split_once('.')).map(|(maker, _)| maker)
    }

    /// The foundation model that a custom model was made from, as its ARN tells; without a throughput suffix.
    pub fn customized_from(&self) -> Option<&'a str> {
        let arn = self.arn.filter(|_| self.kind == Kind::CustomModel)?;
        let (model, _) = arn.resource_id().split_once('/')?;
        is_foundation_model(model).then(|| without_throughput(model))
    }

    /// The same id for another foundation model: geography, region and account stay.
    ///
    /// `None` if the id does not name its foundation model.
    ///
    /// ```
    /// use outcrop_model_facts::BedrockId;
    ///
    /// let id = BedrockId::parse("us.anthropic.claude-opus-4-6-v1:0");
    /// assert_eq!(id.with_base("anthropic.claude-opus-4-6-v1").as_deref(), Some("us.anthropic.claude-opus-4-6-v1"));
    /// ```
    pub fn with_base(&self, base: &str) -> Option<String> {
        let head = self.raw.strip_suffix(self.base?)?;
        Some([head, base].concat())
    }
}

impl fmt::Display for BedrockId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw)
    }
}

/// Splits `GEOGRAPHY.MAKER.MODEL`.
fn split_geography(id: &str) -> Option<(Geography<'_>, &str)> {
    let geography = leading_geography(id)?;
    let (_, base) = id.split_once('.')?;
    is_foundation_model(base).then_some((geography, base))
}

/// The first word, if it is a geography: any of the known ones, else one in front of a known maker.
fn leading_geography(id: &str) -> Option<Geography<'_>> {
    let (first, rest) = id.split_once('.')?;
    let geography = Geography::new(first)?;
    let before_a_maker = || rest.split_once('.').is_some_and(|(second, _)| is_known_maker(second));
    (geography.is_known() || (!is_known_maker(first) && before_a_maker())).then_some(geography)
}

fn is_known_maker(word: &str) -> bool {
    crate::facts::makers().binary_search(&word).is_ok()
}

/// Whether it has the shape `MAKER.MODEL`, with revision and throughput or without.
///
/// `us.my-profile` has not: it is somebody's name for something, not a model of a maker called `us`.
fn is_foundation_model(id: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let well_formed = |part: &str| !part.is_empty() && part.bytes().all(word);
    leading_geography(id).is_none()
        && id
            .split_once('.')
            .is_some_and(|(maker, model)| well_formed(maker) && model.split(['.', ':']).all(well_formed))
}

fn without_throughput(base: &str) -> &str {
    let Some((name, suffix)) = base.split_once(':') else { return base };
    match suffix.split_once(':') {
        Some((revision, _)) => base.get(..name.len() + 1 + revision.len()).unwrap_or(base),
        None if suffix.bytes().all(|byte| byte.is_ascii_digit()) => base,
        None => name,
    }
}

#[cfg(test)]
mod tests;
