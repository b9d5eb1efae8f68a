//! `outcrop config get | set | unset | list`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::file;
use crate::support::{Finished, Home, Outcrop, members};

const USER: &str = "config/outcrop/config.json5";
const REGION: &str = "models.bedrockDiscovery.region";

fn config(home: &Home, args: &[&str]) -> Finished {
    Outcrop::at(home, ["config"].iter().chain(args)).run()
}

fn read(path: &PathBuf) -> String {
    fs::read_to_string(path).unwrap()
}

/// What is in the folder of a file.
fn names(file: &Path) -> Vec<String> {
    let entries = fs::read_dir(file.parent().unwrap()).unwrap();
    let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The file after a text, or none, was given the two settings that people begin with.
fn begun(text: Option<&str>) -> String {
    let home = Home::new();
    let path = match text {
        Some(text) => file(&home, USER, text),
        None => home.path().join(USER),
    };
    let set = config(&home, &["set", "models.bedrockDiscovery.enabled", "true"]).succeeds();
    assert!(set.stdout.contains(&format!("is set, in {}:", path.display())), "{}", set.stdout);
    assert_eq!(set.stderr, "");
    config(&home, &["set", REGION, "us-east-1"]).succeeds();
    let written = read(&path);
    // Once more changes nothing, not even the time of the file.
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let again = config(&home, &["set", REGION, "us-east-1"]).succeeds();
    assert!(again.stdout.contains("says so already"), "{}", again.stdout);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
    assert_eq!(config(&home, &["get", REGION]).succeeds().stdout, "us-east-1\n");
    assert_eq!(config(&home, &["get", "models.bedrockDiscovery.enabled"]).succeeds().stdout, "true\n");
    written
}

#[test]
fn the_first_settings_give_the_file_that_people_expect() {
    let expected = "{\n  models: {\n    bedrockDiscovery: {\n      enabled: true,\n      region: \"us-east-1\",\n    },\n  },\n}\n";
    assert_eq!(begun(None), expected);
    assert_eq!(begun(Some("")), expected);
}

#[test]
fn a_commented_file_keeps_every_byte_but_those_of_the_settings() {
    let before = "\
// Our configuration. Ask Ann before you change it.
{
    /* the models */
    'models': {
        'bedrockDiscovery': { // what we list
            'region': 'eu-west-1', // Ireland, for now
            // 'geography': 'eu',
            'refreshInterval': 0xE10 // an hour
        },

        'providers': {}
    }, // end of models
    // nothing else
}
// vim: et
";
    let expected = before
        .replace("'eu-west-1'", "'us-east-1'")
        .replace("0xE10 // an hour\n", "0xE10, // an hour\n            'enabled': true\n");
    assert_eq!(begun(Some(before)), expected);
}

#[test]
fn values_are_json5_or_text() {
    let (home, path) = (Home::new(), "models.providers.\"amazon-bedrock\"");
    let cases = [
        ("models.bedrockDiscovery.refreshInterval", "0xE10", json!(3600)),
        (
            "models.bedrockDiscovery.providerFilter",
            "['anthropic', /* and */ 'amazon']",
            json!(["anthropic", "amazon"]),
        ),
        ("models.bedrockDiscovery.includeLegacy", "true", json!(true)),
        (&format!("{path}.profile"), "123", json!("123")),
        (&format!("{path}.models"), "[{ id: 'a.b' }]", json!([{ "id": "a.b" }])),
        (&format!("{path}.models.\"a.b\".name"), "true", json!("true")),
        ("models.overrides['a.b:0'].maxTokens", "7", json!(7)),
    ];
    for (key, text, expected) in cases {
        config(&home, &["set", key, text]).succeeds();
        let got = config(&home, &["get", key, "--json"]).succeeds().json();
        assert_eq!(got["value"], expected, "{key}");
        assert_eq!(members(&got), ["key", "origin", "value"]);
        assert_eq!(got["origin"]["layer"], "user");
    }
    let models = config(&home, &["get", &format!("{path}.models")]).succeeds().stdout;
    assert_eq!(models, "[\n  {\n    \"id\": \"a.b\",\n    \"name\": \"true\"\n  }\n]\n");

    // With --json nothing is taken for text.
    let set = config(&home, &["set", REGION, "\"eu-west-1\"", "--json"]).succeeds().json();
    let names =
        ["changed", "diff", "dryRun", "file", "key", "layer", "line", "plainSecrets", "read", "shadowedBy"];
    assert_eq!(members(&set), names);
    assert_eq!((&set["key"], &set["layer"], &set["changed"]), (&json!(REGION), &json!("user"), &json!(true)));
    let error = config(&home, &["set", REGION, "eu-west-1", "--json"]).exits_with(2).error_json();
    assert!(error["error"]["message"].as_str().unwrap().contains("not JSON5"), "{error}");
    config(&home, &["set", "a..b", "1"]).exits_with(2);
}

#[test]
fn what_would_be_wrong_is_not_written() {
    let home = Home::new();
    let path = file(&home, USER, "{ models: {} } // ours\n");
    let cases = [
        ("models.bedrockDiscovery.refreshInterval", "soon", "a whole number of seconds"),
        ("models.providers.amazon-bedrock.auth", "magic", "`auth` has a value that is not known"),
        ("models.providers.amazon-bedrock.retry.attempts", "-1", "between 1 and 100"),
    ];
    for (key, value, words) in cases {
        for dry_run in [&[][..], &["--dry-run"]] {
            let run = config(&home, &[&["set", key, value], dry_run].concat()).exits_with(3);
            assert!(run.stderr.contains(words) && run.stdout.is_empty(), "{run:?}");
        }
    }
    let refused = config(
        &home,
        &["set", "models.providers.amazon-bedrock.baseUrl", "https://x.example", "--layer", "project"],
    );
    assert!(refused.exits_with(3).stderr.contains("a project may not set `baseUrl`"));
    assert_eq!(read(&path), "{ models: {} } // ours\n");
    assert!(!home.work().join("outcrop.json5").exists());
    // What nobody reads is written with a warning.
    let odd = config(&home, &["set", "models.bedrockDiscovery.regoin", "x"]).succeeds();
    assert!(odd.stderr.contains("`region`"), "{}", odd.stderr);
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let home = Home::new();
    let text = "{\n  models: {\n    providers: { x: { apiKey: 'a-very-secret-key' } },\n  },\n}\n";
    let path = file(&home, USER, text);
    let run = config(&home, &["set", "models.providers.x.region", "eu-west-1", "--dry-run"]).succeeds();
    let name = path.display();
    assert_eq!(
        run.stdout,
        format!(
            "--- {name}\n+++ {name}\n@@ -1,5 +1,5 @@\n {{\n   models: {{\n\
             -    providers: {{ x: {{ apiKey: ******************* }} }},\n\
             +    providers: {{ x: {{ apiKey: *******************, region: 'eu-west-1' }} }},\n   }},\n }}\n"
        )
    );
    let json = config(&home, &["unset", "models.providers.x", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(
        (&json["dryRun"], &json["changed"], &json["line"]),
        (&json!(true), &json!(true), &Value::Null)
    );
    assert!(!json.to_string().contains("a-very-secret-key"));
    let nothing = config(&home, &["unset", "models.overrides", "--dry-run"]).exits_with(1);
    assert!(nothing.stdout.is_empty() && nothing.stderr.contains("nothing would change"), "{nothing:?}");
    assert_eq!(read(&path), text);
    assert_eq!(names(&path), ["config.json5"]);
}

#[test]
fn entries_are_lost_on_purpose_only() {
    let home = Home::new();
    let text =
        "{ models: { providers: { x: { models: [{ id: 'a' }, { id: 'b' }] } }, overrides: { m: {} } } }\n";
    let path = file(&home, USER, text);
    let cases = [
        (&["set", "models.providers", "{}"][..], "`models.providers.x`"),
        (&["set", "models.providers.x.models", "[{ id: 'b' }]"], "`models.providers.x.models.a`"),
        (&["set", "models.overrides", "{ n: {} }"], "`models.overrides.m`"),
        (&["unset", "models.providers"], "`models.providers.x`"),
    ];
    for (args, lost) in cases {
        let run = config(&home, args).exits_with(3);
        assert!(run.stderr.contains(&format!("would lose {lost}")), "{}", run.stderr);
        assert!(run.stderr.contains("--replace"), "{}", run.stderr);
        assert_eq!(read(&path), text);
    }
    config(&home, &["set", "models.providers.x.models", "[{ id: 'b' }]", "--replace"]).succeeds();
    assert_eq!(read(&path), text.replace("{ id: 'a' }, ", ""));
    // To remove one entry is what was asked for.
    config(&home, &["unset", "models.overrides.m"]).succeeds();
    assert_eq!(read(&path), text.replace("{ id: 'a' }, ", "").replace(", overrides: { m: {} }", ""));
    let again = config(&home, &["unset", "models.overrides.m"]).exits_with(1);
    assert!(again.stdout.contains("is not set"), "{}", again.stdout);
}

#[test]
fn a_change_can_depend_on_what_is_there() {
    let home = Home::new();
    let path = home.path().join(USER);
    let set = |value: &str, condition: &[&str]| config(&home, &[&["set", REGION, value], condition].concat());
    set("a", &["--expect-current", "'b'"]).exits_with(3);
    assert!(!path.exists());
    set("a", &["--expect-absent"]).succeeds();
    set("b", &["--expect-absent"]).exits_with(3);
    let error = set("\"b\"", &["--expect-current", "'c'", "--json"]).exits_with(3).error_json();
    assert_eq!(error["error"]["kind"], "Config");
    assert_eq!(config(&home, &["get", REGION]).succeeds().stdout, "a\n");
    set("b", &["--expect-current", "'a'"]).succeeds();
    config(&home, &["unset", REGION, "--expect-current", "'a'"]).exits_with(3);
    config(&home, &["unset", REGION, "--expect-current", "'b'"]).succeeds();
    set("a", &["--expect-current", "not json"]).exits_with(2);
    set("a", &["--expect-current", "1", "--expect-absent"]).exits_with(2);
}

#[test]
fn layers_are_written_and_read_apart() {
    let home = Home::new();
    config(&home, &["set", REGION, "u"]).succeeds();
    config(&home, &["set", REGION, "p", "--layer", "project"]).succeeds();
    let project = home.work().join("outcrop.json5");
    assert!(read(&project).contains("region: \"p\""), "{}", read(&project));
    let get = |layer: &[&str]| config(&home, &[&["get", REGION], layer].concat()).succeeds().stdout;
    assert_eq!((get(&[]), get(&["--layer", "user"])), ("p\n".to_owned(), "u\n".to_owned()));
    config(&home, &["get", REGION, "--layer", "system"]).exits_with(1);
    // Whoever writes a weaker layer hears that it has no effect.
    let hidden = config(&home, &["set", REGION, "v", "--layer", "user"]).succeeds();
    assert!(hidden.stderr.contains("outcrop.json5:4:"), "{}", hidden.stderr);
    let named = file(&home, "named.json5", "{}");
    let by_name = named.to_str().unwrap();
    config(&home, &["set", REGION, "n", "--config", by_name]).succeeds();
    assert!(read(&named).contains("region: \"n\""));
    let unread = config(&home, &["set", REGION, "w", "--layer", "user", "--config", by_name]).succeeds();
    assert!(unread.stderr.contains("is not read now"), "{}", unread.stderr);
    // Nobody writes there in a test; where it would go is known.
    let system = config(&home, &["set", REGION, "s", "--layer", "system", "--dry-run"]).succeeds();
    assert!(system.stdout.contains("+++ /etc/outcrop/config.json5"), "{}", system.stdout);
    let homeless =
        Outcrop::at(&home, ["config", "set", REGION, "x"]).with_limits("unset HOME XDG_CONFIG_HOME");
    assert!(homeless.run().exits_with(3).stderr.contains("there is no configuration file to write to"));
}

#[test]
fn what_nothing_sets_is_explained() {
    let home = Home::new();
    let unset = config(&home, &["get", REGION]).exits_with(1);
    assert_eq!(unset.stdout, "");
    assert!(unset.stderr.contains(&format!("nothing sets `{REGION}`: ")), "{}", unset.stderr);
    let explained =
        config(&home, &["explain", "models.providers.amazon-bedrock.timeouts.connect"]).succeeds();
    assert!(explained.stdout.contains("set nowhere; How long"), "{}", explained.stdout);
    assert!(explained.stdout.ends_with("Unset: 5.\n"), "{}", explained.stdout);
    let unknown = config(&home, &["get", "models.nobody.knows"]).exits_with(1);
    assert!(unknown.stderr.contains("nothing reads it"), "{}", unknown.stderr);
    let json = config(&home, &["get", REGION, "--json"]).exits_with(1).json();
    assert_eq!((&json["value"], &json["origin"]), (&Value::Null, &Value::Null));
    // The variables of AWS stand in where nothing is set.
    let ambient = Outcrop::at(&home, ["config", "get", REGION]).env("AWS_REGION", "eu-west-3").run();
    assert_eq!(ambient.succeeds().stdout, "eu-west-3\n");
}

#[test]
fn whoever_reads_hears_of_mistakes() {
    let home = Home::new();
    let path =
        file(&home, USER, "{ models: { bedrockDiscovery: { region: 'eu-west-1' refreshInterval: 60 } } }");
    let place = format!("{}:1:", path.display());
    for args in [&["get", "models.bedrockDiscovery.refreshInterval"][..], &["list"]] {
        let run = config(&home, args).succeeds();
        assert!(run.stdout.contains("3600") && run.stderr.contains(&place), "{run:?}");
    }
    let set = config(&home, &["set", REGION, "x"]).exits_with(3);
    assert!(set.stderr.contains("a file with a mistake is not edited"), "{}", set.stderr);
}

#[test]
fn list_says_where_each_value_comes_from_and_no_secret() {
    let home = Home::new();
    let text = "{\n  models: { providers: { 'amazon-bedrock': {\n    apiKey: 'a-very-secret-key', region: 'eu-west-1' } } },\n}\n";
    let path = file(&home, USER, text);
    let list = |args: &[&str]| {
        let args = ["config", "list"].iter().chain(args);
        Outcrop::at(&home, args).env("OUTCROP_DISCOVERY_REGION", "eu-west-2").run().succeeds()
    };
    let shown = list(&["--set", "models.bedrockDiscovery.includeLegacy=true"]).stdout;
    let lines = [
        format!("models.providers.\"amazon-bedrock\".region = \"eu-west-1\"  ({}:3:", path.display()),
        "models.bedrockDiscovery.region = \"eu-west-2\"  (environment variable OUTCROP_DISCOVERY_REGION)\n"
            .to_owned(),
        "models.bedrockDiscovery.includeLegacy = true  (--set)\n".to_owned(),
        "models.bedrockDiscovery.refreshInterval = 3600  (built-in default)\n".to_owned(),
    ];
    for line in lines {
        assert!(shown.contains(&line), "no {line} in {shown}");
    }
    let json = list(&["--json", "models.providers"]).json();
    assert_eq!(members(&json), ["count", "values"]);
    let values = json["values"].as_array().unwrap();
    let layers: Vec<_> =
        values.iter().map(|it| (it["key"].as_str().unwrap(), &it["origin"]["layer"])).collect();
    let key = |name: &str| format!("models.providers.\"amazon-bedrock\".{name}");
    let expected = [(key("api"), "defaults"), (key("apiKey"), "user"), (key("region"), "user")];
    let mut layers: Vec<_> =
        layers.iter().map(|(key, layer)| ((*key).to_owned(), layer.as_str().unwrap())).collect();
    layers.sort();
    assert_eq!(layers, expected);
    assert_eq!(list(&["--layer", "user", "--json"]).json()["count"], 2);
    assert_eq!(list(&["--layer", "project"]).stdout, "");
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--layer", "user"],
        &["get", "models"],
        &["get", "models", "--json"],
        &["get", "models.providers.amazon-bedrock.apiKey"],
        &["get", "models.providers.amazon-bedrock.apiKey", "--layer", "user"],
    ] {
        let run = config(&home, args).succeeds();
        assert!(
            !run.stdout.contains("a-very-secret-key") && !run.stderr.contains("a-very-secret-key"),
            "{run:?}"
        );
        assert!(run.stdout.contains("****"), "{}", run.stdout);
    }
}

#[test]
fn of_twenty_changes_at_once_none_is_lost() {
    let home = Home::new();
    let path = file(&home, USER, "// ours\n{}\n");
    let runs: Vec<_> = (0..20)
        .map(|number| {
            let key = format!("models.overrides.m{number}.maxTokens");
            Outcrop::at(&home, ["config", "set", &key, &(number + 1).to_string()]).start()
        })
        .collect();
    for run in runs {
        run.finish().succeeds();
    }
    let overrides = config(&home, &["get", "models.overrides", "--json"]).succeeds().json();
    let found: Vec<_> =
        (0..20).map(|number| overrides["value"][format!("m{number}")]["maxTokens"].clone()).collect();
    assert_eq!(json!(found), json!((1..=20).collect::<Vec<_>>()));
    assert!(read(&path).starts_with("// ours\n"));
    assert_eq!(names(&path), ["config.json5"], "no lock is left behind");
}

/// A file that is larger than the limits of the tests below.
#[cfg(unix)]
fn large(home: &Home) -> (PathBuf, String) {
    let text = format!("// {}\n{{ models: {{}} }}\n", "x".repeat(64 * 1024));
    (file(home, USER, &text), text)
}

#[cfg(unix)]
#[test]
fn a_kill_in_the_middle_of_writing_leaves_the_old_file() {
    let home = Home::new();
    let (path, text) = large(&home);
    let set = || Outcrop::at(&home, ["config", "set", REGION, "eu-west-1"]);
    // The operating system ends a process that writes more than it may (`SIGXFSZ`, `setrlimit(2)`).
    let run = set().with_limits("ulimit -c 0; ulimit -f 8").run();
    assert_eq!(run.code, None, "a signal ends it: {run:?}");
    let begun = fs::read_dir(path.parent().unwrap()).unwrap().filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "tmp")
    });
    assert_eq!(begun.count(), 1, "it was killed while it wrote");
    assert_eq!(read(&path), text);
    // Nothing of it stands in the way, and the lock that it had goes with the next one.
    assert!(names(&path).contains(&".config.json5.lock".to_owned()));
    set().run().succeeds();
    assert!(!names(&path).contains(&".config.json5.lock".to_owned()));
    assert_eq!(config(&home, &["get", REGION]).succeeds().stdout, "eu-west-1\n");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_reported_and_leaves_the_old_file() {
    let home = Home::new();
    let (path, text) = large(&home);
    // Without the signal, the write fails.
    let run = Outcrop::at(&home, ["config", "set", REGION, "\"eu-west-1\"", "--json"])
        .with_limits("trap '' XFSZ; ulimit -f 8")
        .run()
        .exits_with(3);
    let error = run.error_json();
    let error = &error["error"];
    assert!(error["message"].as_str().unwrap().contains("config.json5` cannot be written"), "{error}");
    assert!(error["causes"][0].as_str().unwrap().contains("File too large"), "{error}");
    assert_eq!(read(&path), text);
    assert_eq!(names(&path), ["config.json5"], "nothing is left beside it");
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let path = file(&home, USER, "{}\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    for args in [&["set", REGION, "x"][..], &["set", "models.bedrockDiscovery", "{ enabled: true }"]] {
        let run = config(&home, args).exits_with(3);
        assert!(run.stderr.contains("is read-only") && run.stderr.contains("hint"), "{}", run.stderr);
    }
    assert_eq!(read(&path), "{}\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
}
