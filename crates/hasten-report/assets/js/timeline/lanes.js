// Who did what when: the attempts and fixtures of each lane, by time.

const lanes = run.lanes.map((name) => ({ name, attempts: [], spans: [] }));
for (let at = 0; at < attemptCount; at += 1) {
  if (attempts.start[at] !== null) lanes[attempts.lane[at]].attempts.push(at);
}
for (let at = 0; at < run.spans.start.length; at += 1) lanes[run.spans.lane[at]].spans.push(at);
for (const lane of lanes) {
  lane.attempts.sort((a, b) => attempts.start[a] - attempts.start[b]);
  lane.spans.sort((a, b) => run.spans.start[a] - run.spans.start[b]);
}

const endOf = (attempt) => attempts.start[attempt] + totals[attempt];

// The place of the first of these that begins after a moment.
function firstAfter(sorted, startOf, at) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startOf(sorted[middle]) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The attempt of a lane at a moment, or one that is nearer than `near`.
function attemptAt(lane, at, near) {
  const after = firstAfter(lane.attempts, (each) => attempts.start[each], at);
  const before = lane.attempts[after - 1];
  const next = lane.attempts[after];
  if (before !== undefined && endOf(before) >= at) return before;
  const past = before === undefined ? Infinity : at - endOf(before);
  const future = next === undefined ? Infinity : attempts.start[next] - at;
  if (Math.min(past, future) > near) return null;
  return past <= future ? before : next;
}

// When the run begins and ends, as far as anything is known of it.
const runBegin = Math.min(0, ...run.stages.map(([, start]) => start));
const runEnd = attempts.start.reduce((end, start, at) => Math.max(end, start + totals[at]), Math.max(run.wall, 1));
