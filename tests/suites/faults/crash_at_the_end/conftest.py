"""Crashes the worker when its session ends."""

import os


def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        os.abort()
