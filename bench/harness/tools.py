"""The runners that are compared, and what their closing lines say."""

import re

WORDS = ["passed", "failed", "skipped", "xfailed", "xpassed", "error", "errors"]
CLOSING = re.compile(r"^=*\s*(?P<counts>\d+ [a-z].*?) in [\d.]+ ?m?s\b.*$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Tool:
    """How a runner is called."""

    def __init__(self, name, command):
        self.name, self.command = name, command


def tools(bin_folder, hasten):
    """All that are known, by name."""
    python = str(bin_folder / "python")
    rstest = [str(bin_folder / "rstest"), "--python", python]
    return {
        tool.name: tool
        for tool in [
            Tool("pytest", [str(bin_folder / "pytest")]),
            Tool("hasten", [str(hasten), "--python", python]),
            Tool("xdist", [str(bin_folder / "pytest"), "-n", "auto"]),
            Tool("rstest", rstest),
            Tool("rstest-fork", [*rstest, "--fork-pool"]),
        ]
    }


DEFAULT = ["pytest", "hasten", "xdist", "rstest"]


def verdict(output):
    """The counts of the last closing line in what a tool printed, or None."""
    for line in reversed(COLOUR.sub("", output).splitlines()):
        match = CLOSING.match(line.strip())
        if match:
            counts = {}
            for number, word in re.findall(r"(\d+) ([a-z]+)", match["counts"]):
                if word in WORDS:
                    word = "errors" if word == "error" else word
                    counts[word] = counts.get(word, 0) + int(number)
            return counts
    return None


def describe(counts):
    """`909 passed, 1 skipped`."""
    if not counts:
        return "no closing line"
    return ", ".join("%d %s" % (counts[word], word) for word in WORDS if counts.get(word))
