use crate::testing::{MANUAL, environment};
use crate::{FileSource, Layer, Loader, Sources, Style};

#[test]
fn providers_find_the_lines_of_their_settings() {
    let sources = Sources { environment: environment(&[("OUTCROP_REGION", "moon-1")]), ..Sources::default() };
    let loaded = Loader::new(sources.with_text(Layer::User, "manual.json5", MANUAL)).load();
    let entry = loaded.config.provider("amazon-bedrock").unwrap();
    assert_eq!((entry.id(), entry.api()), ("amazon-bedrock", Some("bedrock-converse-stream")));
    let place = |pointer: &str| entry.origin(pointer).map(|origin| origin.to_string());
    assert_eq!(place("/models/0/contextWindow").as_deref(), Some("manual.json5:15:28"));
    assert_eq!(place("/region").as_deref(), Some("environment variable OUTCROP_REGION"));
    // What is not there is near what should hold it.
    assert_eq!(place("/models/0/nothing/at/all").as_deref(), Some("manual.json5:9:11"));
    let allowed = ["text".to_owned(), "image".to_owned()];
    insta::assert_snapshot!(
        entry.diagnostic("/models/0/input/1", "the service takes no `image`", &allowed).render(Style::Plain),
        @r#"
error[config::provider]: the service takes no `image`
  --> manual.json5:13:29
   |
13 |             input: ["text", "image"],
   |                             ^^^^^^^
   |
   = help: allowed: `text`, `image`
"#
    );
    insta::assert_snapshot!(entry.diagnostic("/region", "there is no such region", &[]).render(Style::Plain), @r"
error[config::provider]: there is no such region
--> environment variable OUTCROP_REGION
");
    assert_eq!(loaded.config.providers().map(|entry| entry.id()).collect::<Vec<_>>(), ["amazon-bedrock"]);
    assert!(loaded.config.provider("nobody").is_none());
}

#[test]
fn a_users_own_file_is_the_one_that_was_named_or_the_users() {
    let optional = |name: &str| Some(FileSource::Optional(name.into()));
    let own = |sources: Sources| Loader::new(sources).load().config.own_file();
    let mut sources = Sources {
        system: optional("/s"),
        user: optional("/u"),
        project: optional("/p"),
        ..Sources::default()
    };
    assert_eq!(own(sources.clone()), Some((Layer::User, "/u".into())));
    sources.environment = environment(&[("OUTCROP_CONFIG", "/e")]);
    assert_eq!(own(sources.clone()), Some((Layer::File, "/e".into())));
    sources.file = Some(FileSource::Required("/f".into()));
    assert_eq!(own(sources.clone()), Some((Layer::File, "/f".into())));
    assert_eq!(own(sources.with_text(Layer::File, "/f", "{}")), None, "a text is no file");
    assert_eq!(own(Sources { project: optional("/p"), ..Sources::default() }), None);
}
