//! What is shown gave way to something else by itself: a key that was begun for the one must not act on the other.

use std::sync::Arc;

use crate::app::notice::say;
use crate::app::{Action, NoticeKind, State};
use crate::model::{CommitId, ExperimentId, ProposalId};
use crate::query::Assessment;

/// A person needs this long to see that something else stands there, in milliseconds.
pub(in crate::app) const GRACE_MS: i64 = 500;

/// What a key acts on, and since when that is on the screen.
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

/// When the shown change took another one's place without the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Swapped {
    /// The person went to it, or it has stood there long enough.
    #[default]
    No,
    /// No frame has shown it yet.
    Undrawn,
    /// It has been on the screen since then, in milliseconds since the epoch.
    Since(i64),
}

impl ShownSince {
    fn is_same(&self, other: &Self) -> bool {
        // Until it is worked out anew what was read last still counts. On another tip the same change has other lines
        // around it, as after each approval: hunks that were never read are said before they are confirmed.
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

/// Notes whether what is shown became something else, and whether the person did that.
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

/// A frame was drawn whole.
pub(in crate::app) fn drawn(state: &mut State) {
    if state.screen.target.swapped == Swapped::Undrawn {
        state.screen.target.swapped = Swapped::Since(state.now_ms);
    }
}

/// True when a key would act on a change that took another one's place a moment ago; the person is asked for it again.
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
        say(state, NoticeKind::Bad, "another change took this place just now: read it, then press the key again");
        return true;
    }
    false
}
