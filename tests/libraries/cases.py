"""What is tried of each library: a suite, and what hasten is expected to do with it."""

import dataclasses

FORKS = "workers are forked"
LOADS = "each worker loads and collects for itself"


@dataclasses.dataclass
class Case:
    """A suite that uses a library, or a part of Python, while it is loaded."""

    name: str  # of the folder below `suites`
    what: str  # for the table
    does: str
    why: str
    line: str = ""  # a part of the line that names the reason
    distribution: str = ""  # none: Python's own
    postgresql: bool = False
    heavy: bool = False  # not a part of `make test`


CASES = (
    Case(
        "thread",
        "a thread, started at import",
        LOADS,
        "a forked worker would have its locks, but not the thread",
        line="a fork would lose thread 'server' of background.py: server (background.serve)",
    ),
    Case(
        "queue_listener",
        "`logging.handlers.QueueListener`",
        LOADS,
        "its thread",
        line="of conftest.py: listener (logging.handlers.QueueListener._monitor)",
    ),
    Case(
        "thread_pool",
        "`ThreadPoolExecutor`, used at import",
        LOADS,
        "its threads wait for work; forked workers would have none of them",
        line="thread 'ThreadPoolExecutor-0_0' of test_thread_pool.py: pool",
    ),
    Case("thread_pool_idle", "`ThreadPoolExecutor`, not used before the tests", FORKS, "it has no thread yet"),
    Case(
        "process_pool",
        "`ProcessPoolExecutor`",
        LOADS,
        "its pipes and locks are there before it is used, and its processes would answer any worker",
        line="test_process_pool.py: pool holds a pipe",
    ),
    Case(
        "pool",
        "`multiprocessing.Pool`",
        LOADS,
        "its threads, its pipes, and processes that are not the children of a forked worker",
        line="of test_pool.py: pool (multiprocessing.pool.",
    ),
    Case(
        "multiprocessing_queue",
        "`multiprocessing.Queue`, `SimpleQueue`, `Pipe`",
        LOADS,
        "what one worker puts another would get",
        line="test_multiprocessing_queue.py: queue holds a pipe",
    ),
    Case(
        "multiprocessing_value",
        "`multiprocessing.Value`, `Array`, `Event`, `Lock`, an anonymous `mmap`",
        LOADS,
        "the memory is that of all forked processes",
        line="test_multiprocessing_value.py: counter holds memory that processes share",
    ),
    Case(
        "process",
        "a child process (`subprocess`, `multiprocessing`)",
        LOADS,
        "a forked worker can neither wait for it nor ask whether it lives",
        line="conftest.py: server holds the process",
    ),
    Case(
        "asyncio_loop",
        "an asyncio loop",
        LOADS,
        "the kernel's list of what it waits for (epoll) and the socket that wakes it would be those of all workers",
        line="test_asyncio_loop.py: loop holds",
    ),
    Case(
        "open_file",
        "a file or archive that is open to be read",
        FORKS,
        "each worker opens it anew at the same place; of a fork alone all workers would have one place",
    ),
    Case(
        "temporary_folder",
        "`tempfile.mkdtemp()` and the like",
        LOADS,
        "forked workers would have one folder, and the first that ends might remove it",
        line="test_temporary_folder.py:8 has made /",
    ),
    Case(
        "worker_id",
        "a conftest file that reads the worker's id",
        LOADS,
        "forked workers would all have the answer that main got",
        line="conftest.py:3 reads PYTEST_XDIST_WORKER",
    ),
    Case(
        "sqlite",
        "an open SQLite database",
        LOADS,
        "its locks belong to the process that opened it",
        line="test_sqlite.py: database holds an open SQLite database",
    ),
    Case(
        "sqlite_new",
        "an SQLite database that is still empty",
        LOADS,
        "the same",
        line="test_sqlite_new.py: database holds an open SQLite database (new.db)",
    ),
    Case("sqlite_memory", "SQLite in memory", FORKS, "each worker has a copy, as of any other object"),
    Case(
        "psycopg",
        "a connection of psycopg 3",
        LOADS,
        "what workers ask and are answered would be mixed up",
        line="database.py: connection holds a connection (",
        distribution="psycopg",
        postgresql=True,
    ),
    Case(
        "psycopg2",
        "a connection of psycopg2",
        LOADS,
        "the same",
        line="database.py: connection holds a connection (",
        distribution="psycopg2-binary",
        postgresql=True,
    ),
    Case(
        "sqlalchemy_postgresql",
        "an engine of SQLAlchemy with a connection to PostgreSQL in its pool",
        LOADS,
        "the connection, also when nobody uses it any more",
        line="app/database.py: engine holds a connection (",
        distribution="SQLAlchemy",
        postgresql=True,
    ),
    Case(
        "sqlalchemy_sqlite",
        "an engine of SQLAlchemy with a connection to a file of SQLite",
        LOADS,
        "the same",
        line="conftest.py: engine holds an open SQLite database (app.db)",
        distribution="SQLAlchemy",
    ),
    Case(
        "sqlalchemy_memory",
        "an engine of SQLAlchemy on SQLite in memory",
        FORKS,
        "each worker has a copy",
        distribution="SQLAlchemy",
    ),
    Case(
        "sqlalchemy_lazy",
        "an engine of SQLAlchemy that has not connected yet",
        FORKS,
        "there is nothing to share",
        distribution="SQLAlchemy",
        postgresql=True,
    ),
    Case(
        "grpc",
        "a server and a channel of gRPC",
        LOADS,
        "their threads, connections and event loops",
        line="thread",
        distribution="grpcio",
    ),
    Case(
        "grpc_fixture",
        "gRPC imported, server and channel in fixtures",
        FORKS,
        "nothing is there before the fork",
        distribution="grpcio",
    ),
    Case(
        "numpy",
        "numpy, computing with the threads of OpenBLAS at import",
        FORKS,
        "OpenBLAS ends its threads before a fork, and starts them again when they are needed",
        distribution="numpy",
    ),
    Case(
        "matplotlib",
        "matplotlib (Agg), drawing at import",
        FORKS,
        "no thread; each worker opens the files of fonts anew",
        distribution="matplotlib",
    ),
    Case(
        "numba",
        "numba, functions with `cache=True` and `parallel=True`",
        FORKS,
        "it compiles and starts threads when a function is called first",
        distribution="numba",
        heavy=True,
    ),
    Case(
        "numba_parallel",
        "numba, computing in parallel at import (with its own work queue)",
        LOADS,
        "its threads are lost in a fork; with TBB, which ends its threads before, workers are forked",
        line="of numba (workqueue.",
        distribution="numba",
        heavy=True,
    ),
    Case(
        "openmp",
        "scikit-learn, computing with OpenMP at import",
        LOADS,
        "libgomp would wait for ever for threads that a fork has lost",
        line="libgomp-",
        distribution="scikit-learn",
        heavy=True,
    ),
    Case("torch", "torch, imported", FORKS, "it has no thread yet", distribution="torch", heavy=True),
    Case(
        "torch_used",
        "torch, computing at import",
        LOADS,
        "its threads (OpenMP) are lost in a fork",
        line="libgomp",
        distribution="torch",
        heavy=True,
    ),
    Case(
        "qt",
        "a `QApplication` (PySide6, offscreen), made at import",
        LOADS,
        "its threads, pipes and event descriptors",
        line="",
        distribution="PySide6-Essentials",
        heavy=True,
    ),
    Case(
        "qt_fixture",
        "a `QApplication` in a fixture",
        FORKS,
        "nothing is there before the fork",
        distribution="PySide6-Essentials",
        heavy=True,
    ),
)
