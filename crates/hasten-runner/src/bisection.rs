//! Which of many tests make another one fail: found by running it after some of them.

/// What was found: a set that has the effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The candidates that together have the effect, in their order.
    pub(crate) culprits: Vec<u32>,
    /// Without any one of them the effect was gone. False when the runs were used up before that was known.
    pub(crate) minimal: bool,
}

/// Narrows candidates that together have an effect down to few, best one.
///
/// `holds` says whether a part of them, in their order, has the effect; an `Err` of it ends the search at once. It is
/// asked at most `budget` times. That all candidates have the effect, and none of them has not, is known already.
///
/// A single culprit is found in `2 * log2(n)` questions. Where an effect needs several, this is delta debugging
/// (Zeller and Hildebrandt, 2002). An effect that comes and goes makes the answer worse, never the search longer.
///
/// # Errors
/// Those of `holds`.
pub(crate) fn narrow<E>(
    candidates: &[u32],
    budget: usize,
    mut holds: impl FnMut(&[u32]) -> Result<bool, E>,
) -> Result<Found, E> {
    let mut left = budget;
    let mut current = candidates.to_vec();
    while current.len() > 1 {
        let (first, second) = current.split_at(current.len() / 2);
        // The second half first: what ran shortly before is the likelier reason.
        let mut half = None;
        for part in [second, first] {
            if left == 0 {
                break;
            }
            left -= 1;
            if holds(part)? {
                half = Some(part.to_vec());
                break;
            }
        }
        match half {
            Some(half) => current = half,
            None => return reduce(current, left, &mut holds),
        }
    }
    Ok(Found {
        culprits: current,
        minimal: true,
    })
}

/// Delta debugging of candidates of which neither half has the effect alone.
fn reduce<E>(
    mut current: Vec<u32>,
    mut left: usize,
    holds: &mut impl FnMut(&[u32]) -> Result<bool, E>,
) -> Result<Found, E> {
    if current.len() == 2 && left > 0 {
        return Ok(Found {
            culprits: current,
            minimal: true,
        });
    }
    let mut parts = 4;
    while current.len() > 1 {
        parts = parts.min(current.len());
        let size = current.len().div_ceil(parts);
        let mut smaller = None;
        for start in (0..current.len()).step_by(size) {
            if left == 0 {
                return Ok(Found {
                    culprits: current,
                    minimal: false,
                });
            }
            left -= 1;
            let end = (start + size).min(current.len());
            let rest = [&current[..start], &current[end..]].concat();
            if holds(&rest)? {
                smaller = Some(rest);
                break;
            }
        }
        match smaller {
            Some(rest) => {
                current = rest;
                parts = (parts - 1).max(2);
            }
            None if size == 1 => break,
            None => parts *= 2,
        }
    }
    Ok(Found {
        culprits: current,
        minimal: true,
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// Searches with an oracle, and counts its questions.
    fn search(n: u32, budget: usize, oracle: impl Fn(&[u32]) -> bool) -> (Found, usize) {
        let candidates: Vec<u32> = (0..n).collect();
        let mut asked = 0;
        let found = narrow(&candidates, budget, |part: &[u32]| {
            asked += 1;
            assert!(part.is_sorted(), "in their order: {part:?}");
            Ok::<_, Infallible>(oracle(part))
        });
        (found.unwrap(), asked)
    }

    fn log2(n: u32) -> usize {
        n.next_power_of_two().ilog2() as usize
    }

    #[test]
    fn two_that_only_act_together_are_both_named() {
        let both = |part: &[u32]| part.contains(&3) && part.contains(&90);
        let (found, asked) = search(100, 200, both);
        assert_eq!(found.culprits, [3, 90]);
        assert!(found.minimal);
        assert!(asked < 60, "{asked}");
    }

    #[test]
    fn what_the_budget_leaves_has_the_effect() {
        let many = |part: &[u32]| (0..50).all(|one| part.contains(&one));
        let (found, asked) = search(100, 20, many);
        assert!(!found.minimal);
        assert!(many(&found.culprits));
        assert_eq!(asked, 20);
    }

    #[test]
    fn an_error_ends_it() {
        assert_eq!(narrow(&[1, 2, 3], 9, |_| Err("gone")), Err("gone"));
    }

    #[test]
    fn one_candidate_needs_no_question() {
        let (found, asked) = search(1, 5, |_| false);
        assert_eq!((found.culprits, asked), (vec![0], 0));
    }

    proptest! {
        #[test]
        fn any_single_culprit_is_found_fast(n in 1..3000_u32, at in any::<prop::sample::Index>()) {
            let culprit = at.index(n as usize) as u32;
            let (found, asked) = search(n, 100, |part| part.contains(&culprit));
            prop_assert_eq!(found.culprits, vec![culprit]);
            prop_assert!(found.minimal);
            prop_assert!(asked <= 2 * log2(n), "{} questions for {}", asked, n);
        }

        #[test]
        fn culprits_that_act_together_are_found(n in 2..60_u32, some in prop::collection::vec(any::<prop::sample::Index>(), 2..5)) {
            let mut all: Vec<u32> = some.iter().map(|one| one.index(n as usize) as u32).collect();
            all.sort_unstable();
            all.dedup();
            let (found, _) = search(n, 10_000, |part| all.iter().all(|one| part.contains(one)));
            prop_assert_eq!(found.culprits, all);
        }

        #[test]
        fn any_oracle_is_asked_no_more_than_allowed(n in 1..200_u32, budget in 0..80_usize, answers in prop::collection::vec(any::<bool>(), 1..97)) {
            let asked = std::cell::Cell::new(0);
            let (found, count) = search(n, budget, |_| {
                asked.set(asked.get() + 1);
                answers[(asked.get() * 31) % answers.len()]
            });
            prop_assert!(count <= budget);
            prop_assert!(!found.culprits.is_empty());
            prop_assert!(found.culprits.iter().all(|one| *one < n));
        }
    }
}
