//! The shared memory in which a worker says what it is doing.
//!
//! The worker writes without locks, the supervisor reads at any time; a reader that must be
//! sure of a pair of values reads twice.

/// Size of a journal in bytes.
pub const SIZE: usize = 1 << 20;
/// Where the unsent records begin.
pub const RECORDS_OFFSET: usize = 192;
/// The value of an index that names no item.
pub const NO_ITEM: u32 = u32::MAX;

const TOLD: usize = 0;
const NO_FURTHER: u32 = 1;
const HAS_TERMINAL: u32 = 2;
const ITEM: usize = 4;
const PHASE: usize = 8;
const UNSENT: usize = 12;
const ITEM_START: usize = 16;
const PHASE_START: usize = 24;
const STARTED: usize = 32;
const WIDE_FIXTURES: usize = 36;
const FIXTURE_START: usize = 40;
const RAISED: usize = 48;
const DEBUGGED: usize = 52;
const OWN_TIMER: usize = 56;
const CLAIMED: usize = 60;
const LIMIT: usize = 64;
const LIMIT_TEXT: usize = 72;
const RECALLED: usize = 188;

/// The phase that a worker is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Between items.
    None,
    /// Setup of an item.
    Setup,
    /// The test itself.
    Call,
    /// Teardown of an item.
    Teardown,
    /// The end of the pytest session.
    SessionFinish,
    /// A file is collected.
    Collect,
}

impl Phase {
    fn from_wire(value: u32) -> Self {
        match value {
            1 => Self::Setup,
            2 => Self::Call,
            3 => Self::Teardown,
            4 => Self::SessionFinish,
            5 => Self::Collect,
            _ => Self::None,
        }
    }

    /// pytest's word for it (`report.when`).
    #[must_use]
    pub fn when(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Teardown | Self::SessionFinish => "teardown",
            Self::Collect => "collect",
            Self::None | Self::Call => "call",
        }
    }
}

/// What a worker was doing at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The item that runs, if one does.
    pub item: Option<u32>,
    /// Its phase.
    pub phase: Phase,
    /// `CLOCK_MONOTONIC` nanoseconds at the start of the item.
    pub item_start: u64,
    /// Likewise, of the phase.
    pub phase_start: u64,
    /// Number of items (or files, while it collects) that it started so far.
    pub started: u32,
    /// `CLOCK_MONOTONIC` nanoseconds at the start of a fixture of a wider scope, while one is set up or torn down.
    pub fixture_start: Option<u64>,
    /// The suite set a timer of its own for the item.
    pub own_timer: bool,
}

fn u32_at(memory: &[u8], offset: usize) -> u32 {
    memory
        .get(offset..offset + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}

fn u64_at(memory: &[u8], offset: usize) -> u64 {
    memory
        .get(offset..offset + 8)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u64::from_le_bytes)
}

/// Prepares a journal before its worker starts.
pub fn initialise(memory: &mut [u8]) {
    memory[..RECORDS_OFFSET].fill(0);
    memory[ITEM..ITEM + 4].copy_from_slice(&NO_ITEM.to_le_bytes());
}

/// Tells the worker to start no further item.
pub fn set_stop(memory: &mut [u8]) {
    tell(memory, |told| told | NO_FURTHER);
}

/// Tells the worker whether it has the terminal, to give it back when what it does now is over.
pub fn set_terminal(memory: &mut [u8], has: bool) {
    tell(memory, |told| {
        if has {
            told | HAS_TERMINAL
        } else {
            told & !HAS_TERMINAL
        }
    });
}

fn tell(memory: &mut [u8], change: impl FnOnce(u32) -> u32) {
    let told = change(u32_at(memory, TOLD));
    memory[TOLD..TOLD + 4].copy_from_slice(&told.to_le_bytes());
}

/// Number of items that the worker has taken out of its queue so far, to run them.
#[must_use]
pub fn claimed(memory: &[u8]) -> u32 {
    u32_at(memory, CLAIMED)
}

/// Takes all items back but the first `most` that were sent; with none, none.
///
/// The worker obeys when it takes the next item. That it has not taken one is known when [`claimed`] says so a
/// millisecond later: it writes that before it looks here.
pub fn recall(memory: &mut [u8], most: Option<u32>) {
    let word = most.map_or(0, |most| most.saturating_add(1));
    memory[RECALLED..RECALLED + 4].copy_from_slice(&word.to_le_bytes());
}

/// What the worker does now.
#[must_use]
pub fn activity(memory: &[u8]) -> Activity {
    let item = u32_at(memory, ITEM);
    let started = u32_at(memory, STARTED);
    Activity {
        item: (item != NO_ITEM).then_some(item),
        phase: Phase::from_wire(u32_at(memory, PHASE)),
        item_start: u64_at(memory, ITEM_START),
        phase_start: u64_at(memory, PHASE_START),
        started,
        own_timer: started > 0 && u32_at(memory, OWN_TIMER) == started,
        fixture_start: Some(u64_at(memory, FIXTURE_START)).filter(|start| *start > 0),
    }
}

/// True when fixtures of class, module, package or session scope that have a teardown are set up.
#[must_use]
pub fn wide_fixtures(memory: &[u8]) -> bool {
    u32_at(memory, WIDE_FIXTURES) != 0
}

/// Says that a limit is reached, and what is to be raised: valid for the item that was started as this number.
pub fn set_limit(memory: &mut [u8], started: u32, text: &str) {
    let mut end = text.len().min(RECALLED - LIMIT_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text.as_bytes()[..end];
    memory[LIMIT_TEXT..LIMIT_TEXT + end].copy_from_slice(text);
    let length = u32::try_from(end).unwrap_or(0);
    memory[LIMIT + 4..LIMIT + 8].copy_from_slice(&length.to_le_bytes());
    memory[LIMIT..LIMIT + 4].copy_from_slice(&started.to_le_bytes());
}

/// The number, as which it was started, of the item in which a limit was raised last.
#[must_use]
pub fn raised(memory: &[u8]) -> u32 {
    u32_at(memory, RAISED)
}

/// The number, as which it was started, of the item that a debugger was attached to last.
#[must_use]
pub fn debugged(memory: &[u8]) -> u32 {
    u32_at(memory, DEBUGGED)
}

/// The name of the file that is collected.
#[must_use]
pub fn collected_file(memory: &[u8]) -> String {
    String::from_utf8_lossy(unsent_records(memory)).into_owned()
}

/// The records that a dead worker did not send.
#[must_use]
pub fn unsent_records(memory: &[u8]) -> &[u8] {
    let length = u32_at(memory, UNSENT) as usize;
    memory
        .get(RECORDS_OFFSET..RECORDS_OFFSET.saturating_add(length))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_journal_is_idle() {
        let mut memory = vec![0xAA; SIZE];
        initialise(&mut memory);
        assert_eq!(activity(&memory).item, None);
        assert_eq!(activity(&memory).phase, Phase::None);
        assert!(!wide_fixtures(&memory));
        assert!(unsent_records(&memory).is_empty());
    }

    #[test]
    fn a_text_ends_before_the_word_that_recalls() {
        let mut memory = vec![0; SIZE];
        recall(&mut memory, Some(7));
        set_limit(&mut memory, 1, &"é".repeat(100));
        assert_eq!(u32_at(&memory, LIMIT + 4), 116);
        assert_eq!(u32_at(&memory, RECALLED), 8);
        recall(&mut memory, None);
        assert_eq!(u32_at(&memory, RECALLED), 0);
    }

    #[test]
    fn a_damaged_count_yields_nothing() {
        let mut memory = vec![0; SIZE];
        memory[UNSENT..UNSENT + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(unsent_records(&memory).is_empty());
    }
}
