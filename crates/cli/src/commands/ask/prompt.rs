//! Where the prompt comes from.

use std::io::{IsTerminal as _, Read as _};

use crate::failure::Failure;

/// The words of the command line and standard input, in this order.
pub(super) fn read(words: &[String], reads_input: bool) -> Result<String, Failure> {
    let mut prompt = words.join(" ");
    let stdin = std::io::stdin();
    if reads_input && !stdin.is_terminal() {
        let mut bytes = Vec::new();
        stdin.lock().read_to_end(&mut bytes).map_err(Failure::io("standard input cannot be read"))?;
        let input = String::from_utf8(bytes).map_err(|_| {
            Failure::Usage("standard input is no UTF-8 text: files go with `-f FILE`".to_owned())
        })?;
        if !prompt.trim().is_empty() && !input.trim().is_empty() {
            prompt.push_str("\n\n");
        }
        prompt.push_str(&input);
    }
    if prompt.trim().is_empty() {
        return Err(Failure::Usage("there is no prompt: give one, or pipe one in".to_owned()));
    }
    Ok(prompt)
}
