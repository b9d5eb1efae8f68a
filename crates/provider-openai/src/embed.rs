//! Texts to vectors, by `/embeddings`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use outcrop_core::{EmbedRequest, Embeddings, Error, ErrorKind, Result, Usage};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::draft::merge;
use crate::failure::{Call, is_error};

/// The texts of one call. OpenAI takes 2048 with 300,000 tokens together (API reference, "Create embeddings"), and many
/// servers less; no server gains much from more than this.
const TEXTS_AT_ONCE: usize = 128;

/// The longest answer, in MiB: that many vectors of many thousand numbers, written out.
pub(crate) const LONGEST: usize = 64;

/// What the caller cannot write over.
const OURS: [&str; 2] = ["model", "input"];

/// The bodies of a request.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// All but the texts.
    body: Map<String, Value>,
    texts: &'a [String],
}

impl<'a> Draft<'a> {
    /// The draft of a request, by the provider with that id.
    pub(crate) fn new(request: &'a EmbedRequest, provider: &str) -> Result<Self> {
        if let Some(blank) = request.texts.iter().position(|text| text.trim().is_empty()) {
            let message = format!("`texts[{blank}]` is blank: there is no vector of nothing");
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_hint("leave blank texts out"));
        }
        let mut body = Map::from_iter([
            ("model".to_owned(), json!(request.model)),
            ("input".to_owned(), json!([])),
            ("encoding_format".to_owned(), "float".into()),
        ]);
        if let Some(dimensions) = request.dimensions {
            body.insert("dimensions".to_owned(), dimensions.into());
        }
        merge(&mut body, request.options.get(provider), provider, &OURS)?;
        Ok(Self { body, texts: &request.texts })
    }

    /// The bodies, in the order of the texts.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = Body<'_>> {
        self.texts.chunks(TEXTS_AT_ONCE).map(|texts| Body { template: &self.body, texts })
    }
}

/// What one call sends.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    template: &'a Map<String, Value>,
    texts: &'a [String],
}

impl Body<'_> {
    /// The number of texts.
    pub(crate) const fn texts(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let mut body = self.template.clone();
        body.insert("input".to_owned(), json!(self.texts));
        Value::Object(body).to_string().into()
    }
}

/// The answers of all calls.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    vectors: Vec<Vec<f32>>,
    /// The tokens of the texts, if every answer says.
    tokens: Option<u64>,
    is_counted: bool,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Row>,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Row {
    index: Option<usize>,
    embedding: Vector,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    Numbers(Vec<f32>),
    /// Numbers of four bytes, the least one first, in Base64: some servers give them whatever was asked for.
    Text(String),
}

#[derive(Deserialize)]
struct Counts {
    prompt_tokens: Option<u64>,
}

impl Reply {
    /// Adds the answer to a call for that many texts.
    pub(crate) fn add(&mut self, body: &[u8], texts: usize, call: &Call) -> Result<()> {
        let broken = |message: String| call.new_error(ErrorKind::Protocol, message);
        let answer: Answer = match serde_json::from_slice(body) {
            Ok(answer) => answer,
            Err(error) => {
                return Err(match serde_json::from_slice::<Value>(body).ok().filter(is_error) {
                    Some(said) => call.in_stream(&said),
                    None => {
                        broken("the answer is not one of an embedding model".to_owned()).with_source(error)
                    }
                });
            }
        };
        let mut rows = answer.data;
        if rows.len() != texts {
            return Err(broken(format!(
                "the endpoint gave {} vectors, and {texts} were asked for",
                rows.len()
            )));
        }
        // They may come in any order; without numbers it is that of the texts.
        if rows.iter().all(|row| row.index.is_some()) {
            rows.sort_by_key(|row| row.index);
        }
        for row in rows {
            let vector = match row.embedding {
                Vector::Numbers(numbers) => Some(numbers),
                Vector::Text(text) => numbers(&text),
            };
            let vector = vector.filter(|vector| vector.iter().all(|number| number.is_finite()));
            self.vectors.push(vector.ok_or_else(|| broken("a vector holds what is no number".to_owned()))?);
        }
        let tokens = answer.usage.and_then(|usage| usage.prompt_tokens);
        self.tokens = match (self.is_counted, self.tokens, tokens) {
            (false, _, tokens) => tokens,
            (true, Some(before), Some(tokens)) => Some(before.saturating_add(tokens)),
            (true, ..) => None,
        };
        self.is_counted = true;
        Ok(())
    }

    /// The vectors of all texts: all of one length, which is the one that was asked for.
    pub(crate) fn finish(self, request: &EmbedRequest) -> Result<Embeddings> {
        let asked = request.dimensions.and_then(|asked| usize::try_from(asked).ok());
        let length = asked.or_else(|| self.vectors.first().map(Vec::len)).unwrap_or_default();
        match self.vectors.iter().map(Vec::len).find(|other| *other != length || *other == 0) {
            None => {}
            Some(0) => {
                return Err(Error::new(ErrorKind::Protocol, "the endpoint gave a vector without numbers"));
            }
            Some(other) => {
                let message = format!("the endpoint gave a vector of {other} numbers in place of {length}");
                return Err(Error::new(ErrorKind::Protocol, message)
                    .with_hint("leave `dimensions` out: the model may have one length only"));
            }
        }
        let mut embeddings = Embeddings::new(self.vectors);
        embeddings.model = Some(request.model.clone());
        embeddings.usage = self.tokens.map(|input_tokens| Usage { input_tokens, ..Usage::default() });
        Ok(embeddings)
    }
}

/// The numbers of a Base64 text.
fn numbers(text: &str) -> Option<Vec<f32>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (numbers, []) = bytes.as_chunks::<4>() else { return None };
    Some(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

#[cfg(test)]
mod tests;
