"""A plugin that writes down all that collection knows of each item; SHORTCUTS=1 uses them."""

import json
import os

import pytest

from hasten_worker.collection.shortcuts import Shortcuts


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_collection():
    if not os.environ.get("SHORTCUTS"):
        yield
        return
    shortcuts = Shortcuts()
    made = []
    with shortcuts:
        original = shortcuts.items_of

        def items_of(collector, name, function):
            functions = shortcuts._functions.get(collector)
            if functions and functions.make(name, function) is not None:
                made.append(name)
            return original(collector, name, function)

        shortcuts.items_of = items_of
        yield
    with open("made.json", "w", encoding="utf-8") as file:
        json.dump(made, file)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    with open(os.environ["ITEMS"], "w", encoding="utf-8") as file:
        json.dump([_describe(item) for item in session.items], file, indent=1)


def _describe(item):
    found = [repr(item), item.nodeid, repr(item.location), [repr(m) for m in item.own_markers]]
    found.append(sorted(f"{key}={item.keywords[key]!r}" for key in _stable(item.keywords)))
    found.append([repr(node) for node in item.listchain()])
    info = getattr(item, "_fixtureinfo", None)
    if info is not None:
        found.append([list(info.argnames), list(info.initialnames), list(info.names_closure)])
        found.append(
            {
                name: [
                    f"{each.argname} {each.scope} {each.baseid} {each.func.__qualname__}"
                    for each in defs
                ]
                for name, defs in info.name2fixturedefs.items()
            }
        )
        found.append([item.fixturenames is info.names_closure, item.originalname])
    spec = getattr(item, "callspec", None)
    if spec is not None:
        found.append([spec.id, repr(spec.params)])
    found.append(sorted(set(vars(item)) - {"_obj"}))
    return found


def _stable(keywords):
    return [key for key in keywords if not key.startswith("_hypothesis")]
