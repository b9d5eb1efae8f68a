//! From what is needed to statements.

use std::collections::BTreeSet;

use super::action::Action;
use super::document::Statement;
use super::needs::{Needs, Place};

const INFERENCE_PROFILE: &str = "bedrock:InferenceProfileArn";
const PROMPT_ROUTER: &str = "bedrock:PromptRouterArn";

/// The statements, in an order that never changes. An action that was chosen although nothing needs it is written for
/// everything of its kind in `place`.
pub(super) fn write(
    needs: &Needs,
    guardrails: &BTreeSet<String>,
    chosen: &BTreeSet<Action>,
    place: Place<'_>,
) -> Vec<Statement> {
    let of = |actions: &[Action]| -> Vec<_> {
        actions.iter().filter(|action| chosen.contains(action)).map(|action| action.name()).collect()
    };
    let or = |found: &BTreeSet<String>, otherwise: &dyn Fn() -> Vec<String>| {
        if found.is_empty() { otherwise() } else { found.iter().cloned().collect() }
    };
    let anything = || ["*".to_owned()];
    let profiles =
        || vec![place.arn("application-inference-profile", "*"), place.arn("inference-profile", "*")];
    let mut statements = vec![
        Statement::new("ListModels", of(&Action::LIST)).on(anything()),
        Statement::new("ListFurtherModels", of(&Action::LIST_FURTHER)).on(anything()),
        Statement::new("CheckModelAccess", of(&[Action::GetFoundationModelAvailability])).on(anything()),
        Statement::new("ReadProfiles", of(&[Action::GetInferenceProfile]))
            .on(or(&needs.application_profiles, &profiles)),
    ];
    statements.extend(invoking(needs, &of(&Action::INVOKE)));
    statements.extend([
        Statement::new("CountTokens", of(&[Action::CountTokens]))
            .on(or(&needs.counted, &|| vec![place.foundation_model("*")])),
        Statement::new("ApplyGuardrails", of(&[Action::ApplyGuardrail]))
            .on(or(guardrails, &|| vec![place.arn("guardrail", "*")])),
        Statement::new("CallWithApiKey", of(&[Action::CallWithBearerToken])).on(anything()),
    ]);
    statements.retain(|statement| !statement.actions.is_empty() && !statement.resources.is_empty());
    statements
}

/// What lets models be called. Models behind profiles and routers are tied to them, as "Prerequisites for inference
/// profiles" in the Bedrock user guide recommends; `ArnLike`, because the account may be written as `*`.
fn invoking(needs: &Needs, actions: &[&'static str]) -> Vec<Statement> {
    let invoke = |sid, resources: &BTreeSet<String>| {
        let actions = if resources.is_empty() { Vec::new() } else { actions.to_vec() };
        Statement::new(sid, actions).on(resources.iter().cloned())
    };
    let texts = |arns: &BTreeSet<String>| arns.iter().cloned().collect::<Vec<_>>();
    let through = |sid, models: &BTreeSet<String>, profiles: &BTreeSet<String>, key| {
        let profiles = texts(profiles);
        invoke(sid, models).when("ArnLike", key, profiles.iter().map(String::as_str))
    };
    let all_profiles: BTreeSet<_> = needs.profiles.union(&needs.application_profiles).cloned().collect();
    let called: BTreeSet<_> =
        needs.called.iter().chain(&needs.routers).chain(&needs.marketplaces).cloned().collect();
    let sagemaker = actions.iter().map(|action| match *action {
        "bedrock:InvokeModel" => "sagemaker:InvokeEndpoint",
        _ => "sagemaker:InvokeEndpointWithResponseStream",
    });
    let render = if actions.is_empty() { Vec::new() } else { vec!["bedrock:RenderPrompt"] };
    vec![
        invoke("InvokeModels", &called),
        invoke("InvokeProfiles", &all_profiles),
        through("InvokeModelsThroughProfiles", &needs.behind_profiles, &needs.profiles, INFERENCE_PROFILE),
        // A request that may go anywhere is authorised for no region.
        through(
            "InvokeModelsThroughGlobalProfiles",
            &needs.behind_global_profiles,
            &needs.global_profiles,
            INFERENCE_PROFILE,
        )
        .when("StringEquals", "aws:RequestedRegion", ["unspecified"]),
        through(
            "InvokeModelsThroughApplicationProfiles",
            &needs.behind_application_profiles,
            &needs.application_profiles,
            INFERENCE_PROFILE,
        ),
        through("InvokeModelsThroughRouters", &needs.behind_routers, &needs.routers, PROMPT_ROUTER),
        // Bedrock calls the endpoint in the caller's name.
        Statement::new("InvokeMarketplaceEndpoints", sagemaker.collect())
            .on(needs.endpoints.iter().cloned())
            .when("StringEquals", "aws:CalledViaLast", ["bedrock.amazonaws.com"]),
        Statement::new("RenderPrompts", render).on(needs.prompts.iter().cloned()),
    ]
}
