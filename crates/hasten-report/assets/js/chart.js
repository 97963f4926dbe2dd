// Bars, one a run.

const SIGNS = { passed: "", failed: "✗", error: "E", "timed out": "T", crashed: "C", skipped: "–", xfailed: "x", xpassed: "X", quarantined: "q" };

// `bars`: {micros, outcome, own, partly, title}. `usual` is a line across.
function barChart(label, bars, { width, height = 120, usual = 0 }) {
  const left = 76;
  const top = 16;
  const most = Math.max(usual, ...bars.map((bar) => bar.micros)) || 1;
  const step = Math.min(28, (width - left) / bars.length);
  const y = (micros) => top + (height - top) * (1 - micros / most);
  const drawn = bars.map((bar, at) => {
    const x = left + at * step;
    const tall = Math.max(1, height - y(bar.micros));
    const wide = Math.max(2, step - 3);
    return svg("g", {},
      svg("title", {}, bar.title),
      svg("rect", { class: `fill-${classOf(bar.outcome)}${bar.partly ? " partly" : ""}`, x, y: height - tall, width: wide, height: tall }),
      bar.own ? svg("rect", { class: "here", x: x - 1, y: height - tall - 1, width: wide + 2, height: tall + 2 }) : null,
      SIGNS[bar.outcome] && step > 9
        ? svg("text", { class: "sign", x: x + wide / 2, y: height - tall - 5 }, SIGNS[bar.outcome]) : null);
  });
  return svg("svg", { class: "chart", width, height: height + 4, viewBox: `0 0 ${width} ${height + 4}`, role: "img", "aria-label": label },
    svg("line", { class: "axis", x1: left, x2: width, y1: height, y2: height }),
    svg("text", { x: 0, y: top + 8 }, duration(most)),
    svg("text", { x: 0, y: height }, "0"),
    usual ? svg("line", { class: "usual", x1: left, x2: width, y1: y(usual), y2: y(usual) }) : null,
    usual && y(usual) - top > 16 && height - y(usual) > 14 ? svg("text", { x: 0, y: y(usual) + 4 }, duration(usual)) : null,
    ...drawn);
}
