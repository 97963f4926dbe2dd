//! Which failures are tried again, how often and when. Pure: what came of it is the caller's.

mod failure;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hasten_config::{Patterns, Rules};
use hasten_history::file_of;
use hasten_protocol::message::{CollectedItem, RuleOptions};
use hasten_protocol::reruns::{RerunMark, RerunOptions};

pub(crate) use failure::Failure;

/// The longest wait before an attempt; a day is more than anybody means.
const LONGEST_WAIT: f64 = 86_400.0;

/// A mark that cannot be heeded.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {pattern:?} is not a regular expression: {detail}")]
pub(crate) struct BadPattern {
    place: String,
    pattern: String,
    detail: String,
}

/// What holds for the retries of a test.
#[derive(Clone, Debug)]
pub(crate) struct RetryRules {
    /// How often it is run again, at most.
    pub(crate) retries: u32,
    /// Seconds before the first time.
    pub(crate) delay: f64,
    /// What they are multiplied by after each further attempt.
    pub(crate) backoff: f64,
    /// If there are any, one of them must match.
    pub(crate) only_rerun: Arc<Patterns>,
    /// None of them must match.
    pub(crate) rerun_except: Arc<Patterns>,
}

impl Default for RetryRules {
    fn default() -> Self {
        Self {
            retries: 0,
            delay: 0.0,
            backoff: 1.0,
            only_rerun: Arc::default(),
            rerun_except: Arc::default(),
        }
    }
}

impl RetryRules {
    /// Says after how long a failed attempt is followed by another, if it is. Attempts are counted from 0.
    pub(crate) fn wait(&self, attempt: u32, failures: &[Failure]) -> Option<Duration> {
        if attempt >= self.retries || !failures.iter().all(|failure| self.allows(failure)) {
            return None;
        }
        let exponent = i32::try_from(attempt).unwrap_or(i32::MAX);
        let seconds = self.delay * self.backoff.powi(exponent);
        // Also when it is no number.
        let seconds = seconds.clamp(0.0, LONGEST_WAIT);
        Some(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    fn allows(&self, failure: &Failure) -> bool {
        let any =
            |patterns: &Patterns, texts: &[String]| texts.iter().any(|text| patterns.matches(text));
        (self.only_rerun.is_empty() || any(&self.only_rerun, &failure.chain))
            && !any(&self.rerun_except, &failure.own)
    }
}

/// The rules of all items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    general: RetryRules,
    /// Those of items that have others.
    own: HashMap<u32, RetryRules>,
    /// The most attempts of a run that are not the first at their test.
    most: Option<u32>,
}

impl RetryRules {
    fn from(rules: &Rules) -> Self {
        Self {
            retries: rules.retries.unwrap_or(0),
            delay: rules.retry_delay.unwrap_or(0.0),
            backoff: rules.retry_backoff.unwrap_or(1.0),
            only_rerun: rules.only_rerun.clone().unwrap_or_default(),
            rerun_except: rules.rerun_except.clone().unwrap_or_default(),
        }
    }
}

impl Policy {
    /// What the command line and the settings files say for tests in general.
    pub(crate) fn new(general: &Rules, reruns: &RerunOptions) -> Self {
        let mut general = RetryRules::from(general);
        general.retries = reruns.force_reruns.unwrap_or(general.retries);
        Self {
            general,
            own: HashMap::new(),
            most: reruns.max_suite_reruns,
        }
    }

    /// Takes in what marks say, which files are excluded, and `overrides`: the rules of an item that has others than
    /// tests in general.
    pub(crate) fn with_items(
        mut self,
        items: &[CollectedItem],
        rules: &RuleOptions,
        reruns: &RerunOptions,
        overrides: impl Fn(u32, &str) -> Option<Rules>,
    ) -> Result<Self, BadPattern> {
        for (index, item) in (0..).zip(items) {
            if is_excluded(&item.0, &reruns.rerun_exclude_path) {
                self.own.insert(index, RetryRules::default());
                continue;
            }
            let mut own = overrides(index, &item.0).map(|rules| RetryRules::from(&rules));
            if let (Some(own), Some(forced)) = (&mut own, reruns.force_reruns) {
                own.retries = forced;
            }
            if let Some(mark) = &item.4 {
                let base = own.as_ref().unwrap_or(&self.general);
                own = Some(marked(base, &item.0, mark, rules, reruns)?);
            }
            if let Some(own) = own {
                self.own.insert(index, own);
            }
        }
        Ok(self)
    }

    /// The rules of an item: this is where everything that decides on retries is asked.
    pub(crate) fn of(&self, index: u32) -> &RetryRules {
        self.own.get(&index).unwrap_or(&self.general)
    }

    /// The most retries of the whole run.
    pub(crate) fn most(&self) -> u32 {
        self.most.unwrap_or(u32::MAX)
    }

    /// True when there is an item that may be run again.
    pub(crate) fn may_retry(&self) -> bool {
        self.general.retries > 0 || self.own.values().any(|rules| rules.retries > 0)
    }
}

/// What a mark makes of the rules that hold without it.
fn marked(
    base: &RetryRules,
    nodeid: &str,
    mark: &RerunMark,
    rules: &RuleOptions,
    reruns: &RerunOptions,
) -> Result<RetryRules, BadPattern> {
    let patterns = |given: &Option<Vec<String>>, general: &Arc<Patterns>| match given {
        Some(given) => compile(nodeid, given),
        None => Ok(Arc::clone(general)),
    };
    let count = match (mark.reruns, reruns.force_reruns) {
        (None, _) => 0,
        (Some(_), Some(forced)) => forced,
        (Some(own), None) if reruns.reruns_mode.as_deref() == Some("append") => {
            own.saturating_add(base.retries)
        }
        (Some(own), None) => own,
    };
    Ok(RetryRules {
        retries: count,
        // A mark without a delay means none, whatever `--reruns-delay` says.
        delay: mark.reruns_delay.or(rules.retry_delay).unwrap_or(0.0),
        backoff: mark
            .reruns_delay_backoff_factor
            .or(rules.retry_backoff)
            .unwrap_or(1.0),
        only_rerun: patterns(&mark.only_rerun, &base.only_rerun)?,
        rerun_except: patterns(&mark.rerun_except, &base.rerun_except)?,
    })
}

fn compile(place: &str, patterns: &[String]) -> Result<Arc<Patterns>, BadPattern> {
    let compiled = Patterns::new(patterns).map_err(|bad| BadPattern {
        place: place.to_owned(),
        pattern: bad.pattern,
        detail: bad.detail,
    });
    compiled.map(Arc::new)
}

fn is_excluded(nodeid: &str, paths: &[String]) -> bool {
    let file = file_of(nodeid);
    paths.iter().any(|path| {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let rest = file.strip_prefix(path);
        path.is_empty()
            || path == "."
            || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(only: &[&str], except: &[&str]) -> RetryRules {
        let all = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|one| (*one).to_owned()).collect();
            compile("test", &patterns).unwrap()
        };
        RetryRules {
            retries: 2,
            only_rerun: all(only),
            rerun_except: all(except),
            ..RetryRules::default()
        }
    }

    fn failure(message: &str) -> Failure {
        Failure::from(&json!({"reprcrash": {"message": message}}))
    }

    #[test]
    fn attempts_are_counted_and_wait_longer_each_time() {
        let rules = RetryRules {
            retries: 3,
            delay: 0.5,
            backoff: 2.0,
            ..RetryRules::default()
        };
        let waits: Vec<_> = (0..4).map(|attempt| rules.wait(attempt, &[])).collect();
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        assert_eq!(waits, [seconds(0.5), seconds(1.0), seconds(2.0), None]);
        let absurd = RetryRules {
            retries: u32::MAX,
            delay: 1e9,
            backoff: 1e9,
            ..RetryRules::default()
        };
        assert_eq!(absurd.wait(1000, &[]), seconds(LONGEST_WAIT));
    }

    #[test]
    fn patterns_decide_by_the_message() {
        for (only, except, message, expected) in [
            (vec![], vec![], "anything", true),
            (vec!["AssertionError"], vec![], "assert 1 == 2", true),
            (vec!["^AssertionError"], vec![], "AssertionError: no", true),
            (vec!["AssertionError"], vec![], "ValueError: no", false),
            (
                vec!["AssertionError", "Value"],
                vec![],
                "ValueError: no",
                true,
            ),
            (vec!["^MyError: x"], vec![], "pkg.mod.MyError: x", true),
            (vec!["^MyError$"], vec![], "pkg.mod.MyError", true),
            (vec!["Timeout"], vec![], "Failed: Timeout (>1.0s)", true),
            (vec![r"(?<=code )5\d\d"], vec![], "OSError: code 503", true),
            (vec![], vec!["ValueError"], "ValueError: no", false),
            (vec![], vec!["ValueError"], "assert 0", true),
            (vec!["Error"], vec!["no"], "ValueError: no", false),
            (vec!["Error"], vec!["no"], "ValueError: yes", true),
        ] {
            let found = rules(&only, &except).wait(0, &[failure(message)]);
            assert_eq!(found.is_some(), expected, "{only:?} {except:?} {message}");
        }
        let both = [failure("assert 0"), failure("ValueError: teardown")];
        assert!(rules(&["Assertion"], &[]).wait(0, &both).is_none());
        assert!(rules(&["Assertion", "Value"], &[]).wait(0, &both).is_some());
    }

    #[test]
    fn errors_that_led_to_it_are_looked_at() {
        let link = |message: &str, relation: &str| json!([null, {"message": message}, relation]);
        let chain = |relation: &str| {
            let links = [link("OSError: down", relation), link("ValueError: x", "")];
            [Failure::from(&json!({"chain": links}))]
        };
        let cause = chain("The above exception was the direct cause of the following exception:");
        let context = chain("During handling of the above exception, another exception occurred:");
        assert!(rules(&["^OSError"], &[]).wait(0, &cause).is_some());
        assert!(rules(&["^OSError"], &[]).wait(0, &context).is_some());
        assert!(rules(&[], &["^OSError"]).wait(0, &cause).is_none());
        assert!(rules(&[], &["^OSError"]).wait(0, &context).is_some());
    }

    fn policy(rules: &str, reruns: &str, mark: &str) -> Policy {
        let rules: RuleOptions = serde_json::from_str(rules).unwrap();
        let reruns: RerunOptions = serde_json::from_str(reruns).unwrap();
        let mark: RerunMark = serde_json::from_str(mark).unwrap();
        let item = |name: &str, mark| CollectedItem(name.into(), 4, None, None, mark);
        let items = [
            item("a.py::marked", Some(mark)),
            item("a.py::plain", None),
            item("b/c.py::plain", None),
        ];
        let general = Rules {
            retries: rules.retries.or(reruns.reruns),
            retry_delay: rules.retry_delay.or(reruns.reruns_delay),
            ..Rules::default()
        };
        let overrides = |index, _: &str| {
            (index == 2).then(|| Rules {
                retries: Some(7),
                ..general.clone()
            })
        };
        Policy::new(&general, &reruns)
            .with_items(&items, &rules, &reruns, overrides)
            .unwrap()
    }

    #[test]
    fn overrides_are_for_their_tests() {
        let policy = policy("{}", r#"{"reruns": 1}"#, "{}");
        let found = [0, 1, 2].map(|index| policy.of(index).retries);
        assert_eq!(found, [0, 1, 7]);
    }

    #[test]
    fn the_mark_wins_then_the_command_line() {
        for (rules, reruns, mark, marked, plain) in [
            (
                r#"{"retries": 3}"#,
                r#"{"reruns": 1}"#,
                r#"{"reruns": 2}"#,
                2,
                3,
            ),
            ("{}", r#"{"reruns": 1}"#, r#"{"reruns": 2}"#, 2, 1),
            ("{}", "{}", r#"{"reruns": 2}"#, 2, 0),
            (r#"{"retries": 3}"#, "{}", "{}", 0, 3),
            (
                "{}",
                r#"{"force_reruns": 5, "reruns": 1}"#,
                r#"{"reruns": 2}"#,
                5,
                5,
            ),
            (
                "{}",
                r#"{"reruns_mode": "append", "reruns": 1}"#,
                r#"{"reruns": 2}"#,
                3,
                1,
            ),
            (
                "{}",
                r#"{"rerun_exclude_path": ["a.py"], "reruns": 1}"#,
                r#"{"reruns": 2}"#,
                0,
                0,
            ),
        ] {
            let policy = policy(rules, reruns, mark);
            let found = (policy.of(0).retries, policy.of(1).retries);
            assert_eq!(found, (marked, plain), "{rules} {reruns} {mark}");
        }
        let excluded = policy(
            "{}",
            r#"{"rerun_exclude_path": ["./b/"], "reruns": 1}"#,
            "{}",
        );
        assert_eq!((excluded.of(1).retries, excluded.of(2).retries), (1, 0));
    }

    #[test]
    fn delays_are_those_of_the_mark_too() {
        let policy = policy(
            "{}",
            r#"{"reruns": 1, "reruns_delay": 4}"#,
            r#"{"reruns": 2}"#,
        );
        assert_eq!((policy.of(0).delay, policy.of(1).delay), (0.0, 4.0));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let mark: RerunMark =
            serde_json::from_str(r#"{"reruns": 1, "only_rerun": ["(x"]}"#).unwrap();
        let item = CollectedItem("a.py::test".into(), 4, None, None, Some(mark));
        let policy = Policy::new(&Rules::default(), &RerunOptions::default());
        let (rules, reruns) = (RuleOptions::default(), RerunOptions::default());
        let error = policy
            .with_items(&[item], &rules, &reruns, |_, _| None)
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("a.py::test: \"(x\" is not a regular expression: "),
            "{text}"
        );
    }
}
