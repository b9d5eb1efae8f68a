//! When a change is over.

/// How often is looked for a change that is over. What never rests counts all the same, some day.
const MOST_LOOKS: usize = 50;

/// What is there after a change, once it is the same at two looks with a pause between them. `None` if it is what was
/// `seen` before, or if a pause says that it is over.
pub(super) fn settled<T: PartialEq>(
    seen: &T,
    mut look: impl FnMut() -> T,
    mut pause: impl FnMut() -> bool,
) -> Option<T> {
    let mut found = look();
    for _ in 0..MOST_LOOKS {
        if found == *seen || !pause() {
            return None;
        }
        let again = look();
        if again == found {
            break;
        }
        found = again;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is settled if these are seen one after another, and how many of them were looked at.
    fn looks(seen: &str, sights: &[&str]) -> (Option<String>, usize) {
        let mut looked = 0;
        let look = || {
            looked += 1;
            sights[(looked - 1).min(sights.len() - 1)].to_owned()
        };
        let settled = settled(&seen.to_owned(), look, || true);
        (settled, looked)
    }

    #[test]
    fn a_file_counts_when_it_is_whole() {
        // Emptied, half written, written.
        assert_eq!(looks("{ old }", &["", "{ ne", "{ new }", "{ new }"]), (Some("{ new }".to_owned()), 4));
    }

    #[test]
    fn what_changes_back_at_once_is_no_change() {
        assert_eq!(looks("{ old }", &["", "{ old }", "never"]), (None, 2));
        assert_eq!(looks("{ old }", &["{ old }", "never"]), (None, 1));
    }

    #[test]
    fn what_never_rests_counts_some_day() {
        let mut number = 0;
        let look = || {
            number += 1;
            number
        };
        assert_eq!(settled(&0, look, || true), Some(1 + MOST_LOOKS));
    }

    #[test]
    fn nobody_waits_for_it_when_it_is_over() {
        assert_eq!(settled(&0, || 1, || false), None);
    }
}
