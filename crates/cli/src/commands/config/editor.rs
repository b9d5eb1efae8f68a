//! The editor of whoever sits at the terminal.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use outcrop::Error;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

use crate::failure::Failure;

/// The variables that name an editor, in the order in which they are asked (`environ(7)`).
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// What every system of its kind has.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// What the keyboard sends to all programs at the terminal, and is for the editor alone while it runs.
#[cfg(unix)]
const SIGNALS: [i32; 2] = [SIGINT, signal_hook::consts::SIGQUIT];
#[cfg(not(unix))]
const SIGNALS: [i32; 1] = [SIGINT];

/// A program that edits a file.
#[derive(Debug)]
pub(super) struct Editor {
    /// The program, and what comes before the file.
    words: Vec<String>,
    /// Whether it may read what is typed.
    reads_input: bool,
    /// Whether signals of the keyboard do what they usually do.
    heeds_signals: Arc<AtomicBool>,
}

impl Editor {
    /// The editor that the environment names, else the usual one if somebody sits at a terminal.
    pub(super) fn of(
        environment: &BTreeMap<String, String>,
        at_terminal: bool,
        reads_input: bool,
    ) -> Result<Self, Failure> {
        let named = VARIABLES.iter().find_map(|name| {
            let value = environment.get(*name).filter(|value| !value.trim().is_empty())?;
            Some((name, value))
        });
        let words = match named {
            Some((name, value)) => words(value, cfg!(windows)).ok_or_else(|| {
                Error::config(format!("`{name}` names no editor: `{value}` has an open quote or no word"))
                    .with_hint("write it as in a shell, such as `EDITOR=\"code --wait\"`")
            })?,
            None if at_terminal => vec![USUAL.to_owned()],
            None => return Err(Error::config("no editor is named").with_hint(NAME_ONE).into()),
        };
        let heeds_signals = Arc::new(AtomicBool::new(true));
        for signal in SIGNALS {
            flag::register_conditional_default(signal, Arc::clone(&heeds_signals))
                .map_err(Failure::io("signals cannot be handled"))?;
        }
        Ok(Self { words, reads_input, heeds_signals })
    }

    /// Opens a file, and waits until the editor has ended.
    pub(super) fn open(&self, file: &Path) -> Result<(), Error> {
        let name = self.words.join(" ");
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map(String::as_str).unwrap_or_default());
        command.args(words).arg(file);
        if !self.reads_input {
            command.stdin(Stdio::null());
        }
        // What the editor says is no data.
        if !io::stdout().is_terminal() {
            command.stdout(io::stderr());
        }
        self.heeds_signals.store(false, Ordering::SeqCst);
        let status = command.status();
        self.heeds_signals.store(true, Ordering::SeqCst);
        let status = status.map_err(|error| {
            Error::config(format!("the editor `{name}` cannot be started"))
                .with_source(error)
                .with_hint(NAME_ONE)
        })?;
        match status.code() {
            Some(0) => Ok(()),
            Some(code) => Err(ended(&name, &format!("with exit code {code}"))),
            None => Err(ended(&name, "by a signal")),
        }
    }
}

const NAME_ONE: &str = "say in `VISUAL` or `EDITOR` which one to use, such as `EDITOR=nano`";

fn ended(name: &str, how: &str) -> Error {
    Error::config(format!("the editor `{name}` ended {how}, and nothing is written"))
        .with_hint("run `outcrop config edit` again, or leave the file as it is")
}

/// The words of a value, as a shell splits them; the value itself if it is a file, whatever is in its name. `None` if there
/// are none.
fn words(value: &str, has_backslashes: bool) -> Option<Vec<String>> {
    if Path::new(value).is_file() {
        return Some(vec![value.to_owned()]);
    }
    // On Windows, a backslash is what is between folders.
    let value = if has_backslashes { value.replace('\\', r"\\") } else { value.to_owned() };
    shlex::split(&value).filter(|words| words.first().is_some_and(|program| !program.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_in_a_shell() {
        let split = |value: &str| words(value, false).map(|words| words.join("|"));
        for (value, expected) in [
            ("vi", Some("vi")),
            ("  code   --wait ", Some("code|--wait")),
            (r#"emacsclient -c -a "" "#, Some("emacsclient|-c|-a|")),
            (r"'/my editors/vi' -u\ x", Some("/my editors/vi|-u x")),
            ("'open", None),
            ("# nothing", None),
            ("''", None),
        ] {
            assert_eq!(split(value).as_deref(), expected, "{value}");
        }
        let windows = words(r#""C:\Program Files\Vim\vim.exe" -f"#, true).unwrap();
        assert_eq!(windows, [r"C:\Program Files\Vim\vim.exe", "-f"]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("my editor");
        std::fs::File::create(&file).unwrap();
        assert_eq!(words(file.to_str().unwrap(), false).unwrap(), [file.to_str().unwrap()]);
    }

    #[test]
    fn the_first_variable_that_says_something_counts() {
        let of = |variables: &[(&str, &str)], at_terminal| {
            let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            Editor::of(&environment.collect(), at_terminal, true).map(|editor| editor.words.join(" "))
        };
        assert_eq!(of(&[("EDITOR", "a"), ("VISUAL", "b -c")], false).unwrap(), "b -c");
        assert_eq!(of(&[("EDITOR", "a"), ("VISUAL", " ")], true).unwrap(), "a");
        assert_eq!(of(&[("EDITOR", "")], true).unwrap(), USUAL);
        assert!(of(&[("EDITOR", "")], false).is_err());
    }
}
