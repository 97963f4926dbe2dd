"""What tests write into a JUnit file themselves, on its way from a worker to main.

``record_xml_attribute`` and ``record_testsuite_property`` speak to pytest's writer, which is in
main. A worker has one that writes nothing: it takes what they say, and pytest warns as it does
where there is a writer.
"""

import pytest
from _pytest.junitxml import LogXML, xml_key

_JUNIT = "$junit"


class WorkerXml(LogXML):
    """pytest's writer, without its hooks."""

    sent = 0  # properties of the suite that main knows
    round = 0  # how often everything was torn down


class ProvideXml:
    """A plugin of processes with a worker's identity."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        path = getattr(config.option, "xmlpath", None)
        if path and config.stash.get(xml_key, None) is None:
            config.stash[xml_key] = WorkerXml(
                path,
                config.option.junitprefix,
                config.getini("junit_suite_name"),
                config.getini("junit_logging"),
                config.getini("junit_duration_report"),
                config.getini("junit_family"),
                config.getini("junit_log_passing_tests"),
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config):
        # pytest would unregister it as a plugin.
        if isinstance(config.stash.get(xml_key, None), WorkerXml):
            del config.stash[xml_key]


def note_junit(data, config, report):
    """Adds to ``data``, a report for a wire, what the test has said to the writer."""
    xml = config.stash.get(xml_key, None)
    if not isinstance(xml, WorkerXml):
        return
    attributes = dict(xml.node_reporter(report).attrs)
    if report.when == "teardown":
        xml.node_reporters.clear()
        xml.node_reporters_ordered.clear()
    properties = xml.global_properties[xml.sent :]
    xml.sent = len(xml.global_properties)
    if attributes or properties:
        data[_JUNIT] = {"attributes": attributes, "properties": properties, "round": xml.round}
    session = config.pluginmanager.get_plugin("session")
    if report.when == "teardown" and not session._setupstate.stack:
        # What comes after that sets fixtures of the session up again.
        xml.round += 1


class JunitOfMain:
    """Hands to pytest's writer what workers' tests have said."""

    def __init__(self, config):
        self._xml = config.stash.get(xml_key, None)
        self._said = {}  # of each property of the suite: how often each worker said it in a round

    def take(self, data):
        """Takes it from a report's ``data``; returns the attributes of its test."""
        said = data.pop(_JUNIT, None)
        if said is None or self._xml is None:
            return {}
        for name, value in said["properties"]:
            self._add((data.get("worker_id"), said["round"]), name, value)
        return said["attributes"]

    def set_attributes(self, report, attributes):
        """Sets them, before the report itself is logged."""
        if attributes:
            self._xml.node_reporter(report).attrs.update(attributes)

    def _add(self, worker, name, value):
        # What a fixture of the session says comes from each worker.
        by_worker = self._said.setdefault((name, value), {})
        most = max(by_worker.values(), default=0)
        by_worker[worker] = by_worker.get(worker, 0) + 1
        if by_worker[worker] > most:
            self._xml.add_global_property(name, value)
