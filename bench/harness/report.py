"""The table, and the same as JSON."""

import datetime
import json
import os
import pathlib
import platform
import statistics

from . import setup, tools


def machine(versions):
    """What it ran on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": cpu,
        "memory_gib": round(memory / 2**30, 1),
        "system": "%s %s" % (platform.system(), platform.release().partition("-")[0]),
        "python": platform.python_version(),
        **versions,
    }


def summarise(runs, plain_runs):
    """The figures of one tool on one suite."""
    seconds = [run.seconds for run in runs]
    median = statistics.median(seconds)
    good = runs[-1]
    plain = plain_runs[-1] if plain_runs else None
    cell = {
        "seconds": [round(value, 4) for value in seconds],
        "median": round(median, 4),
        "fastest": round(min(seconds), 4),
        "slowest": round(max(seconds), 4),
        "cpu_median": round(statistics.median(run.cpu for run in runs), 4),
        "status": sorted({run.status for run in runs}),
        "counts": good.counts,
    }
    if plain:
        cell["ratio"] = round(median / statistics.median(run.seconds for run in plain_runs), 4)
        cell["same_verdict"] = all(run.counts == plain.counts and run.status == plain.status for run in runs)
        if not cell["same_verdict"]:
            wrong = next(run for run in runs if run.counts != plain.counts or run.status != plain.status)
            cell["wrong"] = "%s, status %d" % (tools.describe(wrong.counts), wrong.status)
            cell["tail"] = anonymous(wrong.tail)
    return cell


def anonymous(text):
    """Without the names of this machine's folders."""
    return text.replace(str(setup.ROOT), "hasten").replace(os.path.expanduser("~"), "~")


def mebibytes(value):
    return round(value / 2**20, 1)


def times_table(results, names):
    """Seconds: median (fastest-slowest), ratio."""
    lines = ["| suite | verdict of plain pytest | " + " | ".join(names) + " |", "|---|---|" + "---:|" * len(names)]
    for suite, cells in results.items():
        row = []
        for name in names:
            cell = cells.get(name)
            if cell is None:
                row.append("")
                continue
            text = "%.2f (%.2f–%.2f)" % (cell["median"], cell["fastest"], cell["slowest"])
            if name != "pytest" and "ratio" in cell:
                text += " **%.2f×**" % cell["ratio"]
            if not cell.get("same_verdict", True):
                text += " ✗ " + cell["wrong"]
            row.append(text)
        plain = cells.get("pytest")
        said = tools.describe(plain["counts"]) if plain else ""
        lines.append("| %s | %s | %s |" % (suite, said, " | ".join(row)))
    return lines


def memory_table(memory, names):
    lines = ["| suite | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for suite, cells in memory.items():
        row = ["%.0f" % cells[name] if name in cells else "" for name in names]
        lines.append("| %s | %s |" % (suite, " | ".join(row)))
    return lines


def targets(results, memory):
    """What hasten set out to reach: (sentence, met)."""
    found = []
    for suite, cells in results.items():
        ratio = cells.get("hasten", {}).get("ratio")
        if ratio is None:
            continue
        if suite == "small":
            found.append(("small: at most half of plain pytest's time (%.2f×)" % ratio, ratio <= 0.5))
        else:
            found.append(("%s: never slower than plain pytest (%.2f×)" % (suite, ratio), ratio <= 1))
        found.append(("%s: plain pytest's verdict" % suite, cells["hasten"]["same_verdict"]))
    eight = memory.get("heavy, -n 8", {})
    if "hasten" in eight and "xdist" in eight:
        share = eight["hasten"] / eight["xdist"]
        found.append(("heavy, -n 8: at most a third of xdist's memory (%.2f×)" % share, share <= 1 / 3))
    return found


def write(folder, facts, options, results, memory, names):
    """Writes latest.md and latest.json; returns the Markdown."""
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    described = ", ".join("%s %s" % (key.replace("_", " "), value) for key, value in facts.items())
    lines = ["# hasten beside plain pytest, pytest-xdist and rstest", ""]
    lines += ["%s. %s." % (when, described), ""]
    lines += ["Seconds of the whole command: median of %d rounds (fastest–slowest)," % options["rounds"]]
    lines += ["and the ratio to plain pytest. ✗: not plain pytest's verdict.", "", *times_table(results, names), ""]
    if memory:
        lines += ["Peak memory, MiB of proportional set size over all processes:", "", *memory_table(memory, names), ""]
    reached = targets(results, memory)
    if reached:
        lines += ["Targets:", ""] + ["- [%s] %s" % ("x" if met else " ", text) for text, met in reached] + [""]
    text = "\n".join(lines)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.md").write_text(text, encoding="utf-8")
    data = {"when": when, "machine": facts, "options": options, "times": results, "memory_mib": memory}
    data["targets"] = [{"target": sentence, "met": met} for sentence, met in reached]
    (folder / "latest.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return text
