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
}

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
}
