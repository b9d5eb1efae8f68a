use serde_json::json;

use super::*;
use crate::json::at;

const TITAN_1: &str = "amazon.titan-embed-text-v1";
const TITAN_2: &str = "amazon.titan-embed-text-v2:0";
const TITAN_IMAGE: &str = "amazon.titan-embed-image-v1";
const NOVA: &str = "amazon.nova-2-multimodal-embeddings-v1:0";
const COHERE_3: &str = "cohere.embed-english-v3";
const COHERE_4: &str = "cohere.embed-v4:0";
const MARENGO_2: &str = "twelvelabs.marengo-embed-2-7-v1:0";
const MARENGO_3: &str = "twelvelabs.marengo-embed-3-0-v1:0";

fn invoke(model: &str, body: &Value) -> Invoked {
    answer(&Model::new(Some(model), None, None), body).unwrap()
}

#[track_caller]
fn refused(model: &str, body: &Value, expected: &str) {
    let message = answer(&Model::new(Some(model), None, None), body).expect_err(expected).message;
    assert!(message.contains(expected), "{message}\nis not about\n{expected}");
}

fn malformed(violations: &str) -> String {
    format!("Malformed input request: {violations}, please reformat your input and try again.")
}

fn length(vector: &Value) -> f64 {
    vector.as_array().unwrap().iter().map(|it| it.as_f64().unwrap().powi(2)).sum::<f64>().sqrt()
}

#[track_caller]
fn is_unit(vector: &Value, dimensions: usize) {
    assert_eq!(vector.as_array().unwrap().len(), dimensions);
    assert!((length(vector) - 1.0).abs() < 1e-9);
}

#[test]
fn titan_text_takes_one_text() {
    for model in [TITAN_1, "amazon.titan-embed-g1-text-02"] {
        let found = invoke(model, &json!({ "inputText": "hello there" }));
        is_unit(&found.body["embedding"], 1536);
        assert_eq!((found.input_tokens, &found.body["inputTextTokenCount"]), (2, &json!(2)));
        refused(
            model,
            &json!({ "inputText": "x", "dimensions": 256 }),
            &malformed("#: extraneous key [dimensions] is not permitted"),
        );
    }
    assert_eq!(invoke(TITAN_1, &json!({ "inputText": "a" })), invoke(TITAN_1, &json!({ "inputText": "a" })));
    assert_ne!(invoke(TITAN_1, &json!({ "inputText": "a" })), invoke(TITAN_1, &json!({ "inputText": "b" })));
    refused(
        TITAN_1,
        &json!({ "inputText": "" }),
        &malformed("#/inputText: expected minLength: 1, actual: 0"),
    );
    refused(
        TITAN_1,
        &json!({ "inputText": 7 }),
        &malformed("#/inputText: expected type: String, found: Integer"),
    );
    refused(
        TITAN_1,
        &json!({ "inputText": "a ".repeat(9000) }),
        "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9001 ",
    );
}

#[test]
fn titan_text_v2_has_sizes_and_bits() {
    is_unit(&invoke(TITAN_2, &json!({ "inputText": "x" })).body["embedding"], 1024);
    for dimensions in [256, 512, 1024] {
        let found = invoke(TITAN_2, &json!({ "inputText": "x", "dimensions": dimensions })).body;
        is_unit(&found["embedding"], usize::try_from(dimensions).unwrap());
        assert_eq!(found["embeddingsByType"], json!({ "float": found["embedding"] }));
    }
    let found = invoke(TITAN_2, &json!({ "inputText": "x", "normalize": false })).body;
    assert!(length(&found["embedding"]) > 2.0);
    let found = invoke(TITAN_2, &json!({ "inputText": "x", "embeddingTypes": ["binary"] })).body;
    assert_eq!(found["embeddingsByType"]["binary"].as_array().unwrap().len(), 1024);
    assert_eq!(found.get("embedding"), None);
    refused(
        TITAN_2,
        &json!({ "inputText": "x", "dimensions": 300 }),
        &malformed("#/dimensions: 300 is not a valid enum value"),
    );
    refused(
        TITAN_2,
        &json!({ "texts": ["x"] }),
        &malformed("#: required key [inputText] not found, #: extraneous key [texts] is not permitted"),
    );
    refused(TITAN_2, &json!("x"), "Malformed input request, please reformat");
}

#[test]
fn titan_multimodal_takes_a_text_or_an_image_or_both() {
    let text = invoke(TITAN_IMAGE, &json!({ "inputText": "x" })).body;
    let both = invoke(TITAN_IMAGE, &json!({ "inputText": "x", "inputImage": "aGk=" })).body;
    is_unit(&text["embedding"], 1024);
    assert_ne!(text["embedding"], both["embedding"]);
    let config = json!({ "outputEmbeddingLength": 384 });
    let small = invoke(TITAN_IMAGE, &json!({ "inputImage": "aGk=", "embeddingConfig": config })).body;
    is_unit(&small["embedding"], 384);
    assert_eq!((&small["inputTextTokenCount"], &small["message"]), (&json!(0), &Value::Null));
    refused(TITAN_IMAGE, &json!({}), "#: required key [inputText] not found");
}

#[test]
fn cohere_v3_embeds_many_texts_at_once() {
    let body = json!({ "texts": ["one", "two three"], "input_type": "search_document" });
    let found = invoke(COHERE_3, &body);
    assert_eq!((found.input_tokens, &found.body["response_type"]), (3, &json!("embeddings_floats")));
    assert_eq!(found.body["texts"], body["texts"]);
    assert_eq!(
        found.body["id"].as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    let [one, two] = found.body["embeddings"].as_array().unwrap().as_slice() else { panic!("two rows") };
    is_unit(one, 1024);
    assert_ne!(one, two);

    let mut typed = body.clone();
    typed["embedding_types"] = json!(["float", "int8", "uint8", "binary", "ubinary"]);
    let found = invoke("cohere.embed-multilingual-v3", &typed).body;
    assert_eq!(found["response_type"], "embeddings_by_type");
    for (kind, length, lowest, highest) in [
        ("int8", 1024, -127, 127),
        ("uint8", 1024, 1, 255),
        ("binary", 128, -128, 127),
        ("ubinary", 128, 0, 255),
    ] {
        let row = found["embeddings"][kind][0].as_array().unwrap();
        assert_eq!(row.len(), length, "{kind}");
        assert!(row.iter().all(|it| (lowest..=highest).contains(&it.as_i64().unwrap())), "{kind}");
    }
    assert_eq!(found["embeddings"]["float"][0], *one);

    let many = |count: usize| json!({ "texts": vec!["x"; count], "input_type": "search_query" });
    assert_eq!(invoke(COHERE_3, &many(96)).body["embeddings"].as_array().unwrap().len(), 96);
    refused(COHERE_3, &many(97), &malformed("#/texts: expected maximum item count: 96, found: 97"));
    refused(
        COHERE_3,
        &json!({ "inputText": "x" }),
        &malformed("#: required key [input_type] not found, #: extraneous key [inputText] is not permitted"),
    );
    refused(
        COHERE_3,
        &json!({ "texts": ["x".repeat(2049), 7], "input_type": "search_query" }),
        "#/texts/0: expected maxLength: 2048, actual: 2049, #/texts/1: expected type: String, found: Integer",
    );
    refused(
        COHERE_3,
        &json!({ "texts": ["x"], "input_type": "query" }),
        "#/input_type: query is not a valid enum value",
    );
    let long = |truncate: &str| json!({ "texts": ["a ".repeat(600)], "input_type": "search_query", "truncate": truncate });
    assert_eq!(invoke(COHERE_3, &long("END")).input_tokens, 512);
    refused(COHERE_3, &long("NONE"), "Input is too long for requested model.");
}

#[test]
fn cohere_v4_answers_by_type_if_it_is_asked_to() {
    let body = json!({ "texts": ["x"], "input_type": "search_query" });
    let found = invoke(COHERE_4, &body).body;
    is_unit(&found["embeddings"][0], 1536);
    let mut sized = body.clone();
    sized["embedding_types"] = json!(["float"]);
    assert_eq!(invoke(COHERE_4, &sized).body["embeddings"]["float"], found["embeddings"]);
    sized["output_dimension"] = json!(256);
    sized["embedding_types"] = json!(["int8"]);
    let found = invoke(COHERE_4, &sized).body;
    assert_eq!(found["embeddings"]["int8"][0].as_array().unwrap().len(), 256);
    assert_eq!(found["embeddings"].get("float"), None);
    sized["output_dimension"] = json!(300);
    refused(COHERE_4, &sized, &malformed("#/output_dimension: 300 is not a valid enum value"));
    let mixed =
        json!({ "inputs": [{ "content": [{ "type": "text", "text": "x" }] }], "input_type": "search_query" });
    is_unit(&invoke(COHERE_4, &mixed).body["embeddings"][0], 1536);
    refused(COHERE_4, &json!({ "input_type": "search_query" }), "#: required key [texts] not found");
    refused(
        COHERE_4,
        &json!({ "input_type": "search_query", "texts": ["x"], "images": ["y"] }),
        "#: only one of the keys",
    );
}

#[test]
fn nova_embeds_one_thing() {
    let body = |params: Value| json!({ "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params });
    let text = |value: &str, mode: &str| json!({ "truncationMode": mode, "value": value });
    let found =
        invoke(NOVA, &body(json!({ "embeddingPurpose": "GENERIC_INDEX", "text": text("one two", "END") })));
    assert_eq!((found.input_tokens, &found.body["embeddings"][0]["embeddingType"]), (2, &json!("TEXT")));
    is_unit(&found.body["embeddings"][0]["embedding"], 3072);
    assert_eq!(found.body["embeddings"][0].get("truncatedCharLength"), None);
    for dimensions in [256, 384, 1024, 3072] {
        let params = json!({ "embeddingPurpose": "TEXT_RETRIEVAL", "embeddingDimension": dimensions,
                             "text": text("x", "NONE") });
        let found = invoke(NOVA, &body(params)).body;
        is_unit(at(&found, "/embeddings/0/embedding"), usize::try_from(dimensions).unwrap());
    }
    let image = json!({ "format": "png", "source": { "bytes": "aGk=" } });
    let found = invoke(NOVA, &body(json!({ "embeddingPurpose": "IMAGE_RETRIEVAL", "image": image })));
    assert_eq!(found.body["embeddings"][0]["embeddingType"], "IMAGE");

    let long = "ab ".repeat(20_000);
    let params = |mode: &str| json!({ "embeddingPurpose": "CLUSTERING", "text": text(&long, mode) });
    let found = invoke(NOVA, &body(params("END")));
    assert_eq!(found.input_tokens, 8172);
    assert_eq!(found.body["embeddings"][0]["truncatedCharLength"], 8172 * 3 - 1);
    assert_eq!(invoke(NOVA, &body(params("START"))).input_tokens, 8172);
    refused(NOVA, &body(params("NONE")), "Input is too long for requested model.");

    refused(
        NOVA,
        &body(json!({ "embeddingPurpose": "GENERIC_INDEX" })),
        "exactly one of [text, image, audio, video]",
    );
    refused(
        NOVA,
        &body(json!({ "embeddingPurpose": "SEARCH", "text": { "truncationMode": "END", "value": "" } })),
        "#/singleEmbeddingParams/embeddingPurpose: SEARCH is not a valid enum value, \
         #/singleEmbeddingParams/text/value: expected minLength: 1, actual: 0",
    );
    refused(
        NOVA,
        &json!({ "taskType": "SEGMENTED_EMBEDDING" }),
        "#/taskType: SEGMENTED_EMBEDDING is not a valid",
    );
}

#[test]
fn marengo_2_takes_a_text_or_an_image() {
    let text = |words: &str| json!({ "inputType": "text", "inputText": words, "textTruncate": "none" });
    let found = invoke(MARENGO_2, &text("a man walking a dog"));
    is_unit(&found.body["data"][0]["embedding"], 1024);
    assert_eq!(found.input_tokens, 5);
    let image = json!({ "inputType": "image", "mediaSource": { "base64String": "iVBORw0KGgo=" } });
    is_unit(&invoke(MARENGO_2, &image).body["data"][0]["embedding"], 1024);

    let long = "word ".repeat(78);
    refused(MARENGO_2, &text(&long), "Input is too long for requested model.");
    let cut = json!({ "inputType": "text", "inputText": long });
    assert_eq!(invoke(MARENGO_2, &cut).input_tokens, 77, "cut in silence by default");
    refused(MARENGO_2, &json!({ "inputType": "text" }), &malformed("#: required key [inputText] not found"));
    refused(
        MARENGO_2,
        &json!({ "inputType": "image" }),
        &malformed("#: required key [mediaSource] not found"),
    );
    refused(MARENGO_2, &json!({ "inputType": "video" }), "#/inputType: video is not a valid enum value");
}

#[test]
fn marengo_3_has_an_object_for_each_type() {
    let source = json!({ "s3Location": { "uri": "s3://bucket/dog.png", "bucketOwner": "123456789012" } });
    let text = json!({ "inputType": "text", "text": { "inputText": "a dog" } });
    let image = json!({ "inputType": "image", "image": { "mediaSource": source } });
    let both = json!({ "inputText": "a dog", "mediaSource": source });
    let both = json!({ "inputType": "text_image", "text_image": both });
    let vectors = [&text, &image, &both].map(|body| {
        let found = invoke(MARENGO_3, body);
        is_unit(&found.body["data"][0]["embedding"], 512);
        found.body
    });
    assert!(vectors[0] != vectors[1] && vectors[1] != vectors[2] && vectors[0] != vectors[2]);
    let older = json!({ "inputType": "text", "inputText": "a dog" });
    refused(MARENGO_3, &older, &malformed("#: extraneous key [inputText] is not permitted"));
    refused(MARENGO_3, &json!({ "inputType": "image" }), &malformed("#: required key [image] not found"));
    let nowhere = json!({ "inputType": "image", "image": { "mediaSource": {} } });
    refused(MARENGO_3, &nowhere, "#/image/mediaSource: required key [base64String] not found");
    let long = json!({ "inputType": "text", "text": { "inputText": "word ".repeat(501) } });
    refused(MARENGO_3, &long, "Input is too long for requested model.");
}

#[test]
fn other_models_are_sent_elsewhere() {
    refused("amazon.nova-lite-v1:0", &json!({}), "models of embeddings only. Call Converse for Nova Lite.");
    refused("amazon.rerank-v1:0", &json!({}), "does not know what InvokeModel takes");
}
