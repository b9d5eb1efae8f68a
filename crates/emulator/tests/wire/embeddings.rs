//! InvokeModel over the wire.

use outcrop_emulator::{EventKind, Operation};
use serde_json::{Value, json};

use crate::client::{Connection, start, start_with_rule, wait_for};

const TITAN: &str = "/model/amazon.titan-embed-text-v2%3A0/invoke";

fn hello() -> Value {
    json!({ "inputText": "hello there", "dimensions": 256 })
}

#[tokio::test]
async fn an_embedding_comes_with_its_tokens_in_a_header() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let response = connection.send("POST", TITAN, &hello()).await.unwrap();
    assert_eq!((response.status.as_u16(), response.header("content-type")), (200, "application/json"));
    assert_eq!(response.header("x-amzn-bedrock-input-token-count"), "2");
    assert_eq!(response.json().await["embedding"].as_array().unwrap().len(), 256);
    assert_eq!(emulator.requests()[0].operation, Some(Operation::InvokeModel));
    assert_eq!(emulator.requests()[0].body, hello());

    let cohere = json!({ "texts": ["a", "b"], "input_type": "search_query" });
    let profile = "/model/us.cohere.embed-v4%3A0/invoke";
    let response = connection.send("POST", profile, &cohere).await.unwrap();
    assert_eq!(response.json().await["embeddings"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_embedded_is_refused() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    for (path, body, words) in [
        (TITAN, json!({ "text": "x" }), "Malformed input request: #: required key [inputText] not found"),
        (TITAN, Value::Null, "Malformed input request, please reformat your input"),
        ("/model/us.amazon.nova-lite-v1%3A0/invoke", hello(), "Call Converse for Nova Lite."),
        ("/model/nothing/invoke", hello(), "The provided model identifier is invalid."),
    ] {
        let response = connection.send("POST", path, &body).await.unwrap();
        assert_eq!(response.status, 400, "{path}");
        assert!(response.header("x-amzn-errortype").starts_with("ValidationException:"));
        let message = response.json().await["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn faults_act_on_it_too() {
    let matches = json!({ "operation": "InvokeModel", "nth": 1 });
    let under = async |fault: Value| {
        let emulator = start_with_rule(json!({ "match": matches, "fault": fault })).await;
        let connection = Connection::open(&emulator).await;
        (emulator, connection)
    };
    for (fault, status) in [
        (json!({ "type": "throttle" }), 429),
        (
            json!({ "type": "error", "status": 503, "code": "ServiceUnavailableException", "message": "m" }),
            503,
        ),
    ] {
        let (_emulator, mut connection) = under(fault).await;
        assert_eq!(connection.send("POST", TITAN, &hello()).await.unwrap().status, status);
        assert_eq!(connection.send("POST", TITAN, &hello()).await.unwrap().status, 200);
    }
    let (_emulator, mut connection) = under(json!({ "type": "reset" })).await;
    assert!(connection.send("POST", TITAN, &hello()).await.is_err());

    let (emulator, mut connection) = under(json!({ "type": "slowFirstByte" })).await;
    let (body, held) = (hello(), wait_for(&emulator, EventKind::ResponseHeld));
    let (response, ()) = tokio::join!(connection.send("POST", TITAN, &body), async {
        held.await;
        emulator.release();
    });
    assert_eq!(response.unwrap().status, 200);

    let (emulator, mut connection) = under(json!({ "type": "stall" })).await;
    let asking =
        tokio::spawn(async move { connection.send("POST", TITAN, &hello()).await.map(|it| it.status) });
    wait_for(&emulator, EventKind::ResponseHeld).await;
    asking.abort();
    wait_for(&emulator, EventKind::ClientDisconnected).await;
}
