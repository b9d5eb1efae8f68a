//! What the documentation says of the configuration is so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{file, fixture};
use crate::support::{Home, Outcrop};

/// A fenced block of a document.
#[derive(Debug)]
struct Block {
    document: PathBuf,
    language: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every document of the project, wherever it is.
fn documents() -> Vec<PathBuf> {
    fn collect(folder: &Path, documents: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "tests-data" {
                collect(&path, documents);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    let mut documents = Vec::new();
    collect(&root(), &mut documents);
    documents.sort();
    documents
}

/// The fenced blocks of a document; those in lists are moved to the margin.
fn blocks(document: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(document).unwrap();
    let mut lines = text.lines();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let inner = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
        let text = inner.flat_map(|line| [line, "\n"]).collect();
        blocks.push(Block { document: document.to_owned(), language: language.trim().to_owned(), text });
    }
    blocks
}

fn all_blocks() -> Vec<Block> {
    documents().iter().flat_map(|document| blocks(document)).collect()
}

fn guide() -> PathBuf {
    root().join("docs/guide/configuration.md")
}

impl Block {
    /// Whether it is a configuration: whatever else is shown is JSON, and has no such members.
    fn is_configuration(&self) -> bool {
        let of_json = || {
            let shown: Option<Value> = serde_json::from_str(&self.text).ok();
            shown.is_some_and(|shown| {
                ["models", "agents", "plugins", "trace"].iter().any(|key| shown[key].is_object())
            })
        };
        matches!(&*self.language, "json5" | "jsonc") || (self.language == "json" && of_json())
    }

    /// The commands of a block of a console, or of a shell.
    fn commands(&self) -> Vec<&str> {
        let is_shell = matches!(&*self.language, "sh" | "bash" | "shell");
        let lines = self.text.lines().filter(|_| is_shell || self.language == "console");
        lines
            .filter_map(|line| if is_shell { Some(line.trim()) } else { line.trim().strip_prefix("$ ") })
            .collect()
    }
}

/// The words of the command of ours in a line of a shell, as far as a pipe or a redirection; `None` if it has none.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            // What goes into ours may come from anywhere.
            (None, '|') if !words.iter().any(|word| word == "outcrop") => words = vec![String::new()],
            (None, '|' | '<' | '>' | '#') => break,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    let ours = words.iter().position(|word| word == "outcrop")?;
    Some(words.split_off(ours + 1))
}

#[test]
fn every_configuration_that_is_shown_is_one() {
    let published = std::fs::read_to_string(root().join("schema/config.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&published).unwrap()).unwrap();
    let mut shown = 0;
    for block in all_blocks().into_iter().filter(Block::is_configuration) {
        let (home, place) = (Home::new(), block.document.display());
        let path = file(&home, "shown.json5", &block.text);
        let run = |args: &[&str]| {
            let names = block.text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
            let run = Outcrop::at(&home, args).arg("--config").arg(&path);
            names.fold(run, |run, name| run.env(name, "something")).run()
        };
        let check = run(&["config", "check", "--strict", "--json"]).json();
        assert_eq!(check["diagnostics"], json!([]), "{place}: {}", block.text);
        assert_eq!(check["unused"], json!([]), "{place}: {}", block.text);
        // What counts then, against the schema that editors use.
        let value = |key: &str| run(&["config", "explain", "--json", key]).succeeds().json()["value"].take();
        let loaded = json!({ "models": value("models"), "agents": value("agents"), "trace": value("trace") });
        let wrong: Vec<_> = validator.iter_errors(&loaded).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{place}: {wrong:?}: {}", block.text);
        shown += 1;
    }
    assert!(shown >= 12, "{shown} configurations are found in the documentation");
}

#[test]
fn every_command_about_the_configuration_succeeds() {
    let mut ran = BTreeSet::new();
    for block in all_blocks() {
        // The commands of a block belong together.
        let home = Home::new();
        std::fs::copy(fixture("plugin.json5"), home.work().join("openclaw.json5")).unwrap();
        for command in block.commands() {
            let Some(words) = words(command) else { continue };
            let place = format!("{}: {command}", block.document.display());
            if words.iter().any(|word| word == "config") {
                let run = Outcrop::at(&home, &words).env("EDITOR", "true").env("VISUAL", "true");
                let run = run.stdin("what another program says\n").run();
                assert_eq!(run.code, Some(0), "{place}: {run:?}");
                ran.insert("config");
            }
            // Of other commands, what they say of the configuration.
            let set = words.iter().zip(words.iter().skip(1)).filter(|(word, _)| *word == "--set");
            for (_, assignment) in set {
                let args = ["config", "check", "--strict", "--json", "--set", assignment];
                let check = Outcrop::at(&home, args).run().json();
                assert_eq!((&check["ok"], &check["unused"]), (&json!(true), &json!([])), "{place}: {check}");
                ran.insert("--set");
            }
        }
    }
    assert_eq!(ran, ["config", "--set"].into(), "what is found in the documentation");
}

#[test]
fn every_example_of_the_help_succeeds() {
    let mut ran = 0;
    for command in ["get", "set", "unset", "list", "check", "explain", "import", "path", "schema"] {
        let help = Outcrop::new(["config", command, "--help"]).run().succeeds().stdout;
        let home = Home::new();
        for line in help.lines().map(str::trim).filter(|line| line.starts_with("outcrop config ")) {
            let run = Outcrop::at(&home, words(line).unwrap()).stdin("a secret\n").run();
            assert_eq!(run.code, Some(0), "{line}: {run:?}");
            ran += 1;
        }
    }
    assert!(ran >= 3, "{ran}");
}

/// What stands between backticks in the text of a document, blocks apart.
fn quoted(document: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(document).unwrap();
    let mut in_block = false;
    let mut words = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

/// Whether a key with `<id>` for names, quoted ones, or `…` at its end is in the schema.
fn is_key(schema: &Value, key: &str) -> bool {
    let mut places = vec![schema];
    let mut rest = key.trim_end_matches(".…").replace("[]", ".0").replace("[0]", ".0");
    while !rest.is_empty() {
        let unquoted = rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"'));
        let end = rest.find('.').unwrap_or(rest.len());
        let (name, after) = match unquoted {
            Some((name, after)) => (name.to_owned(), after.to_owned()),
            None => (rest[..end].to_owned(), rest[end..].to_owned()),
        };
        let inner = places.iter().flat_map(|place| {
            let alternatives = place["anyOf"].as_array().into_iter().flatten().chain([*place]);
            alternatives.flat_map(|one| {
                let further = one["allOf"].as_array().into_iter().flatten().map(|case| &case["then"]);
                further.chain([one])
            })
        });
        let found: Vec<_> = inner
            .flat_map(|one| [&one["properties"][&*name], &one["additionalProperties"], &one["items"]])
            .filter(|found| found.is_object())
            .collect();
        if found.is_empty() {
            return false;
        }
        places = found;
        rest = after.trim_start_matches('.').to_owned();
    }
    true
}

#[test]
fn every_key_and_every_variable_that_is_named_is_one() {
    let schema = Outcrop::new(["config", "schema"]).run().succeeds().json();
    let variables = Outcrop::new(["help", "environment"]).run().succeeds().stdout;
    let variables: BTreeSet<_> =
        variables.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let mut named = 0;
    for document in documents() {
        let place = document.display();
        for word in quoted(&document) {
            let key = word.split(['=', ':', ' ']).next().unwrap();
            if ["models.", "agents.", "trace."].iter().any(|root| key.starts_with(root)) {
                // One is misspelt to show what is said of it, and one belongs to another program.
                let is_meant = key.ends_with("refreshIntervall") || key == "agents.defaults.models";
                assert!(is_key(&schema, key) || is_meant, "{place}: `{word}`");
                named += 1;
            }
        }
        let text = std::fs::read_to_string(&document).unwrap();
        for (at, _) in text.match_indices("OUTCROP_") {
            let name =
                text[at..].split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            let name = name.into_iter().next().unwrap();
            let is_ours = variables.contains(name) || name == "OUTCROP_" || name.starts_with("OUTCROP_TEST_");
            assert!(is_ours, "{place}: {name}");
        }
    }
    assert!(named > 8, "{named}");
    for (key, right) in [
        ("models.providers.\"amazon-bedrock\".models[0].name", true),
        ("models.providers.<id>.timeouts.…", true),
        ("models.providers.<id>.assumeRole.roleArn", true),
        ("agents.defaults.model.fallbacks[]", true),
        ("models.overrides.\"a.b\".maxTokens", true),
        ("models.overrides.\"a.b\".maxToken", false),
        ("models.bedrockDiscovery.regoin", false),
        ("models.providers.<id>.timeouts.ever", false),
    ] {
        assert_eq!(is_key(&schema, key), right, "{key}");
    }
}

#[test]
fn layers_merge_as_the_guide_shows() {
    let home = Home::new();
    let shown: Vec<_> = blocks(&guide()).into_iter().filter(Block::is_configuration).collect();
    let [user, project, ..] = shown.as_slice() else { panic!("{shown:?}") };
    file(&home, "config/outcrop/config.json5", &user.text);
    file(&home, "work/outcrop.json5", &project.text);
    let value = |key: &str| {
        let run = Outcrop::at(&home, ["config", "explain", "--json", key]).run().succeeds();
        run.json()["value"].take()
    };
    assert_eq!(value("models.bedrockDiscovery.region"), "us-east-1");
    assert_eq!(value("models.bedrockDiscovery.providerFilter"), json!(["amazon"]));
    assert_eq!(value("agents.defaults.model.primary"), Value::Null);
    Outcrop::at(&home, ["config", "check", "--strict"]).run().succeeds();
}

#[test]
fn both_places_of_the_discovery_are_the_same() {
    let shown: Vec<_> = blocks(&guide()).into_iter().filter(Block::is_configuration).collect();
    let [.., newer, older] = shown.as_slice() else { panic!("{shown:?}") };
    assert!(newer.text.contains("plugins") && !older.text.contains("plugins"), "{shown:?}");
    let value = |block: &Block| {
        let home = Home::new();
        file(&home, "config/outcrop/config.json5", &block.text);
        let args = ["config", "explain", "--json", "models.bedrockDiscovery"];
        Outcrop::at(&home, args).run().succeeds().json()["value"].take()
    };
    assert_eq!(value(newer), value(older));
    assert_eq!(value(newer)["enabled"], true);
}

#[test]
fn what_the_guide_shows_of_check_and_explain_is_what_they_say() {
    let home = Home::new();
    let user =
        "{\n  models: {\n    bedrockDiscovery: { region: \"eu-west-1\", refreshIntervall: 60 },\n  },\n}\n";
    file(&home, "config/outcrop/config.json5", user);
    file(&home, "work/outcrop.json5", "{\n  models: { bedrockDiscovery: { region: \"us-east-1\" } },\n}\n");
    let run = |args: &[&str]| Outcrop::at(&home, args).env("AWS_REGION", "eu-north-1").run().succeeds();
    let said = [
        run(&["config", "check"]).stderr,
        run(&["config", "explain", "models.bedrockDiscovery.region"]).stdout,
    ];
    let work = std::fs::canonicalize(home.work()).unwrap();
    let shown = blocks(&guide()).into_iter().filter(|block| block.language == "text");
    let shown: Vec<_> = shown.map(|block| block.text).collect();
    let said = said.map(|text| {
        let text = text.replace(home.config().to_str().unwrap(), "/home/me/.config");
        let text = text.replace(work.to_str().unwrap(), "/home/me/project");
        text.replace(home.work().to_str().unwrap(), "/home/me/project")
    });
    assert_eq!(shown, said);
}

#[test]
fn what_the_guide_shows_of_editing_is_what_is_said() {
    let home = Home::new();
    std::fs::copy(fixture("plugin.json5"), home.work().join("openclaw.json5")).unwrap();
    let editor = file(&home, "editor", "echo '// by hand' >> \"$1\"\n");
    let editor = format!("sh '{}'", editor.display());
    let work = std::fs::canonicalize(home.work()).unwrap();
    let mut commands = 0;
    // What comes before shows only what is typed.
    let begins = |block: &Block| !block.text.contains("config import");
    let shown = blocks(&guide()).into_iter().filter(|block| block.language == "console");
    for block in shown.skip_while(begins) {
        let mut said = String::new();
        for command in block.commands() {
            let run = Outcrop::at(&home, words(command).unwrap()).env("EDITOR", &editor).stdin("a secret\n");
            let run = run.run().succeeds();
            said.extend(["$ ", command, "\n", &run.stdout, &run.stderr]);
            commands += 1;
        }
        let said = said.replace(home.config().to_str().unwrap(), "/home/me/.config");
        let said = said.replace(work.to_str().unwrap(), "/home/me/project");
        assert_eq!(block.text, said.replace(home.work().to_str().unwrap(), "/home/me/project"));
    }
    assert!(commands > 10, "{commands} commands are found");
}

#[test]
fn the_guide_names_all_of_json5_that_is_not_read() {
    let points = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim_start_matches("//! "));
        let points = lines.filter(|line| line.starts_with("- "));
        points.map(|line| line.trim_end_matches([',', ';', '.']).to_owned()).collect()
    };
    let proved = std::fs::read_to_string(root().join("crates/config/src/parse/oracle.rs")).unwrap();
    let text = std::fs::read_to_string(guide()).unwrap();
    let (_, section) = text.split_once("## What of JSON5 is not read\n").unwrap();
    let named = points(section.split("\n## ").next().unwrap());
    assert!(named.len() > 3);
    assert_eq!(named, points(proved.split("\n\nuse ").next().unwrap()));
}

#[test]
fn the_guide_names_all_that_a_project_may_not_set() {
    let text = std::fs::read_to_string(guide()).unwrap();
    let (_, section) = text.split_once("## The file of a project\n").unwrap();
    let (_, list) = section.split_once("Of a provider,").unwrap();
    let list = list.split("are refused").next().unwrap();
    let named: BTreeSet<_> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();

    let schema = Outcrop::new(["config", "schema"]).run().succeeds().json();
    let entry = &schema["properties"]["models"]["properties"]["providers"]["additionalProperties"];
    let shared = entry["properties"].as_object().unwrap();
    let own = entry["allOf"][0]["then"]["properties"].as_object().unwrap();
    let of_all = shared.iter().filter(|(_, key)| key["x-project"] == false);
    let of_bedrock = own.iter().filter(|(name, key)| !shared.contains_key(*name) && key["x-project"] != true);
    let refused: BTreeSet<_> = of_all.chain(of_bedrock).map(|(name, _)| name.clone()).collect();
    assert_eq!(named, refused);
}

#[test]
fn the_reference_has_every_field() {
    fn fields(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Array(elements) => elements.iter().for_each(|element| fields(element, names)),
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                names.insert(name.clone());
                fields(value, names);
            }),
            _ => {}
        }
    }
    let home = Home::new();
    file(&home, "work/outcrop.json5", "{ models: { mode: 'merge', bedrockDiscovery: { geography: 5 } } }");
    let reference = std::fs::read_to_string(root().join("docs/reference/json.md")).unwrap();
    let geography = "models.bedrockDiscovery.geography";
    let household = fixture("household.json5");
    for (command, args, code) in [
        ("config check", &["config", "check", "--json"][..], 3),
        (
            "config explain",
            &["config", "explain", "--json", geography, "--set", &format!("{geography}=eu")],
            0,
        ),
        ("config import", &["config", "import", "--json", "--dry-run", household.to_str().unwrap()], 0),
    ] {
        let found = Outcrop::at(&home, args).run().exits_with(code).json();
        let (_, below) = reference.split_once(&format!("## `{command} --json`\n")).expect(command);
        let text = below.split("\n## ").next().unwrap();
        let mut names = BTreeSet::new();
        fields(&found, &mut names);
        // An origin is described once.
        if command != "config explain" {
            let of_origin = ["layer", "file", "line", "column", "variable"];
            names.retain(|name| !of_origin.contains(&name.as_str()) || text.contains(&format!("`{name}`")));
        }
        assert!(names.len() > 5, "{found}");
        for name in names {
            let quoted = [format!("`{name}`"), format!("\"{name}\"")];
            assert!(quoted.iter().any(|it| text.contains(it)), "{name} is not in the section on `{command}`");
        }
    }
}

/// Otherwise nothing of the above would be proved of what is found.
#[test]
fn blocks_and_commands_are_found() {
    assert!(documents().len() > 8, "{:?}", documents());
    let block = |language: &str, text: &str| Block {
        document: fixture("manual.json5"),
        language: language.to_owned(),
        text: text.to_owned(),
    };
    assert!(block("json", r#"{ "models": {} }"#).is_configuration());
    assert!(!block("json", r#"{ "models": [] }"#).is_configuration());
    assert!(block("jsonc", "{}").is_configuration());
    assert_eq!(block("console", "$ a\nb\n  $ c\n").commands(), ["a", "c"]);
    assert_eq!(block("sh", "a\n  b\n").commands(), ["a", "b"]);
    assert_eq!(block("text", "$ a\n").commands(), [""; 0]);
    assert_eq!(words("aws configure | less"), None);
    assert_eq!(words("git diff | outcrop ask | jq .text").unwrap(), ["ask"]);
    assert_eq!(
        words(r#"outcrop ask --set a='["b c"]' d > e"#).unwrap(),
        ["ask", "--set", r#"a=["b c"]"#, "d"]
    );
}
