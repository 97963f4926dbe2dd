"""What decides which code a run loads, as far as it is known before that: the name of a decision.

A run that found that workers must not be forked is remembered for the next one with the same
words. They need not be exact: a run that knows of an earlier one looks again.
"""

import os
import sys

_INSTALLED = (".dist-info", ".egg-info", ".egg-link")
# Options of pytest that say which files are loaded, by their names in the namespace.
_LOADED = (
    "file_or_dir",
    "ignore",
    "ignore_glob",
    "lf",
    "plugins",
    "override_ini",
    "inifilename",
    "noconftest",
    "pyargs",
    "importmode",
    "confcutdir",
)


def environment(config, known):
    """Returns words that change when the interpreter, its packages or what is loaded do."""
    words = [sys.executable, str(config.invocation_params.dir)]
    words += [f"{name}={getattr(known, name, None)!r}" for name in _LOADED]
    return words + sorted(_installed())


def _installed():
    """Yields the names of installed packages with their versions, without reading a file."""
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:  # an archive, or not there
            continue
        for name in names:
            if name.endswith(_INSTALLED):
                yield name
