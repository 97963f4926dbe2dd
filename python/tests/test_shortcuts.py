"""What the shortcuts of collection make is what pytest makes."""

import json
import random
import re

import pytest
from conftest import HERE

from hasten_worker.inspection import known_pytest

pytestmark = pytest.mark.skipif(not known_pytest.is_known(), reason="pytest collects alone")

SIGNATURES = """
    import functools, pytest
    from unittest import mock

    @pytest.fixture
    def a(): pass
    @pytest.fixture
    def b(a): pass
    @pytest.fixture(params=[1, 2])
    def p(): pass
    @pytest.fixture(params=[1, 2], scope="module")
    def wide(): pass

    def test_none(): pass
    def test_none_too(): pass
    def test_a(a): pass
    def test_a_too(a): pass
    def test_default(a, x=1): pass
    def test_default_too(a, x=1, *, y=2): pass
    def test_keyword(a, *, b): pass
    def test_keyword_too(a, *, b): pass
    def test_star(a, *args, **kwargs): pass
    def test_star_too(a, *args, **kwargs): pass
    def test_all_defaults(x=1, y=2): pass
    def test_positional(a, /, b): pass
    def test_positional_too(a, /, b): pass
    def test_positional_defaults(a=1, b=2, /, c=3): pass
    def test_p(p): pass
    def test_p_too(p): pass
    def test_wide(wide): pass
    def test_wide_too(wide): pass
    @pytest.mark.parametrize("a", [1, 2])
    def test_direct(a): pass
    def test_after_direct(a): pass
    @pytest.mark.usefixtures("b")
    def test_uses(a): pass
    @pytest.mark.usefixtures("b")
    def test_uses_too(a): pass
    @pytest.mark.skip
    def test_skip(a): pass
    @pytest.mark.xfail(reason="x")
    def test_xfail(a): pass
    @mock.patch("os.getcwd")
    def test_mock(cwd): pass
    @mock.patch("os.getcwd")
    def test_mock_too(cwd): pass
    @mock.patch("os.getcwd", new=1)
    def test_mock_new(a): pass
    def deco(f):
        @functools.wraps(f)
        def inner(*args, **kwargs): return f(*args, **kwargs)
        return inner
    @deco
    def test_wrapped(a): pass
    @deco
    def test_wrapped_too(a): pass
    test_partial = functools.partial(test_a, 1)
    test_lambda = lambda a: None
    def test_attributes(a): pass
    test_attributes.slow = True
    test_attributes.pytestmark = pytest.mark.one
    def test_marks(a): pass
    test_marks.pytestmark = [pytest.mark.one, pytest.mark.two.mark]
    async def test_async(a): pass
    def test_missing(nowhere): pass
    def test_missing_too(nowhere): pass
    test_again = test_a
    def test_not(): pass
    test_not.__test__ = False
    def make():
        def test_closure(a): return make
        return test_closure
    test_made = make()
"""
CLASSES = """
    import pytest
    @pytest.fixture
    def a(): pass
    @pytest.fixture(autouse=True)
    def always(): pass
    class TestBase:
        @pytest.fixture
        def a(self, a): pass
        def test_one(self, a): pass
        def test_two(self, a): pass
        def test_over(self, a): pass
        @staticmethod
        def test_static(a): pass
        @staticmethod
        def test_static_too(a): pass
        @classmethod
        def test_class(cls, a): pass
        @classmethod
        def test_class_too(cls, a): pass
        def test_star(*args): pass
        def test_posonly(self, /, a): pass
        def test_posonly_too(self, /, a): pass
        def test_self_default(self=None): pass
    class TestDerived(TestBase):
        def test_over(self, always): pass
        def test_three(self, a): pass
        class TestInner:
            def test_in(self, a): pass
            def test_in_too(self, a): pass
    @pytest.mark.usefixtures("a")
    class TestUses:
        def test_one(self): pass
        def test_two(self): pass
    @pytest.mark.parametrize("a", [1, 2])
    class TestMany:
        def test_one(self, a): pass
        def test_two(self, a): pass
    class TestGenerates:
        def pytest_generate_tests(self, metafunc):
            metafunc.parametrize("x", [1, 2])
        def test_one(self, x): pass
        def test_two(self, x): pass
    class TestInit:
        def __init__(self): self.x = 1
        def test_one(self): pass
        def test_two(self): pass
    class Meta(type):
        pass
    class TestMeta(metaclass=Meta):
        def test_one(self, a): pass
        def test_two(self, a): pass
    import unittest
    class Unit(unittest.TestCase):
        def test_one(self): pass
        def test_two(self): pass
"""
GENERATES = """
    def pytest_generate_tests(metafunc):
        if "x" in metafunc.fixturenames:
            metafunc.parametrize("x", [1, 2])
    def test_one(x): pass
    def test_two(x): pass
    def test_three(): pass
    def test_four(): pass
"""
CONFTEST = """
    import pytest
    @pytest.fixture(autouse=True, scope="session")
    def around(): pass
    @pytest.fixture
    def b(): pass
"""
CHANGING = """
    import pytest
    def pytest_itemcollected(item):
        item.fixturenames.append("late")
        item.add_marker("seen")
    def pytest_pycollect_makeitem(collector, name, obj):
        if name == "test_other":
            return pytest.Function.from_parent(collector, name="other", callobj=lambda: None)
"""


def collected(suite, *args, **env):
    items = suite.path / "items.json"
    items.unlink(missing_ok=True)
    env.update(ITEMS=str(items), PYTHONPATH=f"{HERE}:{HERE}/..")
    done = suite.plain("-p", "dump_items", "--collect-only", "-q", *args, **env)
    suite.forget()
    return done.out.rpartition(" in ")[0], re.sub(" at 0x[0-9a-f]+", "", items.read_text()).split(
        "\n"
    )


def same(suite, *args):
    """Compares; returns the names of functions that took a shortcut."""
    plain = collected(suite, *args)
    ours = collected(suite, *args, SHORTCUTS="1")
    assert ours == plain
    return json.loads((suite.path / "made.json").read_text())


def test_signatures(suite):
    suite.write(test_a=SIGNATURES, conftest=CONFTEST)
    made = same(suite)
    for name in ("none", "a", "default", "keyword", "star", "missing"):
        assert f"test_{name}_too" in made, made
    assert {"test_skip", "test_xfail", "test_made"} < set(made)
    for name in ("p", "wide", "uses", "mock", "wrapped", "positional"):
        assert f"test_{name}_too" not in made


def test_classes(suite):
    suite.write(test_a=CLASSES, conftest=CONFTEST)
    made = same(suite)
    assert {"test_two", "test_in_too"} < set(made)
    assert "test_static_too" not in made


def test_modules_that_generate(suite):
    assert same(suite.write(test_a=GENERATES)) == []


@pytest.mark.parametrize("where", ["conftest", "sub/conftest"])
def test_conftests_that_generate(suite, where):
    suite.write_file(where + ".py", GENERATES.replace("def test", "def no"))
    suite.write_file("sub/test_a.py", GENERATES.partition("def test")[2].join(("def test", "")))
    suite.write(test_b="def test_one(): pass\ndef test_two(): pass")
    assert same(suite) == (["test_two"] if "/" in where else [])


def test_plugins_that_change_items(suite):
    suite.write(test_a=SIGNATURES + "\n    def test_other(): pass\n", conftest=CHANGING)
    assert same(suite) == []
    conftest = CHANGING.partition("    def pytest_pycollect")[0]
    assert same(suite.write(conftest=conftest)) != []


def test_module_marks(suite):
    uses = 'import pytest\npytestmark = pytest.mark.usefixtures("tmp_path")\n'
    suite.write(test_a=uses + "def test_one(): pass\ndef test_two(): pass")
    assert same(suite) == []
    suite.write(test_a="import pytest\npytestmark = pytest.mark.slow\n" + suite_of(20, 0))
    assert same(suite) != []


def suite_of(count, seed):
    """Returns random functions with random fixtures."""
    chance = random.Random(seed)
    scopes = ("function", "class", "module", "session")
    names = [f"f{number}" for number in range(5)]
    lines = ["import pytest"]
    for number, name in enumerate(names):
        needs = ", ".join(sorted(set(chance.choices(names[:number], k=number // 2))))
        options = [f"scope={chance.choice(scopes[: 4 if not needs else 1])!r}"]
        if chance.random() < 0.2:
            options.append("params=[1, 2]")
        if chance.random() < 0.2:
            options.append("autouse=True")
        lines += [f"@pytest.fixture({', '.join(options)})", f"def {name}({needs}): pass"]
    for number in range(count):
        needs = sorted(set(chance.choices(names, k=chance.choice([0, 0, 1, 2]))))
        mark = chance.choice([""] * 6 + ["parametrize('f1', [1, 2])", "usefixtures('f2')", "skip"])
        if mark.startswith("p") and "f1" not in needs:
            needs.append("f1")
        pad = ""
        if chance.random() < 0.3:
            lines.append(f"class TestC{number}:")
            pad = "    "
            needs.insert(0, "self")
        for copy in "ab":
            if mark:
                lines.append(f"{pad}@pytest.mark.{mark}")
            lines.append(f"{pad}def test_{number}{copy}({', '.join(needs)}): pass")
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(4))
def test_random_suites(suite, seed):
    for part in range(8):
        suite.write_file(f"sub/test_{part}.py", suite_of(12, seed * 100 + part))
    suite.write_file("sub/conftest.py", suite_of(0, seed))
    assert same(suite)
