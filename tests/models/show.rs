//! `outcrop models show`.

use serde_json::{Value, json};

use super::{NOVA, SONNET, US_SONNET, account, each, list_at, models, two_regions};
use crate::support::{Emulator, Home};

/// The value of a row of the card.
#[track_caller]
fn row<'a>(card: &'a str, name: &str) -> &'a str {
    let row = card.lines().find_map(|line| line.strip_prefix(name).filter(|rest| rest.starts_with(' ')));
    row.unwrap_or_else(|| panic!("no `{name}` in {card}")).trim()
}

#[test]
fn a_card_has_everything_and_says_who_says_so() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let run = models(&home, &emulator, &["show", US_SONNET]).run().succeeds();
    assert_eq!(run.stderr, "");
    let row = |name: &str| row(&run.stdout, name);
    assert_eq!(row("id"), US_SONNET);
    assert_eq!(row("maker"), "Anthropic (anthropic)  [aws]");
    assert_eq!(row("base model"), format!("{SONNET}  [aws]"));
    assert!(
        row("profile").starts_with("SYSTEM_DEFINED, geography us: us-east-1 us-east-2"),
        "{}",
        row("profile")
    );
    assert_eq!(row("regions"), "us-east-1  [aws]");
    assert!(row("context").starts_with("1000000 tokens  [facts:20"), "{}", row("context"));
    assert_eq!((row("takes"), row("streams")), ("text image document  [aws]", "yes  [aws]"));
    assert!(
        row("thinking").starts_with("adaptive, efforts low medium high max  [facts:"),
        "{}",
        row("thinking")
    );
    assert!(row("caching").contains("at most 4 cache points, for 5 minutes or 1 hour"), "{}", row("caching"));
    assert_eq!(row("lifecycle"), "ACTIVE  [aws]");
    assert!(row("price").starts_with("geography:us, confidence high, as of 20"), "{}", row("price"));
    assert_eq!(
        (row("  input"), row("  cache read"), row("  write, 1 h")),
        ("3.3 $/M", "0.33 $/M", "6.6 $/M")
    );
}

#[test]
fn what_somebody_guessed_or_set_is_told_as_that() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let set = "models.providers.amazon-bedrock.models=[{ id: 'startup.first-v1:0', maxTokens: 77, \
               cost: { input: 1, output: 2, longContext: [{ abovePromptTokens: 1000, input: 3, output: 4 }] } }]";
    let run = models(&home, &emulator, &["show", "startup.first-v1:0", "--set", set]).run().succeeds();
    let row = |name: &str| row(&run.stdout, name);
    assert_eq!(row("context"), "32000 tokens  [default: a guess, never sent]");
    assert_eq!(row("output"), "77 tokens  [config]");
    assert_eq!((row("price"), row("  input")), ("config  [config]", "1 $/M"));
    assert_eq!(row("  long prompts"), "above 1000 tokens: input 3, output 4 $/M");
    assert_eq!((row("tags"), row("lifecycle"), row("thinking")), ("configured", "unknown", "unknown"));
}

#[test]
fn json_is_the_object_of_the_list_and_two_fields_more() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let shown = |args: &[&str]| {
        let run = models(&home, &emulator, &["show", "--json"]).args(args).run().succeeds();
        assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
        run.json()
    };
    let without = |mut shown: Value| {
        let fields = shown.as_object_mut().unwrap();
        let more = (fields.remove("listed").unwrap(), fields.remove("calledAs").unwrap());
        (shown, more)
    };
    let all = list_at(&home, &emulator, &["--json", "--all"]).run().succeeds().json();
    let of =
        |id: &str| all["models"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap().clone();
    assert_eq!(without(shown(&[US_SONNET])), (of(US_SONNET), (json!(true), json!(null))));
    assert_eq!(without(shown(&[SONNET])), (of(SONNET), (json!(false), json!(US_SONNET))));
    let default = [
        "amazon-bedrock/us.amazon.nova-lite-v1:0",
        "--set",
        "agents.defaults.model=us.amazon.nova-lite-v1:0",
    ];
    assert_eq!(shown(&default)["tags"], json!(["default"]));
    assert!(each(&all, "id").contains(&NOVA));
}

#[test]
fn what_is_not_listed_is_shown_and_said_to_be_so() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let run = models(&home, &emulator, &["show", SONNET]).run().succeeds();
    assert_eq!(row(&run.stdout, "called as"), US_SONNET);
    assert!(run.stderr.contains(&format!("`outcrop models why {SONNET}`")), "{}", run.stderr);
    // A model of another region, and one that has gone, are known by the table of facts.
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let run = models(&home, &emulator, &["show", "us.amazon.nova-premier-v1:0"]).run().succeeds();
    assert!(row(&run.stdout, "context").starts_with("1000000 tokens"), "{}", run.stdout);
    assert!(run.stderr.contains("it is not listed"), "{}", run.stderr);
}

#[test]
fn nobody_knows_a_name_that_is_misspelt_but_those_that_are_like_it() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let run = models(&home, &emulator, &["show", "amazon.nova-lit-v1:0"]).run().exits_with(5);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("did you mean `amazon.nova-lite-v1:0`"), "{}", run.stderr);
    assert!(run.stderr.contains("`outcrop models why amazon.nova-lit-v1:0`"), "{}", run.stderr);
    let run = models(&home, &emulator, &["show", "amazon.nova-lit-v1:0", "--json"]).run().exits_with(5);
    assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["kind"]), ("", &json!("ModelNotFound")));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for (args, variable, coloured) in [
        (&["--color=always"][..], ("NO_COLOR", ""), true),
        (&[], ("NO_COLOR", "1"), false),
        (&[], ("CLICOLOR_FORCE", "1"), true),
        (&[], ("TERM", "xterm"), false),
    ] {
        for command in ["show", "why"] {
            let run = models(&home, &emulator, &[command, US_SONNET]).args(args).env(variable.0, variable.1);
            let stdout = run.run().succeeds().stdout;
            assert_eq!(stdout.contains('\x1b'), coloured, "{command} {args:?} {variable:?}: {stdout:?}");
        }
    }
}
