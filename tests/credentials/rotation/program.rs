//! A program that links the library and runs for long.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::process::Command;
use std::sync::Arc;

use outcrop::outcrop_core::collect;
use outcrop::{
    DEFAULT_PROVIDER, Error, ErrorKind, ModelFilter, ModelProvider, Outcrop, Query, Request, Result, Sources,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::{METADATA_DISABLED, METADATA_ENDPOINT, MODEL, World};
use crate::support::identity::REGION;
use crate::support::{Started, environment};

/// The ways to call Bedrock, on both planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Stream,
    Generate,
    CountTokens,
    List,
}

impl Call {
    pub(super) const ALL: [Self; 4] = [Self::Stream, Self::Generate, Self::CountTokens, Self::List];

    pub(super) const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Stream => &["ConverseStream"],
            Self::Generate => &["Converse"],
            Self::CountTokens => &["CountTokens"],
            Self::List => &["ListFoundationModels", "ListInferenceProfiles"],
        }
    }
}

/// The library, put to use.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) outcrop: Outcrop,
    provider: Arc<dyn ModelProvider>,
}

impl Library {
    pub(super) async fn start(sources: Sources) -> Self {
        let outcrop = Outcrop::builder(sources).build();
        assert!(outcrop.diagnostics().is_empty(), "{:?}", outcrop.diagnostics());
        let provider = outcrop.provider(&DEFAULT_PROVIDER.into()).await.unwrap();
        Self { outcrop, provider }
    }

    pub(super) async fn call(&self, call: Call) -> Result<()> {
        let request = Request::new(MODEL).user("hello");
        match call {
            Call::Stream => collect(self.provider.stream(&request).await?).await.map(drop),
            Call::Generate => self.provider.generate(&request).await.map(drop),
            Call::CountTokens => self.provider.count_tokens(&request).await.map(drop),
            Call::List => {
                let list = self.outcrop.models(&Query::refresh(), &ModelFilter::default()).await?;
                // Half a list is no success here.
                match list.snapshot.problems.first() {
                    Some(problem) => Err(Error::new(ErrorKind::Unexpected, problem.message.clone())),
                    None => Ok(()),
                }
            }
        }
    }
}

/// What the lines with outcomes begin with.
const MARK: &str = "outcomes: ";

/// No test but a program that runs for long, which the tests start: so its environment is its own. For each line such as
/// `Generate 3` it makes so many calls side by side, and says what came of them.
#[tokio::test]
#[ignore = "a program that other tests start"]
async fn program_of_other_tests() {
    let here = std::env::current_dir().unwrap();
    let mut library = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (name, number) = line.split_once(' ').unwrap();
        let call = Call::ALL.into_iter().find(|call| format!("{call:?}") == name).unwrap();
        if library.is_none() {
            library = Some(Arc::new(Library::start(Sources::platform(environment::all(), &here)).await));
        }
        let mut calls = JoinSet::new();
        for _ in 0..number.parse().unwrap() {
            let library = library.clone().unwrap();
            calls.spawn(async move {
                match library.call(call).await {
                    Ok(()) => Value::Null,
                    Err(error) => json!({
                        "kind": error.kind().name(),
                        "code": error.code(),
                        "message": error.to_string(),
                        "hints": error.hints(),
                    }),
                }
            });
        }
        println!("\n{MARK}{}", json!(calls.join_all().await));
    }
}

/// That program. It has no environment but the one that the test gives it.
#[derive(Debug)]
pub(super) struct Program(Started);

impl Program {
    /// What came of so many calls; `null` for success.
    #[track_caller]
    pub(super) fn calls(&mut self, call: Call, number: usize) -> Vec<Value> {
        self.0.write_line(&format!("{call:?} {number}"));
        self.0.wait_for("what came of the calls", |line| serde_json::from_str(line.strip_prefix(MARK)?).ok())
    }

    #[track_caller]
    pub(super) fn succeeds(&mut self, call: Call) {
        assert_eq!(self.calls(call, 1), [Value::Null], "{call:?}");
    }

    /// The error of a call that AWS does not know the caller of.
    #[track_caller]
    pub(super) fn is_refused(&mut self, call: Call) -> Value {
        let error = self.calls(call, 1).remove(0);
        assert_eq!(error["kind"], "Unauthenticated", "{call:?}: {error}");
        assert_ne!(error["hints"], json!([]), "{call:?}: {error}");
        error
    }
}

impl World {
    /// The environment of a program in this world.
    pub(super) fn environment(&self, variables: &[(&'static str, String)]) -> BTreeMap<String, String> {
        let emulator = ["AWS_ENDPOINT_URL_BEDROCK", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]
            .map(|name| (name, self.emulator.endpoint()));
        let places = [
            ("HOME", self.home.path().display().to_string()),
            ("AWS_ENDPOINT_URL_STS", self.identity.endpoint()),
            ("AWS_REGION", REGION.to_owned()),
            (METADATA_DISABLED, "true".to_owned()),
        ];
        let mut environment: BTreeMap<String, String> = places
            .into_iter()
            .chain(emulator)
            .chain(variables.iter().cloned())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if environment.contains_key(METADATA_ENDPOINT) {
            environment.remove(METADATA_DISABLED);
        }
        environment
    }

    /// Starts the program with the environment of this world and these variables.
    #[track_caller]
    pub(super) fn program(&self, variables: &[(&'static str, String)]) -> Program {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let (_, module) = module_path!().split_once("::").unwrap();
        let test = format!("{module}::program_of_other_tests");
        command.args([&test, "--exact", "--ignored", "--nocapture"]);
        command.env_clear().envs(self.environment(variables));
        Program(Started::new(&mut command, &self.home))
    }
}
