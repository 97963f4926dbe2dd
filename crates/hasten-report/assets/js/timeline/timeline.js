// What is done with the timeline: by keyboard, by pointer, by others.

const timeline = (() => {
  const { canvas, view, marked } = picture;

  function pick(attempt) {
    if (attempt === null || attempt === undefined) return;
    marked.cursor = attempt;
    const { start, length } = view.now;
    if (attempts.start[attempt] < start || endOf(attempt) > start + length) view.moveTo(attempts.start[attempt] - length / 4);
    say(`${run.lanes[attempts.lane[attempt]]}: ${nodeid(attempts.test[attempt])}, ${outcomeOf(attempt)}, ${duration(totals[attempt])}`);
    picture.redraw();
  }

  // The next attempt on the lane, or the previous one.
  function pickBeside(step) {
    if (marked.cursor === null) {
      const lane = lanes[0];
      pick(lane?.attempts[firstAfter(lane.attempts, (each) => attempts.start[each], view.now.start - 1)] ?? lane?.attempts[0]);
      return;
    }
    const all = lanes[attempts.lane[marked.cursor]].attempts;
    pick(all[all.indexOf(marked.cursor) + step]);
  }

  // What another lane does at that time.
  function pickLane(step) {
    if (marked.cursor === null) {
      pickBeside(1);
      return;
    }
    const lane = lanes[attempts.lane[marked.cursor] + step];
    if (lane) pick(attemptAt(lane, attempts.start[marked.cursor], Infinity));
  }

  const change = (what) => () => {
    what();
    hideTip();
    picture.redraw();
  };
  const zoomIn = change(() => view.zoom(1.5, marked.cursor !== null && cursorIsSeen() ? attempts.start[marked.cursor] : undefined));
  const zoomOut = change(() => view.zoom(1 / 1.5));
  const earlier = change(() => view.move(-0.2));
  const later = change(() => view.move(0.2));
  const whole = change(() => view.all());
  const cursorIsSeen = () => attempts.start[marked.cursor] >= view.now.start && attempts.start[marked.cursor] <= view.now.start + view.now.length;

  const KEYS = {
    "+": zoomIn, "=": zoomIn, "-": zoomOut, 0: whole, ArrowLeft: earlier, ArrowRight: later,
    n: () => pickBeside(1), p: () => pickBeside(-1), ArrowUp: () => pickLane(-1), ArrowDown: () => pickLane(1),
    Enter: () => { if (marked.cursor !== null) details.open(attempts.test[marked.cursor]); },
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
      if (sideways) view.move(event.deltaX / picture.size().width);
      else view.zoom(2 ** (-event.deltaY / 250), picture.timeAt(event.offsetX));
      showTip(event.offsetX, event.offsetY);
      picture.redraw();
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
        hideTip();
        canvas.classList.add("dragging");
        view.moveTo(held.start - (event.offsetX - held.x) / picture.scale());
        picture.redraw();
      }
    });
    canvas.addEventListener("pointerup", (event) => {
      canvas.classList.remove("dragging");
      const was = held;
      held = null;
      if (!was || was.moved) return;
      const found = picture.at(event.offsetX, event.offsetY);
      if (found.attempt !== undefined) {
        marked.cursor = found.attempt;
        details.open(attempts.test[found.attempt], { focus: false });
      }
    });
    canvas.addEventListener("pointercancel", () => { held = null; });
    canvas.addEventListener("pointerleave", () => { hideTip(); });
  }

  function prepare() {
    listenToPointer();
    byId("timeline").addEventListener("keydown", onKey);
    const buttons = { "zoom-in": zoomIn, "zoom-out": zoomOut, earlier, later, "zoom-all": whole };
    for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
    new ResizeObserver(picture.fit).observe(canvas.parentElement);
    picture.fit();
  }

  return {
    prepare,
    repaint: picture.repaint,
    select: (attempt) => {
      marked.selected = attempt;
      picture.redraw();
    },
    showTest: (test) => {
      const attempt = tests.last[test];
      if (attempts.start[attempt] === null) return;
      marked.cursor = attempt;
      view.show(attempts.start[attempt], totals[attempt]);
      byId("timeline").scrollIntoView();
      canvas.focus({ preventScroll: true });
      picture.redraw();
    },
  };
})();
