//! How large attachments may be, and for whom.

use super::*;

const CLAUDE_3: &str = "anthropic.claude-3-5-sonnet-20241022-v2:0";
const DOCUMENT: usize = 4608 * 1024;

fn asked_with(content: Content, model: &str) -> Result<Normalised> {
    tidy_for(&ask(vec![user(vec![text("Look."), content])]), model)
}

fn paper(format: DocumentFormat, bytes: usize) -> Content {
    let source = DocumentSource::Bytes(Blob::from(vec![0; bytes]));
    Content::Document(Document { format, source, ..file(Some("Report")) })
}

#[test]
fn models_that_read_a_format_themselves_read_large_files_of_it() {
    use DocumentFormat::{Csv, Docx, Pdf};
    for (model, format, large) in [
        (CLAUDE, Pdf, true),
        (CLAUDE, Docx, false),
        (CLAUDE_3, Pdf, false),
        (NOVA, Pdf, true),
        (NOVA, Docx, true),
        (NOVA, Csv, false),
        (TEXT_ONLY, Pdf, false),
    ] {
        assert!(asked_with(paper(format, DOCUMENT), model).is_ok(), "{model} {format:?}");
        let outcome = asked_with(paper(format, DOCUMENT + 1), model);
        assert_eq!(outcome.is_ok(), large, "{model} {format:?}");
    }
}

#[test]
fn only_claude_is_known_to_refuse_large_pictures() {
    let picture = |bytes| {
        Content::Image(Image { format: ImageFormat::Png, source: Source::Bytes(Blob::from(vec![0; bytes])) })
    };
    let most = 3840 * 1024;
    assert!(asked_with(picture(most), CLAUDE).is_ok());
    assert_eq!(asked_with(picture(most + 1), CLAUDE).unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(asked_with(picture(most + 1), NOVA).is_ok());
    assert!(asked_with(picture(most + 1), "unknown").is_ok());
}

/// Some programs put what belongs together into two messages, others keep a message that was refused: neither may
/// bring a session to a stop.
#[test]
fn only_the_last_message_is_refused() {
    let image =
        Content::Image(Image { format: ImageFormat::Png, source: Source::Bytes(Blob::from(vec![1])) });
    let refused = tidy_for(&ask(vec![user(image.clone())]), TEXT_ONLY).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    let normalised = tidy_for(&ask(vec![user(image), user("Never mind, then.")]), TEXT_ONLY).unwrap();
    assert_eq!(rules(&normalised), ["merged-turns", "media-not-taken"]);
}
