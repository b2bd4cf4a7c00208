//! Going from run to run, and what can be done with one: open, compare, rename, find.

use std::sync::Arc;

use tui_input::Input;

use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::runs::refresh;
use crate::app::{Action, Effect, Modal, NoticeKind, RunsAction, Shell, State, ViewKind, key_name};
use crate::model::{TrialEnd, TrialId};
use crate::policy::text::Visible;

/// What is said where a loop would be needed.
pub(in crate::app) const NO_LOOP: &str =
    "no loop here: `results.tsv` or `autoresearch.jsonl` would make one; 7 lists the runs";

impl State {
    /// True in the list of runs.
    pub(in crate::app) fn is_run_list(&self) -> bool {
        self.view == ViewKind::Runs && self.review.open.is_none()
    }

    /// True when an action needs a loop and there is none.
    pub(in crate::app) fn lacks_loop_for(&self, action: Action) -> bool {
        let needs = matches!(
            action,
            Action::ShowInbox
                | Action::ShowProgress
                | Action::ShowLineage
                | Action::ShowInstruments
                | Action::ShowKnobs
                | Action::ShowSince
                | Action::SettleBranch
                | Action::TellAgent
                | Action::HoldLoop
                | Action::StopTrial
                | Action::PickLower
                | Action::PickHigher
                | Action::CopyCommit
                | Action::CopyDiff
                | Action::CycleReference
                | Action::ToggleDifference
        );
        let opens_diff = action == Action::OpenReview && self.view != ViewKind::Runs;
        (needs || opens_diff) && !self.snapshot.has_loop()
    }
}

/// What an action of the run list does.
pub(in crate::app) fn act(state: &mut State, action: RunsAction) {
    match action {
        RunsAction::OpenRun => open_run(state),
        RunsAction::RenameRun => rename(state),
    }
}

/// In a folder without a loop there are two views; true when the one that was open is none of them.
pub(in crate::app) fn leave_views_of_a_loop(state: &mut State) {
    if !state.snapshot.has_loop() && !matches!(state.view, ViewKind::Runs | ViewKind::Curves) {
        state.view = ViewKind::Runs;
    }
}

/// Moves in the list of runs.
pub(in crate::app) fn step_run(state: &mut State, by: isize) {
    let row = state.run_row().unwrap_or(0);
    state.select_run_row(row.saturating_add_signed(by));
    forget_part(state);
}

/// Another run may have other steps: all of it is shown.
fn forget_part(state: &mut State) {
    state.curves.plot.window = None;
    state.curves.plot.cursor = None;
}

/// Sorts the list differently, and goes to what comes first then.
pub(in crate::app) fn sort_runs(state: &mut State) {
    state.runs.order = state.runs.order.next();
    refresh(state);
    state.select_run_row(0);
}

/// Shows the curves of the selected run.
fn open_run(state: &mut State) {
    let Some(place) = state.selected_run() else { return };
    let id = state.snapshot.trials[place].id;
    let experiment = state.experiment_of_run(place).map(|experiment| experiment.id.clone());
    crate::app::navigate::go(state, ViewKind::Curves);
    if let Some(experiment) = experiment {
        // The next and the previous experiment are those beside its own.
        state.select(experiment);
    }
    state.curves.plot.run = Some(id);
}

/// To a run that goes on; to the next one where several do.
pub(in crate::app) fn to_running(state: &mut State) {
    let row = state.run_row().map_or(0, |row| row + 1);
    let rows = state.runs.rows();
    let order = rows.iter().skip(row).chain(rows.iter().take(row));
    let listed = order.copied().find(|place| state.snapshot.trials[*place].end == TrialEnd::Running);
    match listed.or(state.snapshot.running) {
        Some(place) => {
            let id = state.snapshot.trials[place].id;
            state.select_run(id);
            forget_part(state);
        }
        None => say(state, NoticeKind::Plain, "nothing runs now"),
    }
}

/// Marks the selected run; with one marked, compares the two.
pub(in crate::app) fn compare_runs(state: &mut State) {
    let Some(place) = state.selected_run() else { return };
    let id = state.snapshot.trials[place].id;
    let name = state.runs.name(place).to_owned();
    let marked = state.runs.marked.take().filter(|marked| state.runs.place_of(*marked).is_some());
    match marked {
        Some(marked) if marked == id => say(state, NoticeKind::Good, format!("{name} is not marked any more")),
        Some(marked) => {
            state.runs.compared = Some((marked, id));
            state.open(Modal::ComparedRuns(0));
        }
        None => {
            state.runs.marked = Some(id);
            let key = state.screen.keymap.key_of(state.context(), Action::Compare).map(key_name).unwrap_or_default();
            say(state, NoticeKind::Good, format!("{name} is marked: go to another and press {key} to compare"));
        }
    }
}

/// Opens the line that asks for a name.
fn rename(state: &mut State) {
    let Some(place) = state.selected_run() else { return };
    let id = state.snapshot.trials[place].id;
    let known = state.runs.names.get(state.runs.key(place)).map(|name| Visible::of(name).to_string());
    state.open(Modal::Rename(Input::new(known.unwrap_or_default()), id));
}

pub(in crate::app) fn key_in_rename(
    state: &mut State,
    mut input: Input,
    id: TrialId,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match key {
        KeyPress::Esc => None,
        KeyPress::Enter => {
            let Some(place) = state.runs.place_of(id) else {
                state.window.drawn.change("this run is not in the list any more");
                return Some(Modal::Rename(input, id));
            };
            let key = state.runs.key(place).to_owned();
            let name = input.value().trim().to_owned();
            let mut names = (*state.runs.names).clone();
            if name.is_empty() {
                names.remove(&key);
            } else {
                names.insert(key, name);
            }
            state.runs.names = Arc::new(names);
            effects.push(Effect::Shell(Shell::KeepRunNames(Arc::clone(&state.runs.names))));
            None
        }
        _ => {
            type_key(&mut input, key);
            Some(Modal::Rename(input, id))
        }
    }
}

/// Opens the line that filters the runs.
pub(in crate::app) fn filter_runs(state: &mut State) {
    if state.view == ViewKind::Curves {
        state.view = ViewKind::Runs;
    }
    let words = state.runs.filter.clone();
    state.open(Modal::RunFilter(Input::new(words)));
}

pub(in crate::app) fn key_in_run_filter(state: &mut State, mut input: Input, key: KeyPress) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            state.runs.filter.clear();
            refresh(state);
            return None;
        }
        KeyPress::Enter => return None,
        // The list is seen while it is filtered, and can be gone through.
        KeyPress::Down | KeyPress::Up => step_run(state, if key == KeyPress::Down { 1 } else { -1 }),
        _ => type_key(&mut input, key),
    }
    input.value().trim().clone_into(&mut state.runs.filter);
    refresh(state);
    Some(Modal::RunFilter(input))
}
