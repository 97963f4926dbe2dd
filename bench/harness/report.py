"""The table, and the same as JSON."""

import datetime
import json
import os
import pathlib
import platform
import statistics

from .environments import ROOT
from .targets import targets
from .verdict import describe


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
    cell = {
        "seconds": [round(value, 4) for value in seconds],
        "median": round(median, 4),
        "fastest": round(min(seconds), 4),
        "slowest": round(max(seconds), 4),
        "cpu_median": round(statistics.median(run.cpu for run in runs), 4),
        "status": sorted({run.status for run in runs}),
        "counts": runs[-1].counts,
    }
    if plain_runs:
        plain = plain_runs[-1]
        cell["ratio"] = round(median / statistics.median(run.seconds for run in plain_runs), 4)
        wrong = next((run for run in runs if not run.says(plain)), None)
        cell["same_verdict"] = wrong is None
        if wrong:
            cell["wrong"] = said(wrong)
            cell["tail"] = anonymous(wrong.tail)
    return cell


def distance(runs):
    """Medians of recorded runs: the lower limit, what they took, what the planner would take now."""
    if not runs:
        return None
    limits = [run["limit"]["seconds"] for run in runs]
    return {
        "runs": len(runs),
        "workers": max(run["workers"] for run in runs),
        "limit": round(statistics.median(limits), 4),
        "because": runs[0]["limit"]["because"],
        **{
            name: round(statistics.median(run[name] / max(limit, 1e-6) for run, limit in zip(runs, limits)), 3)
            for name in ("took", "planned", "unplanned")
        },
    }


def distance_table(distances):
    """How far hasten's runs were from what no plan can go below."""
    lines = [
        "| suite | workers | lower limit, s | because of | took | planned | planned, knowing nothing |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    for suite, found in distances.items():
        cells = [str(found["workers"]), "%.3f" % found["limit"], "the " + found["because"].replace("-", " ")]
        cells += ["%.2f×" % found[name] for name in ("took", "planned", "unplanned")]
        lines.append("| %s | %s |" % (suite, " | ".join(cells)))
    return lines


def said(run):
    """The verdict of a run that is not plain pytest's."""
    return "killed" if run.killed else "%s, status %d" % (describe(run.counts), run.status)


def anonymous(text):
    """Without the names of this machine's folders."""
    return text.replace(str(ROOT), "hasten").replace(os.path.expanduser("~"), "~")


def mebibytes(value):
    return round(value / 2**20, 1)


def time_of(name, cell):
    """One cell of the table."""
    if cell is None:
        return ""
    if cell.get("wrong") == "killed":
        return "✗ killed after %.0f s" % cell["median"]
    text = "%.2f (%.2f–%.2f)" % (cell["median"], cell["fastest"], cell["slowest"])
    if name != "pytest" and "ratio" in cell:
        text += " **%.2f×**" % cell["ratio"]
    if not cell.get("same_verdict", True):
        text += " ✗ " + cell["wrong"]
    return text


def times_table(results, names):
    """Seconds: median (fastest-slowest), ratio."""
    lines = ["| suite | verdict of plain pytest | " + " | ".join(names) + " |", "|---|---|" + "---:|" * len(names)]
    for suite, cells in results.items():
        plain = cells.get("pytest")
        verdict = describe(plain["counts"]) if plain else ""
        row = [time_of(name, cells.get(name)) for name in names]
        lines.append("| %s | %s | %s |" % (suite, verdict, " | ".join(row)))
    return lines


def memory_table(memory, names):
    lines = ["| suite | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for suite, cells in memory.items():
        row = ["%.0f" % cells[name] if name in cells else "" for name in names]
        lines.append("| %s | %s |" % (suite, " | ".join(row)))
    return lines


def markdown(when, facts, options, results, memory, distances, reached):
    """The whole report."""
    names = list(options["tools"])
    described = ", ".join("%s %s" % (key.replace("_", " "), value) for key, value in facts.items())
    lines = ["# hasten beside plain pytest and other runners", ""]
    lines += ["%s. %s." % (when, described), ""]
    lines += ["Seconds of the whole command: median of %d rounds (fastest–slowest)," % options["rounds"]]
    lines += ["and the ratio to plain pytest. ✗: not plain pytest's verdict."]
    if any(suite.endswith(", cold") for suite in results):
        lines += ["Cold: without byte code of the suite, and without what the tools remember."]
    lines += ["", *times_table(results, names), ""]
    if memory:
        lines += ["Peak memory, MiB of proportional set size over all processes:", "", *memory_table(memory, names), ""]
    if distances:
        lines += ["How far hasten's runs were from the lower limit that no plan can go below: the"]
        lines += ["longest test, or each worker's share. From the first test to the last, as multiples of it: what"]
        lines += ["they took, and what the planner takes for the same tests when nothing else costs time."]
        lines += ["", *distance_table(distances), ""]
    if options["left_out"]:
        lines += ["Left out: " + "; ".join(options["left_out"]) + ".", ""]
    if reached:
        lines += ["Targets:", ""] + ["- [%s] %s" % ("x" if met else " ", text) for text, met in reached] + [""]
    return "\n".join(lines)


def write(folder, facts, options, results, memory, distances, real):
    """Writes latest.md and latest.json; returns the Markdown."""
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    reached = targets(results, memory, real)
    text = markdown(when, facts, options, results, memory, distances, reached)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.md").write_text(text, encoding="utf-8")
    data = {"when": when, "machine": facts, "options": options, "times": results}
    data.update(memory_mib=memory, lower_limit=distances)
    data["targets"] = [{"target": sentence, "met": met} for sentence, met in reached]
    (folder / "latest.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return text
