//! What the command line and the settings files say of limits.

use hasten_protocol::message::{CollectedItem, Configured, RuleOptions};

use crate::limits::{ItemLimits, Limits};

/// A test has so many seconds to end after its limit, unless settings say otherwise.
const GRACE: f64 = 5.0;

/// The limits of a run. Seconds; 0 is none.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// How long a test may go on after its limit.
    pub(crate) grace: f64,
    /// Of a fixture of a wider scope.
    pub(crate) fixture: f64,
    /// Of a file's import and collection, and of the conftest files'.
    pub(crate) collect: f64,
    /// Of the whole run.
    pub(crate) run: f64,
    /// Of the end of a worker's session.
    pub(crate) session_finish: f64,
    /// After so long a line says what is running.
    pub(crate) slow_after: f64,
    /// Of every item, unless its marks say otherwise.
    default: ItemLimits,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            grace: GRACE,
            fixture: 0.0,
            collect: 0.0,
            run: 0.0,
            session_finish: 0.0,
            slow_after: 0.0,
            default: ItemLimits::default(),
        }
    }
}

impl Rules {
    /// What is known before the conftest files are loaded.
    pub(crate) fn before_conftests(&mut self, options: &RuleOptions) {
        let number = |value: Option<f64>| value.unwrap_or(0.0);
        self.grace = options.timeout_grace.unwrap_or(GRACE);
        self.fixture = number(options.fixture_timeout);
        self.collect = number(options.collect_timeout);
        self.slow_after = number(options.slow_after);
        self.default.setup = number(options.setup_timeout);
        self.default.call = number(options.call_timeout);
        self.default.teardown = number(options.teardown_timeout);
    }

    /// What is known after that.
    pub(crate) fn configured(&mut self, main: &Configured) {
        self.run = main.session_timeout.unwrap_or(0.0);
        self.default.whole = main.timeout.unwrap_or(0.0);
        self.default.func_only = main.timeout_func_only;
        self.session_finish = if self.fixture > 0.0 {
            self.fixture
        } else {
            self.default.whole
        };
    }

    /// The limits of these items. The mark wins (`pytest-timeout 2.4`).
    pub(crate) fn limits(&self, items: &[CollectedItem]) -> Limits {
        let of = |item: &CollectedItem| ItemLimits {
            whole: item.2.unwrap_or(self.default.whole),
            func_only: item.3.unwrap_or(self.default.func_only),
            ..self.default
        };
        Limits::new(items.iter().map(of).collect(), Some(self.fixture))
    }
}
