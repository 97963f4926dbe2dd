//! One run, from the first process to the exit status.
//!
//! The loop waits for sockets, signals and moments in time; everything it learns goes to a
//! handler in one of the modules below, and handlers only change state and queue frames.

mod aftermath;
mod attempts;
mod casualties;
mod costs;
mod deaths;
mod dependent;
mod diagnose;
mod dump;
mod durations;
mod ending;
mod events;
mod expired;
mod finished;
mod forecast;
mod frames;
mod github;
mod handshake;
mod history;
mod hold;
mod isolation;
mod measured;
mod nodes;
mod not_forked;
mod notes;
mod once;
mod options;
mod origin;
mod pool;
mod recall;
mod regress;
mod renewal;
mod rules;
mod scaling;
mod screen;
mod selection;
mod slow;
mod suite;
mod terminal;
mod time;
mod together;
mod waits;
mod watch;
mod worker_count;

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use hasten_history::{History, PhaseTimes};
use hasten_protocol::message::{Collected, Configured, Hello, Settings, Unsafe};
use hasten_report::plan::Forecast;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use crate::clock::{monotonic, poll_timeout};
use crate::death::Ending;
use crate::descendants;
use crate::error::RunError;
use crate::guardian::Guardian;
use crate::keys::Keys;
use crate::measured::Measured;
use crate::memory::WorkerMemory;
use crate::pressure::Pressure;
use crate::process::{Launcher, Process, Role};
use crate::signals::Signals;

use aftermath::Untorn;
use casualties::Alone;
use diagnose::Diagnosis;
use dump::Dump;
use ending::Stop;
use events::Events;
pub use finished::Finished;
use frames::parse;
pub use history::FOLDER as HISTORY_FOLDER;
use hold::Holding;
use nodes::Nodes;
use not_forked::Forking;
use once::OnceFixtures;
pub use options::{Github, Output, RunOptions};
use pool::Worker;
use renewal::Renewals;
use rules::Rules;
use scaling::Scaling;
use screen::Screen;
use selection::Selecting;
use suite::Suite;
use terminal::Terminal;
use waits::Waits;
use watch::Watch;

/// The longest wait of the loop when nothing is due: a safety net, not a poll.
const IDLE_WAIT: Duration = Duration::from_secs(60);

/// Who loads the conftest files and collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Collecting {
    /// main does both, or has not said yet whether it forks the session.
    Undecided,
    /// The session, for all workers.
    Session,
    /// Each worker for itself.
    Workers,
}

/// Memory that a process shares, and where it stands with its limits.
pub(crate) struct Watched {
    memory: WorkerMemory,
    watch: Watch,
}

impl Watched {
    /// Memory, and the descriptors that the process gets.
    fn new() -> Result<(Self, Vec<OwnedFd>), RunError> {
        let memory = WorkerMemory::new().map_err(RunError::system("cannot share memory"))?;
        let descriptors = memory
            .watched()
            .map_err(RunError::system("cannot share memory"))?;
        let watched = Self {
            memory,
            watch: Watch::default(),
        };
        Ok((watched, descriptors))
    }
}

/// A run under way.
pub(crate) struct Run {
    options: RunOptions,
    launcher: Launcher,
    signals: Signals,
    guardian: Guardian,
    processes: Vec<Process>,
    /// Wait statuses of children whose HELLO was not read yet.
    unclaimed: HashMap<i32, Ending>,
    workers: Vec<Worker>,
    renewals: Renewals,
    screen: Screen,
    terminal: Terminal,
    holding: Holding,
    keys: Option<Keys>,
    settings: Option<Settings>,
    configured: Option<Configured>,
    collected: Option<Collected>,
    collecting: Collecting,
    /// Why workers are not forked from what is loaded and collected.
    hazards: Vec<Unsafe>,
    forking: Forking,
    rules: Rules,
    /// What the session shares while it collects.
    session: Option<Watched>,
    /// What main shares.
    main: Option<Watched>,
    selecting: Selecting,
    forecast: Option<Forecast>,
    suite: Option<Suite>,
    /// Under `-n auto`.
    scaling: Option<Scaling>,
    /// The number of workers that each is told: that at the start.
    count: Option<usize>,
    history: Option<History>,
    /// What processes measured beside their tests.
    measured: Measured,
    /// What earlier runs lead to expect.
    estimates: Option<Arc<HashMap<String, PhaseTimes>>>,
    /// The exit status that the history was kept with, and what came of it.
    kept: Option<(i32, Result<(), String>)>,
    python: Option<Hello>,
    stop: Option<Stop>,
    distribute: bool,
    exit_status: Option<i32>,
    /// pytest's exit status before a plugin changed it.
    session_status: Option<i32>,
    /// Something went wrong outside of any test.
    fault: bool,
    /// Number of tests that fail the run since they became slower.
    regressed: usize,
    /// main was told that the run is over.
    ended: bool,
    /// Workers that died and were not replaced yet.
    dead_unreplaced: usize,
    /// Workers in a row that died before they ran anything.
    early_deaths: usize,
    /// When the run was suspended and resumed, in `CLOCK_MONOTONIC` nanoseconds.
    pauses: Vec<(u64, u64)>,
    pressure: Pressure,
    alone: Alone,
    nodes: Nodes,
    untorn: Untorn,
    once: OnceFixtures,
    diagnosis: Diagnosis,
    /// Stacks that somebody asked for.
    dump: Option<Dump>,
    events: Events,
    waits: Waits,
    started: std::time::SystemTime,
    /// `CLOCK_MONOTONIC` nanoseconds.
    began: u64,
    /// Likewise, while main loads conftest files.
    loading_since: Option<u64>,
}

/// Runs pytest with these options, and returns the exit status and what else is known of the run.
///
/// # Errors
/// When the run cannot take place. Failing tests are no error.
pub fn run(options: RunOptions) -> Result<Finished, RunError> {
    let guardian =
        Guardian::start(&options.run_id).map_err(RunError::system("cannot start a process"))?;
    let signals = Signals::new().map_err(RunError::system("cannot listen to signals"))?;
    descendants::become_subreaper();
    let held = match options.output {
        Output::Held => Some(held_output()?),
        Output::Stdout | Output::Stderr => None,
    };
    let launcher = Launcher {
        held: held.clone(),
        python: options.python.clone(),
        package: options.package.clone(),
        run_id: options.run_id.clone(),
        output: options.output,
    };
    let mut run = Run {
        options,
        launcher,
        signals,
        guardian,
        processes: Vec::new(),
        unclaimed: HashMap::new(),
        workers: Vec::new(),
        renewals: Renewals::default(),
        screen: Screen::default(),
        terminal: Terminal::default(),
        holding: Holding::default(),
        keys: None,
        settings: None,
        configured: None,
        collected: None,
        collecting: Collecting::Undecided,
        hazards: Vec::new(),
        forking: Forking::default(),
        rules: Rules::default(),
        session: None,
        main: None,
        selecting: Selecting::default(),
        forecast: None,
        suite: None,
        scaling: None,
        count: None,
        history: None,
        measured: Measured::default(),
        estimates: None,
        kept: None,
        python: None,
        stop: None,
        distribute: false,
        exit_status: None,
        session_status: None,
        fault: false,
        regressed: 0,
        ended: false,
        dead_unreplaced: 0,
        early_deaths: 0,
        pauses: Vec::new(),
        pressure: Pressure::watch(),
        alone: Alone::default(),
        nodes: Nodes::default(),
        untorn: Untorn::default(),
        once: OnceFixtures::default(),
        diagnosis: Diagnosis::default(),
        dump: None,
        events: Events::default(),
        waits: Waits::default(),
        started: std::time::SystemTime::now(),
        began: monotonic(),
        loading_since: None,
    };
    let result = run.start_base().and_then(|()| run.work());
    run.keys = None;
    run.screen.clear_live_line();
    let kept = run.keep_history();
    let mut spared = run.kept_processes();
    spared.push(run.guardian.pid());
    descendants::kill_all(&spared);
    run.end_guardian();
    let warnings = [kept.err(), run.end_events(&result), run.warn_of_marks()];
    for warning in warnings.into_iter().flatten() {
        run.screen.warn(&warning);
    }
    if let Some(warning) = run.show_on_github() {
        run.screen.warn(&warning);
    }
    result?;
    let finished = run.finished();
    if let Some(held) = held.filter(|_| !matches!(finished.exit_status, 0 | 5)) {
        show_held(&held);
    }
    Ok(finished)
}

/// A file that takes what is printed, and has no name.
fn held_output() -> Result<Arc<File>, RunError> {
    tempfile::tempfile()
        .map(Arc::new)
        .map_err(RunError::system("cannot make a temporary file"))
}

/// Shows what was printed.
fn show_held(mut held: &File) {
    let mut text = Vec::new();
    if held.rewind().is_ok() && held.read_to_end(&mut text).is_ok() {
        let _ = std::io::stderr().lock().write_all(&text);
    }
}

impl Run {
    fn work(&mut self) -> Result<(), RunError> {
        while self.exit_status.is_none() {
            self.wait()?;
            // What a process said before a signal came is known before that is handled.
            let signals = self.signals.pending();
            self.handle_keys();
            self.handle_frames()?;
            self.handle_signals(&signals);
            self.handle_ended_processes()?;
            self.check_limits()?;
            self.look_at_waiting();
            self.advance()?;
            self.lend_terminal();
            self.feed_main();
            self.keep_history_early();
            self.flush_events();
        }
        Ok(())
    }

    /// Waits until something is to be done.
    fn wait(&mut self) -> Result<(), RunError> {
        let timeout = self
            .next_moment()
            .map_or(IDLE_WAIT, |moment| moment.min(IDLE_WAIT));
        let mut fds = vec![PollFd::new(self.signals.fd(), PollFlags::POLLIN)];
        if let Some(fd) = self.keys.as_ref().and_then(Keys::fd) {
            fds.push(PollFd::new(fd, PollFlags::POLLIN));
        }
        fds.extend(self.processes.iter().filter_map(poll_fd));
        match poll(&mut fds, poll_timeout(timeout)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(RunError::System {
                doing: "cannot wait",
                source: errno.into(),
            }),
        }
    }

    /// The process with this role, if it lives.
    fn process(&mut self, role: Role) -> Option<&mut Process> {
        self.processes
            .iter_mut()
            .find(|process| process.role == role && !process.gone)
    }
}

fn poll_fd(process: &Process) -> Option<PollFd<'_>> {
    if !process.channel.is_open() {
        return None;
    }
    let fd: BorrowedFd<'_> = process.channel.fd();
    let mut flags = PollFlags::POLLIN;
    if process.channel.wants_write() {
        flags |= PollFlags::POLLOUT;
    }
    Some(PollFd::new(fd, flags))
}
