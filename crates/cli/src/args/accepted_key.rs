//! `ID:SECRET`, read without ever being repeated: clap's own parsers quote a wrong value in their message.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use outcrop_emulator::AcceptedKey;

/// Reads the value of `--accept-key`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AcceptedKeyParser;

impl TypedValueParser for AcceptedKeyParser {
    type Value = AcceptedKey;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        value.to_str().ok_or("it is not UTF-8").and_then(parse).map_err(|problem| {
            let argument = argument.map(ToString::to_string).unwrap_or_default();
            let message = format!(
                "the value of '{argument}' cannot be used: {problem}. It is the access key id, a colon, and the secret \
                 access key; it is not shown here because it may hold the secret\n"
            );
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

/// AWS makes access key ids of word characters only (IAM API reference, `AccessKey`), so the first colon ends the id.
fn parse(text: &str) -> Result<AcceptedKey, &'static str> {
    let (id, secret) = text.split_once(':').ok_or("there is no colon in it")?;
    if id.is_empty() {
        return Err("there is nothing before the colon");
    }
    if !id.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') {
        return Err("an access key id has letters, digits and `_` only");
    }
    if secret.trim().is_empty() {
        return Err("there is nothing behind the colon");
    }
    Ok(AcceptedKey { access_key_id: id.to_owned(), secret_access_key: secret.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_divides() {
        let key = parse("ASIA_1:se/cr+et=:more").unwrap();
        assert_eq!(
            (key.access_key_id.as_str(), key.secret_access_key.as_str()),
            ("ASIA_1", "se/cr+et=:more")
        );
    }

    #[test]
    fn what_is_no_pair_is_refused_with_the_reason() {
        for (text, words) in [
            ("ASIA1", "no colon"),
            ("", "no colon"),
            (":secret", "before the colon"),
            ("ASIA1:", "behind the colon"),
            ("ASIA1: ", "behind the colon"),
            ("ASIA/1:secret", "letters, digits and `_`"),
            (" ASIA1:secret", "letters, digits and `_`"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.contains(words), "{text:?}: {problem}");
        }
    }
}
