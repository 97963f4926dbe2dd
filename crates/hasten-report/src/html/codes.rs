//! Seconds of many tests in many runs, in two characters each.
//!
//! Two digits of base 90 count steps of 0.28 % from a microsecond up to 10,000 seconds: what a chart can show.

/// Printable ASCII without what JSON or HTML would have to escape: `"`, `&`, `<`, `\`.
const DIGITS: [u8; 90] = digits();
/// In seconds; less is shown as this.
const SMALLEST: f64 = 1e-6;
/// Powers of ten from the smallest to the greatest.
const DECADES: f64 = 10.0;
const STEPS: f64 = 90.0 * 90.0 - 2.0;

const fn digits() -> [u8; 90] {
    let mut digits = [0; 90];
    let mut next = b'!';
    let mut at = 0;
    while at < 90 {
        if !matches!(next, b'"' | b'&' | b'<' | b'\\') {
            digits[at] = next;
            at += 1;
        }
        next += 1;
    }
    digits
}

/// Adds seconds, or that there are none.
pub(super) fn add(text: &mut String, seconds: Option<f64>) {
    let code = seconds.map_or(0, |seconds| {
        let part = (seconds.max(SMALLEST) / SMALLEST).log10() / DECADES;
        1 + (part.min(1.0) * STEPS).round() as usize
    });
    for digit in [code / 90, code % 90] {
        text.push(char::from(DIGITS[digit]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `assets/js/data.js` reads it.
    fn read(text: &str) -> Option<f64> {
        let digit = |letter: u8| DIGITS.iter().position(|digit| *digit == letter).unwrap();
        let [high, low] = text.as_bytes() else {
            panic!("{text:?}");
        };
        let code = digit(*high) * 90 + digit(*low);
        (code > 0).then(|| SMALLEST * 10f64.powf((code - 1) as f64 / STEPS * DECADES))
    }

    fn there_and_back(seconds: Option<f64>) -> Option<f64> {
        let mut text = String::new();
        add(&mut text, seconds);
        assert_eq!(serde_json::to_string(&text).unwrap().len(), 4);
        read(&text)
    }

    #[test]
    fn seconds_survive_to_three_parts_in_a_thousand() {
        for seconds in [1e-6, 2.5e-5, 0.001, 0.1, 1.0, 59.0, 3_600.0, 9_999.0] {
            let back = there_and_back(Some(seconds)).unwrap();
            assert!((back / seconds - 1.0).abs() < 0.003, "{seconds} {back}");
        }
        assert_eq!(there_and_back(None), None);
        assert_eq!(there_and_back(Some(0.0)), Some(1e-6));
        assert!((there_and_back(Some(1e9)).unwrap() - 1e4).abs() < 1e-6);
    }
}
