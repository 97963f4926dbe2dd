//! Node ids that are meant by a pattern.
//!
//! A pattern is a node id, or the beginning of one up to a boundary: a folder, a file, a class, a function with all its
//! parameters. `*` stands for anything, also for `/` and `::`. Everything else stands for itself: `[` and `]` are
//! in many node ids.

use std::collections::HashSet;

/// A set of node ids, given by patterns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeIds {
    /// Patterns without a wildcard. One look-up for each boundary of a node id finds them, however many there are.
    exact: HashSet<String>,
    /// Those with one: tried one after the other.
    wild: Vec<String>,
}

impl NodeIds {
    /// The ids that one of the patterns means.
    pub fn new<T: AsRef<str>>(patterns: impl IntoIterator<Item = T>) -> Self {
        let mut ids = Self::default();
        for pattern in patterns {
            let pattern = normal(pattern.as_ref());
            if pattern.contains('*') {
                ids.wild.push(pattern.to_owned());
            } else if !pattern.is_empty() {
                ids.exact.insert(pattern.to_owned());
            }
        }
        ids
    }

    /// Whether one of the patterns means this node id.
    pub fn contains(&self, nodeid: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let id = NodeId::new(nodeid);
        (!self.exact.is_empty()
            && id
                .beginnings()
                .any(|beginning| self.exact.contains(beginning)))
            || self.wild.iter().any(|pattern| id.matches(pattern))
    }

    /// Number of patterns; one that was given twice counts once, unless it has a wildcard.
    pub fn len(&self) -> usize {
        self.exact.len() + self.wild.len()
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wild.is_empty()
    }
}

/// A pattern as node ids are written: no `./` before, no slash after a folder.
fn normal(pattern: &str) -> &str {
    let pattern = pattern.trim();
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    // Parameters may end in a slash.
    if pattern.contains("::") {
        pattern
    } else {
        pattern.trim_end_matches('/')
    }
}

/// A node id, and where its parts are.
struct NodeId<'a> {
    text: &'a str,
    /// Where the names in the file begin: at the first `::`, else the end.
    names: usize,
    /// Where the parameters begin: at the first `[` of the names, else the end.
    parameters: usize,
}

impl<'a> NodeId<'a> {
    fn new(text: &'a str) -> Self {
        let names = text.find("::").unwrap_or(text.len());
        let parameters = text[names..]
            .find('[')
            .map_or(text.len(), |found| names + found);
        Self {
            text,
            names,
            parameters,
        }
    }

    /// Whether a folder, a file, a class, a function or the whole id ends at this byte.
    fn ends_at(&self, at: usize) -> bool {
        let rest = &self.text.as_bytes()[at..];
        match rest {
            [] => true,
            [b'/', ..] => at < self.names,
            [b':', b':', ..] => at < self.parameters,
            [b'[', ..] => at == self.parameters,
            _ => false,
        }
    }

    /// Everything that contains the id, and the id itself; the longest first.
    fn beginnings(&self) -> impl Iterator<Item = &'a str> {
        (1..=self.text.len())
            .rev()
            .filter(|at| self.ends_at(*at))
            .map(|at| &self.text[..at])
    }

    /// Whether the pattern, in which `*` stands for anything, means the id or something that contains it.
    ///
    /// Only the last `*` is tried anew when a character does not fit: the part before it has been found as early as
    /// possible, so that no other choice would leave more for the rest.
    fn matches(&self, pattern: &str) -> bool {
        let (pattern, text) = (pattern.as_bytes(), self.text.as_bytes());
        let (mut at_pattern, mut at_text) = (0, 0);
        let mut last_star = None;
        loop {
            match pattern.get(at_pattern) {
                Some(b'*') => {
                    at_pattern += 1;
                    last_star = Some((at_pattern, at_text));
                    continue;
                }
                Some(byte) if text.get(at_text) == Some(byte) => {
                    at_pattern += 1;
                    at_text += 1;
                    continue;
                }
                // A star at the end takes the rest.
                None if self.ends_at(at_text) || pattern.last() == Some(&b'*') => return true,
                _ => {}
            }
            match &mut last_star {
                Some((after, tried)) if *tried < text.len() => {
                    *tried += 1;
                    (at_pattern, at_text) = (*after, *tried);
                }
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "tests/db/test_a.py::TestX::test_y[1/2-a::b[c]]";

    fn means(pattern: &str, id: &str) -> bool {
        NodeIds::new([pattern]).contains(id)
    }

    #[test]
    fn a_pattern_means_what_begins_with_it_at_a_boundary() {
        for pattern in [
            ID,
            "tests",
            "tests/",
            "./tests/db",
            "tests/db/",
            "tests/db/test_a.py",
            "tests/db/test_a.py::TestX",
            "tests/db/test_a.py::TestX::test_y",
        ] {
            assert!(means(pattern, ID), "{pattern}");
        }
        for pattern in [
            "",
            "test",
            "tests/d",
            "db",
            "tests/db/test_a",
            "tests/db/test_a.py:",
            "tests/db/test_a.py::",
            "tests/db/test_a.py::Test",
            "tests/db/test_a.py::TestX::test",
            "tests/db/test_a.py::TestX::test_y[1",
            "tests/db/test_a.py::TestX::test_y[1/2-a",
            "tests/db/test_a.py::TestX::test_y[1/2-a::b",
            "tests/db/test_a.py::TestX::test_y[1/2-a::b[c]",
        ] {
            assert!(!means(pattern, ID), "{pattern}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for pattern in [
            "*",
            "tests/*",
            "tests/db/*",
            "*/test_a.py",
            "*test_a.py",
            "*::test_y",
            "*::TestX",
            "tests/*::test_y",
            "*[1/2-*",
            "*[c]]",
            "tests/*/test_a.py::*::test_y",
            "t*s/*",
            "**",
            "*db*",
        ] {
            assert!(means(pattern, ID), "{pattern}");
        }
        for pattern in [
            "*::test",
            "*est_a",
            "*[c]",
            "tests/x*",
            "*::test_z*",
            "db*",
            "*/db/test_a.py::test_y",
            "*x",
        ] {
            assert!(!means(pattern, ID), "{pattern}");
        }
    }

    #[test]
    fn brackets_and_question_marks_stand_for_themselves() {
        assert!(means("t.py::test[a-b]", "t.py::test[a-b]"));
        assert!(!means("t.py::test[a-b]", "t.py::testa"));
        assert!(!means("t.py::test_?", "t.py::test_a"));
        assert!(means("te[st]/*", "te[st]/t.py::test_a"));
        assert!(!means("te[st]/*", "tes/t.py::test_a"));
        assert!(means("te", "te/[st]/t.py::test_a"));
    }

    #[test]
    fn ids_without_names_and_beyond_ascii_are_ids() {
        assert!(means("README.rst", "README.rst::README.rst"));
        assert!(means("tests/data.yaml", "tests/data.yaml"));
        assert!(means("prüfung/*::test_ä", "prüfung/a.py::test_ä[ö]"));
        assert!(!means("x", ""));
    }

    /// The same, said as a regular expression.
    fn expected(pattern: &str, id: &str) -> bool {
        let names = id.find("::").unwrap_or(id.len());
        let parameters = id[names..]
            .find('[')
            .map_or(id.len(), |found| names + found);
        let anything = pattern
            .split('*')
            .map(|part| fancy_regex::escape(part).into_owned());
        let source = format!("(?s)^{}$", anything.collect::<Vec<_>>().join(".*"));
        let regex = fancy_regex::Regex::new(&source).unwrap();
        (1..=id.len())
            .filter(|at| id.is_char_boundary(*at))
            .filter(|&at| {
                let rest = &id[at..];
                at == id.len()
                    || (rest.starts_with('/') && at < names)
                    || (rest.starts_with("::") && at < parameters)
                    || at == parameters
            })
            .any(|at| regex.is_match(&id[..at]).unwrap())
    }

    proptest! {
        #[test]
        fn patterns_mean_what_a_regular_expression_says(
            pattern in "(a|b|/|::|\\*|\\[|\\]|ä){1,8}",
            id in "(a|b|/|::|\\[|\\]|ä){1,12}",
        ) {
            prop_assume!(normal(&pattern) == pattern);
            prop_assert_eq!(means(&pattern, &id), expected(&pattern, &id));
        }
    }
}
