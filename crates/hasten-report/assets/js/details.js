// One test: its times, its trend, what pytest said.

const PHASES = ["setup", "call", "teardown"];

const details = (() => {
  const panel = byId("details");
  let cameFrom = null;

  function phaseTable(attempt) {
    const cpu = attempts.cpu;
    const row = (name, micros, computed) =>
      el("tr", {}, el("td", {}, name), el("td", {}, duration(micros)), cpu ? el("td", {}, duration(computed)) : null);
    const rows = PHASES.map((phase, at) => row(phase, attempts[phase][attempt], cpu?.[at][attempt]));
    return el("table", {},
      el("thead", {}, el("tr", {}, ["phase", "time", ...(cpu ? ["processor"] : [])].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows, row("all", totals[attempt], cpuOf(attempt))));
  }

  function attemptPart(attempt, number, all) {
    const memoryOf = attempts.memory?.[attempt];
    const facts = [`on ${run.lanes[attempts.lane[attempt]]}`];
    if (attempts.start[attempt] !== null) facts.push(`${duration(attempts.start[attempt])} after the start of the run`);
    if (memoryOf) facts.push(`its worker had held up to ${memory(memoryOf)}`);
    const text = withText.has(attempt) ? byId(`text-${attempt}`).textContent : null;
    return el("div", { class: "attempt" },
      all > 1 ? el("h3", {}, `Attempt ${number + 1} of ${all}`) : null,
      el("p", { class: "state" }, mark(outcomeOf(attempt)),
        el("span", { class: `outcome ${classOf(outcomeOf(attempt))}` }, outcomeOf(attempt)), el("span", { class: "dim" }, facts.join(", "))),
      phaseTable(attempt),
      text ? el("h3", {}, "Output") : null,
      text ? el("pre", { tabindex: "0", "aria-label": "Output of pytest" }, text) : null);
  }

  // Fixtures that were set up or torn down while this test was.
  function fixturePart(test) {
    const { spans } = run;
    const of = [...spans.test.keys()].filter((at) => spans.test[at] === test);
    if (!of.length) return [];
    const rows = of.map((at) => el("tr", {}, el("td", { class: "nodeid" }, spans.fixtures[spans.fixture[at]]),
      el("td", {}, spans.teardown[at] === "1" ? "teardown" : "setup"), el("td", {}, duration(spans.seconds[at]))));
    return [el("h3", {}, "Fixtures"), el("table", {}, el("tbody", {}, rows))];
  }

  function trendPart(test) {
    const points = trendOf(test);
    const usual = tests.usual[test];
    if (points.length < 2) {
      return el("p", { class: "dim" }, "Only one run that is kept has this test: a trend needs two.");
    }
    const now = totals[tests.last[test]];
    const change = compared(now, usual);
    const bars = points.map((point) => ({ ...point,
      title: `Run ${point.run.id}, ${moment(point.run.when)}: ${point.outcome}, ${duration(point.micros)}` }));
    return el("div", {},
      usual ? el("p", { class: "dim" }, `Usually ${duration(usual)}, the median of earlier runs; now ${duration(now)}${change ? ` (${change})` : ""}.`) : null,
      barChart(`Times of this test in ${counted(points.length, "run")}`, bars, { width: 500, usual }));
  }

  function open(test, { focus = true } = {}) {
    if (panel.hidden) cameFrom = document.activeElement;
    const all = attemptsOf(test);
    const command = commandOf(test);
    const close = el("button", { type: "button", id: "close", title: "Close: Escape", "aria-label": "Close", onclick: hide }, "✕");
    const copyButton = el("button", { type: "button", id: "copy", onclick: (event) => copy(command, event.currentTarget) }, "Copy");
    panel.replaceChildren(
      el("div", { class: "bar" },
        el("h2", { id: "details-title" }, el("span", { class: "file" }, fileOf(test), tests.name[test] ? "::" : ""), tests.name[test]), close),
      el("div", { class: "copy" }, el("code", {}, command), copyButton),
      el("div", { class: "tools" },
        el("button", { type: "button", id: "to-timeline", onclick: () => { timeline.showTest(test); } }, "Show in the timeline")),
      ...all.map((attempt, number) => attemptPart(attempt, number, all.length)),
      ...fixturePart(test),
      el("h3", {}, "Trend"), trendPart(test));
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("with-details");
    timeline.select(tests.last[test]);
    table.markSelected(test);
    if (focus) panel.focus();
  }

  function hide() {
    if (panel.hidden) return;
    panel.hidden = true;
    document.body.classList.remove("with-details");
    timeline.select(null);
    table.markSelected(null);
    if (cameFrom?.isConnected) cameFrom.focus();
    else table.focus();
  }

  return { open, hide, panel };
})();
