//! A simple, documented way to count tokens: the same text always counts the same.

/// The longest token, in characters.
const LONGEST: usize = 8;

/// Cuts a text into tokens: a word with the blanks before it, or eight characters of a longer one. Nothing is lost:
/// the pieces put together are the text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut letters = 0;
        let end = rest
            .char_indices()
            .find(|(_, character)| {
                let ends = letters == LONGEST || (letters > 0 && character.is_whitespace());
                if !character.is_whitespace() {
                    letters += 1;
                }
                ends
            })
            .map_or(rest.len(), |(index, _)| index);
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

/// How many tokens a text has.
pub(crate) fn count(text: &str) -> u64 {
    pieces(text).map(|_| 1).sum()
}

/// How many tokens so many bytes of an attachment or of JSON have.
pub(crate) fn of_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_the_blanks_before_them_and_long_words_are_cut() {
        for (text, expected) in [
            ("", &[][..]),
            ("Why is the sky blue?", &["Why", " is", " the", " sky", " blue?"]),
            ("  unbelievably ok\n", &["  unbeliev", "ably", " ok", "\n"]),
            ("Grüße, 世界", &["Grüße,", " 世界"]),
        ] {
            let found: Vec<_> = pieces(text).collect();
            assert_eq!(found, expected, "{text:?}");
            assert_eq!(found.concat(), text);
            assert_eq!(count(text), expected.len() as u64);
        }
    }
}
