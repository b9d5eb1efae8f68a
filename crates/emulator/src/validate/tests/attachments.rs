//! What may be attached, how many and how large.

use super::*;

#[test]
fn attachments_go_by_the_model() {
    let image = json!({ "image": { "format": "png", "source": { "bytes": "aGk=" } } });
    let video = json!({ "video": { "format": "mp4", "source": { "bytes": "aGk=" } } });
    let named =
        |name: &str| json!({ "document": { "format": "pdf", "name": name, "source": { "bytes": "aGk=" } } });
    let text = json!({ "text": "x" });
    assert_eq!(outcome(HAIKU, &talk(&[user(json!([text, image, named("a (1) [b]-c")]))])), Ok(()));
    refused(
        HAIKU,
        &talk(&[user(json!([text, video]))]),
        "This model doesn't support the video field for user messages. Remove video and try again.",
    );
    assert_eq!(outcome(NOVA, &talk(&[user(json!([text, video]))])), Ok(()));
    refused(
        "amazon.nova-micro-v1:0",
        &talk(&[user(json!([text, image]))]),
        "doesn't support the image field",
    );
    for name in ["a.pdf", "a  b", "a/b"] {
        refused(HAIKU, &talk(&[user(json!([text, named(name)]))]), "The document file name can only contain");
    }
    refused(
        HAIKU,
        &talk(&[user(json!([text, named("a"), named("a")]))]),
        "Messages can't contain duplicate document names.",
    );
    refused(
        HAIKU,
        &talk(&[hi(), assistant(json!([text])), user(json!([named("a"), image]))]),
        "A text block must be included when using documents.",
    );
    let shown = json!({ "toolResult": { "toolUseId": "a", "content": [image] } });
    let body =
        with(talk(&[hi(), assistant(json!([call("a")])), user(json!([shown]))]), "toolConfig", tools());
    assert_eq!(outcome(HAIKU, &body), Ok(()));
    let without =
        facts::all().iter().find(|model| model.converse && model.tool_result_images.is_no()).unwrap();
    refused(without.id, &body, "doesn't support the image field for user messages");
}

#[test]
fn attachments_are_counted_and_measured() {
    let attach = |kind: &str, format: &str, bytes: &str| json!({ kind: { "format": format, "source": { "bytes": bytes } } });
    let message = |blocks: Vec<Value>| {
        let text = std::iter::once(json!({ "text": "x" }));
        talk(&[user(text.chain(blocks).collect::<Value>())])
    };
    let documents = |format: &str, count: usize, bytes: &str| {
        let named = |index| {
            let mut document = attach("document", format, bytes);
            document["document"]["name"] = json!(format!("d{index}"));
            document
        };
        message((0..count).map(named).collect())
    };
    let images = |count: usize| message(vec![attach("image", "png", "aGk="); count]);

    assert_eq!(outcome(HAIKU, &images(100)), Ok(()));
    refused(HAIKU, &images(101), "messages: too many images and documents: 101 + 0 > 100");
    let older = "anthropic.claude-3-haiku-20240307-v1:0";
    assert_eq!(outcome(older, &images(20)), Ok(()));
    refused(older, &images(21), "messages: too many images and documents: 21 + 0 > 20");
    refused(NOVA, &images(21), "You can't include more than 20 images in a request.");
    assert_eq!(outcome(HAIKU, &documents("pdf", 5, "aGk=")), Ok(()));
    refused(HAIKU, &documents("pdf", 6, "aGk="), "You can't include more than 5 documents in a request.");
    assert_eq!(outcome(NOVA, &message(vec![attach("video", "mp4", "aGk=")])), Ok(()));
    refused(NOVA, &message(vec![attach("video", "mp4", "aGk="); 2]), "You can't include more than 1 video");

    let base64 = |length: usize| "A".repeat(length);
    assert_eq!(outcome(HAIKU, &message(vec![attach("image", "png", &base64(5 << 20))])), Ok(()));
    let large = attach("image", "png", &base64((5 << 20) + 4));
    refused(
        HAIKU,
        &message(vec![large.clone()]),
        "messages.0.content.1.image.source.bytes: image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes",
    );
    let shown = json!({ "toolResult": { "toolUseId": "a", "content": [large] } });
    let body =
        with(talk(&[hi(), assistant(json!([call("a")])), user(json!([shown]))]), "toolConfig", tools());
    refused(HAIKU, &body, "messages.2.content.0.toolResult.content.0.image.source.bytes: image exceeds");

    // 4.5 MiB are 6,291,456 characters of base64.
    assert_eq!(outcome(NOVA, &documents("xlsx", 1, &base64(6_291_456))), Ok(()));
    let large = |format| documents(format, 1, &base64(6_291_460));
    refused(NOVA, &large("xlsx"), "exceeds the maximum size of 4.5 MB: 4718595 bytes");
    assert_eq!(outcome(NOVA, &documents("xlsx", 1, &format!("{}AA==", base64(6_291_452)))), Ok(()));
    // What the model reads itself.
    for (model, format) in [(NOVA, "pdf"), (NOVA, "docx"), (HAIKU, "pdf")] {
        assert_eq!(outcome(model, &large(format)), Ok(()), "{model}: {format}");
    }
    for (model, format) in [(HAIKU, "docx"), (older, "pdf")] {
        refused(model, &large(format), "exceeds the maximum size of 4.5 MB");
    }
}
