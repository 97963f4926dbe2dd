"""Lines of hasten's own: at once, or in a section of the summary."""

import json

import pytest

from hasten_worker.messages import wire


class Notes:
    """A plugin of main's."""

    def __init__(self, channel):
        self._channel = channel
        self._summary = []
        self._sections = []
        self._asks = False
        self._reporter = None

    def add(self, note):
        """Shows or keeps a note."""
        if note["where"] == "section":
            self._sections.append(note)
        elif note["where"] == "summary" or self._reporter is None:
            self._summary.append(note["text"])
        else:
            self._reporter.write_line(note["text"])

    def ask(self):
        """The supervisor has something for the summary, and tells when it is asked."""
        self._asks = True

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
        if self._asks:
            self._channel.send_json(wire.SUMMARY, {})
        while True:
            frame = self._channel.receive() if self._asks else self._channel.receive_now()
            if frame is None:
                break
            if frame[0] == wire.NOTE:
                note = json.loads(frame[1])
                if note["where"] == "nowhere":
                    break
                self.add({**note, "where": "summary"} if note["where"] == "now" else note)
        for section in self._sections:
            terminalreporter.write_sep("=", section["title"])
            for line in section["text"].split("\n"):
                terminalreporter.write_line(line)
        if self._summary:
            terminalreporter.write_sep("=", "hasten")
            for text in self._summary:
                terminalreporter.write_line(text)
