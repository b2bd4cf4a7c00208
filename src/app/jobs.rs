//! Requests to the query threads: each is sent once for what is on the screen, and again when its answer is stale.

use std::collections::HashSet;

use crate::app::{Effect, InboxOrder, Modal, State, ViewKind};
use crate::model::{Recorded, TrialId};
use crate::query::Request;

/// Maximum number of pending requests; more are sent as answers arrive.
const MOST_ASKED: usize = 12;

/// Requests the data that the screen needs and that are unknown. The newest request is answered first.
pub(super) fn ask_for_screen(state: &mut State, effects: &mut Vec<Effect>) {
    ask_for_shown(state, effects);
    ask_for_knobs(state, effects);
    ask_for_shortlist(state, effects);
    ask_for_related(state, effects);
}

/// Requests assessments for the screen, once each: the shown change, its neighbours, then the listed rows.
fn ask_for_shown(state: &mut State, effects: &mut Vec<Effect>) {
    if state.snapshot.approved.branch.is_empty() {
        return;
    }
    let listed = state.listed();
    let Some(shown) = state.shown() else { return };
    let row = listed.iter().position(|index| *index == shown).unwrap_or(0);
    let around = if state.view == ViewKind::Inbox { state.layout().list.height as usize } else { 1 };
    let mut wanted: Vec<usize> = vec![shown];
    for distance in 1..=around {
        wanted.extend(listed.get(row + distance));
        wanted.extend(row.checked_sub(distance).and_then(|row| listed.get(row)));
    }
    let mut asked = Vec::new();
    for index in wanted {
        let id = state.snapshot.experiments[index].id.clone();
        let known = state.assessments.known.contains_key(&id) || state.assessments.failures.contains_key(&id);
        // The shown change is requested even if many others are pending.
        let room = state.assessments.asked.len() < MOST_ASKED || index == shown;
        if !known && room && state.assessments.asked.insert(id.clone()) {
            asked.push(Effect::Ask(Request::Judge(id)));
        }
    }
    // The newest request is answered first, so the shown change is requested last.
    effects.extend(asked.into_iter().rev());
}

/// Requests the experiments that touch the same lines, again whenever experiments were added.
fn ask_for_related(state: &mut State, effects: &mut Vec<Effect>) {
    // Only while it is read: walking through a list must not wait for it.
    let is_read = state.review.open.is_some() || matches!(state.window.modal, Some(Modal::Evidence(_)));
    let Some(id) = state.shown_id().filter(|_| is_read) else { return };
    let count = state.snapshot.experiments.len();
    let is_fresh = state.assessments.related.get(&id).is_some_and(|related| related.experiments == count);
    // The change itself comes first, then related experiments.
    if !state.assessments.known.contains_key(&id)
        || is_fresh
        || state.assessments.related_asked == Some((id.clone(), count))
    {
        return;
    }
    state.assessments.related_asked = Some((id.clone(), count));
    effects.push(Effect::Ask(Request::Related(id)));
}

/// Requests the shortlist while the inbox is in its order. It stays the same while the person works through it, and is
/// requested again if changes were added or none of it is left.
fn ask_for_shortlist(state: &mut State, effects: &mut Vec<Effect>) {
    if state.view != ViewKind::Inbox || state.inbox.order != InboxOrder::Shortlist {
        return;
    }
    let snapshot = &state.snapshot;
    let waiting: HashSet<_> = snapshot.waiting.iter().map(|index| &snapshot.experiments[*index].id).collect();
    let is_fresh = state.inbox.shortlist.as_ref().is_some_and(|shortlist| {
        let known: HashSet<_> = shortlist.waiting.iter().collect();
        waiting.is_subset(&known) && shortlist.chosen.iter().any(|id| waiting.contains(id))
    });
    let wanted = (snapshot.tip(), snapshot.waiting.len());
    if !is_fresh && state.inbox.shortlist_asked != Some(wanted) {
        state.inbox.shortlist_asked = Some(wanted);
        effects.push(Effect::Ask(Request::Shortlist));
    }
}

/// Requests the knobs while they are shown, again if experiments were added or another segment is shown.
fn ask_for_knobs(state: &mut State, effects: &mut Vec<Effect>) {
    let wanted = (state.snapshot.experiments.len(), state.snapshot.shown);
    let stale = state.knobs.known.as_ref().is_none_or(|knobs| (knobs.experiments, knobs.segment) != wanted);
    if state.view == ViewKind::Knobs && stale && state.knobs.asked != Some(wanted) {
        state.knobs.asked = Some(wanted);
        effects.push(Effect::Ask(Request::Knobs(wanted.1)));
    }
}

/// Requests the curves that are on the screen and not in the cache.
pub(super) fn ask_for_curves(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(subjects) = state.subjects() else { return };
    let stored: Vec<(TrialId, usize)> = subjects
        .runs()
        .filter_map(|(trial, _)| match &trial.recorded {
            Recorded::InStore(outlines) => Some((trial.id, outlines.iter().map(|outline| outline.points).sum())),
            Recorded::InMemory(_) => None,
        })
        .collect();
    let wanted = state.curves.cache.ask(stored).into_iter();
    effects.extend(wanted.map(|id| Effect::Ask(Request::Curves(id))));
}
