"""What tests do to the state that the fused path keeps. `see` writes down what they see."""

SEE = """
import os, sys, io, logging, subprocess, threading, warnings, pytest
def see(*what):
    with open(os.environ["SEEN"], "a") as file:
        print(*what, file=file)
"""

OUTPUT = """
@pytest.fixture
def noisy(request):
    getattr(request.module, request.param)("setup")
    yield
    getattr(request.module, request.param)("teardown")

def out(when): print(when)
def err(when): sys.stderr.write(when)
def low(when): os.write(1, when.encode())
def low_err(when): os.write(2, when.encode())
def child(when): subprocess.run(["sh", "-c", "echo child; echo problem >&2"])
def reopened(when): open("/dev/stdout", "w").write(when)
def log(when): logging.getLogger("a").warning(when)
def log_debug(when): logging.getLogger("a").debug(when)
def nothing(when): pass
def cut(when): print(when); sys.stdout.truncate(0)
def cut_and_seek(when): print(when); sys.stdout.seek(0); sys.stdout.truncate(0)
def raw(when): sys.stdout.buffer.write(b"\\xff\\x00"); sys.stdout.buffer.flush()

KINDS = ["out", "err", "low", "low_err", "child", "reopened", "log", "log_debug", "nothing", "cut",
         "cut_and_seek", "raw"]

@pytest.mark.parametrize("kind", KINDS)
def test_call(kind): globals()[kind]("call")

@pytest.mark.parametrize("kind", KINDS)
def test_call_fails(kind):
    globals()[kind]("call")
    assert kind == "never"

@pytest.mark.parametrize("noisy", KINDS, indirect=True)
def test_around(noisy): pass

@pytest.mark.parametrize("noisy", KINDS, indirect=True)
def test_around_fails(noisy): assert 0

def test_after(): pass
"""

LOGGING = """
@pytest.fixture
def chatty(caplog):
    logging.warning("in setup")
    see("setup", caplog.record_tuples, [len(caplog.get_records(w)) for w in ("setup", "call")])
    yield
    see("teardown", [len(caplog.get_records(w)) for w in ("setup", "call", "teardown")])
    logging.error("in teardown")
    see("teardown", caplog.text, caplog.messages)

def test_records(chatty, caplog):
    see(caplog.records)
    logging.getLogger("x").info("not seen")
    logging.getLogger("x").warning("seen %s", 1)
    see(caplog.text, caplog.record_tuples)
    caplog.clear()
    see(caplog.text, caplog.records, len(caplog.get_records("call")))

def test_silent_records(caplog):
    see(caplog.records, caplog.get_records("setup"), caplog.text)

def test_set_level(caplog):
    caplog.set_level(logging.DEBUG)
    logging.debug("now seen")
    see(caplog.text)

def test_level_is_back():
    see(logging.getLogger().level, logging.root.manager.disable)

def test_at_level(caplog):
    with caplog.at_level(logging.INFO, logger="y"):
        logging.getLogger("y").info("seen")
    logging.getLogger("y").info("not seen")
    see(caplog.messages)

def test_only_handler_level(caplog):
    caplog.handler.setLevel(logging.CRITICAL)
    logging.warning("only in the report")
    caplog.handler.setLevel(0)
    see(caplog.records)

def kinds(): return [type(h).__name__ for h in logging.getLogger().handlers]

@pytest.fixture
def own_handler():
    see(kinds())
    handler = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(handler)
    see(kinds())
    yield
    see(kinds())
    logging.getLogger().removeHandler(handler)

def test_own_handler(own_handler):
    see(kinds())

def test_replaced_handlers():
    logging.getLogger().handlers = []
    logging.warning("lost, or to stderr")

def test_after_replaced(): see(kinds())

def test_cleared_handlers():
    logging.getLogger().handlers.clear()

def test_after_cleared(): see(kinds())

def test_basic_config():
    logging.basicConfig(level=logging.DEBUG)
    see(kinds(), logging.root.level)

def test_force():
    logging.basicConfig(level=logging.DEBUG, force=True, stream=io.StringIO())
    see(kinds(), logging.root.level)
    logging.debug("for nobody")

def test_after_force():
    see(kinds(), logging.root.level)
    logging.getLogger().handlers[0].stream.getvalue()
    logging.debug("for pytest")

def test_dict_config():
    import logging.config
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": True,
        "handlers": {"n": {"class": "logging.NullHandler"}},
        "root": {"handlers": ["n"], "level": "INFO"},
        "loggers": {"quiet": {"propagate": False, "handlers": ["n"], "level": "DEBUG"}}})
    see(kinds())
    logging.getLogger("quiet").error("who hears it?")

def test_not_propagating(caplog):
    logging.getLogger("quiet").error("who hears this?")
    see(caplog.messages, [type(h).__name__ for h in logging.getLogger("quiet").handlers])

def test_not_propagating_after():
    see([type(h).__name__ for h in logging.getLogger("quiet").handlers])

def test_bad_message():
    logging.warning("%s %s", 1)

def test_captured_warnings():
    logging.captureWarnings(True)
    warnings.warn("as a log record")
    logging.captureWarnings(False)

def test_stash(request):
    see(len(request.node.stash), sorted(map(repr, map(type, request.node.stash._storage.values()))))
"""

CAPTURE = """
def test_capsys(capsys):
    print("hello"); see(capsys.readouterr()); print("left")
def test_capsys_silent(capsys): see(capsys.readouterr())
def test_capfd(capfd):
    os.write(1, b"hello"); see(capfd.readouterr()); os.write(2, b"left")
def test_capsysbinary(capsysbinary):
    print("hello"); see(capsysbinary.readouterr())
def test_dynamic(request):
    capsys = request.getfixturevalue("capsys")
    print("hello"); see(capsys.readouterr()); print("left")
def test_dynamic_fails(request):
    capsys = request.getfixturevalue("capfd")
    print("hello"); assert 0
def test_disabled(capsys):
    with capsys.disabled():
        sys.stdout.flush()
        see(sys.stdout is sys.__stdout__)
    print("captured")
def test_manager(request):
    manager = request.config.pluginmanager.getplugin("capturemanager")
    see(manager.is_capturing(), manager._global_capturing.is_started())
    with manager.global_and_fixture_disabled():
        see(manager._global_capturing.is_started())
def test_suspended(request):
    request.config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)
def test_after_suspended(request):
    see(request.config.pluginmanager.getplugin("capturemanager")._global_capturing._in_suspended)
    print("captured")
@pytest.fixture
def late(request):
    yield
    print("late", file=sys.stdout)
def test_replaced(late):
    sys.stdout = io.StringIO()
    print("lost")
def test_after_replaced():
    see(type(sys.stdout).__name__, type(sys.stdin).__name__, type(sys.stderr).__name__)
    print("found"); assert 0
def test_closes(late):
    os.close(1)
def test_after_closes():
    print("found"); os.write(1, b"found"); assert 0
def test_redirects(late):
    number = os.open(os.devnull, os.O_WRONLY); os.dup2(number, 2); os.close(number)
    os.write(2, b"lost")
def test_after_redirects():
    os.write(2, b"found"); assert 0
def test_same_streams():
    import builtins
    here = getattr(builtins, "streams", None) or (sys.stdout, sys.stderr, sys.stdin)
    builtins.streams = here
    see(here == (sys.stdout, sys.stderr, sys.stdin))
def test_same_streams_again():
    import builtins
    see(builtins.streams == (sys.stdout, sys.stderr, sys.stdin))
def test_stdin():
    try: sys.stdin.read()
    except OSError as error: see(error)
"""

WARNINGS = """
def test_warns(): warnings.warn("one"); warnings.warn("two", DeprecationWarning)
def test_warns_expected():
    with pytest.warns(UserWarning): warnings.warn("x")
def test_recwarn(recwarn):
    warnings.warn("seen"); see([str(w.message) for w in recwarn])
@pytest.mark.filterwarnings("error")
def test_error(): warnings.warn("raised")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_ignored(): warnings.warn("not seen")
@pytest.mark.filterwarnings("ignore:nothing")
class TestFilters:
    def test_in_class(self): see(warnings.filters[0][0]); warnings.warn("in class")
def test_filters(): see(len(warnings.filters), [f[0] for f in warnings.filters])
def test_changes_filters(): warnings.simplefilter("error")
def test_after_changed(): see([f[0] for f in warnings.filters]); warnings.warn("fine")
def once(): warnings.warn("the same place")
@pytest.mark.parametrize("n", range(3))
def test_same_place(n): once()
@pytest.fixture
def around():
    warnings.warn("in setup")
    yield
    warnings.warn("in teardown")
def test_around(around): pass
@pytest.fixture(scope="module")
def session_filter():
    before = warnings.filters[:]
    warnings.filterwarnings("ignore", "later")
    yield
    warnings.warn("in module teardown")
def test_module_filter(session_filter): warnings.warn("later")
def test_module_filter_after(session_filter): warnings.warn("later")
class Unraisable:
    def __del__(self): raise ValueError("in del")
def test_unraisable():
    Unraisable()
def test_thread():
    def fail(): raise KeyError("in thread")
    thread = threading.Thread(target=fail, name="worker"); thread.start(); thread.join()
@pytest.fixture
def bad_around():
    Unraisable()
    yield
    Unraisable()
def test_unraisable_around(bad_around): pass
def test_both():
    def fail(): raise KeyError("in thread")
    thread = threading.Thread(target=fail, name="worker"); thread.start(); thread.join()
    Unraisable(); Unraisable()
def test_unraisable_and_fails():
    Unraisable(); assert 0
def test_last(): pass
"""

OUTCOMES = """
@pytest.fixture
def mark(request):
    yield
def test_dynamic_xfail(request):
    request.node.add_marker(pytest.mark.xfail(reason="known")); assert 0
def test_dynamic_xfail_passes(request):
    request.node.add_marker(pytest.mark.xfail(reason="known"))
def test_dynamic_xfail_strict(request):
    request.node.add_marker(pytest.mark.xfail(reason="known", strict=True))
def test_dynamic_xfail_not_run(request):
    request.node.add_marker(pytest.mark.xfail(reason="known", run=False)); see("ran")
def test_dynamic_first(request):
    request.node.add_marker(pytest.mark.xfail(raises=KeyError), append=False); assert 0
def test_dynamic_skip(request):
    request.node.add_marker(pytest.mark.skip(reason="too late")); see("ran")
@pytest.fixture
def marks(request):
    request.node.add_marker(pytest.mark.xfail(reason="from a fixture"))
def test_marked(marks): assert 0
def test_marked_passes(marks): pass
@pytest.fixture
def marks_skip(request):
    request.node.add_marker(pytest.mark.skip(reason="from a fixture"))
def test_marked_skip(marks_skip): see("ran")
@pytest.fixture
def marks_not_run(request):
    request.node.add_marker(pytest.mark.xfail(reason="from a fixture", run=False))
def test_marked_not_run(marks_not_run): see("ran")
@pytest.fixture
def marks_in_teardown(request):
    yield
    request.node.add_marker(pytest.mark.xfail(reason="too late"))
def test_marked_late(marks_in_teardown): pass
class TestParent:
    @pytest.fixture(scope="class")
    def marks_class(self, request):
        request.node.add_marker(pytest.mark.xfail(reason="for the class"))
    def test_before(self): pass
    def test_first(self, marks_class): assert 0
    def test_second(self): assert 0
class TestParentSkip:
    @pytest.fixture(scope="class")
    def marks_class(self, request):
        request.node.add_marker(pytest.mark.skip(reason="for the class"))
    def test_first(self, marks_class): see("ran")
    def test_second(self): see("ran")
class TestMarksInCall:
    def test_first(self, request):
        request.node.parent.add_marker(pytest.mark.xfail(reason="for the class", run=False))
        see("ran")
    def test_second(self): see("ran")
@pytest.mark.skip(reason="no")
def test_skip(): pass
@pytest.mark.skipif("True", reason="no")
def test_skipif(): pass
@pytest.mark.xfail
def test_xfail(): assert 0
@pytest.mark.xfail
class TestX:
    def test_it(self): assert 0
def test_skips(): pytest.skip("inside")
def test_unittest_skip():
    import unittest
    raise unittest.SkipTest("inside")
def test_xfails(): pytest.xfail("inside")
def test_fails(): pytest.fail("inside")
def test_fails_short(): pytest.fail("inside", pytrace=False)
def test_importorskip(): pytest.importorskip("not_there_at_all")
def test_system_exit(): sys.exit(3)
def test_generator_exit(): raise GeneratorExit
def test_stop_iteration(): raise StopIteration
def test_base(): raise BaseException("odd")
def test_async_generator():
    def inner():
        yield 1
        raise ValueError("later")
    list(inner())
def test_compare(): assert {"a": [1, 2, 3]} == {"a": [1, 2, 4]}
def test_compare_text(): assert "hello\\nworld" == "hello\\nthere"
def test_raises():
    with pytest.raises(ValueError, match="x"):
        raise ValueError("y")
def test_hidden():
    __tracebackhide__ = True
    raise ValueError("hidden")
def test_chain():
    try: raise KeyError("first")
    except KeyError as error: raise ValueError("second") from error
def test_deep():
    def down(n):
        return down(n - 1) if n else 1 / 0
    down(5)
def test_recursion():
    def down(): down()
    down()
test_builtin = staticmethod(len)
def test_type_error(missing=1): test_type_error.__wrapped__()
@pytest.fixture
def skips(): pytest.skip("in a fixture")
def test_skips_in_fixture(skips): pass
@pytest.fixture
def fails(): raise RuntimeError("in a fixture")
def test_fails_in_fixture(fails): pass
@pytest.fixture
def fails_later():
    yield
    raise RuntimeError("in teardown")
def test_fails_in_teardown(fails_later): pass
def test_fails_twice(fails_later): assert 0
@pytest.fixture
def also_fails_later(fails_later):
    yield
    raise RuntimeError("in teardown, too")
def test_group(also_fails_later): pass
@pytest.fixture
def two_yields():
    yield 1
    yield 2
def test_two_yields(two_yields): pass
@pytest.fixture
def no_yield():
    if 0: yield
def test_no_yield(no_yield): pass
def test_unknown_fixture(not_there): pass
def test_dynamic_unknown(request): request.getfixturevalue("not_there")
async def test_async(): pass
def test_returns(): return 1
@pytest.fixture
def skips_late():
    yield
    pytest.skip("in teardown")
def test_skips_late(skips_late): pass
def test_property(record_property): record_property("key", "value")
def test_property_fails(record_property): record_property("key", "value"); assert 0
@pytest.fixture
def property_late(record_property):
    yield
    record_property("late", 1)
def test_property_late(property_late): pass
@pytest.fixture
def property_early(record_property): record_property("early", 1)
def test_property_early(property_early): pass
def test_section(request): request.node.add_report_section("call", "mine", "text")
def test_keywords(request):
    request.node.keywords["later"] = True
    request.node.add_marker("dynamic"); assert 0
"""

SCOPES = """
SCOPE = ["function", "class", "module", "session"]
@pytest.fixture(scope="class")
def class_fails(): raise RuntimeError("class")
@pytest.fixture(scope="module")
def module_fails(): raise RuntimeError("module")
@pytest.fixture(scope="session")
def session_fails(): raise RuntimeError("session")
@pytest.fixture(scope="class")
def class_late():
    print("class up"); yield; print("class down"); raise RuntimeError("class")
@pytest.fixture(scope="module")
def module_late():
    yield; print("module down"); raise RuntimeError("module")
@pytest.fixture(scope="session")
def session_late():
    yield; print("session down"); raise RuntimeError("session")
class TestA:
    @classmethod
    def setup_class(cls): see("setup_class", os.environ["PYTEST_CURRENT_TEST"])
    def setup_method(self): see("setup_method")
    def teardown_method(self): see("teardown_method", os.environ["PYTEST_CURRENT_TEST"])
    @classmethod
    def teardown_class(cls): see("teardown_class", os.environ["PYTEST_CURRENT_TEST"])
    def test_one(self, class_fails): pass
    def test_two(self, class_fails): pass
    def test_three(self, module_fails): pass
    def test_four(self, session_fails): pass
    def test_five(self): self.x = 1; see(sorted(vars(self)))
    def test_six(self, class_late): see(sorted(vars(self)))
class TestB:
    def test_one(self, module_late): pass
    def test_two(self, session_late): pass
class TestBadSetup:
    @classmethod
    def setup_class(cls): assert 0
    def test_one(self): pass
    def test_two(self): pass
def setup_module(): see("setup_module")
def teardown_module(): see("teardown_module"); assert 0
"""

STATE = """
def state(when): see(when, os.environ.get("PYTEST_CURRENT_TEST"))
@pytest.fixture
def seen(request):
    state("setup"); yield; state("teardown")
def test_current(seen):
    state("call")
    code = "import os; print(os.environ['PYTEST_CURRENT_TEST'])"
    out = subprocess.run([sys.executable, "-c", code],
                         stdout=subprocess.PIPE, text=True).stdout
    see(out)
@pytest.mark.parametrize("x", ["a\\0b", "ü", "\\ud800", "a b", "a::b"])
def test_names(seen, x): state("call")
def test_removes(monkeypatch): monkeypatch.delenv("PYTEST_CURRENT_TEST")
def test_removes_for_good(seen): del os.environ["PYTEST_CURRENT_TEST"]
@pytest.fixture
def removes_late():
    yield
    del os.environ["PYTEST_CURRENT_TEST"]
def test_removes_late(removes_late): pass
def test_removes_and_prints(): del os.environ["PYTEST_CURRENT_TEST"]; print("x")
def test_after_removed(seen): state("call")
def test_replaces_environ(monkeypatch): monkeypatch.setattr(os, "environ", dict(os.environ))
def test_cleared_environ():
    from unittest import mock
    with mock.patch.dict(os.environ, clear=True): state("call")
def test_frozen_time(monkeypatch):
    import time
    monkeypatch.setattr(time, "time", lambda: 5.0)
    monkeypatch.setattr(time, "perf_counter", lambda: 7.0)
    monkeypatch.setattr(time, "monotonic", lambda: 7.0)
def test_mock_timing(monkeypatch):
    from _pytest import timing
    monkeypatch.setattr(timing, "perf_counter", lambda: 7.0)
    monkeypatch.setattr(timing, "time", lambda: 7.0)
def test_mock_timing_fails(monkeypatch):
    from _pytest import timing
    monkeypatch.setattr(timing, "perf_counter", lambda: 7.0); assert 0
def test_timing_after():
    from _pytest import timing
    import time
    see(timing.perf_counter is time.perf_counter, timing.time is time.time)
def test_chdir(tmp_path): os.chdir(tmp_path)
def test_after_chdir(): see(os.path.basename(os.getcwd()))
def test_fails(): raise ValueError("kept")
def last(): return [getattr(sys, n, None) for n in ("last_type", "last_value")]
@pytest.fixture
def sees_last():
    see("setup", last())
    yield
    see("teardown", last())
    tb = getattr(sys, "last_traceback", None)
    names = []
    while tb: names.append(tb.tb_frame.f_code.co_name); tb = tb.tb_next
    see(names)
def test_last(sees_last): see("call", last())
def test_last_fails(sees_last): raise KeyError("mine")
def set_last(): sys.last_value = 5; sys.last_type = int; sys.last_traceback = None
def test_sets_last(sees_last): set_last()
def test_sets_last_and_prints(sees_last): set_last(); print("x")
def test_stash(request): request.node.stash[pytest.StashKey()] = 1
def test_tmp_path(tmp_path): see(tmp_path.name)
def test_tmp_path_fails(tmp_path): assert 0
def test_handlers(): see(len(logging.getLogger().handlers))
def test_request(request):
    import builtins
    builtins.kept = request.node
    see(sorted(request.node.funcargs), request.node._request is not None)
def test_request_after():
    import builtins
    see(builtins.kept._request, builtins.kept.funcargs)
def test_registers(request):
    class Later:
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_call(self, item):
            see("before", item.name); yield; see("after", item.name)
        def pytest_runtest_logreport(self, report): see(report.nodeid, report.when, report.outcome)
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_teardown(self, item): see("teardown", item.name); yield
    import builtins
    builtins.later = Later()
    request.config.pluginmanager.register(builtins.later)
def test_with_later(): see("call")
def test_unregisters(request):
    import builtins
    request.config.pluginmanager.unregister(builtins.later)
def test_without_later(): see("call")
def test_breaks_stash(request): request.node.stash._storage.clear()
def test_after_broken(): pass
"""

SUB_REPORT = """
@pytest.mark.parametrize("fails", [False, True])
def test_sub_report(request, fails):
    from _pytest.reports import TestReport
    report = TestReport("test_it.py::sub", ("test_it.py", 1, "sub"), {}, "passed", None, "call")
    request.node.ihook.pytest_runtest_logreport(report=report)
    assert not fails
"""

# Tests without fixtures, one after another: their setup and teardown are bare.
BARE = """
import contextlib, gc, time
def now(): return os.environ.get("PYTEST_CURRENT_TEST")
def files(): return [os.fstat(n).st_ino == os.fstat(sys.__dict__["std" + w].fileno()).st_ino
                     for n, w in ((1, "out"), (2, "err"))]
def test_first(): see(now(), files())
def test_to_nowhere(): os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
def test_after_nowhere(): see(now(), files()); print("after nowhere")
def test_fails_after(): os.write(1, b"low"); assert 0
def test_closes(): os.close(1)
def test_after_closes(): see(files()); print("after closes")
def test_replaces(): sys.stdout = io.StringIO(); print("lost")
def test_after_replaces(): see(type(sys.stdout).__name__); print("seen")
def test_prints(): print("one")
def test_silent(): see(now())
def test_prints_again(): print("two"); sys.stderr.write("three")
def test_logs(): logging.getLogger("a").warning("logged")
def test_after_logs(): see(len(logging.getLogger().handlers))
def test_clears(): logging.getLogger().handlers.clear()
def test_after_clears(): see(len(logging.getLogger().handlers)); logging.getLogger("b").error("x")
def test_warns(): warnings.warn("warned")
def test_removes(): del os.environ["PYTEST_CURRENT_TEST"]
def test_after_removes(): see(now())
def test_sets(): os.environ["PYTEST_CURRENT_TEST"] = "mine"
def test_after_sets(): see(now()); subprocess.run(["sh", "-c", "echo $PYTEST_CURRENT_TEST"])
def test_returns(): return 1
def test_returns_text(): return "text"
def test_raises(): raise ValueError("in the call")
def test_skips(): pytest.skip("inside")
def test_xfails(): pytest.xfail("inside")
def test_exits(): sys.exit(3)
def test_context():
    try: raise KeyError("first")
    except KeyError as error: raise ValueError("second") from error
async def test_async(): pass
def test_awaitable():
    async def inner(): pass
    coroutine = inner(); coroutine.close(); return coroutine
@contextlib.contextmanager
def manager(): yield
@manager()
def test_decorated(): see(now())
@pytest.mark.filterwarnings("error")
def test_filtered(): warnings.warn("raised")
@pytest.mark.filterwarnings("default")
def test_marked(): see(now())
class TestClass:
    def test_one(self): see(now(), sorted(vars(self))); self.x = 1
    def test_two(self): see(now(), sorted(vars(self)))
    @staticmethod
    def test_static(): see(now())
    def test_fails(self): assert self is None
    def helper(self): raise RuntimeError("in a helper")
    def test_helper(self): self.helper()
class TestSetup:
    def setup_method(self): see("setup_method", now())
    def test_one(self): see(now())
    def test_two(self): see(now())
class TestClassSetup:
    @classmethod
    def setup_class(cls): see("setup_class", now()); print("class setup")
    @classmethod
    def teardown_class(cls): see("teardown_class", now()); print("class teardown")
    def test_one(self): see(now())
    def test_two(self): see(now())
class Noisy:
    def __del__(self): print("deleted")
def test_leaves_garbage(): one = Noisy(); one.self = one; del one; gc.collect()
def test_thread():
    thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()
def test_last_one(): see(now(), [getattr(sys, "last_value", None)])
"""
