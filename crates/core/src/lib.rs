//! Conversation types, the provider and catalogue traits, the event grammar and its laws, errors.
//!
//! This crate is all that a provider plugin needs: implement [`ModelProvider`] (one required async method) and a
//! [`ProviderFactory`], and every program that is built on these crates can use it. It knows no vendor, no runtime,
//! no configuration format and no terminal.
//!
//! - A [`Request`] goes in; an [`EventStream`] of [`Event`]s comes out. The grammar is `Start (Open Delta* Close)* End`;
//!   [`Laws`] and [`Checked`] watch over it, [`Collector`] and [`collect`] put events together.
//! - Every failure is one [`Error`] with an [`ErrorKind`], advice on retrying and what to do next.
//! - A [`ModelCatalog`] lists models; a [`ModelResolver`] says which id to call.
//! - [`scripted::Scripted`] is a provider in memory, for tests and for trying things. With the feature `mock` there are
//!   mocks of the two traits.

pub mod classify;
#[cfg(feature = "mock")]
pub mod mock;
pub mod scripted;
pub mod tool_names;

mod arguments;
mod blob;
mod capabilities;
mod card;
mod catalog;
mod collect;
mod content;
mod error;
mod event;
mod id;
mod laws;
mod milliseconds;
#[cfg(feature = "output-check")]
mod output_check;
mod overflow;
mod provider;
mod registry;
mod request;
mod response;
mod secret;
mod support;
mod usage;
mod warning;

/// What implementations of this crate's traits are marked with.
pub use async_trait::async_trait;

pub use arguments::is_tool_input;
pub use blob::Blob;
pub use capabilities::{Capabilities, Timeouts};
pub use card::{
    AccessCard, CachingCard, FactOrigin, Modality, ModelCard, ModelKind, PriceTerms, ProfileCard,
    ThinkingCard,
};
pub use catalog::{
    CatalogProblem, Freshness, Hidden, ModelCatalog, ModelResolver, Query, Resolved, Snapshot,
};
pub use collect::{Collected, Collector, collect, next, replay};
pub use content::{
    Audio, AudioFormat, CachePoint, CacheTtl, Citation, CitationLocation, Citations, Content, Document,
    DocumentFormat, DocumentSource, Guard, GuardContent, Image, ImageFormat, IntoContent, Json, Message,
    Reasoning, Role, S3Location, SearchResult, Source, SourceRange, Text, ToolResult, ToolResultContent,
    ToolUse, Video, VideoFormat,
};
pub use error::{Error, ErrorKind, Result, Retry};
pub use event::{Block, Delta, End, Event, Instead, Start, StopReason};
pub use id::{ModelId, ProviderId};
pub use laws::{Checked, Laws, Violation};
#[cfg(feature = "output-check")]
pub use output_check::OutputCheck;
pub use overflow::Overflow;
pub use provider::{EventStream, Layer, ModelProvider, ModelProviderExt};
pub use registry::{
    BuildContext, BuiltCatalog, CatalogFactory, Environment, ProviderFactory, Registry, SettingProblem,
};
pub use request::{
    Caching, EmbedPurpose, EmbedRequest, Inference, OutputSchema, Request, SystemContent, SystemTool,
    Thinking, ThinkingLevel, Tool, ToolChoice, ToolSpec,
};
pub use response::{Embeddings, Response, TokenCount};
pub use secret::{REDACTED, Secret};
pub use support::Support;
pub use usage::{LongContextRates, Price, Rates, Usage};
pub use warning::Warning;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
