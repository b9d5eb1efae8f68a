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

/// The beginning of a png, which says how large the picture is.
fn picture(side: u32) -> Content {
    let header = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &side.to_be_bytes(), &[0, 0, 0, 1]].concat();
    Content::Image(Image { format: ImageFormat::Png, source: Source::Bytes(Blob::from(header)) })
}

fn pictures(count: usize, side: u32) -> Vec<Content> {
    std::iter::repeat_with(|| picture(side)).take(count).chain([text("Compare.")]).collect()
}

fn kept(normalised: &Normalised) -> usize {
    let content = normalised.messages.iter().flat_map(|message| &message.content);
    content.filter(|content| matches!(content, Content::Image(_))).count()
}

#[test]
fn a_picture_has_so_many_pixels_a_side() {
    assert!(asked_with(picture(8000), CLAUDE).is_ok());
    let refused = asked_with(picture(8001), CLAUDE).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidRequest);
    assert!(refused.message().contains("has an image of 8001 pixels a side"), "{refused}");
    let several = vec![user(vec![picture(9), picture(8001), paper(DocumentFormat::Pdf, 9), picture(9)])];
    let refused = tidy_for(&ask(several), CLAUDE).unwrap_err();
    assert!(refused.message().contains("has an image (2 of 3) of 8001 pixels a side"), "{refused}");
    assert!(asked_with(picture(8001), "unknown").is_ok(), "nobody knows of any limit");
    let later = ask(vec![user(vec![picture(8001), text("Look.")]), assistant("Nice."), user("Sure?")]);
    let normalised = tidy_for(&later, CLAUDE).unwrap();
    assert_eq!((kept(&normalised), rules(&normalised)), (0, vec!["media-too-large"]));
}

#[test]
fn every_family_takes_so_many_pictures() {
    for (model, most) in [
        (CLAUDE, 100),
        (CLAUDE_3, 20),
        (NOVA, 20),
        ("unknown", 20),
        ("meta.llama4-scout-17b-instruct-v1:0", 8),
        ("meta.llama3-2-90b-instruct-v1:0", 1),
    ] {
        let all = tidy_for(&ask(vec![user(pictures(most, 9))]), model).unwrap();
        assert_eq!((kept(&all), rules(&all)), (most, vec![]), "{model}");
        assert!(tidy_for(&ask(vec![user(pictures(most + 1, 9))]), model).is_err(), "{model}");
        let more = ask(vec![user(pictures(most, 9)), assistant("Done."), user(pictures(1, 9))]);
        let newest = tidy_for(&more, model).unwrap();
        assert_eq!((kept(&newest), rules(&newest)), (most, vec!["media-surplus"]), "{model}");
    }
}

/// "image exceed max allowed size for many-image requests: 2000 pixels"
#[test]
fn among_many_pictures_for_claude_each_has_to_be_small() {
    let error = tidy_for(&ask(vec![user(pictures(21, 2001))]), CLAUDE).unwrap_err();
    assert!(error.message().contains("takes 20 at most"), "{error:?}");
    assert!(error.message().contains("2000 pixels a side"), "{error:?}");
    assert!(error.hints()[0].contains("make all of them smaller"), "{error:?}");
    for (side, left) in [(2000, 26), (2001, 20)] {
        let session = ask(vec![user(pictures(25, 9)), assistant("Done."), user(pictures(1, side))]);
        assert_eq!(kept(&tidy_for(&session, CLAUDE).unwrap()), left, "{side}");
    }
    let alone = tidy_for(&ask(vec![user(pictures(20, 2001))]), CLAUDE).unwrap();
    assert_eq!(kept(&alone), 20);
    let documents: Vec<_> = (0..5).map(|_| paper(DocumentFormat::Pdf, 9)).chain([text("Read.")]).collect();
    let session = ask(vec![user(pictures(100, 9)), assistant("Done."), user(documents)]);
    assert_eq!(kept(&tidy_for(&session, CLAUDE).unwrap()), 95, "documents count in");
}

/// What came before is old, and the question is about what it brings.
#[test]
fn what_the_question_brings_stays() {
    let report = || user(vec![paper(DocumentFormat::Pdf, 9), text("Read.")]);
    for (model, most) in [(CLAUDE_3, 20), (CLAUDE, 100)] {
        let session = ask(vec![report(), assistant("Done."), user(pictures(most, 9))]);
        let normalised = tidy_for(&session, model).unwrap();
        assert_eq!((kept(&normalised), rules(&normalised)), (most, vec!["media-surplus"]), "{model}");
    }
    let wide = ask(vec![user(pictures(1, 2001)), assistant("Done."), user(pictures(25, 9))]);
    assert_eq!(kept(&tidy_for(&wide, CLAUDE).unwrap()), 25);
}

#[test]
fn the_thousandth_document_of_a_name_has_a_name_of_its_own() {
    let mut messages = vec![user((0..1000).map(|_| document(Some("notes"))).collect::<Vec<_>>())];
    documents::name(&mut messages, &mut Warnings::default());
    let Content::Document(last) = &messages[0].content[999] else { panic!() };
    assert_eq!(last.name.as_deref(), Some("notes (1000)"));
}
