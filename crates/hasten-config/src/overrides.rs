//! Rules for some of the tests.

use crate::{NodeIds, Place, Rules};

/// How an expression selects tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// By names, as `-k`.
    Keyword,
    /// By marks, as `-m`.
    Marker,
}

impl ExpressionKind {
    /// pytest's option for it, without the dash.
    pub fn letter(self) -> char {
        match self {
            Self::Keyword => 'k',
            Self::Marker => 'm',
        }
    }
}

/// An expression that pytest has to evaluate for each test.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// How it selects.
    pub kind: ExpressionKind,
    /// The expression.
    pub text: String,
    /// Where it is.
    pub place: Place,
}

/// An override as it is in the file. All conditions must hold; there is one at least.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(crate) expressions: Vec<Expression>,
    pub(crate) nodeids: Option<NodeIds>,
    pub(crate) rules: Rules,
}

/// An override with its expressions by their numbers in the policy.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    expressions: Vec<usize>,
    nodeids: Option<NodeIds>,
    pub(crate) rules: Rules,
}

impl Selected {
    /// Adds the expressions that are new to `all`.
    pub(crate) fn new(given: &Override, all: &mut Vec<Expression>) -> Self {
        let mut number = |expression: &Expression| {
            let same = |other: &Expression| {
                (other.kind, &other.text) == (expression.kind, &expression.text)
            };
            all.iter().position(same).unwrap_or_else(|| {
                all.push(expression.clone());
                all.len() - 1
            })
        };
        Self {
            expressions: given.expressions.iter().map(&mut number).collect(),
            nodeids: given.nodeids.clone(),
            rules: given.rules.clone(),
        }
    }

    /// Whether it is for this test.
    pub(crate) fn holds(&self, nodeid: &str, matches: &impl Fn(usize) -> bool) -> bool {
        self.expressions.iter().all(|number| matches(*number))
            && self.nodeids.as_ref().is_none_or(|ids| ids.contains(nodeid))
    }
}
