//! When what lies at the agent's door is taken in: at once when something came, again and ever less often for what
//! could not be taken in, when a hold ends, and when something pending is over by the policy's time. The screen, the
//! recorder and tests go by this one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::instrument::spent_by;
use crate::model::{Command, ProposalId, Snapshot, Standing, TakenIn};
use crate::policy::Policy;

/// The schedule of one loop.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// True while the desk is at it.
    is_under_way: bool,
    /// Messages that lay there when the desk was asked last, and how often that had been seen.
    at: (usize, u64),
    /// Whether the agent had a door when it was told everything again last; `None` before that.
    had_door: Option<bool>,
    /// True while the loops are held up, as far as was seen.
    was_held: bool,
    /// How proposals stood when the desk was asked because one was over: what it answered is seen with the next look.
    over_in: Option<Arc<HashMap<ProposalId, Standing>>>,
}

impl Intake {
    /// Returns what the desk should do now. Nothing more while it takes in: [`Intake::ended`] says when that is over.
    pub fn due(&mut self, snapshot: &Snapshot, policy: &Policy, now_ms: i64) -> Vec<Command> {
        let mut due = Vec::new();
        if snapshot.format.is_some() && !snapshot.proposals.is_empty() {
            // At the start, and when somebody took the door away: once, also where that does not help.
            let is_there = snapshot.door.is_there;
            if self.had_door.is_none_or(|had_door| had_door && !is_there) {
                due.push(Command::TellAgain);
            }
            self.had_door = Some(is_there);
        }
        let door = (snapshot.door.untaken, snapshot.door.looks);
        let is_known = self.over_in.as_ref().is_some_and(|known| Arc::ptr_eq(known, &snapshot.standing));
        let is_over = !is_known
            && policy.gates.expire_hours.is_some_and(|hours| {
                let latest = now_ms - (hours * 3_600_000.0) as i64;
                snapshot.proposals.iter().any(|one| one.taken_ms <= latest && snapshot.is_pending(&one.id))
            });
        let is_held = snapshot.door.paused;
        let goes_on = self.was_held && !is_held;
        let is_new = door.0 > 0 && self.at != door;
        if door.0 == 0 {
            // The next one that lies there is new, also where it looks like the last one.
            self.at = door;
        }
        if self.is_under_way {
            return due;
        }
        self.was_held = is_held;
        if is_new || is_over || goes_on {
            self.is_under_way = true;
            self.at = door;
            self.over_in = is_over.then(|| Arc::clone(&snapshot.standing)).or(self.over_in.take());
            due.push(Command::TakeIn(spent_by(snapshot, &policy.budget)));
        }
        due
    }

    /// The desk took in what it could, or could not.
    pub fn ended(&mut self, result: &Result<TakenIn, String>) {
        self.is_under_way = false;
        if result.is_err() {
            self.over_in = None;
        }
        if result.as_ref().is_ok_and(|taken| taken.more) {
            // The rest is there already: it is not waited for.
            self.at = (0, 0);
        }
    }
}
