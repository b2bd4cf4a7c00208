//! When what lies at the agent's door is taken in: at once when something came, again and ever less often for what
//! could not be taken in, when a hold ends, and when something pending is over by the policy's time. The screen, the
//! recorder and tests go by this one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::instrument::spent_by;
use crate::model::{Command, ProposalId, ProposalState, Snapshot, TakenIn};
use crate::policy::Policy;

/// The schedule of one loop.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// The request that the desk is working on.
    under_way: Option<IntakeRequest>,
    /// Messages that lay there when the desk was asked last, and how often that had been seen.
    at: (usize, u64),
    /// Whether the agent had a door when it was told everything again last; `None` before that.
    had_mailbox: Option<bool>,
    /// True while the loops are held up, as far as was seen, and after that until the desk was asked.
    was_held: bool,
    /// How proposals stood when the desk was asked because one was over: what it answered is seen with the next look.
    over_in: Option<Arc<HashMap<ProposalId, ProposalState>>>,
    /// Whether the desk could not take in when it was asked last.
    failure: Failure,
}

/// Why the desk was asked.
#[derive(Clone, Copy, Debug)]
struct IntakeRequest {
    /// True where a hold had ended.
    is_after_hold: bool,
}

/// The last failure, which delays the next request that nothing new calls for.
#[derive(Clone, Copy, Debug, Default)]
enum Failure {
    /// The last request succeeded, or there was none.
    #[default]
    None,
    /// It failed just now: the clock is read with the next look.
    JustNow,
    /// It failed about this long ago, in milliseconds since the epoch.
    At(i64),
}

/// After a failure the desk is asked again so much later, in milliseconds.
const AGAIN_MS: i64 = 5_000;

impl Intake {
    /// Returns what the desk should do now. Nothing more while it takes in: [`Intake::ended`] says when that is over.
    pub fn due(&mut self, snapshot: &Snapshot, policy: &Policy, now_ms: i64) -> Vec<Command> {
        let mut due = Vec::new();
        if snapshot.format.is_some() && !snapshot.proposals.is_empty() {
            // At the start, and when somebody took the door away: once, also where that does not help.
            let is_there = snapshot.mailbox.is_there;
            if self.had_mailbox.is_none_or(|had_mailbox| had_mailbox && !is_there) {
                due.push(Command::TellAgain);
            }
            self.had_mailbox = Some(is_there);
        }
        let mailbox = (snapshot.mailbox.untaken, snapshot.mailbox.looks);
        let is_known = self.over_in.as_ref().is_some_and(|known| Arc::ptr_eq(known, &snapshot.standing));
        let is_over = !is_known
            && policy.gates.expire_hours.is_some_and(|hours| {
                let latest = now_ms - (hours * 3_600_000.0) as i64;
                snapshot.proposals.iter().any(|one| one.taken_ms <= latest && snapshot.is_pending(&one.id))
            });
        let is_held = snapshot.mailbox.paused;
        let goes_on = self.was_held && !is_held;
        let is_new = mailbox.0 > 0 && self.at != mailbox;
        if mailbox.0 == 0 {
            // The next one that lies there is new, also where it looks like the last one.
            self.at = mailbox;
        }
        self.was_held |= is_held;
        if self.under_way.is_some() {
            return due;
        }
        if matches!(self.failure, Failure::JustNow) {
            self.failure = Failure::At(now_ms);
        }
        // A clock that was set back must not make it wait for hours.
        let may_ask_again = !matches!(self.failure, Failure::At(then) if (0..AGAIN_MS).contains(&(now_ms - then)));
        if is_new || (is_over || goes_on) && may_ask_again {
            self.under_way = Some(IntakeRequest { is_after_hold: goes_on });
            self.was_held = is_held;
            self.at = mailbox;
            self.over_in = is_over.then(|| Arc::clone(&snapshot.standing)).or(self.over_in.take());
            due.push(Command::TakeIn(spent_by(snapshot, &policy.budget)));
        }
        due
    }

    /// The desk took in what it could, or could not.
    pub fn ended(&mut self, result: &Result<TakenIn, String>) {
        let request = self.under_way.take();
        self.failure = Failure::None;
        if result.is_err() {
            self.over_in = None;
            self.failure = Failure::JustNow;
            self.was_held |= request.is_some_and(|request| request.is_after_hold);
        }
        if result.as_ref().is_ok_and(|taken| taken.more) {
            // The rest is there already: it is not waited for.
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
    fn the_end_of_a_hold_is_not_lost_where_taking_in_fails() {
        let (mut intake, policy) = (Intake::default(), Policy::standard());
        assert!(intake.due(&held(true), &policy, 0).is_empty());
        assert_eq!(intake.due(&held(false), &policy, 1).len(), 1, "it ended");
        intake.ended(&Err("the lock is held".to_owned()));
        assert!(intake.due(&held(false), &policy, 2).is_empty(), "not at once");
        assert!(intake.due(&held(false), &policy, 1 + AGAIN_MS).is_empty());
        assert_eq!(intake.due(&held(false), &policy, 2 + AGAIN_MS).len(), 1);
        intake.ended(&Ok(TakenIn::default()));
        assert!(intake.due(&held(false), &policy, 9 * AGAIN_MS).is_empty(), "once");
    }

    #[test]
    fn a_hold_that_ends_while_the_desk_is_at_it_counts() {
        let (mut intake, policy) = (Intake::default(), Policy::standard());
        intake.due(&held(true), &policy, 0);
        assert_eq!(intake.due(&held(false), &policy, 1).len(), 1);
        intake.due(&held(true), &policy, 2);
        intake.due(&held(false), &policy, 3);
        intake.ended(&Ok(TakenIn::default()));
        assert_eq!(intake.due(&held(false), &policy, 4).len(), 1);
    }
}
