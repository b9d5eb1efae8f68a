//! What must be true of an id so that it is listed: a table of rules, each with an id and a reason.

use std::borrow::Cow;

use outcrop_core::ModelId;
use serde::Serialize;

use super::Candidate;
use crate::settings::DiscoverySettings;

/// What a rule says of an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The rule's id.
    pub rule: &'static str,
    /// Whether the id passed it.
    pub passed: bool,
    /// Why, as one lower-case line.
    pub detail: Cow<'static, str>,
}

impl Verdict {
    pub(super) fn passed(rule: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, passed: true, detail: detail.into() }
    }
}

/// Why an id is listed or not, in one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The id.
    pub id: ModelId,
    /// The region whose list has it.
    pub region: Option<String>,
    /// Whether it passed every rule.
    pub listed: bool,
    /// The rules that apply to it, in the order they are asked.
    #[serde(rename = "rules")]
    pub verdicts: Vec<Verdict>,
}

impl Explanation {
    /// Whether it has on-demand throughput, if that was asked.
    pub(super) fn on_demand(&self) -> Option<bool> {
        self.verdicts.iter().find(|verdict| verdict.rule == ON_DEMAND).map(|verdict| verdict.passed)
    }
}

/// A rule: its id, and whether a candidate passes it, with the reason; `None` if it does not apply.
type Rule = (&'static str, fn(&Candidate<'_>, &DiscoverySettings) -> Option<Ruling>);

/// Whether it passed, and why.
type Ruling = (bool, Cow<'static, str>);

const ON_DEMAND: &str = "on-demand";

/// The rules, in the order they are asked.
pub(super) const RULES: &[Rule] = &[
    (ON_DEMAND, on_demand),
    ("profile-active", profile_active),
    ("base-listed", base_listed),
    ("converse", converse),
    ("streaming", streaming),
    ("text-output", text_output),
    ("lifecycle", lifecycle),
    ("provider-filter", provider_filter),
];

/// What every rule says of a candidate.
pub(super) fn judge(candidate: &Candidate<'_>, settings: &DiscoverySettings) -> Vec<Verdict> {
    let verdict = |(rule, ask): &Rule| {
        ask(candidate, settings).map(|(passed, detail)| Verdict { rule, passed, detail })
    };
    RULES.iter().filter_map(verdict).collect()
}

const fn pass(detail: &'static str) -> Ruling {
    (true, Cow::Borrowed(detail))
}

const fn fail(detail: String) -> Ruling {
    (false, Cow::Owned(detail))
}

fn has(texts: &[String], wanted: &str) -> bool {
    texts.iter().any(|text| text.eq_ignore_ascii_case(wanted))
}

/// Bare ids need on-demand throughput. `PROVISIONED` is no help here: what somebody bought is called by its own ARN.
fn on_demand(candidate: &Candidate<'_>, _: &DiscoverySettings) -> Option<Ruling> {
    let row = candidate.row.filter(|_| candidate.profile.is_none())?;
    let types = &row.inference_types;
    Some(if types.is_empty() {
        pass("AWS does not say how it is called")
    } else if has(types, "ON_DEMAND") {
        pass("it has on-demand throughput")
    } else if has(types, "INFERENCE_PROFILE") {
        fail("it has no on-demand throughput here: it is called through an inference profile".into())
    } else {
        fail(format!("it has no on-demand throughput here, only {}", types.join(", ")))
    })
}

fn profile_active(candidate: &Candidate<'_>, _: &DiscoverySettings) -> Option<Ruling> {
    let status = &candidate.profile?.status;
    Some(if status.eq_ignore_ascii_case("ACTIVE") {
        pass("the inference profile is active")
    } else {
        fail(format!("the status of the inference profile is {status}"))
    })
}

fn converse(candidate: &Candidate<'_>, _: &DiscoverySettings) -> Option<Ruling> {
    let facts = candidate.facts?;
    Some(if facts.is_mantle_only() {
        fail("it is a name of another endpoint, bedrock-mantle".into())
    } else if facts.converse {
        pass("Converse can call it")
    } else {
        fail("Converse cannot call it".into())
    })
}

/// No reason to hide anything: the foundation model that a profile leads to may be at home in other regions only. The
/// rules below say nothing then.
fn base_listed(candidate: &Candidate<'_>, _: &DiscoverySettings) -> Option<Ruling> {
    let unlisted = candidate.row.is_none();
    unlisted.then(|| pass("AWS does not list its foundation model here, and says no more about it"))
}

fn streaming(candidate: &Candidate<'_>, _: &DiscoverySettings) -> Option<Ruling> {
    let streams = candidate.row?.streaming == Some(true);
    Some(if streams { pass("it streams") } else { fail("AWS does not say that it streams".into()) })
}

fn text_output(candidate: &Candidate<'_>, _: &DiscoverySettings) -> Option<Ruling> {
    let output = &candidate.row?.output_modalities;
    Some(if has(output, "TEXT") {
        pass("it answers in text")
    } else if output.is_empty() {
        fail("AWS does not say what it gives".into())
    } else {
        fail(format!("it gives {} and no text", output.join(", ")))
    })
}

fn lifecycle(candidate: &Candidate<'_>, settings: &DiscoverySettings) -> Option<Ruling> {
    let status = candidate.row?.lifecycle.as_deref();
    let is = |wanted: &str| status.is_some_and(|status| status.eq_ignore_ascii_case(wanted));
    Some(match status {
        None => pass("AWS says nothing of its lifecycle"),
        Some(_) if is("ACTIVE") => pass("it is active"),
        Some(_) if is("LEGACY") && settings.include_legacy => {
            pass("it is on its way out, and `includeLegacy` is set")
        }
        Some(_) if is("LEGACY") => {
            fail("it is on its way out (LEGACY): set `includeLegacy` to list it".into())
        }
        Some(status) => fail(format!("its lifecycle is {status}")),
    })
}

fn provider_filter(candidate: &Candidate<'_>, settings: &DiscoverySettings) -> Option<Ruling> {
    let mut wanted = settings.provider_filter.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
    let first = wanted.next()?;
    let names = [candidate.maker(), candidate.maker_name()];
    let fits = |name: &str| names.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name));
    Some(if fits(first) || wanted.any(fits) {
        pass("`providerFilter` names its maker")
    } else {
        let maker = candidate.maker_name().or_else(|| candidate.maker());
        fail(maker.map_or_else(
            || "nobody says who made it, and `providerFilter` is set".to_owned(),
            |maker| format!("`providerFilter` does not name {maker}"),
        ))
    })
}
