//! What a worker that died leaves: processes, and fixtures that nobody tears down.

use hasten_protocol::journal::{self, Activity};

use super::Run;
use super::deaths::LOST_CHANNEL;
use crate::clock::monotonic;
use crate::death::Ending;
use crate::strays::{self, Dead, Stray};

/// Workers that died while fixtures of more than one test were set up in them.
#[derive(Debug, Default)]
pub(crate) struct Untorn {
    workers: Vec<String>,
    /// Not all of them were killed by a signal.
    some_left: bool,
}

impl Run {
    /// Ends what a dead worker has started, and remembers what else it leaves.
    pub(super) fn clean_up_after(
        &mut self,
        number: usize,
        culprit: Option<u32>,
        activity: &Activity,
        ending: Ending,
    ) {
        let worker = &self.workers[number];
        // Of one that lost its channel another line says so.
        let lost = ending == Ending::Exited(LOST_CHANNEL);
        if !lost && journal::wide_fixtures(worker.memory.journal()) {
            if !self.untorn.workers.contains(&worker.id) {
                self.untorn.workers.push(worker.id.clone());
            }
            self.untorn.some_left |= matches!(ending, Ending::Exited(_));
        }
        let ended = self.end_strays(number);
        if ended.is_empty() {
            return;
        }
        // An earlier test of the worker may have started them.
        let own = ended
            .iter()
            .all(|stray| stray.is_younger(activity.item_start));
        let test = culprit.filter(|_| own).and_then(|item| {
            let suite = self.suite.as_ref()?;
            suite.nodeids.get(item as usize).cloned()
        });
        let whose = test.unwrap_or_else(|| self.workers[number].id.clone());
        self.note_summary(&strays::describe_ended(&ended, &whose));
    }

    /// Kills what descends from a dead worker; returns those that had left its process group, which nobody expects.
    pub(super) fn end_strays(&mut self, number: usize) -> Vec<Stray> {
        let process = self.worker_process(number);
        let Some(pid) = process.pid else {
            return Vec::new();
        };
        let mut known: Vec<i32> = self.processes.iter().filter_map(|one| one.pid).collect();
        known.push(self.guardian.pid());
        let age = self.workers[number].started.elapsed().as_nanos();
        let age = u64::try_from(age).unwrap_or(u64::MAX);
        let mut strays = process.take_strays();
        strays.extend(strays::left_by(&Dead {
            pid,
            id: &self.workers[number].id,
            run_id: &self.options.run_id,
            since: monotonic().saturating_sub(age),
            known: &known,
        }));
        let mut ended: Vec<Stray> = Vec::new();
        for stray in strays {
            if stray.end() && stray.left_group(pid) && !ended.contains(&stray) {
                ended.push(stray);
            }
        }
        ended
    }

    /// Says once for all workers which fixtures were not torn down.
    pub(super) fn note_untorn(&mut self) {
        if let Some(line) = self.untorn.describe() {
            self.note_summary(&line);
        }
    }
}

impl Untorn {
    fn describe(&self) -> Option<String> {
        let (who, were, they) = match &self.workers[..] {
            [] => return None,
            [one] => (one.clone(), "was", "it"),
            [others @ .., last] => (format!("{} and {last}", others.join(", ")), "were", "they"),
        };
        let ended = if self.some_left {
            "died".to_owned()
        } else {
            format!("{were} killed")
        };
        Some(format!(
            "{who} {ended}: fixtures of class, module, package or session scope that {they} had \
             set up were not torn down"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(workers: &[&str], some_left: bool) -> Option<String> {
        let workers = workers.iter().map(|id| (*id).to_owned()).collect();
        Untorn { workers, some_left }.describe()
    }

    #[test]
    fn one_line_for_all() {
        assert_eq!(line(&[], false), None);
        assert_eq!(
            line(&["gw0", "gw2"], false).unwrap(),
            "gw0 and gw2 were killed: fixtures of class, module, package or session scope that \
             they had set up were not torn down"
        );
        assert_eq!(
            line(&["gw0", "gw2", "gw3"], true).unwrap(),
            "gw0, gw2 and gw3 died: fixtures of class, module, package or session scope that \
             they had set up were not torn down"
        );
        assert!(
            line(&["gw1"], false)
                .unwrap()
                .starts_with("gw1 was killed: fixtures")
        );
        assert!(line(&["gw1"], true).unwrap().contains("that it had set up"));
    }
}
