//! Server-sent events, out of bytes that may be cut anywhere (WHATWG HTML, "9.2.6 Interpreting an event stream").
//!
//! Of an event only its name and data count here; ids and reconnection times are for pages that reconnect, which would
//! ask the model twice.

use std::collections::VecDeque;

/// The most bytes of one event: an image in an answer is some megabytes.
const LONGEST_EVENT: usize = 64 << 20;

/// The fields that an event can have.
const FIELDS: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];

pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Event {
    /// Its name; empty for the usual `message`.
    pub(crate) name: String,
    /// Its data, lines joined by line feeds.
    pub(crate) data: Vec<u8>,
}

/// An event is longer than any that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Takes bytes and gives events.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    /// The last line ended in a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Whether a field or a comment was among the lines. Nothing before the first line: a byte order mark may stand in
    /// front of it.
    known: Option<bool>,
    ready: VecDeque<Event>,
}

impl Decoder {
    /// Takes the next bytes. Of an event that is too long nothing is kept, nor of what stands behind it.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return)
                && let Some(rest) = bytes.strip_prefix(b"\n")
            {
                bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or((bytes, b""));
            self.line.extend_from_slice(part);
            if self.line.len() + self.event.data.len() > LONGEST_EVENT {
                (self.line, self.event, self.has_data) = (Vec::new(), Event::default(), false);
                return Err(TooLong);
            }
            bytes = rest;
            if let Some((ending, rest)) = rest.split_first() {
                self.after_return = *ending == b'\r';
                bytes = rest;
                self.take_line();
            }
        }
        Ok(())
    }

    /// The next event that is whole.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// Whether lines came, and none of them was of an event. The beginning of one may have been cut off.
    pub(crate) fn is_foreign(&self) -> bool {
        self.known == Some(false)
    }

    /// What is left when no more bytes come: by the standard nothing, but there are servers that end without the last
    /// blank line.
    pub(crate) fn finish(&mut self) -> Option<Event> {
        if !FIELDS.iter().any(|field| field.starts_with(&self.line)) {
            self.take_line();
        }
        self.dispatch();
        self.next()
    }

    fn take_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let begins = self.known.is_none();
        let known = self.known.get_or_insert(false);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| begins).unwrap_or(&line);
        if line.is_empty() {
            return self.dispatch();
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at_checked(colon).unwrap_or((line, b""));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        *known |= field.is_empty() || FIELDS.contains(&field);
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push(b'\n');
                }
                self.event.data.extend_from_slice(value);
            }
            b"event" => self.event.name = String::from_utf8_lossy(value).into_owned(),
            // Comments begin with the colon; and of other fields nothing is known.
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) {
            self.ready.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for part in parts {
            decoder.push(part).unwrap();
            events.extend(std::iter::from_fn(|| decoder.next()));
        }
        events.extend(decoder.finish());
        events
            .into_iter()
            .map(|event| (event.name, String::from_utf8_lossy(&event.data).into_owned()))
            .collect()
    }

    fn data(text: &str) -> Vec<String> {
        decoded([text.as_bytes()]).into_iter().map(|(_, data)| data).collect()
    }

    #[test]
    fn data_is_read_in_every_way_it_is_written() {
        for (text, expected) in [
            ("data: a\n\ndata: b\n\n", &["a", "b"][..]),
            ("data:a\r\n\r\ndata:  b\r\rdata: c\n\n", &["a", " b", "c"]),
            ("data: a\ndata: b\ndata\n\n", &["a\nb\n"]),
            (": OPENROUTER PROCESSING\n\ndata: a\n\n:\n\n", &["a"]),
            ("\u{feff}data: a\n\n", &["a"]),
            ("id: 7\nretry: 100\nevent: x\ndata: a\n\n", &["a"]),
            ("event: lonely\n\ndata: a\n\n", &["a"]),
            ("data: {\"a\": \"b: c\"}\n\n", &["{\"a\": \"b: c\"}"]),
            ("data: a\n\ndata: [DONE]", &["a", "[DONE]"]),
            ("data: a\n\ndata: [DONE]\n", &["a", "[DONE]"]),
            ("data:\n\n", &[""]),
            ("\n\n\n", &[]),
            ("", &[]),
            ("dat: a\n\n", &[]),
        ] {
            assert_eq!(data(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_name_holds_for_its_event_only() {
        let events = decoded([&b"event: error\ndata: a\n\ndata: b\n\n"[..]]);
        let expected = [("error", "a"), ("", "b")].map(|(name, data)| (name.to_owned(), data.to_owned()));
        assert_eq!(events, expected);
    }

    #[test]
    fn an_endless_line_is_not_kept() {
        let mut decoder = Decoder::default();
        let piece = vec![b'x'; 8 << 20];
        let outcomes: Vec<_> = (0..9).map(|_| decoder.push(&piece)).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1);
        assert_eq!(decoder.line.capacity() + decoder.event.data.capacity(), 0, "it is kept");
        assert_eq!((decoder.push(b"\ndata: a\n\n"), decoder.next().unwrap().data), (Ok(()), b"a".to_vec()));
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(
            text in "(data: ?|:|event: |é|\u{feff}|x|\r\n|\n|\r|\n\n){0,24}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let mut parts = Vec::new();
            let mut begin = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                parts.push(&bytes[begin..cut]);
                begin = cut;
            }
            prop_assert_eq!(decoded(parts), decoded([bytes]));
        }
    }
}
