//! Many questions of one kind.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use outcrop_core::{Error, ErrorKind, Result};

/// The kinds of failure that the next question would meet too.
const HOPELESS: &[ErrorKind] =
    &[ErrorKind::PermissionDenied, ErrorKind::Unauthenticated, ErrorKind::Network, ErrorKind::Timeout];

/// Asks about each of these names, so many at once, and after a failure that all would meet about no more. The answers
/// are in the order of the names, as far as it went.
pub(super) async fn ask_each<T, F: Future<Output = Result<T>>>(
    names: Vec<String>,
    at_once: usize,
    ask: impl Fn(String) -> F,
) -> Vec<(String, Result<T>)> {
    let hopeless = AtomicBool::new(false);
    let questions = names.into_iter().map(|name| {
        let (hopeless, ask) = (&hopeless, &ask);
        async move {
            if hopeless.load(Ordering::Relaxed) {
                return None;
            }
            let answer = ask(name.clone()).await;
            if answer.as_ref().is_err_and(|error: &Error| HOPELESS.contains(&error.kind())) {
                hopeless.store(true, Ordering::Relaxed);
            }
            Some((name, answer))
        }
    });
    let answers: Vec<_> = stream::iter(questions).buffered(at_once).collect().await;
    answers.into_iter().flatten().collect()
}
