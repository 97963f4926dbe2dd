"""Runs a command in a terminal of its own, and answers what it prints.

terminal.py COMMAND… ; the lines of stdin are `what to wait for\\twhat to type`. Prints what the command printed, and
its status.
"""

import os
import pty
import select
import sys
import time

answers = [line.encode().decode("unicode_escape").split("\t") for line in sys.stdin.read().splitlines()]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
typed = ""
printed, seen, deadline = "", 0, time.monotonic() + 60
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 1)[0]:
        # Python may have printed its prompt and not have begun to read: then it notices Ctrl-C with the next key only.
        if typed == "\x03":
            os.write(terminal, typed.encode())
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:  # the last process has left it
        break
    if not data:
        break
    printed = (printed + data.decode(errors="replace")).replace("\r\n", "\n")
    while answers and answers[0][0] in printed[seen:]:
        awaited, typed = answers.pop(0)
        seen = printed.index(awaited, seen) + len(awaited)
        os.write(terminal, typed.encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
print(printed)
print("unanswered:", answers)
print("status", os.waitstatus_to_exitcode(status))
