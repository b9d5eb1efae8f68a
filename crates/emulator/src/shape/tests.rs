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
fn citations_and_prompt_variables_have_their_shapes() {
    let said = |content: Value| json!({ "messages": [{ "role": "assistant", "content": [{ "citationsContent": content }] }] });
    let span = json!({ "documentIndex": 0, "start": 1, "end": 2 });
    for location in [
        json!({ "documentChar": span }),
        json!({ "documentPage": span }),
        json!({ "documentChunk": span }),
        json!({ "searchResultLocation": { "searchResultIndex": 0 } }),
        json!({ "web": { "url": "https://example.com", "domain": "example.com" } }),
    ] {
        let citation =
            json!({ "title": "t", "source": "s", "sourceContent": [{ "text": "x" }], "location": location });
        let body = said(json!({ "content": [{ "text": "x" }], "citations": [citation] }));
        assert_eq!(check(&CONVERSE, &body), Ok(()), "{location}");
    }
    let wrong = json!({ "citations": [{ "location": { "documentChar": { "documentIndex": -1 } } }] });
    assert!(
        message(&said(wrong)).contains("documentIndex' failed to satisfy constraint: Member must have value")
    );
    let both = json!({ "citations": [{ "location": { "documentChar": span, "documentPage": span } }] });
    assert!(message(&said(both)).contains("Member must have exactly one of: [web, documentChar"));

    let variables = |value: Value| json!({ "promptVariables": { "city": value } });
    assert_eq!(check(&CONVERSE, &variables(json!({ "text": "Paris" }))), Ok(()));
    assert!(message(&variables(json!("Paris"))).contains("'promptVariables.city' failed"));
    assert!(message(&json!({ "promptVariables": [] })).contains("Member must be of type map"));
}

#[test]
fn ids_of_calls_have_their_own_alphabet() {
    let call = |id: &str| {
        let call = json!({ "toolUse": { "toolUseId": id, "name": "f", "input": {} } });
        json!({ "messages": [{ "role": "assistant", "content": [call] }] })
    };
    assert_eq!(check(&CONVERSE, &call(&"a_B-9.:".repeat(9))), Ok(()));
    assert!(message(&call("a b")).contains("must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+"));
    assert!(message(&call(&"a".repeat(65))).contains("length less than or equal to 64"));
    assert!(message(&call("")).contains("length greater than or equal to 1"));
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
