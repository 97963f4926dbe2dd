"""The Python side of hasten: drives a real, unmodified pytest and says what happened.

Decisions are made by the supervisor, a native program at the other end of a socket. The
messages are described in ``docs/design/protocol.md``.

Only the standard library is used, and no module that pytest does not import for itself, so
that tests find the interpreter as plain pytest would leave it.
"""
