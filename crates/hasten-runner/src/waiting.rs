//! When a running test is looked at, and what a look says of where it waits. Pure: clocks and stacks are the caller's.

use camino::Utf8PathBuf;
use hasten_protocol::journal::{Activity, Phase};

use crate::test_event::{Folders, is_of_project, shown};

/// From then on processor time is counted. Nanoseconds after the start of the phase, as below.
const BASELINE: u64 = 100_000_000;
/// The first look: a test that is faster costs nothing.
const FIRST: u64 = 300_000_000;
/// The most between two looks.
const MOST: u64 = 1_000_000_000;
/// A process that used more of the time than one part in so many computes.
const BUSY: u64 = 4;

/// The looks at a worker. All times are `CLOCK_MONOTONIC` nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looks {
    started: u32,
    phase_start: u64,
    next: u64,
    /// The last look: when it was, and the busy time until then.
    last: Option<(u64, u64)>,
    interval: u64,
}

impl Looks {
    /// The looks at what runs now, as far as there were any; none where nothing runs.
    fn at(&self, activity: &Activity) -> Option<Self> {
        let runs = matches!(activity.phase, Phase::Setup | Phase::Call | Phase::Teardown);
        activity.item.filter(|_| runs)?;
        if (self.started, self.phase_start) == (activity.started, activity.phase_start) {
            return Some(*self);
        }
        Some(Self {
            started: activity.started,
            phase_start: activity.phase_start,
            next: activity.phase_start + BASELINE,
            last: None,
            interval: FIRST - BASELINE,
        })
    }

    /// The moment of the next look; none where nothing runs.
    pub(crate) fn next(&self, activity: &Activity) -> Option<u64> {
        Some(self.at(activity)?.next)
    }

    /// A look, with the time so far that the process used a processor or waited for one, if the system says so. Returns
    /// how long the process has waited since the last look, if it did.
    pub(crate) fn look(&mut self, activity: &Activity, now: u64, busy: Option<u64>) -> Option<u64> {
        *self = self.at(activity)?;
        let last = std::mem::replace(&mut self.last, busy.map(|busy| (now, busy)));
        let waited = last.zip(busy).and_then(|((at, before), busy)| {
            let elapsed = now.saturating_sub(at);
            let used = busy.saturating_sub(before);
            // Much later than planned, the run was suspended.
            let on_time = elapsed <= self.interval + MOST;
            (on_time && used * BUSY < elapsed).then_some(elapsed)
        });
        // The first look only says where to count from, and is soon followed by another.
        if last.is_some() || busy.is_none() {
            self.interval = (self.interval + self.interval / 2).min(MOST);
        }
        self.next = now + self.interval;
        waited
    }
}

/// A frame of Python's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) line: i32,
    pub(crate) function: String,
}

/// Where a test waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The innermost line of the project: `tests/test_a.py:12 in test_slow`.
    pub(crate) line: String,
    /// The innermost function, if it is somebody else's: `wait (subprocess.py:1264)`.
    pub(crate) inside: Option<String>,
}

/// Where a stack waits, its innermost frame first; none where no frame is the project's.
pub(crate) fn place(frames: &[Frame], folders: &Folders) -> Option<Place> {
    let files: Vec<Utf8PathBuf> = frames
        .iter()
        .map(|frame| shown(&frame.file, folders))
        .collect();
    let at = files.iter().position(|file| is_of_project(file))?;
    let own = &frames[at];
    let innermost = &frames[0];
    let inside = (at > 0).then(|| {
        let file = files[0].file_name().unwrap_or(files[0].as_str());
        format!("{} ({file}:{})", innermost.function, innermost.line)
    });
    Some(Place {
        line: format!("{}:{} in {}", files[at], own.line, own.function),
        inside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    fn activity(started: u32, phase_start: u64) -> Activity {
        Activity {
            item: Some(1),
            phase: Phase::Call,
            item_start: 0,
            phase_start,
            started,
            fixture_start: None,
            own_timer: false,
        }
    }

    /// Looks at a phase until it ends; returns each look's moment and what it said, in milliseconds.
    fn looks(end: u64, processor: impl Fn(u64) -> Option<u64>) -> Vec<(u64, Option<u64>)> {
        let mut looks = Looks::default();
        let mut found = Vec::new();
        let activity = activity(1, 0);
        loop {
            let next = looks.next(&activity).unwrap();
            if next > end * MILLISECOND {
                return found;
            }
            let waited = looks.look(&activity, next, processor(next));
            found.push((next / MILLISECOND, waited.map(|time| time / MILLISECOND)));
        }
    }

    #[test]
    fn one_that_waits_is_looked_at_more_and_more_seldom() {
        assert_eq!(looks(290, |_| Some(0)), [(100, None)]);
        assert_eq!(
            looks(4000, |_| Some(0)),
            [
                (100, None),
                (300, Some(200)),
                (600, Some(300)),
                (1050, Some(450)),
                (1725, Some(675)),
                (2725, Some(1000)),
                (3725, Some(1000))
            ]
        );
    }

    #[test]
    fn one_that_computes_says_nothing() {
        let all = looks(10_000, |now| Some(now / 2));
        assert!(all.iter().all(|(_, waited)| waited.is_none()), "{all:?}");
        let first_computes = looks(1100, |now| Some(now.min(250 * MILLISECOND)));
        assert_eq!(
            first_computes,
            [
                (100, None),
                (300, None),
                (600, Some(300)),
                (1050, Some(450))
            ]
        );
    }

    #[test]
    fn where_the_system_does_not_say_what_was_used_it_is_asked_more_and_more_seldom() {
        assert_eq!(
            looks(3000, |_| None),
            [100, 400, 850, 1525, 2525].map(|at| (at, None))
        );
        let later = |now| (now > 200 * MILLISECOND).then_some(0);
        assert_eq!(
            looks(1200, later),
            [
                (100, None),
                (400, None),
                (700, Some(300)),
                (1150, Some(450))
            ]
        );
    }

    #[test]
    fn another_phase_begins_anew_and_between_tests_nothing_is_due() {
        let mut looks = Looks::default();
        let first = activity(1, 0);
        assert_eq!(looks.next(&first), Some(BASELINE));
        looks.look(&first, BASELINE, Some(0));
        assert_eq!(looks.next(&first), Some(FIRST));
        let second = activity(1, 500 * MILLISECOND);
        let begins = 500 * MILLISECOND + BASELINE;
        assert_eq!(looks.next(&second), Some(begins));
        assert_eq!(looks.next(&first), Some(FIRST), "nobody has looked yet");
        assert_eq!(looks.look(&second, begins, Some(0)), None, "the first look");
        assert_eq!(looks.next(&second), Some(500 * MILLISECOND + FIRST));
        let mut idle = second;
        idle.item = None;
        assert_eq!(looks.next(&idle), None);
        assert_eq!(looks.look(&idle, begins, Some(0)), None);
    }

    #[test]
    fn a_look_after_a_suspension_stands_for_nothing() {
        let mut looks = Looks::default();
        let activity = activity(1, 0);
        looks.look(&activity, BASELINE, Some(0));
        assert_eq!(looks.look(&activity, 60_000 * MILLISECOND, Some(0)), None);
    }

    #[test]
    fn the_line_is_the_projects_innermost() {
        let folders = Folders {
            rootdir: "/project".into(),
            current: "/project".into(),
        };
        let frame = |file: &str, line, function: &str| Frame {
            file: file.into(),
            line,
            function: function.into(),
        };
        let test = frame("/project/tests/test_a.py", 12, "test_slow");
        let sleeps = place(std::slice::from_ref(&test), &folders).unwrap();
        assert_eq!(sleeps.line, "tests/test_a.py:12 in test_slow");
        assert_eq!(sleeps.inside, None);
        let stack = [
            frame("/usr/lib/python3.11/subprocess.py", 1264, "wait"),
            frame("/project/.venv/lib/site-packages/tool.py", 3, "call"),
            frame("/project/helper.py", 7, "run"),
            test,
        ];
        let waits = place(&stack, &folders).unwrap();
        assert_eq!(waits.line, "helper.py:7 in run");
        assert_eq!(waits.inside.as_deref(), Some("wait (subprocess.py:1264)"));
        assert_eq!(place(&stack[..2], &folders), None);
    }
}
