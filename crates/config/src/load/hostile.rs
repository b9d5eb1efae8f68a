//! Files that nobody means to write, and that everybody comes to have.

use serde_json::json;

use super::*;
use crate::testing::{path, rendered};
use crate::{FileSource, Style};

fn load(text: &str) -> Loaded {
    Loader::new(Sources::default().with_text(Layer::User, "u.json5", text)).load()
}

/// Loads bytes from a file.
fn load_bytes(bytes: &[u8]) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("u.json5");
    std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), bytes).unwrap();
    Loader::new(Sources { user: Some(FileSource::Optional(file)), ..Sources::default() }).load()
}

fn codes(loaded: &Loaded) -> Vec<Code> {
    loaded.diagnostics.iter().map(|it| it.code).collect()
}

#[test]
fn every_end_of_a_line_is_one() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["{ // a comment", "  models: {", "    bedrockDiscovery: { regoin: 'x' },", "  },", "}"]
            .join(end);
        let loaded = load(&text);
        let [diagnostic] = loaded.diagnostics.as_slice() else { panic!("{end:?}: {}", rendered(&loaded)) };
        assert_eq!((diagnostic.line, diagnostic.column), (Some(3), Some(25)), "{end:?}");
        let shown = diagnostic.render(Style::Plain);
        assert!(shown.contains("--> u.json5:3:25\n"), "{shown}");
        assert!(shown.contains("3 |     bedrockDiscovery: { regoin: 'x' },\n"), "{shown}");
    }
}

#[test]
fn a_mistake_in_a_long_line_is_where_it_is() {
    let filter = "x".repeat(1_000_000);
    let text = format!(
        "{{ models: {{ bedrockDiscovery: {{ providerFilter: ['{filter}'], regoin: '{filter}' }} }} }}"
    );
    let loaded = load(&text);
    let [diagnostic] = loaded.diagnostics.as_slice() else { panic!("{}", loaded.diagnostics.len()) };
    let column = text.find("regoin").unwrap() + 1;
    assert_eq!(diagnostic.column, Some(column));
    let shown = diagnostic.render(Style::Plain);
    assert!(shown.contains(&format!("--> u.json5:1:{column}\n")), "{shown}");
    assert!(shown.contains("regoin: 'xxx") && shown.len() < 2000, "{shown}");
}

#[test]
fn a_thousand_mistakes_are_a_thousand_diagnostics() {
    let lines =
        (0..1000).map(|id| format!("  'm{id}': {{ contextWindow: 'x' }},\n")).collect::<Vec<_>>().concat();
    let loaded = load(&format!("{{ models: {{ overrides: {{\n{lines}}} }} }}"));
    let lines: Vec<_> = loaded.diagnostics.iter().map(|it| it.line).collect();
    assert_eq!(lines, (2..1002).map(Some).collect::<Vec<_>>());
}

#[test]
fn many_keys_are_read_like_few() {
    let lines = (0..5_000)
        .map(|id| format!("'m{id}': {{ name: 'n' }}, 'm{id}': {{}},\n"))
        .collect::<Vec<_>>()
        .concat();
    let models = (0..2_000).map(|id| format!("{{ id: 'm{}' }},", id / 2)).collect::<Vec<_>>().concat();
    let loaded = load(&format!(
        "{{ models: {{ overrides: {{ {lines} }}, providers: {{ x: {{ models: [{models}] }} }} }} }}"
    ));
    assert_eq!(codes(&loaded), vec![Code::DuplicateKey; 6_000]);
    let models = &loaded.config.settings().models;
    assert_eq!((models.overrides.len(), models.overrides["m7"].name.as_ref()), (5_000, None));
    assert_eq!(models.providers["x"].models.as_ref().unwrap().len(), 1_000);
}

#[test]
fn equal_keys_are_equal_however_they_are_written() {
    let text = r#"{ models: { bedrockDiscovery: { region: "a", "region": "b", 'region': "c", "reg\u0069on": "d" } } }"#;
    let loaded = load(text);
    assert_eq!(codes(&loaded), [Code::DuplicateKey; 3]);
    assert_eq!(loaded.config.get(&path("models.bedrockDiscovery.region")), Some(json!("d")));
    let counts: Vec<_> =
        loaded.diagnostics.iter().map(|it| it.render(Style::Plain).contains("this one counts")).collect();
    assert_eq!(counts, [false, false, true]);
}

#[test]
fn names_that_mean_something_elsewhere_are_names() {
    let loaded = load(
        "{ __proto__: { models: {} }, models: { __proto__: {}, overrides: { __proto__: { name: 'n' }, '': {}, constructor: {} } } }",
    );
    assert_eq!(codes(&loaded), [Code::UnknownKey]);
    let overrides = &loaded.config.settings().models.overrides;
    assert_eq!((overrides.len(), overrides["__proto__"].name.as_deref()), (3, Some("n")));
    assert_eq!(loaded.config.unused()[0].key.to_string(), "__proto__");
}

#[test]
fn a_file_in_another_encoding_is_told_so() {
    let utf16: Vec<u8> = "\u{feff}{ models: {} }".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big_endian: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [&utf16, &big_endian] {
        let text = rendered(&load_bytes(bytes));
        assert!(text.contains("the file is UTF-16") && text.contains("save the file as UTF-8"), "{text}");
    }
    // Without its mark.
    let text = rendered(&load_bytes(&utf16[2..]));
    assert!(text.contains("NUL bytes: save it as UTF-8"), "{text}");
    let loaded = load_bytes(b"{\n  // k\xc3\xa4se, k\xe4se\n}");
    let place = (loaded.diagnostics[0].line, loaded.diagnostics[0].column);
    assert_eq!((codes(&loaded), place), (vec![Code::Syntax], (Some(2), Some(13))));
}

#[test]
fn other_formats_get_a_hint() {
    for (text, hint) in [
        ("{ models: {} }\n# a comment", "comments begin with `//`"),
        ("{ models: { bedrockDiscovery: { region: “eu-west-1” } } }", "straight quotes"),
        ("models:\n  bedrockDiscovery: {}\n", "a configuration is JSON5"),
        ("[models.bedrockDiscovery]\nregion = 'eu-west-1'\n", "a configuration is JSON5"),
    ] {
        let text = rendered(&load(text));
        assert!(text.contains(hint), "{text}");
    }
    let text =
        rendered(&load("// What it is.\n{ models: { bedrockDiscovery: { region: 'a' enabled: true } } }"));
    assert!(!text.contains("a configuration is"), "{text}");
}

#[test]
fn what_has_no_end_is_not_read_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("u.json5");
    std::fs::File::create(&file).unwrap().set_len((16 << 20) + 1).unwrap();
    let large = Sources { user: Some(FileSource::Optional(file)), ..Sources::default() };
    let mut cases = vec![(large, Code::Read)];
    if cfg!(unix) {
        let endless = Some(FileSource::Required("/dev/zero".into()));
        cases.push((Sources { file: endless, ..Sources::default() }, Code::NamedFile));
    }
    for (sources, code) in cases {
        let loaded = Loader::new(sources).load();
        assert_eq!(codes(&loaded), [code]);
        assert!(loaded.diagnostics[0].message.contains("16 MiB"), "{}", loaded.diagnostics[0]);
    }
}

#[test]
fn numbers_of_any_size_are_shown_as_they_are_written() {
    let loaded = load(
        "{ models: { providers: { 'amazon-bedrock': { timeouts: { total: 1e308, idle: 5e-324, connect: -0 }, retry: { attempts: -0.0, budget: 1e-7 } } } } }",
    );
    let messages: Vec<_> = loaded.diagnostics.iter().map(|it| it.message.as_str()).collect();
    let expected = [
        "`total` must be between 0.001 and 86400 seconds, found 1e308",
        "`idle` must be between 0.001 and 86400 seconds, found 5e-324",
        "`connect` must be between 0.001 and 86400 seconds, found 0",
        "`attempts` must be between 1 and 100, found 0",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_secret_that_looks_like_a_variable_is_not_told() {
    let loaded = load(
        "{ models: { providers: { 'amazon-bedrock': { apiKey: 'p${hush hush}w' }, x: { profile: '${no name}' } } } }",
    );
    let text = format!("{}{}", rendered(&loaded), serde_json::to_string(&loaded.diagnostics).unwrap());
    assert_eq!(codes(&loaded), [Code::Substitution; 2]);
    assert!(!text.contains("hush"), "{text}");
    assert!(text.contains("`${no name}` names no environment variable"), "{text}");
}
