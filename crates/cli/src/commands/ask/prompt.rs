//! Where the prompt comes from.

use std::io::{IsTerminal as _, Read as _};

use crate::failure::Failure;

/// The words of the command line and standard input, in this order; a lone `-` is standard input alone. Blank if neither
/// says anything.
pub(super) fn read(words: &[String], reads_input: bool) -> Result<String, Failure> {
    let mut prompt = if words == ["-"] { String::new() } else { words.join(" ") };
    let stdin = std::io::stdin();
    if reads_input && !stdin.is_terminal() {
        let mut bytes = Vec::new();
        stdin.lock().read_to_end(&mut bytes).map_err(Failure::io("standard input cannot be read"))?;
        let input = String::from_utf8(bytes).map_err(|_| {
            Failure::usage_with_hint(
                "standard input is no UTF-8 text",
                "files go with `-f FILE`, and a file on standard input with `-f -`",
            )
        })?;
        if !prompt.trim().is_empty() && !input.trim().is_empty() {
            prompt.push_str("\n\n");
        }
        prompt.push_str(&input);
    }
    Ok(prompt)
}
