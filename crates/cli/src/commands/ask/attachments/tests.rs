use outcrop_core::{Capabilities, Content, ImageFormat, Support, VideoFormat};

use super::*;

fn attachment(name: &str, kind: Kind, size: usize) -> Attachment {
    Attachment { name: name.to_owned(), path: name.to_owned(), kind, body: Body::Bytes(vec![b'a'; size]) }
}

fn text(name: &str, text: &str) -> Attachment {
    Attachment {
        name: name.to_owned(),
        path: name.to_owned(),
        kind: Kind::Text,
        body: Body::Bytes(text.as_bytes().to_vec()),
    }
}

#[test]
fn sizes_are_told_so_that_too_large_never_looks_small_enough() {
    for (bytes, text) in [
        (0, "0 MB"),
        (1, "0.01 MB"),
        (MOST_OF_AN_IMAGE, "3.75 MB"),
        (MOST_OF_AN_IMAGE + 1, "3.76 MB"),
        (MOST_OF_A_DOCUMENT, "4.5 MB"),
        (MOST_OF_A_FILE, "25 MB"),
    ] {
        assert_eq!(megabytes(bytes), text);
    }
}

#[test]
fn each_kind_has_its_limit_to_the_byte() {
    use DocumentFormat::{Docx, Md, Pdf};
    for (kind, most) in [
        (Kind::Image(ImageFormat::Png), 3_932_160),
        (Kind::Document(Md), 4_718_592),
        (Kind::Document(Pdf), 26_214_400),
        (Kind::Document(Docx), 26_214_400),
        (Kind::Video(VideoFormat::Mp4), 26_214_400),
    ] {
        attachment("file", kind, most).check_size().unwrap();
        let Err(Failure::Error(error)) = attachment("file", kind, most + 1).check_size() else {
            panic!("{kind:?} has no limit")
        };
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    }
}

#[test]
fn text_documents_that_are_too_many_go_into_the_prompt() {
    let kinds = |count: usize| {
        let files: Vec<_> = (0..count)
            .map(|number| attachment(&format!("{number}.md"), Kind::Document(DocumentFormat::Md), 1))
            .collect();
        let contents = contents(files, &Capabilities::default(), "model").unwrap();
        (contents.len(), contents.iter().all(|content| matches!(content, Content::Text(_))))
    };
    assert_eq!((kinds(5), kinds(6)), ((5, false), (6, true)));
}

#[test]
fn fences_are_longer_than_those_inside() {
    for (content, expected) in [
        ("plain", "a.rs:\n```\nplain\n```"),
        ("plain\n", "a.rs:\n```\nplain\n```"),
        ("\u{feff}marked", "a.rs:\n```\nmarked\n```"),
        ("```\ncode\n```\n", "a.rs:\n````\n```\ncode\n```\n````"),
    ] {
        let mut capabilities = Capabilities::default();
        capabilities.documents = Support::Yes;
        let contents = contents(vec![text("a.rs", content)], &capabilities, "model").unwrap();
        assert_eq!(contents, [Content::text(expected)]);
    }
}
