//! How many workers are worth forking.

/// Seconds of work that a worker should have. A fork of the collected session costs about 5 ms, and as
/// much again for what is copied on its first writes and for its end; with twice that it pays off.
const MIN_SHARE: f64 = 0.020;
/// With estimates for at least this part of the items, the total is trusted.
const NEARLY_ALL: f64 = 0.9;

/// Returns how many workers are worth forking, at most `max`, for `items` items of which `known` have an
/// estimate, and which take `seconds` together.
pub(crate) fn worker_count(max: usize, items: usize, known: usize, seconds: f64) -> usize {
    let most = max.min(items);
    if most <= 1 || (known as f64) < NEARLY_ALL * items as f64 {
        return most;
    }
    // Saturates: a huge total is more than `most`.
    let paid_off = (seconds / MIN_SHARE) as usize;
    paid_off.clamp(1, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_must_pay_for_its_fork() {
        assert_eq!(worker_count(16, 1000, 1000, 0.019), 1);
        assert_eq!(worker_count(16, 1000, 1000, 0.039), 1);
        assert_eq!(worker_count(16, 1000, 1000, 0.041), 2);
        assert_eq!(worker_count(16, 1000, 1000, 100.0), 16);
    }

    #[test]
    fn unknown_suites_get_all_that_have_an_item() {
        assert_eq!(worker_count(16, 1000, 800, 0.019), 16);
        assert_eq!(worker_count(16, 3, 0, 0.0), 3);
        assert_eq!(worker_count(16, 0, 0, 0.0), 0);
        assert_eq!(worker_count(0, 5, 0, 0.0), 0);
    }
}
