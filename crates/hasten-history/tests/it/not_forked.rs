//! Environments in which workers must not be forked.

use hasten_history::{KEEP_ENVIRONMENTS, NotForked};

use crate::{Project, passed};

fn found(environment: &str, found_at: f64) -> NotForked {
    NotForked {
        environment: environment.to_owned(),
        causes: vec![("threads".to_owned(), "thread 'poll'".to_owned())],
        workers: 3,
        found_at,
    }
}

#[test]
fn an_environment_is_remembered_until_it_is_forgotten() {
    let project = Project::new();
    assert_eq!(project.open().not_forked("a").unwrap(), None);
    project
        .open()
        .remember_not_forked(&found("a", 1.0))
        .unwrap();
    assert_eq!(
        project.open().not_forked("a").unwrap(),
        Some(found("a", 1.0))
    );
    assert_eq!(project.open().not_forked("b").unwrap(), None);

    let other = NotForked {
        causes: vec![("files".to_owned(), "a pipe".to_owned())],
        ..found("a", 2.0)
    };
    project.open().remember_not_forked(&other).unwrap();
    project.record("run", &[passed("t.py::t", 1.0)]);
    assert_eq!(project.open().not_forked("a").unwrap(), Some(other));

    project.open().forget_not_forked("a").unwrap();
    project.open().forget_not_forked("b").unwrap();
    assert_eq!(project.open().not_forked("a").unwrap(), None);
}

#[test]
fn those_that_were_found_first_are_forgotten_first() {
    let project = Project::new();
    let history = project.open();
    for number in 0..=KEEP_ENVIRONMENTS {
        let environment = number.to_string();
        history
            .remember_not_forked(&found(&environment, number as f64))
            .unwrap();
    }
    assert_eq!(history.not_forked("0").unwrap(), None);
    assert!(history.not_forked("1").unwrap().is_some());
    let last = KEEP_ENVIRONMENTS.to_string();
    assert!(history.not_forked(&last).unwrap().is_some());
}
