"""Why a process that has loaded a part of a suite must not be forked."""

from hasten_worker.processes.child_processes import child_processes
from hasten_worker.processes.identity import IdentityAudit
from hasten_worker.processes.shared_files import shared_files
from hasten_worker.processes.shared_memory import shared_memory
from hasten_worker.processes.streams import captured
from hasten_worker.processes.temporary import TemporaryNames
from hasten_worker.processes.threads import unsafe_threads


class Audit:
    """Watches while a suite is loaded, and looks at what that has left."""

    def __init__(self, absent=False):
        self._identity = IdentityAudit(absent)
        self._temporary = TemporaryNames()

    def start(self):
        """Begins to watch, before conftest files are loaded."""
        self._identity.start()
        self._temporary.start()

    def is_worker(self):
        """This process has the identity of a worker now."""
        self._identity.absent = False

    def stop(self):
        """Ends that: everything was collected."""
        self._identity.stop()
        self._temporary.stop()

    def hazards(self, config):
        """Returns them as COLLECTED has them; who asks for forks by name has decided on most."""
        found = self._identity.hazards()
        if config.known_args_namespace.hasten_start_method == "fork":
            return found
        root = config.rootpath
        found += unsafe_threads(root) + child_processes(root)
        found += shared_files(root, captured(config)) + shared_memory(root)
        return found + self._temporary.hazards(root)
