//! Text without what a terminal obeys.

/// The text without escape sequences (ECMA-48): colours, movements, titles.
#[must_use]
pub fn without_escapes(text: &str) -> String {
    if !text.contains(['\x1b', '\u{9b}']) {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\u{9b}' => skip_control(&mut rest),
            '\x1b' => match rest.peek() {
                Some('[') => {
                    rest.next();
                    skip_control(&mut rest);
                }
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut rest),
                Some('\u{20}'..='\u{2f}') => {
                    while rest
                        .next_if(|next| ('\u{20}'..='\u{2f}').contains(next))
                        .is_some()
                    {}
                    rest.next_if(|next| ('\u{30}'..='\u{7e}').contains(next));
                }
                Some('\u{30}'..='\u{7e}') => drop(rest.next()),
                _ => {}
            },
            other => clean.push(other),
        }
    }
    clean
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// `CSI`: parameters, then one final character. Anything else ends it, and stays.
fn skip_control(rest: &mut Letters<'_>) {
    while rest
        .next_if(|next| ('\u{20}'..='\u{3f}').contains(next))
        .is_some()
    {}
    rest.next_if(|next| ('\u{40}'..='\u{7e}').contains(next));
}

/// `OSC` and its like: up to its end, which is on the same line.
fn skip_string(rest: &mut Letters<'_>) {
    while let Some(letter) = rest.next_if(|next| *next != '\n') {
        if letter == '\x07' {
            return;
        }
        if letter == '\x1b' {
            rest.next_if_eq(&'\\');
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_go_and_text_stays() {
        for (text, clean) in [
            ("plain ä", "plain ä"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[38;5;196mred\x1b[m.", "red."),
            ("\u{9b}1mbold", "bold"),
            (
                "\x1b]8;;https://x.invalid\x1b\\link\x1b]8;;\x1b\\!",
                "link!",
            ),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b]never ended\nnext", "\nnext"),
            ("\x1b(Bx\x1bMy\x1b=z", "xyz"),
            ("\x1b[12\nnext", "\nnext"),
            ("\x1b", ""),
            ("\x1b\x1b[1mx", "x"),
        ] {
            assert_eq!(without_escapes(text), clean, "{text:?}");
        }
    }
}
