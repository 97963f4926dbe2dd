//! The page, put together.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::failures::Failures;
use super::slowest::Slowest;
use super::summary::Summary;

const TEMPLATES: [(&str, &str); 5] = [
    ("page.html", include_str!("../../assets/page.html")),
    ("summary.html", include_str!("../../assets/summary.html")),
    ("failures.html", include_str!("../../assets/failures.html")),
    ("slowest.html", include_str!("../../assets/slowest.html")),
    ("tests.html", include_str!("../../assets/tests.html")),
];

const STYLES: [&str; 7] = [
    include_str!("../../assets/css/colours.css"),
    include_str!("../../assets/css/page.css"),
    include_str!("../../assets/css/summary.css"),
    include_str!("../../assets/css/failures.css"),
    include_str!("../../assets/css/table.css"),
    include_str!("../../assets/css/timeline.css"),
    include_str!("../../assets/css/details.css"),
];

/// In the order in which they need one another.
const SCRIPTS: [&str; 18] = [
    include_str!("../../assets/js/text.js"),
    include_str!("../../assets/js/dom.js"),
    include_str!("../../assets/js/data.js"),
    include_str!("../../assets/js/theme.js"),
    include_str!("../../assets/js/chart.js"),
    include_str!("../../assets/js/details.js"),
    include_str!("../../assets/js/filter.js"),
    include_str!("../../assets/js/table.js"),
    include_str!("../../assets/js/tests.js"),
    include_str!("../../assets/js/timeline/window.js"),
    include_str!("../../assets/js/timeline/lanes.js"),
    include_str!("../../assets/js/timeline/paint.js"),
    include_str!("../../assets/js/timeline/picture.js"),
    include_str!("../../assets/js/timeline/tip.js"),
    include_str!("../../assets/js/timeline/timeline.js"),
    include_str!("../../assets/js/trend.js"),
    include_str!("../../assets/js/failures.js"),
    include_str!("../../assets/js/main.js"),
];

/// The page could not be put together: a mistake in hasten's own templates.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be made ({0}): please report this, it is a mistake in hasten")]
pub struct PageError(minijinja::Error);

/// What a page is made of.
pub(super) struct Parts<'a> {
    pub(super) summary: Summary,
    pub(super) failures: Failures<'a>,
    pub(super) slowest: Slowest,
    pub(super) trend_left_out: Option<String>,
    /// JSON that [`json`] made.
    pub(super) data: String,
}

/// JSON that can stand in a `script` element: nothing in it looks like a tag.
pub(super) fn json(data: &impl Serialize) -> String {
    // Only a map whose keys are no strings can fail, and in JSON a `<` stands in strings only.
    serde_json::to_string(data)
        .unwrap_or_default()
        .replace('<', r"\u003c")
}

pub(super) fn page(parts: Parts<'_>) -> Result<String, PageError> {
    let styles = STYLES.concat();
    let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat());
    // Nothing but what is in this file may be run or shown, and nobody may be asked.
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(&styles)
    );
    let context = context! {
        summary => Value::from(Serde(&parts.summary)),
        failures => Value::from(Serde(&parts.failures)),
        slowest => Value::from(Serde(&parts.slowest)),
        trend_left_out => parts.trend_left_out,
        policy => policy,
        version => env!("CARGO_PKG_VERSION"),
        styles => Value::from_safe_string(styles),
        script => Value::from_safe_string(script),
        data => Value::from_safe_string(parts.data),
    };
    render(context).map_err(PageError)
}

fn render(context: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, template) in TEMPLATES {
        environment.add_template(name, template)?;
    }
    environment.get_template("page.html")?.render(context)
}

/// The hash of an element's text, as a policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
