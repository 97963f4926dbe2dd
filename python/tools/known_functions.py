"""Writes hasten_worker/inspection/known_functions.py: hashes of what hasten was tested against.

    python tools/known_functions.py FOLDER...

A FOLDER holds wheels, as `pip download --no-deps` leaves them: of pytest, pytest-timeout and
hypothesis. Only versions that python/tests were run with belong there.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

FILES = (
    "assertion/__init__.py",
    "cacheprovider.py",
    "capture.py",
    "compat.py",
    "config/__init__.py",
    "faulthandler.py",
    "fixtures.py",
    "logging.py",
    "main.py",
    "mark/structures.py",
    "nodes.py",
    "nose.py",
    "python.py",
    "reports.py",
    "runner.py",
    "skipping.py",
    "stash.py",
    "threadexception.py",
    "timing.py",
    "tmpdir.py",
    "unittest.py",
    "unraisableexception.py",
    "warnings.py",
)
OTHERS = {
    "pytest_timeout": "pytest_timeout.py",
    "_hypothesis_pytestplugin": "_hypothesis_pytestplugin.py",
}
PACKAGE = Path(__file__).resolve().parent.parent / "hasten_worker"
TARGET = PACKAGE / "inspection" / "known_functions.py"
HEAD = '"""Which versions the fused path was tested with. Made by tools/known_functions.py."""\n'


def main(folders):
    known, others = {}, {name: {} for name in OTHERS}
    wheels = sorted(wheel for folder in folders for wheel in Path(folder).glob("*.whl"))
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        with zipfile.ZipFile(wheel) as archive:
            if name == "pytest":
                total = hashlib.sha256()
                for file in FILES:
                    path = f"_pytest/{file}"
                    content = archive.read(path) if path in archive.namelist() else b""
                    total.update(hashlib.sha256(content).digest())
                known.setdefault(total.hexdigest()[:32], []).append(version)
                continue
            for module, file in OTHERS.items():
                if file in archive.namelist():
                    found = hashlib.sha256(archive.read(file)).hexdigest()[:32]
                    others[module].setdefault(found, []).append(version)
    lines = [HEAD, "# Files of `_pytest` whose behaviour the path repeats.", "FILES = ("]
    lines += [f'    "{file}",' for file in FILES]
    lines += [")", "", "KNOWN = {"]
    lines += [f'    "{key}": "{" ".join(value)}",' for key, value in known.items()]
    lines += [
        "}",
        "",
        "# Plugins with nothing to do for the items that take the path.",
        "OTHERS = {",
    ]
    for module, found in others.items():
        lines.append(f'    "{module}": {{')
        lines += [f'        "{key}": "{" ".join(value)}",' for key, value in found.items()]
        lines.append("    },")
    lines += ["}", ""]
    TARGET.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
