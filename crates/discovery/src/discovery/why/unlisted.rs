//! Ids that no list has.

use outcrop_model_facts::{Kind, facts};

use super::super::known::nearest;
use super::elsewhere::There;
use super::{Question, Why};
use crate::cache::CACHE;
use crate::control_plane::GET_AVAILABILITY;
use crate::merge::{CONVERSE, END_OF_LIFE, Verdict, View};
use crate::settings::Further;
use crate::source::Source;

const LISTING: &str = "listing";
const INCLUDE: &str = "include";
const OTHER_REGION: &str = "other-region";
const UNLISTED: &str = "unlisted";

/// Every rule that an id which no list has may fail.
#[cfg(test)]
pub(in crate::discovery) const RULES: [&str; 6] =
    [LISTING, END_OF_LIFE, CONVERSE, INCLUDE, OTHER_REGION, UNLISTED];

impl Question<'_> {
    /// Everything that may be the reason, the likeliest first.
    pub(super) async fn unlisted(&self) -> Why {
        let mut rules = self.listing();
        let lists_are_whole = rules.is_empty();
        rules.extend(self.end_of_life());
        rules.extend(self.converse());
        rules.extend(self.include());
        let lists = self.listed_regions().await;
        let said = self.other_region_said(&lists).await;
        let is_said = said.is_some();
        let there = said.as_ref().and_then(|(_, there)| *there);
        rules.extend(said.map(|(verdict, _)| verdict));
        if rules.is_empty() {
            rules.extend(self.found_in_other_regions(&lists).await);
        }
        let is_explained = rules.iter().any(|rule| rule.rule != LISTING);
        let nearest = if is_explained { Vec::new() } else { nearest(self.id, &self.view) };
        rules.push(self.nowhere(&nearest));
        let fix = rules.iter().find_map(|rule| rule.fix.as_deref()).map(str::to_owned);
        let is_hopeless =
            rules.iter().any(|rule| !rule.passed && [END_OF_LIFE, CONVERSE].contains(&rule.rule));
        // What has an ARN of its own can be called whether or not it is listed, and other lists say nothing of a region.
        let may_be_called =
            if self.is_listable() { !is_hopeless && (!lists_are_whole || is_said) } else { true };
        Why {
            id: self.asked.clone(),
            listed: false,
            callable: match there {
                // It is called in the region that was asked for, and that one has it.
                Some(There::AsItIs) if !is_hopeless => Some(true),
                _ if may_be_called => None,
                _ => Some(false),
            },
            called_as: None,
            region: self.said_region().map(str::to_owned).or_else(|| self.home.clone()),
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
            self.problems.iter().filter(|problem| ![CACHE, GET_AVAILABILITY].contains(&&*problem.source));
        lists
            .map(|problem| {
                let place = problem.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
                let source = if *problem.source == *self.discovery.inner.provider.as_str() {
                    "every list"
                } else {
                    &problem.source
                };
                let detail = format!("{source} failed{place}: {}: {}", problem.code, problem.message);
                let verdict = Verdict::failed(LISTING, detail);
                match &problem.hint {
                    Some(hint) => verdict.with_fix(hint.clone()),
                    None => verdict,
                }
            })
            .collect()
    }

    fn end_of_life(&self) -> Option<Verdict> {
        let said = View::said_of_unlisted(self.id, self.discovery.settings()).end_of_life;
        let (day, source) = if let Some(day) = said {
            (day, "as the configuration says".to_owned())
        } else {
            let day = facts::lookup(&self.parsed)?.facts.end_of_life?;
            (day.to_owned(), format!("by the table of facts as of {}", facts::AS_OF))
        };
        (day <= self.discovery.inner.today()).then(|| {
            Verdict::failed(END_OF_LIFE, format!("it went away on {day}, {source}"))
                .with_fix("call a newer model: `outcrop models list` has them")
        })
    }

    fn converse(&self) -> Option<Verdict> {
        if let Some(converse) = View::said_of_unlisted(self.id, self.discovery.settings()).converse {
            let detail = "the configuration says that Converse cannot call it";
            return (!converse).then(|| Verdict::failed(CONVERSE, detail));
        }
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

    /// Whether the region that was asked for is none of those whose lists were read, and what it has of the id.
    async fn other_region_said(&self, lists: &[String]) -> Option<(Verdict, Option<There>)> {
        let region = self.said_region().filter(|region| !lists.iter().any(|known| known == region))?;
        let of = if lists.is_empty() {
            "no list was read".to_owned()
        } else {
            format!("the lists are of {}", lists.join(", "))
        };
        let fix = format!(
            "add `{region}` to `models.bedrockDiscovery.regions` to list it; it is called in {region} without that"
        );
        let there = self.is_in(region).await;
        let verdict = match there {
            Some(There::AsItIs) => {
                Verdict::passed(OTHER_REGION, format!("it is listed in {region}, where it is called"))
            }
            Some(There::ThroughProfile) => Verdict::passed(
                OTHER_REGION,
                format!("it is listed in {region}, where it is called through an inference profile"),
            ),
            None => Verdict::failed(OTHER_REGION, format!("it is of {region}, and {of}")),
        };
        Some((verdict.with_fix(fix), there))
    }

    async fn found_in_other_regions(&self, lists: &[String]) -> Option<Verdict> {
        let found = self.found_elsewhere(lists).await;
        let first = found.first()?;
        let detail = format!("it is listed in {}, and not in {}", found.join(", "), lists.join(", "));
        let fix = format!(
            "call it there: `outcrop ask -m {}@{first}`, or add `{first}` to `models.bedrockDiscovery.regions`",
            self.id
        );
        Some(Verdict::failed(OTHER_REGION, detail).with_fix(fix))
    }

    fn nowhere(&self, nearest: &[String]) -> Verdict {
        let verdict = Verdict::failed(UNLISTED, "no list that was read has it");
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
