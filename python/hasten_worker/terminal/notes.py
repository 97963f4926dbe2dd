"""Lines of hasten's own: at once, or in a section of the summary."""

import json

import pytest

from hasten_worker.messages import wire


class Notes:
    """A plugin of main's."""

    def __init__(self, channel):
        self._channel = channel
        self._summary = []
        self._reporter = None

    def add(self, note):
        """Shows or keeps a note."""
        if note["where"] == "summary" or self._reporter is None:
            self._summary.append(note["text"])
        else:
            self._reporter.write_line(note["text"])

    def reporter_flush(self):
        """Brings to the terminal what was written so far."""
        writer = getattr(self._reporter, "_tw", None)
        if writer is not None:
            writer.flush()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        self._reporter = session.config.pluginmanager.getplugin("terminalreporter")

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter):
        while True:
            frame = self._channel.receive_now()
            if frame is None:
                break
            if frame[0] == wire.NOTE:
                self._summary.append(json.loads(frame[1])["text"])
        if self._summary:
            terminalreporter.write_sep("=", "hasten")
            for text in self._summary:
                terminalreporter.write_line(text)
