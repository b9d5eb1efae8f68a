//! Ids that no list has.

use outcrop_model_facts::Kind;
use outcrop_model_facts::facts;

use super::super::known::nearest;
use super::{Question, Why};
use crate::control_plane::GET_AVAILABILITY;
use crate::merge::{CONVERSE, END_OF_LIFE, Verdict};
use crate::settings::Further;
use crate::source::Source;

const LISTING: &str = "listing";
const INCLUDE: &str = "include";
const OTHER_REGION: &str = "other-region";
const UNLISTED: &str = "unlisted";

impl Question<'_> {
    /// Everything that may be the reason, the likeliest first.
    pub(super) async fn unlisted(&self) -> Why {
        let mut rules = self.listing();
        let lists_are_whole = rules.is_empty();
        rules.extend(self.end_of_life());
        rules.extend(self.converse());
        rules.extend(self.include());
        let is_known = !rules.is_empty();
        let elsewhere = if is_known && !lists_are_whole { None } else { self.other_region().await };
        let nearest = if is_known || elsewhere.is_some() { Vec::new() } else { nearest(self.id, &self.view) };
        // It is called in the region that was asked for, and that one has it.
        let is_there = elsewhere.as_ref().is_some_and(|verdict| verdict.passed);
        rules.extend(elsewhere);
        rules.push(self.nowhere(&nearest));
        let fix = rules.iter().find_map(|rule| rule.fix.as_deref()).map(str::to_owned);
        // What has an ARN of its own can be called whether or not it is listed.
        let may_be_called = !lists_are_whole || !self.is_listable();
        Why {
            id: self.asked.clone(),
            listed: false,
            callable: match (is_there, may_be_called) {
                (true, _) => Some(true),
                (_, true) => None,
                _ => Some(false),
            },
            called_as: None,
            region: self.forced.map(str::to_owned).or_else(|| self.home.clone()),
            rules,
            fix,
            nearest,
        }
    }

    /// Whether a list would have it if it could be called here.
    fn is_listable(&self) -> bool {
        matches!(self.parsed.kind(), Kind::FoundationModel | Kind::SystemProfile | Kind::Other)
    }

    /// The lists that could not be read.
    fn listing(&self) -> Vec<Verdict> {
        if self.discovery.settings().enabled == Some(false) {
            let verdict =
                Verdict::failed(LISTING, "AWS is not asked for its models: the discovery is switched off");
            return vec![verdict.with_fix("set `models.bedrockDiscovery.enabled` to `true`")];
        }
        let lists =
            self.problems.iter().filter(|problem| !["cache", GET_AVAILABILITY].contains(&&*problem.source));
        lists
            .map(|problem| {
                let place = problem.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
                let detail =
                    format!("{} failed{place}: {}: {}", problem.source, problem.code, problem.message);
                let verdict = Verdict::failed(LISTING, detail);
                match &problem.hint {
                    Some(hint) => verdict.with_fix(hint.clone()),
                    None => verdict,
                }
            })
            .collect()
    }

    fn end_of_life(&self) -> Option<Verdict> {
        let day = facts::lookup(&self.parsed)?.facts.end_of_life?;
        let is_over = *day <= *self.discovery.inner.today();
        is_over.then(|| {
            let detail = format!("it went away on {day}, by the table of facts as of {}", facts::AS_OF);
            Verdict::failed(END_OF_LIFE, detail)
                .with_fix("call a newer model: `outcrop models list` has them")
        })
    }

    fn converse(&self) -> Option<Verdict> {
        let facts = facts::lookup(&self.parsed)?.facts;
        if facts.is_mantle_only() {
            return Some(Verdict::failed(CONVERSE, "it is a name of another endpoint, bedrock-mantle"));
        }
        (!facts.converse).then(|| Verdict::failed(CONVERSE, "Converse cannot call it"))
    }

    /// Whether it is of a kind that is listed on request only.
    fn include(&self) -> Option<Verdict> {
        let further = match self.parsed.kind() {
            Kind::ProvisionedModel => Further::Provisioned,
            Kind::ImportedModel => Further::Imported,
            Kind::CustomModelDeployment => Further::Custom,
            Kind::MarketplaceEndpoint => Further::Marketplace,
            Kind::CustomModel => {
                let detail = "a custom model is called through its deployment or its provisioned throughput";
                let fix =
                    "set `models.bedrockDiscovery.include` to `[\"custom\", \"provisioned\"]` to list these";
                return Some(Verdict::failed(INCLUDE, detail).with_fix(fix));
            }
            Kind::DefaultPromptRouter | Kind::PromptRouter | Kind::Prompt => {
                let detail = "routers and prompts are not listed";
                let fix = format!("call it by its ARN: `outcrop ask -m {}`", self.asked);
                return Some(Verdict::failed(INCLUDE, detail).with_fix(fix));
            }
            _ => return None,
        };
        let word = further.as_str();
        let is_included = Source::wanted(self.discovery.settings()).contains(&Source::of(further));
        (!is_included).then(|| {
            let detail = format!("such models are listed on request only, and `{word}` is not in `include`");
            let fix = format!(
                "add `{word}` to `models.bedrockDiscovery.include` to list it; it can be called without that"
            );
            Verdict::failed(INCLUDE, detail).with_fix(fix)
        })
    }

    async fn other_region(&self) -> Option<Verdict> {
        let lists = self.listed_regions().await;
        if let Some(region) = self.parsed.region().filter(|region| !lists.iter().any(|known| known == region))
        {
            let detail = format!("it is of {region}, and the lists are of {}", lists.join(", "));
            let fix = format!(
                "add `{region}` to `models.bedrockDiscovery.regions` to list it; it is called in {region} without that"
            );
            return Some(Verdict::failed(OTHER_REGION, detail).with_fix(fix));
        }
        let found = self.found_elsewhere(&lists).await;
        if let Some(forced) = self.forced.filter(|forced| found.iter().any(|region| region == forced)) {
            let detail = format!("it is listed in {forced}, where it is called");
            let fix = format!(
                "add `{forced}` to `models.bedrockDiscovery.regions` to list it; it can be called without that"
            );
            return Some(Verdict::passed(OTHER_REGION, detail).with_fix(fix));
        }
        let first = found.first()?;
        let detail = format!("it is listed in {}, and not in {}", found.join(", "), lists.join(", "));
        let fix = format!(
            "call it there: `outcrop ask -m {}@{first}`, or add `{first}` to `models.bedrockDiscovery.regions`",
            self.id
        );
        Some(Verdict::failed(OTHER_REGION, detail).with_fix(fix))
    }

    fn nowhere(&self, nearest: &[String]) -> Verdict {
        let verdict = Verdict::failed(UNLISTED, "no list has it");
        if self.parsed.is_arn() {
            return verdict.with_fix("check the ARN: its region, its account and its last part");
        }
        match nearest {
            [] => verdict.with_fix("run `outcrop models list --all` to see everything that AWS lists"),
            names => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                verdict.with_fix(format!("did you mean {}?", names.join(" or ")))
            }
        }
    }
}
