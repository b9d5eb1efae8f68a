//! Why an id is listed, or callable, or neither; and what to do about it.

use std::sync::Arc;

use outcrop_core::{CatalogProblem, ErrorKind, ModelCard, ModelId, Resolved, Result};
use outcrop_model_facts::{BedrockId, Kind};
use serde::Serialize;

use super::collect::problem_of;
use super::{Ask, Discovery};
use crate::control_plane::Target;
use crate::merge::{ACCESS, Explanation, ON_DEMAND, Verdict, View};
use crate::resolve::{is_short_name, resolve, split_region};

mod elsewhere;
mod unlisted;

/// Why an id is listed or not, and whether it can be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Why {
    /// The id that was asked about.
    pub id: ModelId,
    /// Whether it is in the list.
    pub listed: bool,
    /// Whether a call by this id would be answered, by itself or through a profile; `None` where nobody can tell.
    pub callable: Option<bool>,
    /// What would be called instead, if that is another id.
    pub called_as: Option<ModelId>,
    /// The region that this is about.
    pub region: Option<String>,
    /// Every rule that applies, in the order they are asked.
    pub rules: Vec<Verdict>,
    /// What to do, if something can be done.
    pub fix: Option<String>,
    /// Ids that are like it, if nobody knows it.
    pub nearest: Vec<String>,
}

impl Why {
    /// An id of which only these rules are known: not listed, and nobody can tell whether it can be called.
    pub const fn new(id: ModelId, rules: Vec<Verdict>) -> Self {
        Self {
            id,
            listed: false,
            callable: None,
            called_as: None,
            region: None,
            rules,
            fix: None,
            nearest: Vec::new(),
        }
    }

    /// The rule that stands in the way of a call, if one does. Want of on-demand throughput is named only where nothing
    /// else is wrong.
    pub fn obstacle(&self) -> Option<&Verdict> {
        let decides = || self.rules.iter().filter(|rule| !rule.passed && rule.decides_calls());
        decides().find(|rule| rule.rule != ON_DEMAND).or_else(|| decides().next())
    }
}

/// What every part of the answer goes by.
struct Question<'a> {
    discovery: &'a Discovery,
    asked: &'a ModelId,
    /// The id without `@REGION`.
    id: &'a str,
    parsed: BedrockId<'a>,
    forced: Option<&'a str>,
    home: Option<String>,
    view: Arc<View>,
    problems: Vec<CatalogProblem>,
}

impl Discovery {
    /// Why an id is listed or not, by every rule, with a look at the access of the account, and at other regions if none of
    /// the configured ones has it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for settings by which nobody can be asked, [`ErrorKind::Unauthenticated`] if there are no
    /// credentials. A list that AWS refuses is a rule that failed.
    pub async fn why(&self, asked: &ModelId) -> Result<Why> {
        let (view, problems) = match self.answer(Ask::default()).await {
            Ok(answer) => (Arc::clone(&answer.view), answer.problems.clone()),
            Err(error) if matches!(error.kind(), ErrorKind::Config | ErrorKind::Unauthenticated) => {
                return Err(error);
            }
            Err(error) => (Arc::default(), vec![problem_of(&self.inner.provider, &error)]),
        };
        let (id, forced) = split_region(asked.as_str());
        let home = self.inner.home().await;
        let parsed = BedrockId::parse(id);
        let question = Question { discovery: self, asked, id, parsed, forced, home, view, problems };
        let known = question.card().and_then(|card| Some((question.judgement(&card)?, card)));
        Ok(match known {
            Some((judgement, card)) => question.explained(&card, judgement).await,
            None => question.unlisted().await,
        })
    }
}

/// What the rules said of an id where it counts.
struct Judgement {
    region: Option<String>,
    /// Whether it is in the list for the configuration's sake or for AWS's.
    listed: bool,
    /// Whether any list of AWS has it.
    is_from_aws: bool,
    rules: Vec<Verdict>,
}

impl Question<'_> {
    /// The card of the id, if any list or the configuration has it.
    fn card(&self) -> Option<Arc<ModelCard>> {
        let is_short_name = |card: &&Arc<ModelCard>| is_short_name(self.id, card);
        self.view.named(self.id).or_else(|| self.view.cards().find(is_short_name)).cloned()
    }

    /// The region that was asked for with the id.
    fn said_region(&self) -> Option<&str> {
        self.forced.or_else(|| self.parsed.region())
    }

    /// What the rules said of it: in the region that was asked for, else where it is listed, else where models are called.
    /// `None` if neither that region nor the configuration has it.
    fn judgement(&self, card: &ModelCard) -> Option<Judgement> {
        let all = self.view.explain(card.id.as_str());
        let (configured, of_aws): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.is_configured());
        let of = |region: Option<&str>| {
            of_aws.iter().find(|it| region.is_some() && it.region.as_deref() == region).copied()
        };
        let of_aws = if let Some(region) = self.said_region() {
            of(Some(region))
        } else {
            let listed = of_aws.iter().find(|it| it.listed).copied();
            listed.or_else(|| of(self.home.as_deref())).or_else(|| of_aws.first().copied())
        };
        let configured = configured.first().copied();
        let both = || of_aws.into_iter().chain(configured);
        let first = both().next()?;
        Some(Judgement {
            region: first.region.clone(),
            listed: both().any(|it| it.listed),
            is_from_aws: of_aws.is_some(),
            rules: both().flat_map(|it| it.verdicts.clone()).collect(),
        })
    }

    async fn explained(&self, card: &ModelCard, judgement: Judgement) -> Why {
        let Judgement { region, listed, is_from_aws, mut rules } = judgement;
        let geography = &self.discovery.inner.settings.geography;
        let resolved = resolve(self.asked, Some(&self.view), self.home.as_deref(), geography, false);
        let throughput = self.throughput(card, &resolved, &rules);
        // What is called is what access is needed to, and a profile reaches other regions than a bare id.
        let profile = match &throughput {
            Throughput::Profile(profile) => self.view.find(profile.as_str()),
            _ => None,
        };
        if profile.is_some() {
            rules.retain(|verdict| verdict.rule != ACCESS);
        }
        let about = profile.map_or(card, |profile| profile);
        if is_from_aws && !rules.iter().any(|verdict| verdict.rule == ACCESS) {
            rules.extend(self.access(about, region.as_deref()).await);
        }
        let decides = |rule: &&Verdict| !rule.passed && rule.decides_calls() && rule.rule != ON_DEMAND;
        let obstacle = rules.iter().find(decides);
        let callable = match (obstacle, &throughput) {
            (Some(_), _) | (None, Throughput::None) => Some(false),
            (None, Throughput::OnDemand) => is_from_aws.then_some(true),
            (None, Throughput::Profile(_)) => Some(true),
            (None, Throughput::Guess(_)) => None,
        };
        let fix = if let Some(obstacle) = obstacle {
            obstacle.fix.as_deref().map(str::to_owned)
        } else if let Some(fix) = self.throughput_fix(card, &throughput, &rules) {
            Some(fix)
        } else {
            let filter = rules.iter().find(|rule| !rule.passed && !listed);
            filter.and_then(|rule| rule.fix.as_deref()).map(str::to_owned)
        };
        Why {
            id: self.asked.clone(),
            listed,
            callable,
            called_as: Some(resolved.callable).filter(|callable| *callable != *self.id),
            region,
            rules,
            fix,
            nearest: Vec::new(),
        }
    }

    /// By what it can be called.
    fn throughput(&self, card: &ModelCard, resolved: &Resolved, rules: &[Verdict]) -> Throughput {
        let called = &resolved.callable;
        let is_bare = BedrockId::parse(card.id.as_str()).kind() == Kind::FoundationModel;
        let is_profile = BedrockId::parse(called.as_str()).kind() == Kind::SystemProfile;
        if is_bare && is_profile {
            let explanations = self.view.explain(called.as_str());
            let is_usable = |it: &Explanation| it.verdicts.iter().all(|it| it.passed || !it.decides_calls());
            return match explanations {
                [] => Throughput::Guess(called.clone()),
                known if known.iter().any(is_usable) => Throughput::Profile(called.clone()),
                _ => Throughput::None,
            };
        }
        let needs = rules.iter().any(|rule| rule.rule == ON_DEMAND && !rule.passed);
        if needs { Throughput::None } else { Throughput::OnDemand }
    }

    /// What AWS says of the access, as a rule.
    async fn access(&self, card: &ModelCard, region: Option<&str>) -> Option<Verdict> {
        let inner = &self.discovery.inner;
        let base = card.base_model.as_ref().filter(|_| inner.settings.enabled != Some(false))?.to_string();
        let region = region?;
        let home = self.home.as_deref() == Some(region);
        let target = if home { Target::Usual } else { Target::Region(region.to_owned()) };
        let place = inner.plane.place(&target).await.ok()?;
        let problem = inner.check_access(&target, &place, std::slice::from_ref(&base), None).await;
        if let Some(problem) = problem {
            let detail = format!("whether the account has access is not known: {}", problem.message);
            return Some(Verdict::passed(ACCESS, detail));
        }
        let view = inner.view(std::slice::from_ref(&place), Ask { access: true, ..Ask::default() });
        let access = view.find(card.id.as_str())?.access.clone()?;
        Some(match access.reason {
            None => Verdict::passed(ACCESS, "the account has access"),
            Some(reason) => {
                let verdict = Verdict::failed(ACCESS, reason);
                match access.fix {
                    Some(fix) => verdict.with_fix(fix),
                    None => verdict,
                }
            }
        })
    }

    /// What to do about an id that cannot be called as it is.
    fn throughput_fix(&self, card: &ModelCard, throughput: &Throughput, rules: &[Verdict]) -> Option<String> {
        match throughput {
            Throughput::OnDemand => return None,
            Throughput::Profile(profile) => {
                return Some(format!(
                    "call it as `{profile}`; `outcrop ask -m {}` does so by itself",
                    self.asked
                ));
            }
            Throughput::Guess(profile) => {
                return Some(format!(
                    "call it as `{profile}`, which is a guess: the inference profiles of the account are not known"
                ));
            }
            Throughput::None => {}
        }
        let leads_here = |other: &&Arc<ModelCard>| {
            other.profile.is_some() && other.base_model.as_ref().is_some_and(|base| *base == card.id)
        };
        let profiles: Vec<_> =
            self.view.listed.iter().filter(leads_here).map(|other| format!("`{}`", other.id)).collect();
        if profiles.is_empty() {
            let usual = rules.iter().find(|rule| rule.rule == ON_DEMAND)?.fix.as_deref()?;
            return Some(format!("{usual}; no inference profile that can be called leads to it"));
        }
        Some(format!(
            "call it as {}; none of these is chosen by itself: `models.bedrockDiscovery.geography` says whose may be",
            profiles.join(" or ")
        ))
    }
}

/// By what a model can be called.
enum Throughput {
    /// By its own id.
    OnDemand,
    /// Through this profile.
    Profile(ModelId),
    /// Through this profile, as far as the table of facts knows.
    Guess(ModelId),
    /// By nothing that would be tried.
    None,
}

#[cfg(test)]
pub(super) use unlisted::RULES as UNLISTED_RULES;
