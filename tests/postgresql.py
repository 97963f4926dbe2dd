#!/usr/bin/env python3
"""A PostgreSQL server of its own for tests, on a Unix socket in a temporary folder, gone afterwards.

    tests/postgresql.py COMMAND...    runs it with such a server

The programs are Debian's (scripts/install-postgresql), or those in PATH. A server does not run as root, so root starts
it as another user.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

MISSING = "PostgreSQL is not installed: scripts/install-postgresql installs Debian's"


def programs():
    """The folder of initdb and pg_ctl, of the newest version; None where there is none."""
    debian = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: float(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return pathlib.Path(found).parent if found else None


def other_user():
    """Whom root starts a server as: Debian's user for it, else nobody."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("a PostgreSQL server does not run as root, and there is no user nobody")


@contextlib.contextmanager
def server():
    """Runs a server; gives the variables with which clients find it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hasten-pg-", dir="/tmp"))  # the name of a socket must be short
    options = {"cwd": folder, "stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    if os.geteuid() == 0:
        user = other_user()
        os.chown(folder, user.pw_uid, user.pw_gid)
        options.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    try:
        call(
            [
                "initdb",
                "--pgdata=data",
                "--username=tests",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            options,
        )
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
        call(
            ["pg_ctl", "start", "--pgdata=data", "--wait", "--timeout=60", "--log=log", f"--options={settings}"],
            options,
        )
        try:
            yield {"PGHOST": str(folder), "PGPORT": "5432", "PGUSER": "tests", "PGDATABASE": "postgres"}
        finally:
            call(["pg_ctl", "stop", "--pgdata=data", "--mode=fast"], options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def call(command, options):
    """Runs one of the programs; what it printed is shown if it failed."""
    name, *arguments = command
    # In a file: the server that pg_ctl starts would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([programs() / name, *arguments], **{**options, "stdout": output})
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{name} failed:\n{output.read().decode(errors='replace')}")


def main():
    if programs() is None:
        sys.exit(MISSING)
    with server() as variables:
        return subprocess.run(sys.argv[1:], env={**os.environ, **variables}).returncode


if __name__ == "__main__":
    sys.exit(main())
