//! An account of one's own: what it has in each region, in the words in which AWS lists it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::operation::Operation;

/// A row of a list, or the answer of an operation. It is kept and given back as it was written: values that the service
/// model does not have, fields that nobody knows, whatever it is.
pub type Row = Map<String, Value>;

/// An account, described by what the operations of AWS list in it, so that a recorded answer of the AWS CLI can be
/// pasted in unchanged.
///
/// With an account the runtime goes by its rows too: what they do not list cannot be called.
///
/// ```
/// # fn main() -> Result<(), outcrop_emulator::AccountError> {
/// use outcrop_emulator::{Account, Options};
///
/// let account: Account = r#"{
///     "regions": { "eu-central-1": {
///         "foundationModels": { "modelSummaries": [
///             { "modelArn": "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0",
///               "modelId": "amazon.nova-lite-v1:0", "inferenceTypesSupported": ["ON_DEMAND"] }
///         ] }
///     } },
///     "denied": ["ListInferenceProfiles"]
/// }"#.parse()?;
/// let mut options = Options::default();
/// options.account = Some(account);
///
/// let error = r#"{ "regions": { "eu-central-1": { "models": {} } } }"#.parse::<Account>().unwrap_err();
/// assert_eq!(error.field(), "regions.eu-central-1.models");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Account {
    /// Its number, twelve digits; [`Options::account_id`](crate::Options::account_id) when absent.
    #[serde(deserialize_with = "twelve_digits")]
    pub account_id: Option<String>,
    /// The most rows on a page of a list, whatever `maxResults` asks for. ListFoundationModels has no pages.
    pub page_size: Option<NonZeroUsize>,
    /// What it has, by region. Where it is not named here, it has nothing.
    pub regions: BTreeMap<String, Holdings>,
    /// The operations that its users may not call: they answer as IAM does.
    pub denied: Vec<Operation>,
}

/// What an account has in one region. A list that is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Holdings {
    /// The rows of ListFoundationModels; in a file its answer, `{"modelSummaries": […]}`.
    #[serde(deserialize_with = "rows::<ModelSummaries, _>")]
    pub foundation_models: Vec<Row>,
    /// The rows of ListInferenceProfiles, of all pages; in a file `{"inferenceProfileSummaries": […]}`.
    #[serde(deserialize_with = "rows::<InferenceProfileSummaries, _>")]
    pub inference_profiles: Vec<Row>,
    /// The rows of ListProvisionedModelThroughputs; in a file `{"provisionedModelSummaries": […]}`.
    #[serde(deserialize_with = "rows::<ProvisionedModelSummaries, _>")]
    pub provisioned_models: Vec<Row>,
    /// The rows of ListImportedModels; in a file `{"modelSummaries": […]}`.
    #[serde(deserialize_with = "rows::<ModelSummaries, _>")]
    pub imported_models: Vec<Row>,
    /// The rows of ListCustomModels; in a file `{"modelSummaries": […]}`.
    #[serde(deserialize_with = "rows::<ModelSummaries, _>")]
    pub custom_models: Vec<Row>,
    /// The rows of ListCustomModelDeployments; in a file `{"modelDeploymentSummaries": […]}`.
    #[serde(deserialize_with = "rows::<ModelDeploymentSummaries, _>")]
    pub custom_model_deployments: Vec<Row>,
    /// The rows of ListMarketplaceModelEndpoints; in a file `{"marketplaceModelEndpoints": […]}`.
    #[serde(deserialize_with = "rows::<MarketplaceModelEndpoints, _>")]
    pub marketplace_model_endpoints: Vec<Row>,
    /// The rows of ListGuardrails; in a file `{"guardrails": […]}`. Requests may name them, in any version.
    #[serde(deserialize_with = "rows::<Guardrails, _>")]
    pub guardrails: Vec<Row>,
    /// Answers of GetFoundationModelAvailability, by model id. What an answer does not say is available and authorised,
    /// as is every listed model that is not here. A model that is not available answers nobody.
    pub availability: BTreeMap<String, Row>,
    /// Whole answers of the other `Get…` operations, by id, ARN or name, where they say more than the rows of the lists.
    pub details: BTreeMap<String, Row>,
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(json: &str) -> Result<Self, AccountError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let account = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| AccountError { field: error.path().to_string(), source: error.into_inner() })?;
        let rest = deserializer.end();
        rest.map_err(|source| AccountError { field: WHOLE.to_owned(), source })?;
        Ok(account)
    }
}

/// How `serde_path_to_error` writes the document itself.
const WHOLE: &str = ".";

/// Why a text describes no [`Account`].
#[derive(Debug)]
pub struct AccountError {
    field: String,
    source: serde_json::Error,
}

impl AccountError {
    /// Where the mistake is, such as `regions.us-east-1.foundationModels`; `.` is the document as a whole.
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field == WHOLE { f.write_str("no account") } else { write!(f, "wrong `{}`", self.field) }
    }
}

impl std::error::Error for AccountError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

fn twelve_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(deserializer)?;
    match id {
        Some(id) if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(D::Error::custom(format!("an account id has twelve digits, not `{id}`")))
        }
        id => Ok(id),
    }
}

/// Reads the answer of a list; what else stands beside the rows (a `nextToken` of the AWS CLI) means nothing here.
fn rows<'de, A, D>(deserializer: D) -> Result<Vec<Row>, D::Error>
where
    A: Deserialize<'de> + Into<Vec<Row>>,
    D: Deserializer<'de>,
{
    A::deserialize(deserializer).map(Into::into)
}

/// The answers of the lists, as far as they are read.
macro_rules! answers {
    ($($answer:ident { $rows:ident })*) => { $(
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct $answer {
            $rows: Vec<Row>,
        }

        impl From<$answer> for Vec<Row> {
            fn from(answer: $answer) -> Self {
                answer.$rows
            }
        }
    )* };
}

answers! {
    ModelSummaries { model_summaries }
    InferenceProfileSummaries { inference_profile_summaries }
    ProvisionedModelSummaries { provisioned_model_summaries }
    ModelDeploymentSummaries { model_deployment_summaries }
    MarketplaceModelEndpoints { marketplace_model_endpoints }
    Guardrails { guardrails }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn rows_stay_as_they_were_written() {
        let row = json!({ "modelId": 7, "inferenceTypesSupported": ["BY_POST"], "shoeSize": null });
        let text = json!({
            "accountId": "210987654321",
            "pageSize": 3,
            "regions": { "us-east-1": {
                "foundationModels": { "modelSummaries": [row], "nextToken": "of the AWS CLI" },
                "availability": { "m": { "authorizationStatus": "PERHAPS" } },
            } },
            "denied": ["Converse", "ListInferenceProfiles"],
        });
        let account: Account = text.to_string().parse().unwrap();
        let here = &account.regions["us-east-1"];
        assert_eq!(Value::from(here.foundation_models[0].clone()), row);
        assert_eq!(here.availability["m"]["authorizationStatus"], "PERHAPS");
        assert_eq!((&here.custom_models, &here.inference_profiles), (&Vec::new(), &Vec::new()));
        assert_eq!(account.denied, [Operation::Converse, Operation::ListInferenceProfiles]);
        assert_eq!(
            (account.account_id.as_deref(), account.page_size),
            (Some("210987654321"), NonZeroUsize::new(3))
        );
        assert_eq!("{}".parse::<Account>().unwrap(), Account::default());
    }

    #[test]
    fn what_is_no_account_is_refused_by_the_name_of_its_field() {
        for (text, field, words) in [
            ("[", ".", "EOF"),
            ("{} {}", ".", "trailing"),
            (r#"{"region":{}}"#, "region", "expected one of `accountId`"),
            (r#"{"accountId":"12"}"#, "accountId", "twelve digits"),
            (r#"{"accountId":123456789012}"#, "accountId", "expected a string"),
            (r#"{"pageSize":0}"#, "pageSize", "nonzero"),
            (r#"{"denied":["ListEverything"]}"#, "denied[0]", "unknown variant `ListEverything`"),
            (r#"{"regions":{"r":{"models":{}}}}"#, "regions.r.models", "expected one of `foundationModels`"),
            (
                r#"{"regions":{"r":{"foundationModels":{}}}}"#,
                "regions.r.foundationModels",
                "missing field `modelSummaries`",
            ),
            (
                r#"{"regions":{"r":{"foundationModels":{"modelSummaries":[{}, 1]}}}}"#,
                "regions.r.foundationModels.modelSummaries[1]",
                "expected a map",
            ),
            (
                r#"{"regions":{"r":{"availability":{"m":"AVAILABLE"}}}}"#,
                "regions.r.availability.m",
                "expected a map",
            ),
        ] {
            let error = text.parse::<Account>().unwrap_err();
            assert_eq!(error.field(), field, "{text}");
            let source = error.source().unwrap().to_string();
            assert!(source.contains(words), "{text}: {source}");
        }
        let error = "{\"pageSize\":0}".parse::<Account>().unwrap_err();
        assert_eq!(error.to_string(), "wrong `pageSize`");
    }
}
