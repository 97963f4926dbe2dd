import os
import subprocess
import sys


def size(number):
    if number > 3:
        return "big"
    return "small"


def search(numbers, wanted):
    position = 0
    while position < len(numbers):
        if numbers[position] == wanted:
            return True
        position += 1
    return False


def never():
    return "not run"


def child():
    return subprocess.run([sys.executable, "-c", "import package; package.in_a_child()"], check=True)


def in_a_child():
    return os.getpid()


AT_IMPORT = [size(number) for number in range(2)]
