import subprocess
import sys

server = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)


def pytest_unconfigure():
    server.kill()
    server.wait()
