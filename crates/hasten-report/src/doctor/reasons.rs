//! What a reason is, in words.

use hasten_protocol::paths::{Plugin, Reason};

use super::Facts;

/// What a reason is about: for somebody who listens to reports, that one.
pub(super) fn subject<'a>(reason: &'a Reason, facts: &'a Facts) -> &'a Reason {
    match &facts.listener {
        Some(listener) if reason.kind == "reports" => listener,
        _ => reason,
    }
}

/// What it is, and why it matters.
pub(super) fn words(reason: &Reason, facts: &Facts) -> (String, String) {
    let about = subject(reason, facts);
    let detail = about.detail.as_str();
    let owner = || named(about.plugin.as_ref(), &facts.rootdir);
    let hooks = || about.hooks.join(", ");
    let (what, why) = match reason.kind.as_str() {
        "hook" => (
            format!("{} of {}", hooks(), owner()),
            "hasten does not know what this does to a test.",
        ),
        "protocol" => (
            format!("{} of {}", hooks(), owner()),
            "It runs the tests itself, or has to know the next one before a test starts.",
        ),
        "reports" if about.kind == "option" => (
            setting(detail),
            "It shows passed tests, so pytest has to make a whole report of each.",
        ),
        "reports" => (
            if let Some(name) = own_report(about) {
                format!("pytest's plugin {name}")
            } else if about.kind == "hook" {
                format!("{} of {}", hooks(), owner())
            } else {
                "somebody who listens to reports of passed tests".to_owned()
            },
            "It may read reports of passed tests, so pytest has to make a whole one of each.",
        ),
        "option" => (setting(detail), "pytest acts on it around every test."),
        "mark" => (
            format!(
                "mark{} {detail}",
                if detail.contains(',') { "s" } else { "" }
            ),
            "pytest evaluates it before and after each test that has it.",
        ),
        "limit" => (
            "mark timeout".to_owned(),
            "pytest-timeout looks at each test that has it.",
        ),
        "class" => of_class(detail),
        "hypothesis" => (
            "tests of hypothesis".to_owned(),
            "hypothesis's own plugin works on them.",
        ),
        "nose" => (
            "functions setup or teardown for nose".to_owned(),
            "pytest's plugin nose calls them.",
        ),
        "reported" => (
            "tests that have a property or a section of output before they start".to_owned(),
            "It has to be in their reports.",
        ),
        "capture-fixture" => (
            "a capture fixture (capsys, capfd, …) that is active before the test starts".to_owned(),
            "pytest has to switch it off and on around every phase.",
        ),
        "twisted" => (
            "twisted.trial is imported".to_owned(),
            "pytest's plugin unittest then acts on every test.",
        ),
        "pytest-version" => (
            format!("pytest {detail}"),
            "Its files are not those of a version that hasten was tested with. The results are \
             right, only slower.",
        ),
        "plugin-version" => (
            format!("{} of {}", hooks(), owner()),
            "It is not a version that hasten was tested with. The results are right, only slower.",
        ),
        "pluggy-version" => (
            format!("pluggy {detail}"),
            "hasten cannot see in so old a version who implements a hook.",
        ),
        "timers" => (
            format!("{} of {}", hooks(), owner()),
            "It has a limit for the whole session, or somebody else sets its timers.",
        ),
        "patched" => (
            format!("pytest's {detail}, replaced by {}", owner()),
            "hasten does not know what stands in its place.",
        ),
        "replaced" => (
            format!("pytest's {detail}, replaced"),
            "hasten does not know what stands in its place.",
        ),
        "switched-off" => (
            format!("pytest's plugin {detail} is switched off"),
            "The fast path was tested with all of pytest's plugins in place.",
        ),
        "order" => (
            format!("the order of pytest's own implementations of {}", hooks()),
            "It is not the one that hasten was tested with.",
        ),
        "traced" => (
            "calls of hooks are traced".to_owned(),
            "Somebody wants to see each call.",
        ),
        other => (
            format!("{other} {detail}").trim_end().to_owned(),
            "hasten has no words for this reason.",
        ),
    };
    (what, why.to_owned())
}

/// The name of the plugin, when a part of pytest listens to reports.
pub(super) fn own_report(about: &Reason) -> Option<&str> {
    about.plugin.as_ref()?.module.strip_prefix("_pytest.")
}

fn of_class(class: &str) -> (String, &'static str) {
    let what = match class {
        "_pytest.unittest.TestCaseFunction" => "methods of unittest.TestCase".to_owned(),
        "_pytest.doctest.DoctestItem" => "doctests".to_owned(),
        _ => format!("tests of the class {class}"),
    };
    (what, "They are not run by pytest's plain test function.")
}

/// An option as on a command line, or a setting.
fn setting(name: &str) -> String {
    let kind = if name.starts_with('-') {
        "option"
    } else {
        "setting"
    };
    format!("{kind} {name}")
}

/// A plugin by the name that a user knows.
pub(super) fn named(plugin: Option<&Plugin>, rootdir: &str) -> String {
    let Some(plugin) = plugin else {
        return "an unknown plugin".to_owned();
    };
    let file = below(&plugin.file, rootdir);
    if is_conftest(plugin) {
        return if plugin.class.is_empty() {
            file.to_owned()
        } else {
            format!("{} in {file}", plugin.class)
        };
    }
    if !plugin.distribution.is_empty() {
        return format!("{} (module {})", plugin.distribution, plugin.module);
    }
    let place = if file.len() < plugin.file.len() {
        file
    } else {
        ""
    };
    let mut known: Vec<String> = Vec::new();
    if !plugin.name.is_empty() && plugin.name != plugin.module {
        known.push(format!("plugin {}", plugin.name));
    }
    if !plugin.class.is_empty() && known.is_empty() {
        known.push(plugin.class.clone());
    }
    known.push(format!("module {}", plugin.module));
    let name = known.remove(0);
    known.extend((!place.is_empty()).then(|| place.to_owned()));
    if known.is_empty() {
        name
    } else {
        format!("{name} ({})", known.join(", "))
    }
}

/// True for the code of a conftest file.
pub(super) fn is_conftest(plugin: &Plugin) -> bool {
    plugin.file.rsplit('/').next() == Some("conftest.py")
}

/// A path below a folder, relative to it; another one as it is.
pub(super) fn below<'a>(path: &'a str, folder: &str) -> &'a str {
    path.strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(path)
}
