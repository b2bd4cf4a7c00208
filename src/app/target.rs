//! Protects against a key that was meant for one change and hits another that took its place on the screen.

use std::sync::Arc;

use crate::app::notice::say;
use crate::app::{Action, NoticeKind, State};
use crate::model::{CommitId, ExperimentId, ProposalId};
use crate::query::Assessment;

/// Time that a person needs to notice the swap, in milliseconds.
pub(in crate::app) const GRACE_MS: i64 = 500;

/// The change that a key acts on, and since when it is on the screen.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct KeyTarget {
    shown: Option<ShownSince>,
    swapped: Swapped,
}

#[derive(Clone, Debug)]
struct ShownSince {
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

impl ShownSince {
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

fn shown(state: &State) -> Option<ShownSince> {
    let experiment = &state.snapshot.experiments[state.shown()?];
    Some(ShownSince {
        head: experiment.head(),
        asked: state.snapshot.pending(&experiment.id).map(|proposal| proposal.id.clone()),
        judged: state.assessments.known.get(&experiment.id).cloned(),
        id: experiment.id.clone(),
    })
}

/// Records whether another change took the place of the shown one, and whether the person caused that.
pub(in crate::app) fn follow(state: &mut State, by_person: bool) {
    let now = shown(state);
    let before = state.screen.target.shown.take();
    if let (Some(before), Some(now)) = (&before, &now)
        && !before.is_same(now)
    {
        state.screen.target.swapped = if by_person { Swapped::No } else { Swapped::Undrawn };
    }
    let known = before.and_then(|before| before.judged.filter(|_| now.as_ref().is_some_and(|now| now.id == before.id)));
    state.screen.target.shown = now.map(|now| ShownSince { judged: now.judged.or(known), ..now });
}

/// Handles a frame that was drawn completely.
pub(in crate::app) fn drawn(state: &mut State) {
    if state.screen.target.swapped == Swapped::Undrawn {
        state.screen.target.swapped = Swapped::Since(state.now_ms);
    }
}

/// True if a key would act on a change that only just took another's place; then the person must press it again.
pub(in crate::app) fn is_too_soon(state: &mut State, action: Action) -> bool {
    let is_fresh = match state.screen.target.swapped {
        Swapped::No => false,
        Swapped::Undrawn => true,
        Swapped::Since(at) => (0..GRACE_MS).contains(&(state.now_ms - at)),
    };
    if !is_fresh {
        state.screen.target.swapped = Swapped::No;
    }
    if is_fresh && (action.acts_on_change() || action == Action::Skip) {
        say(state, NoticeKind::Bad, "another change took this place just now; read it, then press the key again");
        return true;
    }
    false
}
