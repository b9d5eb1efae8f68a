//! What must be true of an id so that it is listed: a table of rules, each with an id, a reason and a way out.

use std::borrow::Cow;

use outcrop_core::ModelKind;
use serde::Serialize;

use super::{Candidate, access};
use crate::settings::DiscoverySettings;
use crate::source::Source;

/// What a rule says of an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The rule's id.
    pub rule: &'static str,
    /// Whether the id passed it.
    pub passed: bool,
    /// Why, as one lower-case line.
    pub detail: Cow<'static, str>,
    /// What to do about it, if it did not pass and something can be done.
    #[serde(skip)]
    pub fix: Option<Cow<'static, str>>,
}

impl Verdict {
    /// A rule that the id passed.
    pub fn passed(rule: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, passed: true, detail: detail.into(), fix: None }
    }

    /// A rule that the id did not pass.
    pub fn failed(rule: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, passed: false, detail: detail.into(), fix: None }
    }

    pub(crate) fn with_fix(self, fix: impl Into<Cow<'static, str>>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Whether nobody could call the id if this is not passed; otherwise it is only kept out of lists.
    pub fn decides_calls(&self) -> bool {
        ![LIFECYCLE, PROVIDER_FILTER].contains(&self.rule)
    }
}

/// Why an id is listed or not, in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// The region whose list has it; `None` for a model of the configuration.
    pub(crate) region: Option<String>,
    /// Whether it passed every rule.
    pub(crate) listed: bool,
    /// The rules that apply to it, in the order they are asked.
    pub(crate) verdicts: Vec<Verdict>,
}

impl Explanation {
    /// Whether it is the configuration's, and not that of a list.
    pub(crate) fn is_configured(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.rule == super::CONFIGURED)
    }

    /// Whether it has on-demand throughput, if that was asked.
    pub(super) fn on_demand(&self) -> Option<bool> {
        self.verdicts.iter().find(|verdict| verdict.rule == ON_DEMAND).map(|verdict| verdict.passed)
    }
}

/// What rules go by besides rows and settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Circumstances {
    /// The day, `YYYY-MM-DD`, in UTC.
    pub(crate) today: String,
    /// Whether models without access are kept out of the list.
    pub(crate) hide_inaccessible: bool,
}

/// What a rule says.
type Ruling = (bool, Cow<'static, str>, Option<Cow<'static, str>>);

/// A rule: its id, and whether a candidate passes it, with the reason; `None` if it does not apply.
type Rule = (&'static str, fn(&Candidate<'_>, &DiscoverySettings, &Circumstances) -> Option<Ruling>);

pub(crate) const ON_DEMAND: &str = "on-demand";
const LIFECYCLE: &str = "lifecycle";
const PROVIDER_FILTER: &str = "provider-filter";
pub(crate) const ACCESS: &str = "access";
pub(crate) const CONVERSE: &str = "converse";
pub(crate) const END_OF_LIFE: &str = "end-of-life";

/// The rules, in the order they are asked.
pub(super) const RULES: &[Rule] = &[
    (ON_DEMAND, on_demand),
    ("profile-active", profile_active),
    ("deployed", deployed),
    ("base-listed", base_listed),
    (END_OF_LIFE, end_of_life),
    (CONVERSE, converse),
    ("streaming", streaming),
    ("text-output", text_output),
    (ACCESS, has_access),
    (LIFECYCLE, lifecycle),
    (PROVIDER_FILTER, provider_filter),
];

/// Whether a candidate passes every rule.
pub(super) fn passes(
    candidate: &Candidate<'_>,
    settings: &DiscoverySettings,
    circumstances: &Circumstances,
) -> bool {
    let passes = |(_, ask): &Rule| ask(candidate, settings, circumstances).is_none_or(|(passed, ..)| passed);
    RULES.iter().all(passes)
}

/// What every rule says of a candidate.
pub(super) fn judge(
    candidate: &Candidate<'_>,
    settings: &DiscoverySettings,
    circumstances: &Circumstances,
) -> Vec<Verdict> {
    let verdict = |(rule, ask): &Rule| {
        let (passed, detail, fix) = ask(candidate, settings, circumstances)?;
        Some(Verdict { rule, passed, detail, fix })
    };
    RULES.iter().filter_map(verdict).collect()
}

const fn pass(detail: &'static str) -> Ruling {
    (true, Cow::Borrowed(detail), None)
}

fn fail(detail: impl Into<Cow<'static, str>>) -> Ruling {
    (false, detail.into(), None)
}

fn fail_with(detail: impl Into<Cow<'static, str>>, fix: impl Into<Cow<'static, str>>) -> Ruling {
    (false, detail.into(), Some(fix.into()))
}

fn has(texts: &[String], wanted: &str) -> bool {
    texts.iter().any(|text| text.eq_ignore_ascii_case(wanted))
}

/// Bare ids need on-demand throughput. `PROVISIONED` is no help here: what somebody bought is called by its own ARN.
fn on_demand(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    const BY_PROFILE: &str = "call it through an inference profile";
    let row = candidate.row.filter(|_| candidate.profile.is_none() && candidate.deployment.is_none())?;
    let types = &row.inference_types;
    Some(if candidate.refused {
        fail_with("AWS refused a call of it: it has no on-demand throughput here", BY_PROFILE)
    } else if types.is_empty() {
        pass("AWS does not say how it is called")
    } else if has(types, "ON_DEMAND") {
        pass("it has on-demand throughput")
    } else if has(types, "INFERENCE_PROFILE") {
        fail_with(
            "it has no on-demand throughput here: it is called through an inference profile",
            BY_PROFILE,
        )
    } else {
        fail_with(
            format!("it has no on-demand throughput here, only {}", types.join(", ")),
            "call it by the ARN of throughput that was bought for it: `models.bedrockDiscovery.include: \
             [\"provisioned\"]` lists what there is",
        )
    })
}

fn profile_active(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    let status = &candidate.profile?.status;
    Some(if status.eq_ignore_ascii_case("ACTIVE") {
        pass("the inference profile is active")
    } else {
        fail(format!("the status of the inference profile is {status}"))
    })
}

/// Whether what has an ARN of its own is ready: the statuses are those of the four lists in the service model.
fn deployed(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    let (source, row) = candidate.deployment?;
    if row.converses == Some(false) {
        return Some(fail_with(
            "the imported model has no instructions for conversations: Converse cannot call it",
            "import it with a chat template",
        ));
    }
    let wanted = match source {
        Source::ProvisionedModels => "InService",
        Source::MarketplaceEndpoints => "REGISTERED",
        _ => "Active",
    };
    Some(match row.status.as_deref() {
        None => pass("it can be called as soon as it is there"),
        Some(status) if status.eq_ignore_ascii_case(wanted) => pass("it is ready"),
        Some(status) => {
            let why = row.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
            let passes = ["Creating", "Updating"].iter().any(|other| status.eq_ignore_ascii_case(other));
            let fix = if passes {
                format!("wait until its status is {wanted}")
            } else {
                "find out why in the Amazon Bedrock console, and make it anew".to_owned()
            };
            fail_with(format!("its status is {status}{why}"), fix)
        }
    })
}

/// No reason to hide anything: the foundation model that a profile leads to may be at home in other regions only. The
/// rules below say nothing then.
fn base_listed(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    let unlisted = candidate.row.is_none();
    unlisted.then(|| pass("AWS does not list its foundation model here, and says no more about it"))
}

fn converse(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    if let Some(converse) = candidate.said.converse {
        return Some(if converse {
            pass("the configuration says that Converse can call it")
        } else {
            fail("the configuration says that Converse cannot call it")
        });
    }
    let facts = candidate.facts?;
    let fix = "if that is no longer so, set `converse: true` for it in `models.overrides`";
    Some(if facts.kind != ModelKind::Chat {
        fail("it is no model for conversations, and Converse cannot call it")
    } else if facts.is_mantle_only() {
        fail_with("it is a name of another endpoint, bedrock-mantle", fix)
    } else if facts.converse {
        pass("Converse can call it")
    } else {
        fail_with("Converse cannot call it", fix)
    })
}

fn end_of_life(
    candidate: &Candidate<'_>,
    _: &DiscoverySettings,
    circumstances: &Circumstances,
) -> Option<Ruling> {
    let said = candidate.said.end_of_life.as_deref();
    let day = said.or_else(|| candidate.row?.end_of_life.as_deref())?;
    Some(if *day > *circumstances.today {
        (true, format!("it is there until {day}").into(), None)
    } else {
        fail_with(format!("it went away on {day}"), "call a newer model: `outcrop models list` has them")
    })
}

fn streaming(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    let streams = candidate.row?.streaming == Some(true);
    Some(if streams { pass("it streams") } else { fail("AWS does not say that it streams") })
}

fn text_output(candidate: &Candidate<'_>, _: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    let said = candidate.said.output.as_ref().filter(|words| !words.is_empty());
    let output = said.or_else(|| Some(&candidate.row?.output_modalities))?;
    Some(if has(output, "TEXT") {
        pass("it answers in text")
    } else if output.is_empty() {
        fail("AWS does not say what it gives")
    } else {
        fail(format!("it gives {} and no text", output.join(", ")))
    })
}

/// Only what AWS was asked about; otherwise the rule says nothing.
fn has_access(
    candidate: &Candidate<'_>,
    _: &DiscoverySettings,
    circumstances: &Circumstances,
) -> Option<Ruling> {
    let row = candidate.access.filter(|_| circumstances.hide_inaccessible)?;
    let card = access::card(row, candidate);
    let Some(reason) = card.reason else { return Some(pass("the account has access")) };
    Some((false, reason.into(), card.fix.map(Cow::Owned)))
}

fn lifecycle(candidate: &Candidate<'_>, settings: &DiscoverySettings, _: &Circumstances) -> Option<Ruling> {
    let status = match (&candidate.said.lifecycle, candidate.row) {
        (Some(said), _) => Some(said.as_str()),
        (None, Some(row)) => row.lifecycle.as_deref(),
        (None, None) => return None,
    };
    let is = |wanted: &str| status.is_some_and(|status| status.eq_ignore_ascii_case(wanted));
    Some(match status {
        None => pass("AWS says nothing of its lifecycle"),
        Some(_) if is("ACTIVE") => pass("it is active"),
        Some(_) if is("LEGACY") && settings.include_legacy => {
            pass("it is on its way out, and `includeLegacy` is set")
        }
        Some(_) if is("LEGACY") => fail_with(
            "it is on its way out (LEGACY)",
            "set `models.bedrockDiscovery.includeLegacy` to list it; it can be called as long as it is there",
        ),
        Some(status) => fail(format!("its lifecycle is {status}")),
    })
}

fn provider_filter(
    candidate: &Candidate<'_>,
    settings: &DiscoverySettings,
    _: &Circumstances,
) -> Option<Ruling> {
    const FIX: &str = "add its maker to `models.bedrockDiscovery.providerFilter`, or remove the filter";
    let mut wanted = settings.provider_filter.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
    let first = wanted.next()?;
    let names = [candidate.maker(), candidate.maker_name()];
    let fits = |name: &str| names.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name));
    Some(if fits(first) || wanted.any(fits) {
        pass("`providerFilter` names its maker")
    } else {
        let maker = candidate.maker_name().or_else(|| candidate.maker());
        let detail = maker.map_or_else(
            || "nobody says who made it, and `providerFilter` is set".to_owned(),
            |maker| format!("`providerFilter` does not name {maker}"),
        );
        fail_with(detail, FIX)
    })
}
