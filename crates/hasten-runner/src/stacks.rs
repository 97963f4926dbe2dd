//! Stacks as faulthandler writes them, made readable.

use fs_err as fs;

/// One line of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) function: String,
}

/// One thread's stack, the innermost frame first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Thread {
    /// It took the signal: the one that ran the test.
    pub(crate) current: bool,
    title: String,
    pub(crate) frames: Vec<Frame>,
}

/// Reads what faulthandler wrote (`Python/traceback.c`).
pub(crate) fn parse(text: &str) -> Vec<Thread> {
    let mut threads: Vec<Thread> = Vec::new();
    for line in text.lines() {
        if line.ends_with("(most recent call first):") {
            threads.push(Thread {
                current: line.starts_with("Current thread"),
                title: line
                    .trim_end_matches(" (most recent call first):")
                    .to_owned(),
                frames: Vec::new(),
            });
        } else if let (Some(frame), Some(thread)) = (parse_frame(line), threads.last_mut()) {
            thread.frames.push(frame);
        }
    }
    threads
}

fn parse_frame(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("  File \"")?;
    let (file, rest) = rest.rsplit_once("\", line ")?;
    let (number, function) = rest.split_once(" in ")?;
    Some(Frame {
        file: file.to_owned(),
        line: number.parse().ok()?,
        function: function.to_owned(),
    })
}

/// The frame that a report points at: the innermost one of the suite's own, which is the first
/// that is neither in the standard library nor in an installed package.
pub(crate) fn crash_site(threads: &[Thread]) -> Option<&Frame> {
    let thread = threads
        .iter()
        .find(|thread| thread.current)
        .or(threads.first())?;
    let own = trimmed(&thread.frames);
    own.iter()
        .find(|frame| !frame.file.contains("/lib/python") && !frame.file.starts_with('<'))
        .or(own.first())
}

/// The frames without those of the runner below the test.
fn trimmed(frames: &[Frame]) -> &[Frame] {
    let runner = |frame: &Frame| {
        ["/_pytest/", "/pluggy/", "/hasten_worker/"]
            .iter()
            .any(|part| frame.file.contains(part))
    };
    match frames.iter().position(runner) {
        Some(0) | None => frames,
        Some(end) => &frames[..end],
    }
}

/// The name of the fixture function that ran, if one did: the one that pytest had called last.
pub(crate) fn fixture(threads: &[Thread]) -> Option<&str> {
    const CALLERS: [&str; 2] = ["call_fixture_func", "_teardown_yield_fixture"];
    let thread = threads.iter().find(|thread| thread.current)?;
    let caller = thread.frames.iter().position(|frame| {
        frame.file.ends_with("/_pytest/fixtures.py") && CALLERS.contains(&frame.function.as_str())
    })?;
    let function = thread.frames.get(caller.checked_sub(1)?)?;
    Some(&function.function)
}

/// Renders the stacks of all threads but the one that ran the test.
pub(crate) fn render_others(threads: &[Thread]) -> String {
    let others: Vec<Thread> = threads
        .iter()
        .filter(|thread| !thread.current)
        .cloned()
        .collect();
    render(&others)
}

/// Renders the stacks as Python prints a traceback, with source lines where the files are.
pub(crate) fn render(threads: &[Thread]) -> String {
    let mut text = String::new();
    let ordered = threads
        .iter()
        .filter(|thread| thread.current)
        .chain(threads.iter().filter(|thread| !thread.current));
    for (number, thread) in ordered.enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let title = if thread.current {
            "Stack of the main thread"
        } else {
            &thread.title
        };
        text.push_str(title);
        text.push_str(" (most recent call last):\n");
        for frame in trimmed(&thread.frames).iter().rev() {
            text.push_str(&format!(
                "  File \"{}\", line {}, in {}\n",
                frame.file, frame.line, frame.function
            ));
            if let Some(source) = source_line(frame) {
                text.push_str(&format!("    {source}\n"));
            }
        }
    }
    text
}

fn source_line(frame: &Frame) -> Option<String> {
    let text = fs::read_to_string(&frame.file).ok()?;
    let line = text.lines().nth(frame.line.checked_sub(1)?)?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = r#"Thread 0x00007f1 (most recent call first):
  File "/nowhere/lib/python3.11/threading.py", line 324 in wait

Current thread 0x00007f2 (most recent call first):
  File "/nowhere/lib/python3.11/socket.py", line 7 in read
  File "/suite/test_a.py", line 12 in test_slow
  File "/venv/lib/python3.11/site-packages/_pytest/python.py", line 194 in pytest_pyfunc_call
  File "/suite/other.py", line 1 in outer
"#;

    #[test]
    fn the_thread_of_the_test_comes_first_and_ends_at_the_test() {
        let threads = parse(DUMP);
        assert_eq!(threads.len(), 2);
        assert_eq!(crash_site(&threads).unwrap().file, "/suite/test_a.py");
        assert_eq!(
            render(&threads),
            "Stack of the main thread (most recent call last):\n  \
             File \"/suite/test_a.py\", line 12, in test_slow\n  \
             File \"/nowhere/lib/python3.11/socket.py\", line 7, in read\n\n\
             Thread 0x00007f1 (most recent call last):\n  \
             File \"/nowhere/lib/python3.11/threading.py\", line 324, in wait\n"
        );
    }

    #[test]
    fn a_fixture_is_named() {
        let dump = "Current thread 0x1 (most recent call first):\n  \
                    File \"/suite/conftest.py\", line 3 in database\n  \
                    File \"/venv/_pytest/fixtures.py\", line 1000 in call_fixture_func\n";
        assert_eq!(fixture(&parse(dump)), Some("database"));
        assert_eq!(fixture(&parse(DUMP)), None);
    }

    #[test]
    fn anything_else_yields_nothing() {
        assert!(parse("Fatal Python error: Segmentation fault\n\n<no Python frame>\n").is_empty());
        assert!(crash_site(&[]).is_none());
    }
}
