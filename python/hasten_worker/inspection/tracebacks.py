"""Internal errors: their texts without our own frames, and whose fault they are."""

import os
import re

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ENTRY = re.compile(r'^  File "([^"]*)", line \d+, in (.*)$')


def without_our_frames(text):
    """Returns a traceback as pytest prints it, as if no hook of ours had been around.

    The frame of pluggy's that resumes a hook wrapper goes with it.
    """
    if _OURS not in text:
        return text
    entries = [[]]
    for line in text.split("\n"):
        if _ENTRY.match(line) or (entries[-1] and not line.startswith("    ")):
            entries.append([])
        entries[-1].append(line)
    kept = []
    for entry in entries:
        match = _ENTRY.match(entry[0]) if entry else None
        if match and match.group(1).startswith(_OURS):
            before = _ENTRY.match(kept[-1][0]) if kept and kept[-1] else None
            if before and before.group(2) in ("_multicall", "run_old_style_hookwrapper"):
                kept.pop()
            continue
        kept.append(entry)
    return "\n".join(line for entry in kept for line in entry)


def is_ours(excinfo):
    """Whether an exception was raised by our own code, and not by somebody's that it called."""
    entry = getattr(excinfo, "tb", None)
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    return entry is not None and entry.tb_frame.f_code.co_filename.startswith(_OURS)
