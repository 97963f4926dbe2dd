"""The sample of the article 'Optimizing pytest runtime', with its sleeps at a tenth: 14.5 s one after another."""

import time


class Test:
    def test_fastest(self):
        time.sleep(0.5)

    def test_slow(self):
        time.sleep(4)

    def test_slowest(self):
        time.sleep(10)
