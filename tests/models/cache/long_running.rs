//! A program that links the library and runs for long: a list that is too old is good enough for the moment, and a new one
//! is fetched meanwhile.

use std::io::BufRead as _;
use std::process::Command;
use std::time::Duration;

use outcrop::outcrop_core::Freshness;
use outcrop::{ModelFilter, Outcrop, Query, Sources, cache_folder};
use serde_json::{Value, json};

use super::together::hold_the_lists;
use super::{Emulator, Home, listed, listings, set_back};
use crate::models::each;
use crate::support::{Started, environment};

/// What the lines with lists begin with.
const MARK: &str = "list: ";

/// No test but a program that runs for long, which the tests start: so its environment is its own. For a line `once` it
/// lists once, for `cached` until the list is that, and for `problem` until it has one. Then it says what it has.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a program that other tests start"]
async fn program_of_other_tests() {
    let here = std::env::current_dir().unwrap();
    let sources = Sources::platform(environment::all(), &here);
    let folder = cache_folder(&environment::all().into_iter().collect());
    let outcrop = Outcrop::builder(sources).cache(folder).long_running(true).build();
    assert!(outcrop.diagnostics().is_empty(), "{:?}", outcrop.diagnostics());
    for wanted in std::io::stdin().lock().lines() {
        let wanted = wanted.unwrap();
        let list = loop {
            let list = outcrop.models(&Query::default(), &ModelFilter::default()).await.unwrap();
            let is_it = match wanted.as_str() {
                "once" => true,
                "cached" => list.snapshot.freshness == Freshness::Cached,
                "problem" => !list.snapshot.problems.is_empty(),
                other => panic!("`{other}` is no command"),
            };
            if is_it {
                break list;
            }
            tokio::task::yield_now().await;
        };
        let models: Vec<_> = list.models.iter().map(|model| json!({ "id": model.card.id })).collect();
        println!(
            "\n{MARK}{}",
            json!({ "freshness": list.snapshot.freshness, "problems": list.snapshot.problems, "models": models })
        );
    }
}

/// That program. It has no environment but the one that the test gives it.
struct Program(Started);

impl Program {
    #[track_caller]
    fn start(home: &Home, emulator: &Emulator) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let (_, module) = module_path!().split_once("::").unwrap();
        let test = format!("{module}::program_of_other_tests");
        command.args([&test, "--exact", "--ignored", "--nocapture"]);
        command.env_clear().envs(emulator.variables());
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_MAX_ATTEMPTS", "1");
        Self(Started::new(&mut command, home))
    }

    #[track_caller]
    fn list(&mut self, wanted: &str) -> Value {
        self.0.write_line(wanted);
        self.0.wait_for("it had a list", |line| serde_json::from_str(line.strip_prefix(MARK)?).ok())
    }
}

/// An account that was listed two hours ago.
fn two_hours_ago() -> (Emulator, Home, Value) {
    let (emulator, home) = (Emulator::start(), Home::new());
    let list = listed(&home, &emulator, &[]);
    set_back(&home, Duration::from_hours(2));
    (emulator, home, list)
}

#[test]
fn an_old_list_is_served_at_once_and_made_anew_behind() {
    let (emulator, home, before) = two_hours_ago();
    hold_the_lists(&emulator);
    let mut program = Program::start(&home, &emulator);
    // As long as AWS has not answered, nobody waits for it; and it is asked once.
    for _ in 0..5 {
        let list = program.list("once");
        assert_eq!((&list["freshness"], &list["problems"]), (&json!("stale"), &json!([])));
        assert_eq!(each(&list, "id"), each(&before, "id"));
        emulator.wait_for_many("response_held", 2);
    }
    assert_eq!(listings(&emulator), 2, "that of two hours ago, and the new one");
    emulator.release();

    let list = program.list("cached");
    assert_eq!((&list["problems"], each(&list, "id")), (&json!([]), each(&before, "id")));
    assert_eq!(listings(&emulator), 2);
    assert_eq!(listed(&home, &emulator, &[])["freshness"], "cached", "it is on disk for others too");
    assert_eq!(listings(&emulator), 2);
}

#[test]
fn if_the_new_list_fails_the_old_one_is_served_with_the_reason() {
    let (emulator, home, before) = two_hours_ago();
    let fault =
        json!({ "type": "error", "status": 503, "code": "ServiceUnavailableException", "message": "No." });
    emulator.scenario(&json!({ "rules": [{ "fault": fault }] }));
    let mut program = Program::start(&home, &emulator);
    let list = program.list("once");
    assert_eq!((&list["freshness"], each(&list, "id")), (&json!("stale"), each(&before, "id")));
    let list = program.list("problem");
    assert_eq!((&list["freshness"], each(&list, "id")), (&json!("stale"), each(&before, "id")));
    for problem in list["problems"].as_array().unwrap() {
        assert_eq!(problem["code"], "ServiceUnavailableException");
        assert!(problem["message"].as_str().unwrap().contains("what is shown is 2 hours old"), "{problem}");
    }
    // AWS is left alone for a while.
    let asked = listings(&emulator);
    for _ in 0..5 {
        assert_eq!(program.list("once")["freshness"], "stale");
    }
    assert_eq!(listings(&emulator), asked);
}

#[test]
fn where_nothing_is_known_the_first_list_is_waited_for() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let mut program = Program::start(&home, &emulator);
    let list = program.list("once");
    assert_eq!((&list["freshness"], &list["problems"]), (&json!("live"), &json!([])));
    assert!(each(&list, "id").len() > 50);
    assert_eq!((program.list("once")["freshness"].as_str(), listings(&emulator)), (Some("cached"), 1));
}
