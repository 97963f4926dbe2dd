"""Which tests have marks that keep them together, or keep others away."""


def together(items, marked):
    """Returns, for COLLECTED, what marks say of items: groups, resources and the like."""
    groups, serial, resources, dependent = {}, [], {}, []
    isolated, not_isolated = [], []
    for index in marked:
        item = items[index]
        name = _group(item)
        if name is not None:
            groups.setdefault(name, []).append(index)
        if item.get_closest_marker("serial") is not None:
            serial.append(index)
        for name in _resources(item):
            resources.setdefault(name, []).append(index)
        depends = _depends(item)
        if depends is not None:
            dependent.append((index, *depends))
        isolates = _isolates(item)
        if isolates is not None:
            (isolated if isolates else not_isolated).append(index)
    return {
        "groups": groups,
        "serial": serial,
        "resources": resources,
        "dependent": dependent,
        "isolated": isolated,
        "not_isolated": not_isolated,
    }


def _group(item):
    """Returns the name of an item's group, as pytest-xdist makes it of one or more marks."""
    names = set()
    for mark in item.iter_markers("xdist_group"):
        name = mark.args[0] if mark.args else mark.kwargs.get("name", "default")
        names.add(_readable(str(name)))
    return "_".join(sorted(names)) if names else None


def _resources(item):
    """Returns the names that ``resource`` marks have. What is no text is another suite's mark."""
    marks = item.iter_markers("resource")
    return {_readable(name) for mark in marks for name in mark.args if isinstance(name, str)}


def _isolates(item):
    """Returns whether the nearest ``isolate`` mark is on, or None without one."""
    mark = item.get_closest_marker("isolate")
    if mark is None:
        return None
    on = mark.args[0] if mark.args else mark.kwargs.get("on", True)
    return on is not False


def _depends(item):
    """Returns scope and names of pytest-dependency's mark, or None without one."""
    mark = item.get_closest_marker("dependency")
    if mark is None:
        return None
    depends = mark.kwargs.get("depends") or ()
    if isinstance(depends, str):
        depends = (depends,)
    try:
        names = [_readable(name) for name in depends if isinstance(name, str)]
    except TypeError:
        names = []
    return str(mark.kwargs.get("scope", "module")), names


def _readable(text):
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
