//! Reads and edits texts that nobody would write, made from such as people do: `fuzz [--seconds N] [--seed S]`.
//!
//! A panic is a finding, and so is a value that was set and is not there, a file that is read one way and edited another,
//! or a secret that is told. The text that a finding was made with is in the message; the seed makes the same texts again.

use std::error::Error;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use outcrop_config::{Code, Edit, EditError, KeyPath, Layer, Loader, Sources, Style};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a text is made of that means something to a reader of JSON5, or to one of this configuration.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "'",
    "\"",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    "\r",
    "\r\n",
    "\u{feff}",
    "\u{2028}",
    " ",
    "0",
    "-1",
    "0x",
    "1e999",
    ".5",
    "Infinity",
    "NaN",
    "null",
    "true",
    "\\u00e4",
    "\\ud800",
    "\\x4",
    "ä",
    "😀",
    "\u{0}",
    "${HOME}",
    "${",
    "$${",
    "id",
    "models",
    "providers",
    "amazon-bedrock",
    "bedrockDiscovery",
    "agents",
    "defaults",
    "model",
    "primary",
    "overrides",
    "guardrail",
    "headers",
    "apiKey",
    "region",
    "plugins",
    "config",
    "'amazon-bedrock': {",
    "models: [{ id: 'x' }]",
    "[[[[[[[[[[",
    "{a:{a:{a:{a:{",
];

/// Where values are set and removed.
const PATHS: &[&str] = &[
    "models.bedrockDiscovery.region",
    "models.bedrockDiscovery",
    "models.providers.\"amazon-bedrock\".models.\"us.amazon.nova-pro-v1:0\".name",
    "models.providers.\"amazon-bedrock\".models[0]",
    "models.providers.x.headers.\"a b\"",
    "models.overrides.\"*.v1:0\".contextWindow",
    "agents.defaults.model",
    "agents.defaults.model.primary",
    "agents.defaults.model.fallbacks",
    "plugins",
    "new",
];

/// What must never be told. No name of a variable is like it, as those are told.
const SECRET: &str = "geheim-7f3a";

/// How people write a secret, rightly and wrongly; `?` is where it stands.
const SECRETS: &[&str] = &[
    "apiKey: '?'",
    "apiKey: ?",
    "apiKey: “?”",
    "apiKey: `?`",
    "apiKey:\n ?",
    "apiKey:\r '?'",
    "apiKey: ['?']",
    "apiKey: { of: '?', of: 1 }",
    "apiKey: '?', apiKey: '?'",
    "'api\\x4bey': '?'",
    "clientSecret: { of: ['?'] }",
    "headers: { 'x-team': '?' }",
    "headers: { 'x-team': '?', 'x-team': '?' }",
    "headers: { 'x-team': ? }",
    "headers: { 'x-team': '? ]",
    "headers: { 'x-team': { a: '?' } }",
    "headers: 'x-team: ?'",
    "headers: ['x-team: ?']",
    "headers: [{ 'x-team': '?' }]",
    "headers: { 'x-team': '${?' }",
    "headers: { 'x-team': '${?}' }",
    "models: { providers: { x: { apiKey: '?' }, x: { apiKey: '?' } }, providers: 1 }",
    "baseUrl: 'https://me:?@host/path'",
];

fn main() -> Outcome<()> {
    let (seconds, seed) = arguments()?;
    let mut pool = corpus()?;
    let mut rng = Rng::with_seed(seed);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json5");
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut texts, seeds) = (0_u64, pool.len());
    tell(&format!("seed {seed}, {seeds} texts to begin with, {seconds} s"));
    while Instant::now() < end {
        let text = mutated(&pool, &mut rng);
        let planted = planted(&text, &mut rng);
        let (path, value) = (rng.choice(PATHS).copied().unwrap_or_default(), value(&mut rng));
        let tried = catch_unwind(AssertUnwindSafe(|| {
            secrecy(&file, &planted, path, &value)?;
            attempt(&file, &text, path, &value, texts)
        }));
        let finding = match tried {
            Ok(Ok(is_json5)) => {
                keep(&mut pool, seeds, text, is_json5, &mut rng);
                texts += 1;
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it panicked".to_owned(),
        };
        return Err(format!(
            "with seed {seed}, text {texts}: {finding}; set {path} to {value} in {text:?}, {planted:?}"
        )
        .into());
    }
    tell(&format!("{texts} texts without a finding"));
    Ok(())
}

/// The seconds and the seed of the command line.
fn arguments() -> Outcome<(u64, u64)> {
    let (mut seconds, mut seed) = (60, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let number = arguments.next().ok_or_else(|| format!("a number must follow `{name}`"))?.parse()?;
        match name.as_str() {
            "--seconds" => seconds = number,
            "--seed" => seed = Some(number),
            _ => return Err(format!("`{name}` is not known: `--seconds N` and `--seed S` are").into()),
        }
    }
    // Another one each time, as a seed that never changes finds nothing new.
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok((seconds, seed.unwrap_or_else(now)))
}

/// The files of this crate: such as people have, and such as have mistakes.
fn corpus() -> Outcome<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = vec![root.join("src/defaults.json5")];
    for folder in ["src/load/fixtures", "tests-data/bad"] {
        for entry in std::fs::read_dir(root.join(folder))? {
            paths.push(entry?.path());
        }
    }
    // The order of a folder is not always the same, and what is made of a seed must be.
    paths.sort();
    let is_json5 = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "json5");
    let mut texts = vec![String::new()];
    for path in paths.iter().filter(is_json5) {
        texts.push(String::from_utf8_lossy(&std::fs::read(path)?).into_owned());
    }
    Ok(texts)
}

/// What still is JSON5 is a start for more; of the rest only some is.
fn keep(pool: &mut Vec<String>, seeds: usize, text: String, is_json5: bool, rng: &mut Rng) {
    const MOST: usize = 500;
    const LONGEST: usize = 8192;
    if text.len() > LONGEST || !(is_json5 || rng.u8(..) == 0) {
        return;
    }
    if pool.len() < MOST {
        pool.push(text);
    } else if let Some(place) = pool.get_mut(rng.usize(seeds..MOST)) {
        *place = text;
    }
}

fn any<'a>(pool: &'a [String], rng: &mut Rng) -> &'a str {
    rng.choice(pool).map_or("", String::as_str)
}

/// A place between two characters.
fn place(text: &str, rng: &mut Rng) -> usize {
    text.floor_char_boundary(rng.usize(..=text.len()))
}

/// A part of the text, short more often than long.
fn part(text: &str, rng: &mut Rng) -> std::ops::Range<usize> {
    let start = place(text, rng);
    let longest = 1 << rng.u32(0..10);
    start..text.ceil_char_boundary(start + rng.usize(0..=longest))
}

/// One of the texts with a few changes.
fn mutated(pool: &[String], rng: &mut Rng) -> String {
    let mut text = any(pool, rng).to_owned();
    for _ in 0..rng.usize(1..6) {
        let (part, other) = (part(&text, rng), any(pool, rng));
        let new = match rng.u8(0..6) {
            0 => String::new(),
            1 => text.get(part.clone()).unwrap_or_default().repeat(2),
            2 => other.get(self::part(other, rng)).unwrap_or_default().to_owned(),
            3 => rng.choice(TOKENS).copied().unwrap_or_default().to_owned(),
            4 => rng.choice(TOKENS).copied().unwrap_or_default().repeat(1 << rng.u32(0..8)),
            _ => rng.char(..).to_string(),
        };
        let at = if rng.bool() { part } else { part.start..part.start };
        text.replace_range(at, &new);
    }
    text
}

fn value(rng: &mut Rng) -> Value {
    match rng.u8(0..8) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(rng.f64()),
        4 => json!(["a", { "id": "x" }]),
        5 => json!({ "id": "x", "region": "${HOME}", "a b": {} }),
        6 => json!(std::iter::repeat_with(|| rng.char(..)).take(4).collect::<String>()),
        _ => json!(rng.choice(TOKENS)),
    }
}

/// The text with a secret somewhere between its tokens.
fn planted(text: &str, rng: &mut Rng) -> String {
    let places = places(text);
    let (at, comma) = rng.choice(&places).copied().unwrap_or((0, false));
    let (before, after) = text.split_at(at);
    let secret = rng.choice(SECRETS).map_or(String::new(), |shape| shape.replace('?', SECRET));
    let (first, last) = if comma { (",", "") } else { ("", ",") };
    format!("{before}{first} {secret} {last}{after}")
}

/// Where a member may stand: behind each `{` or `,` that is in no string and no comment, and before each `}`, where a comma
/// must come first.
fn places(text: &str) -> Vec<(usize, bool)> {
    let mut places = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let length = match first {
            '"' | '\'' => string_length(rest, first),
            '/' if rest.starts_with("//") => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            other => other.len_utf8(),
        };
        match first {
            '{' | ',' => places.push((at + 1, false)),
            '}' => places.push((at, true)),
            _ => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    places
}

/// The length of the string that the text begins with, quotes included.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

/// Whether the secret stays out of all that is said of a text, and of its edits.
fn secrecy(file: &Path, text: &str, path: &str, value: &Value) -> Outcome<()> {
    let tell = |what: &str, told: &str| -> Outcome<()> {
        if told.contains(SECRET) { Err(format!("{what} tells a secret: {told}").into()) } else { Ok(()) }
    };
    for layer in [Layer::User, Layer::Project] {
        let loaded = Loader::new(Sources::default().with_text(layer, file, text)).load();
        tell("Debug", &format!("{loaded:?}"))?;
        for diagnostic in &loaded.diagnostics {
            tell("Display", &diagnostic.to_string())?;
            tell("the plain text", &diagnostic.render(Style::Plain))?;
            tell("the coloured text", &diagnostic.render(Style::Coloured))?;
            tell("the JSON", &serde_json::to_string(diagnostic)?)?;
        }
    }
    std::fs::File::create(file)?.write_all(text.as_bytes())?;
    let failed = |error: &EditError| -> Outcome<()> {
        tell("an error", &format!("{error} {error:?} {:?}", error.hints()))
    };
    let mut edit = match Edit::open(file) {
        Ok(edit) => edit,
        Err(error) => return failed(&error),
    };
    if let Err(error) = edit.set(&path.parse()?, value) {
        failed(&error)?;
    }
    tell("the diff", &edit.diff())?;
    tell("Debug", &format!("{edit:?} {:?}", edit.problems()))?;
    if let Err(error) = edit.write() {
        failed(&error)?;
    }
    Ok(())
}

/// Reads the text in one of the layers and edits it as a file; every eighth time the rest is done that takes long.
/// Whether it is JSON5.
fn attempt(file: &Path, text: &str, path: &str, value: &Value, turn: u64) -> Outcome<bool> {
    let (mut is_json5, is_thorough) = (true, turn.is_multiple_of(8));
    let layers: &[Layer] = if is_thorough { &[Layer::User, Layer::Project] } else { &[Layer::User] };
    for &layer in layers {
        let environment = [("HOME".to_owned(), "/home/me".to_owned())].into();
        let sources = Sources { environment, ..Sources::default() };
        let loaded = Loader::new(sources.with_text(layer, file, text)).load();
        for diagnostic in &loaded.diagnostics {
            for style in [Style::Plain, Style::Coloured] {
                diagnostic.render(style);
            }
            if diagnostic.help.is_empty() && diagnostic.is_error() && diagnostic.allowed.is_empty() {
                return Err(format!("no help with `{diagnostic}`").into());
            }
            let unreadable =
                diagnostic.code == Code::Syntax || diagnostic.key.is_none() && diagnostic.code == Code::Type;
            is_json5 &= !unreadable;
        }
        for key in loaded.config.keys().iter().filter(|_| is_thorough) {
            loaded.config.explain(key);
        }
    }
    let mut written = std::fs::File::create(file)?;
    written.write_all(text.as_bytes())?;
    let edit = match Edit::open(file) {
        Ok(edit) if is_json5 => edit,
        Err(EditError::Malformed(_)) if !is_json5 => return Ok(false),
        other => return Err(format!("read as JSON5: {is_json5}; opened: {other:?}").into()),
    };
    change(edit, &path.parse()?, value, is_thorough)?;
    Ok(true)
}

/// Sets a value and removes it again.
fn change(mut edit: Edit, path: &KeyPath, value: &Value, is_thorough: bool) -> Outcome<()> {
    let before = edit.text().to_owned();
    let was_there = edit.get(path).is_some();
    match edit.set(path, value) {
        Ok(()) if !is_set(edit.get(path).as_ref(), path, value) => {
            return Err(format!("set, and {:?} is there", edit.get(path)).into());
        }
        Err(EditError::Blocked(_)) if edit.text() == before => return Ok(()),
        Ok(()) => {}
        other => return Err(format!("not set: {other:?}").into()),
    }
    if is_thorough {
        edit.problems();
    }
    edit.unset(path)?;
    // A position means the next element when one is gone.
    let is_position = path.to_string().ends_with(']');
    if edit.get(path).is_some() && !is_position {
        return Err(format!("removed, and {:?} is there", edit.get(path)).into());
    }
    // What stays on purpose when a value goes: the long form of the default model, and a model that is there by its id.
    let may_stay = |part: &str| path.to_string().contains(part);
    if !was_there && edit.text() != before && !may_stay("agents.defaults.model.") && !may_stay(".models.") {
        return Err(format!("set and removed, and not as before but {:?}", edit.text()).into());
    }
    Ok(())
}

/// Whether a value is there: numbers may be written another way, and beside a default model its fallbacks stay.
fn is_set(found: Option<&Value>, path: &KeyPath, value: &Value) -> bool {
    let is_close = |number: f64| value.as_f64() == Some(number);
    let is_model = path.to_string() == "agents.defaults.model";
    found == Some(value)
        || found.and_then(Value::as_f64).is_some_and(is_close)
        || (is_model && found.and_then(|found| found.get("primary")) == Some(value))
}

#[expect(clippy::print_stderr, reason = "a tool for developers says what it does")]
fn tell(text: &str) {
    eprintln!("{text}");
}
