use outcrop_core::{Capabilities, Content, DocumentFormat, Support, VideoFormat};

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
fn a_request_carries_so_much_and_no_more() {
    let kind = Kind::Video(VideoFormat::Mp4);
    attachment("film.mp4", kind, 26_214_400).check_size().unwrap();
    let Err(Failure::Error(error)) = attachment("film.mp4", kind, 26_214_401).check_size() else {
        panic!("there is no limit")
    };
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
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
