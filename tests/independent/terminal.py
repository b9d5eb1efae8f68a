"""Runs a program whose standard input is a terminal, at which somebody types.

usage: terminal.py TEXT PROGRAM [ARGUMENT…]
"""

import os
import pty
import subprocess
import sys

text, *program = sys.argv[1:]
keyboard, terminal = pty.openpty()
running = subprocess.Popen(program, stdin=terminal)
# The terminal keeps the line until the program reads it.
os.write(keyboard, text.encode() + b"\n")
sys.exit(running.wait())
