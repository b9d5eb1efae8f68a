//! `outcrop config edit`, with little scripts as editors.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::file;
use crate::support::{Finished, Home, Outcrop, Started, members, python};

const USER: &str = "config/outcrop/config.json5";
const OURS: &str = "// ours\n{ models: { bedrockDiscovery: { region: 'eu-west-1' } } }\n";
const THEIRS: &str = "// theirs\n{ models: { bedrockDiscovery: { region: 'eu-west-2' } } }\n";
const WRONG: &str = "{\n  models: { bedrockDiscovery: { refreshInterval: 'soon' } },\n}\n";

/// What is the value of `EDITOR` for an editor that runs these lines of a shell; `$1` is the file.
fn editor(home: &Home, lines: &str) -> String {
    let script = file(home, "an editor/script", lines);
    format!("/bin/sh '{}'", script.display())
}

/// An editor that writes this text.
fn writing(home: &Home, text: &str) -> String {
    let text = file(home, "an editor/text", text);
    editor(home, &format!("cat '{}' > \"$1\"\n", text.display()))
}

fn edit(home: &Home, editor: &str, args: &[&str]) -> Finished {
    Outcrop::at(home, ["config", "edit"].iter().chain(args)).env("EDITOR", editor).run()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What is left in the folder for temporary files: the texts that are kept.
fn kept(home: &Home) -> Vec<PathBuf> {
    let folders = fs::read_dir(home.path().join("temporary")).unwrap().map(|it| it.unwrap().path());
    let files = folders.flat_map(|folder| {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().path())
    });
    files.collect()
}

/// Asserts that what was written is kept for the user alone, and that they hear where.
#[track_caller]
fn assert_kept(home: &Home, run: &Finished, text: &str) {
    let kept = kept(home);
    let [file] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((read(file).as_str(), mode(file)), (text, 0o600));
    assert!(
        run.stderr.contains(&format!("what you wrote is kept in `{}`", file.display())),
        "{}",
        run.stderr
    );
}

/// What is in the folder of the user's file.
fn beside(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.path().join(USER).parent().unwrap()).unwrap();
    entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_the_editor_leaves_is_the_file() {
    let home = Home::new();
    let path = home.path().join(USER);
    let made = edit(&home, &writing(&home, OURS), &[]).succeeds();
    assert_eq!(made.stdout, format!("{} is written\n", path.display()));
    assert_eq!((read(&path).as_str(), mode(&path), made.stderr.as_str()), (OURS, 0o600, ""));
    // It keeps its mode, and a link stays one.
    let real = home.path().join("dotfiles");
    fs::rename(&path, &real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &path).unwrap();
    edit(&home, &writing(&home, THEIRS), &[]).succeeds();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!((read(&real).as_str(), mode(&real)), (THEIRS, 0o640));
    // What it was is what the editor gets, and nothing is no change.
    let same = editor(&home, &format!("cmp '{}' \"$1\"\n", real.display()));
    let nothing = edit(&home, &same, &[]).succeeds();
    assert_eq!(nothing.stdout, format!("nothing is changed in {}\n", path.display()));
    assert_eq!((beside(&home), kept(&home)), (vec!["config.json5".to_owned()], Vec::new()));
}

#[test]
fn a_new_file_begins_with_the_schema_and_what_may_stand_there() {
    for (args, whose) in
        [(&[][..], "// The configuration of Outcrop.\n"), (&["--layer", "project"], "not who calls them")]
    {
        let home = Home::new();
        edit(&home, "true", args).succeeds();
        assert!(!home.path().join(USER).exists() && !home.work().join("outcrop.json5").exists());
        // The schema is where the text says.
        let seen = home.path().join("seen");
        let script = format!(
            "cat \"$1\" > '{0}'; ls -l \"$1\" >> '{0}'; cp \"$(dirname \"$1\")/config.schema.json\" '{0}.schema'; echo >> \"$1\"\n",
            seen.display()
        );
        edit(&home, &editor(&home, &script), args).succeeds();
        let text = read(&seen);
        for part in [whose, "$schema: \"./config.schema.json\"", "outcrop config schema", "-rw-------"] {
            assert!(text.contains(part), "no {part}: {text}");
        }
        let schema: Value = serde_json::from_str(&read(&home.path().join("seen.schema"))).unwrap();
        assert_eq!(schema, Outcrop::at(&home, ["config", "schema"]).run().succeeds().json());
        Outcrop::at(&home, ["config", "check", "--strict"]).run().succeeds();
        let list = Outcrop::at(&home, ["config", "list", "--layer", args.get(1).unwrap_or(&"user")]).run();
        assert!(list.succeeds().stdout.starts_with("$schema = \"./config.schema.json\""));
    }
}

#[test]
fn what_is_wrong_is_not_written_and_not_lost() {
    let home = Home::new();
    let path = file(&home, USER, OURS);
    let secret = "{ models: { providers: { x: { apiKey: 'a-very-secret-key' timeouts: 1 } } } }\n";
    let not_text = b"{ a: '\xe4' }".as_slice();
    for (text, place, words) in [
        (WRONG.as_bytes(), ":2:50", "a whole number of seconds"),
        (secret.as_bytes(), ":1:58", "not valid JSON5"),
        (b"[]", ":1:1", "expected an object"),
        (not_text, "config.json5", "not UTF-8"),
    ] {
        let source = home.path().join("text");
        std::io::Write::write_all(&mut fs::File::create(&source).unwrap(), text).unwrap();
        let run = edit(&home, &editor(&home, &format!("cat '{}' > \"$1\"\n", source.display())), &[]);
        let run = run.exits_with(3);
        assert!(run.stderr.contains(place) && run.stderr.contains(words), "{}", run.stderr);
        assert!(run.stdout.is_empty() && !run.stderr.contains("a-very-secret-key"), "{run:?}");
        assert_eq!((read(&path).as_str(), beside(&home)), (OURS, vec!["config.json5".to_owned()]));
        let left = kept(&home);
        assert_eq!((left.len(), fs::read(&left[0]).unwrap().as_slice()), (1, text));
        fs::remove_dir_all(left[0].parent().unwrap()).unwrap();
    }
    let run = edit(&home, &writing(&home, WRONG), &["--json"]).exits_with(3);
    assert_kept(&home, &run, WRONG);
    let error = &run.error_json()["error"];
    assert!(error["message"].as_str().unwrap().contains("is not written"), "{error}");
}

#[test]
fn a_broken_file_is_mended() {
    let home = Home::new();
    let path = file(&home, USER, "{ models: ");
    edit(&home, &writing(&home, OURS), &[]).succeeds();
    assert_eq!(read(&path), OURS);
    // What was wrong before and elsewhere is told, and hinders nobody.
    file(&home, USER, WRONG);
    let more = WRONG.replace("  models", "  // soon\n  models");
    let run = edit(&home, &writing(&home, &more), &[]).succeeds();
    assert!(run.stderr.contains(":3:50"), "{}", run.stderr);
    assert_eq!(read(&path), more);
}

#[test]
fn what_somebody_else_writes_meanwhile_is_not_overwritten() {
    let home = Home::new();
    let path = file(&home, USER, "{}\n");
    let (ours, theirs) = (file(&home, "ours", OURS), file(&home, "theirs", THEIRS));
    let both =
        format!("cat '{}' > \"$1\"\ncat '{}' > '{}'\n", ours.display(), theirs.display(), path.display());
    let run = edit(&home, &editor(&home, &both), &[]).exits_with(3);
    assert!(run.stderr.contains("somebody else changed"), "{}", run.stderr);
    assert_eq!(read(&path), THEIRS);
    assert_kept(&home, &run, OURS);
}

#[test]
fn an_editor_that_fails_writes_nothing() {
    let home = Home::new();
    let path = file(&home, USER, THEIRS);
    let refused = |run: Finished, words: &str| {
        let run = run.exits_with(3);
        assert!(run.stderr.contains(words) && run.stderr.contains("hint"), "{}", run.stderr);
        assert_eq!((run.stdout.as_str(), read(&path).as_str()), ("", THEIRS));
        run
    };
    let nobody = "say in `VISUAL` or `EDITOR` which one to use";
    refused(Outcrop::at(&home, ["config", "edit"]).run(), nobody);
    refused(edit(&home, " ", &[]), nobody);
    refused(
        edit(&home, "/nowhere/editor --wait", &[]),
        "the editor `/nowhere/editor --wait` cannot be started",
    );
    refused(edit(&home, "'open", &[]), "`EDITOR` names no editor");
    refused(edit(&home, "false", &[]), "the editor `false` ended with exit code 1");
    refused(edit(&home, &editor(&home, "kill -KILL $$\n"), &[]), "by a signal");
    refused(edit(&home, &editor(&home, "rm \"$1\"\n"), &[]), "left no file");
    assert_eq!(kept(&home), [] as [PathBuf; 0], "nobody wrote anything");
    let run = edit(&home, &editor(&home, "echo '// long thoughts' > \"$1\"; exit 3\n"), &[]);
    assert_kept(&home, &refused(run, "exit code 3"), "// long thoughts\n");
    // `VISUAL` comes first.
    let run = Outcrop::at(&home, ["config", "edit"]).env("EDITOR", "true").env("VISUAL", "false").run();
    refused(run, "the editor `false`");
}

#[test]
fn what_cannot_be_written_is_refused_before_the_editor_starts() {
    let home = Home::new();
    let path = file(&home, USER, OURS);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let marker = home.path().join("marker");
    let marking = editor(&home, &format!("echo started > '{}'\n", marker.display()));
    let run = edit(&home, &marking, &[]).exits_with(3);
    assert!(run.stderr.contains("is read-only"), "{}", run.stderr);
    edit(&home, &marking, &["--config", "missing.json5"]).exits_with(3);
    edit(&home, &marking, &["--layer", "environment"]).exits_with(2);
    assert!(!marker.exists() && kept(&home).is_empty());
    edit(&home, &marking, &["--layer", "project"]).succeeds();
    assert!(marker.exists());
}

#[test]
fn every_layer_is_edited_by_its_own_rules() {
    let home = Home::new();
    let named = file(&home, "named.json5", "{}");
    let by_name = named.to_str().unwrap();
    edit(&home, &writing(&home, OURS), &["--config", by_name]).succeeds();
    assert_eq!(read(&named), OURS);
    let run = edit(&home, &writing(&home, OURS), &["--config", by_name, "--layer", "user"]).succeeds();
    assert!(run.stderr.contains("is not read now"), "{}", run.stderr);
    let json = edit(&home, &writing(&home, THEIRS), &["--layer", "project", "--json"]).succeeds().json();
    assert_eq!(members(&json), ["changed", "file", "layer", "read"]);
    assert_eq!(
        (&json["changed"], &json["layer"], &json["read"]),
        (&json!(true), &json!("project"), &json!(true))
    );
    let project = home.work().join("outcrop.json5");
    assert_eq!(read(&project), THEIRS);
    let caller = "{ models: { providers: { 'amazon-bedrock': { profile: 'x' } } } }";
    let run = edit(&home, &writing(&home, caller), &["--layer", "project"]).exits_with(3);
    assert!(run.stderr.contains("a project may not set `profile`"), "{}", run.stderr);
    assert_eq!(read(&project), THEIRS);
}

#[test]
fn the_keyboard_belongs_to_the_editor() {
    let home = Home::new();
    let ours = file(&home, "ours", OURS);
    // Ctrl-C goes to all programs at the terminal.
    let script = format!("kill -INT $PPID; kill -QUIT $PPID; cat '{}' > \"$1\"; echo bye\n", ours.display());
    let run = edit(&home, &editor(&home, &script), &["--json"]).succeeds();
    assert_eq!(run.json()["changed"], true, "what the editor says is no data: {run:?}");
    assert_eq!((run.stderr.as_str(), read(&home.path().join(USER)).as_str()), ("bye\n", OURS));
    // And without a keyboard it gets nothing to read.
    let reading = editor(&home, "cat >> \"$1\"\n");
    let run = Outcrop::at(&home, ["config", "edit", "--no-input"]).env("EDITOR", reading).stdin("{}");
    assert!(run.run().succeeds().stdout.starts_with("nothing is changed"));
}

/// Edits at a terminal: with this editor, and these answers to what is asked.
fn at_terminal(home: &Home, editor: &str, answers: &str) -> Finished {
    let mut command = python::client("terminal.py");
    command.args(["(e)dit again, (w)rite anyway or (d)iscard? ", answers, env!("CARGO_BIN_EXE_outcrop")]);
    command.args(["config", "edit"]).env("EDITOR", editor);
    Started::new(&mut command, home).finish()
}

#[test]
fn at_a_terminal_the_person_decides() {
    let home = Home::new();
    let path = file(&home, USER, OURS);
    let question = |run: &Finished| run.stderr.matches("(e)dit again").count();
    // First wrong, then right; what was written is what the editor opens again.
    let (wrong, theirs) = (file(&home, "wrong", WRONG), file(&home, "theirs", THEIRS));
    let script = format!(
        "if grep -q soon \"$1\"; then cat '{}' > \"$1\"; else cat '{}' > \"$1\"; fi\n",
        theirs.display(),
        wrong.display()
    );
    for answers in ["e", "what,,d"] {
        file(&home, USER, OURS);
        let run = at_terminal(&home, &editor(&home, &script), answers).succeeds();
        assert_eq!(question(&run), answers.split(',').count().min(2), "{run:?}");
        assert!(run.stderr.contains(":2:50"), "{}", run.stderr);
        assert_eq!((read(&path).as_str(), kept(&home).len()), (THEIRS, 0));
    }
    let run = at_terminal(&home, &writing(&home, WRONG), "d").exits_with(3);
    assert!(run.stderr.contains("is as it was"), "{}", run.stderr);
    assert_eq!((read(&path).as_str(), kept(&home).len()), (THEIRS, 0));
    let run = at_terminal(&home, &writing(&home, WRONG), "w").succeeds();
    assert_eq!((question(&run), read(&path).as_str(), kept(&home).len()), (1, WRONG, 0));
    // Ctrl-D is no answer.
    let broken = "{ models: ";
    let run = at_terminal(&home, &writing(&home, broken), "\u{4}").exits_with(3);
    assert_kept(&home, &run, broken);
}
