//! JSON5 text to a tree with places.

use std::collections::HashMap;

use jsonc_parser::ast::{ObjectProp, Value as Ast};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Number;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::node::{Data, Member, Node, Span};
use crate::path::{KeyPath, Segment};
use crate::secret::{carries_credentials, looks_secret};
use crate::source::Source;
use crate::text::Text;

/// JSON5: everything that the parser reads, except for commas left out.
pub(crate) fn options() -> ParseOptions {
    ParseOptions { allow_missing_commas: false, ..ParseOptions::default() }
}

/// Fills `source` with the tree of a file. A file that is no JSON5 object leaves the source empty, with an error.
pub(crate) fn parse_file(source: &mut Source, text: &str, diagnostics: &mut Vec<Diagnostic>) {
    // Spans and places count from behind the byte order mark, as editors do.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    source.text = Some(Text::from(text));
    let ast = match parse_to_ast(text, &CollectOptions::default(), &options()) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            source.secrets = quoted_places(text);
            let span = error.range().start..error.range().end;
            diagnostics.push(syntax_error(source, &span, &error.kind().to_string(), hint(text, &span)));
            return;
        }
    };
    let Some(ast) = ast else { return };
    let mut conversion = Conversion::default();
    let node = conversion.node(&ast);
    source.secrets = conversion.secrets;
    let reports = conversion.reports.into_iter();
    diagnostics.extend(reports.map(|report| report.diagnostic(source)));
    if let Data::Object(_) = node.data {
        source.root = node;
    } else {
        let message = format!("expected an object, found {}", node.description());
        let diagnostic = source.diagnostic(Code::Type, Severity::Error, &node.span, message);
        diagnostics.push(diagnostic.help("a configuration is an object, `{ models: { … } }`"));
    }
}

/// A text as a JSON5 value, with numbers as exact as JSON has them. `None` if it is not JSON5.
///
/// ```
/// assert_eq!(outcrop_config::parse_json5("0xE10 // an hour"), Some(3600.into()));
/// assert_eq!(outcrop_config::parse_json5("us-east-1"), None);
/// ```
pub fn parse_json5(text: &str) -> Option<serde_json::Value> {
    parse_value(text).map(|node| node.to_json())
}

/// A JSON5 value that stands on its own, as after `--set path=`. `None` if it is not JSON5.
pub(crate) fn parse_value(text: &str) -> Option<Node> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options()).ok()?;
    let mut conversion = Conversion::default();
    let node = conversion.node(&parsed.value?);
    // Without a file there are no places.
    conversion.reports.is_empty().then(|| Node::from_json(&node.to_json()))
}

/// The tree of a value, without what is wrong with it.
pub(crate) fn tree(ast: &Ast<'_>) -> Node {
    Conversion::default().node(ast)
}

fn syntax_error(source: &Source, span: &Span, reason: &str, hint: Option<&str>) -> Diagnostic {
    let mut letters = reason.chars();
    let reason: String =
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
    let message = format!("not valid JSON5: {reason}");
    let mut diagnostic = source.diagnostic(Code::Syntax, Severity::Error, span, message).label(reason);
    diagnostic.help.extend(hint.map(str::to_owned));
    diagnostic.help("nothing in this file has an effect until it is fixed")
}

/// What people write who come from other formats, and from word processors.
fn hint(text: &str, span: &Span) -> Option<&'static str> {
    let is_object = text.trim_start().starts_with(['{', '/']);
    match text.get(span.start..)?.chars().next()? {
        '#' => Some("comments begin with `//`, or stand between `/*` and `*/`"),
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
            Some("texts stand between straight quotes, `\"` or `'`")
        }
        '\0' => Some("the file holds NUL bytes: save it as UTF-8"),
        _ => (!is_object).then_some("a configuration is JSON5, an object such as `{ models: { … } }`"),
    }
}

/// Without a tree nobody knows which text belongs to which key: once a text mentions a secret, no line of it shows what
/// may stand in quotes.
fn quoted_places(text: &str) -> Vec<Span> {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    if !words.any(looks_secret) {
        return Vec::new();
    }
    let mut spans = Vec::new();
    let mut start = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let quote = if continued { Some(0) } else { line.find(['"', '\'']) };
        spans.extend(quote.map(|quote| start + quote..end));
        continued = line.trim_end_matches(['\r', '\n']).ends_with('\\');
        start = end;
    }
    spans
}

#[derive(Default)]
struct Conversion {
    reports: Vec<Report>,
    /// Places of values that are or sound secret: no excerpt may show them, whatever else is wrong on their line.
    secrets: Vec<Span>,
    /// Where the conversion is.
    path: KeyPath,
}

/// A problem that waits until all secrets are known.
enum Report {
    DuplicateKey { key: String, span: Span, counts: bool },
    Inexact(KeyPath, String, Span),
}

impl Report {
    fn diagnostic(self, source: &Source) -> Diagnostic {
        match self {
            Self::DuplicateKey { key, span, counts } => {
                let message = format!("`{key}` stands here twice");
                let diagnostic = source.diagnostic(Code::DuplicateKey, Severity::Warning, &span, message);
                let label = if counts { "this one counts" } else { "a later one counts" };
                diagnostic.label(label).help("remove one of the two")
            }
            Self::Inexact(path, literal, span) => {
                let message = format!("`{literal}` cannot be kept exactly as a number");
                let is_whole =
                    literal.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit());
                let diagnostic = source.diagnostic(Code::Number, Severity::Error, &span, message);
                diagnostic.key(&path).help(if is_whole {
                    format!("if it is an id, write it as a string: \"{literal}\"")
                } else {
                    "write a finite number of 64 bits".to_owned()
                })
            }
        }
    }
}

impl Conversion {
    fn node(&mut self, ast: &Ast<'_>) -> Node {
        let span = ast.start()..ast.end();
        let data = match ast {
            Ast::NullKeyword(_) => Data::Null,
            Ast::BooleanLit(literal) => Data::Boolean(literal.value),
            Ast::StringLit(literal) => {
                if carries_credentials(&literal.value) {
                    self.secrets.push(span.clone());
                }
                Data::Text(literal.value.clone().into_owned())
            }
            Ast::NumberLit(literal) => self.number(literal.value, &span),
            Ast::Array(array) => Data::Array(self.array(&array.elements)),
            Ast::Object(object) => self.object(&object.properties),
        };
        Node::new(data, span)
    }

    fn number(&mut self, literal: &str, span: &Span) -> Data {
        let Some(number) = exact_number(literal) else {
            self.reports.push(Report::Inexact(self.path.clone(), literal.to_owned(), span.clone()));
            return Data::Broken;
        };
        Data::Number(number)
    }

    fn array(&mut self, elements: &[Ast<'_>]) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(elements.len());
        for (position, element) in elements.iter().enumerate() {
            self.path.push(Segment::Index(position));
            nodes.push(self.node(element));
            self.path.pop();
        }
        nodes
    }

    fn object(&mut self, properties: &[ObjectProp<'_>]) -> Data {
        let mut members: Vec<Member> = Vec::with_capacity(properties.len());
        // Where the member of a key is, and the last report about it.
        let mut known: HashMap<&str, (usize, Option<usize>)> = HashMap::with_capacity(properties.len());
        for property in properties {
            let key = property.name.as_str();
            let key_span = property.name.start()..property.name.end();
            if looks_secret(key) {
                self.secrets.push(property.value.start()..property.value.end());
            }
            self.path.push(Segment::Key(key.to_owned()));
            let member = Member { key: key.to_owned(), key_span, node: self.node(&property.value) };
            self.path.pop();
            let (position, report) = known.entry(key).or_insert((members.len(), None));
            match members.get_mut(*position) {
                None => members.push(member),
                Some(earlier) => {
                    // Of three equal keys the second does not count either.
                    let superseded = report.and_then(|report| self.reports.get_mut(report));
                    if let Some(Report::DuplicateKey { counts, .. }) = superseded {
                        *counts = false;
                    }
                    *report = Some(self.reports.len());
                    let (key, span) = (key.to_owned(), member.key_span.clone());
                    self.reports.push(Report::DuplicateKey { key, span, counts: true });
                    *earlier = member;
                }
            }
        }
        Data::Object(members)
    }
}

/// The number that a JSON5 literal means; `None` if an integer does not fit into 64 bits or the number is not finite.
fn exact_number(literal: &str) -> Option<Number> {
    let (negative, digits) = match literal.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, literal.strip_prefix('+').unwrap_or(literal)),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return integer(negative, u64::from_str_radix(hex, 16).ok()?);
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return integer(negative, digits.parse().ok()?);
    }
    // Rust reads `.5` and `5.` as JSON5 means them.
    Number::from_f64(literal.parse().ok()?)
}

fn integer(negative: bool, magnitude: u64) -> Option<Number> {
    if negative {
        0_i64.checked_sub_unsigned(magnitude).map(Number::from)
    } else {
        Some(Number::from(magnitude))
    }
}

#[cfg(test)]
pub(crate) mod oracle;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Layer;

    pub(super) fn parsed(text: &str) -> (serde_json::Value, Vec<String>) {
        let mut source = Source::new(Layer::User);
        let mut diagnostics = Vec::new();
        parse_file(&mut source, text, &mut diagnostics);
        (source.root.to_json(), diagnostics.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn json5_is_read_as_it_is_written() {
        let (value, problems) = parsed(
            "\u{feff}// comment\n{ a: 'x\\\ny', \"b\": 0xFF, c: +1, d: .5, e: 5., f: -0x10, $g_ä: [1, 2,], /* */ h: 1e3, 'i j': '\\x41' }",
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            value,
            serde_json::json!({ "a": "xy", "b": 255, "c": 1, "d": 0.5, "e": 5.0, "f": -16, "$g_ä": [1, 2],
                "h": 1000.0, "i j": "A" })
        );
    }

    #[test]
    fn nothing_is_an_empty_object() {
        for text in ["", "  \n", "// only a comment\n", "\u{feff}"] {
            assert_eq!(parsed(text), (serde_json::json!({}), Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn integers_stay_exact_or_are_refused() {
        let (value, problems) =
            parsed("{ a: 9007199254740993, b: 18446744073709551615, c: -9223372036854775808 }");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            value.to_string(),
            r#"{"a":9007199254740993,"b":18446744073709551615,"c":-9223372036854775808}"#
        );
        for literal in [
            "18446744073709551616",
            "-9223372036854775809",
            "0x1FFFFFFFFFFFFFFFF",
            "1e999",
            "Infinity",
            "NaN",
        ] {
            let (_, problems) = parsed(&format!("{{ a: {literal} }}"));
            assert_eq!(problems, [format!("`{literal}` cannot be kept exactly as a number")]);
        }
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let (value, problems) = parsed("{ a: 1, b: 2, a: 3 }");
        assert_eq!(value, serde_json::json!({ "a": 3, "b": 2 }));
        assert_eq!(problems, ["`a` stands here twice"]);
    }

    #[test]
    fn depth_is_limited() {
        let (_, problems) = parsed(&format!("{{ a: {}", "[".repeat(100_000)));
        assert_eq!(problems.len(), 1, "{problems:?}");
        let (_, problems) = parsed(&format!("{{ a: {}{} }}", "[".repeat(200), "]".repeat(200)));
        assert_eq!(problems, Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_heap_of_tokens_is_read_or_refused(tokens in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "'", "\"", "\\", "//", "/*", "*/", "\n", "a", "'b'", "\"c\"", "1", "-", "+", ".", "0x",
            "1e", "null", "true", "\\u", "Infinity", "ä",
        ]), 0..24)) {
            let (value, problems) = parsed(&tokens.concat());
            prop_assert!(value.is_object(), "{value} {problems:?}");
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[\\x00-\\x7fäß\u{2028}]{0,40}") {
            let (value, problems) = parsed(&text);
            prop_assert!(value.is_object(), "{value} {problems:?}");
        }

        #[test]
        fn json_is_read_like_serde_json_reads_it(keys in prop::collection::btree_map(".{0,6}", any::<i64>(), 0..6)) {
            let text = serde_json::to_string(&keys).unwrap();
            let (value, problems) = parsed(&text);
            prop_assert_eq!(problems, Vec::<String>::new());
            prop_assert_eq!(value, serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }
}
