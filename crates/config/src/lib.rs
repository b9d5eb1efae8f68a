//! Layered configuration that knows where every value comes from.
//!
//! A configuration is a stack of sources, weakest first:
//!
//! | layer | what it is |
//! |---|---|
//! | [`Layer::Defaults`] | `defaults.json5` of this crate |
//! | [`Layer::Ambient`] | `AWS_REGION` and friends: recorded for explanations, applied by the code that talks to AWS |
//! | [`Layer::System`] | a file for everybody on this machine |
//! | [`Layer::User`] | a file in the user's configuration folder |
//! | [`Layer::Project`] | the nearest `outcrop.json5` upwards from the working directory |
//! | [`Layer::File`] | `--config FILE` or `OUTCROP_CONFIG`; replaces user and project file |
//! | [`Layer::Environment`] | the `OUTCROP_*` variables of [`VARIABLES`] |
//! | [`Layer::CommandLine`] | `--set path=value` and other flags |
//!
//! Objects merge key by key, arrays replace each other, and the `models` of a provider merge by their `id`. `null` in
//! a stronger layer means "as if no weaker layer had set it"; objects and lists that merge cannot be `null`.
//!
//! [`Sources`] says what to read, [`Loader`] reads it, and [`Loaded`] is the [`Config`] together with everything that
//! is wrong with it. Loading never fails: a wrong value is reported and left out, so that what does not need it still
//! works. Nothing here reads the process environment; the caller hands a snapshot down.
//!
//! [`Edit`] changes a file, and leaves comments and everything else in it as they are; [`Draft`] lets a person change its
//! whole text. With the feature `watch`, `Config::watch` follows the files while a program runs.
//!
//! ```
//! use outcrop_config::{KeyPath, Layer, Loader, Sources};
//!
//! let sources = Sources::default().with_text(
//!     Layer::User,
//!     "config.json5",
//!     "{\n  models: { bedrockDiscovery: { region: 'eu-west-1', refreshInterval: 'soon' } },\n}",
//! );
//! let loaded = Loader::new(sources).load();
//! assert_eq!(loaded.config.settings().models.bedrock_discovery.region.as_deref(), Some("eu-west-1"));
//!
//! let problem = &loaded.diagnostics[0];
//! assert_eq!((problem.line, problem.column), (Some(2), Some(71)));
//!
//! let path: KeyPath = "models.bedrockDiscovery.refreshInterval".parse()?;
//! assert_eq!(loaded.config.explain(&path).value, 3600);
//! # Ok::<(), outcrop_config::PathError>(())
//! ```

mod check;
mod config;
mod diagnostic;
mod edit;
mod explain;
mod found;
mod import;
mod instead;
mod load;
mod merge;
mod node;
mod normalise;
mod origin;
mod parse;
mod path;
mod project;
mod reference;
mod render;
mod schema;
mod secret;
mod settings;
mod source;
mod sources;
mod substitute;
#[cfg(test)]
mod testing;
mod text;
mod variables;
#[cfg(feature = "watch")]
mod watch;
mod whole;

pub use config::{Config, ProviderEntry};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use edit::{Draft, Edit, EditError, Written};
pub use explain::{Explanation, Shadowed};
pub use import::Import;
pub use load::{Loaded, Loader};
pub use origin::{Layer, Origin, Unused};
pub use parse::parse_json5;
pub use path::{KeyPath, PathError, Segment};
pub use reference::reference;
pub use render::Style;
pub use schema::{ProviderSchema, schema, schema_with};
pub use settings::{
    AgentDefaults, Agents, Auth, BedrockDiscovery, Cache, CacheTtl, Cost, DefaultModel, Effort, Further,
    Guardrail, Limits, LongContextCost, ModelEntry, ModelOverride, Models, Provider, Retry, Settings,
    Thinking, Timeouts, Trace,
};
pub use sources::{Assigned, Assignment, ConfigFile, FileSource, Sources};
pub use variables::{Kind, VARIABLES, Variable};
#[cfg(feature = "watch")]
pub use watch::{Reload, Watch, WatchError, WatchOptions};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
