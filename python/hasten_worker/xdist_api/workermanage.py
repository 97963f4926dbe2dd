"""``xdist.workermanage``: the class of workers, on the controller's side."""

from hasten_worker.terminal.nodes import Node as WorkerController

__all__ = ["WorkerController"]
