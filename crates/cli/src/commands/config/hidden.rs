//! Typing what others must not see.

use std::io::{self, BufRead};
#[cfg(unix)]
use std::os::fd::{AsFd as _, OwnedFd};

/// Ctrl-C and Ctrl-\: whoever types them wants to end this.
const CANCELLING: [u8; 2] = [0x03, 0x1c];

/// One line of what is typed; `None` if it was broken off.
pub(super) fn line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let typed = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            typed => typed?,
        };
        let end = typed.iter().position(|byte| *byte == b'\n' || CANCELLING.contains(byte));
        let taken = end.map_or(typed.len(), |end| end + 1);
        let is_last = end.is_some() || typed.is_empty();
        line.extend_from_slice(typed.get(..taken).unwrap_or_default());
        input.consume(taken);
        if is_last {
            return Ok(Some(line).filter(|line| !line.last().is_some_and(|last| CANCELLING.contains(last))));
        }
    }
}

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
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let terminal = io::stdin().as_fd().try_clone_to_owned().ok()?;
        let before = tcgetattr(&terminal).ok()?;
        let mut hidden = before.clone();
        // Nobody would undo this for a process that a signal ends, so Ctrl-C and Ctrl-\ end the line instead.
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        let ends = [SpecialCodeIndex::VEOL, SpecialCodeIndex::VEOL2];
        for (index, cancelling) in ends.into_iter().zip(CANCELLING) {
            hidden.special_codes[index] = cancelling;
        }
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
