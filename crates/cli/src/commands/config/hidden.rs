//! Typing what others must not see.

#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd as _, OwnedFd};

/// What is typed is not shown until this is dropped.
#[cfg(unix)]
pub(super) struct Hidden {
    terminal: OwnedFd,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Hidden {
    /// `None` if the terminal cannot do that.
    pub(super) fn begin() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let terminal = io::stdin().as_fd().try_clone_to_owned().ok()?;
        let before = tcgetattr(&terminal).ok()?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Now, &hidden).ok()?;
        Some(Self { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        rustix::termios::tcsetattr(&self.terminal, rustix::termios::OptionalActions::Now, &self.before).ok();
    }
}

/// Elsewhere, terminals show what is typed.
#[cfg(not(unix))]
pub(super) struct Hidden;

#[cfg(not(unix))]
impl Hidden {
    pub(super) const fn begin() -> Option<Self> {
        None
    }
}
