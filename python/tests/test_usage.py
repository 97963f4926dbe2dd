"""What items use: processor time of each phase, and memory."""

import pytest

from hasten_worker.messages import records

TESTS = """
    import time
    import pytest

    def busy(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end: pass

    @pytest.fixture
    def busy_around():
        busy(0.05)
        yield
        busy(0.07)

    def test_sleeps(): time.sleep(0.2)
    def test_computes(): busy(0.1)
    def test_fixture(busy_around): time.sleep(0.2)
    def test_fails(busy_around):
        busy(0.03)
        assert 0
    def test_prints(busy_around):
        print("not silent")
        busy(0.03)
    def test_takes_memory(): bytearray(b"x") * (64 << 20)
    def test_after(): pass
"""
OTHER_PROTOCOL = """
    from _pytest import runner
    import pytest
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        runner.runtestprotocol(item, nextitem=nextitem)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""
NOT_FUSED = "def pytest_runtest_setup(item): pass"
WAYS = {
    "fused": ((), ""),
    "pytest": ((), NOT_FUSED),
    "plugin": ((), OTHER_PROTOCOL),
    "spawn": (("--start-method", "spawn"), ""),
    "one process": (("-n", "0"), ""),
}


def used(supervisor):
    """Returns what each test took and used: durations, processor time, memory."""
    found = {}
    for index, record in supervisor.finals.items():
        name = supervisor.collected["items"][index][0].partition("::")[2]
        found[name] = record[5:8], supervisor.used[index][0], supervisor.used[index][1]
    return found


@pytest.mark.parametrize("way", WAYS)
def test_what_computes_and_what_waits(suite, way):
    args, conftest = WAYS[way]
    suite.write(test_a=TESTS, conftest=conftest)
    found = used(suite.run(*args or ("-n", "2")))
    margin = 0.001  # see `_FINEST`; and 32 bits of a number

    (_, call, _), (_, spent, _), _ = found["test_sleeps"]
    assert call >= 0.2 - margin
    assert spent < call

    assert found["test_computes"][1][1] >= 0.1 - margin

    (setup, call, teardown), processor, _ = found["test_fixture"]
    assert setup >= processor[0] - margin and processor[0] >= 0.05 - margin
    assert processor[1] < call and call >= 0.2 - margin
    assert teardown >= processor[2] - margin and processor[2] >= 0.07 - margin

    for name in ("test_fails", "test_prints"):
        durations, processor, _ = found[name]
        for least, duration, spent in zip((0.05, 0.03, 0.07), durations, processor):
            assert duration >= spent - margin and spent >= least - margin


@pytest.mark.parametrize("way", WAYS)
def test_memory(suite, way):
    args, conftest = WAYS[way]
    suite.write(test_a=TESTS, conftest=conftest)
    found = used(suite.run(*args or ("-n", "1"), workers=1))
    peaks = [memory for _, _, memory in found.values()]
    assert len(peaks) == 7
    assert all(before <= after for before, after in zip(peaks, peaks[1:]))
    # What a process needed for its start is a part of its peak, and may be free again.
    assert found["test_takes_memory"][2] >= max(found["test_prints"][2] + 1, 64 << 10)


def test_a_clock_that_a_test_replaced(suite):
    suite.write(
        test_a="""
        import time
        def test_a(monkeypatch):
            monkeypatch.setattr(time, "process_time", lambda: 1e9)
            monkeypatch.setattr(time, "perf_counter", lambda: 1e9)
        def test_b(): pass
        """
    )
    found = used(suite.run("-n", "1"))
    assert all(0 <= each < 60 for _, processor, _ in found.values() for each in processor)


def test_records_of_reports_say_nothing_of_it(suite):
    run = suite.write(test_a="def test_a(): assert 0").run("-n", "1")
    kinds = [record[1] for record in run.by_item[0]]
    assert kinds[-1] == records.FINISHED
    assert set(run.used) == {0}
