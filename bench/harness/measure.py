"""Runs one command, and measures it."""

import os
import pathlib
import subprocess
import tempfile
import time

from . import tools

# Ends what hangs; the slowest of the suites takes 145 s.
LIMIT = 600
INTERVAL = 0.02


class Run:
    """What one run gave."""

    def __init__(self, seconds, cpu, status, counts, tail, peak=None):
        self.seconds, self.cpu, self.status = seconds, cpu, status
        self.counts, self.tail, self.peak = counts, tail, peak


def environment():
    """Ours, without what would change how the tools run."""
    kept = dict(os.environ)
    for name in list(kept):
        if name.startswith(("PYTEST_", "RSTEST_", "HASTEN_")) or name in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"):
            del kept[name]
    return kept


def run(command, folder, watch=False):
    """Runs the command in the folder; with watch, samples its memory."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        peak, cpu = wait(process, start + LIMIT, watch)
        seconds = time.perf_counter() - start
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return Run(seconds, cpu, process.returncode, tools.verdict(text), text[-2000:], peak)


def wait(process, deadline, watch):
    """Waits for the end; returns the peak of memory in bytes (with watch) and the CPU seconds."""
    peak = 0
    while watch and process.returncode is None:
        peak = max(peak, tree_memory(process.pid))
        time.sleep(INTERVAL)
        reaped = reap(process, os.WNOHANG)
        if reaped is not None:
            return peak, reaped
        if time.perf_counter() > deadline:
            process.kill()
    return None, reap(process, 0)


def reap(process, flags):
    """The CPU seconds of the process and all that it waited for, once it has ended."""
    pid, status, usage = os.wait4(process.pid, flags)
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def tree_memory(root):
    """The proportional set size of a process and all of its descendants, in bytes."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            parent = parent_of(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry))
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        total += memory_of(pid)
        waiting += children.get(pid, [])
    return total


def parent_of(pid):
    try:
        stat = pathlib.Path("/proc", pid, "stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[1])


def memory_of(pid):
    try:
        lines = pathlib.Path("/proc", str(pid), "smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
