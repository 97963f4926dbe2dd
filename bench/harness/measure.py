"""Runs one command, and measures it."""

import os
import subprocess
import tempfile
import threading
import time

from . import cores, processes
from .verdict import verdict

INTERVAL = 0.02


class Run:
    """What one run gave."""

    def __init__(self, seconds, cpu, busy, status, text, peak, killed):
        self.seconds, self.cpu, self.status, self.peak, self.killed = seconds, cpu, status, peak, killed
        # The share of time in which the least busy core was busy (`cores.busy`).
        self.busy = busy
        self.counts, self.tail = None if killed else verdict(text), text[-2000:]

    def says(self, other):
        """Whether the verdict is the same."""
        return not self.killed and self.counts == other.counts and self.status == other.status


def run(command, folder, variables, limit, watch=False, resident=False):
    """Runs the command in the folder, and kills it after the limit; with watch, samples its memory.

    What it leaves behind is ended, unless it is a resident tool's.
    """
    before = processes.own()
    with tempfile.TemporaryFile() as output:
        watched = cores.Watch()
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        killed = threading.Event()

        def give_up():
            killed.set()
            processes.kill(process.pid)

        timer = threading.Timer(limit, give_up)
        timer.start()
        peak, cpu = wait(process, watch)
        seconds = time.perf_counter() - start
        busy = watched.end()
        timer.cancel()
        timer.join()
        if killed.is_set() or not resident:
            processes.end(kept=before)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return Run(seconds, cpu, busy, process.returncode, text, peak, killed.is_set())


def wait(process, watch):
    """Waits for the end; returns the peak of memory in bytes (with watch) and the CPU seconds."""
    peak = 0
    while watch:
        peak = max(peak, processes.memory())
        time.sleep(INTERVAL)
        reaped = reap(process, os.WNOHANG)
        if reaped is not None:
            return peak, reaped
    return None, reap(process, 0)


def reap(process, flags):
    """The CPU seconds of the process and all that it waited for, once it has ended."""
    pid, status, usage = os.wait4(process.pid, flags)
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime
