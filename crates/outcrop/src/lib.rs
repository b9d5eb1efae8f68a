//! Outcrop as a library: configuration, registry, discovery and providers, wired.
//!
//! [`Outcrop`] is the one object that a program needs: it reads the layered configuration, knows which models can be
//! called, and hands out providers with retries and time limits around them. The crates below can be used on their
//! own; what of them is needed to use this one is re-exported here. With the feature `watch`, `Outcrop::watch` follows the
//! files of the configuration while a program runs; with `conformance`, the conformance kit runs over its providers.

mod auth;
mod builder;
mod catalogue;
mod change;
mod checks;
#[cfg(feature = "conformance")]
pub mod conformance;
mod default_model;
mod doctor;
mod draft;
mod dry_run;
mod endpoint;
mod facade;
mod fallbacks;
mod iam;
mod import;
mod layered;
mod models;
mod paths;
mod providers;
mod reference;
mod vetting;
#[cfg(feature = "watch")]
mod watch;

pub use auth::AuthStatus;
pub use builder::{Builder, Emulator};
pub use catalogue::{CatalogueStatus, ProviderRegion, Refreshed, ShownModel};
pub use change::{Change, Changed};
pub use default_model::{DefaultModelSet, StrongerDefault};
pub use doctor::{Check, Examination, Verdict};
pub use draft::{Draft, Review};
pub use dry_run::DryRun;
pub use endpoint::{EndpointStatus, ProviderEndpoint};
pub use facade::{Chosen, Outcrop};
pub use fallbacks::Answerer;
pub use iam::{
    Action, MANAGED_POLICY_SIZE, Policy, PolicyDocument, PolicyRequest, Principal, Statement, TrustedService,
};
pub use import::Imported;
pub use models::{ListedModel, ModelFilter, ModelList};
pub use outcrop_aws::{
    CallerIdentity, Endpoints, Link, MfaPrompt, Outcome, Presence, RegionOrigin, RegionStatus, RegionStep,
    Status, Step,
};
pub use outcrop_config::{
    Assigned, Assignment, Code, Config, ConfigFile, Diagnostic, FileSource, KeyPath, Layer, Origin,
    PathError, Segment, Severity, Sources, Style, VARIABLES, parse_json5,
};
#[cfg(feature = "watch")]
pub use outcrop_config::{Reload, Watch, WatchError, WatchOptions};
pub use outcrop_core;
pub use outcrop_core::{Error, ErrorKind, ModelProvider, ModelProviderExt, Query, Request, Result};
pub use outcrop_discovery::{RegionStatus as CatalogueRegion, Verdict as RuleVerdict, Why};
pub use paths::cache_folder;
pub use providers::ListedProvider;
pub use reference::{DEFAULT_PROVIDER, ModelReference};
pub use vetting::Vetted;

/// The example of the README of the workspace, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct WorkspaceReadme;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
