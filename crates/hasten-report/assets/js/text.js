// Quantities in words, as src/html/words.rs has them.

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

const counted = (number, what) => `${grouped(number)} ${what}${number === 1 ? "" : "s"}`;

// Microseconds, with three digits.
function duration(micros) {
  const ms = micros / 1e3;
  if (ms >= 59950) {
    const whole = Math.round(ms / 1e3);
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    return minutes >= 60
      ? `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
      : `${minutes} min ${two(whole % 60)} s`;
  }
  if (ms >= 9995) return `${(ms / 1e3).toFixed(1)} s`;
  if (ms >= 999.5) return `${(ms / 1e3).toFixed(2)} s`;
  if (ms >= 99.95) return `${ms.toFixed(0)} ms`;
  if (ms >= 9.995) return `${ms.toFixed(1)} ms`;
  if (ms >= 0.9995) return `${ms.toFixed(2)} ms`;
  return ms >= 0.0005 ? `${(ms * 1e3).toFixed(0)} µs` : "0";
}

const memory = (kib) => `${grouped(Math.round(kib / 1024))} MiB`;

const moment = (ms) =>
  new Date(ms).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

// How much longer or shorter than usual; nothing if hardly so.
function compared(micros, usual) {
  if (!usual || Math.abs(micros - usual) < 1000) return "";
  const times = micros / usual;
  if (times >= 1.95) return `× ${times.toFixed(times < 9.95 ? 1 : 0)}`;
  const percent = Math.round((times - 1) * 100);
  return Math.abs(percent) < 10 ? "" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)}%`;
}

// A word as a shell needs it.
const quoted = (word) =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

// An outcome as a class of the style sheet.
const classOf = (outcome) => outcome.replace(" ", "-");
