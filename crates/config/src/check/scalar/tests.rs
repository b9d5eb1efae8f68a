use serde_json::json;

use crate::check::tests::{load, problems};
use crate::testing::rendered;

#[test]
fn types() {
    let text = "{
  models: {
    bedrockDiscovery: { enabled: 'true', refreshInterval: 'soon', defaultMaxTokens: 1.5, providerFilter: ['a', 5] },
    providers: { x: { retry: [], baseUrl: 5, timeouts: { idle: null, total: {} } } },
    overrides: 3,
  },
  agents: { defaults: { model: 7 } },
}";
    insta::assert_snapshot!(problems(text), @r"
error[config::type]: expected `true` or `false` for `enabled`, found a string
 --> config.json5:3:34
  |
3 |     bedrockDiscovery: { enabled: 'true', refreshInterval: 'soon', defaultMaxTokens: 1.5, providerFilter: ['a', 5] },
  |                                  ^^^^^^ expected `true` or `false`
  |
  = help: write it without the quotes
  = help: `enabled`: Whether the models of the AWS account are listed
  = help: it counts as unset

error[config::type]: expected a whole number of seconds for `refreshInterval`, found a string
 --> config.json5:3:59
  |
3 |     bedrockDiscovery: { enabled: 'true', refreshInterval: 'soon', defaultMaxTokens: 1.5, providerFilter: ['a', 5] },
  |                                                           ^^^^^^ expected a whole number of seconds
  |
  = help: `refreshInterval`: How long a listing is used before it is fetched again, in seconds
  = help: the default holds instead: `3600`

error[config::type]: expected a whole number of tokens for `defaultMaxTokens`, found a fraction
 --> config.json5:3:85
  |
3 |     bedrockDiscovery: { enabled: 'true', refreshInterval: 'soon', defaultMaxTokens: 1.5, providerFilter: ['a', 5] },
  |                                                                                     ^^^ expected a whole number of tokens
  |
  = help: `defaultMaxTokens`: The longest answer that is assumed for a model whose limit nobody knows, in tokens
  = help: the default holds instead: `4096`

error[config::type]: expected a string for `providerFilter[1]`, found a number
 --> config.json5:3:112
  |
3 |     bedrockDiscovery: { enabled: 'true', refreshInterval: 'soon', defaultMaxTokens: 1.5, providerFilter: ['a', 5] },
  |                                                                                                                ^ expected a string
  |
  = help: write it in quotes
  = help: the default holds instead: `[]`

error[config::type]: expected an object for `retry`, found an array
 --> config.json5:4:30
  |
4 |     providers: { x: { retry: [], baseUrl: 5, timeouts: { idle: null, total: {} } } },
  |                              ^^ expected an object
  |
  = help: `retry`: How often a call is tried again
  = help: it counts as unset

error[config::type]: expected a string for `baseUrl`, found a number
 --> config.json5:4:43
  |
4 |     providers: { x: { retry: [], baseUrl: 5, timeouts: { idle: null, total: {} } } },
  |                                           ^ expected a string
  |
  = help: write it in quotes
  = help: `baseUrl`: The address that models are called at, such as `https://bedrock-runtime.us-east-1.amazonaws.com`, where a standard AWS address names no more than its region, or `http://127.0.0.1:8000/v1`
  = help: it counts as unset

error[config::type]: expected a number of seconds for `total`, found an object
 --> config.json5:4:77
  |
4 |     providers: { x: { retry: [], baseUrl: 5, timeouts: { idle: null, total: {} } } },
  |                                                                             ^^ expected a number of seconds
  |
  = help: `total`: How long the whole answer may take, further tries included, in seconds
  = help: it counts as unset

error[config::type]: expected an object for `overrides`, found a number
 --> config.json5:5:16
  |
5 |     overrides: 3,
  |                ^ expected an object
  |
  = help: `overrides`: What you know better than AWS and the built-in table of the models of Bedrock, under the id of a model or a pattern
  = help: it counts as unset

error[config::type]: expected a string or an object for `model`, found a number
 --> config.json5:7:32
  |
7 |   agents: { defaults: { model: 7 } },
  |                                ^ expected a string or an object
  |
  = help: write it in quotes
  = help: `model`: The default model: an object, or only the reference of the model as a string, which sets `primary`
  = help: what other layers say of it holds instead
");
    let loaded = load(text);
    let models = &loaded.config.settings().models;
    assert_eq!(models.bedrock_discovery.refresh_interval, Some(3600));
    assert_eq!(models.bedrock_discovery.default_max_tokens, Some(4096));
    assert_eq!(models.bedrock_discovery.provider_filter.as_deref(), Some([].as_slice()));
    assert_eq!(models.bedrock_discovery.enabled, None);
}

#[test]
fn ranges() {
    insta::assert_snapshot!(problems("{ models: {
  bedrockDiscovery: { refreshInterval: -1, defaultContextWindow: 0 },
  providers: { x: { retry: { attempts: 0 }, timeouts: { connect: 1e9 }, models: [{ id: 'm', cost: { input: -3 } }] } },
} }"), @r"
error[config::range]: `refreshInterval` must be between 0 and 31536000 seconds, found -1
 --> config.json5:2:40
  |
2 |   bedrockDiscovery: { refreshInterval: -1, defaultContextWindow: 0 },
  |                                        ^^ out of range
  |
  = help: `refreshInterval`: How long a listing is used before it is fetched again, in seconds
  = help: the default holds instead: `3600`

error[config::range]: `defaultContextWindow` must be between 1 and 1000000000 tokens, found 0
 --> config.json5:2:66
  |
2 |   bedrockDiscovery: { refreshInterval: -1, defaultContextWindow: 0 },
  |                                                                  ^ out of range
  |
  = help: `defaultContextWindow`: The context window that is assumed for a model whose limit nobody knows, in tokens
  = help: the default holds instead: `32000`

error[config::range]: `attempts` must be between 1 and 100, found 0
 --> config.json5:3:40
  |
3 |   providers: { x: { retry: { attempts: 0 }, timeouts: { connect: 1e9 }, models: [{ id: 'm', cost: { input: -3 } }] } },
  |                                        ^ out of range
  |
  = help: `attempts`: How often a call is tried in all, the first time included
  = help: it counts as unset

error[config::range]: `connect` must be between 0.001 and 86400 seconds, found 1000000000
 --> config.json5:3:66
  |
3 |   providers: { x: { retry: { attempts: 0 }, timeouts: { connect: 1e9 }, models: [{ id: 'm', cost: { input: -3 } }] } },
  |                                                                  ^^^ out of range
  |
  = help: `connect`: How long it may take until there is a connection, TLS and proxy included, in seconds
  = help: it counts as unset

error[config::range]: `input` must be at least 0 USD per million tokens, found -3
 --> config.json5:3:108
  |
3 |   providers: { x: { retry: { attempts: 0 }, timeouts: { connect: 1e9 }, models: [{ id: 'm', cost: { input: -3 } }] } },
  |                                                                                                            ^^ out of range
  |
  = help: `input`: Tokens sent that were in no cache, in USD per million
  = help: what else is known of the model holds instead
");
}

#[test]
fn values() {
    insta::assert_snapshot!(problems("{ models: {
  bedrockDiscovery: { region: ' ', include: ['Custom'] },
  providers: {
    x: { auth: 'beare', baseUrl: 'bedrock.example', guardrail: { guardrailIdentifier: 'g', trace: '${MODE}' } },
    y: { api: 'my-api', tenant: 'c' },
  },
} }"), @r"
warning[config::value]: `region` is blank, which counts as unset
 --> config.json5:2:31
  |
2 |   bedrockDiscovery: { region: ' ', include: ['Custom'] },
  |                               ^^^
  |
  = help: remove it, or fill it in

error[config::value]: `include[0]` has a value that is not known, found `Custom`
 --> config.json5:2:46
  |
2 |   bedrockDiscovery: { region: ' ', include: ['Custom'] },
  |                                              ^^^^^^^^
  |
  = help: did you mean `custom`?
  = help: allowed: `provisioned`, `imported`, `custom`, `marketplace`
  = help: the default holds instead: `[]`

error[config::value]: `auth` has a value that is not known, found `beare`
 --> config.json5:4:16
  |
4 |     x: { auth: 'beare', baseUrl: 'bedrock.example', guardrail: { guardrailIdentifier: 'g', trace: '${MODE}' } },
  |                ^^^^^^^
  |
  = help: did you mean `bearer`?
  = help: allowed: `aws-sdk`, `bearer`, `profile`, `api-key`, `none`
  = help: it counts as unset

error[config::value]: `baseUrl` is not the address of a web service
 --> config.json5:4:34
  |
4 |     x: { auth: 'beare', baseUrl: 'bedrock.example', guardrail: { guardrailIdentifier: 'g', trace: '${MODE}' } },
  |                                  ^^^^^^^^^^^^^^^^^ expected `https://` and a host
  |
  = help: write it like `https://bedrock-runtime.us-east-1.amazonaws.com`
  = help: it counts as unset

error[config::value]: `trace` has a value that is not known
 --> config.json5:4:99
  |
4 |     x: { auth: 'beare', baseUrl: 'bedrock.example', guardrail: { guardrailIdentifier: 'g', trace: '${MODE}' } },
  |                                                                                                   ^^^^^^^^^
  |
  = help: allowed: `enabled`, `disabled`, `enabled_full`
  = help: a guardrail with a mistake lets no call through

error[config::value]: `tenant` has a value that is not known, found `c`
 --> config.json5:5:33
  |
5 |     y: { api: 'my-api', tenant: 'c' },
  |                                 ^^^
  |
  = help: allowed: `a`, `b`
  = help: it counts as unset
");
}

#[test]
fn whole_numbers_may_be_written_as_fractions() {
    let loaded = load("{ models: { bedrockDiscovery: { refreshInterval: 6e1, defaultMaxTokens: 100.0 } } }");
    assert_eq!(rendered(&loaded), "");
    let discovery = &loaded.config.settings().models.bedrock_discovery;
    assert_eq!((discovery.refresh_interval, discovery.default_max_tokens), (Some(60), Some(100)));
}

#[test]
fn substitution() {
    let text = "{ models: { providers: { x: {
  baseUrl: 'https://${HOST}/$${path}', region: '${MISSING}', profile: '${HOST', api: '${a.b}',
  own: ['${HOST}', 'x'],
} } }, gateway: { token: '${NOT_ASKED_FOR}' } }";
    insta::assert_snapshot!(problems(text), @r"
error[config::substitution]: the environment variable `MISSING` is not set
 --> config.json5:2:48
  |
2 |   baseUrl: 'https://${HOST}/$${path}', region: '${MISSING}', profile: '${HOST', api: '${a.b}',
  |                                                ^^^^^^^^^^^^
  |
  = help: set `MISSING`, or write `$${` for a literal `${`
  = help: it counts as unset

error[config::substitution]: `${` is not closed
 --> config.json5:2:71
  |
2 |   baseUrl: 'https://${HOST}/$${path}', region: '${MISSING}', profile: '${HOST', api: '${a.b}',
  |                                                                       ^^^^^^^^
  |
  = help: add `}`, or write `$${` for a literal `${`
  = help: it counts as unset

error[config::substitution]: `${a.b}` names no environment variable
 --> config.json5:2:86
  |
2 |   baseUrl: 'https://${HOST}/$${path}', region: '${MISSING}', profile: '${HOST', api: '${a.b}',
  |                                                                                      ^^^^^^^^
  |
  = help: write `$${` for a literal `${`
  = help: it counts as unset
");
    let loaded = load(text);
    let entry = loaded.config.provider("x").unwrap();
    assert_eq!(
        entry.settings(),
        &json!({ "baseUrl": "https://example.org/${path}", "own": ["example.org", "x"] })
    );
}

#[test]
fn an_account_id_that_is_a_number_is_told_how_to_stay_a_text() {
    insta::assert_snapshot!(problems("{ models: { providers: { x: { requestMetadata: { account: 123456789012 } } } } }"), @r"
error[config::type]: expected a string for `account`, found a number
 --> config.json5:1:59
  |
1 | { models: { providers: { x: { requestMetadata: { account: 123456789012 } } } } }
  |                                                           ^^^^^^^^^^^^ expected a string
  |
  = help: write it in quotes
  = help: it counts as unset
");
}

#[test]
fn days_are_days_of_the_calendar() {
    for day in ["2026-11-23", "2028-02-29", "0001-01-01"] {
        assert!(super::is_date(day), "{day}");
    }
    for wrong in [
        "2027-02-29",
        "2027-13-01",
        "2027-00-10",
        "2027-04-31",
        "2027-4-30",
        "20270430",
        "2027-W09-2",
        "2027-060",
        "27-04-30",
        "2027-04-30T",
        "2027/04/30",
        "+2027-04-3",
        "2027-04-3a",
        "ä027-04-30",
        "",
        "soon",
    ] {
        assert!(!super::is_date(wrong), "{wrong}");
    }
}
