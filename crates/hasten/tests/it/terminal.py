"""Runs a command in a terminal of its own, and answers what it prints.

terminal.py COMMAND… ; the lines of stdin are `what to wait for<TAB>what to type`. Prints what the command printed, and
its status.
"""

import os
import pty
import select
import sys
import time

answers = [line.rstrip("\n").split("\t") for line in sys.stdin]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
printed, seen, deadline = "", 0, time.monotonic() + 60
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:  # the last process has left it
        break
    if not data:
        break
    printed += data.decode(errors="replace")
    if answers and answers[0][0] in printed[seen:]:
        _, typed = answers.pop(0)
        seen = len(printed)
        os.write(terminal, typed.encode().decode("unicode_escape").encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
print(printed.replace("\r\n", "\n"))
print("unanswered:", answers)
print("status", os.waitstatus_to_exitcode(status))
