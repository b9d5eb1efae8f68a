//! The text of a file, and its lines.

use std::sync::{Arc, OnceLock};

/// A text that knows where its lines begin. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Text {
    text: Arc<str>,
    /// Found when the first place is asked for: most files have nothing to be said of.
    line_starts: Arc<OnceLock<Vec<usize>>>,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { text: text.into(), line_starts: Arc::default() }
    }
}

impl Text {
    /// Line and column of a byte, both from 1, the column in characters.
    pub(crate) fn place(&self, offset: usize) -> (usize, usize) {
        let (line, start) = self.line_at(offset);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Where the line of a byte begins, and the line without its end.
    pub(crate) fn line_of(&self, offset: usize) -> (usize, &str) {
        let (line, start) = self.line_at(offset);
        let end = self.line_starts.get().and_then(|starts| starts.get(line)).copied();
        let line = self.text.get(start..end.unwrap_or(self.text.len())).unwrap_or_default();
        (start, line.trim_end_matches(['\n', '\r']))
    }

    /// The line of a byte, from 1, and where it begins.
    fn line_at(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts.get_or_init(|| line_starts(&self.text));
        let line = starts.partition_point(|start| *start <= offset);
        (line, line.checked_sub(1).and_then(|line| starts.get(line)).copied().unwrap_or_default())
    }
}

/// Lines end as in JSON5 and in editors: with a line feed, a carriage return, or both.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
            starts.push(at + 1);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let text = Text::from("äb\r\ncd");
        assert_eq!(text.place(0), (1, 1));
        assert_eq!(text.place(2), (1, 2));
        assert_eq!(text.place(5), (2, 1));
        assert_eq!(text.place(100), (2, 3));
        assert_eq!(Text::from("").place(0), (1, 1));
    }

    #[test]
    fn every_end_of_a_line_counts_once() {
        let text = Text::from("a\rb\n\nc\r\r\nd\u{2028}e");
        let places = [0, 2, 4, 5, 8, 9, 13].map(|offset| (text.place(offset).0, text.line_of(offset).1));
        assert_eq!(places[0], (1, "a"));
        assert_eq!(places[1], (2, "b"));
        assert_eq!(places[2], (3, ""));
        assert_eq!(places[3], (4, "c"));
        assert_eq!(places[5], (6, "d\u{2028}e"));
        assert_eq!(text.place(13), (6, 3));
    }
}
