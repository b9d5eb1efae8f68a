//! How each family of embedding models wants its body.
//!
//! Sources: the pages "Inference request parameters and response fields" of the Bedrock user guide and "Complete embeddings
//! request and response schema" of the Nova user guide; `tests-data/embeddings.json` names the page of every body.

use outcrop_core::{EmbedPurpose, EmbedRequest, Error, ErrorKind, Result};
use outcrop_model_facts::BedrockId;
use serde_json::{Map, Value, json};

use crate::options::overlaid;

/// A family of embedding models: those that take the same body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Family {
    /// The ids of its models, without revision and throughput.
    ids: &'static [&'static str],
    shape: Shape,
    /// The lengths that its vectors can have; the only one, if there is no choice.
    dimensions: &'static [u32],
    /// How many texts one call takes.
    pub texts_per_call: usize,
    /// The member that holds the texts.
    texts_at: &'static [&'static str],
    /// Members that follow from fields of the request, or that would make it something else than texts to vectors.
    reserved: &'static [&'static str],
}

/// What a body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Amazon's first models: the text and nothing else.
    Titan,
    /// Amazon Titan Text Embeddings V2.
    TitanV2,
    /// Amazon Titan Multimodal Embeddings.
    TitanImage,
    /// Cohere Embed v3.
    CohereV3,
    /// Cohere Embed v4.
    CohereV4,
    /// Amazon Nova Multimodal Embeddings.
    Nova,
    /// TwelveLabs Marengo Embed 2.7.
    Marengo2,
    /// TwelveLabs Marengo Embed 3.0.
    Marengo3,
}

/// The most texts that Cohere's models take in one call.
const COHERE_TEXTS: usize = 96;

const FAMILIES: &[Family] = &[
    Family {
        ids: &["amazon.titan-embed-text-v2"],
        shape: Shape::TitanV2,
        dimensions: &[256, 512, 1024],
        texts_per_call: 1,
        texts_at: &["inputText"],
        reserved: &["/inputText", "/dimensions", "/embeddingTypes"],
    },
    Family {
        ids: &["amazon.titan-embed-text-v1", "amazon.titan-embed-g1-text-02"],
        shape: Shape::Titan,
        dimensions: &[1536],
        texts_per_call: 1,
        texts_at: &["inputText"],
        reserved: &["/inputText"],
    },
    Family {
        ids: &["amazon.titan-embed-image-v1"],
        shape: Shape::TitanImage,
        dimensions: &[256, 384, 1024],
        texts_per_call: 1,
        texts_at: &["inputText"],
        reserved: &["/inputText", "/inputImage", "/embeddingConfig/outputEmbeddingLength"],
    },
    Family {
        ids: &["cohere.embed-english-v3", "cohere.embed-multilingual-v3"],
        shape: Shape::CohereV3,
        dimensions: &[1024],
        texts_per_call: COHERE_TEXTS,
        texts_at: &["texts"],
        reserved: &["/texts", "/images", "/input_type", "/embedding_types"],
    },
    Family {
        ids: &["cohere.embed-v4"],
        shape: Shape::CohereV4,
        dimensions: &[256, 512, 1024, 1536],
        texts_per_call: COHERE_TEXTS,
        texts_at: &["texts"],
        reserved: &["/texts", "/images", "/inputs", "/input_type", "/embedding_types", "/output_dimension"],
    },
    Family {
        ids: &["amazon.nova-2-multimodal-embeddings-v1"],
        shape: Shape::Nova,
        dimensions: &[256, 384, 1024, 3072],
        texts_per_call: 1,
        texts_at: &["singleEmbeddingParams", "text", "value"],
        reserved: &[
            "/taskType",
            "/segmentedEmbeddingParams",
            "/singleEmbeddingParams/embeddingDimension",
            "/singleEmbeddingParams/text/value",
            "/singleEmbeddingParams/text/source",
            "/singleEmbeddingParams/image",
            "/singleEmbeddingParams/audio",
            "/singleEmbeddingParams/video",
        ],
    },
    Family {
        ids: &["twelvelabs.marengo-embed-2-7-v1"],
        shape: Shape::Marengo2,
        dimensions: &[1024],
        texts_per_call: 1,
        texts_at: &["inputText"],
        reserved: &["/inputType", "/inputText", "/mediaSource"],
    },
    Family {
        ids: &["twelvelabs.marengo-embed-3-0-v1"],
        shape: Shape::Marengo3,
        dimensions: &[512],
        texts_per_call: 1,
        texts_at: &["text", "inputText"],
        reserved: &["/inputType", "/text/inputText"],
    },
];

impl Family {
    /// The family of a foundation model, or of what was made from one.
    pub(crate) fn of(id: &BedrockId<'_>) -> Option<&'static Self> {
        let model = id.base().or_else(|| id.customized_from())?;
        let name = model.split_once(':').map_or(model, |(name, _)| name);
        FAMILIES.iter().find(|family| family.ids.contains(&name))
    }

    /// The ids of all models of all families.
    pub(crate) fn all_ids() -> impl Iterator<Item = &'static str> {
        FAMILIES.iter().flat_map(|family| family.ids).copied()
    }

    /// What a body looks like.
    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// The body without texts: what the request says, with the caller's own members, which are `options` of `place`.
    pub(crate) fn template(
        &self,
        request: &EmbedRequest,
        place: &str,
        options: Option<&Value>,
    ) -> Result<Value> {
        let dimensions = self.checked_dimensions(request.dimensions)?;
        let ours = self.members(dimensions, request.purpose);
        match options {
            None => Ok(ours),
            Some(options @ Value::Object(_)) => {
                let taken = self.reserved.iter().find(|pointer| options.pointer(pointer).is_some());
                match taken {
                    Some(pointer) => Err(invalid(format!(
                        "`{place}{}` cannot be set: it follows from the fields of the request",
                        pointer.replace('/', ".")
                    ))
                    .with_hint("use `texts`, `dimensions` and `purpose`")),
                    None => Ok(overlaid(ours, Some(options.clone()))),
                }
            }
            Some(_) => Err(invalid(format!("`{place}` is not an object"))
                .with_hint(r#"write members of the model's own body, such as `{"normalize": true}`"#)),
        }
    }

    /// The template with these texts: at most `texts_per_call`.
    pub(crate) fn body(&self, template: &Value, texts: &[String]) -> Value {
        let texts = match texts {
            [text] if self.texts_per_call == 1 => Value::from(text.as_str()),
            texts => texts.into(),
        };
        let nested = self.texts_at.iter().rfold(texts, |inner, name| json!({ *name: inner }));
        overlaid(template.clone(), Some(nested))
    }

    /// The length to ask for: `None` if there is nothing to say.
    fn checked_dimensions(&self, wanted: Option<u32>) -> Result<Option<u32>> {
        match (wanted, self.dimensions) {
            (Some(wanted), known) if !known.contains(&wanted) => {
                let known: Vec<_> = known.iter().map(u32::to_string).collect();
                Err(invalid(format!("`dimensions` is {wanted}; this model has only {}", known.join(", ")))
                    .with_hint(format!("take one of {}, or leave `dimensions` out", known.join(", "))))
            }
            (_, [_]) => Ok(None),
            (wanted, _) => Ok(wanted),
        }
    }

    /// The members that are the same for all texts.
    fn members(&self, dimensions: Option<u32>, purpose: Option<EmbedPurpose>) -> Value {
        match self.shape {
            Shape::Titan => json!({}),
            Shape::TitanV2 => with_dimensions(json!({}), "dimensions", dimensions),
            Shape::TitanImage => match dimensions {
                Some(dimensions) => json!({ "embeddingConfig": { "outputEmbeddingLength": dimensions } }),
                None => json!({}),
            },
            Shape::CohereV3 => json!({ "input_type": cohere_input_type(purpose) }),
            Shape::CohereV4 => {
                let members =
                    json!({ "input_type": cohere_input_type(purpose), "embedding_types": ["float"] });
                with_dimensions(members, "output_dimension", dimensions)
            }
            Shape::Nova => {
                let parameters = json!({ "embeddingPurpose": nova_purpose(purpose) });
                let mut parameters = with_dimensions(parameters, "embeddingDimension", dimensions);
                // The service has no default for this; a text that is too long is refused, never cut in silence.
                let text = json!({ "text": { "truncationMode": "NONE" } });
                parameters = overlaid(parameters, Some(text));
                json!({ "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters })
            }
            // The service's default is to cut in silence what is too long.
            Shape::Marengo2 => json!({ "inputType": "text", "textTruncate": "none" }),
            Shape::Marengo3 => json!({ "inputType": "text" }),
        }
    }
}

fn with_dimensions(members: Value, name: &str, dimensions: Option<u32>) -> Value {
    let chosen =
        dimensions.map(|dimensions| Value::Object(Map::from_iter([(name.to_owned(), dimensions.into())])));
    overlaid(members, chosen)
}

/// Cohere's models need to know: a text without a purpose is taken for one to be found.
const fn cohere_input_type(purpose: Option<EmbedPurpose>) -> &'static str {
    match purpose {
        Some(EmbedPurpose::Query) => "search_query",
        Some(EmbedPurpose::Classification) => "classification",
        Some(EmbedPurpose::Clustering) => "clustering",
        _ => "search_document",
    }
}

/// What is found is texts, since nothing else can be asked for.
const fn nova_purpose(purpose: Option<EmbedPurpose>) -> &'static str {
    match purpose {
        Some(EmbedPurpose::Query) => "TEXT_RETRIEVAL",
        Some(EmbedPurpose::Classification) => "CLASSIFICATION",
        Some(EmbedPurpose::Clustering) => "CLUSTERING",
        _ => "GENERIC_INDEX",
    }
}

#[track_caller]
fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
