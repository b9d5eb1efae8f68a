//! The walls of the house, and who may walk through which.
//!
//! Every invariant of ARCHITECTURE.md that the compiler does not prove is proved here, over the manifests and sources of
//! the workspace. Which crate of ours may use which is the table in ARCHITECTURE.md, read from there; what else they may
//! use is said below.

mod arrows;
mod growth;
mod manifests;
mod sources;

pub(crate) use manifests::workspace;

/// Which crates may use a dependency, by name or by the beginning of names (`aws-*`); the first row that fits counts.
/// What no row names is open to all.
const RESERVED: &[(&str, &[&str])] = &[
    // Only these three build clients and call AWS.
    ("aws-config", &["outcrop-aws", "outcrop-provider-bedrock", "outcrop-discovery"]),
    ("aws-sdk-*", &["outcrop-aws", "outcrop-provider-bedrock", "outcrop-discovery"]),
    // The emulator checks signatures and writes frames with AWS's own code, so that neither is what we think they are.
    ("aws-*", &["outcrop-aws", "outcrop-provider-bedrock", "outcrop-discovery", "outcrop-emulator"]),
    ("axum", &["outcrop-emulator"]),
    // The connections to AWS are made of the same parts as the SDK's own, and those to other endpoints of the same again.
    ("hyper*", &["outcrop-emulator", "outcrop-aws", "outcrop-provider-openai"]),
    ("reqwest", &[]),
    // Only the configuration knows how it is written.
    ("figment", &["outcrop-config"]),
    ("jsonc-parser", &["outcrop-config"]),
    ("annotate-snippets", &["outcrop-config"]),
    ("notify", &["outcrop-config"]),
    // Only the command line program has arguments and a terminal.
    ("clap*", &["outcrop-cli"]),
    ("anstream", &["outcrop-cli"]),
    ("anstyle*", &["outcrop-cli"]),
    ("comfy-table", &["outcrop-cli"]),
    ("tracing-subscriber", &["outcrop-cli"]),
    ("toml", &["xtask"]),
    ("spdx", &["xtask"]),
];

/// Everything that core may use, whatever for: it knows no AWS, no runtime, no configuration, no command line.
/// `mockall` is for the tests of its users, behind the feature `mock`; `jsonschema` for providers, behind `output-check`.
const CORE: &[&str] = &[
    "async-trait",
    "base64",
    "bytes",
    "futures-core",
    "http",
    "jsonschema",
    "mockall",
    "serde",
    "serde_json",
];

/// What must not be among the dependencies of a crate, not even of its dependencies.
const NEVER_BELOW: &[(&str, &[&str])] = &[
    ("outcrop-core", &["aws-*", "tokio*", "hyper*", "figment", "clap*", "tracing*"]),
    ("outcrop-model-facts", &["aws-*", "tokio*", "hyper*", "figment", "clap*"]),
    ("outcrop-layers", &["aws-*", "hyper*", "figment", "clap*"]),
    ("outcrop-conformance", &["aws-*", "hyper*", "figment", "clap*", "tracing*"]),
    ("outcrop-config", &["aws-*", "tokio*", "hyper*", "clap*"]),
    // `aws-lc-rs` is the cryptography of rustls.
    ("outcrop-provider-openai", &["aws-config", "aws-sdk-*", "aws-smithy-*", "figment", "clap*"]),
    ("outcrop-files", &["aws-*", "tokio*"]),
    ("outcrop-emulator", &["aws-config", "aws-sdk-*", "figment", "clap*"]),
    ("xtask", &["aws-*", "tokio*", "outcrop*"]),
];

/// Lints that the workspace must deny: who weakens one has to say so here too.
const DENIED: &[&str] = &[
    "missing_docs",
    "unreachable_pub",
    "unwrap_used",
    "expect_used",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "indexing_slicing",
    "print_stdout",
    "print_stderr",
    "exit",
    "allow_attributes",
    "allow_attributes_without_reason",
];

/// The longest source file. Tables that a program writes, and tests, may be longer.
const LONGEST_FILE: usize = 500;

/// Whether `name` is `pattern`, or begins like it if it ends in `*`.
fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(name == pattern, |beginning| name.starts_with(beginning))
}

/// Fails with every problem at once.
#[track_caller]
fn assert_none(problems: impl IntoIterator<Item = String>) {
    let problems: Vec<_> = problems.into_iter().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
