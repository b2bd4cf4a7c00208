//! Protects against a key that was meant for one change and hits another that took its place on the screen.

use std::sync::Arc;

use crate::app::{Action, Assessments};
use crate::model::{CommitId, ExperimentId, ProposalId, Snapshot};
use crate::query::Assessment;

/// Time that a person needs to notice the swap, in milliseconds.
pub(in crate::app) const GRACE_MS: i64 = 500;

/// The change that a key acts on, and since when it is on the screen.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct KeyTarget {
    shown: Option<ShownChange>,
    swapped: Swapped,
}

/// The change on the screen, as far as another one must not pass for it.
#[derive(Clone, Debug)]
pub(in crate::app) struct ShownChange {
    id: ExperimentId,
    head: Option<CommitId>,
    asked: Option<ProposalId>,
    judged: Option<Arc<Assessment>>,
}

/// A change taking another's place on the screen without a key press.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Swapped {
    /// It did not happen, or the change has been on the screen long enough.
    #[default]
    No,
    /// It happened, and no frame has shown it yet.
    Undrawn,
    /// It happened, and the change has been on the screen since then, in milliseconds since the epoch.
    Since(i64),
}

impl ShownChange {
    /// Returns the change of an experiment, by its index.
    pub(in crate::app) fn of(snapshot: &Snapshot, assessments: &Assessments, index: usize) -> Self {
        let experiment = &snapshot.experiments[index];
        Self {
            head: experiment.head(),
            asked: snapshot.pending(&experiment.id).map(|proposal| proposal.id.clone()),
            judged: assessments.known.get(&experiment.id).cloned(),
            id: experiment.id.clone(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        // Until it is assessed again, the last assessment counts. On another tip the same change has other lines around
        // it, as after each approval; hunks that were never read are reported in the confirmation.
        let same_hunks = match (&self.judged, &other.judged) {
            (Some(before), Some(now)) => before.tip != now.tip || before.keys == now.keys,
            _ => true,
        };
        self.id == other.id && self.head == other.head && self.asked == other.asked && same_hunks
    }
}

impl KeyTarget {
    /// Records whether another change took the place of the shown one, and whether the person caused that.
    pub(in crate::app) fn follow(&mut self, now: Option<ShownChange>, by_person: bool) {
        let before = self.shown.take();
        if let (Some(before), Some(now)) = (&before, &now)
            && !before.is_same(now)
        {
            self.swapped = if by_person { Swapped::No } else { Swapped::Undrawn };
        }
        let known =
            before.and_then(|before| before.judged.filter(|_| now.as_ref().is_some_and(|now| now.id == before.id)));
        self.shown = now.map(|now| ShownChange { judged: now.judged.or(known), ..now });
    }

    /// Handles a frame that was drawn completely.
    pub(in crate::app) fn drawn(&mut self, now_ms: i64) {
        if self.swapped == Swapped::Undrawn {
            self.swapped = Swapped::Since(now_ms);
        }
    }

    /// True if a key would act on a change that only just took another's place; then the person must press it again.
    pub(in crate::app) fn is_too_soon(&mut self, action: Action, now_ms: i64) -> bool {
        let is_fresh = match self.swapped {
            Swapped::No => false,
            Swapped::Undrawn => true,
            Swapped::Since(at) => (0..GRACE_MS).contains(&(now_ms - at)),
        };
        if !is_fresh {
            self.swapped = Swapped::No;
        }
        is_fresh && (action.acts_on_change() || action == Action::Skip)
    }
}
