use super::*;
use crate::{Code, Diagnostic};

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
#[cfg(all(unix, not(target_os = "macos")))]
fn the_user_file_follows_xdg() {
    let cases = [
        (environment(&[("HOME", "/home/me")]), Some("/home/me/.config/outcrop/config.json5")),
        (environment(&[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "/x")]), Some("/x/outcrop/config.json5")),
        (
            environment(&[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "x")]),
            Some("/home/me/.config/outcrop/config.json5"),
        ),
        (environment(&[("HOME", "")]), None),
        (environment(&[]), None),
    ];
    for (environment, expected) in cases {
        let sources = Sources::platform(environment, Path::new("/nowhere"));
        assert_eq!(sources.user.as_ref().map(FileSource::path), expected.map(Path::new));
        assert_eq!(sources.system.unwrap().path(), Path::new("/etc/outcrop/config.json5"));
    }
}

#[test]
fn each_layer_of_files_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let sources = Sources {
        system: Some(FileSource::Optional("/etc/outcrop/config.json5".into())),
        user: Some(FileSource::Text { name: "user".into(), text: "{}".to_owned() }),
        ..Sources::platform(environment(&[("OUTCROP_CONFIG", "named.json5")]), folder.path())
    };
    let project = folder.path().join("outcrop.json5");
    let places = [
        (Layer::System, Some(PathBuf::from("/etc/outcrop/config.json5"))),
        // A text is nothing that can be written to.
        (Layer::User, None),
        (Layer::Project, Some(project.clone())),
        (Layer::File, Some("named.json5".into())),
        (Layer::Environment, None),
    ];
    for (layer, place) in places {
        assert_eq!(sources.file_of(layer), place, "{layer}");
    }
    assert_eq!(sources.layer_of(&project), Layer::Project, "also before it is there");
    assert_eq!(sources.layer_of(Path::new("user")), Layer::User);
    assert_eq!(Sources::default().file_of(Layer::Project), None);
}

#[test]
fn assignments_split_outside_of_quotes() {
    assert_eq!(split_assignment(r#"a."b=c".d=e=f"#), Some((r#"a."b=c".d"#, "e=f")));
    assert_eq!(split_assignment(r#"a."b\"=c"=d"#), Some((r#"a."b\"=c""#, "d")));
    assert_eq!(split_assignment("a="), Some(("a", "")));
    assert_eq!(split_assignment("a"), None);
    let error = Assignment::set("a..b=1").unwrap_err();
    assert_eq!(error.to_string(), "`a..b` is not a path of keys: a key is missing");
}

#[test]
fn debug_shows_no_value_of_the_environment_or_the_command_line() {
    let mut sources =
        Sources { environment: environment(&[("AWS_SECRET_ACCESS_KEY", "hush")]), ..Sources::default() };
    sources.command_line.push(Assignment::set("models.providers.mine.apiKey=hush").unwrap());
    let sources = sources.with_text(
        Layer::User,
        "config.json5",
        "{ models: { providers: { a: { apiKey: 'hush' } } } }",
    );
    let shown = format!("{sources:?}");
    assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hush"), "{shown}");
}

fn read(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Vec<ConfigFile> {
    let read = |file: FoundFile| {
        let (source, file) = file.parse(diagnostics);
        assert_eq!(source.is_some(), file.found);
        file
    };
    sources.find().into_iter().map(read).collect()
}

#[test]
fn a_missing_file_matters_only_if_somebody_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.json5");
    let mut sources = Sources { user: Some(FileSource::Optional(missing.clone())), ..Sources::default() };
    let mut diagnostics = Vec::new();
    let files = read(&sources, &mut diagnostics);
    assert!(diagnostics.is_empty());
    assert_eq!(files, [ConfigFile { layer: Layer::User, path: missing.clone(), found: false }]);

    sources.environment = environment(&[("OUTCROP_CONFIG", missing.to_str().unwrap())]);
    read(&sources, &mut diagnostics);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, Code::NamedFile);
    assert_eq!(diagnostics[0].file.as_deref(), Some(missing.as_path()));

    // A folder is there, and cannot be read as a file.
    let unreadable = Sources { user: Some(FileSource::Optional(folder.path().into())), ..Sources::default() };
    diagnostics.clear();
    read(&unreadable, &mut diagnostics);
    assert_eq!(diagnostics[0].code, Code::Read);
}

#[test]
fn a_file_that_is_no_text_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin1.json5");
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), b"{ a: '\xe4' }").unwrap();
    let sources = Sources { user: Some(FileSource::Optional(path)), ..Sources::default() };
    let mut diagnostics = Vec::new();
    assert!(!read(&sources, &mut diagnostics)[0].found);
    assert_eq!(diagnostics[0].message, "not valid JSON5: the file is not UTF-8 from here on");
}

#[test]
fn the_named_file_replaces_user_and_project() {
    let mut sources = Sources::default()
        .with_text(Layer::System, "s", "")
        .with_text(Layer::User, "u", "")
        .with_text(Layer::Project, "p", "");
    let layers = |sources: &Sources| sources.files().iter().map(|(layer, _)| *layer).collect::<Vec<_>>();
    assert_eq!(layers(&sources), [Layer::System, Layer::User, Layer::Project]);
    sources.environment = environment(&[("OUTCROP_CONFIG", "  ")]);
    assert_eq!(layers(&sources), [Layer::System, Layer::User, Layer::Project]);
    sources.environment = environment(&[("OUTCROP_CONFIG", "/from/environment.json5")]);
    assert_eq!(layers(&sources), [Layer::System, Layer::File]);
    let sources = sources.with_text(Layer::File, "f", "");
    assert_eq!(sources.files()[1].1.path(), Path::new("f"));
}
