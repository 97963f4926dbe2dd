"""What tests/compare, tests/compatibility and tests/plugins/compare have in common."""

import dataclasses
import os
import pathlib
import shlex
import subprocess

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent
SUITES = TESTS / "suites"
CACHE = pathlib.Path(os.environ.get("HASTEN_SUITES") or ROOT / ".cache" / "suites").resolve()
HASTEN = ROOT / "target" / "release" / "hasten"
COMPATIBILITY = "compatibility"  # when: for tests/compatibility alone


@dataclasses.dataclass
class Suite:
    """A line of tests/suites/real.tsv."""

    name: str
    version: str
    sha256: str
    needs: str
    words: str
    when: str
    note: str = ""

    @property
    def package(self):
        """A large suite has several lines: `NAME` and `NAME:PART`."""
        return self.name.partition(":")[0]

    @property
    def folder(self):
        return CACHE / self.package / "src"

    @property
    def arguments(self):
        return shlex.split(self.words)


def real_suites():
    """All suites that nobody of this project wrote."""
    lines = (SUITES / "real.tsv").read_text(encoding="utf-8").splitlines()
    return [Suite(*line.split("\t")) for line in lines if line.strip() and not line.startswith("#")]


def environment(*prefixes, **values):
    """Ours, without the variables that would change what tests see."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", *prefixes))}
    return {**kept, **values}


def verify(hasten, python, folder, arguments, stderr=subprocess.STDOUT, without=(), timeout=None):
    """Runs `hasten verify`; `without` has prefixes of further variables that it does not get."""
    return subprocess.run(
        [hasten, "verify", "--python", python, *arguments],
        cwd=folder,
        env=environment(*without),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        timeout=timeout,
    )


def _bounds(page, first):
    """Where the table is that begins with this cell."""
    begin = page.index(f"| {first} |")
    return begin, page.index("\n\n", begin)


def read_table(path, first):
    """The rows of the table of a page that begins with this cell, each a list of cells, without the head."""
    page = path.read_text(encoding="utf-8")
    begin, end = _bounds(page, first)
    return [line[2:-2].split(" | ") for line in page[begin:end].split("\n")[2:]]


def write_table(path, rows):
    """Puts these rows, each a list of cells, in the place of the table of a page that begins with the same cell."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    page = path.read_text(encoding="utf-8")
    begin, end = _bounds(page, rows[0][0])
    path.write_text(page[:begin] + "\n".join(lines) + page[end:], encoding="utf-8")
