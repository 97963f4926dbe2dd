// What is under the pointer, in words beside it.

function tipWords({ stage, attempt, span }) {
  if (stage) return [el("span", {}, `${stage[0]}: ${duration(stage[2])}`)];
  const words = [];
  if (attempt !== undefined) {
    words.push(el("span", { class: "nodeid" }, nodeid(attempts.test[attempt])),
      el("span", { class: `outcome ${classOf(outcomeOf(attempt))}` }, outcomeOf(attempt)),
      ` in ${duration(totals[attempt])}: ${PHASES.map((phase) => `${phase} ${duration(attempts[phase][attempt])}`).join(", ")}`);
  }
  if (span !== undefined) {
    const what = run.spans.teardown[span] === "1" ? "teardown" : "setup";
    words.push(el("div", {}, `fixture ${run.spans.fixtures[run.spans.fixture[span]]}, ${what}: ${duration(run.spans.seconds[span])}`));
  }
  return words;
}

function hideTip() {
  byId("tip").hidden = true;
}

function showTip(x, y) {
  const tip = byId("tip");
  const found = picture.at(x, y);
  const words = tipWords(found);
  picture.canvas.classList.toggle("over", found.attempt !== undefined);
  tip.hidden = !words.length;
  if (tip.hidden) return;
  tip.replaceChildren(...words);
  const { width, height } = picture.size();
  tip.style.left = `${Math.max(4, Math.min(x + 14, width - tip.offsetWidth - 8))}px`;
  const below = y + 18 + tip.offsetHeight <= height;
  tip.style.top = `${Math.max(2, below ? y + 18 : y - tip.offsetHeight - 10)}px`;
}
