//! Numbers that a few wild values do not move.

/// The median of some values, in any order; none if there is none.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    of_sorted(&sorted)
}

/// The median absolute deviation from the median, times 1.4826: the standard deviation, if the values are normally
/// distributed.
pub(super) fn deviation(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    Some(median(&distances)? * 1.4826)
}

fn of_sorted(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_values_do_not_count() {
        assert_eq!(median(&[3.0, 900.0, 1.0, 2.0, 2.5]), Some(2.5));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(deviation(&[1.0, 1.0, 1.0, 50.0]), Some(0.0));
        let spread = deviation(&[1.0, 2.0, 3.0, 4.0, 1000.0]).unwrap();
        assert!((spread - 1.4826).abs() < 1e-9, "{spread}");
    }
}
