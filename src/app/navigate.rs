//! Navigation between views, rows and experiments.

use tui_input::Input;

use crate::app::experiments::search::find;
use crate::app::notice::{NOTHING_SELECTED, say, say_error, say_marked, say_nothing_selected, say_unmarked};
use crate::app::review::{Jump, jump, move_cursor, to_next_found};
use crate::app::runs::navigate::{compare_runs, filter_runs, sort_runs, step_run};
use crate::app::segment;
use crate::app::show::{go, open_review, show};
use crate::app::{Effect, GoAction, Modal, NoticeKind, Review, State, ViewKind};
use crate::model::ExperimentId;
use crate::policy::text::Visible;
use crate::query::Request;

pub(super) fn act(state: &mut State, action: GoAction, effects: &mut Vec<Effect>) {
    match action {
        GoAction::ShowInbox => go(state, ViewKind::Inbox),
        GoAction::ShowCurves => go(state, ViewKind::Curves),
        GoAction::ShowProgress => go(state, ViewKind::Progress),
        GoAction::ShowLineage => go(state, ViewKind::Lineage),
        GoAction::ShowInstruments => go(state, ViewKind::Instruments),
        GoAction::ShowKnobs => go(state, ViewKind::Knobs),
        GoAction::ShowRuns => go(state, ViewKind::Runs),
        GoAction::MoveDown => step(state, 1),
        GoAction::MoveUp => step(state, -1),
        GoAction::PageDown => step(state, page(state)),
        GoAction::PageUp => step(state, -page(state)),
        GoAction::GoFirst => step(state, isize::MIN),
        GoAction::GoLast => step(state, isize::MAX),
        GoAction::OpenReview => open_review(state),
        GoAction::NextExperiment => walk(state, 1),
        GoAction::PreviousExperiment => walk(state, -1),
        GoAction::NextSegment => segment::step(state, true),
        GoAction::PreviousSegment => segment::step(state, false),
        GoAction::GoToParent => say_error(state, to_parent),
        GoAction::NextSibling => say_error(state, |state| sibling(state, 1)),
        GoAction::PreviousSibling => say_error(state, |state| sibling(state, -1)),
        GoAction::Search if state.rows_are_runs() => filter_runs(state),
        GoAction::Search if state.review.open.is_some() => {
            state.open(Modal::Seek(Input::default(), state.review.view.cursor));
        }
        GoAction::Search => search(state),
        GoAction::NextMatch => say_error(state, |state| next_match(state, true)),
        GoAction::PreviousMatch => say_error(state, |state| next_match(state, false)),
        GoAction::Compare => compare(state, effects),
        GoAction::CycleOrder if state.is_run_list() => sort_runs(state),
        GoAction::CycleOrder => state.inbox.order = state.inbox.order.next(),
    }
}

/// Moves in the list, or in the diff if the review is open.
pub(in crate::app) fn step(state: &mut State, by: isize) {
    if state.review.open.is_some() {
        return move_cursor(state, by);
    }
    if state.rows_are_runs() {
        return step_run(state, by);
    }
    if matches!(state.view, ViewKind::Instruments | ViewKind::Knobs) {
        state.knobs.row = state.knobs.row.saturating_add_signed(by).min(state.row_count().saturating_sub(1));
        return;
    }
    let row = state.selected_row().unwrap_or(0);
    state.select_row(row.saturating_add_signed(by));
}

/// Goes to the neighbouring experiment of the open list, also in the review.
pub(in crate::app) fn walk(state: &mut State, by: isize) {
    if state.rows_are_runs() {
        return step_run(state, by);
    }
    let listed = state.listed();
    let shown = state.shown();
    let row = shown.and_then(|shown| listed.iter().position(|index| *index == shown));
    let Some(index) = listed.get(row.map_or(0, |row| row.saturating_add_signed(by))).or(listed.last()) else { return };
    let id = state.snapshot.experiments[*index].id.clone();
    show(state, id);
}

/// Goes to an experiment from the palette or a search: in the open list if it contains it, else in the lineage, which
/// lists all.
pub(in crate::app) fn go_to(state: &mut State, id: ExperimentId) {
    let Some(index) = state.snapshot.index_of(&id) else { return };
    let session = state.snapshot.experiments[index].session;
    if session != state.snapshot.shown {
        segment::show(state, session);
    }
    if state.review.open.is_none() && !state.listed().contains(&index) {
        go(state, ViewKind::Lineage);
    }
    show(state, id);
}

pub(in crate::app) fn to_match(state: &mut State, forward: bool) -> Result<(), String> {
    if state.experiments.searched.is_empty() {
        return Err("no search yet; / starts one".to_owned());
    }
    let found = find(state, &state.experiments.searched, forward, false);
    let id = found.ok_or_else(|| format!("no match for `{}` in this list", state.experiments.searched))?;
    show(state, id);
    Ok(())
}

/// Goes to the experiment that the selected one was built on.
pub(in crate::app) fn to_parent(state: &mut State) -> Result<(), String> {
    let index = state.shown().ok_or(NOTHING_SELECTED)?;
    let change = state.snapshot.experiments[index].change.as_ref();
    let base = change.ok_or("its change is unknown, and so is its parent")?.base;
    let parent = state
        .snapshot
        .by_head(base)
        .ok_or_else(|| format!("it was built on {}, which is not in the results", base.short()))?;
    let id = parent.id.clone();
    show(state, id);
    Ok(())
}

/// Goes to a neighbour among the experiments with the same parent.
pub(in crate::app) fn sibling(state: &mut State, by: isize) -> Result<(), String> {
    let shown = state.shown().ok_or(NOTHING_SELECTED)?;
    let base_of = |index: usize| state.snapshot.experiments[index].change.as_ref().map(|change| change.base);
    let base = base_of(shown).ok_or("its change is unknown, and so are its siblings")?;
    let siblings: Vec<usize> = state.listed().into_iter().filter(|index| base_of(*index) == Some(base)).collect();
    let at = siblings.iter().position(|index| *index == shown).unwrap_or(0);
    let next = at.checked_add_signed(by).and_then(|at| siblings.get(at));
    let index = *next.ok_or_else(|| format!("no further sibling ({} built on {})", siblings.len(), base.short()))?;
    let id = state.snapshot.experiments[index].id.clone();
    show(state, id);
    Ok(())
}

/// Marks the shown experiment; if one is marked, compares the two.
pub(in crate::app) fn compare(state: &mut State, effects: &mut Vec<Effect>) {
    if state.rows_are_runs() {
        return compare_runs(state);
    }
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    let experiment = &state.snapshot.experiments[index];
    let id = experiment.id.clone();
    let name = Visible::line(&experiment.name());
    if experiment.head().is_none() {
        return say(state, NoticeKind::Bad, format!("{name} has no commit to compare"));
    }
    match state.experiments.marked.take() {
        Some(marked) if marked == id => say_unmarked(state, &name),
        Some(marked) => {
            effects.push(Effect::Ask(Request::Compare(marked.clone(), id.clone())));
            state.review.open = Some(Review { experiment: id, against: Some(marked) });
            state.review.scroll = 0;
        }
        None => {
            state.experiments.marked = Some(id);
            say_marked(state, &name);
        }
    }
}

fn page(state: &State) -> isize {
    let shape = state.layout();
    let area = if state.review.open.is_some() { shape.diff } else { shape.list };
    let each = if state.review.open.is_some() { 1 } else { shape.row_height.max(1) };
    (area.below_title().height / each).saturating_sub(1).max(1) as isize
}

/// Goes to the next match: in the diff, among hunks if nothing was searched in the diff, or among experiments.
fn next_match(state: &mut State, forward: bool) -> Result<(), String> {
    if state.review.open.is_none() {
        return to_match(state, forward);
    }
    if state.review.view.search.is_empty() {
        jump(state, if forward { Jump::NextHunk } else { Jump::PreviousHunk });
        return Ok(());
    }
    to_next_found(state, forward)
}

fn search(state: &mut State) {
    let before = state.selected().map(|index| state.snapshot.experiments[index].id.clone());
    state.open(Modal::Search(Input::default(), before));
}
