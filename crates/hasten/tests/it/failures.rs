//! What the history keeps of failures is what plain pytest shows of them.

use camino::Utf8Path;
use hasten_history::{FailureText, History};

use super::project::Project;

const TESTS: &str = r#"
import logging, os, sys
import pytest


def inner(first, second):
    local = [first, second]
    raise KeyError(local[0])


@pytest.mark.parametrize("word", ["a</script>b", "long" * 30])
def test_chain(word):
    print("out", word)
    print("\x1b[31mred\x1b[0m")
    logging.getLogger("shop").warning("careful")
    try:
        inner(word, word)
    except KeyError as error:
        raise RuntimeError("two\nlines") from error


@pytest.mark.parametrize("one, two", [("x" * 50, "y" * 50)])
def test_assert(one, two):
    left = {"a": 1, "b": [1, 2]}
    assert left == {"a": 2}, "not the same"


def test_surrogate():
    assert False, os.fsdecode(b"caf\xe9")


def test_strict():
    pytest.fail("without trace", pytrace=False)


@pytest.mark.xfail(strict=True)
def test_unexpected():
    pass


@pytest.mark.xfail
def test_expected():
    assert 0


def test_passes():
    print("nobody sees this")


@pytest.fixture
def closes():
    yield
    print("closing")
    sys.stderr.write("to stderr\n")


def test_teardown_prints(closes):
    raise ValueError


@pytest.fixture
def broken():
    raise OSError("no disk")


def test_setup(broken):
    pass


@pytest.fixture
def breaks():
    yield
    raise OSError("cannot close")


def test_teardown(breaks):
    assert 1 == 2
"#;

fn kept(project: &Project) -> Vec<FailureText> {
    let folder = project.path().join(".hasten");
    let history = History::open(Utf8Path::from_path(&folder).unwrap()).0;
    let run = history.last_run().unwrap().unwrap();
    history.details(run.id).unwrap().failures
}

/// The text between headings that only the history has.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        if line.starts_with('_') && line.contains(" ERROR at ") {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    let trimmed = parts.iter().map(|part| part.trim().to_owned());
    trimmed.filter(|part| !part.is_empty()).collect()
}

#[test]
fn what_is_kept_is_what_plain_pytest_shows() {
    let project = Project::with("test_a.py", TESTS);
    for style in [
        &[][..],
        &["--tb=short"],
        &["--tb=native"],
        &["--tb=long", "-l"],
    ] {
        let plain = project.pytest(&[style, &["--color=no"]].concat());
        // Where the surrogate was, a terminal shows an escape.
        let shown = plain
            .stdout
            .replace("\\udce9", "\u{fffd}")
            .replace("\x1b[31mred\x1b[0m", "red");
        for workers in ["0", "2"] {
            project
                .hasten(&[style, &["-n", workers]].concat())
                .check(1, &["8 failed"]);
            let kept = kept(&project);
            assert_eq!(kept.len(), 9, "{kept:?}");
            for failure in &kept {
                for part in parts(&failure.text) {
                    assert!(
                        shown.contains(&part),
                        "{style:?} -n {workers}: {}:\n{part}\n\nis not in\n{shown}",
                        failure.nodeid
                    );
                }
            }
            let text = |name: &str| {
                let found = kept.iter().find(|failure| failure.nodeid.ends_with(name));
                found.map(|failure| failure.text.clone()).unwrap()
            };
            assert!(text("::test_setup").contains("_ ERROR at setup _"));
            assert!(text("::test_teardown").contains("assert 1 == 2"));
            assert!(text("::test_teardown").contains("_ ERROR at teardown _"));
            assert!(text("::test_teardown_prints").contains("closing\n"));
            assert!(text("::test_teardown_prints").contains("to stderr"));
            assert!(text("[a</script>b]").contains("\nred\n"));
        }
    }
}

#[test]
fn each_attempt_a_limit_and_a_dead_worker_are_kept() {
    let project = Project::with(
        "test_a.py",
        "import os, time\n\
         def test_flaky():\n\
         \x20   first = not os.path.exists('seen')\n\
         \x20   open('seen', 'a').close()\n\
         \x20   assert not first, 'the first time'\n\
         def test_dies():\n\
         \x20   print('before the end', flush=True)\n\
         \x20   os._exit(3)\n\
         def test_slow():\n\
         \x20   time.sleep(60)\n",
    );
    project
        .hasten(&["-n", "2", "--retries", "1", "--timeout", "0.5"])
        .check(1, &["2 failed, 1 flaky"]);
    let kept = kept(&project);
    let attempts = |name: &str| -> Vec<(u32, &str)> {
        let of = kept.iter().filter(|each| each.nodeid.ends_with(name));
        of.map(|each| (each.attempt, each.text.as_str())).collect()
    };
    let [(0, text)] = attempts("::test_flaky")[..] else {
        panic!("{kept:?}");
    };
    assert!(text.contains("the first time"));
    let [(0, text), (1, again)] = attempts("::test_dies")[..] else {
        panic!("{kept:?}");
    };
    assert!(text.contains("while it ran this test") && text.contains("before the end"));
    assert!(again.contains("while it ran this test"));
    let [(0, text), (1, _)] = attempts("::test_slow")[..] else {
        panic!("{kept:?}");
    };
    assert!(text.contains("Timeout (>0.5s)"), "{text}");
}
