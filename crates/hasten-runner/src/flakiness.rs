//! Why a test failed: always, now and then, or because of the tests before it. Found by running it again.

use crate::bisection::{Found, narrow};

/// A test that is flaky by itself was run alone so often.
const ALONE: usize = 4;
/// The most runs of a search for the tests that another one depends on.
const BUDGET: usize = 60;
/// Tests that a sentence names at most.
const NAMED: usize = 5;

/// So many of so many runs failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) failed: usize,
    pub(crate) runs: usize,
}

/// What is known of a failed test after it was run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It fails, alone and after the others.
    Always { after: bool },
    /// It passes and fails without a reason in the order.
    Flaky { alone: Tally, after: Tally },
    /// It passes alone, and fails after these.
    FailsAfter { found: Found, confirmed: bool },
    /// It fails alone, and passes after these.
    Needs { found: Found, confirmed: bool },
}

/// The experiments with one test, and what came of them.
struct Court<F> {
    fails: F,
    alone: Tally,
    after: Tally,
}

impl<F> Court<F> {
    fn alone<E>(&mut self) -> Result<bool, E>
    where
        F: FnMut(&[u32], usize) -> Result<bool, E>,
    {
        let failed = (self.fails)(&[], self.alone.runs)?;
        self.alone.count(failed);
        Ok(failed)
    }

    fn after<E>(&mut self, before: &[u32]) -> Result<bool, E>
    where
        F: FnMut(&[u32], usize) -> Result<bool, E>,
    {
        let failed = (self.fails)(before, self.after.runs)?;
        self.after.count(failed);
        Ok(failed)
    }
}

impl Tally {
    fn count(&mut self, failed: bool) {
        self.runs += 1;
        self.failed += usize::from(failed);
    }
}

/// Judges a failed test. `before` are the tests that ran before it in its worker. `wider` are other orders that plain
/// pytest would know: one of them may have a test that it needs.
///
/// `fails(tests, n)` says whether it fails after these tests in a fresh process, when that is tried for the n-th time.
///
/// # Errors
/// Those of `fails`.
pub(crate) fn judge<E>(
    before: &[u32],
    wider: &[Vec<u32>],
    fails: impl FnMut(&[u32], usize) -> Result<bool, E>,
) -> Result<Verdict, E> {
    let mut court = Court {
        fails,
        alone: Tally::default(),
        after: Tally::default(),
    };
    let alone = court.alone()?;
    let after = if before.is_empty() {
        alone
    } else {
        court.after(before)?
    };
    // Each is confirmed before anything is concluded of a difference between them.
    let alone_again = court.alone()?;
    if alone != alone_again {
        return flaky(court);
    }
    if alone != after {
        if court.after(before)? != after {
            return flaky(court);
        }
        return search(before, alone, &mut court.fails);
    }
    if !alone {
        return flaky(court);
    }
    for order in wider {
        if !(court.fails)(order, 0)? {
            return if (court.fails)(order, 1)? {
                flaky(court)
            } else {
                search(order, true, &mut court.fails)
            };
        }
    }
    Ok(Verdict::Always {
        after: !before.is_empty(),
    })
}

/// It passes and fails without a reason: how often?
fn flaky<E, F>(mut court: Court<F>) -> Result<Verdict, E>
where
    F: FnMut(&[u32], usize) -> Result<bool, E>,
{
    while court.alone.runs < ALONE {
        court.alone()?;
    }
    Ok(Verdict::Flaky {
        alone: court.alone,
        after: court.after,
    })
}

/// Names the tests after which the result is another one than alone.
fn search<E>(
    order: &[u32],
    fails_alone: bool,
    fails: &mut impl FnMut(&[u32], usize) -> Result<bool, E>,
) -> Result<Verdict, E> {
    let found = narrow(order, BUDGET, |part| Ok(fails(part, 0)? != fails_alone))?;
    let confirmed = fails(&found.culprits, 1)? != fails_alone;
    Ok(if fails_alone {
        Verdict::Needs { found, confirmed }
    } else {
        Verdict::FailsAfter { found, confirmed }
    })
}

impl Verdict {
    /// A sentence for the summary. `name` gives the node id of a test, `runs` is the number of experiments.
    pub(crate) fn describe(
        &self,
        nodeid: &str,
        name: impl Fn(u32) -> String,
        runs: usize,
    ) -> String {
        let what = match self {
            Self::Always { after: true } => {
                "fails always (alone and after the tests before it)".to_owned()
            }
            Self::Always { after: false } => {
                "fails always (alone; no test ran before it)".to_owned()
            }
            Self::Flaky { alone, after } => describe_flaky(*alone, *after),
            Self::FailsAfter {
                found,
                confirmed: true,
            } => {
                let tests = names(found, name);
                format!("depends on the order: it fails after {tests}, and passes alone")
            }
            Self::Needs {
                found,
                confirmed: true,
            } => {
                let tests = names(found, name);
                format!("depends on the order: it needs {tests} to run before it, and fails alone")
            }
            Self::FailsAfter { .. } => {
                "depends on the order: it fails after the tests before it, and passes alone; which \
                 of them it is differs from run to run"
                    .to_owned()
            }
            Self::Needs { .. } => {
                "depends on the order: it fails alone, and passes after other tests; which of them \
                 it needs differs from run to run"
                    .to_owned()
            }
        };
        format!("{nodeid} {what} ({runs} runs)")
    }
}

fn describe_flaky(alone: Tally, after: Tally) -> String {
    let mut text = format!(
        "is flaky by itself: it failed in {} of {} runs alone",
        alone.failed, alone.runs
    );
    if after.runs > 0 {
        text.push_str(&format!(
            " and in {} of {} after the tests before it",
            after.failed, after.runs
        ));
    }
    if alone.failed + after.failed == 0 {
        text.push_str("; what runs at the same time may be the reason, too");
    }
    text
}

fn names(found: &Found, name: impl Fn(u32) -> String) -> String {
    let all: Vec<String> = found.culprits.iter().map(|one| name(*one)).collect();
    let shown = all[..all.len().min(NAMED)].join(", ");
    let more = all.len().saturating_sub(NAMED);
    let mut text = match (more, &all[..]) {
        (0, [others @ .., last]) if !others.is_empty() => {
            format!("{} and {last} together", others.join(", "))
        }
        (0, _) => shown,
        (more, _) => format!("{shown} and {more} more together"),
    };
    if !found.minimal {
        text.push_str(" (not all of them may matter)");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;

    /// Judges test 100, which ran after 0 to 63, by an oracle; also counts the runs.
    fn verdict(
        before: &[u32],
        wider: &[Vec<u32>],
        mut oracle: impl FnMut(&[u32], usize) -> bool,
    ) -> (Verdict, usize) {
        let mut known = HashMap::new();
        let judged = judge(before, wider, |part, nth| {
            let answer = *known
                .entry((part.to_vec(), nth))
                .or_insert_with(|| oracle(part, nth));
            Ok::<_, Infallible>(answer)
        });
        (judged.unwrap(), known.len())
    }

    fn sentence(judged: &(Verdict, usize)) -> String {
        let name = |one| format!("test_a.py::test_{one}");
        judged.0.describe("test_b.py::test_x", name, judged.1)
    }

    fn order() -> Vec<u32> {
        (0..64).collect()
    }

    #[test]
    fn a_bug_fails_always() {
        assert_eq!(
            sentence(&verdict(&order(), &[], |_, _| true)),
            "test_b.py::test_x fails always (alone and after the tests before it) (3 runs)"
        );
        assert_eq!(
            sentence(&verdict(&[], &[], |_, _| true)),
            "test_b.py::test_x fails always (alone; no test ran before it) (2 runs)"
        );
    }

    #[test]
    fn a_polluting_test_is_named() {
        assert_eq!(
            sentence(&verdict(&order(), &[], |part, _| part.contains(&17))),
            "test_b.py::test_x depends on the order: it fails after test_a.py::test_17, and \
             passes alone (15 runs)"
        );
        let both = |part: &[u32], _| part.contains(&3) && part.contains(&40);
        let judged = verdict(&order(), &[], both);
        assert!(
            sentence(&judged).contains(
                "it fails after test_a.py::test_3 and test_a.py::test_40 together, and passes"
            ),
            "{}",
            sentence(&judged)
        );
    }

    #[test]
    fn a_test_that_it_needs_is_named() {
        let oracle = |part: &[u32], _| !part.contains(&5);
        let wider = vec![vec![70, 71], order()];
        assert!(sentence(&verdict(&[80], &wider, oracle)).starts_with(
            "test_b.py::test_x depends on the order: it needs test_a.py::test_5 to run before \
                 it, and fails alone ("
        ));
        let (found, _) = verdict(&order(), &[], oracle);
        assert!(matches!(
            found,
            Verdict::Needs {
                confirmed: true,
                ..
            }
        ));
    }

    #[test]
    fn chance_is_told_from_order() {
        assert_eq!(
            sentence(&verdict(&order(), &[], |part, nth| part.is_empty() && nth % 2 == 0)),
            "test_b.py::test_x is flaky by itself: it failed in 2 of 4 runs alone and in 0 of 1 \
             after the tests before it (5 runs)"
        );
        assert_eq!(
            sentence(&verdict(&[], &[], |_, _| false)),
            "test_b.py::test_x is flaky by itself: it failed in 0 of 4 runs alone; what runs at \
             the same time may be the reason, too (4 runs)"
        );
        let once = |part: &[u32], nth: usize| !part.is_empty() && nth == 0;
        let (found, _) = verdict(&order(), &[], once);
        assert!(matches!(found, Verdict::Flaky { .. }), "{found:?}");
    }

    #[test]
    fn what_cannot_be_confirmed_is_not_named() {
        // It fails after any 32 of them or more, and once after a single one.
        let oracle = |part: &[u32], nth: usize| !part.is_empty() && (part.len() > 31 || nth == 0);
        let judged = verdict(&order(), &[], oracle);
        assert!(sentence(&judged).contains("which of them it is differs from run to run"));
    }

    #[test]
    fn many_names_are_cut() {
        let found = Found {
            culprits: (0..8).collect(),
            minimal: false,
        };
        assert_eq!(
            names(&found, |one| one.to_string()),
            "0, 1, 2, 3, 4 and 3 more together (not all of them may matter)"
        );
    }

    #[test]
    fn an_unknown_answer_ends_it() {
        let asked = judge(&[1], &[], |part, nth| {
            if part.is_empty() && nth == 0 {
                Ok(true)
            } else {
                Err((part.to_vec(), nth))
            }
        });
        assert_eq!(asked, Err((vec![1], 0)));
    }
}
