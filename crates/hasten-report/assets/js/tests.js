// Search, outcomes and columns of the table of tests.

function prepareTests() {
  const last = (test) => tests.last[test];
  const timed = (name, of) => ({ id: name, title: name, className: null, cell: (test) => duration(of(last(test))), width: "5.9rem", big: true });
  const columns = [
    { id: "outcome", title: "outcome", className: "left", width: "7.5rem",
      cell: (test) => [mark(outcomeOf(last(test))), outcomeOf(last(test))] },
    { id: "name", title: "test", className: "left name", width: null,
      cell: (test) => el("span", { title: nodeid(test) }, tests.name[test], el("span", { class: "file" }, tests.name[test] ? "  " : "", fileOf(test))) },
    timed("total", (attempt) => totals[attempt]),
    timed("setup", (attempt) => attempts.setup[attempt]),
    timed("call", (attempt) => attempts.call[attempt]),
    timed("teardown", (attempt) => attempts.teardown[attempt]),
  ];
  if (attempts.cpu) columns.push({ ...timed("cpu", cpuOf), title: "processor", width: "6.6rem" });
  if (attempts.memory) {
    columns.push({ id: "memory", title: "memory", width: "6.1rem", big: true, cell: (test) => memory(attempts.memory[last(test)]) });
  }
  if (tests.usual.some((micros) => micros > 0)) {
    columns.push({ id: "change", title: "change", width: "5.7rem", big: true, cell: (test) => compared(totals[last(test)], tests.usual[test]) });
  }
  columns.push({ id: "worker", title: "worker", width: "5.4rem", cell: (test) => run.lanes[attempts.lane[last(test)]] });
  table.prepare(columns);

  const heads = columns.map((column) => {
    const button = el("button", { type: "button", "data-sort": column.id, onclick: () => sortBy(column) }, column.title);
    const head = el("th", { scope: "col", class: column.className?.includes("left") ? "left" : null, "aria-sort": "none" }, button);
    if (column.width) head.style.width = column.width;
    return head;
  });
  byId("heads").replaceChildren(...heads);

  function sortBy(column) {
    const { wanted } = filter;
    wanted.descending = wanted.column === column.id ? !wanted.descending : Boolean(column.big);
    wanted.column = column.id;
    heads.forEach((head, at) => {
      const sorted = columns[at].id === wanted.column;
      head.setAttribute("aria-sort", !sorted ? "none" : wanted.descending ? "descending" : "ascending");
    });
    update();
  }

  const chips = OUTCOMES.map((outcome, code) => {
    const number = tests.last.reduce((sum, attempt) => sum + (outcomeCodes[attempt] === code ? 1 : 0), 0);
    return number && el("button", { type: "button", class: classOf(outcome), "data-outcome": outcome, "aria-pressed": "false", onclick: () => toggle(code) },
      mark(outcome), `${outcome} ${grouped(number)}`);
  });
  byId("outcomes").replaceChildren(...chips.filter(Boolean));

  function toggle(code, only = false) {
    const { outcomes } = filter.wanted;
    if (only) outcomes.clear();
    if (!outcomes.delete(code)) outcomes.add(code);
    chips.forEach((chip, each) => chip && chip.setAttribute("aria-pressed", String(outcomes.has(each))));
    update();
  }

  function update() {
    const found = filter.found();
    byId("found").textContent = found.length === testCount
      ? counted(testCount, "test") : `${grouped(found.length)} of ${counted(testCount, "test")}`;
    table.show(found);
  }

  const search = byId("search");
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filter.wanted.text = search.value.trim().toLowerCase();
      update();
    }, testCount > 5000 ? 80 : 0);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      table.focus();
    }
  });
  // The numbers of the summary show their tests.
  for (const button of document.querySelectorAll(".count")) {
    button.addEventListener("click", () => {
      toggle(OUTCOMES.indexOf(button.dataset.outcome), true);
      byId("tests").scrollIntoView();
      table.focus();
    });
  }
  update();
}
