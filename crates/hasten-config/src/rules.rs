//! What holds for a test.

use std::sync::Arc;

use crate::{Patterns, Span};

/// Limits and retries of a test. What is absent is decided by whoever comes next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Of the whole test.
    pub timeout: Option<Span>,
    /// The limit counts the call phase only.
    pub timeout_func_only: Option<bool>,
    /// Of the setup.
    pub setup_timeout: Option<Span>,
    /// Of the call.
    pub call_timeout: Option<Span>,
    /// Of the teardown.
    pub teardown_timeout: Option<Span>,
    /// How often a failed test is run again.
    pub retries: Option<u32>,
    /// Seconds before it is.
    pub retry_delay: Option<f64>,
    /// What the delay is multiplied by after each attempt.
    pub retry_backoff: Option<f64>,
    /// Only failures whose message matches one of these are retried; an empty list is no condition.
    pub only_rerun: Option<Arc<Patterns>>,
    /// Failures whose message matches one of these are not.
    pub rerun_except: Option<Arc<Patterns>>,
}

impl Rules {
    /// These, and what they leave open from `weaker`.
    pub fn or(&self, weaker: &Self) -> Self {
        Self {
            timeout: self.timeout.or(weaker.timeout),
            timeout_func_only: self.timeout_func_only.or(weaker.timeout_func_only),
            setup_timeout: self.setup_timeout.or(weaker.setup_timeout),
            call_timeout: self.call_timeout.or(weaker.call_timeout),
            teardown_timeout: self.teardown_timeout.or(weaker.teardown_timeout),
            retries: self.retries.or(weaker.retries),
            retry_delay: self.retry_delay.or(weaker.retry_delay),
            retry_backoff: self.retry_backoff.or(weaker.retry_backoff),
            only_rerun: self
                .only_rerun
                .as_ref()
                .or(weaker.only_rerun.as_ref())
                .cloned(),
            rerun_except: self
                .rerun_except
                .as_ref()
                .or(weaker.rerun_except.as_ref())
                .cloned(),
        }
    }

    /// Whether a failure with this message may be run again, as far as `only_rerun` and `rerun_except` say.
    pub fn may_rerun(&self, message: &str) -> bool {
        self.only_rerun
            .as_ref()
            .is_none_or(|only| only.is_empty() || only.matches(message))
            && !self
                .rerun_except
                .as_ref()
                .is_some_and(|except| except.matches(message))
    }

    /// Seconds before the retry with this number, from 1.
    pub fn delay_before(&self, retry: u32) -> f64 {
        let delay = self.retry_delay.unwrap_or(0.0);
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = delay * self.retry_backoff.unwrap_or(1.0).powi(exponent);
        // 0 times infinity is not a number; nobody waits for longer than a day.
        if grown.is_nan() {
            0.0
        } else {
            grown.min(LONGEST_DELAY)
        }
    }
}

/// Seconds.
const LONGEST_DELAY: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_looked_up_by_itself() {
        let strong = Rules {
            timeout: Some(Span::Seconds(0.0)),
            retries: Some(0),
            ..Rules::default()
        };
        let weak = Rules {
            timeout: Some(Span::Times(3.0)),
            retry_delay: Some(2.0),
            ..Rules::default()
        };
        let joined = Rules {
            timeout: Some(Span::Seconds(0.0)),
            retries: Some(0),
            retry_delay: Some(2.0),
            ..Rules::default()
        };
        assert_eq!(strong.or(&weak), joined);
    }

    #[test]
    fn delays_grow_by_the_backoff() {
        let rules = Rules {
            retry_delay: Some(0.5),
            retry_backoff: Some(2.0),
            ..Rules::default()
        };
        assert_eq!(
            [1, 2, 3, 4].map(|retry| rules.delay_before(retry)),
            [0.5, 1.0, 2.0, 4.0]
        );
        assert_eq!(rules.delay_before(1000), LONGEST_DELAY);
        assert_eq!(
            Rules {
                retry_delay: Some(3.0),
                ..Rules::default()
            }
            .delay_before(9),
            3.0
        );
        assert_eq!(
            Rules {
                retry_backoff: Some(1e8),
                ..Rules::default()
            }
            .delay_before(1000),
            0.0
        );
    }

    #[test]
    fn both_lists_of_patterns_decide() {
        let list = |texts: &[&str]| Some(Arc::new(Patterns::new(texts).unwrap()));
        let rules = Rules {
            only_rerun: list(&["Error"]),
            rerun_except: list(&["^AssertionError"]),
            ..Rules::default()
        };
        assert!(rules.may_rerun("ConnectionError: refused"));
        assert!(!rules.may_rerun("AssertionError: 1 == 2"));
        assert!(!rules.may_rerun("Timeout"));
        assert!(Rules::default().may_rerun("anything"));
        assert!(
            Rules {
                only_rerun: list(&[]),
                ..Rules::default()
            }
            .may_rerun("anything")
        );
    }
}
