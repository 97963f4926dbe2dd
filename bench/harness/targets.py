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
# On these at most this part of the time of the fastest peer, also in cold rows.
OF_THE_BEST = {"requests": 0.6, "networkx": 0.95}
# The longest test of the article's sample, in seconds: a tenth, and full size. It may take a second more.
LONGEST = {False: 10, True: 100}
# On these the least busy core is busy for this share of the time, with history.
BUSY = {"networkx": 0.95}
# On these, faster than every peer that runs the tests by pytest's own code.
FASTEST = ("jinja2", "pluggy", "marshmallow", "attrs", "click", "babel", "networkx")


def targets(results, memory, real, full_article=False):
    """(sentence, met) of each; `real` are the names of the tools that run pytest's own code."""
    found = []
    for suite, cells in results.items():
        if "hasten" not in cells:
            continue
        own = cells["hasten"]
        found += beside_the_best(suite, cells, real)
        if suite.endswith(", cold"):
            continue
        if suite == "article":
            longest = LONGEST[full_article]
            sentence = "article: within a second of its longest test, %d s (%.2f s)" % (longest, own["median"])
            found.append((sentence, own["median"] <= longest + 1))
        if suite in BUSY and own.get("busy") is not None:
            sentence = "%s: both cores at least %.0f %% busy until the last second (%.0f %%)"
            found.append((sentence % (suite, 100 * BUSY[suite], 100 * own["busy"]), own["busy"] >= BUSY[suite]))
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


def beside_the_best(suite, cells, real):
    """The targets against the fastest of all peers, cold and warm."""
    wanted = OF_THE_BEST.get(suite.removesuffix(", cold"))
    names = rivals(cells, real)
    if wanted is None or not names or (suite.endswith(", cold") and suite.startswith("networkx")):
        return []
    best = min(names, key=lambda name: cells[name]["median"])
    ratio = cells["hasten"]["median"] / cells[best]["median"]
    sentence = "%s: at most %.2f of the time of the fastest peer (%.2f× of %s)" % (suite, wanted, ratio, best)
    return [(sentence, ratio <= wanted)]


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
