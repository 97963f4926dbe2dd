"""How busy the cores are while a command runs: those that this process may use, whoever keeps them busy. Linux only."""

import os
import pathlib
import threading
import time

INTERVAL = 0.25
# From the first moment at which each core is busy for this share of an interval, work is there for all of them.
FULL = 0.9
# The end of a command (its summary, what it keeps) has work for one core only.
LAST = 1.0


class Watch:
    """Looks at the cores from its begin to its end."""

    def __init__(self):
        self._looks = [look()]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        while not self._over.wait(INTERVAL):
            self._looks.append(look())

    def end(self):
        """The share of time in which the least busy core was busy: see `busy`."""
        self._over.set()
        self._thread.join()
        self._looks.append(look())
        return busy(self._looks)


def look():
    """(seconds, {core: (idle ticks, all ticks)})"""
    found = {}
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *numbers = line.split()
        if not name.startswith("cpu"):
            break
        core = name[3:]
        if core and int(core) in os.sched_getaffinity(0):
            ticks = [int(number) for number in numbers[:8]]
            found[core] = (ticks[3] + ticks[4], sum(ticks))
    return time.monotonic(), found


def share(before, after):
    """The share of time in which the least busy core was busy between two looks."""
    shares = []
    for core, (idle, total) in after[1].items():
        passed = total - before[1][core][1]
        shares.append(1 - (idle - before[1][core][0]) / passed if passed else 0.0)
    return min(shares)


def busy(looks):
    """From the first interval in which all cores are busy to the last second; None where there is no such time."""
    until = looks[-1][0] - LAST
    begin = next((before for before, after in zip(looks, looks[1:]) if share(before, after) >= FULL), None)
    end = next((one for one in reversed(looks) if one[0] <= until), None)
    if begin is None or end is None or end[0] <= begin[0]:
        return None
    return share(begin, end)
