"""Why a process that has loaded a part of a suite must not be forked, apart from its identity."""

from hasten_worker.processes.shared_files import shared_files
from hasten_worker.processes.threads import unsafe_threads


def hazards(config):
    """Returns them as COLLECTED has them; who asks for forks by name has decided already."""
    if config.known_args_namespace.hasten_start_method == "fork":
        return []
    return unsafe_threads() + shared_files(config.rootpath)
