//! Schedules the intake of the agent's messages: at once for new ones, with growing delays for those that could not be
//! collected, when a pause ends, and when a pending proposal expires. The screen, the recorder and the tests use this
//! schedule.

use std::collections::HashMap;
use std::sync::Arc;

use crate::instrument::spent_by;
use crate::model::{Command, Failure, IntakeReport, ProposalId, ProposalState, Snapshot};
use crate::policy::Policy;

/// The schedule of one loop.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// The request in progress.
    under_way: Option<IntakeRequest>,
    /// Number of messages in the inbox at the last request, and how often that had been polled.
    at: (usize, u64),
    /// True if the mailbox existed when everything was last republished; `None` before that.
    had_mailbox: Option<bool>,
    /// True while the loops were last seen paused, and after that until the next request.
    was_paused: bool,
    /// The states of the proposals at the last request made for an expired one; its answer shows in the next poll.
    expired_in: Option<Arc<HashMap<ProposalId, ProposalState>>>,
    /// The outcome of the last request.
    failure: LastRequest,
}

/// The reason for a request.
#[derive(Clone, Copy, Debug)]
struct IntakeRequest {
    /// True if a pause had ended.
    is_after_pause: bool,
}

/// The last failure, which delays the next request unless there are new messages.
#[derive(Clone, Copy, Debug, Default)]
enum LastRequest {
    /// The last request succeeded, or there was none.
    #[default]
    None,
    /// It failed just now; the next poll reads the clock.
    JustNow,
    /// Time of the failure, approximately, in milliseconds since the epoch.
    At(i64),
}

/// Delay before a retry, in milliseconds.
const AGAIN_MS: i64 = 5_000;

impl Intake {
    /// Returns the commands that are due now: no further intake while one is in progress, which [`Intake::finished`]
    /// reports.
    pub fn due(&mut self, snapshot: &Snapshot, policy: &Policy, now_ms: i64) -> Vec<Command> {
        let mut due = Vec::new();
        if snapshot.format.is_some() && !snapshot.proposals.is_empty() {
            // At the start, and when somebody removed the mailbox: once, even if it does not help.
            let is_there = snapshot.mailbox.is_there;
            if self.had_mailbox.is_none_or(|had_mailbox| had_mailbox && !is_there) {
                due.push(Command::Republish);
            }
            self.had_mailbox = Some(is_there);
        }
        let mailbox = (snapshot.mailbox.unread, snapshot.mailbox.attempts);
        let is_requested = self.expired_in.as_ref().is_some_and(|known| Arc::ptr_eq(known, &snapshot.proposal_states));
        let has_expired = !is_requested
            && policy.gates.expire_hours.is_some_and(|hours| {
                let latest = now_ms - (hours * 3_600_000.0) as i64;
                snapshot.proposals.iter().any(|one| one.collected_ms <= latest && snapshot.is_pending(&one.id))
            });
        let is_paused = snapshot.mailbox.paused;
        let has_resumed = self.was_paused && !is_paused;
        let is_new = mailbox.0 > 0 && self.at != mailbox;
        if mailbox.0 == 0 {
            // The next message is new, even if the counts look the same.
            self.at = mailbox;
        }
        self.was_paused |= is_paused;
        if self.under_way.is_some() {
            return due;
        }
        if matches!(self.failure, LastRequest::JustNow) {
            self.failure = LastRequest::At(now_ms);
        }
        // A clock that was set back must not delay the retry for hours.
        let may_ask_again = !matches!(self.failure, LastRequest::At(then) if (0..AGAIN_MS).contains(&(now_ms - then)));
        if is_new || (has_expired || has_resumed) && may_ask_again {
            self.under_way = Some(IntakeRequest { is_after_pause: has_resumed });
            self.was_paused = is_paused;
            self.at = mailbox;
            self.expired_in = has_expired.then(|| Arc::clone(&snapshot.proposal_states)).or(self.expired_in.take());
            due.push(Command::CollectProposals(spent_by(snapshot, &policy.budget)));
        }
        due
    }

    /// Reports that an intake has ended, with its result.
    pub fn finished(&mut self, result: &Result<IntakeReport, Failure>) {
        let request = self.under_way.take();
        self.failure = LastRequest::None;
        if result.is_err() {
            self.expired_in = None;
            self.failure = LastRequest::JustNow;
            self.was_paused |= request.is_some_and(|request| request.is_after_pause);
        }
        if result.as_ref().is_ok_and(|taken| taken.more) {
            // More messages are there already: do not wait for a change.
            self.at = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MailboxState;

    fn held(paused: bool) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.mailbox = Arc::new(MailboxState { paused, ..MailboxState::default() });
        snapshot
    }

    #[test]
    fn the_end_of_a_pause_is_not_lost_when_the_intake_fails() {
        let (mut intake, policy) = (Intake::default(), Policy::standard());
        assert!(intake.due(&held(true), &policy, 0).is_empty());
        assert_eq!(intake.due(&held(false), &policy, 1).len(), 1, "it ended");
        intake.finished(&Err(Failure::of("the lock is held")));
        assert!(intake.due(&held(false), &policy, 2).is_empty(), "not at once");
        assert!(intake.due(&held(false), &policy, 1 + AGAIN_MS).is_empty());
        assert_eq!(intake.due(&held(false), &policy, 2 + AGAIN_MS).len(), 1);
        intake.finished(&Ok(IntakeReport::default()));
        assert!(intake.due(&held(false), &policy, 9 * AGAIN_MS).is_empty(), "once");
    }

    #[test]
    fn a_pause_that_ends_during_an_intake_counts() {
        let (mut intake, policy) = (Intake::default(), Policy::standard());
        intake.due(&held(true), &policy, 0);
        assert_eq!(intake.due(&held(false), &policy, 1).len(), 1);
        intake.due(&held(true), &policy, 2);
        intake.due(&held(false), &policy, 3);
        intake.finished(&Ok(IntakeReport::default()));
        assert_eq!(intake.due(&held(false), &policy, 4).len(), 1);
    }
}
