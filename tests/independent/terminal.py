"""Runs a program whose standard input is a terminal, and types an answer to each of its questions.

usage: terminal.py [--shown] QUESTION ANSWER[,ANSWER…] PROGRAM [ARGUMENT…]

The last answer is given again for as long as there are questions. With `--shown`, the last line
of standard error is what the terminal showed of what was typed.
"""

import os
import pty
import subprocess
import sys

arguments = sys.argv[1:]
wants_shown = arguments[0] == "--shown"
question, answers, *program = arguments[wants_shown:]
answers = answers.split(",")
keyboard, terminal = pty.openpty()
running = subprocess.Popen(program, stdin=terminal, stderr=subprocess.PIPE)
said, answered = b"", 0
while part := os.read(running.stderr.fileno(), 65536):
    said += part
    while answered < said.count(question.encode()):
        answer = answers[min(answered, len(answers) - 1)]
        os.write(keyboard, answer.encode() + b"\n")
        answered += 1
status = running.wait()
os.set_blocking(keyboard, False)
try:
    shown = os.read(keyboard, 65536)
except BlockingIOError:
    shown = b""
sys.stderr.buffer.write(said)
if wants_shown:
    sys.stderr.buffer.write(b"\nshown: " + shown.replace(b"\r\n", b"|") + b"\n")
sys.exit(status)
