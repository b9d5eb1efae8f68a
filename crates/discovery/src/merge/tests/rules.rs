//! What each rule says of what.

use std::collections::BTreeSet;

use aws_sdk_bedrock::types::{CustomModelDeploymentStatus, ProvisionedModelStatus, Status};

use super::super::rules::RULES;
use super::*;
use crate::rows::{AccessRow, DeploymentRow, SYSTEM_DEFINED};
use crate::settings::Further;
use crate::source::Source;

/// An id, all that is known of it, and what one rule says of it.
struct Case {
    rule: &'static str,
    id: String,
    region: Region,
    settings: DiscoverySettings,
    circumstances: Circumstances,
    passed: bool,
    /// A part of the reason.
    detail: &'static str,
    /// A part of the way out.
    fix: Option<&'static str>,
}

impl Case {
    fn passes(rule: &'static str, detail: &'static str) -> Self {
        Self {
            rule,
            id: NOVA.to_owned(),
            region: region("us-east-1", vec![model(NOVA)], vec![]),
            settings: DiscoverySettings::default(),
            circumstances: circumstances(),
            passed: true,
            detail,
            fix: None,
        }
    }

    fn fails(rule: &'static str, detail: &'static str) -> Self {
        Self { passed: false, ..Self::passes(rule, detail) }
    }

    fn with_fix(self, fix: &'static str) -> Self {
        Self { fix: Some(fix), ..self }
    }

    /// Nova, changed.
    fn row(self, change: impl FnOnce(&mut FoundationModelRow)) -> Self {
        let mut row = model(NOVA);
        change(&mut row);
        Self { region: region("us-east-1", vec![row], vec![]), ..self }
    }

    /// Another foundation model.
    fn model(self, id: &str) -> Self {
        Self { id: id.to_owned(), region: region("us-east-1", vec![model(id)], vec![]), ..self }
    }

    /// A profile whose foundation model is not listed.
    fn profile(self, change: impl FnOnce(&mut InferenceProfileRow)) -> Self {
        let mut row = profile("us", SONNET, &["us-east-1"]);
        change(&mut row);
        let id = if row.kind == SYSTEM_DEFINED { &row.id } else { &row.arn };
        Self { id: id.clone(), region: region("us-east-1", vec![], vec![row]), ..self }
    }

    fn deployment(self, further: Further, row: DeploymentRow) -> Self {
        Self {
            id: row.arn.clone(),
            region: region("us-east-1", vec![model(NOVA)], vec![])
                .with_deployments(Source::of(further), vec![row]),
            settings: settings(|settings| settings.include = vec![further]),
            ..self
        }
    }

    fn in_region(self, change: impl FnOnce(Region) -> Region) -> Self {
        Self { region: change(self.region), ..self }
    }

    fn settings(self, settings: DiscoverySettings) -> Self {
        Self { settings, ..self }
    }

    fn today(self, today: &str) -> Self {
        let circumstances = Circumstances { today: today.to_owned(), ..circumstances() };
        Self { circumstances, ..self }
    }

    fn hiding_inaccessible(self) -> Self {
        let circumstances = Circumstances { hide_inaccessible: true, ..circumstances() };
        Self { circumstances, ..self }
    }

    fn check(&self) {
        let Self { rule, id, .. } = self;
        let view = view_of(std::slice::from_ref(&self.region), &self.settings, &self.circumstances);
        let [explanation] = view.explain(id) else { panic!("{rule}: {id} is not there once") };
        let verdict = explanation.verdicts.iter().find(|verdict| verdict.rule == *rule);
        let verdict = verdict.unwrap_or_else(|| panic!("{rule} says nothing of {id}"));
        assert_eq!(verdict.passed, self.passed, "{verdict:?}");
        assert!(verdict.detail.contains(self.detail), "{verdict:?} does not say {:?}", self.detail);
        assert_eq!(verdict.fix.is_some(), self.fix.is_some(), "{verdict:?}");
        let fix = verdict.fix.as_deref().unwrap_or_default();
        assert!(fix.contains(self.fix.unwrap_or_default()), "{verdict:?} does not offer {:?}", self.fix);
        let others = explanation.verdicts.iter().filter(|other| other.rule != *rule);
        assert!(others.into_iter().all(|other| other.passed), "{:?}", explanation.verdicts);
        assert_eq!((explanation.listed, view.is_listed(id)), (self.passed, self.passed), "{rule} {id}");
        assert!(view.models(true).iter().any(|card| card.id == **id), "{rule}: `--all` shows everything");
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

const SONIC: &str = "amazon.nova-sonic-v1:0";

fn throughput() -> Vec<Case> {
    let pass = || Case::passes("on-demand", "on-demand throughput");
    let fail = |detail| Case::fails("on-demand", detail);
    vec![
        pass(),
        pass().row(|row| row.inference_types = texts(&["PROVISIONED", "on_demand"])),
        Case::passes("on-demand", "AWS does not say").row(|row| row.inference_types = vec![]),
        fail("it is called through an inference profile")
            .with_fix("inference profile")
            .row(|row| row.inference_types = texts(&["INFERENCE_PROFILE"])),
        fail("only PROVISIONED")
            .with_fix("`models.bedrockDiscovery.include: [\"provisioned\"]`")
            .row(|row| row.inference_types = texts(&["PROVISIONED"])),
        // AWS's list is one thing, its answer to a call another.
        fail("AWS refused a call")
            .with_fix("inference profile")
            .in_region(|region| region.with_refusal(NOVA)),
    ]
}

fn profiles() -> Vec<Case> {
    vec![
        Case::passes("profile-active", "is active").profile(|row| row.status = "Active".into()),
        Case::fails("profile-active", "CREATING").profile(|row| row.status = "CREATING".into()),
        Case::passes("base-listed", "does not list its foundation model").profile(|_| {}),
    ]
}

/// Every status that the service model of AWS has for the four lists, and one that it has not.
fn deployments() -> Vec<Case> {
    let pass = |further, row| Case::passes("deployed", "").deployment(further, row);
    let fail =
        |status, fix, further, row| Case::fails("deployed", status).with_fix(fix).deployment(further, row);
    let provisioned = |status: &str| deployment("provisioned-model/abc", Some(status), Some(NOVA));
    let custom = |status: &str| deployment("custom-model-deployment/abc", Some(status), None);
    let endpoint = |status: &str| deployment("marketplace/model-endpoint/all-access", Some(status), None);
    let imported = |converses| DeploymentRow { converses, ..deployment("imported-model/abc", None, None) };
    let failed = DeploymentRow { message: Some("no more capacity".into()), ..custom("Failed") };
    let cases = vec![
        pass(Further::Provisioned, provisioned("InService")),
        fail("Creating", "wait until", Further::Provisioned, provisioned("Creating")),
        fail("Updating", "wait until", Further::Provisioned, provisioned("Updating")),
        fail("Failed", "anew", Further::Provisioned, provisioned("Failed")),
        pass(Further::Custom, custom("Active")),
        fail("Creating", "wait until its status is Active", Further::Custom, custom("Creating")),
        fail("Failed: no more capacity", "anew", Further::Custom, failed),
        pass(Further::Marketplace, endpoint("REGISTERED")),
        fail("INCOMPATIBLE_ENDPOINT", "anew", Further::Marketplace, endpoint("INCOMPATIBLE_ENDPOINT")),
        fail("Dreaming", "anew", Further::Marketplace, endpoint("Dreaming")),
        pass(Further::Imported, imported(None)),
        pass(Further::Imported, imported(Some(true))),
        fail("Converse cannot call it", "chat template", Further::Imported, imported(Some(false))),
    ];
    let tried: BTreeSet<(Source, String)> = cases
        .iter()
        .flat_map(|case| &case.region.rows.deployments)
        .flat_map(|(source, listing)| {
            listing.rows.iter().filter_map(|row| Some((*source, row.status.clone()?)))
        })
        .collect();
    for (further, statuses) in [
        (Further::Provisioned, ProvisionedModelStatus::values()),
        (Further::Custom, CustomModelDeploymentStatus::values()),
        (Further::Marketplace, Status::values()),
    ] {
        for status in statuses {
            let known = (Source::of(further), (*status).to_owned());
            assert!(tried.contains(&known), "{known:?} has no case");
        }
    }
    cases
}

fn abilities() -> Vec<Case> {
    let output = |words: &[&str]| {
        let words = texts(words);
        overridden("*", |said| said.output = Some(words))
    };
    vec![
        Case::passes("converse", "Converse can call it"),
        Case::fails("converse", "Converse cannot call it")
            .with_fix("`converse: true`")
            .model("ai21.j2-mid-v1"),
        Case::fails("converse", "no model for conversations").model(SONIC),
        Case::fails("converse", "bedrock-mantle").with_fix("`converse: true`").model("qwen.qwen3-32b"),
        Case::passes("converse", "the configuration says")
            .model(SONIC)
            .settings(overridden(SONIC, |said| said.converse = Some(true))),
        Case::fails("converse", "the configuration says")
            .settings(overridden("amazon.*", |said| said.converse = Some(false))),
        Case::passes("streaming", "it streams"),
        Case::fails("streaming", "AWS does not say").row(|row| row.streaming = Some(false)),
        Case::fails("streaming", "AWS does not say").row(|row| row.streaming = None),
        Case::passes("text-output", "it answers in text").row(|row| row.output_modalities = texts(&["text"])),
        Case::fails("text-output", "IMAGE, VIDEO")
            .row(|row| row.output_modalities = texts(&["IMAGE", "VIDEO"])),
        Case::fails("text-output", "AWS does not say").row(|row| row.output_modalities = vec![]),
        Case::passes("text-output", "it answers in text")
            .row(|row| row.output_modalities = texts(&["IMAGE"]))
            .settings(output(&["text", "image"])),
        Case::fails("text-output", "image").settings(output(&["image"])),
        Case::fails("text-output", "image").profile(|_| {}).settings(output(&["image"])),
    ]
}

fn ages() -> Vec<Case> {
    let until = |day: &str| {
        let day = day.to_owned();
        move |row: &mut FoundationModelRow| row.end_of_life = Some(day)
    };
    let said = |day: &str| overridden(NOVA, |said| said.end_of_life = Some(day.to_owned()));
    let lifecycle = |status: &str| overridden("*", |said| said.lifecycle = Some(status.to_owned()));
    let legacy = |row: &mut FoundationModelRow| row.lifecycle = Some("LEGACY".into());
    let over = |detail| Case::fails("end-of-life", detail).with_fix("call a newer model");
    vec![
        Case::passes("end-of-life", "2026-05-02").row(until("2026-05-02")).today("2026-05-01"),
        over("2026-05-02").row(until("2026-05-02")).today("2026-05-02"),
        over("2025-12-31").row(until("2025-12-31")).today("2026-01-01"),
        Case::passes("end-of-life", "2027-01-01").row(until("2025-12-31")).settings(said("2027-01-01")),
        over("2025-12-31").row(until("2027-01-01")).settings(said("2025-12-31")),
        Case::passes("lifecycle", "it is active"),
        Case::passes("lifecycle", "AWS says nothing").row(|row| row.lifecycle = None),
        Case::fails("lifecycle", "LEGACY").with_fix("`models.bedrockDiscovery.includeLegacy`").row(legacy),
        Case::passes("lifecycle", "`includeLegacy` is set")
            .row(legacy)
            .settings(settings(|settings| settings.include_legacy = true)),
        Case::fails("lifecycle", "RETIRED").row(|row| row.lifecycle = Some("RETIRED".into())),
        Case::passes("lifecycle", "it is active").row(legacy).settings(lifecycle("active")),
        Case::fails("lifecycle", "LEGACY").with_fix("includeLegacy").settings(lifecycle("LEGACY")),
        Case::fails("lifecycle", "LEGACY")
            .with_fix("includeLegacy")
            .profile(|_| {})
            .settings(lifecycle("LEGACY")),
    ]
}

fn wishes() -> Vec<Case> {
    let filter = |names: &[&str]| settings(|settings| settings.provider_filter = texts(names));
    let unknown = InferenceProfileRow { model_arns: vec![], ..application("x", "", &[]) };
    let denied = AccessRow { authorization: "NOT_AUTHORIZED".into(), ..accessible() };
    vec![
        Case::passes("provider-filter", "names its maker").settings(filter(&["meta", "Amazon"])),
        Case::fails("provider-filter", "Amazon")
            .with_fix("`models.bedrockDiscovery.providerFilter`")
            .settings(filter(&["meta"])),
        Case::fails("provider-filter", "nobody says who made it")
            .with_fix("`models.bedrockDiscovery.providerFilter`")
            .profile(|row| *row = unknown)
            .settings(filter(&["meta"])),
        Case::passes("access", "has access")
            .in_region(|region| region.with_access(NOVA, accessible()))
            .hiding_inaccessible(),
        Case::fails("access", "not authorized")
            .with_fix("service control policy")
            .in_region(|region| region.with_access(NOVA, denied))
            .hiding_inaccessible(),
    ]
}

#[test]
fn each_rule_hides_what_fails_it_and_nothing_else() {
    let groups = [throughput(), profiles(), deployments(), abilities(), ages(), wishes()];
    let cases: Vec<Case> = groups.into_iter().flatten().collect();
    for case in &cases {
        case.check();
    }
    let covered: BTreeSet<_> = cases.iter().map(|case| case.rule).collect();
    assert_eq!(covered, RULES.iter().map(|(rule, _)| *rule).collect(), "each rule has a case");
}

#[test]
fn access_that_nobody_wants_hidden_is_no_rule() {
    let denied = AccessRow { entitlement: "NOT_AVAILABLE".into(), ..accessible() };
    let region = region("us-east-1", vec![model(NOVA)], vec![]).with_access(NOVA, denied);
    let view = view_of(&[region], &DiscoverySettings::default(), &circumstances());
    assert_eq!(listed(&view), [NOVA]);
    assert!(view.listed[0].available.is_no());
    assert!(view.explain(NOVA)[0].verdicts.iter().all(|verdict| verdict.rule != "access"));
}
