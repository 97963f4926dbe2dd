// The part of the run that the timeline shows: `start` and `length` in microseconds.

const SHORTEST = 20;

function timeWindow(begin, end) {
  const all = Math.max(end - begin, SHORTEST);
  const now = { start: begin, length: all };

  const set = (start, length) => {
    now.length = Math.min(all, Math.max(SHORTEST, length));
    now.start = Math.max(begin, Math.min(begin + all - now.length, start));
  };

  return {
    now,
    all: () => set(begin, all),
    // Makes the window so much shorter; the moment `at` stays where it is.
    zoom: (times, at = now.start + now.length / 2) => {
      const length = Math.min(all, Math.max(SHORTEST, now.length / times));
      set(at - ((at - now.start) / now.length) * length, length);
    },
    // Moves it by a part of its length.
    move: (part) => set(now.start + part * now.length, now.length),
    moveTo: (start) => set(start, now.length),
    // Makes an interval visible, with something around it.
    show: (start, length) => {
      const room = Math.max(length * 6, SHORTEST);
      if (room < now.length || start < now.start || start + length > now.start + now.length) {
        set(start + length / 2 - room / 2, room);
      }
    },
  };
}

const STEPS = [1, 2, 5].flatMap((digit) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].map((power) => digit * power))
  .filter((step) => step < 5e7)
  .concat([1, 2, 5, 10, 30, 60, 120, 300, 600, 1440].map((minutes) => minutes * 6e7))
  .sort((a, b) => a - b);

// Round moments in an interval, at most so many, each with words that tell it from the others.
function ticks(start, length, most) {
  const step = STEPS.find((each) => length / each <= most) ?? STEPS.at(-1);
  const found = [];
  for (let at = Math.ceil(start / step) * step; at <= start + length; at += step) found.push([at, tickWords(at, step)]);
  return found;
}

function tickWords(at, step) {
  const micros = Math.abs(at);
  const sign = at < 0 ? "−" : "";
  const digits = (unit) => Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  if (micros === 0) return "0";
  if (micros >= 6e7) {
    const seconds = ((micros / 1e6) % 60).toFixed(digits(1e6));
    return `${sign}${Math.floor(micros / 6e7)} min${step % 6e7 === 0 ? "" : ` ${seconds} s`}`;
  }
  if (micros >= 1e6) return `${sign}${(micros / 1e6).toFixed(digits(1e6))} s`;
  return micros >= 1e3 ? `${sign}${(micros / 1e3).toFixed(digits(1e3))} ms` : `${sign}${micros} µs`;
}
