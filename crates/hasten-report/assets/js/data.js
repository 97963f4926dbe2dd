// What src/html/data.rs wrote. Times are microseconds since the run began.

const run = JSON.parse(byId("data").textContent);
const { tests, attempts } = run;
const testCount = tests.name.length;
const attemptCount = attempts.test.length;
const OUTCOMES = run.outcomes;
const PASSED = OUTCOMES.indexOf("passed");
const FAILURES = new Set(["failed", "error", "timed out", "crashed"].map((word) => OUTCOMES.indexOf(word)));

const outcomeCodes = Uint8Array.from(attempts.outcome, (digit) => digit.charCodeAt(0) - 48);
const totals = Float64Array.from(attempts.test, (_, at) => attempts.setup[at] + attempts.call[at] + attempts.teardown[at]);
const rerunOf = new Map(attempts.reruns);
const withText = new Set(run.texts);

const fileOf = (test) => tests.files[tests.file[test]];
const nodeid = (test) => (tests.name[test] ? `${fileOf(test)}::${tests.name[test]}` : fileOf(test));
const commandOf = (test) => `hasten ${quoted(nodeid(test))}`;
const outcomeOf = (attempt) => OUTCOMES[outcomeCodes[attempt]];
const cpuOf = (attempt) => attempts.cpu && attempts.cpu.reduce((sum, phase) => sum + phase[attempt], 0);

// The attempts of a test, the first one first.
const several = new Map();
for (let at = 0; at < attemptCount && attempts.reruns.length; at += 1) {
  const test = attempts.test[at];
  if (rerunOf.has(at) || tests.last[test] !== at) {
    if (!several.has(test)) several.set(test, []);
    several.get(test).push(at);
  }
}
for (const all of several.values()) all.sort((a, b) => (rerunOf.get(a) ?? 0) - (rerunOf.get(b) ?? 0));
const attemptsOf = (test) => several.get(test) ?? [tests.last[test]];

// What a test took in earlier and later runs, as src/html/codes.rs writes it.
const DIGITS = new Map();
for (let code = 33; DIGITS.size < 90; code += 1) {
  if (!'"&<\\'.includes(String.fromCharCode(code))) DIGITS.set(code, DIGITS.size);
}

function microsIn(seconds, test) {
  const digit = (at) => DIGITS.get(seconds.charCodeAt(at));
  const code = digit(2 * test) * 90 + digit(2 * test + 1);
  return code === 0 ? null : 10 ** (((code - 1) / 8098) * 10);
}

for (const series of run.trend.tests) {
  series.outcomes = new Map();
  for (let at = 0; at < series.odd.length; at += 2) series.outcomes.set(series.odd[at], series.odd[at + 1]);
}

// The runs that had the test, each with what it took and how it ended.
function trendOf(test) {
  const points = [];
  for (const series of run.trend.tests) {
    const micros = microsIn(series.seconds, test);
    if (micros !== null) {
      points.push({ run: run.trend.runs[series.run], own: series.run === run.trend.own, micros,
        outcome: OUTCOMES[series.outcomes.get(test) ?? PASSED] });
    }
  }
  return points;
}
