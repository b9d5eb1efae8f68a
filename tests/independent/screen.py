"""Runs a program at a terminal, and passes on what comes there.

usage: screen.py err|both PROGRAM [ARGUMENT…]

With `err`, standard error is the terminal and goes to standard error; with `both`, standard output is the same terminal
and all of it goes to standard output.
"""

import os
import pty
import subprocess
import sys

where, *program = sys.argv[1:]
screen, terminal = pty.openpty()
out = terminal if where == "both" else None
running = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=out, stderr=terminal)
os.close(terminal)
passed_on = sys.stdout.buffer if where == "both" else sys.stderr.buffer
try:
    while part := os.read(screen, 65536):
        passed_on.write(part)
except OSError:
    pass  # Linux's way to say that nobody writes to the terminal any more.
sys.exit(running.wait())
