"""Runs a command in a pseudo-terminal, and turns what it printed into frames."""

import codecs
import fcntl
import os
import pty
import struct
import subprocess
import termios
import time

from . import screen

# What a person sees at the beginning and the end, in seconds.
BEFORE = 1.0
TYPING = 0.06


class Recording:
    """(seconds, text) as it was printed, and how it ended."""

    def __init__(self, chunks, seconds, status):
        self.chunks, self.seconds, self.status = chunks, seconds, status


class Frame:
    """A screen, and the second from which it is shown."""

    def __init__(self, start, rows):
        self.start, self.rows = start, rows


def record(command, folder, size, replacements):
    """Runs the command to its end."""
    columns, rows = size
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI", "COLUMNS", "LINES")
    }
    environment.update(TERM="xterm-256color", PYTHONUNBUFFERED="1")
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    chunks = []
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:
            # The terminal's other end is closed.
            data = b""
        if not data:
            break
        text = decoder.decode(data)
        for old, new in replacements:
            text = text.replace(old, new)
        chunks.append((time.monotonic() - start, text))
    os.close(ours)
    return Recording(chunks, time.monotonic() - start, process.wait())


def frames(recording, size, prompt, interval):
    """The screens of a recording, at most one an interval, behind a prompt that is typed first."""
    terminal = screen.Screen(*size)
    terminal.feed("\x1b[1;32m$\x1b[0m ")
    found = [Frame(0.0, terminal.snapshot())]
    now = BEFORE
    for char in prompt:
        terminal.feed(char)
        found.append(Frame(now, terminal.snapshot()))
        now += TYPING
    terminal.feed("\r\n")
    begin = now + 0.3
    for seconds, text in recording.chunks:
        at = begin + seconds
        if at - found[-1].start >= interval or len(found) == 1:
            add(found, at, terminal)
        terminal.feed(text)
    add(found, begin + recording.seconds, terminal)
    terminal.feed("\x1b[0m\r\n\x1b[1;32m$\x1b[0m " if terminal.x else "\x1b[1;32m$\x1b[0m ")
    add(found, begin + recording.seconds + 0.1, terminal)
    return found


def add(found, at, terminal):
    rows = terminal.snapshot()
    if rows != found[-1].rows:
        found.append(Frame(at, rows))
