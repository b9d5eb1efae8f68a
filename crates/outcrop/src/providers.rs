//! Which providers there are: those of the configuration, and what is compiled in.

use serde::Serialize;

use crate::Outcrop;

/// A provider of the configuration, or one that is compiled in and that the configuration has no entry of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListedProvider {
    /// The key of its entry; `None` if there is no entry.
    pub id: Option<String>,
    /// What it speaks; `None` if its entry does not say.
    pub api: Option<String>,
    /// The crate that builds it; `None` if none that is compiled in does.
    #[serde(rename = "crate")]
    pub crate_name: Option<&'static str>,
}

impl Outcrop {
    /// The entries of the configuration, by id, then what is compiled in without an entry.
    pub fn providers(&self) -> Vec<ListedProvider> {
        let entries = self.config().providers().map(|entry| {
            let api = entry.api().map(str::to_owned);
            let factory = entry.api().and_then(|api| self.registry().factory(api).ok());
            let crate_name = factory.map(outcrop_core::ProviderFactory::crate_name);
            ListedProvider { id: Some(entry.id().to_owned()), api, crate_name }
        });
        let mut listed: Vec<_> = entries.collect();
        for factory in self.registry().factories() {
            let (api, crate_name) = (Some(factory.api().to_owned()), Some(factory.crate_name()));
            if !listed.iter().any(|entry| entry.api == api) {
                listed.push(ListedProvider { id: None, api, crate_name });
            }
        }
        listed
    }
}
