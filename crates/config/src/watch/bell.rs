//! What wakes the thread that follows the files.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A bell that anybody may ring, and that one thread waits for. However often it rings before it is heard, it is heard
/// once.
#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    rung: bool,
    stopped: bool,
    waiting: bool,
}

impl Bell {
    /// Says that there may be something to see.
    pub(super) fn ring(&self) {
        self.state().rung = true;
        self.changed.notify_all();
    }

    /// Says that it is over.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    /// Waits until it rings, at most for this time; `false` if it is over.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let mut state = self.state();
        state.waiting = true;
        self.changed.notify_all();
        let asleep = |state: &mut State| !state.rung && !state.stopped;
        let mut state =
            self.changed.wait_timeout_while(state, time, asleep).unwrap_or_else(PoisonError::into_inner).0;
        state.waiting = false;
        state.rung = false;
        !state.stopped
    }

    /// Waits for this time, whether or not it rings; `false` if it is over.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let going = |state: &mut State| !state.stopped;
        let waited = self.changed.wait_timeout_while(self.state(), time, going);
        !waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    /// Nothing panics while it holds the state, and the state is right at any time.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Bell {
    /// Waits until the other thread waits and will go on waiting.
    pub(super) fn until_idle(&self) {
        let busy = |state: &mut State| !state.waiting || state.rung;
        drop(self.changed.wait_while(self.state(), busy).unwrap());
    }

    /// Waits until it is over.
    pub(super) fn until_stopped(&self) {
        drop(self.changed.wait_while(self.state(), |state| !state.stopped).unwrap());
    }
}
