//! What people type, copy and break.

use std::net::TcpListener;

use serde_json::Value;

use super::World;
use crate::support::Outcrop;
use crate::support::identity::{Link, refusing};

const REGION: (&str, &str) = ("AWS_REGION", "us-east-1");
const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

fn owned(variables: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// A run without the endpoint of the emulator.
fn elsewhere(world: &World, args: &[&str], variables: &[(&'static str, String)]) -> Outcrop {
    variables.iter().fold(Outcrop::at(&world.home, args), |run, (name, value)| run.env(name, value))
}

#[test]
fn keys_that_were_copied_badly_are_told_and_never_sent() {
    let world = World::new();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for (variables, words) in [
        ([(ID, "AKIA\nSTATIC"), (SECRET, secret)], "access key id"),
        ([(ID, "AKIAÉSTATIC"), (SECRET, secret)], "access key id"),
        ([(ID, "AKIAIOSFODNN7EXAMPLE"), (SECRET, "two words")], "secret access key"),
        ([(ID, secret), (SECRET, "AKIAIOSFODNN7EXAMPLE")], "swapped"),
    ] {
        let mut variables = owned(&variables);
        variables.push((REGION.0, REGION.1.to_owned()));
        for args in [&["ask", "-m", "amazon.nova-lite-v1:0", "hi"][..], &["auth"], &["doctor"]] {
            let run = world.outcrop(args, &variables).run().exits_with(4);
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(said.contains(words) && !said.contains("panicked"), "{args:?}: {said}");
            assert!(!said.contains("wJal") && !said.contains("YKEY"), "a piece of the secret: {said}");
        }
    }
    // Where they are good for a role only, too.
    world.home.plant_config(
        "[profile dev]\nsource_profile = base\nrole_arn = arn:aws:iam::123456789012:role/a\n[profile base]\n\
         aws_access_key_id = AKIA\u{1}STATIC\naws_secret_access_key = s\n",
    );
    let variables = owned(&[("AWS_PROFILE", "dev"), ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"), REGION]);
    let run = world.outcrop(&["auth"], &variables).run().exits_with(4);
    assert!(run.stderr.contains("access key id") && !run.stderr.contains("panicked"), "{}", run.stderr);
    let token =
        owned(&[(ID, "ASIAIOSFODNN7EXAMPLE"), (SECRET, secret), ("AWS_SESSION_TOKEN", "a\u{1}b"), REGION]);
    let run = world.outcrop(&["auth"], &token).run().exits_with(4);
    assert!(run.stderr.contains("session token"), "{}", run.stderr);
    assert!(world.emulator.requests().iter().all(|request| request["operation"].is_null()));
}

#[test]
fn credentials_that_have_ended_are_not_sent() {
    let world = World::new();
    let json = r#"{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"s","SessionToken":"t","Expiration":"2020-01-01T00:00:00Z"}"#;
    let script = world.home.plant("ended.sh", &format!("echo '{json}'\n"));
    world.home.plant_config(&format!("[profile dev]\ncredential_process = sh {}\n", script.display()));
    let variables = owned(&[("AWS_PROFILE", "dev"), REGION]);
    let run = world.outcrop(&["auth", "--json"], &variables).run().exits_with(4);
    assert_eq!(run.json()["state"], "absent", "{run:?}");
    assert!(run.stderr.contains("2020-01-01T00:00:00Z"), "{}", run.stderr);
}

#[test]
fn nobody_else_is_taken_where_a_file_cannot_be_read() {
    let world = World::new();
    std::fs::create_dir_all(world.home.path().join(".aws/credentials")).unwrap();
    for variables in [vec![], vec![("AWS_PROFILE", "default")], vec![("AWS_PROFILE", "work")]] {
        let mut variables = owned(&variables);
        variables.push(("AWS_EC2_METADATA_SERVICE_ENDPOINT", world.identity.endpoint()));
        let run = world.outcrop(&["ask", "hi"], &variables).env_remove("AWS_EC2_METADATA_DISABLED").run();
        let run = run.exits_with(4);
        assert!(run.stderr.contains("credentials` cannot be read"), "{}", run.stderr);
        assert!(
            !run.stderr.contains("it can go") && !run.stderr.contains("empty or missing"),
            "{}",
            run.stderr
        );
    }
    // Whoever says that there is no file means it.
    let mut variables = owned(&[("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"), REGION]);
    variables.extend(world.identity.key(Link::Environment).variables());
    world.outcrop(&["ask", "-m", "amazon.nova-lite-v1:0", "hi"], &variables).run().succeeds();
}

#[test]
fn names_do_not_reach_the_terminal_as_they_are() {
    let world = World::new();
    let run = world.outcrop(&["auth"], &owned(&[("AWS_PROFILE", "\u{1b}[2Jx"), REGION])).run().exits_with(4);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run:?}");
}

#[test]
fn a_blank_profile_on_the_command_line_is_none() {
    let world = World::new();
    let mut variables = owned(&[REGION]);
    variables.extend(world.identity.key(Link::Environment).variables());
    let run = world.outcrop(&["--profile", "", "auth", "--json"], &variables).run().succeeds();
    assert_eq!(run.json()["source"], "access-keys");
}

#[test]
fn the_place_that_was_called_is_named() {
    let world = World::new();
    let mut variables = owned(&[REGION]);
    variables.extend(world.identity.key(Link::Environment).variables());
    // Nobody there.
    let nowhere = format!("http://{}", refusing());
    let run = elsewhere(&world, &["ask", "-m", "amazon.nova-lite-v1:0", "hi"], &variables);
    let run = run.args(&["--endpoint-url", &nowhere]).run().exits_with(9);
    assert!(run.stderr.contains(&nowhere) && run.stderr.contains("us-east-1"), "{}", run.stderr);
    // Somebody else there.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut connection in listener.incoming().flatten() {
            let mut head = [0; 4096];
            if connection.read(&mut head).is_ok() {
                let answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                drop(connection.write_all(answer.as_bytes()));
            }
        }
    });
    let run = elsewhere(&world, &["models", "list", "--json"], &variables);
    let run = run.args(&["--endpoint-url", &format!("http://{address}")]).run().exits_with(1);
    let error: Value = run.error_json();
    assert_eq!(error["error"]["kind"], "Protocol", "{error}");
}

#[test]
fn a_base_url_of_another_region_than_the_one_that_is_called_is_told() {
    let world = World::new();
    let mut variables = owned(&[REGION]);
    variables.extend(world.identity.key(Link::Environment).variables());
    let url = "https://bedrock-runtime.eu-west-1.amazonaws.com";
    let status =
        elsewhere(&world, &["auth", "--json"], &variables).args(&["--endpoint-url", url]).run().succeeds();
    let notes = status.json()["notes"].to_string();
    assert!(notes.contains("`eu-west-1`") && notes.contains("`us-east-1` is called (AWS_REGION)"), "{notes}");
}
