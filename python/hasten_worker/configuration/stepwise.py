"""pytest's ``--stepwise`` where workers run the tests.

Its plugin is at work in main, which sees reports in the order of collection and none beyond the
first that is missing. So it decides as in one process. What ran beyond the test at which it stops
is not shown, and runs again the next time.
"""

_NAME = "stepwiseplugin"


def is_on(config):
    """Whether the plugin is there; its options are complete when pytest is configured."""
    return config.pluginmanager.hasplugin(_NAME)


def leave_to_main(config):
    """Called where tests were collected, and left out: returns what the plugin knows then."""
    plugin = config.pluginmanager.get_plugin(_NAME)
    if plugin is None:
        return None
    config.pluginmanager.unregister(plugin)
    config.option.maxfail = 0  # of failures in the order of collection, too
    info = getattr(plugin, "cached_info", None)
    if info is None:  # before pytest 8.4
        return {"lastfailed": plugin.lastfailed}
    failed = info.last_failed
    return {
        "last_failed": None if failed is None else str(failed),
        "last_test_count": info.last_test_count,
    }


def tell(config, known, parse):
    """Called in main: its plugin has not collected. ``parse`` makes pytest's node id of a text."""
    plugin = config.pluginmanager.get_plugin(_NAME)
    if plugin is None or known is None:
        return
    if "lastfailed" in known:
        plugin.lastfailed = known["lastfailed"]
        return
    failed = known["last_failed"]
    plugin.cached_info.last_failed = None if failed is None else parse(failed)
    plugin.cached_info.last_test_count = known["last_test_count"]
