"""Threads that no Python code has started: whose they are."""

import importlib.metadata
import os
import struct
import sys
import types

from hasten_worker.processes.holders import is_a, modules_of_project

_WORD = struct.Struct("N")
# So much of a stack is looked at.
_STACK = 8192
# Their functions are at the top and at the bottom of every stack.
_EVERYBODYS = ("libc.", "libc-", "libpthread", "libstdc++", "ld-", "[", "linux-vdso", "python")


def describe(tids, rootpath):
    """Returns a cause for these threads: their number, the libraries, and who imports them."""
    plural = "s" if len(tids) != 1 else ""
    text = f"{len(tids)} native thread{plural}"
    code = _code()
    libraries = sorted({library for tid in tids if (library := _library(tid, code))})
    if not libraries:
        return f"{text} not started by Python"
    packages = sorted({package for package in map(_package, libraries) if package})
    files = ", ".join(os.path.basename(library) for library in libraries)
    text += f" of {' and '.join(packages)} ({files})" if packages else f" of {files}"
    importer = _importer(packages, str(rootpath))
    return f"{text}, which {importer} imports" if importer else text


def _library(tid, code):
    """Returns the file of the innermost function of a thread that is not everybody's, or None."""
    try:
        with open(f"/proc/self/task/{tid}/syscall", encoding="utf-8") as file:
            words = file.read().split()
        stack = int(words[-2], 16)
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            data = os.pread(memory.fileno(), _STACK, stack)
    except (OSError, ValueError, IndexError):  # it runs now, has ended, or may not be looked at
        return None
    for (address,) in _WORD.iter_unpack(data[: len(data) // _WORD.size * _WORD.size]):
        for begin, end, name in code:
            if begin <= address < end:
                return name
    return None


def _code():
    """Returns where in memory the code of libraries is: begin, end, file."""
    found = []
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
    except OSError:
        return found
    for line in lines:
        parts = line.split(maxsplit=5)
        if len(parts) < 6 or "x" not in parts[1]:
            continue
        name = parts[5].strip()
        if not os.path.basename(name).startswith(_EVERYBODYS):
            begin, end = (int(part, 16) for part in parts[0].split("-"))
            found.append((begin, end, name))
    return found


def _package(library):
    """Returns the installed package that a library is a part of, or None."""
    for folder in ("site-packages", "dist-packages"):
        _, found, rest = library.partition(f"/{folder}/")
        if found:
            return rest.partition("/")[0].partition(".")[0]
    return None


def _importer(packages, rootpath):
    """Names a file of the project that has imported one of them."""
    names = set(packages).union(*map(_modules, packages))
    wanted = [sys.modules[name] for name in names if name in sys.modules]
    for module, path in modules_of_project(rootpath):
        for value in list(vars(module).values()):
            # A class or a function that was imported from it belongs to it, too.
            name = getattr(type(value), "__module__", None)
            if is_a(value, (type, types.FunctionType)):
                name = value.__module__
            root = name.partition(".")[0] if isinstance(name, str) else None
            if root in names or any(value is each for each in wanted):
                return path
    return None


def _modules(distribution):
    """Returns the names of what an installed distribution lets import."""
    try:
        files = importlib.metadata.distribution(distribution).files
    except importlib.metadata.PackageNotFoundError:
        return set()
    return {file.parts[0] for file in files or () if file.parts[0] in sys.modules}
