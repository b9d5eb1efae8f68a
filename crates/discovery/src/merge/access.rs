//! What the four statuses of GetFoundationModelAvailability mean, and what to do about each.
//!
//! Source: "Access Amazon Bedrock foundation models" in the Bedrock user guide, and the service model of the operation.

use outcrop_core::AccessCard;

use super::Candidate;
use crate::rows::AccessRow;

/// What is missing, and what to do about it; both are absent if nothing is.
pub(super) fn card(row: &AccessRow, candidate: &Candidate<'_>) -> AccessCard {
    let missing = missing(row, candidate);
    let (reason, fix) = missing.unzip();
    AccessCard::new(reason, fix)
}

/// The first of the four that is not as it should be; what AWS does not say is no reason.
fn missing(row: &AccessRow, candidate: &Candidate<'_>) -> Option<(String, String)> {
    let region = candidate.region;
    let model = candidate.base.unwrap_or(candidate.id);
    let console = format!("the Model catalog of the Amazon Bedrock console in {region}");
    let is = |status: &str, wanted: &str| status.eq_ignore_ascii_case(wanted);
    if is(&row.authorization, "NOT_AUTHORIZED") {
        let reason = "the account is not authorized to use the model".to_owned();
        let fix = format!(
            "ask the administrator of the AWS organization (a service control policy may deny `{model}`), or AWS Support"
        );
        return Some((reason, fix));
    }
    if is(&row.agreement, "PENDING") {
        let reason = "the agreement with the model's maker is not complete yet".to_owned();
        return Some((reason, "try again in a few minutes".to_owned()));
    }
    if is(&row.agreement, "ERROR") {
        let why = row.agreement_error.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        return Some((
            format!("the agreement with the model's maker failed{why}"),
            format!("open `{model}` in {console} and accept the agreement again"),
        ));
    }
    if is(&row.agreement, "NOT_AVAILABLE") {
        let form = if candidate.maker() == Some("anthropic") {
            "; models of Anthropic need its use case form, once for each account"
        } else {
            ""
        };
        return Some((
            "the agreement with the model's maker was not accepted".to_owned(),
            format!(
                "open `{model}` in {console} and accept the agreement{form}; that needs `aws-marketplace:Subscribe`"
            ),
        ));
    }
    if is(&row.entitlement, "NOT_AVAILABLE") {
        let reason = "the account has no access to the model".to_owned();
        return Some((reason, format!("request access to `{model}` in {console}")));
    }
    // A profile calls the model where it is available.
    if is(&row.region, "NOT_AVAILABLE") && candidate.profile.is_none() {
        let reason = format!("the model is not available in {region}");
        let fix = "call it in another region, or through an inference profile".to_owned();
        return Some((reason, fix));
    }
    None
}
