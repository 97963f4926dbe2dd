//! A history to try the page with: `cargo run -p hasten-report --example history FOLDER [tests] [runs] [workers]`.
//!
//! Records runs of a made-up suite in `FOLDER/.hasten`; every time the same.

use camino::Utf8Path;
use hasten_history::{
    Attempt, Details, FailureText, FileTimes, FixtureSpan, FixtureTotal, History, ImportTimes,
    Outcome, PhaseTimes, RunRecord, Stage,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("FOLDER is missing")?;
    let mut number = |usual: u32| args.next().map_or(Ok(usual), |word| word.parse());
    let (tests, runs, workers) = (number(50_000)?, number(10)?, number(8)?);
    let folder = Utf8Path::new(&folder).join(".hasten");
    for number in 0..runs {
        let started = 1_750_000_000.0 + f64::from(number) * 3_600.0;
        let mut dice = Dice(u64::from(number) + 7);
        let attempts = attempts(tests, workers, started, &mut dice);
        let end = attempts
            .iter()
            .map(|attempt| attempt.started + attempt.call)
            .fold(started, f64::max);
        let run = run(number, started, end - started + 0.4, workers);
        let details = details(&attempts, started, end);
        History::open(&folder)
            .0
            .record_run(&run, &attempts, &details)?;
    }
    Ok(())
}

/// Numbers that look random, and are the same every time.
struct Dice(u64);

impl Dice {
    /// A number from 0 up to 1.
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 31)
    }
}

fn run(number: u32, started_at: f64, wall: f64, workers: u32) -> RunRecord {
    RunRecord {
        uid: format!("{number:032x}"),
        started_at,
        wall,
        workers,
        python: "3.13.1".to_owned(),
        pytest: "9.2.0".to_owned(),
        platform: "linux".to_owned(),
        machine: "example x86_64".to_owned(),
        args: Vec::new(),
        commit: Some(format!("{:08x}{number:032x}", (number + 1) * 0x0123_4567)),
        exit_status: 1,
        whole_suite: true,
        shard: None,
        core_wait: None,
    }
}

fn attempts(tests: u32, workers: u32, started: f64, dice: &mut Dice) -> Vec<Attempt<'static>> {
    let mut free: Vec<f64> = (0..workers)
        .map(|worker| started + 0.8 + f64::from(worker) * 0.002)
        .collect();
    let mut attempts = Vec::new();
    for test in 0..tests {
        let worker = (0..workers)
            .min_by(|a, b| free[*a as usize].total_cmp(&free[*b as usize]))
            .unwrap_or(0);
        let call = 0.002 + dice.roll().powi(8) * 0.8;
        let (setup, teardown) = (
            0.000_1 + dice.roll().powi(12) * 0.2,
            0.000_05 + dice.roll().powi(16) * 0.1,
        );
        let outcome = match dice.roll() {
            0.0..0.002 => Outcome::Failed,
            0.002..0.002_3 => Outcome::Error,
            0.002_3..0.002_5 => Outcome::TimedOut,
            0.002_5..0.002_6 => Outcome::Crashed,
            0.002_6..0.03 => Outcome::Skipped,
            0.03..0.034 => Outcome::Xfailed,
            0.034..0.034_3 => Outcome::Xpassed,
            _ => Outcome::Passed,
        };
        let nodeid = format!(
            "tests/area_{:02}/test_module_{:03}.py::TestThing{}::test_behaviour_{}[{}-<b>&amp;]",
            test / 2_500,
            test / 100,
            test / 20 % 5,
            test % 20,
            ["small", "large", "empty", "ünïcode"][test as usize % 4]
        );
        let begin = &mut free[worker as usize];
        let cpu = PhaseTimes {
            setup: setup * 0.9,
            call: call * (0.2 + 0.8 * dice.roll()),
            teardown: teardown * 0.8,
        };
        let first = Attempt {
            nodeid: nodeid.into(),
            attempt: 0,
            worker: Some(worker),
            outcome,
            setup,
            call,
            teardown,
            started: *begin,
            cpu: Some(cpu),
            peak_memory: Some((64 << 20) + u64::from(test) * 900),
        };
        *begin += setup + call + teardown + 0.000_05;
        if outcome == Outcome::Failed && test % 3 == 0 {
            attempts.push(Attempt {
                attempt: 1,
                outcome: Outcome::Passed,
                started: *begin,
                ..first.clone()
            });
            *begin += setup + call + teardown;
        }
        attempts.push(first);
    }
    attempts
}

fn details(attempts: &[Attempt<'_>], started: f64, end: f64) -> Details {
    let stage = |name: &str, from: f64, to: f64| Stage {
        name: name.to_owned(),
        started: from,
        seconds: to - from,
    };
    let failed = attempts
        .iter()
        .filter(|attempt| attempt.outcome.is_failure());
    let long = attempts.iter().filter(|attempt| attempt.setup > 0.05);
    Details {
        bound: Vec::new(),
        stages: vec![
            stage("start", started, started + 0.15),
            stage("conftest", started + 0.15, started + 0.3),
            stage("collection", started + 0.3, started + 0.8),
            stage("tests", started + 0.8, end),
            stage("end", end, end + 0.4),
        ],
        fixtures: (1..30u32)
            .map(|number| FixtureTotal {
                fixture: format!("tests/conftest.py::service_{number}"),
                scope: ["function", "class", "module", "session"][number as usize % 4].to_owned(),
                setups: u64::from(number) * 40,
                setup: 9.0 / f64::from(number),
                teardown: 1.0 / f64::from(number),
                longest: 2.0 / f64::from(number),
            })
            .collect(),
        spans: long
            .map(|attempt| FixtureSpan {
                fixture: "tests/conftest.py::database".to_owned(),
                scope: "module".to_owned(),
                teardown: false,
                worker: attempt.worker,
                nodeid: attempt.nodeid.to_string(),
                started: attempt.started + 0.001,
                seconds: attempt.setup - 0.002,
            })
            .collect(),
        files: (0..40u32)
            .map(|number| FileTimes {
                file: format!("tests/area_00/test_module_{number:03}.py"),
                collection: 0.4 / f64::from(number + 1),
                import: 0.3 / f64::from(number + 1),
                items: 100,
            })
            .collect(),
        imports: vec![ImportTimes {
            module: "numpy.linalg".to_owned(),
            own: 0.11,
            all: 0.2,
            file: "tests/conftest.py".to_owned(),
        }],
        waits: Vec::new(),
        failures: failed
            .map(|attempt| FailureText {
                nodeid: attempt.nodeid.to_string(),
                attempt: attempt.attempt,
                text: "    def test_behaviour():\n>       assert answer() == 42\nE       assert 41 == 42\nE        +  where 41 = \
                       answer()\n\ntests/test_module.py:12: AssertionError\n----------------------------- Captured stdout \
                       call -----------------------------\n<b>not bold</b> &amp; </script><script>alert(1)</script>"
                    .to_owned(),
            })
            .collect(),
    }
}
