"""Fixtures that a worker which dies would not tear down."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def seen(suite):
    path = os.pathsep.join((HERE, ROOT))
    out = suite.plain("-p", "note_leftovers", "-s", "-q", PYTHONPATH=path).out
    lines = [line for line in out.splitlines() if line.startswith("seen")]
    assert lines, out
    return lines[0].split()[1:]


def test_module_fixtures_are_there_until_their_module_ends(suite):
    suite.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module")
            def wide():
                yield
            def test_before(): pass
            def test_with(wide): pass
            def test_after(): pass
        """,
        test_b="def test_other(): pass",
    )
    assert seen(suite) == [
        *("test_before:0", "test_before:0", "test_with:1", "test_with:1"),
        *("test_after:1", "test_after:0", "test_other:0", "test_other:0"),
    ]


def test_session_fixtures_stay(suite):
    suite.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="session", autouse=True)
            def wide(request):
                request.addfinalizer(print)
            class Test:
                @pytest.fixture(scope="class")
                def narrow(self):
                    yield
                def test_a(self, narrow): pass
            def test_b(): pass
        """
    )
    assert seen(suite) == ["test_a:1", "test_a:1", "test_b:1", "test_b:0"]


def test_one_goes_and_another_is_left(suite):
    suite.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module")
            def module():
                yield
            class Test:
                @pytest.fixture(scope="class")
                def narrow(self):
                    yield
                def test_a(self, narrow): pass
                def test_b(self, module): pass
            def test_c(): pass
        """
    )
    assert seen(suite) == ["test_a:1", "test_a:1", "test_b:1", "test_b:1", "test_c:1", "test_c:0"]


def test_what_only_returns_a_value_is_none(suite):
    suite.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="session")
            def value(): return 1
            @pytest.fixture(scope="module")
            def other(value, tmp_path_factory): return 2
            @pytest.fixture
            def own(other):
                yield
            def test_a(own, tmp_path, capsys, monkeypatch, request): pass
            def test_b(other): pass
        """
    )
    assert seen(suite) == ["test_a:0", "test_a:0", "test_b:0", "test_b:0"]


def test_one_that_is_asked_for_in_the_test(suite):
    suite.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module")
            def wide():
                yield
            def test_a(request): request.getfixturevalue("wide")
            def test_b(): pass
        """
    )
    assert seen(suite) == ["test_a:0", "test_a:1", "test_b:1", "test_b:0"]


def test_what_stands_where_a_function_is_set_up_for_a_module(suite):
    suite.write(
        test_a="""
            def setup_module(): pass
            def teardown_module(): pass
            def test_a(): pass
            def test_b(): pass
        """
    )
    assert seen(suite) == ["test_a:1", "test_a:1", "test_b:1", "test_b:0"]
