//! Which models an account can really call: fixture accounts, what each must list, and why each drops what it drops.
//!
//! `catalogue/accounts` has the accounts, as `outcrop emulate --account` takes them; `catalogue/lists` has what must be
//! listed of each, one key a line, worked out from the rules by hand: the lines with `#` say what is left out, and why.

mod accounts;
mod callable;
mod emulated;
mod regions;
mod why;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Emulator, Outcrop, members};

/// Reads further lists.
const INCLUDE: [&str; 2] =
    ["--set", "models.bedrockDiscovery.include=[\"provisioned\", \"imported\", \"custom\", \"marketplace\"]"];
/// Lists what is on its way out.
const LEGACY: [&str; 2] = ["--set", "models.bedrockDiscovery.includeLegacy=true"];
/// Asks for access to every model.
const ACCESS: [&str; 2] = ["--set", "models.bedrockDiscovery.checkAccess=true"];
/// Lists two regions.
const REGIONS: [&str; 2] = ["--set", "models.bedrockDiscovery.regions=[\"us-east-1\", \"eu-west-1\"]"];

/// One of the accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixtureAccount<'a> {
    name: &'a str,
}

impl<'a> FixtureAccount<'a> {
    pub(crate) const fn named(name: &'a str) -> Self {
        Self { name }
    }

    fn file(self) -> PathBuf {
        folder("accounts").join(self.name).with_extension("json")
    }

    /// The region that its callers are in: the usual one, if it has anything there, else its first.
    #[track_caller]
    fn region(self) -> String {
        let account: Value = serde_json::from_str(&read(&self.file())).unwrap();
        let regions = members(&account["regions"]);
        regions.iter().find(|region| **region == "us-east-1").unwrap_or(&regions[0]).to_string()
    }

    /// An emulator that has this account.
    #[track_caller]
    pub(crate) fn start(self) -> Emulator {
        Emulator::start_in(&self.region(), &["--account", self.file().to_str().unwrap()])
    }
}

/// The keys that a file of `lists` has, sorted.
#[track_caller]
fn expected(list: &str) -> Vec<String> {
    let text = read(&folder("lists").join(format!("{list}.txt")));
    let mut keys: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    keys.sort();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{list} has a key twice");
    keys
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/catalogue").join(name)
}

#[track_caller]
fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// `outcrop models list FORM SETTINGS…` in an account.
fn list(emulator: &Emulator, form: &str, settings: &[&str]) -> Outcrop {
    Outcrop::new(["models", "list", form]).args(settings).via(emulator)
}
