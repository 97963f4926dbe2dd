"""What hasten set out to reach, and whether a run of the benchmarks shows it."""

# suite -> the highest ratio to plain pytest; elsewhere hasten is never to be slower.
HIGHEST = {
    "one": 1.15,
    **dict.fromkeys(("small", "many"), 0.30),
    **dict.fromkeys(("jinja2", "pluggy", "marshmallow", "attrs", "click"), 0.75),
    **dict.fromkeys(("babel", "networkx"), 0.60),
}
# On these, half of the time of rstest, in whichever mode is fastest.
HALF_OF_RSTEST = ("small", "many")
# On these, faster than every peer that runs the tests by pytest's own code.
FASTEST = ("jinja2", "pluggy", "marshmallow", "attrs", "click", "babel", "networkx")


def targets(results, memory, real):
    """(sentence, met) of each; `real` are the names of the tools that run pytest's own code. Cold rows have none."""
    found = []
    for suite, cells in results.items():
        if suite.endswith(", cold") or "hasten" not in cells:
            continue
        own = cells["hasten"]
        if "ratio" in own:
            highest = HIGHEST.get(suite, 1)
            sentence = "%s: at most %.2f of plain pytest's time (%.2f×)" % (suite, highest, own["ratio"])
            found.append((sentence, own["ratio"] <= highest))
            found.append(("%s: plain pytest's verdict" % suite, own["same_verdict"]))
        peers = rivals(cells, real)
        if suite in HALF_OF_RSTEST:
            found += beside(suite, own, [name for name in peers if name.startswith("rstest")], cells, 0.5)
        if suite in FASTEST:
            found += beside(suite, own, peers, cells, 1)
    return found + memory_targets(memory)


def rivals(cells, real):
    """The peers that ran the suite as plain pytest does: another verdict is no rival."""
    return [
        name
        for name, cell in cells.items()
        if name in real and name not in ("pytest", "hasten") and cell.get("same_verdict", True)
    ]


def beside(suite, own, names, cells, share):
    """The target against the fastest of these, where there is one."""
    if not names:
        return []
    best = min(names, key=lambda name: cells[name]["median"])
    ratio = own["median"] / cells[best]["median"]
    wanted = "at most half of the time of rstest at its best" if share < 1 else "faster than every peer on real pytest"
    met = ratio <= share if share < 1 else ratio < 1
    return [("%s: %s (%.2f× of %s)" % (suite, wanted, ratio, best), met)]


def memory_targets(memory):
    eight = memory.get("heavy, -n 8", {})
    if "hasten" not in eight or "xdist" not in eight:
        return []
    share = eight["hasten"] / eight["xdist"]
    return [("heavy, -n 8: at most a third of xdist's memory (%.2f×)" % share, share <= 1 / 3)]
