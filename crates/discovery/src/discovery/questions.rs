//! Many questions of one kind.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use outcrop_core::{Error, ErrorKind, Result};

/// The kinds of failure that the next question would meet too, whatever it is about.
pub(super) const HOPELESS: &[ErrorKind] =
    &[ErrorKind::Unauthenticated, ErrorKind::Network, ErrorKind::Timeout];

/// The same for questions that are permitted all together or not at all.
pub(super) const HOPELESS_IF_DENIED: &[ErrorKind] =
    &[ErrorKind::PermissionDenied, ErrorKind::Unauthenticated, ErrorKind::Network, ErrorKind::Timeout];

/// Asks about each of these names, so many at once, and after a `hopeless` failure about no more. The answers are in the
/// order of the names, as far as it went.
pub(super) async fn ask_each<T, F: Future<Output = Result<T>>>(
    names: Vec<String>,
    at_once: usize,
    hopeless: &[ErrorKind],
    ask: impl Fn(String) -> F,
) -> Vec<(String, Result<T>)> {
    let is_over = AtomicBool::new(false);
    let questions = names.into_iter().map(|name| {
        let (is_over, ask) = (&is_over, &ask);
        async move {
            if is_over.load(Ordering::Relaxed) {
                return None;
            }
            let answer = ask(name.clone()).await;
            if answer.as_ref().is_err_and(|error: &Error| hopeless.contains(&error.kind())) {
                is_over.store(true, Ordering::Relaxed);
            }
            Some((name, answer))
        }
    });
    let answers: Vec<_> = stream::iter(questions).buffered(at_once).collect().await;
    answers.into_iter().flatten().collect()
}
