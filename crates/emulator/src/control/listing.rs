//! The lists of the control plane: which rows, which filters, in pages. The names follow the service model `bedrock` of
//! 2023-04-20.

use serde_json::{Value, json};

use super::query::{Query, token};
use crate::account::{Holdings, Row};
use crate::error::ApiError;
use crate::json::insert;
use crate::operation::Operation;
use crate::place::{Place, has, text, time};

/// How many rows come in one page when the caller does not say.
const PAGE: usize = 50;

/// One list.
#[derive(Debug)]
pub(super) struct Listing {
    operation: Operation,
    rows: fn(&Holdings) -> &[Row],
    /// The member of the answer.
    member: &'static str,
    filters: &'static [Filter],
    /// The member of a row that rows can be sorted by.
    created: Option<&'static str>,
    paged: bool,
}

/// A parameter that keeps some rows and leaves out others.
#[derive(Debug)]
struct Filter {
    parameter: &'static str,
    /// The member of a row that it is about.
    member: &'static str,
    test: Test,
}

/// How a row passes a filter.
#[derive(Debug)]
enum Test {
    /// Its text is the parameter, which is one of these words.
    Word(&'static [&'static str]),
    /// Its list has the parameter, which is one of these words.
    WordIn(&'static [&'static str]),
    /// Its text is the parameter.
    Text,
    /// Its text contains the parameter.
    Part,
    /// Its text is the parameter in any spelling of upper and lower case, or its id begins with it.
    Maker,
    /// Its time is before the parameter.
    Before,
    /// Its time is after the parameter.
    After,
    /// `true`: the account is its owner; `false`: somebody else is.
    Owned,
}

/// Whether a row passes a filter.
type Passes<'a> = Box<dyn Fn(&Row) -> bool + 'a>;

const fn filter(parameter: &'static str, member: &'static str, test: Test) -> Filter {
    Filter { parameter, member, test }
}

const LISTINGS: [Listing; 7] = [
    Listing {
        operation: Operation::ListFoundationModels,
        rows: |holdings| &holdings.foundation_models,
        member: "modelSummaries",
        filters: &[
            filter("byProvider", "providerName", Test::Maker),
            filter(
                "byCustomizationType",
                "customizationsSupported",
                Test::WordIn(&["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"]),
            ),
            filter("byOutputModality", "outputModalities", Test::WordIn(&["TEXT", "IMAGE", "EMBEDDING"])),
            filter(
                "byInferenceType",
                "inferenceTypesSupported",
                Test::WordIn(&["ON_DEMAND", "PROVISIONED", "INFERENCE_PROFILE"]),
            ),
        ],
        created: None,
        paged: false,
    },
    Listing {
        operation: Operation::ListInferenceProfiles,
        rows: |holdings| &holdings.inference_profiles,
        member: "inferenceProfileSummaries",
        filters: &[filter("type", "type", Test::Word(&["SYSTEM_DEFINED", "APPLICATION"]))],
        created: None,
        paged: true,
    },
    Listing {
        operation: Operation::ListProvisionedModelThroughputs,
        rows: |holdings| &holdings.provisioned_models,
        member: "provisionedModelSummaries",
        filters: &[
            filter("creationTimeBefore", "creationTime", Test::Before),
            filter("creationTimeAfter", "creationTime", Test::After),
            filter("statusEquals", "status", Test::Word(&["Creating", "InService", "Updating", "Failed"])),
            filter("modelArnEquals", "modelArn", Test::Text),
            filter("nameContains", "provisionedModelName", Test::Part),
        ],
        created: Some("creationTime"),
        paged: true,
    },
    Listing {
        operation: Operation::ListImportedModels,
        rows: |holdings| &holdings.imported_models,
        member: "modelSummaries",
        filters: &[
            filter("creationTimeBefore", "creationTime", Test::Before),
            filter("creationTimeAfter", "creationTime", Test::After),
            filter("nameContains", "modelName", Test::Part),
        ],
        created: Some("creationTime"),
        paged: true,
    },
    Listing {
        operation: Operation::ListCustomModels,
        rows: |holdings| &holdings.custom_models,
        member: "modelSummaries",
        filters: &[
            filter("creationTimeBefore", "creationTime", Test::Before),
            filter("creationTimeAfter", "creationTime", Test::After),
            filter("nameContains", "modelName", Test::Part),
            filter("baseModelArnEquals", "baseModelArn", Test::Text),
            filter("foundationModelArnEquals", "baseModelArn", Test::Text),
            filter("isOwned", "ownerAccountId", Test::Owned),
            filter("modelStatus", "modelStatus", Test::Word(&["Active", "Creating", "Failed"])),
        ],
        created: Some("creationTime"),
        paged: true,
    },
    Listing {
        operation: Operation::ListCustomModelDeployments,
        rows: |holdings| &holdings.custom_model_deployments,
        member: "modelDeploymentSummaries",
        filters: &[
            filter("createdBefore", "createdAt", Test::Before),
            filter("createdAfter", "createdAt", Test::After),
            filter("nameContains", "customModelDeploymentName", Test::Part),
            filter("statusEquals", "status", Test::Word(&["Creating", "Active", "Failed"])),
            filter("modelArnEquals", "modelArn", Test::Text),
        ],
        created: Some("createdAt"),
        paged: true,
    },
    Listing {
        operation: Operation::ListMarketplaceModelEndpoints,
        rows: |holdings| &holdings.marketplace_model_endpoints,
        member: "marketplaceModelEndpoints",
        filters: &[filter("modelSourceIdentifier", "modelSourceIdentifier", Test::Text)],
        created: None,
        paged: true,
    },
];

impl Listing {
    /// The list that the operation gives, if it gives one.
    pub(super) fn of(operation: Operation) -> Option<&'static Self> {
        const { &LISTINGS }.iter().find(|listing| listing.operation == operation)
    }

    pub(super) fn answer(&self, place: &Place<'_>, query: &Query, largest: usize) -> Result<Value, ApiError> {
        let mut rows: Vec<&Row> = (self.rows)(place.holdings).iter().collect();
        for filter in self.filters {
            let passes = filter.read(query, place.account_id)?;
            rows.retain(|row| passes(row));
        }
        if let Some(created) = self.created {
            sort(&mut rows, created, query)?;
        }
        if !self.paged {
            return Ok(json!({ self.member: rows }));
        }
        let size = query.max_results()?.unwrap_or(PAGE).min(largest);
        let start = query.start(self.operation)?;
        let next = start.saturating_add(size);
        let more = (next < rows.len()).then(|| token(self.operation, next).into());
        let page: Vec<_> = rows.into_iter().skip(start).take(size).collect();
        let mut answer = json!({ self.member: page });
        insert(&mut answer, "nextToken", more);
        Ok(answer)
    }
}

impl Filter {
    /// What the request wants of a row.
    fn read<'a>(&'a self, query: &'a Query, account_id: &'a str) -> Result<Passes<'a>, ApiError> {
        let (name, member) = (self.parameter, self.member);
        let Some(wanted) = query.get(name) else { return Ok(Box::new(|_| true)) };
        Ok(match self.test {
            Test::Word(words) => {
                query.one_of(name, words)?;
                Box::new(move |row| text(row, member) == Some(wanted))
            }
            Test::WordIn(words) => {
                query.one_of(name, words)?;
                Box::new(move |row| has(row, member, wanted))
            }
            Test::Text => Box::new(move |row| text(row, member) == Some(wanted)),
            Test::Part => Box::new(move |row| text(row, member).is_some_and(|text| text.contains(wanted))),
            Test::Maker => {
                let prefix = format!("{}.", wanted.to_lowercase());
                Box::new(move |row| {
                    text(row, member).is_some_and(|maker| maker.eq_ignore_ascii_case(wanted))
                        || text(row, "modelId").is_some_and(|id| id.starts_with(&prefix))
                })
            }
            Test::Before => {
                let limit = query.time(name)?;
                Box::new(move |row| time(row, member).is_some_and(|time| Some(time) < limit))
            }
            Test::After => {
                let limit = query.time(name)?;
                Box::new(move |row| time(row, member).is_some_and(|time| Some(time) > limit))
            }
            Test::Owned => {
                let owned = query.one_of(name, &["true", "false"])? == Some("true");
                // A row that names nobody is of this account.
                Box::new(move |row| text(row, member).is_none_or(|owner| owner == account_id) == owned)
            }
        })
    }
}

/// Sorts by creation, if the request wants it; otherwise the rows come as they were written.
fn sort(rows: &mut [&Row], created: &str, query: &Query) -> Result<(), ApiError> {
    let by = query.one_of("sortBy", &["CreationTime"])?;
    let order = query.one_of("sortOrder", &["Ascending", "Descending"])?;
    if by.is_some() || order.is_some() {
        rows.sort_by_key(|row| time(row, created));
    }
    if order == Some("Descending") {
        rows.reverse();
    }
    Ok(())
}
