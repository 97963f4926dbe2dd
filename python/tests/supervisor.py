"""A small supervisor in Python, which speaks the protocol as the native one does."""

import array
import ctypes
import json
import os
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hasten_worker.messages import records, wire

PACKAGE = Path(__file__).resolve().parent.parent / "hasten_worker"
SUBREAPER = 36


def become_subreaper():
    ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1, 0, 0, 0)


def memory(name, size=0):
    unnamed = os.memfd_create(name)
    # Opened a second time, it has one place for all who write to it at once.
    descriptor = os.open(f"/proc/self/fd/{unnamed}", os.O_RDWR)
    os.close(unnamed)
    os.ftruncate(descriptor, size)
    return descriptor


def watched():
    return [memory("journal", 1 << 20), memory("stacks")]


class Process:
    def __init__(self, role):
        self.role = role
        self.socket, self.theirs = socket.socketpair()
        self.received = bytearray()
        self.pid = None
        self.bye = None
        self.gone = False
        self.queue = deque()  # given to a worker and not finished
        self.chunk = []  # given last
        self.claims = 0  # how many of all it may have taken
        self.files = []
        self.identity = None
        self.collected = False
        self.runs = 0
        self.last = False

    def send(self, kind, payload=b"", descriptors=()):
        if isinstance(payload, dict):
            payload = json.dumps(payload).encode()
        frame = struct.pack("<IB", len(payload) + 1, kind) + payload
        ancillary = []
        if descriptors:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            sent = self.socket.sendmsg([frame], ancillary)
            self.socket.sendall(frame[sent:])
        except OSError:  # it has left
            pass

    def frames(self):
        try:
            data = self.socket.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:  # `learn_status` has read it meanwhile
            return
        except ConnectionResetError:  # it has left without reading everything
            data = b""
        if not data:
            self.gone = True
        self.received += data
        while len(self.received) >= 5:
            length, kind = struct.unpack_from("<IB", self.received)
            if len(self.received) < 4 + length:
                break
            yield kind, bytes(self.received[5 : 4 + length])
            del self.received[: 4 + length]


class Supervisor:
    """Runs one command line; afterwards its attributes tell what there was."""

    def __init__(
        self, args, cwd, *, python=sys.executable, workers=2, spawn=False, chunk=2, **more
    ):
        self.args = [str(arg) for arg in args]
        self.cwd = str(cwd)
        self.python = python
        self.worker_count = workers
        self.spawn = spawn
        self.chunk = chunk
        self.together = more.get("together", False)
        self.recall = more.get("recall", False)  # all but the first of each chunk
        self.farewell = more.get("farewell", wire.FINISH)
        self.keep = more.get("keep", False)  # the session keeps its workers as children
        self.kept = {}  # how these ended, by process
        self.waiting = []
        self.env = dict(os.environ, **more.get("env", {}))
        for name in ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_ADDOPTS"):
            if name not in more.get("env", {}):
                self.env.pop(name, None)
        self.stdout = more.get("stdout")
        self.notes = more.get("notes", ())
        self.timeout = more.get("timeout", 60)
        self.full_reports = more.get("full_reports")
        self.live_line = more.get("live_line")
        self.decide = more.get("decide", lambda settings: {})
        self.once = more.get("once")  # names of fixtures that are set up once, or None
        self.fixtures = {}  # of each key: who sets it up, who waits for that, what came of it
        self.told = []  # of fixtures: kind, key, data
        self.select = more.get("select")  # what to keep of the node ids that were collected
        self.asked = []
        self.processes = []
        self.settings = self.configured = self.collected = None
        self.unsafe = []  # why main did not fork the session
        self.by_item = {}
        self.taken_back = 0
        self.used = {}  # of each item: processor time of its phases, peak memory
        self.warnings = []
        self.stopped = []
        self.errors = []
        self.finals = {}
        self.idle = []
        self.log = []
        self.statuses = {}
        self.shown = 0
        self.sequence = 0
        self.end_sent = False
        self.exitstatus = None
        self.pending = deque()
        self.late = []  # reports of what was torn down after the last test
        self.steps = deque()  # of the end of fixtures: worker, key
        self.run_id = f"run{time.time_ns()}"

    # Processes.

    def add(self, role):
        process = Process(role)
        self.processes.append(process)
        self.selector.register(process.socket, selectors.EVENT_READ, process)
        return process

    def one(self, role):
        return next((each for each in self.processes if each.role == role), None)

    def workers(self):
        return [each for each in self.processes if each.role == "worker"]

    def identity(self, number):
        full = self.configured["full_reports"] if self.configured else True
        if self.full_reports is not None:
            full = self.full_reports
        return {
            "id": f"gw{number}",
            "count": self.worker_count,
            "testrunuid": self.run_id,
            "basetemp": self.configured and self.configured["basetemp"],
            "full_reports": full,
            "select": self.select is not None,
            "once": self.once,
        }

    def execute(self, process, role, descriptors=()):
        command = [self.python, str(PACKAGE), "--fd", str(process.theirs.fileno()), "--role", role]
        if descriptors:
            command += ["--fds", ",".join(map(str, descriptors))]
        popen = subprocess.Popen(
            command,
            cwd=self.cwd,
            env=dict(self.env, PYTEST_XDIST_TESTRUNUID=self.run_id),
            stdin=subprocess.DEVNULL,
            stdout=self.out_file,
            stderr=self.err_file,
            pass_fds=(process.theirs.fileno(), *descriptors),
        )
        process.theirs.close()
        process.popen = popen

    def fork(self, source, process, order, descriptors=()):
        source.send(wire.FORK, order, [process.theirs.fileno(), *descriptors])
        process.theirs.close()

    def start_worker(self, source):
        number = len(self.workers())
        worker = self.add("worker")
        worker.identity = self.identity(number)
        worker.files = [memory("journal", 1 << 20)]
        worker.files += map(memory, ("out", "err", "stacks", "log"))
        order = {"role": "worker", "worker": worker.identity, "keep": self.keep}
        if source is None:
            self.execute(worker, "worker", worker.files)
            worker.send(wire.FORK, dict(order, args=self.args))
        elif source.role == "base":
            self.fork(source, worker, dict(order, args=self.args), worker.files)
        else:
            worker.collected = True
            self.fork(source, worker, order, worker.files)
        return worker

    # The loop.

    def run(self):
        become_subreaper()
        self.out_file = self.stdout or os.fdopen(memory("stdout"), "r+b")
        self.err_file = os.fdopen(memory("stderr"), "r+b")
        self.selector = selectors.DefaultSelector()
        base = self.add("base")
        self.execute(base, "base")
        main = self.add("main")
        self.fork(base, main, {"role": "main", "args": self.args}, watched())
        deadline = time.monotonic() + self.timeout
        try:
            self.serve(deadline)
        finally:
            self.clean_up()
        if self.stdout is None:
            self.out_file.seek(0)
            self.out = self.out_file.read().decode(errors="surrogateescape")
        self.err_file.seek(0)
        self.err = self.err_file.read().decode(errors="surrogateescape")
        return self

    def serve(self, deadline):
        while not all(process.gone for process in self.processes):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still running: {self.describe()}")
            for key, _ in self.selector.select(1):
                process = key.data
                for kind, payload in process.frames():
                    self.handle(process, kind, payload)
                if process.gone:
                    self.selector.unregister(process.socket)
                    process.socket.close()
                    self.on_gone(process)
            self.reap()

    def describe(self):
        return [
            (p.role, p.pid, "gone" if p.gone else "alive", list(p.queue)) for p in self.processes
        ] + [self.log[-20:]]

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.statuses[pid] = os.waitstatus_to_exitcode(status)

    def clean_up(self):
        for process in self.processes:
            if process.pid and not process.gone:
                try:
                    os.kill(process.pid, signal.SIGKILL)
                except OSError:
                    pass
        # Main runs the suite's exit functions after it has left its channel.
        for process in self.processes:
            if process.pid and process.pid not in self.statuses:
                self.wait_for(process)
        self.reap()

    def wait_for(self, process):
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            if self.has_ended(process.pid) is not False:
                return
            time.sleep(0.002)
        where = Path(f"/proc/{process.pid}/wchan").read_text()
        os.kill(process.pid, signal.SIGKILL)
        raise TimeoutError(f"{process.role} has left its channel and did not end: it is in {where}")

    def has_ended(self, pid):
        """Whether a child of ours has, or None: another process has taken it, or has it still."""
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None
        if ended:
            self.statuses[pid] = os.waitstatus_to_exitcode(status)
        return bool(ended)

    def handle(self, process, kind, payload):
        self.log.append((process.role, process.identity and process.identity["id"], kind))
        if kind == wire.RECORDS:
            self.on_records(process, payload)
            return
        if kind == wire.WANT:
            self.on_want(process, struct.unpack("<I", payload)[0])
            return
        if kind == wire.ASK_INPUTS:
            process.send(wire.INPUTS, {})
            return
        if kind == wire.ASK_TERMINAL:
            process.send(wire.TERMINAL, {"granted": False})
            return
        if kind in (wire.ONCE_ASK, wire.ONCE_TELL, wire.ONCE_ENDED):
            self.on_once(process, kind, payload)
            return
        message = json.loads(payload)
        if kind == wire.SETTINGS:
            self.on_settings(process, message)
        elif kind == wire.SESSION:
            self.unsafe = message["unsafe"]
        else:
            self.handle_message(process, kind, message, payload)

    def handle_message(self, process, kind, message, payload):
        if kind == wire.HELLO:
            assert message["protocol"] == 1, message
            process.pid = message["pid"]
        elif kind == wire.ERROR:
            self.errors.append(message)
        elif kind == wire.CONFIGURED:
            if self.live_line is not None:
                assert message["live_line"] == self.live_line
            self.configured = message
            self.start_workers()
        elif kind == wire.COLLECTED:
            self.on_collected(process, message, payload)
        elif kind == wire.ITEMS:
            self.asked.append(message)
            keep = list(self.select([item[0] for item in message["items"]]))
            process.send(wire.SELECTION, {"keep": keep, "lines": ["selected"]})
        elif kind == wire.STOPPED:
            self.stopped.append(message)
            self.end(message)
        elif kind == wire.BYE:
            process.bye = message
            self.on_bye(process)
        elif kind == wire.ENDED:
            self.kept[message["pid"]] = os.waitstatus_to_exitcode(message["status"])
        elif kind == wire.IDLE:
            self.idle.append(message["seq"])

    def on_settings(self, main, settings):
        self.settings = settings
        distribute = settings["numprocesses"] != 0 and not settings["in_process"]
        if isinstance(settings["numprocesses"], int) and distribute:
            self.worker_count = settings["numprocesses"]
        self.spawn = self.spawn or settings["start_method"] == "spawn"
        decision = {"distribute": distribute, "session": distribute and not self.spawn}
        decision["worker"] = self.identity(0)
        decision["select"] = self.select is not None
        decision.update(self.decide(settings))
        if not decision["session"]:
            main.send(wire.DECISION, decision)
            return
        session = self.add("session")
        main.send(wire.DECISION, decision, [session.theirs.fileno(), *watched()])
        session.theirs.close()

    def on_collected(self, process, message, payload):
        process.collected = True
        if self.collected is not None:
            assert message["items"] == self.collected["items"]
            return
        self.collected = message
        if process.role == "main":
            return
        self.pending.extend(range(len(message["items"])))
        self.one("main").send(wire.COLLECTION, payload)
        for note in self.notes:
            self.one("main").send(wire.NOTE, note)
        self.start_workers()

    def nothing_to_run(self):
        collected = self.collected
        return collected["shouldstop"] or (
            collected["testsfailed"] and not collected["continue_on_errors"]
        )

    def start_workers(self):
        if self.configured is None or self.workers() or not self.settings_distribute():
            return
        if self.spawn or self.unsafe:
            source = None if self.spawn else self.one("base")
            for _ in range(self.worker_count):
                self.start_worker(source)
            return
        if self.collected is None or self.one("main").bye:
            return
        session = self.one("session")
        if self.nothing_to_run() or not self.collected["items"]:
            session.send(wire.EXIT)
            if not self.nothing_to_run():
                self.end({"kind": "done"})
            return
        source = session
        if self.collected["unsafe"]:
            self.unsafe = self.collected["unsafe"]
            session.send(wire.EXIT)
            source = self.one("base")
        for _ in range(self.worker_count):
            self.start_worker(source)

    def settings_distribute(self):
        return self.settings["numprocesses"] != 0 and not self.settings["in_process"]

    def on_want(self, worker, received):
        if self.recall and received == worker.runs:
            self.take_back(worker)
        if received != worker.runs or (worker.last and not self.pending) or self.end_sent:
            return
        if not self.together:
            self.feed(worker)
            return
        # Each worker is to get its part, so the first round begins when all have come.
        self.waiting.append(worker)
        if len(self.waiting) >= self.worker_count:
            self.together = False
            for each in self.waiting:
                self.feed(each)

    def feed(self, worker):
        chunk = [self.pending.popleft() for _ in range(min(self.chunk, len(self.pending)))]
        worker.queue.extend(chunk)
        worker.chunk = chunk
        worker.last = not self.pending and not (self.recall and len(chunk) > 1)
        if self.recall and chunk:
            worker.claims += 1
            os.pwrite(worker.files[0], struct.pack("<I", worker.claims + 1), 188)
        worker.runs += 1
        worker.send(wire.RUN, struct.pack(f"<B{len(chunk)}I", worker.last, *chunk))
        self.check_finished()

    def take_back(self, worker):
        """Of what a worker was sent last it has taken the first item, and nobody the others."""
        left = worker.chunk[1:]
        assert struct.unpack("<I", os.pread(worker.files[0], 4, 60)) == (worker.claims,)
        self.taken_back += len(left)
        self.pending.extendleft(reversed(left))
        for index in left:
            worker.queue.remove(index)
        worker.chunk = []

    # Fixtures that are set up once.

    def on_once(self, worker, kind, payload):
        if kind == wire.ONCE_ASK:
            key = payload[1:]
            fixture = self.fixtures.setdefault(key, {"by": worker, "waiting": [], "answer": None})
            if fixture["answer"] is not None:
                worker.send(wire.ONCE, fixture["answer"])
            elif fixture["by"] is worker:
                worker.send(wire.ONCE, b"\3")
            else:
                fixture["waiting"].append(worker)
        elif kind == wire.ONCE_TELL:
            said, _, length = struct.unpack_from("<BBI", payload)
            key, data = payload[6 : 6 + length], payload[6 + length :]
            self.told.append((said, key.decode(), data))
            self.on_once_told(worker, said, key, data)
        elif self.steps and self.steps[0] == (worker, payload):
            self.steps.popleft()
            self.end_fixtures()

    def on_once_told(self, worker, said, key, data):
        fixture = self.fixtures.get(key)
        if fixture is None or fixture["by"] is not worker:
            return
        if said == 3:
            del self.fixtures[key]
            for other in fixture["waiting"]:
                self.on_once(other, wire.ONCE_ASK, b"\0" + key)
            return
        fixture["answer"] = bytes([said]) + (b"" if said == 2 else data)
        for other in fixture["waiting"]:
            other.send(wire.ONCE, fixture["answer"])

    def end_fixtures(self):
        if self.steps:
            worker, key = self.steps[0]
            worker.send(wire.ONCE_END, key)
        else:
            for worker in self.workers():
                worker.send(self.farewell)

    def on_records(self, process, payload):
        self.note_used(payload)
        for record in records.unpack_all(payload):
            self.on_record(process, record)
        if process.role == "worker":
            self.show()
            self.check_finished()

    def note_used(self, payload):
        at = 0
        while at < len(payload):
            index, kind, *_, setup, call, teardown, memory, length = records.HEAD.unpack_from(
                payload, at
            )
            at += records.HEAD.size + length
            if kind in (records.FINISHED, records.PASSED):
                self.used[index] = (setup, call, teardown), memory

    def on_record(self, process, record):
        index, kind = record[0], record[1]
        if kind == records.LATE:
            self.late.append(record)
            return
        if index in self.finals and kind != records.WARNING:
            return
        self.by_item.setdefault(index, []).append(record)
        if kind in (records.FINISHED, records.PASSED):
            self.finals[index] = record
            if index in process.queue:
                process.queue.remove(index)

    def show(self, everything=False):
        """Sends whole items in pytest's order to main."""
        frame = b""
        while self.shown < len(self.collected["items"]):
            if self.shown not in self.finals and not everything:
                break
            for index, kind, outcome, flags, start, a, b, c, data in self.by_item.get(
                self.shown, ()
            ):
                frame += records.pack(index, kind, outcome, flags, start, (a, b, c), data)
            self.shown += 1
        if everything:
            for index, kind, outcome, flags, start, a, b, c, data in self.late:
                frame += records.pack(index, kind, outcome, flags, start, (a, b, c), data)
        if frame:
            self.sequence += 1
            self.one("main").send(wire.REPORTS, struct.pack("<I", self.sequence) + frame)

    def check_finished(self):
        if self.pending or len(self.finals) < len(self.collected["items"]) or self.end_sent:
            return
        if not all(worker.collected for worker in self.workers() if not worker.gone):
            return
        self.end_sent = True
        values = [key for key, each in self.fixtures.items() if (each["answer"] or b"\2")[0] == 0]
        owners = [worker for worker in self.workers() if self.owns(worker)]
        for key in reversed(values):
            own = self.fixtures[key]["by"]
            others = [worker for worker in owners if worker is not own]
            self.steps.extend((worker, key) for worker in [*others, own])
        self.end_fixtures()
        self.ending = {"kind": "done"}
        self.maybe_end_main()

    def owns(self, worker):
        return any(each["by"] is worker for each in self.fixtures.values())

    def end(self, message):
        if self.end_sent:
            return
        self.end_sent = True
        self.pending.clear()
        self.ending = message
        for worker in self.workers():
            os.pwrite(worker.files[0], struct.pack("<I", 1), 0)
            worker.send(wire.FINISH)
        self.maybe_end_main()

    def maybe_end_main(self):
        if not self.end_sent or self.one("main").bye or getattr(self, "main_told", False):
            return
        if all(worker.bye or worker.gone for worker in self.workers()):
            self.main_told = True
            if self.collected is not None:
                self.show(everything=True)
            if hasattr(self, "ending"):
                self.one("main").send(wire.END, self.ending)

    def on_bye(self, process):
        if process.role == "main":
            self.exitstatus = process.bye["exitstatus"]
            for role in ("session", "base"):
                if self.one(role):
                    self.one(role).send(wire.EXIT)
        else:
            self.maybe_end_main()

    def on_gone(self, process):
        if process.role == "worker" and not process.bye:
            self.on_crash(process)
        self.maybe_end_main()

    def learn_status(self, pid):
        """Waits until a worker has ended: our child soon, or the session's, which tells of it."""
        session = self.one("session")
        poll = select.poll()
        poll.register(session.socket, select.POLLIN)
        deadline = time.monotonic() + self.timeout
        while not self.has_ended(pid) and pid not in self.kept:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{pid} did not end: {self.describe()}")
            if session.gone:
                time.sleep(0.002)
            elif poll.poll(2):
                for kind, payload in session.frames():
                    self.handle(session, kind, payload)

    def on_crash(self, worker):
        # A worker whose channel a test has closed finishes its item first.
        if worker.pid not in self.statuses:
            self.learn_status(worker.pid)
        count = struct.unpack("<I", os.pread(worker.files[0], 4, 12))[0]
        for record in records.unpack_all(os.pread(worker.files[0], count, 192)):
            self.on_record(worker, record)
        item, phase = struct.unpack("<II", os.pread(worker.files[0], 8, 4))
        self.crashed = (item, phase, os.pread(worker.files[1], 1 << 20, 0))
        if item != records.NO_ITEM and item not in self.finals:
            nodeid = self.collected["items"][item][0]
            data = {
                "$report_type": "TestReport",
                "nodeid": nodeid,
                "location": [nodeid.split("::")[0], None, nodeid],
                "keywords": {},
                "outcome": "failed",
                "longrepr": f"{worker.identity['id']} crashed while running {nodeid!r}",
                "when": "call",
                "sections": [],
                "duration": 0,
                "user_properties": [],
            }
            payload = json.dumps(data).encode()
            for kind, content in ((records.VERDICT, payload), (records.FINISHED, b"")):
                record = records.pack(item, kind, 1, 2, payload=content)
                self.on_record(worker, next(records.unpack_all(record)))
        left = [index for index in worker.queue if index not in self.finals]
        self.pending.extendleft(reversed(left))
        worker.queue.clear()
        if not self.end_sent and self.pending:
            self.start_worker(self.one("session"))
        self.show()
        self.check_finished()


def outcomes(supervisor):
    """Returns ``{nodeid: [(when, outcome)…]}`` of what the workers or main recorded."""
    found = {}
    for index, sent in supervisor.by_item.items():
        if index == records.NO_ITEM:
            continue
        phases = found.setdefault(supervisor.collected["items"][index][0], [])
        for _, kind, _, _, _, _, _, _, data in sent:
            if kind == records.PASSED:
                phases.extend((when, "passed") for when in ("setup", "call", "teardown"))
            elif kind in (records.REPORT, records.VERDICT):
                report = json.loads(data)
                phases.append((report["when"], report["outcome"]))
    return found


if __name__ == "__main__":
    run = Supervisor(sys.argv[1:], os.getcwd(), workers=int(os.environ.get("WORKERS", "2")))
    try:
        run.run()
    finally:
        print(run.errors, run.stopped)
    print(run.out)
    print(run.err, file=sys.stderr)
    sys.exit(run.exitstatus)
