use serde_json::json;

use super::*;
use crate::testing::{DISCOVERY, MANUAL, environment, path, rendered};

#[test]
fn the_defaults_are_without_mistakes() {
    let loaded = Loader::default().load();
    assert_eq!(rendered(&loaded), "");
    let mut source = Source::new(Layer::Defaults);
    let mut diagnostics = Vec::new();
    parse::parse_file(&mut source, DEFAULTS, &mut diagnostics);
    assert_eq!(diagnostics, []);
    // As somebody's own file they are checked by the schema, too.
    let own = Loader::new(Sources::default().with_text(Layer::User, "defaults.json5", DEFAULTS)).load();
    assert_eq!(rendered(&own), "");
    let models = &loaded.config.settings().models;
    assert_eq!(models.bedrock_discovery.default_context_window, Some(32_000));
    assert_eq!(models.providers["amazon-bedrock"].api.as_deref(), Some("bedrock-converse-stream"));
}

#[test]
fn files_of_the_related_product_load_alone_and_merged() {
    let discovery =
        Loader::new(Sources::default().with_text(Layer::User, "discovery.json5", DISCOVERY)).load();
    let manual = Loader::new(Sources::default().with_text(Layer::User, "manual.json5", MANUAL)).load();
    let both = Sources::default().with_text(Layer::System, "discovery.json5", DISCOVERY);
    let both = Loader::new(both.with_text(Layer::User, "manual.json5", MANUAL)).load();
    for loaded in [&discovery, &manual, &both] {
        assert_eq!(rendered(loaded), "");
        assert_eq!(loaded.config.unused(), []);
    }
    for loaded in [&discovery, &both] {
        let discovery = &loaded.config.settings().models.bedrock_discovery;
        assert_eq!(discovery.enabled, Some(true));
        assert_eq!(discovery.region.as_deref(), Some("us-east-1"));
        assert_eq!(
            discovery.provider_filter.as_deref(),
            Some(["anthropic".to_owned(), "amazon".to_owned()].as_slice())
        );
    }
    for loaded in [&manual, &both] {
        let settings = loaded.config.settings();
        let primary = settings.agents.defaults.model.primary.as_deref();
        assert_eq!(primary, Some("amazon-bedrock/us.anthropic.claude-opus-4-6-v1:0"));
        let bedrock = &settings.models.providers["amazon-bedrock"];
        assert_eq!(bedrock.auth, Some(crate::Auth::AwsSdk));
        let [model] = bedrock.models.as_deref().unwrap() else { panic!("{bedrock:?}") };
        assert_eq!(model.id, "us.anthropic.claude-opus-4-6-v1:0");
        assert_eq!(
            (model.context_window, model.max_tokens, model.reasoning),
            (Some(200_000), Some(8192), Some(true))
        );
        assert!(model.cost.as_ref().unwrap().is_placeholder());
        assert_eq!(model.input.as_deref(), Some(["text".to_owned(), "image".to_owned()].as_slice()));
    }
}

#[test]
fn a_wrong_value_falls_back_to_the_weaker_layer() {
    let sources = Sources {
        environment: environment(&[("OUTCROP_DISCOVERY_REFRESH_INTERVAL", "-5")]),
        ..Sources::default()
    }
    .with_text(Layer::System, "s.json5", "{ models: { bedrockDiscovery: { refreshInterval: 7 } } }")
    .with_text(
        Layer::User,
        "u.json5",
        "{ models: { bedrockDiscovery: { refreshInterval: [], region: 'r' } } }",
    );
    let loaded = Loader::new(sources).load();
    insta::assert_snapshot!(rendered(&loaded), @r"
error[config::type]: expected a whole number of seconds for `refreshInterval`, found an array
 --> u.json5:1:50
  |
1 | { models: { bedrockDiscovery: { refreshInterval: [], region: 'r' } } }
  |                                                  ^^ expected a whole number of seconds
  |
  = help: `refreshInterval`: How long a listing is used before it is fetched again, in seconds
  = help: the value of s.json5:1:50 holds instead

error[config::range]: `refreshInterval` must be between 0 and 31536000 seconds, found -5
--> environment variable OUTCROP_DISCOVERY_REFRESH_INTERVAL
 = help: `refreshInterval`: How long a listing is used before it is fetched again, in seconds
 = help: the value of s.json5:1:50 holds instead
");
    let discovery = &loaded.config.settings().models.bedrock_discovery;
    assert_eq!((discovery.refresh_interval, discovery.region.as_deref()), (Some(7), Some("r")));
}

#[test]
fn a_broken_file_takes_only_its_own_layer_down() {
    let sources = Sources::default()
        .with_text(Layer::System, "s.json5", "{ models: { bedrockDiscovery: { region: 's' } } }")
        .with_text(Layer::User, "u.json5", "{ models: { bedrockDiscovery: { region: 'u' } }")
        .with_text(Layer::Project, "p.json5", "{ models: { bedrockDiscovery: { includeLegacy: true } } }");
    let loaded = Loader::new(sources).load();
    assert_eq!(loaded.diagnostics.len(), 1);
    assert_eq!(loaded.diagnostics[0].code, Code::Syntax);
    let discovery = &loaded.config.settings().models.bedrock_discovery;
    assert_eq!((discovery.region.as_deref(), discovery.include_legacy), (Some("s"), Some(true)));
}

#[test]
fn variables_are_typed_and_unknown_ones_are_reported() {
    let environment = environment(&[
        ("OUTCROP_DISCOVERY_ENABLED", "maybe"),
        ("OUTCROP_DISCOVERY_PROVIDER_FILTER", "anthropic, amazon"),
        ("OUTCROP_PROFILE", "123456789012"),
        ("OUTCROP_DISCOVRY_REGION", "x"),
        ("OUTCROP_LOG", "debug"),
        ("OUTCROP_YYY", " "),
        ("OUTCROP_ZZZ", "1"),
        ("OUTCROP_TIMEOUT_IDLE", "0.5"),
        ("OTHER", "x"),
    ]);
    let loaded =
        Loader::new(Sources { environment, ..Sources::default() }).also_known(["OUTCROP_LOG"]).load();
    insta::assert_snapshot!(rendered(&loaded), @r"
error[config::type]: expected `true` or `false` in `OUTCROP_DISCOVERY_ENABLED`, found `maybe`
--> environment variable OUTCROP_DISCOVERY_ENABLED
 = help: `OUTCROP_DISCOVERY_ENABLED`: Whether the models of the AWS account are listed
 = help: it counts as unset

warning[config::unknown-variable]: nothing reads the variable `OUTCROP_DISCOVRY_REGION`
--> environment variable OUTCROP_DISCOVRY_REGION
 = help: did you mean `OUTCROP_DISCOVERY_REGION`?

warning[config::unknown-variable]: nothing reads the variable `OUTCROP_ZZZ`
--> environment variable OUTCROP_ZZZ
 = help: `outcrop help environment` lists the variables that are read
");
    let models = &loaded.config.settings().models;
    let bedrock = &models.providers["amazon-bedrock"];
    assert_eq!(bedrock.profile.as_deref(), Some("123456789012"));
    assert_eq!(bedrock.timeouts.idle, Some(0.5));
    assert_eq!(
        loaded.config.get(&path("models.bedrockDiscovery.providerFilter")),
        Some(json!(["anthropic", "amazon"]))
    );
}

#[test]
fn the_command_line_reads_json5_and_falls_back_to_text() {
    let assignments = [
        "models.bedrockDiscovery.enabled=true",
        "models.bedrockDiscovery.regions=['a', 'b',]",
        "models.bedrockDiscovery.region=us-east-1",
        "models.bedrockDiscovery.geography='eu'",
        "models.providers.x.requestMetadata.account=123456789012",
        "models.providers.x.profile=null",
        r#"models.providers.x.models."a.b".contextWindow=0x10"#,
        "agents.defaults.model=x/y",
        "models.bedrockDiscovery.refreshInterval={broken",
        "models.providers.x.models[0].name=n",
        "models.bedrockDiscovery.regoin=x",
    ];
    let command_line = assignments.iter().map(|text| Assignment::set(text).unwrap()).collect();
    let loaded = Loader::new(Sources { command_line, ..Sources::default() }).load();
    insta::assert_snapshot!(rendered(&loaded), @r#"
error[config::path]: `models.providers.x.models[0].name` names an element by its position, which changes between layers
--> --set
 = help: name a model by its id, `models.providers."…".models."the id"`, or set the whole list

error[config::type]: expected a whole number of seconds for `refreshInterval`, found a string
--> --set
 = help: `refreshInterval`: How long a listing is used before it is fetched again, in seconds

error[config::unknown-key]: nothing reads the key `models.bedrockDiscovery.regoin`
--> --set
 = help: did you mean `region`?
"#);
    let settings = loaded.config.settings();
    let discovery = &settings.models.bedrock_discovery;
    assert_eq!((discovery.enabled, discovery.region.as_deref()), (Some(true), Some("us-east-1")));
    assert_eq!(discovery.regions.as_deref(), Some(["a".to_owned(), "b".to_owned()].as_slice()));
    assert_eq!(discovery.geography.as_deref(), Some("eu"));
    let provider = &settings.models.providers["x"];
    assert_eq!(provider.request_metadata["account"], "123456789012");
    assert_eq!(provider.models.as_ref().unwrap()[0].context_window, Some(16));
    assert_eq!(settings.agents.defaults.model.primary.as_deref(), Some("x/y"));
}

#[test]
fn variables_in_variables_are_left_alone() {
    let environment = environment(&[("OUTCROP_PROFILE", "${HOME}"), ("HOME", "/h")]);
    let command_line = vec![Assignment::set("models.providers.x.profile=${HOME}").unwrap()];
    let loaded = Loader::new(Sources { environment, command_line, ..Sources::default() }).load();
    let providers = &loaded.config.settings().models.providers;
    assert_eq!(providers["amazon-bedrock"].profile.as_deref(), Some("${HOME}"));
    assert_eq!(providers["x"].profile.as_deref(), Some("${HOME}"));
}

#[test]
fn deep_values_are_carried_or_refused() {
    let text = |depth: usize| {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        format!("{{ models: {{ providers: {{ x: {{ own: {nested}, region: 'r' }} }} }} }}")
    };
    let loaded = Loader::new(Sources::default().with_text(Layer::User, "u.json5", text(500))).load();
    assert_eq!(rendered(&loaded), "");
    assert_eq!(loaded.config.provider("x").unwrap().settings()["own"].to_string().len(), 1000);
    let loaded = Loader::new(Sources::default().with_text(Layer::User, "u.json5", text(100_000))).load();
    assert_eq!(loaded.diagnostics[0].code, Code::Syntax);
}
