//! `outcrop config edit`.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use outcrop::{Draft, Error, Layer, Outcrop};
use serde_json::json;
use tempfile::TempDir;

use super::WRONG;
use super::editor::Editor;
use crate::args::EditFile;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) fn run(
    outcrop: &Outcrop,
    context: &Context,
    arguments: &EditFile,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let reads_input = context.reads_input();
    let at_terminal = reads_input && !arguments.json && io::stdin().is_terminal();
    let editor = Editor::of(context.environment(), at_terminal, reads_input)?;
    let draft = outcrop.draft(arguments.layer.map(Layer::from))?;
    let copy = Copy::new(context.environment(), &draft, &outcrop.schema().to_string())?;
    let changed = match edited(&editor, &draft, &copy, at_terminal, terminal) {
        Ok(changed) => changed,
        Err(Failure::Error(error)) => return Err(copy.kept(&draft, error).into()),
        Err(failure) => return Err(failure),
    };
    if arguments.json {
        return terminal.print_json(&json!({
            "file": draft.file(),
            "layer": draft.layer(),
            "changed": changed,
            "read": draft.is_read(),
        }));
    }
    let file = harmless_line(&draft.file().display().to_string());
    terminal.print(&if changed {
        format!("{file} is written\n")
    } else {
        format!("nothing is changed in {file}\n")
    })?;
    if !draft.is_read() && changed {
        terminal.warn(&format!("{file} is not read now: `--config` or `OUTCROP_CONFIG` names another file"));
    }
    Ok(())
}

/// Lets the person edit until the text is right, or they have had enough. Whether the file is another one now.
fn edited(
    editor: &Editor,
    draft: &Draft,
    copy: &Copy,
    at_terminal: bool,
    terminal: &mut Terminal,
) -> Result<bool, Failure> {
    loop {
        editor.open(&copy.file)?;
        let text = copy.read()?;
        let review = draft.review(&text);
        if !review.is_changed {
            return Ok(false);
        }
        terminal.diagnose(&review.diagnostics);
        if review.is_right {
            return Ok(draft.write(&text, false)?);
        }
        let refused =
            || Error::config(format!("`{}` is not written: it would be wrong", draft.file().display()));
        if !at_terminal {
            return Err(refused().into());
        }
        match decision(&copy.file).map_err(Failure::io("the answer cannot be read"))? {
            Decision::EditAgain => {}
            Decision::WriteAnyway => return Ok(draft.write(&text, true)?),
            Decision::Discard => {
                terminal.note(&format!("{} is as it was", draft.file().display()));
                return Err(Failure::Reported(WRONG));
            }
            Decision::None => return Err(refused().into()),
        }
    }
}

/// What to do with a text that is wrong.
enum Decision {
    EditAgain,
    WriteAnyway,
    Discard,
    /// Nobody answers.
    None,
}

fn decision(copy: &Path) -> io::Result<Decision> {
    let copy = harmless_line(&copy.display().to_string());
    loop {
        // Not locked any longer than that: the person takes their time.
        let mut error = io::stderr();
        write!(error, "\nwhat you wrote is in {copy}\n(e)dit again, (w)rite anyway or (d)iscard? ")?;
        error.flush()?;
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer)? == 0 {
            return Ok(Decision::None);
        }
        match answer.trim() {
            "" | "e" => return Ok(Decision::EditAgain),
            "w" => return Ok(Decision::WriteAnyway),
            "d" => return Ok(Decision::Discard),
            _ => {}
        }
    }
}

/// The copy that the editor works on, in a folder for the user alone: the text may hold secrets, and editors leave more
/// files beside it.
struct Copy {
    folder: TempDir,
    file: PathBuf,
}

/// What the beginning of a new file calls the schema.
const SCHEMA: &str = "config.schema.json";

impl Copy {
    fn new(environment: &BTreeMap<String, String>, draft: &Draft, schema: &str) -> Result<Self, Failure> {
        let temporary = temporary_folder(environment);
        let failed =
            || Failure::io(format!("no copy for the editor can be made in `{}`", temporary.display()));
        let mut builder = tempfile::Builder::new();
        builder.prefix("outcrop-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(&temporary).map_err(failed())?;
        let file = folder.path().join(draft.file().file_name().unwrap_or_else(|| "config.json5".as_ref()));
        create(&file, draft.text()).map_err(failed())?;
        create(&folder.path().join(SCHEMA), schema).map_err(failed())?;
        Ok(Self { folder, file })
    }

    fn read(&self) -> Result<Vec<u8>, Error> {
        fs::read(&self.file).map_err(|error| {
            Error::config("the editor left no file that can be read, and nothing is written")
                .with_source(error)
        })
    }

    /// The error with a word on where the text is, if it is another one than it was: it has cost somebody work.
    fn kept(self, draft: &Draft, error: Error) -> Error {
        if fs::read(&self.file).is_ok_and(|text| text == draft.text().as_bytes()) || !self.file.exists() {
            return error;
        }
        // Of no use without the editor.
        fs::remove_file(self.folder.path().join(SCHEMA)).ok();
        drop(self.folder.keep());
        let kept = self.file.display();
        error.with_hint(format!("what you wrote is kept in `{kept}`: take from there what you need"))
    }
}

/// A new file for the user alone.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create_new(true).write(true).open(path)?.write_all(text.as_bytes())
}

/// The folder for files that nobody needs for long.
fn temporary_folder(environment: &BTreeMap<String, String>) -> PathBuf {
    let (variables, usual): (&[&str], _) =
        if cfg!(windows) { (&["TEMP", "TMP"], r"C:\Windows\Temp") } else { (&["TMPDIR"], "/tmp") };
    let named = variables.iter().filter_map(|name| environment.get(*name)).map(PathBuf::from);
    named.into_iter().find(|folder| folder.is_absolute()).unwrap_or_else(|| usual.into())
}
