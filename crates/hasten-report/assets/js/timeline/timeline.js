// The timeline: draws it, and listens.

const timeline = (() => {
  const canvas = byId("lanes");
  const context = canvas.getContext("2d");
  const tip = byId("tip");
  const view = timeWindow(runBegin, runEnd);
  const AXIS = 26;
  const STAGES = run.stages.length ? 24 : 0;
  const LANE = lanes.length > 24 ? 18 : lanes.length > 8 ? 26 : 36;
  const LABEL = 56;
  const height = AXIS + STAGES + lanes.length * LANE + 8;
  let width = 600;
  let colours = null;
  let waiting = false;
  let selected = null;
  let cursor = null;

  const scale = () => (width - LABEL) / view.now.length;
  const xOf = (at) => LABEL + (at - view.now.start) * scale();
  const timeAt = (x) => view.now.start + (x - LABEL) / scale();
  const laneTop = (at) => AXIS + STAGES + at * LANE + 5;
  const laneAt = (y) => Math.floor((y - AXIS - STAGES) / LANE);

  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }

  function fit() {
    width = Math.max(240, canvas.parentElement.clientWidth);
    const sharp = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    canvas.style.height = `${height}px`;
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    redraw();
  }

  function draw() {
    colours ??= palette(context);
    context.clearRect(0, 0, width, height);
    drawAxis();
    context.save();
    context.beginPath();
    context.rect(LABEL, AXIS, width - LABEL, height);
    context.clip();
    drawStages();
    lanes.forEach(drawLane);
    context.restore();
    drawLabels();
  }

  function drawAxis() {
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const [at, words] of ticks(view.now.start, view.now.length, width / (view.now.start > 6e7 ? 150 : 110))) {
      const x = Math.round(xOf(at)) + 0.5;
      context.fillStyle = colours.line;
      context.fillRect(x, 16, 1, height);
      context.fillStyle = colours.dim;
      context.fillText(words, x + 4, 11);
    }
  }

  function drawLabels() {
    context.fillStyle = colours.surface;
    context.fillRect(0, AXIS, LABEL, height);
    context.font = "600 12px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillStyle = colours.dim;
    if (STAGES) context.fillText("run", 12, AXIS + STAGES / 2);
    context.fillStyle = colours.text;
    lanes.forEach((lane, at) => context.fillText(lane.name, 12, laneTop(at) + LANE / 2 - 3));
  }

  function drawStages() {
    run.stages.forEach(([name, start, length], at) => {
      const x = xOf(start);
      const wide = Math.max(1, length * scale());
      if (x > width || x + wide < LABEL) return;
      context.globalAlpha = at % 2 ? 0.35 : 0.55;
      context.fillStyle = colours.stage;
      context.fillRect(x, AXIS + 4, wide, STAGES - 8);
      context.globalAlpha = 1;
      const room = x + wide - Math.max(x, LABEL);
      if (room > 40) {
        context.save();
        context.beginPath();
        context.rect(Math.max(x, LABEL), AXIS, room - 4, STAGES);
        context.clip();
        context.fillStyle = colours.text;
        context.font = "11px system-ui, sans-serif";
        context.textBaseline = "middle";
        context.fillText(name, Math.max(x, LABEL) + 5, AXIS + STAGES / 2);
        context.restore();
      }
    });
  }

  function drawLane(lane, at) {
    const y = laneTop(at);
    const tall = LANE - 8;
    const pixels = scale();
    context.fillStyle = colours.line;
    context.fillRect(LABEL, y + tall + 3, width, 1);
    const end = view.now.start + view.now.length;
    const failed = [];
    let drawnTo = -1;
    // One that began earlier may still go on; those before it are over.
    const from = Math.max(0, firstAfter(lane.attempts, (each) => attempts.start[each], view.now.start) - 1);
    for (let place = from; place < lane.attempts.length; place += 1) {
      const attempt = lane.attempts[place];
      const start = attempts.start[attempt];
      if (start > end) break;
      const x = xOf(start);
      const wide = totals[attempt] * pixels;
      if (FAILURES.has(outcomeCodes[attempt])) failed.push(attempt);
      // What is narrower than a pixel would be painted over by the next one.
      if (x + Math.max(1, wide) <= drawnTo) continue;
      paintAttempt(context, colours, attempt, x, y, tall, pixels);
      if (wide > 60 && tall >= 14) paintName(context, colours, attempt, x + attempts.setup[attempt] * pixels, y, attempts.call[attempt] * pixels, tall);
      drawnTo = Math.floor(x + Math.max(1, wide));
    }
    for (const attempt of failed) {
      paintAttempt(context, colours, attempt, xOf(attempts.start[attempt]), y, tall, pixels);
      paintFailure(context, colours, attempt, xOf(attempts.start[attempt] + attempts.setup[attempt]) + 0.5, y);
    }
    for (const span of lane.spans) {
      const x = xOf(run.spans.start[span]);
      if (x > width) break;
      const wide = run.spans.seconds[span] * pixels;
      if (x + wide < LABEL || wide < 1.5) continue;
      context.fillStyle = colours.fixture;
      context.fillRect(x, y + tall - 4, Math.max(1, wide), 4);
    }
    for (const [attempt, paint] of [[cursor, colours.accent], [selected, colours.text]]) {
      if (attempt === null || attempts.lane[attempt] !== at) continue;
      context.strokeStyle = paint;
      context.lineWidth = 2;
      context.strokeRect(xOf(attempts.start[attempt]) - 1, y - 1, Math.max(3, totals[attempt] * pixels + 2), tall + 2);
    }
  }

  const near = () => 3 / scale();

  // What is under the pointer, in words.
  function under(x, y) {
    if (x < LABEL) return null;
    const at = timeAt(x);
    if (STAGES && y >= AXIS && y < AXIS + STAGES) {
      const stage = run.stages.find(([, start, length]) => at >= start && at <= start + length);
      return stage && { words: [el("span", {}, `${stage[0]}: ${duration(stage[2])}`)] };
    }
    const lane = lanes[laneAt(y)];
    if (!lane) return null;
    const attempt = attemptAt(lane, at, near());
    const span = lane.spans.find((each) => at >= run.spans.start[each] - near() && at <= run.spans.start[each] + run.spans.seconds[each] + near());
    const words = [];
    if (attempt !== null) {
      const test = attempts.test[attempt];
      words.push(el("span", { class: "nodeid" }, nodeid(test)),
        el("span", { class: `outcome ${classOf(outcomeOf(attempt))}` }, outcomeOf(attempt)),
        ` in ${duration(totals[attempt])}: ${PHASES.map((phase) => `${phase} ${duration(attempts[phase][attempt])}`).join(", ")}`);
    }
    if (span !== undefined) {
      const what = run.spans.teardown[span] === "1" ? "teardown" : "setup";
      words.push(el("div", {}, `fixture ${run.spans.fixtures[run.spans.fixture[span]]}, ${what}: ${duration(run.spans.seconds[span])}`));
    }
    return words.length ? { attempt, words } : null;
  }

  function showTip(x, y) {
    const found = under(x, y);
    canvas.classList.toggle("over", found !== null && found.attempt !== undefined);
    tip.hidden = !found;
    if (!found) return;
    tip.replaceChildren(...found.words);
    const left = Math.min(x + 14, width - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(4, left)}px`;
    const top = y + 18 + tip.offsetHeight > height ? y - tip.offsetHeight - 10 : y + 18;
    tip.style.top = `${Math.max(2, top)}px`;
  }

  function pick(attempt) {
    if (attempt === null || attempt === undefined) return;
    cursor = attempt;
    const { start, length } = view.now;
    if (attempts.start[attempt] < start || endOf(attempt) > start + length) view.moveTo(attempts.start[attempt] - length / 4);
    say(`${run.lanes[attempts.lane[attempt]]}: ${nodeid(attempts.test[attempt])}, ${outcomeOf(attempt)}, ${duration(totals[attempt])}`);
    redraw();
  }

  // The next attempt on the lane, or the previous one.
  function pickBeside(step) {
    if (cursor === null) {
      const lane = lanes[0];
      pick(lane?.attempts[firstAfter(lane.attempts, (each) => attempts.start[each], view.now.start - 1)] ?? lane?.attempts[0]);
      return;
    }
    const all = lanes[attempts.lane[cursor]].attempts;
    pick(all[all.indexOf(cursor) + step]);
  }

  // What another lane does at that time.
  function pickLane(step) {
    if (cursor === null) {
      pickBeside(1);
      return;
    }
    const lane = lanes[attempts.lane[cursor] + step];
    if (lane) pick(attemptAt(lane, attempts.start[cursor], Infinity));
  }

  const change = (what) => () => {
    what();
    tip.hidden = true;
    redraw();
  };
  const zoomIn = change(() => view.zoom(1.5, cursor !== null && cursorIsSeen() ? attempts.start[cursor] : undefined));
  const zoomOut = change(() => view.zoom(1 / 1.5));
  const earlier = change(() => view.move(-0.2));
  const later = change(() => view.move(0.2));
  const whole = change(() => view.all());
  const cursorIsSeen = () => attempts.start[cursor] >= view.now.start && attempts.start[cursor] <= view.now.start + view.now.length;

  const KEYS = {
    "+": zoomIn, "=": zoomIn, "-": zoomOut, 0: whole, ArrowLeft: earlier, ArrowRight: later,
    n: () => pickBeside(1), p: () => pickBeside(-1), ArrowUp: () => pickLane(-1), ArrowDown: () => pickLane(1),
    Enter: () => { if (cursor !== null) details.open(attempts.test[cursor]); },
  };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    if (event.key === "Enter" && event.target !== canvas) return;
    event.preventDefault();
    KEYS[event.key]();
  }

  function listenToPointer() {
    let held = null;
    canvas.addEventListener("wheel", (event) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      // Who only scrolls past it wants to scroll past it.
      if (!sideways && !event.ctrlKey && !byId("timeline").contains(document.activeElement)) return;
      event.preventDefault();
      if (sideways) view.move(event.deltaX / width);
      else view.zoom(2 ** (-event.deltaY / 250), timeAt(Math.max(LABEL, event.offsetX)));
      showTip(event.offsetX, event.offsetY);
      redraw();
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held = { x: event.offsetX, start: view.now.start, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) {
        showTip(event.offsetX, event.offsetY);
        return;
      }
      if (Math.abs(event.offsetX - held.x) > 3) held.moved = true;
      if (held.moved) {
        tip.hidden = true;
        canvas.classList.add("dragging");
        view.moveTo(held.start - (event.offsetX - held.x) / scale());
        redraw();
      }
    });
    canvas.addEventListener("pointerup", (event) => {
      canvas.classList.remove("dragging");
      const was = held;
      held = null;
      if (!was || was.moved) return;
      const found = under(event.offsetX, event.offsetY);
      if (found?.attempt !== undefined && found.attempt !== null) {
        cursor = found.attempt;
        details.open(attempts.test[found.attempt], { focus: false });
      }
    });
    canvas.addEventListener("pointercancel", () => { held = null; });
    canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  }

  function prepare() {
    listenToPointer();
    byId("timeline").addEventListener("keydown", onKey);
    const buttons = { "zoom-in": zoomIn, "zoom-out": zoomOut, earlier, later, "zoom-all": whole };
    for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
    new ResizeObserver(fit).observe(canvas.parentElement);
    fit();
  }

  function repaint() {
    colours = palette(context);
    showLegend(byId("legend"), colours);
    redraw();
  }

  return {
    prepare,
    repaint,
    select: (attempt) => {
      selected = attempt;
      redraw();
    },
    showTest: (test) => {
      const attempt = tests.last[test];
      if (attempts.start[attempt] === null) return;
      cursor = attempt;
      view.show(attempts.start[attempt], totals[attempt]);
      byId("timeline").scrollIntoView();
      canvas.focus({ preventScroll: true });
      redraw();
    },
    // For those who want to know what is shown: start and length, in microseconds.
    shown: () => ({ ...view.now }),
  };
})();
