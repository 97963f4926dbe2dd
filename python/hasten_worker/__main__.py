"""The first file that an interpreter runs. Any Python must be able to read it.

The supervisor starts ``python <folder>/hasten_worker --fd N --role base``; an interpreter that
is too old must still be able to say so through the socket, hence nothing newer than Python 2.7
up to the check of the version.
"""

import os
import struct
import sys

OLDEST = (3, 9)


def complain(arguments):
    """Sends an ERROR frame by hand: nothing of the package can be imported here."""
    version = "%d.%d.%d" % sys.version_info[:3]
    message = "Python %s is too old: hasten needs Python 3.9 or newer (%s)" % (
        version,
        sys.executable,
    )
    message = message.replace("\\", "\\\\").replace('"', '\\"')
    payload = ('{"kind": "old-python", "message": "%s", "detail": null}' % message).encode("utf-8")
    descriptor = int(arguments[arguments.index("--fd") + 1])
    os.write(descriptor, struct.pack("<IB", len(payload) + 1, 2) + payload)


def load():
    """Imports the package that this file belongs to, and leaves ``sys.path`` as pytest has it.

    Our own byte code may be cached whatever the user's settings are: the folder is ours.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    silent = sys.dont_write_bytecode
    sys.dont_write_bytecode = False
    sys.path[0] = os.path.dirname(package)
    try:
        import hasten_worker.entry
    finally:
        sys.dont_write_bytecode = silent
        # The `pytest` command is a script; Python puts the folder of a script first.
        sys.path[0] = os.path.dirname(sys.executable)
    return hasten_worker.entry


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        complain(sys.argv)
        sys.exit(1)
    sys.exit(load().main(sys.argv[1:]))
