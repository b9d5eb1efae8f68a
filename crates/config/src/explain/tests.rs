use serde_json::Value;

use crate::testing::{MANUAL, environment, path, rendered};
use crate::{Assignment, FileSource, Layer, Loaded, Loader, Sources};

fn explained(loaded: &Loaded, key: &str) -> String {
    serde_json::to_string_pretty(&loaded.config.explain(&path(key))).unwrap()
}

fn stacked() -> Sources {
    let text =
        |region: &str| format!("{{\n  models: {{ bedrockDiscovery: {{\n    region: '{region}' }} }} }}");
    Sources {
        environment: environment(&[
            ("OUTCROP_DISCOVERY_REGION", "e"),
            ("AWS_REGION", "a"),
            ("AWS_DEFAULT_REGION", " "),
        ]),
        command_line: vec![
            Assignment::set("models.bedrockDiscovery.region=c1").unwrap(),
            Assignment::new("--region", path("models.bedrockDiscovery.region"), "c2"),
        ],
        ..Sources::default()
    }
    .with_text(Layer::System, "/etc/s.json5", text("s"))
    .with_text(Layer::User, "/home/u.json5", text("u"))
    .with_text(Layer::Project, "/p/p.json5", text("p"))
}

#[test]
fn the_whole_stack_is_shown() {
    insta::assert_snapshot!(explained(&Loader::new(stacked()).load(), "models.bedrockDiscovery.region"), @r#"
{
  "key": "models.bedrockDiscovery.region",
  "value": "c2",
  "origin": {
    "layer": "command-line",
    "file": null,
    "line": null,
    "column": null,
    "variable": null,
    "flag": "--region"
  },
  "shadowed": [
    {
      "value": "c1",
      "origin": {
        "layer": "command-line",
        "file": null,
        "line": null,
        "column": null,
        "variable": null,
        "flag": "--set"
      }
    },
    {
      "value": "e",
      "origin": {
        "layer": "environment",
        "file": null,
        "line": null,
        "column": null,
        "variable": "OUTCROP_DISCOVERY_REGION"
      }
    },
    {
      "value": "p",
      "origin": {
        "layer": "project",
        "file": "/p/p.json5",
        "line": 3,
        "column": 13,
        "variable": null
      }
    },
    {
      "value": "u",
      "origin": {
        "layer": "user",
        "file": "/home/u.json5",
        "line": 3,
        "column": 13,
        "variable": null
      }
    },
    {
      "value": "s",
      "origin": {
        "layer": "system",
        "file": "/etc/s.json5",
        "line": 3,
        "column": 13,
        "variable": null
      }
    },
    {
      "value": "a",
      "origin": {
        "layer": "ambient",
        "file": null,
        "line": null,
        "column": null,
        "variable": "AWS_REGION"
      }
    }
  ]
}
"#);
}

#[test]
fn every_layer_is_named_and_the_stronger_one_wins() {
    let mut sources = stacked();
    let mut winner = |weaken: &dyn Fn(&mut Sources)| {
        weaken(&mut sources);
        let loaded = Loader::new(sources.clone()).load();
        assert_eq!(rendered(&loaded), "");
        let explanation = loaded.config.explain(&path("models.bedrockDiscovery.region"));
        let region = loaded.config.settings().models.bedrock_discovery.region.clone().map(Value::from);
        if explanation.origin.as_ref().is_some_and(|origin| origin.layer != Layer::Ambient) {
            assert_eq!(region, Some(explanation.value.clone()));
        }
        format!(
            "{} {}",
            explanation.value,
            explanation.origin.map(|origin| origin.to_string()).unwrap_or_default()
        )
    };
    assert_eq!(winner(&|_| {}), "\"c2\" --region");
    assert_eq!(winner(&|sources| drop(sources.command_line.pop())), "\"c1\" --set");
    assert_eq!(
        winner(&|sources| sources.command_line.clear()),
        "\"e\" environment variable OUTCROP_DISCOVERY_REGION"
    );
    assert_eq!(
        winner(&|sources| drop(
            sources.environment.insert("OUTCROP_DISCOVERY_REGION".to_owned(), "  ".to_owned())
        )),
        "\"p\" /p/p.json5:3:13"
    );
    assert_eq!(
        winner(&|sources| {
            sources.file = Some(FileSource::Text { name: "f.json5".into(), text: "{}".to_owned() });
        }),
        "\"s\" /etc/s.json5:3:13"
    );
    assert_eq!(winner(&|sources| sources.file = None), "\"p\" /p/p.json5:3:13");
    assert_eq!(winner(&|sources| sources.project = None), "\"u\" /home/u.json5:3:13");
    assert_eq!(winner(&|sources| sources.user = None), "\"s\" /etc/s.json5:3:13");
    assert_eq!(winner(&|sources| sources.system = None), "\"a\" environment variable AWS_REGION");
    assert_eq!(winner(&|sources| sources.environment.clear()), "null ");
}

#[test]
fn defaults_have_an_origin_too() {
    let loaded = Loader::default().load();
    let explanation = loaded.config.explain(&path("models.bedrockDiscovery.refreshInterval"));
    assert_eq!(explanation.value, 3600);
    assert_eq!(explanation.origin.unwrap().to_string(), "built-in default");
    assert_eq!(explanation.shadowed, []);
}

#[test]
fn objects_and_models_are_explained_by_who_contributed() {
    let sources = Sources {
        command_line: vec![
            Assignment::set(r#"models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".maxTokens=16000"#)
                .unwrap(),
        ],
        ..Sources::default()
    };
    let loaded = Loader::new(sources.with_text(Layer::User, "manual.json5", MANUAL)).load();
    assert_eq!(rendered(&loaded), "");
    let by_position =
        loaded.config.explain(&path(r#"models.providers."amazon-bedrock".models[0].maxTokens"#));
    insta::assert_snapshot!(serde_json::to_string_pretty(&by_position).unwrap(), @r#"
{
  "key": "models.providers.\"amazon-bedrock\".models.\"us.anthropic.claude-opus-4-6-v1:0\".maxTokens",
  "value": 16000,
  "origin": {
    "layer": "command-line",
    "file": null,
    "line": null,
    "column": null,
    "variable": null,
    "flag": "--set"
  },
  "shadowed": [
    {
      "value": 8192,
      "origin": {
        "layer": "user",
        "file": "manual.json5",
        "line": 16,
        "column": 24,
        "variable": null
      }
    }
  ]
}
"#);
    assert_eq!(by_position, loaded.config.explain(&by_position.key));
    let cost = loaded.config.explain(&path(r#"models.providers."amazon-bedrock".models[0].cost"#));
    assert_eq!(cost.origin.unwrap().to_string(), "manual.json5:14:19");
    let whole = loaded.config.explain(&path("models.providers"));
    let layers: Vec<Layer> = whole.shadowed.iter().map(|shadowed| shadowed.origin.layer).collect();
    assert_eq!(
        (whole.origin.unwrap().layer, layers),
        (Layer::CommandLine, vec![Layer::User, Layer::Defaults])
    );
}

#[test]
fn null_hides_what_is_below() {
    let sources = Sources::default()
        .with_text(Layer::System, "s", "{ models: { bedrockDiscovery: { region: 'x' } } }")
        .with_text(Layer::User, "u", "{ models: { bedrockDiscovery: { region: null } } }");
    let loaded = Loader::new(sources).load();
    assert_eq!(rendered(&loaded), "");
    assert_eq!(loaded.config.settings().models.bedrock_discovery.region, None);
    let explanation = loaded.config.explain(&path("models.bedrockDiscovery.region"));
    assert_eq!((explanation.value, explanation.origin.unwrap().layer), (Value::Null, Layer::User));
    assert_eq!(explanation.shadowed[0].value, "x");
}

#[test]
fn keys_lists_every_value_that_is_set() {
    let loaded = Loader::new(Sources::default().with_text(Layer::User, "manual.json5", MANUAL)).load();
    let keys: Vec<String> = loaded.config.keys().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(keys.join("\n"), @r#"
agents.defaults.model.fallbacks
agents.defaults.model.primary
models.bedrockDiscovery.checkAccess
models.bedrockDiscovery.defaultContextWindow
models.bedrockDiscovery.defaultMaxTokens
models.bedrockDiscovery.geography
models.bedrockDiscovery.include
models.bedrockDiscovery.includeLegacy
models.bedrockDiscovery.providerFilter
models.bedrockDiscovery.refreshInterval
models.bedrockDiscovery.regions
models.providers."amazon-bedrock".api
models.providers."amazon-bedrock".auth
models.providers."amazon-bedrock".baseUrl
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".contextWindow
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".cost.cacheRead
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".cost.cacheWrite
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".cost.input
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".cost.output
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".id
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".input
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".maxTokens
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".name
models.providers."amazon-bedrock".models."us.anthropic.claude-opus-4-6-v1:0".reasoning
trace.content
"#);
    for key in loaded.config.keys() {
        assert!(loaded.config.origin(&key).is_some(), "{key} comes from nowhere");
    }
}

#[test]
fn the_keys_of_a_layer_are_those_that_it_sets() {
    let sources = Sources::default()
        .with_text(
            Layer::User,
            "u",
            "{ models: { bedrockDiscovery: { region: 'a', enabled: true } }, nobody: 1 }",
        )
        .with_text(Layer::Project, "p", "{ models: { bedrockDiscovery: { region: 'b' } } }");
    let config = Loader::new(sources).load().config;
    let keys = |layer| config.keys_of(layer).iter().map(ToString::to_string).collect::<Vec<_>>();
    let (enabled, region) = ("models.bedrockDiscovery.enabled", "models.bedrockDiscovery.region");
    assert_eq!(keys(Layer::User), [enabled, region]);
    assert_eq!(keys(Layer::Project), [region]);
    assert_eq!(keys(Layer::CommandLine), [""; 0]);
    let connect = config.description(&path("models.providers.amazon-bedrock.timeouts.connect")).unwrap();
    assert!(connect.starts_with("How long ") && connect.ends_with(" Unset: 5."), "{connect}");
    assert_eq!(config.description(&path("models.nobody.knows")), None);
}

#[test]
fn a_merged_list_comes_from_the_strongest_of_its_sources() {
    let text = |id: &str| format!("{{ models: {{ providers: {{ x: {{ models: [{{ id: '{id}' }}] }} }} }} }}");
    let sources =
        Sources::default().with_text(Layer::System, "s", text("a")).with_text(Layer::User, "u", text("b"));
    let config = Loader::new(sources).load().config;
    let path = path("models.providers.x.models");
    let explained = config.explain(&path);
    assert_eq!(explained.value, serde_json::json!([{ "id": "a" }, { "id": "b" }]));
    assert_eq!(explained.origin.map(|origin| origin.layer), Some(Layer::User));
    let said = config.said_by(Layer::System, &path).map(|(value, origin)| (value, origin.layer));
    assert_eq!(said, Some((serde_json::json!([{ "id": "a" }]), Layer::System)));
    assert_eq!(config.said_by(Layer::Project, &path), None);
}
