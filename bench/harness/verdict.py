"""What a tool's closing line says."""

import re

WORDS = ["passed", "failed", "skipped", "xfailed", "xpassed", "error", "errors"]
# What pytest, hasten, xdist and rstest print, and rustest with signs before its counts.
CLOSING = re.compile(r"^[=✓✗⊘\s]*(?P<counts>\d+ [a-z].*?) in [\d.]+ ?(m?s\b|m ).*$")
KARVA = re.compile(r"^Summary \[\s*[\d.]+s\] \d+ tests? run: (?P<counts>\d+ [a-z].*)$")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def verdict(output):
    """The counts of the last closing line in what a tool printed, or None. None of a kind is not counted."""
    for line in reversed(CONTROL.sub("", output).splitlines()):
        match = CLOSING.match(line.strip()) or KARVA.match(line.strip())
        if match:
            counts = {}
            for number, word in re.findall(r"(\d+) ([a-z]+)", match["counts"]):
                if word in WORDS and int(number):
                    word = "errors" if word == "error" else word
                    counts[word] = counts.get(word, 0) + int(number)
            return counts
    return None


def describe(counts):
    """`909 passed, 1 skipped`."""
    if counts is None:
        return "no closing line"
    return ", ".join("%d %s" % (counts[word], word) for word in WORDS if counts.get(word)) or "no tests"
