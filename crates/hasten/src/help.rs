//! `hasten --help`.

/// The text.
pub(crate) const TEXT: &str = "\
hasten runs your pytest suite in parallel: your pytest, your plugins, imports paid once.

Usage: hasten [options] [paths and node ids]
       hasten run …       the same, for a folder that is named like a command
       hasten verify …    runs plain pytest and hasten, and compares every test
       hasten slow …      what takes long and why, what became slower since when, from earlier runs
       hasten attach …    pdb in the very frame of a test that failed under --hold-failed
       hasten report      one HTML file about the last run; --trace FILE for Perfetto
       hasten plan …      what a run would do, and how long it is expected to take; runs nothing
       hasten history …   run times as files: export, import, merge; prune, show, path
       hasten doctor …    runs the tests, and says what keeps them from hasten's fast path

All of pytest's options work (hasten run --help lists them), and those of your plugins.
hasten adds, or understands as pytest-xdist and pytest-timeout do:

  -n NUM, --numprocesses NUM   workers: auto (default), logical, a number; 0 runs as plain pytest
  --maxprocesses NUM           at most so many
  --start-method METHOD        fork (default) or spawn
  --timeout SECONDS            a test that takes longer fails, with its stack; the run goes on
  --retries NUM                a failed test is run again, at most so often; a crash is a failure, too
  --quarantine FILE            tests whose failures do not fail the run
  --durations-regress RATIO    a test that takes more than RATIO times its usual time fails the run
  --isolate test|file|none     each test, or file, in a process of its own, forked from what is collected
  --diagnose-flaky             why do failed tests fail: always, sometimes, or after another test?
  --hold-failed                a failed test is kept as it is, fixtures and all, for hasten attach
  --events FILE                what happens, as JSON lines, while the run goes on
  --shard I/N                  one of N parts of the tests, for one of N machines
  --order ORDER                file, failed-first, slowest-first, random or random:SEED
  --profile NAME               settings of [tool.hasten.profiles.NAME] in pyproject.toml
  --python PATH                the interpreter; default: the active environment, .venv, python3
  --version                    hasten's version (hasten run --version: pytest's)

Exit status as pytest's: 0 passed, 1 failed, 2 interrupted, 3 internal error, 4 usage, 5 no tests.
";
