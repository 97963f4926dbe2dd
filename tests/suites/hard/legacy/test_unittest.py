"""unittest's own classes."""

import sys
import unittest

import pytest


class TestPlain(unittest.TestCase):
    def setUp(self):
        self.value = 1
        self.addCleanup(setattr, self, "value", None)

    def test_passes(self):
        self.assertEqual(self.value, 1)

    def test_fails(self):
        self.assertEqual(self.value, 2, "a message")

    def test_long_difference(self):
        self.assertEqual("\n".join("line %d" % n for n in range(8)), "\n".join("line %d" % n for n in range(1, 9)))

    @unittest.skip("by decorator")
    def test_skipped(self):
        raise AssertionError("never runs")

    @unittest.skipIf(sys.version_info > (3,), "by condition")
    def test_skip_if(self):
        raise AssertionError("never runs")

    def test_skip_test(self):
        self.skipTest("in the call")

    def test_raise_skip_test(self):
        raise unittest.SkipTest("raised")

    @unittest.expectedFailure
    def test_expected_failure(self):
        self.assertEqual(1, 2)

    @unittest.expectedFailure
    def test_unexpected_success(self):
        pass

    @pytest.mark.xfail(reason="pytest's mark")
    def test_mark(self):
        self.fail("expected")

    def test_error(self):
        raise RuntimeError("not an assertion")


class TestClassSetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = [1]
        cls.addClassCleanup(cls.shared.clear)

    @classmethod
    def tearDownClass(cls):
        cls.shared.append(2)

    def test_one(self):
        self.assertEqual(self.shared, [1])

    def test_two(self):
        self.assertEqual(self.shared, [1])


class TestClassSetUpFails(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("setUpClass")

    def test_one(self):
        raise AssertionError("never runs")

    def test_two(self):
        raise AssertionError("never runs")


class TestClassSetUpSkips(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("setUpClass skips")

    def test_one(self):
        raise AssertionError("never runs")


class TestClassTearDownFails(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        raise ValueError("tearDownClass")

    def test_only(self):
        pass


class TestSetUpFails(unittest.TestCase):
    def setUp(self):
        self.addCleanup(print, "cleaned up")
        raise ValueError("setUp")

    def test_one(self):
        raise AssertionError("never runs")


class TestTearDownFails(unittest.TestCase):
    def tearDown(self):
        raise ValueError("tearDown")

    def test_passes(self):
        pass

    def test_fails(self):
        self.fail("first")


class TestCleanupFails(unittest.TestCase):
    def test_one(self):
        self.addCleanup(lambda: 1 / 0)


@unittest.skip("the whole class")
class TestSkippedClass(unittest.TestCase):
    def test_one(self):
        raise AssertionError("never runs")


class TestWithFixtures(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def fixture(self, tmp_path):
        self.folder = tmp_path

    def test_uses_it(self):
        self.assertEqual(list(self.folder.iterdir()), [])


class TestAsyncio(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.value = 1

    async def test_passes(self):
        self.assertEqual(self.value, 1)

    async def test_fails(self):
        self.assertEqual(self.value, 2)


class _Abstract(unittest.TestCase):
    __test__ = False

    def test_inherited(self):
        self.assertTrue(self.flag)


class TestConcrete(_Abstract):
    __test__ = True
    flag = True


def load_tests(loader, tests, pattern):
    raise AssertionError("pytest does not call this")
