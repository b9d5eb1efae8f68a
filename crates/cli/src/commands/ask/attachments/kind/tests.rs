use super::*;

/// A zip archive with empty entries, as far as looking at its directory goes.
fn archive(entries: &[&str]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for name in entries {
        let offset = u32::try_from(bytes.len()).unwrap();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend(ZIP);
        bytes.extend([0; 22]);
        bytes.extend(length);
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend([0; 24]);
        directory.extend(length);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let offset = u32::try_from(bytes.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    bytes.extend([size.to_le_bytes(), offset.to_le_bytes()].concat());
    bytes.extend([0; 2]);
    bytes
}

/// An OLE compound file with these streams.
fn compound(streams: &[&str]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for stream in streams {
        std::io::Write::write_all(&mut file.create_stream(stream).unwrap(), b"content").unwrap();
    }
    file.into_inner().into_inner()
}

/// Some content that begins like this.
fn beginning(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0; 300]].concat()
}

const DOCX: &[&str] = &["[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "word/document.xml"];
const XLSX: &[&str] = &["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"];

#[test]
fn content_says_what_a_file_is() {
    use Kind::{Audio, Document, Image, Video};
    let matroska = b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x88matroska";
    let webm = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm";
    let opus = [&b"OggS"[..], &[0; 24], b"OpusHead"].concat();
    for (content, kind) in [
        (beginning(b"\x89PNG\r\n\x1a\n"), Image(ImageFormat::Png)),
        (beginning(b"\xff\xd8\xff\xe0"), Image(ImageFormat::Jpeg)),
        (beginning(b"GIF89a"), Image(ImageFormat::Gif)),
        (beginning(b"RIFF\x24\0\0\0WEBPVP8 "), Image(ImageFormat::Webp)),
        (b"%PDF-1.7\nall of it is text".to_vec(), Document(DocumentFormat::Pdf)),
        (beginning(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3"), Document(DocumentFormat::Pdf)),
        (archive(DOCX), Document(DocumentFormat::Docx)),
        (archive(XLSX), Document(DocumentFormat::Xlsx)),
        (compound(&["/WordDocument", "/1Table"]), Document(DocumentFormat::Doc)),
        (compound(&["/Workbook"]), Document(DocumentFormat::Xls)),
        (compound(&["/Book"]), Document(DocumentFormat::Xls)),
        (beginning(b"\0\0\0\x20ftypisom"), Video(VideoFormat::Mp4)),
        (beginning(b"\0\0\0\x20ftyp3gp4"), Video(VideoFormat::ThreeGp)),
        (beginning(b"\0\0\0\x14ftypqt  "), Video(VideoFormat::Mov)),
        (beginning(matroska), Video(VideoFormat::Mkv)),
        (beginning(webm), Video(VideoFormat::Webm)),
        (beginning(b"FLV\x01"), Video(VideoFormat::Flv)),
        (beginning(b"\0\0\x01\xba"), Video(VideoFormat::Mpeg)),
        (beginning(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"), Video(VideoFormat::Wmv)),
        (beginning(b"ID3\x04"), Audio(AudioFormat::Mp3)),
        (beginning(b"\0\0\0\x20ftypM4A "), Audio(AudioFormat::M4a)),
        (opus, Audio(AudioFormat::Opus)),
        (beginning(b"OggS"), Audio(AudioFormat::Ogg)),
        (beginning(b"fLaC"), Audio(AudioFormat::Flac)),
        (beginning(b"RIFF\x24\0\0\0WAVEfmt "), Audio(AudioFormat::Wav)),
        (beginning(b"\xff\xf1\x50\x80"), Audio(AudioFormat::Aac)),
        (b"fn main() {}\n".to_vec(), Kind::Text),
        (b"\n <!DOCTYPE html><p>".to_vec(), Document(DocumentFormat::Html)),
        (b"<HTML>".to_vec(), Document(DocumentFormat::Html)),
        (b"\x1b[1mbold\x1b[0m\x08\n".to_vec(), Kind::Text),
        // What other formats begin with is text if all of it is.
        (b"BMW makes cars".to_vec(), Kind::Text),
        (b"ID3 is a tag".to_vec(), Kind::Text),
        ("Grüße 🦀".into(), Kind::Text),
    ] {
        for extension in [None, Some("dat")] {
            assert_eq!(Kind::of(&content, extension), Ok(kind), "{}", String::from_utf8_lossy(&content));
        }
    }
}

#[test]
fn the_name_decides_only_between_what_looks_the_same() {
    use Kind::{Audio, Document, Image, Video};
    let png = beginning(b"\x89PNG\r\n\x1a\n");
    let matroska = beginning(b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska");
    for (content, extension, kind) in [
        (&b"a,b\n1,2\n"[..], "csv", Document(DocumentFormat::Csv)),
        (b"# Title", "md", Document(DocumentFormat::Md)),
        (b"# Title", "markdown", Document(DocumentFormat::Md)),
        (b"words", "txt", Document(DocumentFormat::Txt)),
        (b"<p>", "html", Document(DocumentFormat::Html)),
        (b"<html>", "txt", Document(DocumentFormat::Txt)),
        (b"<html>", "php", Document(DocumentFormat::Html)),
        (b"text", "pdf", Kind::Text),
        (b"{\"a\": 1}", "json", Kind::Text),
        (&png, "txt", Image(ImageFormat::Png)),
        (&png, "jpg", Image(ImageFormat::Png)),
        (&matroska, "mka", Audio(AudioFormat::Mka)),
        (&matroska, "mp4", Video(VideoFormat::Mkv)),
        (b"\0\0\x01\xb3\0\0", "mpg", Video(VideoFormat::Mpg)),
    ] {
        assert_eq!(Kind::of(content, Some(extension)), Ok(kind), "{extension}");
    }
}

#[test]
fn what_cannot_be_sent_says_what_it_is() {
    let other = |what: &str| Foreign::Other(what.to_owned());
    for (content, foreign) in [
        (beginning(b"BM"), other("a file of the type `image/bmp`")),
        (archive(&["a.txt", "b.txt"]), other("a zip archive")),
        (archive(&["ppt/presentation.xml"]), other("a presentation")),
        (archive(&["xl/workbook.bin"]), other("a zip archive")),
        (beginning(b"PK\x03\x04"), other("a damaged zip archive")),
        (compound(&["/PowerPoint Document"]), other("a presentation")),
        (compound(&["/Contents"]), other("an OLE compound file")),
        (beginning(OLE), other("a damaged office document")),
        (compound(&["/EncryptedPackage", "/EncryptionInfo"]), Foreign::Encrypted),
        (b"\xff\xfeH\0i\0".to_vec(), Foreign::Utf16),
        (vec![1, 2, 3, 4], Foreign::Unknown),
    ] {
        assert_eq!(Kind::of(&content, None), Err(foreign));
    }
    assert_eq!(Kind::of(b"Gr\xfc\xdfe", Some("csv")), Err(Foreign::NoUtf8));
    assert_eq!(Kind::of(b"Gr\xfc\xdfe", None), Err(Foreign::Unknown));
}

#[test]
fn cut_and_damaged_files_never_panic() {
    for content in [archive(DOCX), archive(XLSX), compound(&["/WordDocument"])] {
        for length in (0..content.len()).step_by(7) {
            Kind::of(&content[..length], None).ok();
            let mut damaged = content.clone();
            damaged[length] ^= 0xff;
            Kind::of(&damaged, None).ok();
        }
    }
}

#[test]
fn every_format_that_content_can_have_has_a_name() {
    for (_, kinds) in MEDIA_TYPES {
        for kind in *kinds {
            assert!(EXTENSIONS.iter().any(|(_, named)| named == kind), "{kind:?} has no extension");
        }
    }
}
