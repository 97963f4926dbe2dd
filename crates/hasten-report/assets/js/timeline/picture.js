// The picture of the timeline: where things are on it, and how they are drawn.

const picture = (() => {
  const canvas = byId("lanes");
  const context = canvas.getContext("2d");
  const view = timeWindow(runBegin, runEnd);
  const AXIS = 26;
  const STAGES = run.stages.length ? 24 : 0;
  const LANE = lanes.length > 24 ? 18 : lanes.length > 8 ? 26 : 36;
  const LABEL = 56;
  const height = AXIS + STAGES + lanes.length * LANE + 8;
  // Attempts that are framed.
  const marked = { selected: null, cursor: null };
  let width = 600;
  let colours = null;
  let waiting = false;

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
    for (const [attempt, paint] of [[marked.cursor, colours.accent], [marked.selected, colours.text]]) {
      if (attempt === null || attempts.start[attempt] === null || attempts.lane[attempt] !== at) continue;
      context.strokeStyle = paint;
      context.lineWidth = 2;
      context.strokeRect(xOf(attempts.start[attempt]) - 1, y - 1, Math.max(3, totals[attempt] * pixels + 2), tall + 2);
    }
  }

  // What is at a point: a stage, or the attempt and the fixture of a lane, as far as there are.
  function at(x, y) {
    if (x < LABEL) return {};
    const moment = timeAt(x);
    const near = 3 / scale();
    if (STAGES && y >= AXIS && y < AXIS + STAGES) {
      return { stage: run.stages.find(([, start, length]) => moment >= start && moment <= start + length) };
    }
    const lane = lanes[laneAt(y)];
    if (!lane) return {};
    const { start, seconds } = run.spans;
    return {
      attempt: attemptAt(lane, moment, near) ?? undefined,
      span: lane.spans.find((each) => moment >= start[each] - near && moment <= start[each] + seconds[each] + near),
    };
  }

  function repaint() {
    colours = palette(context);
    showLegend(byId("legend"), colours);
    redraw();
  }

  return { canvas, view, marked, at, fit, redraw, repaint, scale, size: () => ({ width, height }), timeAt: (x) => timeAt(Math.max(LABEL, x)) };
})();
