//! JUnit XML, as `pytest --junitxml` writes it in both of its families.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::model::Outcome;

/// A test case of a report.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Case {
    /// `tests.test_a.TestX`.
    pub(super) class: String,
    /// `test_y[param]`.
    pub(super) name: String,
    /// Where the test was defined; only in the family `xunit1`.
    pub(super) file: Option<String>,
    pub(super) seconds: f64,
    pub(super) outcome: Outcome,
}

/// Reads a report.
///
/// # Errors
/// What is wrong, and at which byte.
pub(super) fn read(text: &str) -> Result<Vec<Case>, (u64, String)> {
    let mut reader = Reader::from_str(text);
    let mut cases: Vec<Case> = Vec::new();
    let mut open: Vec<Vec<u8>> = Vec::new();
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err((reader.error_position(), error.to_string())),
        };
        let at = |error: quick_xml::Error| (reader.buffer_position(), error.to_string());
        match event {
            Event::Start(tag) => {
                take(&mut cases, &open, &tag).map_err(at)?;
                open.push(tag.name().as_ref().to_owned());
            }
            Event::Empty(tag) => take(&mut cases, &open, &tag).map_err(at)?,
            Event::End(_) => drop(open.pop()),
            Event::Eof if open.is_empty() => return Ok(cases),
            Event::Eof => {
                return Err((reader.buffer_position(), "the file was cut off".to_owned()));
            }
            _ => {}
        }
    }
}

/// Takes in what an element says: a test case, or how the last one ended.
fn take(
    cases: &mut Vec<Case>,
    open: &[Vec<u8>],
    tag: &BytesStart<'_>,
) -> Result<(), quick_xml::Error> {
    let attribute = |name: &str| -> Result<Option<String>, quick_xml::Error> {
        let Some(attribute) = tag.try_get_attribute(name)? else {
            return Ok(None);
        };
        Ok(Some(attribute.unescape_value()?.into_owned()))
    };
    if tag.name().as_ref() == b"testcase" {
        let seconds = attribute("time")?.and_then(|time| time.replace(',', "").parse().ok());
        cases.push(Case {
            class: attribute("classname")?.unwrap_or_default(),
            name: attribute("name")?.unwrap_or_default(),
            file: attribute("file")?,
            seconds: seconds.unwrap_or(0.0),
            outcome: Outcome::Passed,
        });
        return Ok(());
    }
    let (Some(case), Some(b"testcase")) = (cases.last_mut(), open.last().map(Vec::as_slice)) else {
        return Ok(());
    };
    case.outcome = match tag.name().as_ref() {
        b"failure" => Outcome::Failed,
        b"error" => Outcome::Error,
        b"skipped" if attribute("type")?.as_deref() == Some("pytest.xfail") => Outcome::Xfailed,
        b"skipped" => Outcome::Skipped,
        _ => case.outcome,
    };
    Ok(())
}

/// Finds the node ids of cases by the files below a rootdir.
pub(super) struct Mapping<'r> {
    root: &'r Utf8Path,
    /// Classes that were looked up: the file, and the classes in it.
    known: HashMap<String, Option<(String, Vec<String>)>>,
}

impl<'r> Mapping<'r> {
    pub(super) fn new(root: &'r Utf8Path) -> Self {
        Self {
            root,
            known: HashMap::new(),
        }
    }

    /// The node id of a case; none if there is no file for it.
    pub(super) fn nodeid(&mut self, case: &Case) -> Option<String> {
        if case.class.is_empty() || case.name.is_empty() {
            return None;
        }
        if !self.known.contains_key(&case.class) {
            let parts: Vec<&str> = case.class.split('.').collect();
            let found = find(self.root, Utf8Path::new(""), &parts)
                .or_else(|| self.by_file(&case.class, case.file.as_deref()?));
            self.known.insert(case.class.clone(), found);
        }
        let (file, classes) = self.known.get(&case.class)?.as_ref()?;
        let mut nodeid = file.clone();
        for part in classes.iter().chain([&case.name]) {
            nodeid.push_str("::");
            nodeid.push_str(part);
        }
        Some(nodeid)
    }

    /// By the file that the case names, wherever its name stands in the class: `--junitprefix` puts
    /// a word before it.
    fn by_file(&self, class: &str, file: &str) -> Option<(String, Vec<String>)> {
        let dotted = file.strip_suffix(".py").unwrap_or(file).replace('/', ".");
        let (_, classes) = format!(".{class}.")
            .split_once(&format!(".{dotted}."))
            .map(|(before, after)| (before.to_owned(), after.to_owned()))?;
        if !self.root.join(file).is_file() {
            return None;
        }
        let classes = classes.split('.').filter(|part| !part.is_empty());
        Some((file.to_owned(), classes.map(str::to_owned).collect()))
    }
}

/// The file that a dotted name begins with, and the rest of the name. A name of a file or folder may
/// have dots itself. Of several files, the one that is deepest.
fn find(root: &Utf8Path, folder: &Utf8Path, parts: &[&str]) -> Option<(String, Vec<String>)> {
    let mut found = None;
    for length in 1..=parts.len() {
        let name = parts[..length].join(".");
        // Not a step out of the rootdir, whatever a report says.
        if name.is_empty() || name.contains('/') || name.trim_matches('.').is_empty() {
            continue;
        }
        let path: Utf8PathBuf = folder.join(&name);
        let rest = &parts[length..];
        if root.join(&path).is_dir()
            && let Some(deeper) = find(root, &path, rest)
        {
            return Some(deeper);
        }
        let file = [format!("{path}.py"), path.to_string()]
            .into_iter()
            .find(|file| root.join(file).is_file());
        if let (Some(file), None) = (file, &found) {
            let classes = rest.iter().map(|&part| part.to_owned()).collect();
            found = Some((file, classes));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[&str]) -> (tempfile::TempDir, Utf8PathBuf) {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(guard.path().to_owned()).unwrap();
        for file in files {
            let path = root.join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        (guard, root)
    }

    fn case(class: &str, name: &str) -> Case {
        Case {
            class: class.to_owned(),
            name: name.to_owned(),
            file: None,
            seconds: 0.5,
            outcome: Outcome::Passed,
        }
    }

    #[test]
    fn a_report_is_read() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">
            <testsuite name="pytest" tests="5" time="1.0"><properties><property name="a" value="b"/></properties>
            <testcase classname="tests.test_a" name="test_b[&lt;&amp;&#10;&quot;]" time="1,000.5" file="tests/test_a.py" line="3"/>
            <testcase classname="a" name="f" time="0.5"><failure message="&gt;">x &lt; y <![CDATA[<error>]]></failure></testcase>
            <testcase classname="a" name="e" time="0.5"><error>x</error></testcase>
            <testcase classname="a" name="s" time="0.5"><skipped type="pytest.skip">x</skipped></testcase>
            <testcase classname="a" name="x"><skipped type="pytest.xfail" message=""/><system-out>o</system-out></testcase>
            </testsuite></testsuites>"#;
        let cases = read(text).unwrap();
        assert_eq!(
            cases[0],
            Case {
                file: Some("tests/test_a.py".to_owned()),
                seconds: 1000.5,
                ..case("tests.test_a", "test_b[<&\n\"]")
            }
        );
        let outcomes: Vec<_> = cases.iter().map(|case| case.outcome.as_str()).collect();
        assert_eq!(
            outcomes,
            ["passed", "failed", "error", "skipped", "xfailed"]
        );
        assert_eq!(cases[4].seconds, 0.0);
    }

    #[test]
    fn a_broken_report_is_an_error() {
        for text in [
            "<testsuite><testcase classname='a' name='b'>",
            "<testsuite></testcase></testsuite>",
            "<testsuite><testcase classname=a/></testsuite>",
            "<testsuite><testcase name='&unknown;'/></testsuite>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_mapped_by_the_files_that_exist() {
        let (_guard, root) = root(&[
            "test_top.py",
            "tests/test_a.py",
            "tests/unit/test_a.py",
            "tests/unit.py",
            "v1.2/test.dots.py",
            "docs/guide.md",
        ]);
        let mut mapping = Mapping::new(&root);
        for (class, name, expected) in [
            ("test_top", "test", Some("test_top.py::test")),
            (
                "test_top.TestX.TestY",
                "t[a::b.c]",
                Some("test_top.py::TestX::TestY::t[a::b.c]"),
            ),
            ("tests.test_a.TestX", "t", Some("tests/test_a.py::TestX::t")),
            ("tests.unit.test_a", "t", Some("tests/unit/test_a.py::t")),
            ("tests.unit.TestX", "t", Some("tests/unit.py::TestX::t")),
            (
                "v1.2.test.dots.TestX",
                "t",
                Some("v1.2/test.dots.py::TestX::t"),
            ),
            ("docs.guide.md", "guide.md", Some("docs/guide.md::guide.md")),
            ("tests.test_gone", "t", None),
            ("tests", "t", None),
            ("", "test_top", None),
            ("....test_top", "t", None),
        ] {
            assert_eq!(
                mapping.nodeid(&case(class, name)).as_deref(),
                expected,
                "{class}"
            );
        }
    }

    #[test]
    fn a_prefix_is_skipped_when_the_file_is_known() {
        let (_guard, root) = root(&["tests/test_a.py"]);
        let mut mapping = Mapping::new(&root);
        let prefixed = case("py311.tests.test_a.TestX", "t");
        assert_eq!(mapping.nodeid(&prefixed), None);
        let with_file = Case {
            file: Some("tests/test_a.py".to_owned()),
            ..prefixed
        };
        let mut mapping = Mapping::new(&root);
        assert_eq!(
            mapping.nodeid(&with_file).as_deref(),
            Some("tests/test_a.py::TestX::t")
        );
    }
}
