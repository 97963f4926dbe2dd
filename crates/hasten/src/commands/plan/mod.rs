//! `hasten plan`: what a run would do, and how good plans were. No test is run.

mod replay;
mod words;

use hasten_report::plan::Replays;
use hasten_runner::{Output, RunOptions};

use super::{Failure, history_folder, open_history, run};
use crate::arguments::Arguments;
use crate::environment;
use words::{Action, Which};

/// pytest's exit statuses for a collection without errors: with tests, and without.
const COLLECTED: [i32; 2] = [0, 5];

/// Does it.
pub(crate) fn plan(arguments: &Arguments) -> Result<i32, Failure> {
    let (action, json) = words::read(&arguments.rest)?;
    match action {
        Action::Forecast(args) => forecast(arguments, args, json),
        Action::Replay(which) => replay(&which, json),
    }
}

fn forecast(arguments: &Arguments, mut args: Vec<String>, json: bool) -> Result<i32, Failure> {
    args.insert(0, "--collect-only".to_owned());
    let options = RunOptions {
        forecast: true,
        ..run::options(arguments, args, Output::Held)?
    };
    let finished = hasten_runner::run(options)?;
    if let Some(forecast) = finished
        .forecast
        .filter(|_| COLLECTED.contains(&finished.exit_status))
    {
        crate::say(&if json {
            forecast.to_json()
        } else {
            forecast.render()
        })?;
    }
    Ok(finished.exit_status)
}

fn replay(which: &Which, json: bool) -> Result<i32, Failure> {
    let folder = history_folder(&environment::current_folder());
    let history = open_history(&folder);
    let mut runs = history.runs()?;
    runs.retain(|run| run.attempts > 0);
    match which {
        Which::Last => runs.truncate(1),
        Which::All => {}
        Which::Named(name) => runs.retain(|run| run.record.uid.starts_with(name.as_str())),
    }
    if runs.is_empty() {
        return Err(Failure::Usage(match which {
            Which::Named(name) => format!(
                "no run whose id begins with {name:?} is kept in {}: hasten plan --replay all lists them",
                history.path()
            ),
            Which::Last | Which::All => {
                format!("no run is kept in {} yet: run hasten once", history.path())
            }
        }));
    }
    let cores = environment::cores();
    let replayed = runs
        .iter()
        .map(|run| Ok(replay::replay(run, &history.attempts(run.id)?, cores)))
        .collect::<Result<Vec<_>, hasten_history::Error>>()?;
    let replays = Replays { runs: replayed };
    crate::say(&if json {
        replays.to_json()
    } else {
        replays.render()
    })
}
