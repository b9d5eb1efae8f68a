//! Proves that a model provider keeps its contract: one macro, a named test per scenario, a report.
//!
#![doc = include_str!("../README.md")]

mod act;
mod feature;
mod harness;
pub mod layers;
pub mod live;
mod loopback;
mod manifest;
mod needle;
mod perform;
mod report;
mod scenarios;
mod script;
pub mod scripted;
mod suite;

pub use feature::Feature;
pub use harness::{Harness, Unplayable, Upstream, Wired};
pub use loopback::Loopback;
pub use manifest::Manifest;
pub use report::{Lack, Outcome, Report, ScenarioResult, Sums};
pub use scenarios::{SCENARIOS, Scenario};
pub use script::{Answer, Fault, Reply, Script, Step};
pub use suite::{check, check_hand_over, check_manifest, run};
