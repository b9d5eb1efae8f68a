//! Nothing available: one attempt at the metadata service, one message, exit code 4.

use super::{METADATA_ENDPOINT, MODEL, World};
use crate::support::identity::{Metadata, refusing};

/// The commands that need a caller.
const COMMANDS: [&[&str]; 3] = [&["ask", "-m", MODEL, "hello"], &["models", "list"], &["auth", "status"]];

/// Asserts that each command ends as it must where the metadata service is at `address`, after so many attempts there.
#[track_caller]
fn assert_nothing(world: &World, address: &str, attempts: usize) {
    let address = vec![(METADATA_ENDPOINT, address.to_owned())];
    let mut with_region = address.clone();
    with_region.push(("AWS_REGION", "eu-west-1".to_owned()));
    // Without a region, there is one more who would like to ask the metadata service.
    for variables in [address, with_region] {
        for command in COMMANDS {
            let before = world.identity.metadata_attempts();
            let run = world.outcrop(command, &variables).run().exits_with(4);
            let after = world.identity.metadata_attempts();
            assert_eq!(after - before, attempts, "{command:?} {variables:?}: {run:?}");
            let said = format!("{}{}", run.stdout, run.stderr);
            for word in ["instance metadata", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"]
            {
                assert!(said.contains(word), "{command:?} does not say `{word}`: {said}");
            }
        }
    }
    assert_eq!(world.emulator.requests().len(), 0, "nobody is asked without credentials");
}

#[test]
fn a_port_that_refuses() {
    let world = World::new();
    assert_nothing(&world, &format!("http://{}", refusing()), 0);
}

#[test]
fn an_address_that_accepts_and_never_answers() {
    let world = World::with(Metadata::Silent);
    assert_nothing(&world, &world.identity.endpoint(), 1);
}

#[test]
fn a_proxy_that_lets_nobody_through() {
    let world = World::with(Metadata::Forbidden);
    assert_nothing(&world, &world.identity.endpoint(), 1);
}

#[test]
fn an_instance_without_a_role() {
    let world = World::with(Metadata::NoRole);
    assert_nothing(&world, &world.identity.endpoint(), 1);
}

#[test]
fn a_metadata_service_too_many_hops_away() {
    let world = World::with(Metadata::HopLimit);
    assert_nothing(&world, &world.identity.endpoint(), 1);
}
