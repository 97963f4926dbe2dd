"""The capture fixtures."""

import logging
import os
import subprocess
import sys

import pytest


def test_capsys(capsys):
    print("out")
    print("err", file=sys.stderr)
    assert capsys.readouterr() == ("out\n", "err\n")
    assert capsys.readouterr() == ("", "")


def test_capsys_fails(capsys):
    print("read")
    capsys.readouterr()
    print("left")
    assert 1 == 2


def test_capsys_disabled(capsys):
    print("before")
    with capsys.disabled():
        print("", end="")
    print("after")
    assert capsys.readouterr().out == "before\nafter\n"


def test_capsys_disabled_and_fails(capsys):
    with capsys.disabled():
        sys.stdout.write("")
    print("captured")
    assert 1 == 2


def test_capsysbinary(capsysbinary):
    sys.stdout.buffer.write(b"\xff\x00")
    assert capsysbinary.readouterr().out == b"\xff\x00"


def test_capfd(capfd):
    os.write(1, b"out\n")
    subprocess.run([sys.executable, "-c", "print('child')"], check=True)
    assert capfd.readouterr().out == "out\nchild\n"


def test_capfd_fails(capfd):
    os.write(1, b"left in the descriptor\n")
    assert 1 == 2


def test_capfdbinary(capfdbinary):
    os.write(2, b"\xfe\xff")
    assert capfdbinary.readouterr().err == b"\xfe\xff"


def test_capfd_disabled(capfd):
    with capfd.disabled():
        os.write(1, b"")
    os.write(1, b"x")
    assert capfd.readouterr().out == "x"


@pytest.fixture
def prints(capsys):
    print("from the set-up")
    yield capsys.readouterr().out
    print("from the teardown")
    assert capsys.readouterr().out.endswith("from the teardown\n")


def test_capsys_across_phases(prints):
    print("from the call")
    assert prints == "from the set-up\n"


def test_both_at_once(capsys, request):
    """One at a time: pytest refuses the second."""
    request.getfixturevalue("capfd")


def test_caplog(caplog):
    caplog.set_level(logging.DEBUG, logger="hard")
    logging.getLogger("hard.one").debug("debug %d", 1)
    logging.getLogger("other").debug("not seen")
    assert caplog.record_tuples == [("hard.one", logging.DEBUG, "debug 1")]
    caplog.clear()
    assert caplog.messages == []


def test_caplog_level_is_back():
    assert logging.getLogger("hard").level == logging.NOTSET


def test_caplog_at_level(caplog):
    with caplog.at_level(logging.ERROR):
        logging.getLogger("hard").warning("below")
    logging.getLogger("hard").warning("above")
    assert caplog.messages == ["above"]


@pytest.fixture
def logs_in_setup(caplog):
    logging.getLogger("hard").warning("in the set-up")
    yield
    assert [record.message for record in caplog.get_records("call")] == ["in the call"]


def test_caplog_phases(logs_in_setup, caplog):
    logging.getLogger("hard").warning("in the call")
    assert [record.message for record in caplog.get_records("setup")] == ["in the set-up"]


def test_caplog_fails(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("hard").debug("shown since the level was lowered")
    assert caplog.messages == []


def test_caplog_handler(caplog):
    logger = logging.getLogger("does.not.propagate")
    logger.propagate = False
    logger.addHandler(caplog.handler)
    try:
        logger.warning("through the handler")
    finally:
        logger.removeHandler(caplog.handler)
        logger.propagate = True
    assert caplog.messages == ["through the handler"]
