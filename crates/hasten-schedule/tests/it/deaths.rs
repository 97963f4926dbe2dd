//! Workers that die.

use hasten_schedule::Planner;
use hasten_schedule::simulate::{Death, Scenario, simulate};

use crate::suites::{assert_each_once, even, options};

#[test]
fn what_a_dead_worker_held_is_given_out_again() {
    let (items, _) = even(2, 20, 0.001, true);
    let mut planner = Planner::new(items, options(2));
    planner.add_worker(0);
    planner.add_worker(1);
    let held = planner.next(0).items;
    planner.observe(0, held[0], 0.001);
    assert_eq!(planner.worker_gone(0)[..held.len() - 1], held[1..]);
    assert_eq!(planner.worker_gone(0), [0_u32; 0], "once");
    assert_eq!(planner.remaining(), 39);
    planner.add_worker(2);
    assert_eq!(planner.next(2).items[0], held[1]);
}

#[test]
fn a_worker_that_was_told_that_nothing_follows_gets_what_another_left() {
    let (items, _) = even(1, 2, 5.0, true);
    let mut planner = Planner::new(items, options(2));
    planner.add_worker(0);
    planner.add_worker(1);
    assert!(!planner.next(0).last);
    assert!(planner.next(1).last);
    planner.observe(1, 1, 5.0);
    assert!(!planner.has_work());
    assert_eq!(planner.worker_gone(0), [0]);
    assert!(planner.has_work());
    let again = planner.next(1);
    assert_eq!((again.items, again.last), (vec![0], true));
}

#[test]
fn a_finished_item_may_run_again() {
    let (items, _) = even(1, 2, 5.0, true);
    let mut planner = Planner::new(items, options(1));
    planner.add_worker(0);
    let _ = planner.next(0);
    planner.observe(0, 0, 5.0);
    planner.requeue(&[0, 0, 1, 7]);
    assert_eq!(planner.remaining(), 2);
    assert_eq!(planner.next(0).items, [1]);
    assert_eq!(planner.next(0).items, [0]);
    assert!(!planner.has_work());
}

#[test]
fn every_worker_dies_in_every_second_item() {
    let (items, durations) = even(5, 20, 0.001, true);
    let deaths = (0..200)
        .map(|worker| Death {
            worker,
            after: 1,
            in_item: true,
            replaced: worker % 2 == 0,
        })
        .collect();
    let scenario = Scenario {
        deaths,
        ..Scenario::new(4)
    };
    let outcome = simulate(&items, &durations, options(4), &scenario);
    assert_each_once(&outcome, 100);
    assert_eq!(outcome.sequences.len(), 50);
}
