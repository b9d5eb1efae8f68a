//! Thoughts that stand in front of the text, between tags: `<think>Hm.</think>So.`

use super::translate::Speech;

/// Tells thoughts from text, in pieces that may be cut within a tag.
#[derive(Debug)]
pub(super) struct Tags {
    open: String,
    close: String,
    place: Place,
    /// What may be the beginning of a tag.
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Within,
    /// Behind the thoughts, where the blanks in front of the text are.
    Between,
    Beyond,
}

impl Tags {
    /// For thoughts in tags with this name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            open: format!("<{name}>"),
            close: format!("</{name}>"),
            place: Place::Before,
            held: String::new(),
        }
    }

    /// What a piece says, and what was held back before it.
    pub(super) fn take(&mut self, piece: &str) -> Vec<(Speech, String)> {
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let mut said = Vec::new();
        if self.place == Place::Before {
            let begun = text.trim_start();
            if begun.starts_with(&self.open) {
                self.place = Place::Within;
                text.drain(..text.len() - begun.len() + self.open.len());
            } else if self.open.starts_with(begun) {
                self.held = text;
                return said;
            } else {
                self.place = Place::Beyond;
            }
        }
        if self.place == Place::Within {
            let Some(end) = text.find(&self.close) else {
                self.held = text.split_off(text.len() - begun_tag(&text, &self.close));
                said.push((Speech::Thought, text));
                return said;
            };
            let rest = text.split_off(end + self.close.len());
            text.truncate(end);
            said.push((Speech::Thought, std::mem::replace(&mut text, rest)));
            self.place = Place::Between;
        }
        if self.place == Place::Between {
            text.drain(..text.len() - text.trim_start().len());
            if !text.is_empty() {
                self.place = Place::Beyond;
            }
        }
        said.push((Speech::Text, text));
        said
    }

    /// Whether all that comes is text.
    pub(super) fn are_behind(&self) -> bool {
        self.place == Place::Beyond
    }

    /// What was held back for a tag that does not come any more.
    pub(super) fn finish(&mut self) -> (Speech, String) {
        let speech = if self.place == Place::Within { Speech::Thought } else { Speech::Text };
        (speech, std::mem::take(&mut self.held))
    }
}

/// How many bytes at the end of a text may be the beginning of a tag.
fn begun_tag(text: &str, tag: &str) -> usize {
    let longest = tag.len().saturating_sub(1).min(text.len());
    let begins = |length: &usize| tag.get(..*length).is_some_and(|begun| text.ends_with(begun));
    (1..=longest).rev().find(begins).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let mut tags = Tags::new("think");
        let mut said: Vec<_> = pieces.into_iter().flat_map(|piece| tags.take(piece)).collect();
        said.push(tags.finish());
        let of = |wanted: Speech| {
            said.iter().filter(|(speech, _)| *speech == wanted).map(|(_, words)| words.as_str()).collect()
        };
        (of(Speech::Thought), of(Speech::Text))
    }

    #[test]
    fn thoughts_are_told_from_text_wherever_they_are_cut() {
        for (text, thought, rest) in [
            ("<think>Hm.</think>So.", "Hm.", "So."),
            ("\n<think>\nHm.\n</think>\n\nSo.\n", "\nHm.\n", "So.\n"),
            ("<think></think>So.", "", "So."),
            ("<think>a < b </thin </think>So.", "a < b </thin ", "So."),
            ("<think>Hm", "Hm", ""),
            ("<think>Hm</thi", "Hm</thi", ""),
            ("So.", "", "So."),
            ("  So.", "", "  So."),
            ("<thing> is XML", "", "<thing> is XML"),
            ("<thi", "", "<thi"),
            ("What is <think>Hm.</think>?", "", "What is <think>Hm.</think>?"),
            ("<think>Hm.</think>So. <think>No.</think>", "Hm.", "So. <think>No.</think>"),
            ("<think>é👍</think>é👍", "é👍", "é👍"),
            ("", "", ""),
        ] {
            assert_eq!(heard([text]), (thought.to_owned(), rest.to_owned()), "{text:?}");
            let single: Vec<String> = text.chars().map(String::from).collect();
            assert_eq!(heard(single.iter().map(String::as_str)), heard([text]), "{text:?} cut in letters");
            for (cut, _) in text.char_indices() {
                let (front, back) = text.split_at(cut);
                assert_eq!(heard([front, back]), heard([text]), "{front:?}, {back:?}");
            }
        }
    }
}
