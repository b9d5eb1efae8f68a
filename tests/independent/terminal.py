"""Runs a program whose standard input is a terminal, and types an answer to each of its questions.

usage: terminal.py QUESTION ANSWER[,ANSWER…] PROGRAM [ARGUMENT…]

The last answer is given again for as long as there are questions.
"""

import os
import pty
import subprocess
import sys

question, answers, *program = sys.argv[1:]
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
sys.stderr.buffer.write(said)
sys.exit(running.wait())
