"""What ``hasten verify`` puts into the runs that it compares with."""

import os
import pathlib
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "crates" / "hasten" / "python"


def test_plain_pytest_is_one_process_whatever_the_settings_say(tmp_path):
    pytest.importorskip("xdist")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -n 2 --dist loadgroup\n")
    (tmp_path / "test_a.py").write_text(
        "import os\ndef test_a(): assert 'PYTEST_XDIST_WORKER' not in os.environ\n"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "PYTHONPATH": str(FOLDER),
        "HASTEN_VERIFY_OUTPUT": str(tmp_path / "output"),
    }
    command = [sys.executable, "-m", "pytest", "-p", "hasten_verify_recorder", str(tmp_path)]
    for variables, status in (({"HASTEN_VERIFY_PLAIN": "1"}, 0), ({}, 1)):
        run = subprocess.run(
            command,
            env={**environment, **variables},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert run.returncode == status, run.stdout.decode()
