import os
import sys

import pytest
from xprocess import ProcessStarter


@pytest.fixture(scope="module")
def server(xprocess):
    class Starter(ProcessStarter):
        pattern = "ready"
        args = (sys.executable, "-u", "-c", "import time; print('ready'); time.sleep(600)")
        timeout = 20
        terminate_on_interrupt = True

    name = "server-" + os.environ.get("PYTEST_XDIST_WORKER", "master")
    xprocess.ensure(name, Starter)
    yield xprocess.getinfo(name)
    xprocess.getinfo(name).terminate()
