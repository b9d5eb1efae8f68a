//! From the rows of all regions to one card for each id: pure, and so the place for every rule.

use std::collections::hash_map::Entry as HashEntry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use outcrop_core::{Hidden, ModelCard, ModelId};
use outcrop_model_facts::{BedrockId, Kind};

use crate::resolve::split_region;
use crate::rows::{AccessRows, RegionRows};
use crate::settings::{DiscoverySettings, ManualModel, ModelOverride};

mod access;
mod candidate;
mod card;
mod manual;
mod rules;

use manual::Overrides;

pub(crate) use candidate::Candidate;
pub use rules::Verdict;
pub(crate) use rules::{ACCESS, CONVERSE, Circumstances, END_OF_LIFE, Explanation, ON_DEMAND};

/// The rule of the verdict on a model of the configuration.
const CONFIGURED: &str = "configured";

/// The rows of one region.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) rows: RegionRows,
    pub(crate) access: AccessRows,
}

/// Everything that is known, merged.
///
/// What is listed is worked out at once. What is not, and why, is worked out when somebody asks: most programs only want
/// the list.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// The models to list, sorted by maker, name and id.
    pub(crate) listed: Vec<Arc<ModelCard>>,
    /// What everything is made of.
    ingredients: Option<Ingredients>,
    rest: OnceLock<Rest>,
    /// Whether every region's profiles are known.
    pub(crate) profiles_known: bool,
}

/// What a view is made of.
#[derive(Debug)]
struct Ingredients {
    /// The regions, in the order of the settings.
    regions: Vec<Region>,
    settings: Arc<DiscoverySettings>,
    circumstances: Circumstances,
}

/// What a view has besides the list.
#[derive(Debug, Default)]
struct Rest {
    /// What AWS lists besides, sorted as the list is.
    hidden: Vec<Arc<ModelCard>>,
    /// Why, by id; in the order of the regions.
    explanations: HashMap<String, Vec<Explanation>>,
}

/// An id on its way into the view.
struct Entry {
    card: ModelCard,
    listed: bool,
    explanations: Vec<Explanation>,
}

impl Ingredients {
    /// The models to list, if AWS alone says which.
    fn listed(&self) -> Vec<Arc<ModelCard>> {
        let Self { regions, settings, circumstances } = self;
        let overrides = Overrides::new(settings);
        let mut cards: HashMap<&str, ModelCard> = HashMap::new();
        for region in regions {
            for candidate in candidate::candidates(region, settings, &overrides) {
                if !rules::passes(&candidate, settings, circumstances) {
                    continue;
                }
                match cards.entry(candidate.id) {
                    HashEntry::Vacant(place) => {
                        place.insert(card::card(&candidate, settings));
                    }
                    HashEntry::Occupied(known) => add_region(known.into_mut(), candidate.region),
                }
            }
        }
        let mut listed: Vec<_> = cards.into_values().map(Arc::new).collect();
        sort(&mut listed);
        listed
    }

    /// The models to list, and the rest.
    fn everything(&self) -> (Vec<Arc<ModelCard>>, Rest) {
        let Self { regions, settings, circumstances } = self;
        let overrides = Overrides::new(settings);
        let mut entries = HashMap::new();
        for region in regions {
            for candidate in candidate::candidates(region, settings, &overrides) {
                add(&mut entries, &candidate, settings, circumstances);
            }
        }
        for model in settings.models.iter().filter(|model| !model.id.trim().is_empty()) {
            add_manual(&mut entries, model, regions, settings, &overrides);
        }
        let (mut listed, mut rest) = (Vec::new(), Rest::default());
        for (id, entry) in entries {
            let cards = if entry.listed { &mut listed } else { &mut rest.hidden };
            cards.push(Arc::new(entry.card));
            rest.explanations.insert(id, entry.explanations);
        }
        sort(&mut listed);
        sort(&mut rest.hidden);
        (listed, rest)
    }
}

impl View {
    /// Merges the rows of all regions, in this order, and the models of the settings.
    pub(crate) fn new(
        regions: Vec<Region>,
        settings: Arc<DiscoverySettings>,
        circumstances: Circumstances,
    ) -> Self {
        let profiles_known = !regions.is_empty() && regions.iter().all(knows_profiles);
        let ingredients = Ingredients { regions, settings, circumstances };
        let mut view = Self { profiles_known, ..Self::default() };
        if ingredients.settings.models.is_empty() {
            view.listed = ingredients.listed();
        } else {
            let (listed, rest) = ingredients.everything();
            (view.listed, view.rest) = (listed, OnceLock::from(rest));
        }
        view.ingredients = Some(ingredients);
        view
    }

    fn rest(&self) -> &Rest {
        self.rest.get_or_init(|| {
            let ingredients = self.ingredients.as_ref();
            ingredients.map(|ingredients| ingredients.everything().1).unwrap_or_default()
        })
    }

    #[cfg(test)]
    pub(crate) fn listed_the_long_way(&self) -> Vec<Arc<ModelCard>> {
        self.ingredients.as_ref().map(|ingredients| ingredients.everything().0).unwrap_or_default()
    }

    /// What AWS lists besides what can be called, sorted as the list is.
    pub(crate) fn hidden(&self) -> &[Arc<ModelCard>] {
        &self.rest().hidden
    }

    /// The models to list, or really all.
    pub(crate) fn models(&self, all: bool) -> Vec<Arc<ModelCard>> {
        let mut models = self.listed.clone();
        if all {
            models.extend_from_slice(self.hidden());
            sort(&mut models);
        }
        models
    }

    /// What keeps an id out of the list: the first rule that it does not pass.
    pub(crate) fn hidden_by(&self, id: &str) -> Option<Hidden> {
        let mut verdicts = self.explain(id).iter().flat_map(|explanation| &explanation.verdicts);
        let failed = verdicts.find(|verdict| !verdict.passed).filter(|_| !self.is_listed(id))?;
        Some(Hidden::new(failed.rule, failed.detail.clone()))
    }

    /// What keeps each id out of the list that AWS lists besides.
    pub(crate) fn hidden_by_rules(&self) -> BTreeMap<ModelId, Hidden> {
        let reason = |card: &Arc<ModelCard>| Some((card.id.clone(), self.hidden_by(card.id.as_str())?));
        self.hidden().iter().filter_map(reason).collect()
    }

    /// Every card: those that are listed come first.
    pub(crate) fn cards(&self) -> impl Iterator<Item = &Arc<ModelCard>> {
        self.listed.iter().chain(std::iter::once_with(|| self.hidden()).flatten())
    }

    /// Whether it says anything of a region.
    pub(crate) fn covers(&self, region: &str) -> bool {
        let regions = self.ingredients.iter().flat_map(|ingredients| &ingredients.regions);
        regions.into_iter().any(|known| known.name == region)
    }

    /// Whether an id is known from the configuration alone.
    pub(crate) fn is_only_configured(&self, id: &str) -> bool {
        let has_configured =
            self.ingredients.as_ref().is_some_and(|ingredients| !ingredients.settings.models.is_empty());
        if !has_configured {
            return false;
        }
        let explanations = self.explain(id);
        !explanations.is_empty() && explanations.iter().all(Explanation::is_configured)
    }

    /// The card of exactly that id.
    pub(crate) fn find(&self, id: &str) -> Option<&Arc<ModelCard>> {
        self.cards().find(|card| card.id == *id)
    }

    /// The card of the id that differs by a trailing `:N` only.
    pub(crate) fn find_revision(&self, id: &str) -> Option<&Arc<ModelCard>> {
        self.cards().find(|card| differ_by_revision(card.id.as_str(), id))
    }

    /// The card that somebody means by an id: ARNs of AWS's own models are listed by what they end in.
    pub(crate) fn named(&self, id: &str) -> Option<&Arc<ModelCard>> {
        let (id, _) = split_region(id);
        let parsed = BedrockId::parse(id);
        let name = match parsed.kind() {
            Kind::FoundationModel | Kind::SystemProfile => parsed.resource_id().unwrap_or(id),
            _ => id,
        };
        self.find(name).or_else(|| self.find_revision(name))
    }

    /// Whether the id is one of those to list.
    pub(crate) fn is_listed(&self, id: &str) -> bool {
        self.listed.iter().any(|card| card.id == *id)
    }

    /// The card of an id that no list has, from the table of facts and the overrides; `None` if they know nothing of it.
    pub(crate) fn unlisted_card(id: &str, region: &str, settings: &DiscoverySettings) -> Option<ModelCard> {
        let candidate = Candidate::of_unlisted(id, region, None, &Overrides::new(settings));
        let is_known = candidate.facts.is_some() || candidate.said != ModelOverride::default();
        is_known.then(|| {
            let mut card = card::card(&candidate, settings);
            card.regions.clear();
            card
        })
    }

    /// What the overrides say of an id that no list has.
    pub(crate) fn said_of_unlisted(id: &str, settings: &DiscoverySettings) -> ModelOverride {
        Candidate::of_unlisted(id, "", None, &Overrides::new(settings)).said
    }

    /// Why the id is listed or not; one for each region that has it.
    pub(crate) fn explain(&self, id: &str) -> &[Explanation] {
        self.rest().explanations.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether the id is known to be callable through an inference profile only: in that region, or wherever it is listed.
    pub(crate) fn needs_profile(&self, id: &str, region: Option<&str>) -> bool {
        // Profiles never do, and need no look at what is not listed.
        if BedrockId::parse(id).kind() != Kind::FoundationModel {
            return false;
        }
        let concerns = |known: &&Explanation| region.is_none() || known.region.as_deref() == region;
        let mut on_demand =
            self.explain(id).iter().filter(concerns).filter_map(Explanation::on_demand).peekable();
        on_demand.peek().is_some() && !on_demand.any(|passed| passed)
    }
}

/// Whether two ids differ only in that one has a revision (`:N`) at its end and the other has none.
pub(crate) fn differ_by_revision(left: &str, right: &str) -> bool {
    let with_revision = |long: &str, short: &str| {
        let revision = long.strip_prefix(short).and_then(|rest| rest.strip_prefix(':'));
        revision.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    // Ids without a dot are names of the account, or ARNs that end in one: there `:N` is something else.
    let is_model =
        |id: &str| matches!(BedrockId::parse(id).kind(), Kind::FoundationModel | Kind::SystemProfile);
    (with_revision(left, right) || with_revision(right, left)) && is_model(left)
}

const fn knows_profiles(region: &Region) -> bool {
    region.rows.inference_profiles.is_some()
}

fn sort(cards: &mut [Arc<ModelCard>]) {
    cards.sort_by(|left, right| {
        (&left.maker, &left.name, &left.id).cmp(&(&right.maker, &right.name, &right.id))
    });
}

/// Adds what a region says of an id. A region that can call it beats those that cannot.
fn add(
    entries: &mut HashMap<String, Entry>,
    candidate: &Candidate<'_>,
    settings: &DiscoverySettings,
    circumstances: &Circumstances,
) {
    let verdicts = rules::judge(candidate, settings, circumstances);
    let listed = verdicts.iter().all(|verdict| verdict.passed);
    let explanation = Explanation { region: Some(candidate.region.to_owned()), listed, verdicts };
    let Some(entry) = entries.get_mut(candidate.id) else {
        let card = card::card(candidate, settings);
        entries.insert(candidate.id.to_owned(), Entry { card, listed, explanations: vec![explanation] });
        return;
    };
    entry.explanations.push(explanation);
    if listed && !entry.listed {
        entry.card = card::card(candidate, settings);
        entry.listed = true;
    } else if listed == entry.listed {
        add_region(&mut entry.card, candidate.region);
    }
}

/// Another region has it too.
fn add_region(card: &mut ModelCard, region: &str) {
    if !card.regions.iter().any(|known| known == region) {
        card.regions.push(region.to_owned());
    }
}

/// Lays a model of the settings over what was found, or adds it. What somebody wrote down is listed.
fn add_manual(
    entries: &mut HashMap<String, Entry>,
    model: &ManualModel,
    regions: &[Region],
    settings: &DiscoverySettings,
    overrides: &Overrides<'_>,
) {
    let id = model.id.trim();
    let known = if entries.contains_key(id) {
        Some(id.to_owned())
    } else {
        let others = entries.iter().filter(|(other, _)| differ_by_revision(other, id));
        others.max_by_key(|(other, entry)| (entry.listed, *other)).map(|(other, _)| other.clone())
    };
    let id = known.unwrap_or_else(|| id.to_owned());
    let entry = entries.entry(id.clone()).or_insert_with(|| {
        let usual = regions.first().map(|region| region.name.as_str());
        let card = manual::unlisted(&id, model, usual, settings, overrides);
        Entry { card, listed: true, explanations: Vec::new() }
    });
    manual::overlay(&mut entry.card, model);
    entry.listed = true;
    let region = entry.card.regions.first().cloned();
    entry.explanations.push(Explanation {
        region,
        listed: true,
        verdicts: vec![Verdict::passed(CONFIGURED, "the configuration has this model")],
    });
}

#[cfg(test)]
mod tests;
