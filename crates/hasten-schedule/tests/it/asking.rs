//! What single answers are.

use hasten_schedule::{Assignment, Item, Planner, PlannerOptions};

use crate::suites::{even, options, suite};

fn planner(items: Vec<Item>, workers: usize) -> Planner {
    let mut planner = Planner::new(items, options(workers));
    for worker in 0..workers {
        planner.add_worker(worker);
    }
    planner
}

fn answer(items: &[u32], last: bool) -> Assignment {
    Assignment {
        items: items.to_vec(),
        last,
        renew: false,
    }
}

#[test]
fn nothing_to_do() {
    let mut planner = planner(Vec::new(), 2);
    assert_eq!(planner.next(0), answer(&[], true));
    assert_eq!(
        planner.next(9),
        answer(&[], true),
        "nobody knows that worker"
    );
    assert!(!planner.has_work());
    assert_eq!(planner.worker_count_for(8), 0);
}

#[test]
fn unknown_items_come_one_two_four() {
    let (items, _) = even(1, 100, 0.0, false);
    let mut planner = planner(items, 1);
    let mut sizes = Vec::new();
    while planner.has_work() {
        let sent = planner.next(0).items;
        for item in &sent {
            planner.observe(0, *item, 0.0001);
        }
        sizes.push(sent.len());
    }
    assert_eq!(sizes, [1, 1, 2, 4, 8, 16, 32, 36]);
}

#[test]
fn unknown_items_stay_alone_while_they_are_long() {
    let (items, _) = even(2, 5, 0.0, false);
    let mut planner = planner(items, 1);
    for _ in 0..5 {
        let sent = planner.next(0).items;
        assert_eq!(sent.len(), 1);
        assert!(!planner.needs_top_up(0));
        planner.observe(0, sent[0], 2.0);
    }
    assert_eq!(
        planner.next(0).items,
        [5],
        "what another file has is a guess"
    );
}

#[test]
fn known_items_come_by_time() {
    let (items, _) = even(1, 1000, 0.001, true);
    let mut tiny = planner(items, 1);
    let sent = tiny.next(0);
    assert_eq!(sent, answer(&(0..15).collect::<Vec<u32>>(), false));
    assert!(!tiny.needs_top_up(0));
    for item in 0..8 {
        tiny.observe(0, item, 0.001);
    }
    assert!(tiny.needs_top_up(0), "7 ms are left");
    assert_eq!(tiny.next(0).items[0], 15);

    let (items, _) = even(1, 1000, 0.5, true);
    let mut long = planner(items, 1);
    assert_eq!(long.next(0).items, [0]);
    assert!(!long.needs_top_up(0));
}

#[test]
fn a_batch_spans_files() {
    let (items, _) = even(100, 1, 0.001, true);
    let mut planner = planner(items, 1);
    assert_eq!(planner.next(0).items, (0..15).collect::<Vec<u32>>());
}

#[test]
fn last_is_said_with_the_last_items() {
    let (items, _) = even(1, 3, 0.001, true);
    let mut planner = planner(items, 1);
    let mut sent = Vec::new();
    loop {
        let Assignment { items, last, .. } = planner.next(0);
        sent.extend(items);
        if last {
            break;
        }
    }
    assert_eq!(sent, [0, 1, 2]);
    assert!(!planner.needs_top_up(0));
    assert!(!planner.has_work());
    assert_eq!(planner.remaining(), 3);
}

#[test]
fn long_items_go_first() {
    let files = [
        vec![vec![0.1; 50]],
        vec![vec![0.1; 50], [vec![0.1; 30], vec![20.0]].concat()],
    ];
    let (items, _) = suite(&files, true);
    let mut planner = planner(items, 2);
    assert_eq!(planner.next(0).items, [130]);
    assert_eq!(planner.next(1).items, [50], "then the longer file");
}

#[test]
fn a_class_whose_first_item_is_long_stays_together() {
    let files = [vec![vec![0.1; 90], vec![2.5, 0.1, 0.1], vec![0.1; 90]]];
    let (items, _) = suite(&files, true);
    let mut planner = planner(items, 2);
    for item in 90..93 {
        assert_eq!(planner.next(0).items, [item]);
        planner.observe(0, item, 0.1);
    }
    assert_eq!(planner.next(1).items, [0]);
}

#[test]
fn unknown_files_come_before_known_short_ones() {
    let (mut items, _) = even(3, 10, 0.1, true);
    for item in &mut items[10..20] {
        item.expected = None;
    }
    let mut planner = planner(items, 2);
    assert_eq!(planner.next(0).items, [10]);
    assert_eq!(planner.next(1).items, [0]);
}

#[test]
fn one_worker_keeps_the_order_of_collection() {
    let (items, _) = suite(
        &[vec![vec![0.1; 3]], vec![vec![9.0]], vec![vec![1.0; 9]]],
        true,
    );
    let mut planner = planner(items, 1);
    let mut sent = Vec::new();
    while planner.has_work() {
        sent.extend(planner.next(0).items);
    }
    assert!(sent.iter().copied().eq(0..13), "{sent:?}");
}

#[test]
fn reordered_files_begin_in_the_order_of_collection() {
    let item = |file, expected| Item {
        file,
        scope: file,
        expected: Some(expected),
        bound: None,
        alone: false,
        unit: None,
    };
    let items = vec![
        item(0, 1.0),
        item(1, 1.1),
        item(0, 1.0),
        item(1, 2.0),
        item(2, 1.0),
    ];
    let items = items.into_iter().cycle().take(50).collect();
    let mut planner = planner(items, 2);
    assert_eq!(planner.next(0).items, [0]);
    assert_eq!(planner.next(1).items, [1]);
    assert_eq!(planner.next(0).items, [2]);
}

#[test]
fn lookahead_has_two_until_the_end() {
    let (items, _) = even(1, 4, 3.0, true);
    let options = PlannerOptions {
        lookahead: true,
        ..options(1)
    };
    let mut planner = Planner::new(items, options);
    planner.add_worker(0);
    assert_eq!(planner.next(0), answer(&[0, 1], false));
    planner.observe(0, 0, 3.0);
    assert!(!planner.needs_top_up(0), "it asks before it starts item 1");
    assert_eq!(planner.next(0), answer(&[2], false));
    planner.observe(0, 1, 3.0);
    assert_eq!(planner.next(0), answer(&[3], true));
}

#[test]
fn lookahead_puts_no_long_item_behind_another() {
    let files = [
        vec![vec![50.0]],
        vec![vec![40.0]],
        vec![vec![30.0]],
        vec![vec![0.5; 100]],
    ];
    let (items, _) = suite(&files, true);
    let options = PlannerOptions {
        lookahead: true,
        ..options(2)
    };
    let mut planner = Planner::new(items, options);
    planner.add_worker(0);
    planner.add_worker(1);
    assert_eq!(planner.next(0).items, [0, 3]);
    assert_eq!(planner.next(1).items[0], 1);
}

#[test]
fn time_that_is_left() {
    let (items, _) = even(1, 10, 1.0, true);
    let mut planner = planner(items, 2);
    assert_eq!(planner.expected_seconds_left(), Some(5.0));
    let _ = planner.next(0);
    planner.observe(0, 0, 1.0);
    assert_eq!(planner.expected_seconds_left(), Some(4.5));

    let (items, _) = even(1, 100, 1.0, false);
    let mut unknown = self::planner(items, 2);
    assert_eq!(unknown.expected_seconds_left(), None);
    for _ in 0..20 {
        let item = unknown.next(0).items[0];
        unknown.observe(0, item, 2.0);
    }
    assert_eq!(unknown.expected_seconds_left(), Some(80.0));
}

#[test]
fn few_workers_for_little_work() {
    let (items, _) = even(10, 10, 0.0001, true);
    assert_eq!(Planner::new(items, options(16)).worker_count_for(16), 1);
    let (items, _) = even(10, 10, 0.001, true);
    assert_eq!(Planner::new(items, options(16)).worker_count_for(16), 5);
    let (items, _) = even(1, 3, 0.001, false);
    assert_eq!(Planner::new(items, options(16)).worker_count_for(16), 3);
}

#[test]
fn items_whose_order_is_asked_for_are_begun_in_it() {
    let files = [vec![vec![0.1; 3]], vec![vec![9.0]], vec![vec![1.0; 2]]];
    let (mut items, _) = suite(&files, true);
    items[1].expected = None;
    items[0].bound = Some(0);
    items[4].bound = Some(0);
    let options = PlannerOptions {
        in_order: true,
        ..options(2)
    };
    let mut planner = Planner::new(items, options);
    planner.add_worker(0);
    planner.add_worker(1);
    let mut sent = Vec::new();
    for worker in [0, 1, 1, 1, 1, 0] {
        let items = planner.next(worker).items;
        for item in &items {
            planner.observe(worker, *item, 0.1);
        }
        sent.extend(items);
    }
    assert_eq!(sent, [0, 1, 2, 3, 5, 4], "item 4 belongs to 0");
}
