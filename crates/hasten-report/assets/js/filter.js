// Which tests are shown, and in which order.

const filter = (() => {
  const wanted = { text: "", outcomes: new Set(), column: "start", descending: false };
  let lower = null;

  const last = (test) => tests.last[test];
  const keys = {
    start: (test) => attempts.start[last(test)],
    outcome: (test) => RANK[outcomeCodes[last(test)]],
    name: null,
    total: (test) => totals[last(test)],
    setup: (test) => attempts.setup[last(test)],
    call: (test) => attempts.call[last(test)],
    teardown: (test) => attempts.teardown[last(test)],
    cpu: (test) => cpuOf(last(test)),
    memory: (test) => attempts.memory[last(test)],
    change: (test) => (tests.usual[test] ? totals[last(test)] - tests.usual[test] : -Infinity),
    worker: (test) => attempts.lane[last(test)],
  };
  // What failed comes first.
  const RANK = OUTCOMES.map((_, code) => (FAILURES.has(code) ? code : code + OUTCOMES.length));

  function order(numbers) {
    const sign = wanted.descending ? -1 : 1;
    if (wanted.column === "name") {
      const names = lowered();
      return numbers.sort((a, b) => sign * (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b));
    }
    const key = keys[wanted.column];
    const values = new Float64Array(testCount);
    for (const test of numbers) values[test] = key(test);
    return numbers.sort((a, b) => (values[a] === values[b] ? a - b : sign * (values[a] < values[b] ? -1 : 1)));
  }

  const lowered = () => (lower ??= Array.from({ length: testCount }, (_, test) => nodeid(test).toLowerCase()));

  // Numbers of the tests, in their order.
  function found() {
    const numbers = [];
    const names = wanted.text ? lowered() : null;
    for (let test = 0; test < testCount; test += 1) {
      if (wanted.outcomes.size && !wanted.outcomes.has(outcomeCodes[last(test)])) continue;
      if (names && !names[test].includes(wanted.text)) continue;
      numbers.push(test);
    }
    return order(numbers);
  }

  return { wanted, found };
})();
