//! Files that go with the question.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::MODEL;
use crate::support::{Emulator, Finished, Home, Outcrop};

/// The smallest picture there is: one pixel.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";
const PDF: &[u8] =
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
/// A model that reads text only.
const TEXT_ONLY: &str = "us.amazon.nova-micro-v1:0";

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    File::create(folder.join(name)).unwrap().write_all(content).unwrap();
}

/// A home whose working directory has these files.
fn home(files: &[(&str, &[u8])]) -> Home {
    let home = Home::new();
    for (name, content) in files {
        write(&home.work(), name, content);
    }
    home
}

fn ask(emulator: &Emulator, home: &Home, model: &str, args: &[&str]) -> Finished {
    Outcrop::at(home, ["ask", "-m", model].iter().chain(args)).via(emulator).run()
}

/// What the model was asked last.
#[track_caller]
fn sent(emulator: &Emulator) -> Value {
    let requests = emulator.requests_of("ConverseStream");
    requests.last().expect("something was asked")["body"]["messages"][0]["content"].clone()
}

#[test]
fn every_kind_goes_as_what_it_is_before_the_question() {
    let emulator = Emulator::start();
    let home = home(&[
        ("pixel.gif", GIF),
        ("report.pdf", PDF),
        ("table.csv", b"a,b\n1,2\n"),
        ("main.rs", b"fn main() {}\n"),
    ]);
    let files =
        ["-f", "pixel.gif", "-f", "report.pdf", "--file", "table.csv", "-f", "main.rs", "Compare these"];
    let run = ask(&emulator, &home, MODEL, &files).succeeds();
    assert_eq!(run.stderr, "");
    let document = |format: &str, name: &str, bytes: &[u8]| json!({ "document": { "format": format, "name": name, "source": { "bytes": base64(bytes) } } });
    let expected = json!([
        { "image": { "format": "gif", "source": { "bytes": base64(GIF) } } },
        document("pdf", "report-pdf", PDF),
        document("csv", "table-csv", b"a,b\n1,2\n"),
        { "text": "main.rs:\n```\nfn main() {}\n```" },
        { "text": "Compare these" },
    ]);
    assert_eq!(sent(&emulator), expected);
}

#[test]
fn a_model_without_documents_reads_texts_in_the_prompt() {
    let emulator = Emulator::start();
    let home = home(&[("notes.md", b"# Notes\n\n```\ncode\n```\n")]);
    ask(&emulator, &home, TEXT_ONLY, &["-f", "notes.md", "Summarise"]).succeeds();
    let text = "notes.md:\n````\n# Notes\n\n```\ncode\n```\n````";
    assert_eq!(sent(&emulator), json!([{ "text": text }, { "text": "Summarise" }]));
}

#[test]
fn a_file_is_what_its_content_says() {
    let emulator = Emulator::start();
    let home = home(&[("photo.png", GIF), ("letter.doc", b"Dear reader,\n"), ("scan", PDF)]);
    let files = ["-f", "photo.png", "-f", "letter.doc", "-f", "scan", "What is this?"];
    let run = ask(&emulator, &home, MODEL, &files).succeeds();
    insta::assert_snapshot!(run.stderr, @r#"
    note: `photo.png` is an image (gif): sent as that
    note: `letter.doc` is text: sent as that
    "#);
    let content = sent(&emulator);
    assert_eq!(content[0]["image"]["format"], "gif", "{content}");
    assert_eq!(content[1]["text"], "letter.doc:\n```\nDear reader,\n```");
    assert_eq!(content[2]["document"]["format"], "pdf");
    let quiet = ask(&emulator, &home, MODEL, &[&files[..], &["-q"]].concat()).succeeds();
    assert_eq!((quiet.stdout, quiet.stderr), (run.stdout, String::new()));
}

#[test]
fn objects_of_s3_go_by_their_name() {
    let emulator = Emulator::start();
    let files = ["--dry-run", "-f", "s3://bucket/a/report.pdf", "-f", "s3://bucket/photo.JPG", "Compare"];
    let run = ask(&emulator, &home(&[]), MODEL, &files).succeeds();
    let location = |uri: &str| json!({ "s3Location": { "uri": uri } });
    let expected = json!([
        { "document":
            { "format": "pdf", "name": "report-pdf", "source": location("s3://bucket/a/report.pdf") } },
        { "image": { "format": "jpeg", "source": location("s3://bucket/photo.JPG") } },
        { "text": "Compare" },
    ]);
    assert_eq!(run.json()["body"]["messages"][0]["content"], expected);
    assert_eq!(emulator.requests(), [] as [Value; 0]);
}

/// What a failure says; nothing was printed and nobody was called.
#[track_caller]
fn refused(home: &Home, model: &str, files: &[&str], code: i32) -> String {
    let emulator = Emulator::start();
    let files: Vec<_> = files.iter().flat_map(|file| ["-f", file]).chain(["Hello"]).collect();
    let run = ask(&emulator, home, model, &files).exits_with(code);
    assert_eq!(run.stdout, "");
    assert_eq!(emulator.requests(), [] as [Value; 0]);
    run.stderr
}

#[test]
fn a_file_that_cannot_be_read_is_a_usage_error() {
    let home = home(&[("empty.txt", b"")]);
    std::fs::create_dir(home.work().join("folder")).unwrap();
    let texts: Vec<_> = [
        "missing.png",
        "folder",
        "empty.txt",
        "https://example.com/a.png",
        "~/a.png",
        "s3://bucket",
        "s3://bucket/",
    ]
    .into_iter()
    .map(|file| refused(&home, MODEL, &[file], 2))
    .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: `missing.png` does not exist

    hint: see that the name is right, from the folder you are in

    error: `folder` is a folder

    hint: name the files in it

    error: `empty.txt` is empty

    hint: leave it out, or name another file

    error: `https://example.com/a.png` is no file

    hint: download it first: files are read from this machine, or named in S3

    error: `~/a.png` does not exist

    hint: a shell puts your home in the place of `~` only where that is not quoted

    error: `s3://bucket` names no object: write `s3://bucket/key`

    For more information, try `--help`.

    error: `s3://bucket/` names no object: write `s3://bucket/key`

    For more information, try `--help`.
    "#);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_gives_nothing_is_a_usage_error() {
    // Its first page belongs to nobody, whoever asks.
    let text = refused(&home(&[]), MODEL, &["/proc/self/mem"], 2);
    assert!(text.starts_with("error: `/proc/self/mem` cannot be read: "), "{text}");
}

#[test]
fn a_file_that_cannot_be_sent_is_refused_with_what_can_be() {
    let home = home(&[
        ("program.bin", &[1, 2, 3, 4]),
        ("picture.bmp", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
        ("archive.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("old.csv", b"Gr\xfc\xdfe,1\n"),
        ("wide.txt", b"\xff\xfeH\0i\0"),
    ]);
    let texts: Vec<_> =
        ["program.bin", "picture.bmp", "archive.zip", "old.csv", "wide.txt", "s3://bucket/key"]
            .into_iter()
            .map(|file| refused(&home, MODEL, &[file], 6))
            .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: `program.bin` is a file of no kind that is known

    hint: what can be sent: images (png, jpeg, gif, webp), documents (pdf, csv, doc, docx, xls, xlsx, html, txt, md), video (mkv, mov, mp4, webm, flv, mpeg, mpg, wmv, 3gp), sound (mp3, opus, wav, aac, flac, ogg, m4a, mka), and any other text

    error: `picture.bmp` is a file of the type `image/bmp`, which cannot be sent

    hint: what can be sent: images (png, jpeg, gif, webp), documents (pdf, csv, doc, docx, xls, xlsx, html, txt, md), video (mkv, mov, mp4, webm, flv, mpeg, mpg, wmv, 3gp), sound (mp3, opus, wav, aac, flac, ogg, m4a, mka), and any other text

    error: `archive.zip` is a file of the type `application/zip`, which cannot be sent

    hint: what can be sent: images (png, jpeg, gif, webp), documents (pdf, csv, doc, docx, xls, xlsx, html, txt, md), video (mkv, mov, mp4, webm, flv, mpeg, mpg, wmv, 3gp), sound (mp3, opus, wav, aac, flac, ogg, m4a, mka), and any other text

    error: `old.csv` is no UTF-8 text

    hint: convert it, as with `iconv -f latin1 -t utf-8`

    error: `wide.txt` is no UTF-8 text

    hint: convert it, as with `iconv -f utf-16 -t utf-8`

    error: `s3://bucket/key` does not say by its name what it is

    hint: objects in S3 are told by their endings: one of a document, an image, a video or sound, such as `.pdf`
    "#);
}

#[test]
fn a_file_that_is_too_large_is_refused_with_the_limit() {
    let home = home(&[]);
    for (name, beginning, length) in [
        ("large.gif", GIF, 3_932_161),
        ("large.csv", b"a", 4_718_593),
        ("film.flv", b"FLV\x01\x05\0\0\0\x09", 19_660_801),
        ("huge.pdf", PDF, 40_000_000),
    ] {
        // Sparse: nothing of it is on the disk. Text has no zeros, so that of the table is written.
        write(&home.work(), name, beginning);
        let mut file = File::options().append(true).open(home.work().join(name)).unwrap();
        if name.ends_with("csv") {
            file.write_all(&vec![b'a'; length - 1]).unwrap();
        } else {
            file.set_len(length as u64).unwrap();
        }
    }
    let claude = "us.anthropic.claude-sonnet-4-6";
    let texts: Vec<_> =
        [(claude, "large.gif"), (claude, "large.csv"), (MODEL, "film.flv"), (MODEL, "huge.pdf")]
            .into_iter()
            .map(|(model, file)| refused(&home, model, &[file], 6))
            .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: the last message has an image of 3.76 MB, and `anthropic.claude-sonnet-4-6` takes 3.75 MB at most

    hint: make it smaller, or send a part of it

    error: the last message has a document of 4.51 MB, and `anthropic.claude-sonnet-4-6` takes 4.50 MB at most

    hint: make it smaller, or send a part of it

    error: the last message has a video of 18.76 MB, and `amazon.nova-lite-v1:0` takes 18.75 MB at most

    hint: put it into Amazon S3 and give its address

    error: `huge.pdf` has more than 25 MB, which is the most that a request can carry

    hint: send a smaller one, or a part of it; Amazon's own models also read from S3
    "#);
}

#[test]
fn too_many_files_are_refused_with_the_limit() {
    let home = home(&[("pixel.gif", GIF), ("report.pdf", PDF), ("film.flv", b"FLV\x01\x05\0\0\0\x09")]);
    let texts: Vec<_> = [("pixel.gif", 21), ("report.pdf", 6), ("film.flv", 2)]
        .into_iter()
        .map(|(file, count)| refused(&home, MODEL, &vec![file; count], 6))
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: the last message has 21 images, and `amazon.nova-lite-v1:0` takes 20 at most in one request

    hint: leave out 1, or send them in several requests

    error: the last message has 6 documents, and `amazon.nova-lite-v1:0` takes 5 at most in one request

    hint: leave out 1, or send them in several requests

    error: the last message has 2 videos, and `amazon.nova-lite-v1:0` takes 1 at most in one request

    hint: leave out 1, or send them in several requests
    "#);
}

#[test]
fn a_model_that_does_not_take_a_file_is_named_with_what_it_takes() {
    let home = home(&[("pixel.gif", GIF), ("report.pdf", PDF), ("film.flv", b"FLV\x01\x05\0\0\0\x09")]);
    let claude = "us.anthropic.claude-sonnet-4-6";
    let texts: Vec<_> = [(TEXT_ONLY, "pixel.gif"), (TEXT_ONLY, "report.pdf"), (claude, "film.flv")]
        .into_iter()
        .map(|(model, file)| refused(&home, model, &[file], 6))
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: `pixel.gif` is an image (gif), which `us.amazon.nova-micro-v1:0` does not take

    hint: it takes text
    hint: `outcrop models list` shows what the others take

    error: `report.pdf` is a document (pdf), which `us.amazon.nova-micro-v1:0` does not take

    hint: it takes text
    hint: `outcrop models list` shows what the others take

    error: `film.flv` is a video (flv), which `us.anthropic.claude-sonnet-4-6` does not take

    hint: it takes text, images, documents
    hint: `outcrop models list` shows what the others take
    "#);
}

#[test]
fn programs_get_the_reason_as_json() {
    let emulator = Emulator::start();
    let run = ask(&emulator, &home(&[("pixel.gif", GIF)]), TEXT_ONLY, &["--json", "-f", "pixel.gif", "Hi"]);
    let error = run.exits_with(6).error_json();
    assert_eq!(error["error"]["kind"], "Unsupported", "{error}");
}

#[test]
fn a_file_can_come_on_standard_input() {
    let emulator = Emulator::start();
    let home = home(&[]);
    let ask = |args: &[&str], input: &[u8]| {
        Outcrop::at(&home, ["ask", "-m", MODEL].iter().chain(args)).via(&emulator).stdin(input).run()
    };
    let image = json!({ "image": { "format": "gif", "source": { "bytes": base64(GIF) } } });
    ask(&["-f", "-", "Describe it"], GIF).succeeds();
    assert_eq!(sent(&emulator), json!([image, { "text": "Describe it" }]));
    ask(&["-"], b"What is new?").succeeds();
    assert_eq!(sent(&emulator), json!([{ "text": "What is new?" }]));
    let texts = [
        ask(&["-f", "-", "Describe it"], b""),
        ask(&["-f", "-", "-f", "-", "Describe it"], GIF),
        ask(&["-f", "-"], GIF),
        ask(&["Describe it"], GIF),
    ]
    .map(|run| run.exits_with(2).stderr);
    insta::assert_snapshot!(texts.join("\n"), @r#"
    error: standard input is empty

    hint: leave it out, or name another file

    error: `-f -` is given twice: standard input can be read only once

    For more information, try `--help`.

    error: there is no prompt

    hint: give one, or pipe one in

    error: standard input is no UTF-8 text

    hint: files go with `-f FILE`, and a file on standard input with `-f -`
    "#);
}

/// How many of a kind a request may have is the model's own.
#[test]
fn a_model_that_reads_many_images_gets_them() {
    let emulator = Emulator::start();
    let home = home(&[("pixel.gif", GIF)]);
    let args: Vec<_> = ["-f", "pixel.gif"].repeat(21).into_iter().chain(["How many?"]).collect();
    ask(&emulator, &home, "us.anthropic.claude-sonnet-4-6", &args).succeeds();
    assert_eq!(sent(&emulator).as_array().unwrap().len(), 22);
}

#[test]
fn a_large_document_reaches_a_model_that_reads_it_itself() {
    let emulator = Emulator::start();
    let home = home(&[]);
    let large = [PDF, &vec![b' '; 5 << 20]].concat();
    write(&home.work(), "large.pdf", &large);
    let args = ["-f", "large.pdf", "Summarise"];
    ask(&emulator, &home, "us.anthropic.claude-sonnet-4-6", &args).succeeds();
    let refused = ask(&emulator, &home, "us.meta.llama3-3-70b-instruct-v1:0", &args).exits_with(6);
    assert!(refused.stderr.contains("4.5"), "{}", refused.stderr);
}

#[test]
fn programs_get_a_wrong_command_line_as_json_too() {
    let emulator = Emulator::start();
    let home = home(&[]);
    for args in [["--json", "-f", "missing.png", "Hi"], ["--json", "--temperature", "warm", "Hi"]] {
        let run = ask(&emulator, &home, MODEL, &args).exits_with(2);
        let error = run.error_json()["error"].clone();
        assert_eq!(error["kind"], "Usage", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("missing.png") || message.contains("--temperature"), "{message}");
        assert!(!message.contains('\n') && !error["hints"].as_array().unwrap().is_empty(), "{error}");
    }
}
