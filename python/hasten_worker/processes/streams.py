"""stdout and stderr of a process whose output somebody else prints already.

main and the session load the same conftest files, configure the same plugins and start and end
the same kind of pytest session. What they print then must be seen once: main prints it. What
collection prints past pytest's capture is held for main, which prints it after its header. What a
test prints past it reaches the real files at once.
"""

import os
import sys
import tempfile

from hasten_worker.processes.descriptors import copy_up, identity

_OPEN = "/dev/fd"


class Streams:
    """Switches fd 1 and 2 between the real files and nowhere, under pytest's capture."""

    def __init__(self):
        self._real = {number: copy_up(number) for number in (1, 2) if _is_open(number)}
        self._nowhere = copy_up(os.open(os.devnull, os.O_RDWR))
        self._capturing = None
        self._held = {}
        self._state, self._targets = "loud", self._real

    def watch(self, config):
        """Takes notice of pytest's capture, which keeps copies of the descriptors."""
        manager = config.pluginmanager.getplugin("capturemanager")
        self._capturing = getattr(manager, "_global_capturing", None)

    def part_from_parent(self):
        """Gives pytest's capture files of its own, in a process that was forked with them.

        They go on with what was captured before the fork.
        """
        for file in self.capture_files() or ():
            with tempfile.TemporaryFile(buffering=0) as own:
                position = 0
                while chunk := os.pread(file.fileno(), 1 << 20, position):
                    position += own.write(chunk)
                os.dup2(own.fileno(), file.fileno(), inheritable=False)

    def quiet(self):
        """Lets everything vanish that is written outside of pytest's capture."""
        self._switch("quiet", dict.fromkeys(self._real, self._nowhere))

    def loud(self):
        """Lets it reach the files that this process was started with."""
        self._switch("loud", self._real)

    def hold(self):
        """Keeps it, until ``release``."""
        self._held = {
            number: tempfile.TemporaryFile()  # noqa: SIM115 (`release` closes it)
            for number in self._real
        }
        self._switch("held", {number: file.fileno() for number, file in self._held.items()})

    def release(self):
        """Returns what was kept of fd 1 and 2, as text; everything else vanishes."""
        self.quiet()
        texts = []
        for number in (1, 2):
            file = self._held.pop(number, None)
            if file is None:
                texts.append("")
                continue
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
            file.close()
        return texts

    def real_stderr(self):
        """Returns the descriptor of the real stderr, or None."""
        return self._real.get(2)

    def let_through(self):
        """Lets everything reach the real files; returns what ``restore`` needs to undo that."""
        before = self._state, self._targets
        self.loud()
        return before

    def restore(self, before):
        """Makes the streams what they were before ``let_through``."""
        self._switch(*before)

    def close_stdin(self):
        """Makes stdin an empty file, unless it is a terminal: who reads from that waits for it."""
        number = self._stdin_number()
        if not (_is_open(number) and os.isatty(number)):
            os.dup2(self._nowhere, number, inheritable=number == 0)

    def let_go(self):
        """Closes all ways to the files that this process was started with.

        Who reads them does not wait for it any more.
        """
        stdin = self._stdin_number()
        terminal = (stdin,) if _is_open(stdin) and os.isatty(stdin) else ()
        real = {identity(each) for each in (*self._real.values(), *terminal)} - {None}
        _flush()
        for name in os.listdir(_OPEN):
            number = int(name)
            if number != self._nowhere and identity(number) in real:
                os.dup2(self._nowhere, number, inheritable=os.get_inheritable(number))

    def capture_files(self):
        """Returns the files that pytest captures fd 1 and 2 in, or None."""
        parts = (getattr(self._capturing, "out", None), getattr(self._capturing, "err", None))
        if all(hasattr(part, "targetfd_save") for part in parts):
            return [part.tmpfile for part in parts]
        return None

    def nothing_is_captured(self):
        """Whether pytest's capture holds nothing that nobody has read yet."""
        parts = (getattr(self._capturing, "out", None), getattr(self._capturing, "err", None))
        files = [part.tmpfile for part in parts if part is not None]
        return not any(file.seek(0, os.SEEK_END) for file in files)

    def are_whole(self):
        """Whether pytest's capture still has its descriptors: a test may have closed them."""
        for part in (getattr(self._capturing, "out", None), getattr(self._capturing, "err", None)):
            saved = getattr(part, "targetfd_save", None)
            if saved is not None and not (_is_open(saved) and _is_open(part.tmpfile.fileno())):
                return False
        return True

    def _stdin_number(self):
        """Returns the descriptor that is stdin when pytest does not capture."""
        capture = getattr(self._capturing, "in_", None)
        saved = getattr(capture, "targetfd_save", None)
        return 0 if saved is None else saved

    def _switch(self, state, targets):
        if self._state == state:
            return
        self._state, self._targets = state, targets
        _flush()
        for number, target in targets.items():
            capture = getattr(self._capturing, "out" if number == 1 else "err", None)
            saved = getattr(capture, "targetfd_save", None)
            if saved is None:
                os.dup2(target, number)
                continue
            os.dup2(target, saved, inheritable=False)
            if getattr(capture, "_state", None) == "suspended":
                os.dup2(target, number)


def captured(config):
    """Returns the descriptors that a test writes to, and those of the files of pytest's capture."""
    manager = config.pluginmanager.getplugin("capturemanager")
    capturing = getattr(manager, "_global_capturing", None)
    numbers = {0, 1, 2}
    for name in ("in_", "out", "err"):
        try:
            numbers.add(getattr(capturing, name).tmpfile.fileno())
        except (AttributeError, ValueError, OSError):  # switched off, or in memory
            pass
    return numbers


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
