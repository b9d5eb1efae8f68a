"""Runs a program whose standard input is a terminal, and types an answer to each of its questions.

usage: terminal.py QUESTION ANSWER PROGRAM [ARGUMENT…]
"""

import os
import pty
import subprocess
import sys

question, answer, *program = sys.argv[1:]
keyboard, terminal = pty.openpty()
running = subprocess.Popen(program, stdin=terminal, stderr=subprocess.PIPE)
said, answered = b"", 0
while part := os.read(running.stderr.fileno(), 65536):
    said += part
    while answered < said.count(question.encode()):
        os.write(keyboard, answer.encode() + b"\n")
        answered += 1
sys.stderr.buffer.write(said)
sys.exit(running.wait())
