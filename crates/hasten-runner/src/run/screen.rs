//! What main is told, and the live line between two things that it prints.
//!
//! The terminal has one writer at a time: main, from a frame that makes it print until its
//! IDLE, and the supervisor in between.

use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::journal;
use hasten_report::live::{LiveLine, Running};

use super::Run;
use crate::clock::monotonic;
use crate::process::Role;
use crate::window;

/// How often the live line is drawn anew.
const REDRAW: Duration = Duration::from_millis(100);
/// Reports are gathered for this long: main is a process on the same cores as the workers.
const GATHER: Duration = Duration::from_millis(15);

/// The state of the terminal.
pub(crate) struct Screen {
    /// Frames for main that wait for it to be there.
    frames: Vec<Vec<u8>>,
    /// How many IDLE frames of main's are to come: it has shown everything it was sent when there are none.
    awaited: u32,
    seq: u32,
    sent_at: Option<Instant>,
    live: bool,
    drawn: bool,
    drawn_at: Option<Instant>,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            // What was collected is shown first.
            awaited: 1,
            seq: 0,
            sent_at: None,
            live: false,
            drawn: false,
            drawn_at: None,
        }
    }
}

impl Screen {
    pub(crate) fn configure(&mut self, live: bool) {
        self.live = live && std::io::stdout().is_terminal();
    }

    /// Whether a live line is drawn.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    pub(crate) fn main_is_idle(&mut self) {
        self.awaited = self.awaited.saturating_sub(1);
    }

    /// Whether main has shown everything that it was sent.
    pub(crate) fn is_idle(&self) -> bool {
        self.awaited == 0
    }

    /// Prints while nobody else does.
    pub(crate) fn print(&self, text: &str) {
        print_raw(text);
    }

    /// Queues a frame that main answers with IDLE once it is shown.
    pub(crate) fn main_shows(&mut self, frame: Vec<u8>) {
        self.awaited += 1;
        self.main_gets(frame);
    }

    /// Queues a frame for main.
    pub(crate) fn main_gets(&mut self, frame: Vec<u8>) {
        self.frames.push(frame);
    }

    /// When there is something to draw or send.
    pub(crate) fn next_moment(&self) -> Option<Duration> {
        if self.live {
            return Some(REDRAW);
        }
        let since = self.sent_at?.elapsed();
        (since < GATHER).then(|| GATHER - since)
    }

    pub(crate) fn clear_live_line(&mut self) {
        if self.drawn {
            self.drawn = false;
            print_raw("\r\x1b[2K");
        }
    }

    /// Draws the line anew at the next chance.
    pub(crate) fn redraw(&mut self) {
        self.drawn_at = None;
    }

    /// Prints a warning of hasten's own when main is not there to do it.
    pub(crate) fn warn(&mut self, text: &str) {
        self.clear_live_line();
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "hasten: {text}");
    }

    fn draw(&mut self, line: &LiveLine) {
        let width = terminal_width();
        print_raw(&format!("\r\x1b[2K{}", line.render(width)));
        self.drawn = true;
        self.drawn_at = Some(Instant::now());
    }
}

fn print_raw(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

fn terminal_width() -> usize {
    let size = window::size(std::io::stdout().as_fd());
    size.filter(|size| size.ws_col > 0)
        .map_or(80, |size| usize::from(size.ws_col))
}

impl Run {
    /// Sends main what it may know, and draws the live line.
    pub(super) fn feed_main(&mut self) {
        if self.terminal.is_taken() {
            return;
        }
        let gathered = self.screen.sent_at.is_none_or(|at| at.elapsed() >= GATHER);
        if self.screen.is_idle() && gathered && !self.ended {
            self.send_ready_reports();
        }
        if !self.screen.frames.is_empty() {
            self.screen.clear_live_line();
            let frames = std::mem::take(&mut self.screen.frames);
            match self.process(Role::Main) {
                Some(main) => frames
                    .into_iter()
                    .for_each(|frame| main.channel.send(frame)),
                None => self.screen.frames = frames,
            }
        }
        let due = self.screen.drawn_at.is_none_or(|at| at.elapsed() >= REDRAW);
        if self.screen.live
            && self.screen.is_idle()
            && due
            && !self.ended
            && let Some(line) = self.live_line()
        {
            self.screen.draw(&line);
        }
    }

    pub(super) fn send_ready_reports(&mut self) {
        let Some(suite) = &mut self.suite else { return };
        if !suite.order.has_ready() {
            return;
        }
        self.screen.seq += 1;
        let mut payload = self.screen.seq.to_le_bytes().to_vec();
        payload.extend(suite.order.take_ready());
        self.screen.sent_at = Some(Instant::now());
        self.screen
            .main_shows(frame::encode(ToPython::Reports, &payload));
    }

    fn live_line(&self) -> Option<LiveLine> {
        let suite = self.suite.as_ref()?;
        let counts = suite.ledger.counts();
        let now = monotonic();
        let running: Vec<Running> = self
            .living()
            .filter_map(|number| {
                let activity = journal::activity(self.workers[number].memory.journal());
                let nodeid = suite.nodeids.get(activity.item? as usize)?.clone();
                let seconds = now.saturating_sub(activity.item_start) / 1_000_000_000;
                Some(Running { nodeid, seconds })
            })
            .collect();
        // The planner counts what runs now as if it had just started.
        let longest = running
            .iter()
            .map(|running| running.seconds)
            .max()
            .unwrap_or(0);
        Some(LiveLine {
            finished: counts.finished,
            failed: counts.failed,
            total: suite.nodeids.len(),
            seconds_left: suite
                .planner
                .expected_seconds_left()
                .map(|left| left - longest as f64),
            // Whoever runs something has something to do, whatever was heard of it so far.
            workers: self.active(None).max(running.len()),
            running,
        })
    }
}
