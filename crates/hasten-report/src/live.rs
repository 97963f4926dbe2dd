//! The live line: how far the run is, and what runs now.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A test that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its node id.
    pub nodeid: String,
    /// Whole seconds since it began.
    pub seconds: u64,
}

/// What the live line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveLine {
    /// Items with a final state.
    pub finished: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// All items.
    pub total: usize,
    /// Expected seconds until the end, when enough is known.
    pub seconds_left: Option<f64>,
    /// Workers that have something to do.
    pub workers: usize,
    /// What runs now.
    pub running: Vec<Running>,
}

impl LiveLine {
    /// The line, with colours, at most `width` columns wide.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        // The last column stays free: some terminals wrap when it is filled.
        let mut line = Columns::new(width.saturating_sub(1));
        line.push("\x1b[1m", &format!("{}/{}", self.finished, self.total));
        if self.failed > 0 {
            line.push("\x1b[31;1m", &format!("  {} failed", self.failed));
        }
        line.push(
            "",
            &format!("  {} left", self.total - self.finished.min(self.total)),
        );
        if let Some(seconds) = self.seconds_left.filter(|seconds| *seconds >= 1.0) {
            line.push("\x1b[2m", &format!(", about {}", clock(seconds)));
        }
        let mut oldest: Vec<&Running> = self.running.iter().collect();
        oldest.sort_by_key(|running| std::cmp::Reverse(running.seconds));
        for (number, running) in oldest.into_iter().enumerate() {
            let before = match (number, self.workers) {
                (0, 1) => "  1 worker: ".to_owned(),
                (0, workers) => format!("  {workers} workers: "),
                _ => ", ".to_owned(),
            };
            line.push("\x1b[2m", &before);
            let nodeid = running.nodeid.replace(char::is_control, " ");
            line.push("\x1b[36m", nodeid.rsplit('/').next().unwrap_or(&nodeid));
            if running.seconds >= 1 {
                line.push("\x1b[33m", &format!(" {}", clock(running.seconds as f64)));
            }
        }
        line.finish()
    }
}

/// Seconds as a person reads them.
fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{:02}s", seconds / 60, seconds % 60)
    }
}

/// Text with colours that ends before a column.
struct Columns {
    text: String,
    left: usize,
    full: bool,
}

impl Columns {
    fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            left: width,
            full: false,
        }
    }

    fn push(&mut self, style: &str, text: &str) {
        if self.full {
            return;
        }
        self.text.push_str(style);
        if text.width() <= self.left {
            self.text.push_str(text);
            self.left -= text.width();
        } else {
            for letter in text.chars() {
                let width = letter.width().unwrap_or(0);
                if width + 1 > self.left {
                    break;
                }
                self.text.push(letter);
                self.left -= width;
            }
            if self.left > 0 {
                self.text.push('…');
            }
            self.full = true;
        }
        if !style.is_empty() {
            self.text.push_str("\x1b[0m");
        }
    }

    fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: &LiveLine, width: usize) -> String {
        let text = line.render(width);
        let mut shown = String::new();
        let mut escape = false;
        for letter in text.chars() {
            match letter {
                '\x1b' => escape = true,
                'm' if escape => escape = false,
                _ if escape => {}
                _ => shown.push(letter),
            }
        }
        shown
    }

    fn sample() -> LiveLine {
        LiveLine {
            finished: 1234,
            failed: 2,
            total: 5000,
            seconds_left: Some(75.2),
            workers: 5,
            running: vec![
                Running {
                    nodeid: "tests/test_a.py::test_quick".into(),
                    seconds: 0,
                },
                Running {
                    nodeid: "tests/test_b.py::test_slow[\n]".into(),
                    seconds: 12,
                },
            ],
        }
    }

    #[test]
    fn it_says_how_far_the_run_is_and_what_takes_long() {
        assert_eq!(
            plain(&sample(), 200),
            "1234/5000  2 failed  3766 left, about 1m15s  5 workers: test_b.py::test_slow[ ] 12s, \
             test_a.py::test_quick"
        );
    }

    #[test]
    fn one_worker_is_one() {
        let line = LiveLine {
            workers: 1,
            running: sample().running[..1].to_vec(),
            ..sample()
        };
        assert_eq!(
            plain(&line, 200),
            "1234/5000  2 failed  3766 left, about 1m15s  1 worker: test_a.py::test_quick"
        );
    }

    #[test]
    fn it_never_fills_the_last_column() {
        for width in 0..120 {
            let shown = plain(&sample(), width);
            assert!(shown.width() < width.max(1), "{width}: {shown}");
        }
    }
}
