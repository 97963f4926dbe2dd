// How things look on the timeline. A phase has a pattern, an outcome a colour, a failure a sign.

const STRIPES = { setup: [[0, 6, 6, 0], [-1, 1, 1, -1], [5, 7, 7, 5]], teardown: [[0, 0, 6, 6], [-1, 5, 1, 7], [5, -1, 7, 1]] };

function palette(context) {
  const names = ["surface", "text", "dim", "line", "accent", "setup", "teardown", "fixture", "stage"];
  const colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
  colours.outcomes = OUTCOMES.map((outcome) => colour(classOf(outcome)));
  const pattern = (name) => {
    const tile = el("canvas", { width: 6, height: 6 });
    const pen = tile.getContext("2d");
    pen.fillStyle = colours.surface;
    pen.fillRect(0, 0, 6, 6);
    pen.globalAlpha = 0.35;
    pen.fillStyle = colours[name];
    pen.fillRect(0, 0, 6, 6);
    pen.globalAlpha = 1;
    pen.strokeStyle = colours[name];
    pen.lineWidth = 1.4;
    for (const [x1, y1, x2, y2] of STRIPES[name]) {
      pen.beginPath();
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
      pen.stroke();
    }
    return context.createPattern(tile, "repeat");
  };
  colours.setupPattern = pattern("setup");
  colours.teardownPattern = pattern("teardown");
  return colours;
}

// An attempt from `x` on; `scale` is pixels a microsecond.
function paintAttempt(context, colours, attempt, x, y, height, scale) {
  const [setup, call, teardown] = PHASES.map((phase) => attempts[phase][attempt] * scale);
  const width = setup + call + teardown;
  const main = colours.outcomes[outcomeCodes[attempt]];
  if (width < 4) {
    context.fillStyle = main;
    context.fillRect(x, y, Math.max(1, width), height);
    return;
  }
  context.fillStyle = colours.setupPattern;
  context.fillRect(x, y, setup, height);
  context.fillStyle = main;
  context.fillRect(x + setup, y, Math.max(1, call), height);
  context.fillStyle = colours.teardownPattern;
  context.fillRect(x + setup + call, y, teardown, height);
  context.fillStyle = colours.surface;
  context.fillRect(x + width - 0.5, y, 0.5, height);
}

// A sign above what failed, to be seen without colours.
function paintFailure(context, colours, attempt, x, y) {
  context.fillStyle = colours.outcomes[outcomeCodes[attempt]];
  context.beginPath();
  context.moveTo(x - 4, y - 5);
  context.lineTo(x + 4, y - 5);
  context.lineTo(x, y + 1);
  context.fill();
}

function paintName(context, colours, attempt, x, y, width, height) {
  const from = Math.max(x, 0);
  const room = Math.min(width, x + width - from) - 8;
  if (room < 30) return;
  context.save();
  context.beginPath();
  context.rect(from + 4, y, room, height);
  context.clip();
  context.fillStyle = colours.surface;
  context.font = "600 11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.fillText(tests.name[attempts.test[attempt]] || fileOf(attempts.test[attempt]), from + 4, y + height / 2);
  context.restore();
}

// Small pictures of all that, with words.
function showLegend(place, colours) {
  const sample = (draw) => {
    const canvas = el("canvas", { width: 56, height: 28, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    draw(context);
    return canvas;
  };
  const plain = (fill) => sample((context) => {
    context.fillStyle = fill;
    context.fillRect(0, 1, 28, 12);
  });
  const has = OUTCOMES.filter((_, code) => attempts.outcome.includes(String(code)));
  const entries = [
    ["setup", plain(colours.setupPattern)],
    ...has.map((outcome) => [outcome, plain(colours.outcomes[OUTCOMES.indexOf(outcome)])]),
    ["teardown", plain(colours.teardownPattern)],
  ];
  if (has.some((outcome) => FAILURES.has(OUTCOMES.indexOf(outcome)))) {
    const failed = outcomeCodes.findIndex((code) => FAILURES.has(code));
    entries.push(["a failure", sample((context) => paintFailure(context, colours, failed, 14, 9))]);
  }
  if (run.spans.start.length) {
    entries.push(["a fixture", sample((context) => {
      context.fillStyle = colours.fixture;
      context.fillRect(0, 8, 28, 4);
    })]);
  }
  if (run.stages.length) entries.push(["a part of the run", plain(colours.stage)]);
  place.replaceChildren(...entries.map(([words, canvas]) => el("li", {}, canvas, words)));
}
