//! Regular expressions for messages of failures, as pytest-rerunfailures has them.

use std::fmt;

use fancy_regex::{CompileError, Error, Regex};

use crate::{ConfigError, Place};

/// Regular expressions in Python's syntax, of which one has to be found in a text.
#[derive(Clone, Default)]
pub struct Patterns {
    sources: Vec<String>,
    compiled: Vec<Regex>,
}

/// A regular expression that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// Its number in the list.
    pub index: usize,
    /// The expression.
    pub pattern: String,
    /// What is wrong with it.
    pub detail: String,
}

impl BadPattern {
    pub(crate) fn at(self, place: Place) -> ConfigError {
        ConfigError::BadPattern {
            place,
            pattern: self.pattern,
            detail: self.detail,
        }
    }
}

impl Patterns {
    /// Compiles them.
    pub fn new<T: AsRef<str>>(sources: &[T]) -> Result<Self, BadPattern> {
        let sources: Vec<String> = sources
            .iter()
            .map(|source| source.as_ref().to_owned())
            .collect();
        let compile = |(index, source): (usize, &String)| {
            Regex::new(&as_in_python(source)).map_err(|error| BadPattern {
                index,
                pattern: source.clone(),
                detail: detail(&error),
            })
        };
        let compiled = sources
            .iter()
            .enumerate()
            .map(compile)
            .collect::<Result<_, _>>()?;
        Ok(Self { sources, compiled })
    }

    /// Whether one of them is found somewhere in the text (`re.search`). One that takes too many steps is not.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled
            .iter()
            .any(|regex| regex.is_match(text).unwrap_or(false))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// As they were given.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.sources == other.sources
    }
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.sources).finish()
    }
}

/// Writes what Python means by `$` and `\Z` in other words: the end, also before a last line break; the very end.
fn as_in_python(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source.chars();
    let mut in_class = false;
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next() {
                Some('Z') if !in_class => text.push_str("\\z"),
                Some(escaped) => text.extend(['\\', escaped]),
                None => text.push('\\'),
            },
            '$' if !in_class => text.push_str(r"(?:$|(?=\n\z))"),
            '[' if !in_class => {
                in_class = true;
                text.push('[');
                // A bracket that closes is an ordinary character at the beginning.
                for ordinary in ['^', ']'] {
                    if let Some(after) = rest.as_str().strip_prefix(ordinary) {
                        text.push(ordinary);
                        rest = after.chars();
                    }
                }
            }
            // Python has no classes in classes.
            '[' | '&' | '~' if in_class => text.extend(['\\', character]),
            ']' => {
                in_class = false;
                text.push(']');
            }
            _ => text.push(character),
        }
    }
    text
}

/// What the compiler says, in one line.
fn detail(error: &Error) -> String {
    let text = match error {
        Error::ParseError(_, kind) => kind.to_string(),
        Error::CompileError(CompileError::InnerError(inner)) => match inner.syntax_error() {
            Some(syntax) => syntax.to_string(),
            None => inner.to_string(),
        },
        Error::CompileError(kind) => kind.to_string(),
        other => other.to_string(),
    };
    // A syntax error is drawn below the expression; its last line says what it is.
    let line = text.trim_end().lines().next_back().unwrap_or_default();
    let line = line
        .trim()
        .trim_start_matches("error: ")
        .trim_end_matches('.');
    let mut letters = line.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => "it cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        Patterns::new(&[pattern]).unwrap().matches(text)
    }

    #[test]
    fn a_pattern_is_searched_anywhere() {
        assert!(found(
            "Connection",
            "requests.exceptions.ConnectionError: refused"
        ));
        assert!(!found(
            "^Connection",
            "requests.exceptions.ConnectionError: refused"
        ));
        assert!(!found("connection", "ConnectionError"));
        assert!(!found("a.b", "a\nb"));
        assert!(found("", "anything"));
    }

    #[test]
    fn one_of_several_is_enough_and_none_matches_nothing() {
        let patterns = Patterns::new(&["OSError", "Timeout"]).unwrap();
        assert!(patterns.matches("Timeout (>1.0s)"));
        assert!(!patterns.matches("ValueError"));
        assert!(!Patterns::default().matches("ValueError"));
    }

    #[test]
    fn python_s_syntax_is_understood() {
        assert!(found(r"(?P<word>\w+) (?P=word)", "it was was"));
        assert!(found(r"(?<!Assertion)Error", "OSError"));
        assert!(!found(r"(?<!Assertion)Error", "AssertionError"));
        assert!(found(r"(?i)oserror", "OSError"));
        assert!(found(r"(?s)a.b", "a\nb"));
    }

    #[test]
    fn the_end_is_where_python_has_it() {
        assert!(found("refused$", "refused\n"));
        assert!(found("refused$", "refused"));
        assert!(!found("refused$", "refused\n\n"));
        assert!(!found("refused$", "refused\nagain"));
        assert!(found("(?m)refused$", "refused\nagain"));
        assert!(!found(r"refused\Z", "refused\n"));
        assert!(found(r"refused\Z", "refused"));
        assert!(found(r"cost: \$5", "cost: $5"));
        assert!(found("[$]5", "cost: $5"));
        assert!(found("[]$]5", "cost: $5"));
        assert!(found("[^]]$", "x\n"));
        assert!(found(r"^E\\$", "E\\"));
    }

    #[test]
    fn a_class_has_no_classes_in_it() {
        assert!(found(r"x[[]0[]]", "x[0]"));
        assert!(found("[a&&b]", "&"));
        assert!(found("[a~~b]", "~"));
    }

    #[test]
    fn an_endless_search_is_no_match() {
        assert!(!found(r"(?=a)(a|b|ab)*\1c", &"ab".repeat(50)));
    }
}
