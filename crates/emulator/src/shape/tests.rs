use serde_json::json;

use super::*;

fn message(body: &Value) -> String {
    check(&CONVERSE, body).expect_err("must be refused").message
}

#[test]
fn a_full_request_passes() {
    let body = json!({
        "messages": [
            { "role": "user", "content": [
                { "text": "hi" },
                { "image": { "format": "png", "source": { "bytes": "aGk=" } } },
                { "document": { "format": "pdf", "name": "a", "source": { "bytes": "aGk=" } } },
                { "cachePoint": { "type": "default", "ttl": "1h" } },
            ] },
            { "role": "assistant", "content": [
                { "reasoningContent": { "reasoningText": { "text": "t", "signature": "s" } } },
                { "toolUse": { "toolUseId": "a.b:c", "name": "f", "input": {} } },
            ] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "a.b:c", "content": [{ "json": { "x": 1 } }], "status": "error" } },
            ] },
        ],
        "system": [{ "text": "be brief" }],
        "inferenceConfig": { "maxTokens": 1, "temperature": 0.699_999_988, "topP": 1, "stopSequences": ["x"] },
        "toolConfig": { "tools": [{ "toolSpec": { "name": "f", "inputSchema": { "json": { "type": "object" } } } }],
                        "toolChoice": { "auto": {} } },
        "requestMetadata": { "a": "b" },
        "outputConfig": { "effort": "low" },
    });
    assert_eq!(check(&CONVERSE, &body), Ok(()));
    assert_eq!(check(&CONVERSE_STREAM, &body), Ok(()));
}

#[test]
fn violations_are_named_with_place_and_constraint() {
    let tool = |name: &str| json!({ "toolConfig": { "tools": [{ "toolSpec": { "name": name, "inputSchema": { "json": {} } } }] } });
    assert_eq!(
        message(&tool("a b")),
        "1 validation error detected: Value 'a b' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    );
    let cases = [
        (json!([]), "Malformed input request, please"),
        (json!({ "model": "x" }), "extraneous key [model] is not permitted"),
        (tool(&"n".repeat(65)), "length less than or equal to 64"),
        (
            json!({ "toolConfig": { "tools": [] } }),
            "'toolConfig.tools' failed to satisfy constraint: Member must have length greater",
        ),
        (
            json!({ "messages": [{ "role": "tool", "content": [] }] }),
            "enum value set: [user, assistant, system]",
        ),
        (
            json!({ "messages": [{ "role": "user" }] }),
            "'messages.1.member.content' failed to satisfy constraint: Member must not be null",
        ),
        (json!({ "messages": [{ "role": "user", "content": "hi" }] }), "Member must be of type list"),
        (json!({ "messages": [{ "role": "user", "content": [{}] }] }), "exactly one of"),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "text": "a", "image": 1 }] }] }),
            "2 validation errors",
        ),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "txt": "a" }] }] }),
            "'messages.1.member.content.1.member.txt' failed to satisfy constraint: Member is not known",
        ),
        (json!({ "system": [{ "text": "" }] }), "length greater than or equal to 1"),
        (json!({ "inferenceConfig": { "maxTokens": 0 } }), "greater than or equal to 1"),
        (json!({ "inferenceConfig": { "maxTokens": 1.5 } }), "type integer"),
        (json!({ "inferenceConfig": { "temperature": 1.01 } }), "less than or equal to 1"),
        (json!({ "inferenceConfig": { "topP": -0.1 } }), "greater than or equal to 0"),
        (json!({ "inferenceConfig": { "stopSequences": [""] } }), "length greater than or equal to 1"),
        (json!({ "requestMetadata": {} }), "length greater than or equal to 1"),
        (json!({ "guardrailConfig": { "streamProcessingMode": "sync" } }), "Member is not known"),
        (
            json!({ "messages": [{ "role": "user", "content": [
                { "image": { "format": "png", "source": { "bytes": "not base64" } } }] }] }),
            "base64-encoded",
        ),
        (
            json!({ "messages": [{ "role": "user", "content": [
                { "image": { "format": "png", "source": { "bytes": "" } } }] }] }),
            "length greater than or equal to 1",
        ),
    ];
    for (body, expected) in cases {
        let found = message(&body);
        assert!(found.contains(expected), "{body}\n{found}\n{expected}");
    }
}
