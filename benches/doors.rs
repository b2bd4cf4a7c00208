//! The agent's mailbox under load: collecting, answering, waking those that wait.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[allow(dead_code)]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::Duration;

use countersign::decide::Decider;
use countersign::mailbox::{Reply, wait};
use countersign::model::Answer;
use countersign::model::DecisionKind;
use divan::Bencher;
use support::doors::{joined, put_in_many, take};
use support::human;

fn main() {
    divan::main();
}

/// 500 proposals: read, checked against the repository, pinned, registered on disk, reported as pending.
#[divan::bench(max_time = 3)]
fn take_500_proposals_in(bencher: Bencher<'_, '_>) {
    let full = || {
        let a_loop = joined();
        put_in_many(&a_loop, 500);
        a_loop
    };
    bencher.with_inputs(full).bench_local_values(|a_loop| {
        assert_eq!(take(&a_loop).accepted, 500);
        a_loop
    });
}

/// From the start of an answer to the end of a `wait` for it, among this many pending proposals.
#[divan::bench(args = [200, 1000, 10_000], max_time = 3)]
fn answer_and_wake(bencher: Bencher<'_, '_>, pending: usize) {
    let a_loop = joined();
    put_in_many(&a_loop, pending);
    take(&a_loop);
    let snapshot = a_loop.snapshot();
    let mut left: Vec<_> = snapshot.proposals.iter().cloned().collect();
    bencher.bench_local(|| {
        let Some(proposal) = left.pop() else { return };
        let (dir, id) = (a_loop.dir().to_owned(), proposal.id.clone());
        let waiting = std::thread::spawn(move || wait(&dir, &id, Duration::from_secs(20)).unwrap());
        let answer = Answer {
            proposal: Some(proposal.asked()),
            kind: DecisionKind::ChangesRequested,
            ..Answer::veto(proposal.experiment(), Some(proposal.head), "more")
        };
        // As the screen does: one decider for each decision, for a loop that is known.
        let decider = Decider::open(a_loop.dir(), &a_loop.state(), &snapshot.identity).unwrap();
        decider.for_person(human()).answer(&answer).unwrap();
        assert!(matches!(waiting.join().unwrap(), Reply::Answered(_)));
    });
}
