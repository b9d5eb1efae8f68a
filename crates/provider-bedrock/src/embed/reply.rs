//! Vectors out of the answers of each family.

use std::fmt;

use outcrop_core::{Error, ErrorKind, Result};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::family::Shape;

/// The vectors of one call, in the order of its texts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub vectors: Vec<Vec<f32>>,
    /// The tokens of the texts, if the body says.
    pub tokens: Option<u64>,
}

impl Reply {
    /// Reads the body of an answer to `texts` texts.
    pub(super) fn read(shape: Shape, body: &[u8], texts: usize) -> Result<Self> {
        let reply = match shape {
            Shape::Titan | Shape::TitanV2 | Shape::TitanImage => {
                let Titan { embedding, tokens, message } = parse(body)?;
                match (embedding, message.filter(|message| !message.is_empty())) {
                    (Some(vector), _) => Self { vectors: vec![vector], tokens },
                    (None, Some(message)) => {
                        return Err(Error::new(
                            ErrorKind::Unexpected,
                            "the model made no vector of the text",
                        )
                        .with_provider_message(message));
                    }
                    (None, None) => Self { vectors: Vec::new(), tokens },
                }
            }
            Shape::CohereV3 | Shape::CohereV4 => {
                let Cohere { embeddings } = parse(body)?;
                Self { vectors: embeddings.0, tokens: None }
            }
            Shape::Nova => {
                let Nova { embeddings } = parse(body)?;
                Self { vectors: embeddings.into_iter().map(|one| one.embedding).collect(), tokens: None }
            }
            Shape::Marengo2 | Shape::Marengo3 => {
                let Marengo { data } = parse(body)?;
                Self { vectors: data.0.into_iter().map(|one| one.embedding).collect(), tokens: None }
            }
        };
        reply.checked(texts)
    }

    /// The same, if there is one vector a text and every number is one.
    pub(super) fn checked(self, texts: usize) -> Result<Self> {
        let count = self.vectors.len();
        if count != texts {
            return Err(broken(format!("the service gave {count} vectors, and {texts} were asked for")));
        }
        if self.vectors.iter().flatten().any(|number| !number.is_finite()) {
            return Err(broken("a vector holds a number that is none"));
        }
        Ok(self)
    }
}

/// The vectors of all calls: all of one length, which is the one that was asked for.
pub(super) fn of_one_length(vectors: Vec<Vec<f32>>, asked: Option<u32>) -> Result<Vec<Vec<f32>>> {
    let asked = asked.and_then(|asked| usize::try_from(asked).ok());
    let length = asked.or_else(|| vectors.first().map(Vec::len)).unwrap_or_default();
    match vectors.iter().map(Vec::len).find(|other| *other != length || *other == 0) {
        Some(0) => Err(broken("the service gave a vector without numbers")),
        Some(other) => {
            Err(broken(format!("the service gave a vector of {other} numbers in place of {length}")))
        }
        None => Ok(vectors),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        if withheld(body) {
            Error::new(ErrorKind::Filtered, "a guardrail stopped the request")
        } else {
            broken("the answer is not one of an embedding model").with_source(error)
        }
    })
}

/// Whether a guardrail stepped in: then its words stand in the place of the answer. Source: "Use guardrails with
/// InvokeModel" in the Bedrock user guide.
fn withheld(body: &[u8]) -> bool {
    let action = serde_json::from_slice::<Value>(body).ok();
    let action = action.as_ref().and_then(|body| body.get("amazon-bedrock-guardrailAction"));
    action.and_then(Value::as_str) == Some("INTERVENED")
}

#[track_caller]
fn broken(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Protocol, message)
}

#[derive(serde::Deserialize)]
struct Titan {
    embedding: Option<Vec<f32>>,
    #[serde(rename = "inputTextTokenCount")]
    tokens: Option<u64>,
    message: Option<String>,
}

#[derive(serde::Deserialize)]
struct Cohere {
    embeddings: Typed,
}

/// Vectors of floats, by themselves or beside those of other types.
struct Typed(Vec<Vec<f32>>);

#[derive(serde::Deserialize)]
struct Nova {
    embeddings: Vec<One>,
}

#[derive(serde::Deserialize)]
struct Marengo {
    data: OneOrMany,
}

struct OneOrMany(Vec<One>);

#[derive(serde::Deserialize)]
struct One {
    embedding: Vec<f32>,
}

// Written out, since an untagged enum would keep all numbers twice, each in a general value first.
impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Vectors;

        #[derive(serde::Deserialize)]
        struct ByType {
            float: Vec<Vec<f32>>,
        }

        impl<'de> Visitor<'de> for Vectors {
            type Value = Typed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("vectors, or vectors by type")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> std::result::Result<Typed, A::Error> {
                all(&mut sequence).map(Typed)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Typed, A::Error> {
                ByType::deserialize(MapAccessDeserializer::new(map)).map(|types| Typed(types.float))
            }
        }

        deserializer.deserialize_any(Vectors)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Data;

        impl<'de> Visitor<'de> for Data {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an embedding, or a list of them")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut sequence: A,
            ) -> std::result::Result<OneOrMany, A::Error> {
                all(&mut sequence).map(OneOrMany)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<OneOrMany, A::Error> {
                One::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }
        }

        deserializer.deserialize_any(Data)
    }
}

fn all<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
    sequence: &mut A,
) -> std::result::Result<Vec<T>, A::Error> {
    let mut items = Vec::new();
    while let Some(item) = sequence.next_element()? {
        items.push(item);
    }
    Ok(items)
}
