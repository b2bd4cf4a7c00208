//! Actions that open a decision: each checks that it is possible, and shows it first.

use std::sync::Arc;

use crate::app::decide::policy_line;
use crate::app::notice::{say, say_nothing_selected};
use crate::app::review::amend::show_result;
use crate::app::review::refresh_doc;
use crate::app::{Action, Confirm, Effect, Modal, NoticeKind, PolicyLine, Review, ShownText, State, Waiting, key_name};
use crate::model::{Built, Conflict, Goal};
use crate::policy::text::Visible;
use crate::query::{Assessment, Request};

/// The refusal of an approval that would commit nothing.
pub const EVERYTHING_EXCLUDED: &str = "everything is excluded; v vetoes it, U includes all again";

pub(in crate::app) fn approve(state: &mut State) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let experiment = Arc::clone(&state.snapshot.experiments[index]);
    if let Some(trouble) = &state.snapshot.approved.trouble {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    let proposal = state.snapshot.pending(&experiment.id).cloned();
    if let Some(decision) = state.snapshot.settled(&experiment.id) {
        let text = format!("already {} by {}", decision.kind.word(), decision.reviewer);
        return say(state, NoticeKind::Bad, text);
    }
    if !state.decisions.under_way.is_empty() {
        return say(state, NoticeKind::Bad, "one moment: the last decision is still being written");
    }
    let Some(judged) = state.judged_result(&experiment.id).cloned() else {
        let why = state.assessments.failures.get(&experiment.id).cloned();
        return say(
            state,
            NoticeKind::Bad,
            why.unwrap_or_else(|| "still computing what would be committed".to_owned()),
        );
    };
    match &judged.built {
        // An amended change is shown as it would be committed before it is confirmed.
        Built::Ready(_) if state.is_amended(&experiment.id) && state.review.view.shown != ShownText::Result => {
            show_result(state);
            say(state, NoticeKind::Good, "this is what would be committed; a again confirms, R goes back");
        }
        Built::Ready(_) => {
            let unseen = state.review.seen.missing(&judged);
            let lost = state.lost_exclusions(&experiment.id);
            let confirm = Confirm { lost_exclusions: lost, ..Confirm::new(judged, proposal, unseen) };
            state.open(Modal::Confirm(Box::new(confirm)));
        }
        Built::Conflict(conflict) => {
            let waits = conflict.waits_on.iter().filter_map(|id| state.snapshot.index_of(id));
            let names: Vec<String> =
                waits.map(|index| Visible::line(&state.snapshot.experiments[index].name()).to_string()).collect();
            let text = if names.is_empty() {
                format!("{}; the diff shows where", Conflict::TEXT)
            } else {
                format!("{}; it needs {}", Conflict::TEXT, names.join(", "))
            };
            say(state, NoticeKind::Bad, text);
        }
        Built::Contained(_) if state.is_amended(&experiment.id) => {
            say(state, NoticeKind::Bad, EVERYTHING_EXCLUDED);
        }
        Built::Contained(_) => say(state, NoticeKind::Bad, Built::CONTAINED),
    }
}

pub(in crate::app) fn revert(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let id = state.snapshot.experiments[index].id.clone();
    let decision = state.snapshot.decision(&id).filter(|decision| decision.is_approval());
    let Some(commit) = decision.and_then(|decision| decision.commit) else {
        return say(state, NoticeKind::Bad, "only an approved change can be reverted");
    };
    if let Some(trouble) = &state.snapshot.approved.trouble {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    if let Some(judged) = state.decisions.revert.clone().filter(|judged| judged.experiment == id)
        && state.review.view.shown == ShownText::Revert
    {
        let unseen = state.review.seen.missing(&judged);
        return state.open(Modal::Confirm(Box::new(Confirm::new(judged, None, unseen))));
    }
    state.decisions.reverting = Some(id.clone());
    state.open(Modal::Waiting(Waiting::Revert));
    effects.push(Effect::Ask(Request::Revert(id, commit)));
}

/// Shows the commit that a revert would make: the person reads it before confirming.
pub(in crate::app) fn show_revert(state: &mut State, judged: Arc<Assessment>) {
    state.decisions.reverting = None;
    state.window.modal = None;
    if state.shown_id().as_ref() != Some(&judged.experiment) || Some(judged.tip) != state.snapshot.tip() {
        return say(state, NoticeKind::Bad, "the screen or the tip changed; request the revert again");
    }
    if !matches!(judged.built, Built::Ready(_)) {
        return say(state, NoticeKind::Bad, "later commits changed the same lines; revert those first");
    }
    state.review.open = Some(Review { experiment: judged.experiment.clone(), against: None });
    refresh_doc(state);
    (state.review.doc, state.review.scroll, state.review.view.cursor) = (None, 0, 0);
    state.review.view.shown = ShownText::Revert;
    state.decisions.revert = Some(judged);
    let key = state.screen.keymap.key_of(state.context(), Action::Revert).map(key_name).unwrap_or_default();
    say(state, NoticeKind::Good, format!("this is what the revert would commit; {key} again confirms"));
}

/// Returns from the revert to the change itself.
pub(in crate::app) fn leave_revert(state: &mut State) {
    state.decisions.revert = None;
    if state.review.view.shown == ShownText::Revert {
        state.review.view.shown = ShownText::Change;
    }
}

/// Drops a prepared revert that left the screen or was built for another tip.
pub(in crate::app) fn forget_revert(state: &mut State) {
    let Some(judged) = &state.decisions.revert else { return };
    let moved = Some(judged.tip) != state.snapshot.tip();
    let is_read = state.review.open.is_some() && state.shown_id().as_ref() == Some(&judged.experiment);
    if !moved && is_read {
        return;
    }
    leave_revert(state);
    if moved && is_read {
        say(state, NoticeKind::Bad, "the approved branch moved; request the revert again");
    }
}

pub(in crate::app) fn pick_direction(state: &mut State, goal: Goal) {
    let Some(objective) = &state.snapshot.objective else {
        return say(state, NoticeKind::Bad, "no objective was found; cannot set its direction");
    };
    if objective.goal.is_some() && !objective.goal_basis.is_guess {
        return say(state, NoticeKind::Bad, "the direction is known; the policy can change it");
    }
    let metric = objective.metric.to_string();
    policy_line::open(state, PolicyLine::Direction(metric, goal));
}
