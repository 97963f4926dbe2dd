import os
import pathlib
import time

import pytest

RUNNING = pathlib.Path("running")


@pytest.fixture(autouse=True)
def running(request):
    """The files of those that run now; a benchmark is alone."""
    RUNNING.mkdir(exist_ok=True)
    own = RUNNING / str(os.getpid())
    own.touch()
    if "benchmark" not in request.fixturenames:
        time.sleep(0.02)
    yield lambda: [path.name for path in RUNNING.iterdir() if path != own]
    own.unlink()


def pytest_benchmark_update_json(config, benchmarks, output_json):
    output_json["seen"] = [(each.name, each["rounds"] > 0, each.extra_info) for each in benchmarks]
