//! What a history costs: `cargo run --release -p hasten-history --example measure [tests] [runs]`.
//!
//! Records runs of a whole suite, then of one test, and reads what a run and `hasten slow` need.
//! Prints the best and the middle of the runs.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use hasten_history::{Attempt, Details, History, Outcome, RunRecord, SortBy};

#[expect(clippy::print_stdout, reason = "this program's purpose is its output")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let tests: u32 = args.next().as_deref().unwrap_or("50000").parse()?;
    let runs: u32 = args.next().as_deref().unwrap_or("12").parse()?;
    let folder = tempfile::tempdir()?;
    let folder =
        Utf8Path::from_path(folder.path()).ok_or("the temporary folder's name is not UTF-8")?;
    let folder = folder.join(".hasten");
    let attempts: Vec<Attempt<'_>> = (0..tests).map(attempt).collect();

    let mut history = History::open(&folder).0;
    let mut times = Vec::new();
    for number in 0..runs {
        times.push(timed(|| history.record_run(&run(number), &attempts, &Details::default()))?.0);
    }
    let per_test = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(tests);
    println!(
        "{tests} tests, first run: {:.2?}, {:.2} µs a test",
        times[0],
        per_test(times[0])
    );
    let later = &mut times[1..];
    later.sort();
    if let Some(&best) = later.first() {
        let middle = later[later.len() / 2];
        println!(
            "{tests} tests, later runs: {best:.2?} to {middle:.2?}, {:.2} µs a test",
            per_test(middle)
        );
    }
    let (one, _) = timed(|| history.record_run(&run(runs), &attempts[..1], &Details::default()))?;
    println!("one test more: {one:.2?}");
    let size = fs_err::metadata(history.path())?.len();
    println!(
        "{} runs kept, file: {:.1} MiB",
        history.runs()?.len(),
        size as f64 / f64::from(1 << 20)
    );

    for _ in 0..3 {
        let start = Instant::now();
        let history = History::open(&folder).0;
        let opened = start.elapsed();
        let (estimates, found) = timed(|| history.estimates())?;
        println!(
            "open: {opened:.2?}; estimates of {}: {estimates:.2?}",
            found.len()
        );
    }
    println!(
        "slowest 20: {:.2?}",
        timed(|| history.slowest(20, SortBy::Total))?.0
    );
    println!("last run: {:.2?}", timed(|| history.last_run())?.0);
    Ok(())
}

fn timed<T, E>(what: impl FnOnce() -> Result<T, E>) -> Result<(Duration, T), E> {
    let start = Instant::now();
    what().map(|value| (start.elapsed(), value))
}

fn attempt(number: u32) -> Attempt<'static> {
    let (file, class) = (number / 100, number / 10 % 10);
    Attempt {
        nodeid: format!("tests/unit/package_{}/test_module_{file}.py::TestSubject{class}::test_behaviour[case-{number}]", file % 7).into(),
        attempt: 0,
        worker: Some(number % 2),
        outcome: Outcome::Passed,
        setup: 0.0001,
        call: 0.0003 + f64::from(number % 97) * 0.001,
        teardown: 0.0001,
        started: 1.7e9 + f64::from(number) * 0.001,
        cpu: None,
        peak_memory: None,
    }
}

fn run(number: u32) -> RunRecord {
    RunRecord {
        uid: format!("{number:032x}"),
        started_at: 1.7e9 + f64::from(number),
        wall: 12.0,
        workers: 2,
        python: "3.11.7".into(),
        pytest: "9.2.0".into(),
        platform: "linux".into(),
        machine: "x86_64, 2 cores".into(),
        args: vec!["-n".into(), "2".into()],
        commit: None,
        exit_status: 0,
        whole_suite: number.is_multiple_of(2),
        shard: None,
        core_wait: None,
    }
}
