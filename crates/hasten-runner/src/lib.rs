//! The supervisor: it starts Python processes, gives them work, watches them, and keeps the
//! books. `docs/design.md` says how the parts work together.

#[cfg(not(unix))]
compile_error!("hasten runs on Linux, and on macOS by spawn; this system is not supported yet");

pub mod attach;
mod bisection;
mod cgroup;
mod channel;
mod clock;
mod death;
mod descendants;
mod error;
mod event_file;
mod failures;
mod file_order;
mod flakiness;
mod guardian;
mod held;
mod interpreter;
mod keys;
mod ledger;
mod limits;
mod machine;
mod measured;
mod memory;
mod once;
mod package;
mod pressure;
mod process;
mod retries;
mod run;
mod sampler;
mod sharding;
mod signals;
mod stacks;
mod strays;
mod test_event;
mod verdict;
mod waiting;
mod window;
mod worker_load;

pub use error::RunError;
pub use held::{Claim, Held, HeldEntry, HeldFolder, in_words};
pub use interpreter::Search;
pub use package::unpack;
pub use run::{Finished, Github, HISTORY_FOLDER, Output, RunOptions, run};
