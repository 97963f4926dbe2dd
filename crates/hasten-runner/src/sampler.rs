//! The stack of a worker's main thread, read from its memory while it goes on: nothing is sent to it, and it is not
//! stopped. A thread of the supervisor does that.
//!
//! The layout of each Python's frames is py-spy's business.

use crate::waiting::Frame;

/// A worker to look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) worker: usize,
    pub(crate) pid: i32,
    pub(crate) item: u32,
    /// What it was doing: the number of the start, and when the phase began.
    pub(crate) started: u32,
    pub(crate) phase_start: u64,
    /// Nanoseconds that the sample stands for.
    pub(crate) waited: u64,
}

/// A stack.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) request: Request,
    /// When it was read, in `CLOCK_MONOTONIC` nanoseconds.
    pub(crate) at: u64,
    /// Innermost first.
    pub(crate) frames: Vec<Frame>,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::collections::hash_map::Entry;
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::Once;
    use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
    use std::thread;
    use std::time::Duration;

    use nix::time::{ClockId, clock_gettime};

    use py_spy::config::LockingStrategy;
    use py_spy::{Config, PythonSpy, StackTrace};

    use super::{Frame, Request, Sample};
    use crate::clock::monotonic;

    const NAME: &str = "hasten-stacks";
    /// Requests that may wait; more are dropped.
    const WAITING: usize = 16;
    /// The thread rests so many times as long as a sample took; the first one of a process takes some 20 ms more.
    const REST: u32 = 9;
    /// After so many failures to find Python in a process no other one is tried.
    const MOST_FAILURES: u32 = 8;

    /// The thread.
    pub(crate) struct Sampler {
        requests: SyncSender<Request>,
        samples: Receiver<Sample>,
    }

    impl Sampler {
        /// Starts it.
        pub(crate) fn start() -> Self {
            let (requests, asked) = mpsc::sync_channel(WAITING);
            let (found, samples) = mpsc::channel();
            let thread = thread::Builder::new().name(NAME.to_owned());
            // Without the thread nobody reads the requests, and there are no samples.
            let _ = thread.spawn(move || work(&asked, &found));
            Self { requests, samples }
        }

        /// Asks for a sample; it is dropped where too much is asked for.
        pub(crate) fn ask(&self, request: Request) {
            let _ = self.requests.try_send(request);
        }

        /// The samples since the last call.
        pub(crate) fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
            self.samples.try_iter()
        }
    }

    fn work(requests: &Receiver<Request>, samples: &Sender<Sample>) {
        keep_quiet();
        let mut readers: HashMap<i32, PythonSpy> = HashMap::new();
        let mut failures = 0;
        for request in requests {
            let pid = request.pid;
            if let Entry::Vacant(place) = readers.entry(pid) {
                match guarded(|| PythonSpy::new(pid, &config()).ok()) {
                    Some(reader) => {
                        place.insert(reader);
                    }
                    None => {
                        // It may be in the middle of something; where it is never to be had, nobody asks for ever.
                        failures += 1;
                        if failures >= MOST_FAILURES {
                            return;
                        }
                    }
                }
            }
            let at = monotonic();
            let begin = used();
            let reader = readers.get_mut(&pid);
            let frames = reader.and_then(|reader| guarded(|| main_stack(reader, pid)));
            if let Some(frames) = frames
                && samples
                    .send(Sample {
                        request,
                        at,
                        frames,
                    })
                    .is_err()
            {
                return;
            }
            thread::sleep(used().saturating_sub(begin) * REST);
        }
    }

    /// Processor time of this thread.
    fn used() -> Duration {
        clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
    }

    fn config() -> Config {
        Config {
            blocking: LockingStrategy::NonBlocking,
            native: false,
            ..Config::default()
        }
    }

    /// The process may change while it is read. What cannot be read is no sample.
    fn main_stack(reader: &mut PythonSpy, pid: i32) -> Option<Vec<Frame>> {
        let traces = reader.get_stack_traces().ok()?;
        let is_main = |trace: &&StackTrace| trace.os_thread_id == u64::try_from(pid).ok();
        // Python lists the thread that was there first at the end.
        let main = traces.iter().find(is_main).or_else(|| traces.last())?;
        let frames = main.frames.iter().map(|frame| Frame {
            file: frame.filename.clone(),
            line: frame.line,
            function: frame.name.clone(),
        });
        Some(frames.collect())
    }

    /// A panic over what another process has in its memory is no sample, either.
    fn guarded<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
        panic::catch_unwind(AssertUnwindSafe(read)).ok().flatten()
    }

    fn keep_quiet() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                if thread::current().name() != Some(NAME) {
                    before(panic);
                }
            }));
        });
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::{Request, Sample};

    /// Nothing: the memory of another process is not read here.
    pub(crate) struct Sampler;

    impl Sampler {
        pub(crate) fn start() -> Self {
            Self
        }

        pub(crate) fn ask(&self, _: Request) {}

        pub(crate) fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
            std::iter::empty()
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::Sampler;
#[cfg(target_os = "linux")]
pub(crate) use linux::Sampler;
