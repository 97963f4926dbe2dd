"""Signal handlers that are replaced for a while."""

import signal


def set_handler(number, handler):
    """Sets a signal handler, where that can be done; returns the one before."""
    try:
        return signal.signal(number, handler)
    except (TypeError, ValueError):  # a handler of C code; not the main thread
        return None
