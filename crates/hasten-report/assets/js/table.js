// The table of tests. Only the rows that can be seen exist.

const ROW = 32;

const table = (() => {
  const box = byId("table-box");
  const body = byId("rows");
  let numbers = [];
  let columns = [];
  let active = 0;
  let first = -1;
  let behind = -1;
  let selected = null;

  const filler = (rows) => {
    const cell = el("td", { colspan: columns.length });
    cell.style.setProperty("--space", `${rows * ROW}px`);
    return el("tr", { class: "filler", "aria-hidden": "true" }, cell);
  };

  function row(at) {
    const test = numbers[at];
    return el("tr", { "aria-rowindex": at + 2, "data-at": at, tabindex: at === active ? "0" : "-1", "aria-selected": String(test === selected) },
      columns.map((column) => el("td", { class: column.className ?? null, role: "gridcell" }, column.cell(test))));
  }

  // Draws the rows around what can be seen.
  function draw(force) {
    const visible = Math.ceil(box.clientHeight / ROW) + 1;
    const begin = Math.max(0, Math.min(Math.floor(box.scrollTop / ROW) - 10, numbers.length - visible));
    const end = Math.min(numbers.length, begin + visible + 20);
    if (!force && begin === first && end === behind) return;
    first = begin;
    behind = end;
    const had = body.contains(document.activeElement);
    const rows = [];
    for (let at = begin; at < end; at += 1) rows.push(row(at));
    if (numbers.length === 0) {
      rows.push(el("tr", { class: "nobody" }, el("td", { colspan: columns.length }, "No test is like that.")));
    }
    body.replaceChildren(filler(begin), ...rows, filler(numbers.length - end));
    if (had) (rowAt(active) ?? box).focus({ preventScroll: true });
  }

  const rowAt = (at) => body.querySelector(`[data-at="${at}"]`);

  function show(found, { keep = false } = {}) {
    numbers = found;
    active = keep ? Math.min(active, Math.max(0, numbers.length - 1)) : 0;
    byId("table").setAttribute("aria-rowcount", numbers.length + 1);
    if (!keep) box.scrollTop = 0;
    draw(true);
  }

  function move(to) {
    if (!numbers.length) return;
    const before = rowAt(active);
    active = Math.max(0, Math.min(numbers.length - 1, to));
    const head = box.querySelector("thead").offsetHeight;
    const top = active * ROW;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW + head > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + head - box.clientHeight;
    draw(false);
    before?.setAttribute("tabindex", "-1");
    const now = rowAt(active);
    now?.setAttribute("tabindex", "0");
    now?.focus({ preventScroll: true });
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest("tr[data-at]")) return;
    const page = Math.max(1, Math.floor(box.clientHeight / ROW) - 2);
    const steps = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: numbers.length - 1 };
    if (event.key in steps) move(steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") details.open(numbers[active]);
    else return;
    event.preventDefault();
  }

  function onClick(event) {
    const at = event.target.closest("tr[data-at]")?.dataset.at;
    if (at === undefined) return;
    move(Number(at));
    details.open(numbers[active]);
  }

  function markSelected(test) {
    selected = test;
    for (const each of body.querySelectorAll("tr[data-at]")) {
      each.setAttribute("aria-selected", String(numbers[each.dataset.at] === test));
    }
  }

  function prepare(of) {
    columns = of;
    box.addEventListener("scroll", () => requestAnimationFrame(() => draw(false)), { passive: true });
    body.addEventListener("keydown", onKey);
    body.addEventListener("click", onClick);
    new ResizeObserver(() => draw(false)).observe(box);
  }

  return { prepare, show, markSelected, focus: () => move(active) };
})();
