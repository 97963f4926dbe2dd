"""Output to every stream in every phase, of tests that pass, fail, skip and err."""

import logging
import os
import subprocess
import sys

import pytest

log = logging.getLogger("hard.cases")


def speak(where):
    print("stdout in the", where)
    print("stderr in the", where, file=sys.stderr)
    log.debug("debug in the %s", where)
    log.info("info in the %s", where)
    log.warning("warning in the %s", where)
    log.error("error in the %s", where, extra={"unserialisable": object()})


@pytest.fixture
def speaking():
    speak("set-up")
    yield
    speak("teardown")


def test_passes(speaking):
    speak("call")


def test_fails(speaking):
    speak("call")
    assert 1 == 2


def test_skips(speaking):
    speak("call")
    pytest.skip("after speaking")


@pytest.mark.xfail(reason="after speaking")
def test_expected(speaking):
    speak("call")
    assert 1 == 2


@pytest.fixture
def speaking_and_broken(speaking):
    raise ValueError("after speaking")


def test_error_in_setup(speaking_and_broken):
    raise AssertionError("never runs")


@pytest.fixture
def broken_after_speaking(speaking):
    yield
    raise ValueError("after speaking")


def test_error_in_teardown(broken_after_speaking):
    speak("call")


def test_descriptor(speaking):
    os.write(1, b"descriptor one\n")
    os.write(2, b"descriptor two\n")
    assert 1 == 2


def test_invalid_utf8():
    os.write(1, b"before \xff\xfe\x80 after\n")
    os.write(2, b"\xc3\x28 \xe2\x82\n")
    assert 1 == 2


def test_half_a_character_at_the_end():
    os.write(1, "ü".encode()[:1])
    assert 1 == 2


def test_line_ends():
    sys.stdout.write("one\rtwo\r\nthree\n\n\nfour")
    assert 1 == 2


def test_null_and_escape():
    print("null \0 escape \x1b[31mred\x1b[0m bell \a")
    assert 1 == 2


def test_unicode():
    print("größer 大きい 🐍")
    print("größer 大きい 🐍", file=sys.stderr)
    log.warning("größer 大きい 🐍")
    assert 1 == 2


def test_lone_surrogate():
    print("before \ud800 after")
    log.warning("before \ud800 after")
    assert 1 == 2


def test_buffer():
    sys.stdout.buffer.write(b"to the buffer\n")
    sys.stdout.flush()
    assert 1 == 2


def test_a_megabyte():
    for number in range(10_000):
        print("%06d" % number, "x" * 93)
    assert 1 == 2


def test_subprocess():
    code = "import os; os.write(1, b'child out\\n'); os.write(2, b'child err\\n')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert 1 == 2


def test_system():
    os.system("echo from the shell; echo to stderr >&2")
    assert 1 == 2


def test_root_logger():
    logging.warning("the root logger")
    assert 1 == 2


def test_log_exception():
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("with a trace")
    assert 1 == 2


def test_broken_log_call():
    log.propagate = True
    with pytest.raises(TypeError):
        log.info("two places %s %s", "one value")


def test_stdin_is_closed():
    with pytest.raises(OSError):
        sys.stdin.read()


def test_stdout_properties():
    assert not sys.stdout.isatty()
    assert sys.stdout.encoding.lower() == "utf-8"
