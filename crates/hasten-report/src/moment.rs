//! Moments, in words.

/// Seconds since the epoch as `2026-11-25 22:25 UTC`.
#[must_use]
pub fn moment(seconds: f64) -> String {
    let minutes = (seconds.max(0.0) / 60.0) as i64;
    let (year, month, day) = date(minutes / 1_440);
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Year, month and day of a number of days since 1970. Years begin in March here, so that the day
/// that some of them have more is their last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (seconds, expected) in [
            (0.0, "1970-01-01 00:00 UTC"),
            (951_782_399.9, "2000-02-28 23:59 UTC"),
            (951_782_400.0, "2000-02-29 00:00 UTC"),
            (1_709_251_200.0, "2024-03-01 00:00 UTC"),
            (1_764_109_503.5, "2025-11-25 22:25 UTC"),
            (4_102_444_799.0, "2099-12-31 23:59 UTC"),
        ] {
            assert_eq!(moment(seconds), expected);
        }
    }
}
