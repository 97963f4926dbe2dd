"""Which tests have marks that keep them together, or keep all others away."""


def together(items):
    """Returns, for COLLECTED, the items of each ``xdist_group`` and those that are ``serial``."""
    groups, serial = {}, []
    parent = inherits = None
    for index, item in enumerate(items):
        if item.parent is not parent:
            parent = item.parent
            inherits = any(_is_marked(node) for node in parent.listchain())
        if not inherits and not _is_marked(item):
            continue
        name = _group(item)
        if name is not None:
            groups.setdefault(name, []).append(index)
        if item.get_closest_marker("serial") is not None:
            serial.append(index)
    return {"groups": groups, "serial": serial}


def _is_marked(node):
    return any(mark.name in ("xdist_group", "serial") for mark in node.own_markers)


def _group(item):
    """Returns the name of an item's group, as pytest-xdist makes it of one or more marks."""
    names = set()
    for mark in item.iter_markers("xdist_group"):
        name = mark.args[0] if mark.args else mark.kwargs.get("name", "default")
        names.add(str(name).encode("utf-8", "backslashreplace").decode("utf-8"))
    return "_".join(sorted(names)) if names else None
