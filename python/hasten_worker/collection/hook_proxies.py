"""Hooks as a folder sees them, looked up once."""


def remember_hook_proxies(session):
    """Makes ``item.ihook`` cheap: pytest looks for the conftest files of a path each time."""
    original = session.gethookproxy
    conftests = session.config.pluginmanager._conftest_plugins
    known = {}
    size = len(conftests)

    def gethookproxy(fspath):
        nonlocal size
        if len(conftests) != size:
            known.clear()
            size = len(conftests)
        proxy = known.get(fspath)
        if proxy is None:
            proxy = known[fspath] = original(fspath)
        return proxy

    session.gethookproxy = gethookproxy
