"""Starts a thread: a fork would leave it behind."""

import threading

THREAD = threading.Thread(target=threading.Event().wait, daemon=True, name="the thread of the conftest")
THREAD.start()
