"""unittest's subTest: reports of their own since pytest 9."""

import unittest


class TestSubTests(unittest.TestCase):
    def test_all_pass(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertGreaterEqual(number, 0)

    def test_one_fails(self):
        for number in range(3):
            with self.subTest("some text", number=number):
                self.assertNotEqual(number, 1)

    def test_two_fail(self):
        for number in range(4):
            with self.subTest(number=number):
                self.assertEqual(number % 2, 0)

    def test_one_skips(self):
        for number in range(2):
            with self.subTest(number=number):
                if number:
                    self.skipTest("odd")


class TestBeside(unittest.TestCase):
    def test_passes(self):
        pass

    def test_fails(self):
        print("before it fails")
        self.fail("beside subtests")
