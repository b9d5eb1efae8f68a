"""Runs a program whose standard output is a terminal of some width, and passes on what it prints.

usage: width.py COLUMNS PROGRAM [ARGUMENT…]
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

columns, *program = sys.argv[1:]
screen, terminal = pty.openpty()
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
running = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=terminal)
os.close(terminal)
try:
    while part := os.read(screen, 65536):
        sys.stdout.buffer.write(part)
except OSError:
    pass  # Linux's way to say that nobody writes to the terminal any more.
sys.exit(running.wait())
