//! What would help: decided from the kind of reason.

use hasten_protocol::paths::{Plugin, Reason};

use super::Facts;
use super::reasons::{is_conftest, own_report, subject};

/// Hooks in whose place a fixture can stand.
const LIKE_A_FIXTURE: [&str; 3] = [
    AROUND_AN_ITEM,
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
];
const AROUND_AN_ITEM: &str = "pytest_runtest_protocol";
const ONLY_THESE: &str = "Nothing to do: it concerns these tests only.";

/// One or two short sentences.
pub(super) fn of(reason: &Reason, facts: &Facts) -> String {
    let about = subject(reason, facts);
    let text = match reason.kind.as_str() {
        "hook" => return of_hook(about),
        "protocol" | "timers" => return without(about.plugin.as_ref()),
        "reports" if about.kind == "option" => {
            "Leave it out of runs in which passed tests need not be shown."
        }
        "reports" if own_report(about).is_some() => "Leave it out of runs that do not need it.",
        "reports" => return without(about.plugin.as_ref()),
        "option" => of_option(&reason.detail),
        "mark" | "hypothesis" | "nose" | "reported" => ONLY_THESE,
        "limit" => {
            "Nothing to do: it concerns these tests only. A limit for all (--timeout) leaves \
             tests fast."
        }
        "class" => "Nothing to do, unless they are written as plain functions or classes.",
        "capture-fixture" => "Ask for it in the tests, not in a fixture of a wider scope.",
        "twisted" => "Run the tests of twisted.trial in a run of their own.",
        "pytest-version" | "plugin-version" => {
            "Update hasten. If there is no newer one, please report this version."
        }
        "pluggy-version" => "Update it: pip install --upgrade pluggy.",
        "patched" | "replaced" => "Without the code that replaces it, tests are fast.",
        "switched-off" => "Leave it on (no -p no:…): it costs nothing where it has nothing to do.",
        "order" => "A plugin registers pytest's plugins anew: without it, tests are fast.",
        "traced" => "Leave --debug out, and plugins that trace hooks.",
        _ => "Update hasten, or report it.",
    };
    text.to_owned()
}

fn of_hook(about: &Reason) -> String {
    let Some(plugin) = &about.plugin else {
        return without(None);
    };
    let around = about.hooks.iter().any(|hook| hook == AROUND_AN_ITEM);
    if !is_conftest(plugin) {
        let mut text = without(Some(plugin));
        if !around {
            text.push_str(
                " In the conftest of the folders that need it, such a hook leaves the tests of \
                 other folders fast.",
            );
        }
        return text;
    }
    let reach = if around {
        "It counts for every test of the run, in whichever folder it is."
    } else if !plugin.class.is_empty() {
        "As a plugin it counts for every test; as a function of the conftest, for the tests below \
         its folder only."
    } else {
        "It counts for the tests below its folder: moved next to those that need it, it leaves \
         the others fast."
    };
    let fixture = about
        .hooks
        .iter()
        .all(|hook| LIKE_A_FIXTURE.contains(&hook.as_str()));
    if fixture {
        format!("{reach} An autouse fixture in its place leaves all of them fast.")
    } else {
        reach.to_owned()
    }
}

fn without(plugin: Option<&Plugin>) -> String {
    match plugin {
        Some(plugin) if !plugin.name.is_empty() && !is_conftest(plugin) => format!(
            "Where you do not need the plugin, -p no:{} runs without it.",
            plugin.name
        ),
        Some(plugin) if is_conftest(plugin) => "Leave it out where you do not need it.".to_owned(),
        _ => "Leave the plugin out where you do not need it.".to_owned(),
    }
}

fn of_option(name: &str) -> &'static str {
    match name {
        "faulthandler_timeout" => {
            "hasten's --timeout shows the stacks of a test that takes too long, and leaves tests \
             fast."
        }
        "log_level" => {
            "caplog.set_level() in the tests that need the level leaves the others fast."
        }
        name if name.starts_with("--capture=") => {
            "--capture=fd (pytest's default) and -s are fast."
        }
        _ => "Leave it out of runs that are to be fast.",
    }
}
