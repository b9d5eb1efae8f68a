use super::*;
use crate::{Layer, Loader, Sources, Style};

#[test]
fn closest_prefers_another_spelling_over_a_typing_error() {
    let known = ["refreshInterval", "region", "regions", "maxTokens"];
    assert_eq!(closest("refresh_interval", known), Some("refreshInterval"));
    assert_eq!(closest("REGION", known), Some("region"));
    assert_eq!(closest("regoin", known), Some("region"));
    assert_eq!(closest("maxToken", known), Some("maxTokens"));
    assert_eq!(closest("gateway", known), None);
    assert_eq!(closest("", known), None);
}

#[test]
fn codes_are_unique() {
    let mut ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Code::ALL.len());
}

#[test]
fn diagnostics_are_data_too() {
    let sources = Sources::default().with_text(
        Layer::User,
        "u.json5",
        "{ models: { providers: { x: { auth: 'x' } } } }",
    );
    let loaded = Loader::new(sources).load();
    insta::assert_snapshot!(serde_json::to_string_pretty(&loaded.diagnostics).unwrap(), @r#"
[
  {
    "code": "config::value",
    "severity": "error",
    "message": "`auth` has a value that is not known, found `x`",
    "key": "models.providers.x.auth",
    "file": "u.json5",
    "line": 1,
    "column": 37,
    "variable": null,
    "flag": null,
    "allowed": [
      "aws-sdk",
      "bearer",
      "profile",
      "api-key",
      "none"
    ],
    "help": [
      "allowed: `aws-sdk`, `bearer`, `profile`, `api-key`, `none`",
      "it counts as unset"
    ]
  }
]
"#);
    insta::assert_snapshot!(loaded.diagnostics[0].to_string(), @"u.json5:1:37: `auth` has a value that is not known, found `x`");
    let coloured = loaded.diagnostics[0].render(Style::Coloured);
    assert!(coloured.contains("\u{1b}[") && !loaded.diagnostics[0].render(Style::Plain).contains('\u{1b}'));
}
