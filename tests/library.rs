//! What programs ask the library for and the command line does not: vectors and counts, against the emulator.

use outcrop::outcrop_core::{EmbedPurpose, EmbedRequest, Embeddings, TokenCount, ToolSpec};
use outcrop::{ErrorKind, Request, Result};
use serde_json::json;

use crate::support::Library;

const TEXTS: [&str; 3] = ["the sky is blue", "the sea is salt", "the sky is blue"];

impl Library {
    fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        self.runtime.block_on(self.provider.embed(request))
    }

    fn count(&self, request: &Request) -> Result<TokenCount> {
        self.runtime.block_on(self.provider.count_tokens(request))
    }
}

fn texts(model: &str) -> EmbedRequest {
    EmbedRequest::new(model, TEXTS.map(str::to_owned).to_vec())
}

/// A model, the length of its vectors, a length to ask for if there is another, and how many calls three texts are.
const EMBEDDERS: [(&str, usize, Option<u32>, usize); 11] = [
    ("amazon.titan-embed-text-v2:0", 1024, Some(256), 3),
    ("amazon.titan-embed-text-v1", 1536, None, 3),
    ("amazon.titan-embed-g1-text-02", 1536, None, 3),
    ("amazon.titan-embed-image-v1", 1024, Some(384), 3),
    ("cohere.embed-english-v3", 1024, None, 1),
    ("cohere.embed-multilingual-v3", 1024, None, 1),
    ("us.cohere.embed-v4:0", 1536, Some(512), 1),
    ("cohere.embed-v4:0", 1536, Some(1024), 1),
    ("amazon.nova-2-multimodal-embeddings-v1:0", 3072, Some(256), 3),
    ("us.twelvelabs.marengo-embed-2-7-v1:0", 1024, None, 3),
    ("us.twelvelabs.marengo-embed-3-0-v1:0", 512, None, 3),
];

#[test]
fn texts_become_vectors_in_their_order() {
    let library = Library::start();
    for (model, usual, other, calls) in EMBEDDERS {
        for (asked, expected) in [(None, usual)].into_iter().chain(other.map(|it| (other, it as usize))) {
            library.emulator.forget_requests();
            let mut request = texts(model).purpose(EmbedPurpose::Document);
            request.dimensions = asked;
            let embeddings = library.embed(&request).unwrap_or_else(|error| panic!("{model}: {error}"));
            let [sky, sea, again] = <[_; 3]>::try_from(embeddings.vectors).expect("one vector a text");
            assert!(sky == again && sky != sea, "{model}");
            for vector in [&sky, &sea] {
                assert_eq!(vector.len(), expected, "{model}");
                let length = vector.iter().map(|number| number * number).sum::<f32>();
                assert!((length - 1.0).abs() < 1e-3, "{model}: {length}");
            }
            let tokens = embeddings.usage.map(|usage| usage.input_tokens);
            assert!(tokens.is_some_and(|tokens| tokens >= 12), "{model}: {tokens:?}");
            let requests = library.emulator.requests_of("InvokeModel");
            assert_eq!(requests.len(), calls, "{model}: {requests:#?}");
        }
    }
}

#[test]
fn lengths_that_a_model_has_not_are_refused_before_anything_is_sent() {
    let library = Library::start();
    for (model, ..) in EMBEDDERS {
        let error = library.embed(&texts(model).dimensions(333)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{model}: {error}");
        assert!(error.to_string().contains("333"), "{error}");
    }
    assert!(library.emulator.requests_of("InvokeModel").is_empty());
}

#[test]
fn texts_that_are_too_long_are_refused_and_not_cut() {
    let library = Library::start();
    let long = "word ".repeat(200_000);
    for (model, _, _, _) in EMBEDDERS.into_iter().filter(|(model, ..)| model.contains("marengo")) {
        let error = library.embed(&EmbedRequest::new(model, vec![long.clone()])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ContextOverflow, "{model}: {error}");
    }
}

/// The count is what the answer to the same request will be charged for.
#[test]
fn a_count_is_what_the_answer_says() {
    let library = Library::start();
    let request = Request::new("us.anthropic.claude-3-7-sonnet-20250219-v1:0")
        .system("Be brief.")
        .user("Why is the sky blue?")
        .tool(ToolSpec::new("look", "Looks up.", json!({ "type": "object" })));
    let counted = library.count(&request).unwrap().input_tokens;
    let answered = library.runtime.block_on(library.provider.generate(&request)).unwrap();
    assert_eq!(answered.usage.map(|usage| usage.input_tokens), Some(counted));
    let [count, answer] = <[_; 2]>::try_from(library.emulator.requests()).unwrap();
    // A profile has no count of its own.
    assert_eq!(count["modelId"], "anthropic.claude-3-7-sonnet-20250219-v1:0");
    assert_eq!(answer["modelId"], "us.anthropic.claude-3-7-sonnet-20250219-v1:0");
    let input = &count["body"]["input"]["converse"];
    for member in ["system", "messages", "toolConfig"] {
        assert_eq!(input[member].to_string(), answer["body"][member].to_string());
    }
}
