"""Names something after the worker when it is configured."""


def pytest_configure(config):
    config.named_after = getattr(config, "workerinput", {"workerid": "master"})["workerid"]
