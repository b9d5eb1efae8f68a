//! What there is: the account that somebody described, or the one that is derived from the facts table.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use time::Date;

use crate::account::{Account, Holdings};
use crate::catalog;
use crate::operation::Operation;

/// The account of an emulator, in all regions.
#[derive(Debug)]
pub(crate) struct World {
    account_id: String,
    page_size: Option<NonZeroUsize>,
    denied: Vec<Operation>,
    regions: Regions,
}

#[derive(Debug)]
enum Regions {
    /// Somebody said what there is.
    Described(BTreeMap<String, Arc<Holdings>>),
    /// What was derived so far, with the day that it is right for.
    Derived(Mutex<HashMap<String, (Date, Arc<Holdings>)>>),
}

impl World {
    /// Takes the account, or derives one.
    pub(crate) fn new(account: Option<Account>, account_id: &str) -> Self {
        let is_described = account.is_some();
        let Account { account_id: own_id, page_size, regions, denied } = account.unwrap_or_default();
        let regions = if is_described {
            Regions::Described(
                regions.into_iter().map(|(name, holdings)| (name, Arc::new(holdings))).collect(),
            )
        } else {
            Regions::Derived(Mutex::default())
        };
        Self { account_id: own_id.unwrap_or_else(|| account_id.to_owned()), page_size, denied, regions }
    }

    pub(crate) fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The most rows on a page.
    pub(crate) fn page_size(&self) -> usize {
        self.page_size.map_or(usize::MAX, NonZeroUsize::get)
    }

    /// Whether the account's users may not call the operation.
    pub(crate) fn denies(&self, operation: Operation) -> bool {
        self.denied.contains(&operation)
    }

    /// What the account has in a region on a day.
    pub(crate) fn holdings(&self, region: &str, today: Date) -> Arc<Holdings> {
        match &self.regions {
            Regions::Described(regions) => regions.get(region).cloned().unwrap_or_default(),
            Regions::Derived(regions) => {
                let mut regions = regions.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((_, known)) = regions.get(region).filter(|(day, _)| *day == today) {
                    return Arc::clone(known);
                }
                let derived = Arc::new(catalog::holdings(region, &self.account_id, today));
                regions.insert(region.to_owned(), (today, Arc::clone(&derived)));
                derived
            }
        }
    }
}
