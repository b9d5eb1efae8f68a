//! Where credentials come from: every link of the chain against an identity service of the tests' own, with boto3 as
//! the witness for it, and with an emulator that knows which link's keys sign.

mod endpoints;
mod explicit;
mod mistakes;
mod nothing;
mod precedence;
mod regions;
mod rotation;
mod secrets;
mod service;
mod sources;
mod trouble;
mod verify;

use serde_json::Value;

use crate::support::identity::{Identity, Key, Metadata};
use crate::support::{Emulator, Finished, Home, Outcrop, Started, python};

/// A model that the service lists by this id, and that has a price.
const MODEL: &str = "amazon.nova-lite-v1:0";
/// What tests set so that no metadata service of the machine is asked.
const METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const METADATA_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// Variables that a program is started with.
type Variables = Vec<(&'static str, String)>;

/// A machine: its home, its identity service, and an emulator that knows every key which that service gives out.
#[derive(Debug)]
struct World {
    home: Home,
    identity: Identity,
    emulator: Emulator,
}

impl World {
    #[track_caller]
    fn new() -> Self {
        Self::with(Metadata::Role)
    }

    #[track_caller]
    fn with(metadata: Metadata) -> Self {
        let arguments = Identity::emulator_arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self {
            home: Home::new(),
            identity: Identity::start(metadata),
            emulator: Emulator::start_with(&arguments),
        }
    }

    /// `outcrop ARGS…` with these variables. Bedrock is the emulator by a flag, so that no variable needs to be set.
    fn outcrop(&self, args: &[&str], variables: &[(&'static str, String)]) -> Outcrop {
        let run = Outcrop::at(&self.home, args).args(&["--endpoint-url", &self.emulator.endpoint()]);
        let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
        // Only an address of this machine may stand in for the one that all instances have.
        let own = variables
            .iter()
            .any(|(name, value)| *name == METADATA_ENDPOINT && value.contains("//127.0.0.1:"));
        if own { run.env_remove(METADATA_DISABLED) } else { run }
    }

    /// Whom boto3 takes itself for with these variables.
    #[track_caller]
    fn boto3(&self, variables: &[(&'static str, String)]) -> Finished {
        self.boto3_with_code(variables, "")
    }

    /// The same with a code for when it asks for one.
    #[track_caller]
    fn boto3_with_code(&self, variables: &[(&'static str, String)], code: &str) -> Finished {
        let mut command = python::client("boto3_identity.py");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        // Its own limit is one second, which says nothing on a busy machine.
        command
            .env("AWS_ENDPOINT_URL_STS", self.identity.endpoint())
            .env("AWS_METADATA_SERVICE_TIMEOUT", "60");
        for (name, value) in variables {
            match *name {
                // It has a variable of its own for the region.
                "AWS_REGION" => drop(command.env("AWS_DEFAULT_REGION", value)),
                METADATA_ENDPOINT => drop(command.env_remove(METADATA_DISABLED)),
                _ => {}
            }
        }
        let mut started = Started::new(&mut command, &self.home);
        started.write(format!("{code}\n").as_bytes());
        started.finish()
    }

    /// What makes this machine's metadata service the identity service.
    fn metadata_variables(&self) -> Variables {
        vec![(METADATA_ENDPOINT, self.identity.endpoint())]
    }

    /// Asserts that the requests so far were signed with this key and no other; they are forgotten afterwards.
    #[track_caller]
    fn assert_signed_by(&self, key: &Key) -> Vec<Value> {
        let requests = self.emulator.requests();
        assert!(!requests.is_empty(), "nobody called");
        for request in &requests {
            assert_eq!(request["accessKeyId"], key.shortened(), "{request}");
        }
        self.emulator.forget_requests();
        requests
    }
}
