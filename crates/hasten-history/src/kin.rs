//! What can be expected of a test that no run has had, from others that plainly are its kin.
//!
//! Only durations are taken over, and only to plan with: an outcome is never anybody's but the test's own.
//!
//! | the new test | its kin |
//! |---|---|
//! | has other parameters | the tests of the same function, with parameters or without |
//! | has the same class and function in a file of the same name elsewhere | the one test that had them and was not collected now |
//!
//! A function that was renamed inside its file is no plain case: nothing says which one it was.

use std::collections::{HashMap, HashSet};

use crate::model::{PhaseTimes, file_of};

/// Finds what to expect of those of the collected tests that are not `known`.
#[must_use]
pub fn expect_of_kin<'a>(
    known: &HashMap<String, PhaseTimes>,
    collected: impl IntoIterator<Item = &'a str>,
) -> HashMap<&'a str, PhaseTimes> {
    let collected: Vec<&str> = collected.into_iter().collect();
    let new: Vec<&str> = collected
        .iter()
        .copied()
        .filter(|nodeid| !known.contains_key(*nodeid))
        .collect();
    if new.is_empty() || known.is_empty() {
        return HashMap::new();
    }
    let functions = of_functions(known, &new);
    let moved = moved(known, &collected, &new);
    new.into_iter()
        .filter_map(|nodeid| {
            let expected = functions.get(function(nodeid)).or(moved.get(nodeid))?;
            Some((nodeid, *expected))
        })
        .collect()
}

/// The medians of the known tests of the functions that new tests have.
fn of_functions<'a>(
    known: &'a HashMap<String, PhaseTimes>,
    new: &[&'a str],
) -> HashMap<&'a str, PhaseTimes> {
    let mut siblings: HashMap<&str, Vec<PhaseTimes>> = HashMap::new();
    for nodeid in new {
        siblings.entry(function(nodeid)).or_default();
    }
    for (nodeid, times) in known {
        if let Some(of_function) = siblings.get_mut(function(nodeid)) {
            of_function.push(*times);
        }
    }
    siblings
        .into_iter()
        .filter_map(|(name, times)| Some((name, PhaseTimes::medians(&times)?)))
        .collect()
}

/// New tests whose names one test had that is gone.
fn moved<'a>(
    known: &HashMap<String, PhaseTimes>,
    collected: &[&str],
    new: &[&'a str],
) -> HashMap<&'a str, PhaseTimes> {
    let there: HashSet<&str> = collected.iter().copied().collect();
    let mut news: HashMap<&str, Vec<&'a str>> = HashMap::new();
    for nodeid in new {
        news.entry(below_folder(nodeid)).or_default().push(nodeid);
    }
    let mut gone: HashMap<&str, Vec<PhaseTimes>> = HashMap::new();
    for (nodeid, times) in known {
        let name = below_folder(nodeid);
        if news.contains_key(name) && !there.contains(nodeid.as_str()) {
            gone.entry(name).or_default().push(*times);
        }
    }
    news.into_iter()
        .filter_map(|(name, new)| match (&new[..], gone.get(name)?.as_slice()) {
            ([new], [old]) => Some((*new, *old)),
            _ => None,
        })
        .collect()
}

/// The node id without parameters.
fn function(nodeid: &str) -> &str {
    nodeid.split('[').next().unwrap_or(nodeid)
}

/// The node id without the folders of its file.
fn below_folder(nodeid: &str) -> &str {
    let file = file_of(nodeid);
    let folders = file.rfind('/').map_or(0, |slash| slash + 1);
    &nodeid[folders..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(tests: &[(&str, f64)]) -> HashMap<String, PhaseTimes> {
        let times = |call: f64| PhaseTimes {
            setup: call / 10.0,
            call,
            teardown: 0.0,
        };
        tests
            .iter()
            .map(|(nodeid, call)| ((*nodeid).to_owned(), times(*call)))
            .collect()
    }

    fn calls(known: &HashMap<String, PhaseTimes>, collected: &[&str]) -> Vec<(String, f64)> {
        let mut found: Vec<(String, f64)> = expect_of_kin(known, collected.iter().copied())
            .into_iter()
            .map(|(nodeid, times)| (nodeid.to_owned(), times.call))
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    #[test]
    fn other_parameters_take_as_long_as_their_siblings() {
        let known = known(&[
            ("a.py::t[1]", 1.0),
            ("a.py::t[2::x]", 3.0),
            ("a.py::t[3]", 100.0),
            ("a.py::u", 7.0),
            ("b.py::t[1]", 50.0),
        ]);
        assert_eq!(
            calls(
                &known,
                &[
                    "a.py::t[1]",
                    "a.py::t[9::x]",
                    "a.py::t",
                    "a.py::u[1]",
                    "a.py::w"
                ]
            ),
            [
                ("a.py::t".to_owned(), 3.0),
                ("a.py::t[9::x]".to_owned(), 3.0),
                ("a.py::u[1]".to_owned(), 7.0)
            ]
        );
    }

    #[test]
    fn a_file_that_was_moved_keeps_its_times() {
        let known = known(&[
            ("old/test_a.py::A::t[a/b]", 4.0),
            ("old/test_a.py::gone", 5.0),
        ]);
        assert_eq!(
            calls(
                &known,
                &["new/sub/test_a.py::A::t[a/b]", "new/sub/test_a.py::renamed"]
            ),
            [("new/sub/test_a.py::A::t[a/b]".to_owned(), 4.0)]
        );
        assert_eq!(
            calls(&known, &["test_a.py::A::t[a/b]"]).len(),
            1,
            "to the rootdir"
        );
    }

    #[test]
    fn where_it_is_not_plain_nothing_is_expected() {
        let two = known(&[("a/test.py::t", 1.0), ("b/test.py::t", 2.0)]);
        assert_eq!(calls(&two, &["c/test.py::t"]), []);
        let one = known(&[("a/test.py::t", 1.0)]);
        let copied = ["a/test.py::t", "b/test.py::t"];
        assert_eq!(calls(&one, &copied), [], "a copy, not moved");
        assert_eq!(calls(&one, &["c/test.py::t", "d/test.py::t"]), []);
        assert_eq!(calls(&one, &["a/test.py::u", "a/other.py::t"]), []);
        assert_eq!(calls(&HashMap::new(), &["a"]), []);
    }
}
