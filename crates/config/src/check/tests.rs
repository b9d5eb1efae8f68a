use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use crate::testing::rendered;
use crate::{Code, Layer, Loaded, Loader, ProviderSchema, Severity, Sources, Style};

pub(crate) fn load(text: &str) -> Loaded {
    let environment = BTreeMap::from([
        ("HOST".to_owned(), "example.org".to_owned()),
        ("MODE".to_owned(), "wrong-and-secret".to_owned()),
    ]);
    let sources = Sources { environment, ..Sources::default() }.with_text(Layer::User, "config.json5", text);
    let provider = ProviderSchema {
        api: "my-api".to_owned(),
        schema: json!({ "type": "object", "properties": {
            "tenant": { "type": "string", "enum": ["a", "b"] },
            "options": { "type": "object" },
            "codeword": { "type": "string", "writeOnly": true },
        } }),
    };
    Loader::new(sources).with_providers([provider]).load()
}

pub(crate) fn problems(text: &str) -> String {
    rendered(&load(text))
}

#[test]
fn unknown_keys() {
    let text = "{
  gateway: { port: 1 }, channels: [], plugins: { entries: { slack: {} } }, model: {},
  models: {
    mode: 'merge', bedrock_discovery: {}, bedrockDiscovery: { refresh: 1, regoin: 'x' },
    providers: {
      'amazon-bedrock': { authHeader: true, something: { deep: 1 }, base_url: 'https://x', models: [{ id: 'm', compat: {}, colour: 1 }] },
      mine: { api: 'my-api', tenant: 'a', options: { free: { form: 1 } }, tennant: 'b', zzz: 1 },
    },
  },
  agents: { list: [], defaults: { workspace: '~', modell: 'x', models: {} } },
}";
    insta::assert_snapshot!(problems(text), @r#"
warning[config::unknown-key]: nothing reads the key `model`
 --> config.json5:2:76
  |
2 |   gateway: { port: 1 }, channels: [], plugins: { entries: { slack: {} } }, model: {},
  |                                                                            ^^^^^ unknown key
  |
  = help: did you mean `models`?

warning[config::unknown-key]: nothing reads the key `models.bedrock_discovery`
 --> config.json5:4:20
  |
4 |     mode: 'merge', bedrock_discovery: {}, bedrockDiscovery: { refresh: 1, regoin: 'x' },
  |                    ^^^^^^^^^^^^^^^^^ unknown key
  |
  = help: did you mean `bedrockDiscovery`?

warning[config::unknown-key]: nothing reads the key `models.bedrockDiscovery.refresh`
 --> config.json5:4:63
  |
4 |     mode: 'merge', bedrock_discovery: {}, bedrockDiscovery: { refresh: 1, regoin: 'x' },
  |                                                               ^^^^^^^ unknown key
  |
  = help: did you mean `refreshInterval`?

warning[config::unknown-key]: nothing reads the key `models.bedrockDiscovery.regoin`
 --> config.json5:4:75
  |
4 |     mode: 'merge', bedrock_discovery: {}, bedrockDiscovery: { refresh: 1, regoin: 'x' },
  |                                                                           ^^^^^^ unknown key
  |
  = help: did you mean `region`?

warning[config::unknown-key]: nothing reads the key `models.providers."amazon-bedrock".base_url`
 --> config.json5:6:69
  |
6 |       'amazon-bedrock': { authHeader: true, something: { deep: 1 }, base_url: 'https://x', models: [{ id: 'm', compat: {}, colour: 1 ...
  |                                                                     ^^^^^^^^ unknown key
  |
  = help: did you mean `baseUrl`?

warning[config::unknown-key]: nothing reads the key `models.providers."amazon-bedrock".models[0].colour`
 --> config.json5:6:124
  |
6 | ... base_url: 'https://x', models: [{ id: 'm', compat: {}, colour: 1 }] },
  |                                                            ^^^^^^ unknown key
  |
  = help: known here: `baseModel`, `contextWindow`, `cost`, `id`, `input`, `maxTokens`, `name`, `reasoning`, `region`, `tools`

warning[config::unknown-key]: nothing reads the key `models.providers.mine.tennant`
 --> config.json5:7:75
  |
7 |       mine: { api: 'my-api', tenant: 'a', options: { free: { form: 1 } }, tennant: 'b', zzz: 1 },
  |                                                                           ^^^^^^^ unknown key
  |
  = help: did you mean `tenant`?

warning[config::unknown-key]: nothing reads the key `models.providers.mine.zzz`
 --> config.json5:7:89
  |
7 |       mine: { api: 'my-api', tenant: 'a', options: { free: { form: 1 } }, tennant: 'b', zzz: 1 },
  |                                                                                         ^^^ unknown key
  |
  = help: known here: `api`, `apiKey`, `auth`, `baseUrl`, `cache`, `cacheTtl`, `codeword`, `controlBaseUrl`, `guardrail`, `headers`, `limits`, `models`, `options`, `profile`, `region`, `requestMetadata`, `retry`, `tenant`, `timeouts`

warning[config::unknown-key]: nothing reads the key `agents.defaults.modell`
  --> config.json5:10:51
   |
10 |   agents: { list: [], defaults: { workspace: '~', modell: 'x', models: {} } },
   |                                                   ^^^^^^ unknown key
   |
   = help: did you mean `model`?
"#);
    let loaded = load(text);
    assert!(loaded.diagnostics.iter().all(|problem| problem.severity == Severity::Warning));
    let unused: Vec<String> = loaded.config.unused().iter().map(|unused| unused.key.to_string()).collect();
    insta::assert_snapshot!(unused.join("\n"), @r#"
gateway
channels
plugins.entries.slack
models.mode
models.providers."amazon-bedrock".authHeader
models.providers."amazon-bedrock".models[0].compat
agents.list
agents.defaults.workspace
agents.defaults.models
"#);
    assert_eq!(loaded.config.unused()[0].origin.to_string(), "config.json5:2:3");
    // Its provider may know it, and without its schema nobody can tell.
    let bedrock = loaded.config.provider("amazon-bedrock").unwrap();
    assert_eq!(bedrock.settings()["something"], json!({ "deep": 1 }));
    assert_eq!(bedrock.settings().get("base_url"), None);
    let mine = loaded.config.provider("mine").unwrap();
    assert_eq!(
        mine.settings(),
        &json!({ "api": "my-api", "tenant": "a", "options": { "free": { "form": 1 } } })
    );
}

#[test]
fn missing_and_repeated_ids() {
    let text = "{ models: { providers: { x: { models: [
  { name: 'no id' },
  { id: 5 },
  { id: 'a', name: 'first' },
  { id: 'b' },
  { id: 'a', name: 'second' },
] } } } }";
    insta::assert_snapshot!(problems(text), @r"
error[config::missing]: `id` is missing
 --> config.json5:2:3
  |
2 |   { name: 'no id' },
  |   ^^^^^^^^^^^^^^^^^ has no `id`
  |
  = help: the model is left out

error[config::type]: expected a string for `id`, found a number
 --> config.json5:3:9
  |
3 |   { id: 5 },
  |         ^ expected a string
  |
  = help: write it in quotes
  = help: `id`: The id that the model is called by
  = help: the model is left out

warning[config::duplicate-key]: the model `a` stands here twice; the last one counts
 --> config.json5:4:3
  |
4 |   { id: 'a', name: 'first' },
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: remove one of the two
");
    let loaded = load(text);
    let models = loaded.config.settings().models.providers["x"].models.clone().unwrap();
    let names: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.name.as_deref())).collect();
    assert_eq!(names, [("b", None), ("a", Some("second"))]);
}

#[test]
fn syntax() {
    insta::assert_snapshot!(problems("{\n  models: {\n    bedrockDiscovery: { region: 'x' enabled: true },\n  },\n}"), @r"
error[config::syntax]: not valid JSON5: expected comma
 --> config.json5:3:36
  |
3 |     bedrockDiscovery: { region: ********************
  |                                    ^ expected comma
  |
  = help: nothing in this file has an effect until it is fixed
");
    insta::assert_snapshot!(problems("{ a: [1, 2 }"), @r"
error[config::syntax]: not valid JSON5: unexpected close brace
 --> config.json5:1:12
  |
1 | { **********
  |            ^ unexpected close brace
  |
  = help: nothing in this file has an effect until it is fixed
");
    insta::assert_snapshot!(problems("{ a: 'unclosed\n }"), @r"
error[config::syntax]: not valid JSON5: unterminated string literal
 --> config.json5:1:6
  |
1 | { ************
  |      ^^^^^^^^^ unterminated string literal
  |
  = help: nothing in this file has an effect until it is fixed
");
    insta::assert_snapshot!(problems("[]"), @r"
error[config::type]: expected an object, found an array
 --> config.json5:1:1
  |
1 | []
  | ^^
  |
  = help: a configuration is an object, `{ models: { … } }`
");
    insta::assert_snapshot!(problems("{ a: 1"), @r"
error[config::syntax]: not valid JSON5: unterminated object
 --> config.json5:1:1
  |
1 | { ****
  | ^^^^^^ unterminated object
  |
  = help: nothing in this file has an effect until it is fixed
");
}

#[test]
fn duplicate_keys_and_inexact_numbers() {
    insta::assert_snapshot!(problems("{ models: { providers: { x: {
  region: 'a', region: 'b',
  requestMetadata: { account: 123456789012345678901 },
} } } }"), @r#"
warning[config::duplicate-key]: `region` stands here twice
 --> config.json5:2:16
  |
2 |   region: 'a', region: 'b',
  |                ^^^^^^ this one counts
  |
  = help: remove one of the two

error[config::number]: `account` cannot be kept exactly as a number
 --> config.json5:3:31
  |
3 |   requestMetadata: { account: 123456789012345678901 },
  |                               ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: if it is an id, write it as a string, in quotes
  = help: it counts as unset
"#);
}

#[test]
fn aliases() {
    let text = "{
  plugins: { entries: { 'amazon-bedrock': { config: { discovery: { enabled: true, region: 'alias', refreshInterval: 5 } } } } },
  models: { bedrockDiscovery: { region: 'canonical' } },
}";
    insta::assert_snapshot!(problems(text), @r"
warning[config::alias]: `models.bedrockDiscovery.region` is set in this file too, and counts
 --> config.json5:2:83
  |
2 |   plugins: { entries: { 'amazon-bedrock': { config: { discovery: { enabled: true, region: 'alias', refreshInterval: 5 } } } } },
  |                                                                                   ^^^^^^ has no effect
  |
  = help: remove one of the two
");
    let loaded = load(text);
    let discovery = &loaded.config.settings().models.bedrock_discovery;
    assert_eq!(discovery.region.as_deref(), Some("canonical"));
    assert_eq!((discovery.enabled, discovery.refresh_interval), (Some(true), Some(5)));
    assert_eq!(loaded.config.unused(), []);
    let origin = loaded.config.origin(&"models.bedrockDiscovery.enabled".parse().unwrap()).unwrap();
    assert_eq!(origin.to_string(), "config.json5:2:77");

    // What else stands there belongs to that product, and a value of the wrong type is no object to put it into.
    let loaded = load(
        "{ plugins: { entries: { 'amazon-bedrock': { enabled: true, config: { discovery: { enabled: false } } } } } }",
    );
    assert_eq!(loaded.config.settings().models.bedrock_discovery.enabled, Some(false));
    assert_eq!(loaded.config.unused()[0].key.to_string(), r#"plugins.entries."amazon-bedrock".enabled"#);
    let loaded = load(
        "{ models: 5, plugins: { entries: { 'amazon-bedrock': { config: { discovery: { enabled: false } } } } } }",
    );
    assert_eq!(loaded.diagnostics.len(), 1);
    assert_eq!(loaded.diagnostics[0].code, Code::Type);
}

#[test]
fn providers_of_a_related_product_are_listed_and_not_read() {
    let text = "{ models: { providers: {
  attic: { api: 'ollama', apiKey: { source: 'env' }, baseUrl: '${NOWHERE}', models: [{ colour: 1 }] },
  mine: { api: 'my-api', tenant: 'a' },
  odd: { api: 'odd-api', retry: { attempts: 0 } },
} } }";
    let loaded = load(text);
    let codes: Vec<_> = loaded.diagnostics.iter().map(|problem| (problem.code, problem.line)).collect();
    assert_eq!(codes, [(Code::Range, Some(4))]);
    let unused: Vec<_> = loaded.config.unused().iter().map(|unused| unused.key.to_string()).collect();
    assert_eq!(unused, ["models.providers.attic"]);
    // Its models are not to be taken for those of somebody else.
    assert_eq!(loaded.config.provider("attic").unwrap().settings(), &json!({ "api": "ollama" }));

    // A program may bring a provider for it, and one that says nothing of its providers decides later.
    let sources = Sources::default().with_text(Layer::User, "config.json5", text);
    let provider = ProviderSchema { api: "ollama".to_owned(), schema: json!({ "type": "object" }) };
    for loader in [Loader::new(sources.clone()).with_providers([provider]), Loader::new(sources)] {
        let loaded = loader.load();
        assert_eq!(loaded.config.unused(), []);
        assert!(loaded.diagnostics.iter().any(|problem| problem.code == Code::Substitution));
    }
}

#[test]
fn a_guardrail_with_a_mistake_is_not_taken_for_none() {
    for text in
        ["guardrail: 'g'", "guardrail: null", "guardrail: {}", "guardrail: { guardrailIdentifier: 5 }"]
    {
        let loaded = load(&format!("{{ models: {{ providers: {{ x: {{ {text} }} }} }} }}"));
        let guardrail = loaded.config.settings().models.providers["x"].guardrail.clone().unwrap();
        assert_eq!(guardrail.guardrail_identifier, "", "{text}");
        assert_eq!(loaded.diagnostics.len(), 1, "{text}: {}", rendered(&loaded));
        assert!(loaded.has_errors());
    }
    insta::assert_snapshot!(problems("{ models: { providers: { x: {\n  guardrail: { trace: 'enabled' },\n} } } }"), @r"
error[config::missing]: a guardrail without `guardrailIdentifier` lets no call through
 --> config.json5:2:14
  |
2 |   guardrail: { trace: 'enabled' },
  |              ^^^^^^^^^^^^^^^^^^^^
  |
  = help: name the guardrail by its id or its ARN
");
}

#[test]
fn secrets_are_in_no_diagnostic() {
    let text = "{ models: { providers: {
  x: { apiKey: 'hunter2', apikey: 'hunter2', aipKey: 5, headers: { a: 'hunter2', b: 5 }, retry: 1 },
  y: { apiKey: ['hunter2'], apiKey: { hunter2: 'hunter2' }, clientSecret: 'hunter2', regio: 'r' },
  z: { api: 'my-api', codeword: 'hunter2', retri: 1, auth: 'none', tenant: '${MODE}', options: { password: 'hunter2' } },
  u: { baseUrl: 'https://me:hunter2@host/path', own: 'https://hunter2@host', retrie: 1 },
} } }";
    let loaded = load(text);
    assert!(loaded.diagnostics.len() > 5, "{}", rendered(&loaded));
    let mut everything = format!("{:?} {:?}", loaded, loaded.config.settings());
    for problem in &loaded.diagnostics {
        write!(everything, "{problem} {} {}", problem.render(Style::Plain), problem.render(Style::Coloured))
            .unwrap();
        everything.push_str(&serde_json::to_string(problem).unwrap());
    }
    for key in loaded.config.keys() {
        everything.push_str(&serde_json::to_string(&loaded.config.explain(&key)).unwrap());
    }
    everything.push_str(&serde_json::to_string(&loaded.config.get(&crate::KeyPath::default())).unwrap());
    assert!(!everything.contains("hunter2"), "{everything}");
    assert!(!everything.contains("wrong-and-secret"), "{everything}");

    for broken in [
        "{ apiKey: 'hunter2' 'x' }",
        "{ x: { apiKey:\n 'hunter2', y: {, }",
        "{ a: {, clientSecret: 'hunter2' }",
    ] {
        let text = problems(broken);
        assert!(text.contains("not valid JSON5") && !text.contains("hunter2"), "{text}");
    }
    assert_eq!(loaded.config.provider("x").unwrap().settings()["apiKey"], "hunter2");
    assert_eq!(loaded.config.provider("x").unwrap().provider().api_key.as_ref().unwrap().expose(), "hunter2");
}

/// All that is told of a text, in every form.
fn told(text: &str) -> String {
    let schema = serde_json::json!({ "type": "object", "properties": {
        "codeword": { "type": "string", "writeOnly": true },
        "pin": { "type": "integer", "minimum": 1, "maximum": 9, "writeOnly": true },
    } });
    let provider = crate::ProviderSchema { api: "my-api".to_owned(), schema };
    let sources = crate::Sources::default().with_text(crate::Layer::User, "config.json5", text);
    let loaded = crate::Loader::new(sources).with_providers([provider]).load();
    let mut told = format!("{loaded:?}");
    for problem in &loaded.diagnostics {
        write!(told, "{problem}\n{}\n{}\n", problem.render(Style::Plain), problem.render(Style::Coloured))
            .unwrap();
        told.push_str(&serde_json::to_string(problem).unwrap());
    }
    told
}

#[test]
fn a_text_without_a_tree_shows_no_value() {
    for text in [
        "{ models: { providers: { x: { apiKey: geheim-1, region: 'x' } } } }",
        "{ models: { providers: { x: { apiKey: “geheim-1” } } } }",
        "{ apiKey: `geheim-1` }",
        "{ apiKey:\n geheim-1, region: 'x' }",
        "{ apiKey:\r geheim-1: 'x' }",
        "{ headers: { 'x-team': 'geheim-1' ]",
        "{ headers: { 'x-team':\n'geheim-1' ]",
        "{ region: 'x', // geheim-1\r,, }",
        "{ apiKey: '\\udc00geheim-1' }",
        "geheim-1",
        "'geheim-1'",
        "['x-team: geheim-1']",
    ] {
        let told = told(text);
        assert!(told.contains("config.json5:") && !told.contains("geheim-1"), "{text}: {told}");
    }
    let told = told("{ apiKey: '\\udc0a' }");
    assert!(told.contains("invalid unicode escape") && !told.to_lowercase().contains("dc0a"), "{told}");
}

#[test]
fn a_secret_number_is_in_no_message() {
    let number = "123456789012345678901234567890";
    for value in [
        format!("apiKey: {number}"),
        format!("headers: {{ 'x-team': {number} }}"),
        format!("headers: [{number}]"),
        format!("api: 'my-api', codeword: {number}"),
        format!("clientSecret: {{ of: {number} }}"),
    ] {
        let told = told(&format!("{{ models: {{ providers: {{ x: {{ {value} }} }} }} }}"));
        assert!(told.contains("cannot be kept exactly") && !told.contains(number), "{value}: {told}");
    }
    let told = told("{ models: { providers: { x: { api: 'my-api', pin: 123456789 } } } }");
    assert!(told.contains("between 1 and 9") && !told.contains("123456789"), "{told}");
}

#[test]
fn a_secret_in_the_wrong_shape_or_twice_is_hidden() {
    for entry in [
        "headers: 'x-team: geheim-1'",
        "headers: ['x-team: geheim-1']",
        "headers: [{ name: 'x-team', value: 'geheim-1' }]",
        "headers: { 'x-team': { a: 'geheim-1' } }",
        "headers: { 'x-team': 'geheim-1', 'x-team': 'geheim-2' }",
        "headers: { 'x-team': 'geheim-1' }, headers: {}",
        "apiKey: { 'geheim-1': 'geheim-1', 'geheim-1': 5 }",
        "apiKey: 'geheim-1', apiKey: 'geheim-2'",
        "aipKey: 'geheim-1'",
        "header: { 'x-team': 'geheim-1' }",
        "models: [{ id: 'm', headers: { 'x-team': 'geheim-1' } }]",
        "api: 'my-api', codeword: ['geheim-1']",
        "api: 'my-api', codeword: 'geheim-1', codeword: 'geheim-1'",
        "api: 'my-api', codeword: 'geheim-1', api: 'other'",
    ] {
        for text in [
            format!("{{ models: {{ providers: {{ x: {{ {entry}, regio: 5 }} }} }} }}"),
            format!("{{ models: {{ providers: {{ x: {{ {entry} }}, x: {{ regio: 5 }} }} }} }}"),
            format!(
                "{{ models: {{ providers: {{ x: {{ {entry} }} }}, providers: {{ x: {{ regio: 5 }} }} }} }}"
            ),
            format!("{{ models: {{ providers: {{ x: {{ {entry} }} }} }}, models: 5 }}"),
        ] {
            let told = told(&text);
            assert!(told.contains("\n1 | ") && !told.contains("geheim-1"), "{text}: {told}");
        }
    }
    for text in [
        "{ models: { providers: { x: 'geheim-1' } } }",
        "{ models: { providers: ['geheim-1'] } }",
        "{ models: 'apiKey: geheim-1' }",
    ] {
        let told = told(text);
        assert!(told.contains("config::type") && !told.contains("geheim-1"), "{text}: {told}");
    }
    let told = told("{ models: { providers: { x: { headers: { 'x-team': 5 }, regio: 'shown' } } } }");
    assert!(told.contains("headers: { 'x-team': * }, regio: 'shown'"), "{told}");
}
