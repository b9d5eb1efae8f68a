//! The guide to EC2: its JSON is what the program prints, and its commands are commands.

use std::path::Path;

use serde_json::Value;

use crate::support::{Home, Outcrop};

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/ec2.md");
    std::fs::read_to_string(path).unwrap()
}

/// The texts within the fences of a language, in their order.
fn fences(guide: &str, language: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(found), None) => open = Some((found == language, String::new())),
            (Some(_), Some(_)) => {
                texts.extend(open.take().filter(|(wanted, _)| *wanted).map(|(_, text)| text));
            }
            (None, Some((_, text))) => text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is left open");
    texts
}

/// The arguments of every `outcrop …` of the guide: at the prompt, and within the text.
fn commands(guide: &str) -> Vec<Vec<String>> {
    let console = fences(guide, "console").concat();
    let at_prompt = console.lines().filter_map(|line| line.strip_prefix("$ outcrop "));
    let text: String = guide.lines().collect::<Vec<_>>().join(" ");
    let in_text = text.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("outcrop "));
    at_prompt.chain(in_text).map(words).collect()
}

/// Splits a command line as a shell does, as far as this guide needs it, and drops the redirection.
fn words(line: &str) -> Vec<String> {
    let line = line.split(" > ").next().unwrap_or(line);
    let quoted = line.split('"').enumerate();
    let words = quoted.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// The only command of the guide that has this option, run in a home with the guide's configuration.
fn printed(guide: &str, option: &str) -> Value {
    let home = Home::new();
    let [config] = fences(guide, "json5").try_into().unwrap();
    let folder = home.config().join("outcrop");
    std::fs::create_dir_all(&folder).unwrap();
    let mut file = std::fs::File::create(folder.join("config.json5")).unwrap();
    std::io::Write::write_all(&mut file, config.as_bytes()).unwrap();
    let mut commands = commands(guide);
    commands.retain(|words| words.iter().any(|word| word == option));
    let [command] = <[_; 1]>::try_from(commands).unwrap();
    let run = Outcrop::at(&home, command).run().succeeds();
    assert_eq!(run.stderr, "", "the guide says nothing about this");
    run.json()
}

#[test]
fn its_policies_are_what_the_program_prints() {
    let guide = guide();
    let json = fences(&guide, "json");
    let policies: Vec<Value> = json.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let expected = [printed(&guide, "--trust"), printed(&guide, "--account")];
    assert_eq!(policies, expected, "{:#}", expected[1]);
}

#[test]
fn its_commands_are_commands() {
    let commands = commands(&guide());
    for wanted in [&["iam", "policy"][..], &["auth", "status"], &["doctor"], &["models", "list"], &["ask"]] {
        let begins = |words: &Vec<String>| words.iter().take(wanted.len()).eq(wanted);
        assert!(commands.iter().any(begins), "{wanted:?} is not in the guide");
    }
    for words in commands {
        // An option or a command that is not there is complained about before help is given.
        Outcrop::new(&words).arg("--help").run().succeeds();
    }
}

#[test]
fn it_has_every_step() {
    let guide = guide();
    for step in [
        "aws iam create-role ",
        "aws iam put-role-policy ",
        "aws iam create-instance-profile ",
        "aws iam add-role-to-instance-profile ",
        "aws ec2 associate-iam-instance-profile ",
        "--http-put-response-hop-limit 2",
        "models.bedrockDiscovery.enabled",
    ] {
        assert!(guide.contains(step), "{step}");
    }
}
