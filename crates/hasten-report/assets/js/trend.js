// The suite in the runs that are kept.

function prepareTrend() {
  const { runs, own } = run.trend;
  const place = byId("trend-chart");
  if (runs.length < 2) {
    place.replaceChildren(el("p", { class: "nothing" }, "Only this run is kept: a trend needs two."));
    return;
  }
  const failedIn = (each) => [...FAILURES].reduce((sum, code) => sum + each.outcomes[code], 0);
  const allIn = (each) => each.outcomes.reduce((sum, number) => sum + number, 0);
  const bars = runs.map((each, at) => ({
    micros: each.wall * 1e6, own: at === own, partly: !each.whole, outcome: failedIn(each) ? "failed" : "passed",
    title: `Run ${each.id}, ${moment(each.when)}: ${counted(allIn(each), "test")}, ${grouped(failedIn(each))} failed, ${duration(each.wall * 1e6)}`,
  }));
  const heads = ["run", "started", "tests", "failed", "wall time", "workers", "exit", "commit"];
  const rows = runs.map((each, at) => {
    const cells = [each.id, moment(each.when), grouped(allIn(each)), grouped(failedIn(each)), duration(each.wall * 1e6), each.workers, each.exit,
      each.commit?.slice(0, 12) ?? ""];
    return el("tr", { class: at === own ? "own" : null }, cells.map((cell) => el("td", {}, cell)));
  });
  const part = runs.some((each) => !each.whole) ? " Pale bars are runs that may have had a part of the tests only." : "";
  place.replaceChildren(
    barChart(`Wall time of ${counted(runs.length, "run")}`, bars, { width: Math.max(320, place.clientWidth), height: 160 }),
    el("p", { class: "dim" }, `Wall time of the last ${counted(runs.length, "run")}, the oldest first; ✗ had failures; framed: this run.${part}`),
    el("details", {}, el("summary", {}, "As a table"),
      el("div", { class: "scroll" }, el("table", { class: "runs" },
        el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, rows.reverse())))));
}
