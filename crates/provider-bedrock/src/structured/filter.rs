//! The JSON of an answer out of what stands around it, piece by piece: what can be given on is given on at once.

/// What stands around the JSON.
#[derive(Debug)]
pub(super) enum Filter {
    /// Nothing.
    Plain,
    /// An object whose only member, `value`, is the answer.
    Unwrap(Unwrap),
    /// Perhaps a code fence.
    Fence(Fence),
}

impl Filter {
    /// Takes a piece; what of the answer is sure by now.
    pub(super) fn push(&mut self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Unwrap(unwrap) => unwrap.push(text),
            Self::Fence(fence) => fence.push(text),
        }
    }

    /// No more comes: what was held back and belongs to the answer.
    pub(super) fn close(&mut self) -> String {
        match self {
            Self::Plain => String::new(),
            Self::Unwrap(unwrap) => unwrap.close(),
            Self::Fence(fence) => fence.close(),
        }
    }

    /// What came after the answer and does not belong there.
    pub(super) fn surplus(&self) -> Option<&str> {
        match self {
            Self::Unwrap(Unwrap::After { rest }) if rest.trim() != "}" => Some(rest.trim()),
            _ => None,
        }
    }

    /// The answer in a text that is there as a whole.
    pub(super) fn whole(&mut self, text: &str) -> String {
        let answer = self.push(text);
        answer + &self.close()
    }
}

/// Takes the `value` out of `{"value": …}`. A text that does not begin like that stays as it is.
#[derive(Debug)]
pub(super) enum Unwrap {
    Before { held: String },
    Value { begun: bool, depth: u32, string: Option<Escape> },
    After { rest: String },
    Plain,
}

/// Inside a JSON string, whether the next character is escaped.
type Escape = bool;

impl Unwrap {
    pub(super) const fn new() -> Self {
        Self::Before { held: String::new() }
    }

    fn push(&mut self, text: &str) -> String {
        let Self::Before { held } = self else {
            return text.chars().filter(|character| self.keeps(*character)).collect();
        };
        held.push_str(text);
        match after_the_key(held) {
            Key::Unfinished => String::new(),
            Key::Missing => {
                let held = std::mem::take(held);
                *self = Self::Plain;
                held
            }
            Key::Before(value) => {
                let value = value.to_owned();
                *self = Self::Value { begun: false, depth: 0, string: None };
                self.push(&value)
            }
        }
    }

    /// Whether a character belongs to the value.
    fn keeps(&mut self, character: char) -> bool {
        let (begun, depth, string) = match self {
            Self::Value { begun, depth, string } => (begun, depth, string),
            Self::After { rest } => {
                rest.push(character);
                return false;
            }
            Self::Before { .. } | Self::Plain => return true,
        };
        if let Some(escaped) = string {
            match character {
                _ if *escaped => *escaped = false,
                '\\' => *escaped = true,
                '"' => *string = None,
                _ => {}
            }
            return true;
        }
        match character {
            '}' | ']' | ',' if *depth == 0 => {
                *self = Self::After { rest: character.to_string() };
                return false;
            }
            '"' => *string = Some(false),
            '{' | '[' => *depth += 1,
            '}' | ']' => *depth -= 1,
            _ if character.is_whitespace() && !*begun => return false,
            _ => {}
        }
        *begun = true;
        true
    }

    fn close(&mut self) -> String {
        match self {
            Self::Before { held } => {
                let held = std::mem::take(held);
                if !held.is_empty() {
                    *self = Self::Plain;
                }
                held
            }
            _ => String::new(),
        }
    }
}

enum Key<'a> {
    /// It may still come.
    Unfinished,
    /// It does not come.
    Missing,
    /// What comes after `{"value":`.
    Before(&'a str),
}

fn after_the_key(text: &str) -> Key<'_> {
    let mut rest = text;
    for token in ["{", "\"value\"", ":"] {
        rest = rest.trim_start();
        match rest.strip_prefix(token) {
            Some(after) => rest = after,
            None if token.starts_with(rest) => return Key::Unfinished,
            None => return Key::Missing,
        }
    }
    Key::Before(rest)
}

/// Takes away a code fence around the whole text.
#[derive(Debug)]
pub(super) enum Fence {
    Before { held: String },
    Inside { held: String },
    Plain,
}

const FENCE: &str = "```";

impl Fence {
    pub(super) const fn new() -> Self {
        Self::Before { held: String::new() }
    }

    fn push(&mut self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Inside { held } => {
                held.push_str(text);
                // It may be the end.
                let sure =
                    held.trim_end_matches(|character: char| character.is_whitespace() || character == '`');
                let mut given = held.split_off(sure.len());
                std::mem::swap(held, &mut given);
                given
            }
            Self::Before { held } => {
                held.push_str(text);
                let begin = held.trim_start();
                if FENCE.starts_with(begin) || begin.starts_with(FENCE) && !begin.contains('\n') {
                    return String::new();
                }
                let fenced = begin.strip_prefix(FENCE).and_then(|rest| rest.split_once('\n'));
                let inside = fenced
                    .filter(|(language, _)| language.trim().chars().all(char::is_alphanumeric))
                    .map(|(_, inside)| inside.to_owned());
                let held = std::mem::take(held);
                if let Some(inside) = inside {
                    *self = Self::Inside { held: String::new() };
                    self.push(&inside)
                } else {
                    *self = Self::Plain;
                    held
                }
            }
        }
    }

    fn close(&mut self) -> String {
        match std::mem::replace(self, Self::Plain) {
            Self::Inside { held } if held.trim() == FENCE => String::new(),
            Self::Before { held } | Self::Inside { held } => held,
            Self::Plain => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
