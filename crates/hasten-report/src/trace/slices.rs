//! Intervals in intervals, as a track of a trace needs them.

use serde_json::{Map, Value};

/// Something that took time, and what happened in it. Moments are whole microseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Slice {
    pub(super) name: String,
    /// What kind of thing it is.
    pub(super) category: &'static str,
    pub(super) start: i64,
    pub(super) end: i64,
    /// What else is known of it.
    pub(super) args: Map<String, Value>,
    pub(super) children: Vec<Self>,
}

/// Makes slices of one track proper: each is inside of its parent, and siblings follow one another. Clocks are not
/// that exact: where one ends after the next has begun, it is cut off there.
pub(super) fn settle(slices: &mut [Slice], begin: i64, end: i64) {
    slices.sort_by_key(|slice| slice.start);
    let mut until = end;
    for slice in slices.iter_mut().rev() {
        slice.start = slice.start.clamp(begin, until);
        slice.end = slice.end.clamp(slice.start, until);
        until = slice.start;
        let (begin, end) = (slice.start, slice.end);
        settle(&mut slice.children, begin, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slice(start: i64, length: i64, children: Vec<Slice>) -> Slice {
        Slice {
            start,
            end: start + length,
            children,
            ..Slice::default()
        }
    }

    fn proper(slices: &[Slice], begin: i64, end: i64) -> bool {
        let mut at = begin;
        for slice in slices {
            let inside = at <= slice.start && slice.start <= slice.end && slice.end <= end;
            if !inside || !proper(&slice.children, slice.start, slice.end) {
                return false;
            }
            at = slice.end;
        }
        true
    }

    #[test]
    fn what_is_proper_stays() {
        let whole = vec![
            slice(0, 10, vec![slice(0, 4, vec![]), slice(4, 6, vec![])]),
            slice(10, 5, vec![]),
        ];
        let mut slices = whole.clone();
        settle(&mut slices, 0, 100);
        assert_eq!(slices, whole);
    }

    #[test]
    fn one_that_goes_on_too_long_is_cut_off() {
        let mut slices = vec![
            slice(8, 10, vec![slice(7, 90, vec![])]),
            slice(0, 10, vec![]),
        ];
        settle(&mut slices, 2, 15);
        assert_eq!(
            slices,
            [slice(2, 6, vec![]), slice(8, 7, vec![slice(8, 7, vec![])])]
        );
    }

    fn any_slices() -> impl Strategy<Value = Vec<Slice>> {
        let leaf = (-50i64..150, 0i64..80).prop_map(|(start, length)| slice(start, length, vec![]));
        let tree = leaf.prop_recursive(3, 40, 6, |inner| {
            (-50i64..150, 0i64..80, prop::collection::vec(inner, 0..6))
                .prop_map(|(start, length, children)| slice(start, length, children))
        });
        prop::collection::vec(tree, 0..8)
    }

    proptest! {
        #[test]
        fn whatever_there_is_becomes_proper(mut slices in any_slices()) {
            settle(&mut slices, 0, 100);
            prop_assert!(proper(&slices, 0, 100), "{:?}", slices);
        }
    }
}
