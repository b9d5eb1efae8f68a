//! The configuration through the command line: what is read, what is said about it, and that it has an effect.

mod editing;
#[cfg(unix)]
mod editor;
mod guide;
mod import;
mod mistakes;
mod related;
mod standard_input;
#[cfg(unix)]
mod system;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Emulator, Home, Outcrop, members};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// A configuration file of a related product, as people have it.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/src/load/fixtures").join(name)
}

/// Writes a file into a home.
fn file(home: &Home, path: impl AsRef<Path>, text: &str) -> PathBuf {
    let path = home.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
    path
}

/// Three mistakes, each at a place that tests name.
const WRONG: &str = r#"{
  models: {
    bedrockDiscovery: { refreshInterval: "soon", regoin: "eu-west-1" },
    providers: { "amazon-bedrock": { region: "eu-west-1", retry: { attempts: -1 } } },
  },
}
"#;

#[test]
fn explain_names_file_line_and_column() {
    let manual = fixture("manual.json5");
    let explain = |key: &str| {
        let run =
            Outcrop::new(["config", "explain", "--json", key, "--config"]).arg(&manual).run().succeeds();
        run.json()
    };
    let primary = explain("agents.defaults.model.primary");
    let names = members(&primary);
    assert_eq!(names, ["key", "origin", "shadowed", "value"]);
    assert_eq!(primary["value"], "amazon-bedrock/us.anthropic.claude-opus-4-6-v1:0");
    let text = std::fs::read_to_string(&manual).unwrap();
    let (line, written) = text
        .lines()
        .zip(1..)
        .map(|(text, line)| (line, text))
        .find(|(_, text)| text.contains("primary"))
        .unwrap();
    let column = written.find("\"amazon-bedrock/").unwrap() + 1;
    let origin = json!({ "layer": "file", "file": manual, "line": line, "column": column, "variable": null });
    assert_eq!(primary["origin"], origin);

    let interval = explain("models.bedrockDiscovery.refreshInterval");
    assert_eq!((&interval["value"], &interval["origin"]["layer"]), (&json!(3600), &json!("defaults")));
    assert_eq!(explain("models.nobody.knows")["origin"], Value::Null);
}

#[test]
fn explain_shows_what_the_winner_hides() {
    let home = Home::new();
    let text = "{ models: { providers: { 'amazon-bedrock': { region: 'eu-west-1' } } } }";
    let path = file(&home, "config/outcrop/config.json5", text);
    let key = "models.providers.amazon-bedrock.region";
    let run = |args: &[&str]| {
        Outcrop::at(&home, args)
            .env("OUTCROP_REGION", "eu-west-2")
            .env("AWS_REGION", "eu-west-3")
            .run()
            .succeeds()
    };
    let set = format!("{key}=eu-north-1");
    let explained = run(&["config", "explain", key, "--json", "--set", &set]).json();
    assert_eq!((&explained["value"], &explained["origin"]["flag"]), (&json!("eu-north-1"), &json!("--set")));
    let hidden: Vec<_> = explained["shadowed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["value"], &it["origin"]["layer"]))
        .collect();
    assert_eq!(
        hidden,
        [
            (&json!("eu-west-2"), &json!("environment")),
            (&json!("eu-west-1"), &json!("user")),
            (&json!("eu-west-3"), &json!("ambient"))
        ]
    );
    let shown = run(&["config", "explain", key]);
    assert!(
        shown.stdout.contains("eu-west-2") && shown.stdout.contains("OUTCROP_REGION"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains(&format!("{}:1:", path.display())), "{}", shown.stdout);
}

#[test]
fn secrets_are_not_explained() {
    let home = Home::new();
    let text = "{ models: { providers: { 'amazon-bedrock': { apiKey: 'a-very-secret-key' } } } }";
    let path = file(&home, "wrong.json5", text);
    for args in [
        &["explain", "models.providers.amazon-bedrock.apiKey"][..],
        &["explain", "models.providers.amazon-bedrock.apiKey", "--json"],
        &["explain", "models", "--json"],
        &["check"],
        &["check", "--json"],
    ] {
        let run = Outcrop::new(["config"].iter().chain(args)).arg("--config").arg(&path).run();
        assert!(run.code.is_some_and(|code| code == 0 || code == 3), "{run:?}");
        assert!(
            !run.stdout.contains("a-very-secret-key") && !run.stderr.contains("a-very-secret-key"),
            "{run:?}"
        );
    }
}

#[test]
fn mistakes_are_shown_at_their_places_and_take_nothing_else_down() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let path = file(&home, "wrong.json5", WRONG);
    let run = Outcrop::new(["ask", "-m", MODEL, "Hello", "--region", "us-west-2", "--config"])
        .arg(&path)
        .via(&emulator)
        .run()
        .succeeds();
    assert!(run.stdout.contains("Hello"), "{}", run.stdout);
    for (column, words) in
        [("3:42", "a whole number of seconds"), ("3:50", "`region`"), ("4:78", "between 1 and 100")]
    {
        let place = format!("{}:{column}\n", path.display());
        assert!(run.stderr.contains(&place), "not at {place}: {}", run.stderr);
        assert!(run.stderr.contains(words), "no {words}: {}", run.stderr);
    }
    assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
    assert_eq!(emulator.requests()[0]["region"], "us-west-2");
}

#[test]
fn programs_get_the_mistakes_as_json_lines() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let path = file(&home, "wrong.json5", WRONG);
    let run = Outcrop::new(["ask", "--json", "-m", "us.amazon.nothing", "Hello", "--config"])
        .arg(&path)
        .via(&emulator)
        .run()
        .exits_with(5);
    assert_eq!(run.stdout, "");
    let lines: Vec<Value> = run.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let places: Vec<_> =
        lines.iter().map(|line| [&line["warning"]["line"], &line["warning"]["column"]]).collect();
    assert_eq!(json!(places), json!([[3, 42], [3, 50], [4, 78], [null, null]]));
    assert_eq!(lines[3]["error"]["kind"], "ModelNotFound");
}

#[test]
fn check_tells_by_its_exit_code() {
    let home = Home::new();
    let wrong = file(&home, "wrong.json5", WRONG);
    let odd = file(&home, "odd.json5", "{ models: { bedrockDiscovery: { regoin: 'eu-west-1' } } }");
    let broken = file(&home, "broken.json5", "{ models: ");
    let fine = file(&home, "fine.json5", "{ models: { bedrockDiscovery: { region: 'eu-west-1' } } }");
    let absent = home.path().join("absent.json5");
    for (path, usual, strict) in
        [(&fine, 0, 0), (&odd, 0, 3), (&wrong, 3, 3), (&broken, 3, 3), (&absent, 3, 3)]
    {
        let check = |args: &[&str]| {
            Outcrop::new(["config", "check"].iter().chain(args)).arg("--config").arg(path).run()
        };
        let name = path.display();
        assert_eq!(check(&[]).code, Some(usual), "{name}");
        assert_eq!(check(&["--strict"]).code, Some(strict), "{name} --strict");
        let report = check(&["--json", "--strict"]).exits_with(strict).json();
        assert_eq!(report["ok"], strict == 0, "{report}");
        assert_eq!(report["diagnostics"].as_array().unwrap().is_empty(), strict == 0, "{report}");
    }
}

#[test]
fn foreign_keys_are_named_and_do_no_harm() {
    let home = Home::new();
    let path = file(&home, "shared.json5", "{ gateway: { port: 1 }, models: { mode: 'merge' } }");
    let report = Outcrop::new(["config", "check", "--strict", "--json", "--config"])
        .arg(&path)
        .run()
        .succeeds()
        .json();
    assert_eq!((&report["ok"], &report["diagnostics"]), (&json!(true), &json!([])), "{report}");
    let keys: Vec<_> = report["unused"].as_array().unwrap().iter().map(|unused| &unused["key"]).collect();
    assert_eq!(keys, ["gateway", "models.mode"], "{report}");
}

#[test]
fn a_file_that_somebody_named_must_be_there() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["ask", "--json", "Hello", "--config", "missing.json5"])
        .via(&emulator)
        .run()
        .exits_with(3);
    let error = &run.error_json()["error"];
    assert_eq!(error["kind"], "Config");
    assert!(error["message"].as_str().unwrap().contains("missing.json5"), "{error}");
    assert!(
        emulator.requests().is_empty(),
        "nothing is called by another configuration than the one that was named"
    );
}

#[test]
fn nothing_is_sent_by_a_configuration_that_is_wrong_about_who_where_or_under_which_guardrail() {
    let emulator = Emulator::start();
    let guarded = "{ models: { providers: { 'amazon-bedrock': { guardrail: { guardrailIdentifier: 'g' } } }";
    let home = Home::new();
    file(&home, "config/outcrop/config.json5", guarded);
    let refused = "nothing is sent by a wrong configuration";
    let runs = [
        (Outcrop::new(["ask", "Hello", "-m", MODEL, "--endpoint-url", "nowhere"]), "--endpoint-url: "),
        (
            Outcrop::new([
                "ask",
                "Hello",
                "-m",
                MODEL,
                "--set",
                "models.providers.amazon-bedrock.auth=magic",
            ]),
            "--set: ",
        ),
        (
            Outcrop::new([
                "ask",
                "Hello",
                "-m",
                MODEL,
                "--set",
                "models.providers.amazon-bedrock.guardrail={}",
            ]),
            "--set: ",
        ),
        (Outcrop::new(["ask", "Hello", "-m", MODEL]).env("OUTCROP_AUTH", "magic"), refused),
        (Outcrop::at(&home, ["ask", "Hello", "-m", MODEL]), refused),
        (Outcrop::at(&home, ["models", "list"]), refused),
    ];
    for (run, words) in runs {
        let run = run.via(&emulator).run().exits_with(3);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert!(emulator.requests().is_empty(), "{:?}", emulator.requests());
}

#[test]
fn where_aws_is_not_asked_it_is_said_why_nothing_is_found() {
    let emulator = Emulator::start();
    let off =
        |args: &[&str]| Outcrop::new(args).via(&emulator).env("OUTCROP_DISCOVERY_ENABLED", "false").run();
    for run in [off(&["ask", "Hello"]).exits_with(5), off(&["models", "list"]).succeeds()] {
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("`models.bedrockDiscovery.enabled` is `false`"), "{}", run.stderr);
    }
    assert!(emulator.requests().is_empty());
}

#[test]
fn the_schema_describes_every_layer_of_the_file() {
    let schema = Outcrop::new(["config", "schema"]).run().succeeds().json();
    assert!(schema["$schema"].as_str().unwrap().starts_with("http"), "{}", schema["$schema"]);
    let text = schema.to_string();
    for key in
        ["bedrockDiscovery", "refreshInterval", "baseUrl", "guardrailIdentifier", "firstEvent", "primary"]
    {
        assert!(text.contains(&format!("\"{key}\"")), "{key} is not in the schema");
    }
}

#[test]
fn the_references_are_what_the_program_prints() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (file, args) in [
        ("configuration.md", &["config", "schema", "--format", "markdown"][..]),
        ("environment.md", &["help", "environment", "--markdown"]),
    ] {
        let published = std::fs::read_to_string(reference.join(file)).unwrap();
        let printed = Outcrop::new(args).run().succeeds().stdout;
        assert!(published == printed, "{file} is out of step: run `cargo xtask schema`");
    }
    let refused = Outcrop::new(["help", "exit-codes", "--markdown"]).run().exits_with(2);
    assert!(refused.stderr.contains("outcrop help environment"), "{}", refused.stderr);
}

#[test]
fn assignments_that_cannot_be_read_are_usage_errors() {
    for argument in ["models", "a..b=1", "=1", "models.[=1", ""] {
        let run = Outcrop::new(["config", "check", "--set", argument]).run().exits_with(2);
        assert!(run.stderr.contains("--set") && run.stdout.is_empty(), "{run:?}");
    }
    let run = Outcrop::new(["config", "check", "--set", "models.bedrockDiscovery.enabled=perhaps"]).run();
    run.exits_with(3);
}

#[test]
fn variables_have_their_effect() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let text = "{ agents: { defaults: { model: { primary: 'us.amazon.nova-micro-v1:0' } } } }";
    let path = file(&home, "mine.json5", text);
    let ask = |name: &str, value: &std::ffi::OsStr| {
        let run =
            Outcrop::new(["ask", "Hello"]).via(&emulator).env("OUTCROP_MODEL", MODEL).env(name, value).run();
        let run = run.succeeds();
        (emulator.requests().pop().unwrap(), run.stderr)
    };
    let (request, stderr) = ask("OUTCROP_REGION", "us-west-2".as_ref());
    assert_eq!((&request["region"], stderr.as_str()), (&json!("us-west-2"), ""));
    let (request, _) = ask("OUTCROP_MODEL", "us.amazon.nova-pro-v1:0".as_ref());
    assert_eq!(request["modelId"], "us.amazon.nova-pro-v1:0");
    let (_, stderr) = ask("OUTCROP_MODLE", "x".as_ref());
    assert!(stderr.contains("OUTCROP_MODLE") && stderr.contains("did you mean `OUTCROP_MODEL`?"), "{stderr}");

    let run = Outcrop::new(["ask", "Hello"]).via(&emulator).env("OUTCROP_CONFIG", &path).run().succeeds();
    assert_eq!(run.stderr, "");
    assert_eq!(emulator.requests().pop().unwrap()["modelId"], "us.amazon.nova-micro-v1:0");
}

#[test]
fn files_are_found_where_the_platform_has_them() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let model = |id: &str| format!("{{ agents: {{ defaults: {{ model: {{ primary: '{id}' }} }} }} }}");
    let user = file(&home, "config/outcrop/config.json5", &model("us.amazon.nova-micro-v1:0"));
    let asked = || {
        Outcrop::at(&home, ["ask", "Hello"]).via(&emulator).run().succeeds();
        emulator.requests().pop().unwrap()["modelId"].clone()
    };
    assert_eq!(asked(), "us.amazon.nova-micro-v1:0");
    let project = file(&home, "work/outcrop.json5", &model("us.amazon.nova-pro-v1:0"));
    assert_eq!(asked(), "us.amazon.nova-pro-v1:0");
    let shown = Outcrop::at(&home, ["config", "path"]).run().succeeds().stdout;
    let places: Vec<_> = shown.lines().skip(1).collect();
    let project = std::fs::canonicalize(project).unwrap();
    assert_eq!(places[0], format!("user: {}", user.display()));
    assert!(places[1].starts_with("project: "), "{shown}");
    assert_eq!(std::fs::canonicalize(places[1].trim_start_matches("project: ")).unwrap(), project);
}

#[test]
fn a_project_file_cannot_send_calls_elsewhere() {
    let (emulator, elsewhere, home) = (Emulator::start(), Emulator::start(), Home::new());
    let text = format!(
        "{{ models: {{ providers: {{ 'amazon-bedrock': {{ baseUrl: '{}' }} }} }} }}",
        elsewhere.endpoint()
    );
    file(&home, "work/outcrop.json5", &text);
    let run = Outcrop::at(&home, ["ask", "-m", MODEL, "Hello"]).via(&emulator).run().succeeds();
    assert!(run.stderr.contains("baseUrl") && run.stderr.contains("outcrop.json5:1:"), "{}", run.stderr);
    assert_eq!((emulator.requests().len(), elsewhere.requests().len()), (1, 0));
}

#[test]
fn a_project_file_cannot_say_who_calls() {
    let emulator = Emulator::start();
    for (key, value) in [
        ("apiKey", "'ABSK-of-somebody-else'"),
        ("apiKeyFile", "'key'"),
        ("assumeRole", "{ roleArn: 'arn:aws:iam::123456789012:role/of-somebody-else' }"),
        ("auth", "'none'"),
        ("profile", "'of-somebody-else'"),
        ("useFipsEndpoint", "true"),
        ("useDualstackEndpoint", "true"),
    ] {
        let home = Home::new();
        file(&home, "work/key", "ABSK-of-somebody-else");
        let text = format!("{{ models: {{ providers: {{ 'amazon-bedrock': {{ {key}: {value} }} }} }} }}");
        file(&home, "work/outcrop.json5", &text);
        let run = Outcrop::at(&home, ["ask", "-m", MODEL, "Hello"]).via(&emulator).run().succeeds();
        assert!(run.stderr.contains(&format!("a project may not set `{key}`")), "{}", run.stderr);
        let requests = emulator.requests();
        assert!(requests.len() == 1 && requests[0]["accessKeyId"] == "AKIAOUTC…ATOR", "{requests:?}");
        emulator.forget_requests();
    }
}
