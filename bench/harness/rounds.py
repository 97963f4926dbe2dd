"""Rounds in which the tools take turns on one suite."""

import json
import subprocess

from . import environments, measure, processes, report
from .verdict import describe

# Ends what hangs: so many times plain pytest's time, at least LEAST seconds; OTHERWISE where it is not measured.
TIMES, LEAST, OTHERWISE = 10, 60, 600
# A suite that takes plain pytest more than LONG seconds is run at most LONG_ROUNDS times.
LONG, LONG_ROUNDS = 30, 3


class Bench:
    """One suite, the tools, and how long they may take."""

    def __init__(self, suite, chosen, options, temporary):
        # Plain pytest first: the limit of the others is measured by it.
        self.suite, self.options = suite, options
        self.chosen = sorted(chosen, key=lambda tool: tool.name != "pytest")
        self.variables = {
            tool.name: environments.variables(
                [*suite.additions, *([tool.addition] if tool.addition else [])], temporary
            )
            for tool in chosen
        }
        self.most_seconds, self.rounds = OTHERWISE, options.rounds
        if suite.name == "article" and options.full_article:
            self.rounds = 1
        # name -> the run in which it was killed; it is not tried again.
        self.hung = {}

    def run(self, tool, extra=(), watch=False):
        # The last -n counts, for every tool.
        command = [*tool.command, *extra, *self.suite.arguments]
        run = measure.run(
            command,
            self.suite.folder,
            self.variables[tool.name],
            self.most_seconds,
            watch=watch,
            resident=tool.resident,
        )
        if run.killed:
            self.hung[tool.name] = run
            self.options.say("  %-15s killed after %.0f s" % (tool.name, run.seconds))
        return run

    def warm_up(self):
        """One run of each, not counted: byte code is cached, and what the tools remember is there."""
        for tool in self.chosen:
            first = self.run(tool)
            self.options.say("  %-15s warm-up %7.2f s  %s" % (tool.name, first.seconds, describe(first.counts)))
            if tool.name == "pytest":
                self.most_seconds = max(LEAST, TIMES * first.seconds)
                if first.seconds > LONG:
                    self.rounds = min(self.rounds, LONG_ROUNDS)

    def times(self, before=lambda: None):
        """The cells of a row; before each run, `before` is called."""
        runs = {tool.name: [] for tool in self.chosen}
        for number in range(self.rounds):
            for offset in range(len(self.chosen)):
                tool = self.chosen[(number + offset) % len(self.chosen)]
                if tool.name not in self.hung:
                    before()
                    runs[tool.name].append(self.run(tool))
        for name, found in runs.items():
            if name in self.hung:
                runs[name] = [self.hung[name]]
            self.options.say("  %-15s " % name + " ".join("%.2f" % run.seconds for run in found))
        plain = runs.get("pytest")
        return {name: report.summarise(found, plain) for name, found in runs.items()}

    def cold_times(self):
        """The same without byte code of the suite, without what the tools remember, with nothing resident."""

        def before():
            processes.end()
            self.suite.cool()

        return self.times(before)

    def limit(self):
        """How far the measured runs of hasten were from what no plan can go below, as its history has them."""
        tool = next((tool for tool in self.chosen if tool.name == "hasten"), None)
        if tool is None or tool.name in self.hung:
            return None
        command = [tool.command[0], "plan", "--replay", "all", "--json"]
        output = subprocess.run(command, cwd=self.suite.folder, capture_output=True, text=True, check=False)
        if output.returncode != 0:
            self.options.say("  no lower limit: " + output.stderr.strip())
            return None
        # The newest first; the warm-up and runs of other benchmarks are older.
        return report.distance(json.loads(output.stdout)["runs"][: self.rounds])

    def memory(self, extra=(), only=None):
        """Peak memory of each tool, in MiB; that of a resident tool includes what it keeps running."""
        found = {}
        for tool in self.chosen:
            if tool.name in self.hung or (only and tool.name not in only):
                continue
            processes.end()
            if tool.resident:
                self.run(tool)
            found[tool.name] = report.mebibytes(self.run(tool, extra, watch=True).peak)
            self.options.say("  %-15s %7.0f MiB %s" % (tool.name, found[tool.name], " ".join(extra)))
        return found
