//! `--junitxml` is pytest's own writer: what it writes equals plain pytest's.

use regex::Regex;

use crate::project::Project;

const ALL: &str = r#"
import logging, sys, unittest, pytest

@pytest.fixture(scope="session", autouse=True)
def of_session(record_testsuite_property):
    record_testsuite_property("STORAGE", "CEPH & <x>")

def test_ok(record_property):
    record_property("size", 3)
    record_property("pair", (1, "ü"))
    print("hello \x1b[31m red \x00 \x07 ü ☃")

def test_attribute(record_xml_attribute):
    record_xml_attribute("assertions", "REQ-1")
    record_xml_attribute("extra", 5)

def test_suite_property(record_testsuite_property):
    record_testsuite_property("ARCH", "PPC")

def test_fail(record_xml_attribute):
    record_xml_attribute("assertions", "REQ-2")
    print("out")
    print("err", file=sys.stderr)
    logging.getLogger().warning("logged")
    assert {"a": "\x01\ud800"} == {"b": 1}, "message with <xml> & \"quotes\" \x08"

@pytest.fixture
def bad(): raise OSError("no database")

def test_error(bad): pass

@pytest.fixture
def torn():
    yield
    print("torn out")
    raise ValueError("teardown")

def test_teardown(torn): print("body")
def test_fail_and_teardown(torn): assert 0
def test_skip(): pytest.skip("why & <so>")

@pytest.mark.skipif(True, reason="condition")
class TestSkipped:
    def test_in(self): pass

@pytest.mark.xfail(reason="known")
def test_xfail(): assert 0

@pytest.mark.xfail
def test_xpass(): pass

@pytest.mark.xfail(strict=True, reason="strict one")
def test_xpass_strict(): pass

@pytest.mark.parametrize("v", ["a b", "x::y[z]", "ü☃", "\x00\x1b", "</a>", "a/b", "a.b"])
def test_parameters(v): pass

class TestOuter:
    class TestInner:
        def test_method(self): pass

class TestUnit(unittest.TestCase):
    def test_unit(self): self.fail("u")
    @unittest.expectedFailure
    def test_expected(self): self.fail()

def test_words(): pytest.fail("only\nwords", pytrace=False)
"#;

/// The parts of a file, without times, in an order of their own.
fn parts(project: &Project, name: &str) -> Vec<String> {
    let text = project.read(name);
    let times = Regex::new(r#" (time|timestamp|hostname)="[^"]*""#).unwrap();
    let addresses = Regex::new("0x[0-9a-f]{6,}").unwrap();
    let text = times.replace_all(&text, "");
    let text = addresses.replace_all(&text, "0x0");
    let mut parts: Vec<String> = text
        .split_inclusive("</testcase>")
        .flat_map(|part| part.split("</properties>"))
        .flat_map(|part| part.split("<testcase "))
        .flat_map(|part| part.split("<property "))
        .map(str::to_owned)
        .collect();
    assert!(parts.len() > 10, "{text}");
    parts.sort();
    parts
}

#[test]
fn it_equals_plain_pytests() {
    let project = Project::with("test_all.py", ALL)
        .and("test_broken.py", "import nothing_like_it\n")
        .and(
            "test_away.py",
            "import pytest\npytest.skip('only there', allow_module_level=True)\n",
        )
        .and("sub/test_all.py", "def test_same(): pass\n")
        .and("sub/__init__.py", "");
    for options in [
        &["-o", "junit_family=xunit1", "-o", "junit_logging=all"][..],
        &[
            "-o",
            "junit_family=xunit2",
            "-o",
            "junit_logging=system-out",
            "--junitprefix=pre",
        ],
    ] {
        let args = [options, &["--continue-on-collection-errors"]].concat();
        let plain = project.pytest(&[&args[..], &["--junitxml", "plain.xml"]].concat());
        let expected = parts(&project, "plain.xml");
        for mode in [
            &["-n", "0"][..],
            &["-n", "2"],
            &["-n", "2", "--start-method", "spawn"],
        ] {
            let output = project.hasten(&[&args[..], mode, &["--junitxml", "ours.xml"]].concat());
            let ours = parts(&project, "ours.xml");
            for (ours, expected) in ours.iter().zip(&expected) {
                assert_eq!(ours, expected, "{options:?} {mode:?}");
            }
            assert_eq!(ours.len(), expected.len(), "{options:?} {mode:?}");
            output.check(plain.status, &[]);
            let warned = plain.stdout.matches("PytestWarning").count();
            assert_eq!(
                output.stdout.matches("PytestWarning").count(),
                warned,
                "{mode:?}"
            );
        }
    }
}

#[test]
fn what_plain_pytest_does_not_survive_is_in_it_once() {
    let text = r#"
import os, time, pytest
@pytest.mark.timeout(0.3)
def test_slow(): time.sleep(60)
def test_crash(record_property): os._exit(3)
@pytest.mark.flaky(reruns=2)
def test_flaky(record_xml_attribute):
    record_xml_attribute("assertions", "REQ-1")
    if not os.path.exists("flag"):
        open("flag", "w").close()
        assert 0
"#;
    let project = Project::with("test_a.py", text);
    let options = [
        "-n",
        "2",
        "-o",
        "junit_family=xunit1",
        "--junitxml",
        "ours.xml",
    ];
    project
        .hasten(&options)
        .check(1, &["2 failed, 2 warnings, 1 flaky, 1 rerun in"]);
    let xml = project.read("ours.xml");
    assert_eq!(xml.matches("<testcase ").count(), 3, "{xml}");
    for part in [
        r#"failures="2" skipped="0" tests="3""#,
        r#"message="Failed: Timeout (&gt;0.3s)""#,
        "left with exit status 3 while it ran this test",
        r#"<property name="flaky" value="passed at attempt 2 of 3""#,
        r#"assertions="REQ-1""#,
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
}
