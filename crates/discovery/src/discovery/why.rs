//! Why an id is listed, or callable, or neither; and what to do about it.

use std::sync::Arc;

use outcrop_core::{CatalogProblem, ErrorKind, ModelCard, ModelId, Result};
use outcrop_model_facts::{BedrockId, Kind};
use serde::Serialize;

use super::collect::problem_of;
use super::{Ask, Discovery};
use crate::control_plane::Target;
use crate::merge::{ACCESS, Explanation, ON_DEMAND, Verdict, View};
use crate::resolve::{resolve, split_region};

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
    /// The rule that stands in the way of a call, if one does. Want of on-demand throughput is the last to be named
    /// where a profile helps.
    pub fn obstacle(&self) -> Option<&Verdict> {
        let has_profile = self.called_as.is_some();
        obstacles(&self.rules, has_profile).into_iter().find(|rule| rule.decides_calls())
    }
}

/// The rules that were not passed, the one to do something about first: those that only keep an id out of lists come
/// last.
fn obstacles(rules: &[Verdict], has_profile: bool) -> Vec<&Verdict> {
    let mut failed: Vec<_> = rules.iter().filter(|rule| !rule.passed).collect();
    failed.sort_by_key(|rule| (!rule.decides_calls(), has_profile && rule.rule == ON_DEMAND));
    failed
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
        let card = question.card().filter(|card| question.is_about(card));
        Ok(match card {
            Some(card) => question.explained(&card).await,
            None => question.unlisted().await,
        })
    }
}

impl Question<'_> {
    /// The card of the id, if any list or the configuration has it.
    fn card(&self) -> Option<Arc<ModelCard>> {
        let is_short_name = |card: &&Arc<ModelCard>| {
            let arn = BedrockId::parse(card.id.as_str());
            arn.kind() == Kind::ApplicationProfile && arn.resource_id() == Some(self.id)
        };
        self.view.named(self.id).or_else(|| self.view.cards().find(is_short_name)).cloned()
    }

    /// Whether what is known of the card holds for the region that was asked about.
    fn is_about(&self, card: &ModelCard) -> bool {
        let explanations = self.view.explain(card.id.as_str());
        let holds = |region: &str| {
            let said = explanations.iter().map(|explanation| explanation.region.as_deref());
            said.into_iter().any(|known| known.is_none_or(|known| known == region))
        };
        self.forced.is_none_or(holds)
    }

    /// What the rules said of it, in the region that counts.
    fn explanation(&self, card: &ModelCard) -> Option<&Explanation> {
        let all = self.view.explain(card.id.as_str());
        let of = |region: Option<&str>| {
            all.iter().find(|explanation| region.is_some() && explanation.region.as_deref() == region)
        };
        if let Some(region) = self.forced.or_else(|| self.parsed.region()) {
            return of(Some(region)).or_else(|| all.first());
        }
        let listed = all.iter().find(|explanation| explanation.listed);
        listed.or_else(|| of(self.home.as_deref())).or_else(|| all.first())
    }

    async fn explained(&self, card: &ModelCard) -> Why {
        let explanation = self.explanation(card);
        let mut rules = explanation.map(|it| it.verdicts.clone()).unwrap_or_default();
        let region = explanation.and_then(|it| it.region.clone());
        if !rules.iter().any(|verdict| verdict.rule == ACCESS) {
            rules.extend(self.access(card, region.as_deref()).await);
        }
        let passed = |rules: &[Verdict]| rules.iter().all(|rule| rule.passed || !rule.decides_calls());
        let geography = &self.discovery.inner.settings.geography;
        let resolved = resolve(self.asked, Some(&self.view), self.home.as_deref(), geography, false);
        let leads_to_profile = resolved.card.as_ref().is_some_and(|found| found.profile.is_some());
        // The profile that is called in the place of a bare id, if that id needs one.
        let profile =
            Some(&resolved.callable).filter(|_| card.profile.is_none() && leads_to_profile).cloned();
        let but_for_throughput = |rules: &[Verdict]| {
            rules.iter().all(|rule| rule.passed || rule.rule == ON_DEMAND || !rule.decides_calls())
        };
        let through_profile = profile.is_some() && but_for_throughput(&rules);
        let called_as = Some(resolved.callable).filter(|callable| callable != self.id);
        Why {
            id: self.asked.clone(),
            listed: explanation.is_some_and(|it| it.listed) && self.view.is_listed(card.id.as_str()),
            callable: Some(passed(&rules) || through_profile),
            fix: self.fix(card, &rules, profile.as_ref()),
            called_as,
            region,
            rules,
            nearest: Vec::new(),
        }
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

    /// What to do, where something can be done.
    fn fix(&self, card: &ModelCard, rules: &[Verdict], profile: Option<&ModelId>) -> Option<String> {
        obstacles(rules, profile.is_some()).into_iter().find_map(|rule| {
            if rule.rule == ON_DEMAND {
                return Some(self.throughput_fix(card, profile, rule));
            }
            rule.fix.as_deref().map(str::to_owned)
        })
    }

    fn throughput_fix(&self, card: &ModelCard, profile: Option<&ModelId>, rule: &Verdict) -> String {
        if let Some(profile) = profile {
            return format!("call it as `{profile}`; `outcrop ask -m {}` does so by itself", self.asked);
        }
        let leads_here = |other: &&Arc<ModelCard>| {
            other.profile.is_some() && other.base_model.as_ref().is_some_and(|base| *base == card.id)
        };
        let profiles: Vec<_> =
            self.view.listed.iter().filter(leads_here).map(|other| format!("`{}`", other.id)).collect();
        if profiles.is_empty() {
            let usual = rule.fix.as_deref().unwrap_or_default();
            return format!("{usual}; no inference profile that is listed leads to it");
        }
        format!(
            "call {}; none is of the region's own geography, and `models.bedrockDiscovery.geography` chooses another",
            profiles.join(" or ")
        )
    }
}
