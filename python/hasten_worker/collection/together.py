"""Which tests have marks that keep them together, or keep all others away."""


def together(items, marked):
    """Returns, for COLLECTED, the items of each ``xdist_group`` and those that are ``serial``."""
    groups, serial = {}, []
    for index in marked:
        item = items[index]
        name = _group(item)
        if name is not None:
            groups.setdefault(name, []).append(index)
        if item.get_closest_marker("serial") is not None:
            serial.append(index)
    return {"groups": groups, "serial": serial}


def _group(item):
    """Returns the name of an item's group, as pytest-xdist makes it of one or more marks."""
    names = set()
    for mark in item.iter_markers("xdist_group"):
        name = mark.args[0] if mark.args else mark.kwargs.get("name", "default")
        names.add(str(name).encode("utf-8", "backslashreplace").decode("utf-8"))
    return "_".join(sorted(names)) if names else None
