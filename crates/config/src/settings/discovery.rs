//! `models.bedrockDiscovery`: which models of the account are listed.

use schemars::JsonSchema;
use serde::Deserialize;

/// The geographies that are known to exist, and `auto`.
const GEOGRAPHIES: [&str; 13] =
    ["auto", "global", "us", "us-gov", "eu", "apac", "jp", "au", "in", "ca", "sa", "ap", "amer"];

/// `models.bedrockDiscovery`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct BedrockDiscovery {
    /// Whether the models of the AWS account are listed. `true`: always, and missing credentials are an error;
    /// `false`: never; unset: when a credential source is found.
    pub enabled: Option<bool>,
    /// The AWS region whose models are listed, such as `us-east-1`. Unset: the region that is called.
    #[schemars(length(min = 1))]
    pub region: Option<String>,
    /// AWS regions whose models are listed together; beats `region` unless it is empty.
    #[schemars(inner(length(min = 1)))]
    pub regions: Option<Vec<String>>,
    /// Only models of these makers are listed: display names or id prefixes such as `anthropic`, in any case. Empty:
    /// all makers.
    #[schemars(inner(length(min = 1)))]
    pub provider_filter: Option<Vec<String>>,
    /// How long a listing is used before it is fetched again, in seconds. 0: it is fetched every time.
    #[schemars(range(min = 0, max = 31_536_000), extend("x-unit" = "seconds"))]
    pub refresh_interval: Option<u64>,
    /// The context window that is assumed for a model whose limit nobody knows, in tokens.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub default_context_window: Option<u64>,
    /// The longest answer that is assumed for a model whose limit nobody knows, in tokens. It is shown, never sent.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub default_max_tokens: Option<u64>,
    /// The geography whose inference profile stands in for a model that has no on-demand throughput of its own: `auto`
    /// (the geography of the region, never `global`), `global`, or the prefix of a geography such as `us`, `eu`, `apac`.
    /// AWS adds geographies: one that is not known here is taken, with a warning.
    #[schemars(
        length(min = 1),
        extend("format" = "geography", "pattern" = "^[a-zA-Z]+(-[a-zA-Z]+)*$", "examples" = GEOGRAPHIES)
    )]
    pub geography: Option<String>,
    /// Whether models with the lifecycle `LEGACY` are listed.
    pub include_legacy: Option<bool>,
    /// Whether AWS is asked, model by model, if the account may call it.
    pub check_access: Option<bool>,
    /// Which further models of the account are listed.
    pub include: Option<Vec<Further>>,
}

/// A kind of model that is listed on request only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Further {
    /// Models with provisioned throughput.
    Provisioned,
    /// Imported models.
    Imported,
    /// Models that were customised in the account.
    Custom,
    /// Models of the Bedrock marketplace that are deployed in the account.
    Marketplace,
}
