//! Navigation among runs, and actions on them: open, compare, rename, filter.

use std::sync::Arc;

use tui_input::Input;

use crate::app::keymap::KeyPress;
use crate::app::notice::{say, say_marked, say_unmarked};
use crate::app::prompt::line::type_key;
use crate::app::show::go;
use crate::app::{Effect, Modal, NoticeKind, RunsAction, Shell, State, ViewKind};
use crate::model::{Command, TrialEnd, TrialId};
use crate::policy::text::Visible;

/// Performs an action of the list of runs.
pub(in crate::app) fn act(state: &mut State, action: RunsAction) {
    match action {
        RunsAction::OpenRun => open_run(state),
        RunsAction::RenameRun => rename(state),
    }
}

/// Moves in the list of runs.
pub(in crate::app) fn step_run(state: &mut State, by: isize) {
    let row = state.run_row().unwrap_or(0);
    state.select_run_row(row.saturating_add_signed(by));
    reset_window(state);
}

/// Resets zoom and cursor: another run may have other steps.
fn reset_window(state: &mut State) {
    state.curves.plot.window = None;
    state.curves.plot.cursor = None;
}

/// Changes the order, and goes to the first row.
pub(in crate::app) fn sort_runs(state: &mut State) {
    state.runs.order = state.runs.order.next();
    state.refresh_runs();
    state.select_run_row(0);
}

/// Shows the curves of the selected run.
fn open_run(state: &mut State) {
    let Some(place) = state.selected_run() else { return };
    let id = state.snapshot.trials[place].id;
    let experiment = state.experiment_of_run(place).map(|experiment| experiment.id.clone());
    go(state, ViewKind::Curves);
    if let Some(experiment) = experiment {
        // Next and previous experiment start from the run's own.
        state.select(experiment);
    }
    state.curves.plot.run = Some(id);
}

/// Goes to a running run; to the next one if there are several.
pub(in crate::app) fn to_running(state: &mut State) {
    let row = state.run_row().map_or(0, |row| row + 1);
    let rows = state.runs.rows();
    let order = rows.iter().skip(row).chain(rows.iter().take(row));
    let listed = order.copied().find(|place| state.snapshot.trials[*place].end == TrialEnd::Running);
    match listed.or(state.snapshot.running) {
        Some(place) => {
            let id = state.snapshot.trials[place].id;
            state.select_run(id);
            reset_window(state);
        }
        None => say(state, NoticeKind::Plain, Command::NO_TRIAL),
    }
}

/// Marks the selected run; if one is marked, compares the two.
pub(in crate::app) fn compare_runs(state: &mut State) {
    let Some(place) = state.selected_run() else { return };
    let id = state.snapshot.trials[place].id;
    let name = state.runs.name(place).to_owned();
    let marked = state.runs.marked.take().filter(|marked| state.runs.index_of(*marked).is_some());
    match marked {
        Some(marked) if marked == id => say_unmarked(state, &name),
        Some(marked) => {
            state.runs.compared = Some((marked, id));
            state.open(Modal::ComparedRuns(0));
        }
        None => {
            state.runs.marked = Some(id);
            say_marked(state, &name);
        }
    }
}

/// Opens the prompt for a name.
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
            let Some(place) = state.runs.index_of(id) else {
                state.window.drawn.change("this run is no longer in the list");
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

/// Opens the prompt for the filter.
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
            state.refresh_runs();
            return None;
        }
        KeyPress::Enter => return None,
        // The list is filtered while typing, and the arrow keys move in it.
        KeyPress::Down | KeyPress::Up => step_run(state, if key == KeyPress::Down { 1 } else { -1 }),
        _ => type_key(&mut input, key),
    }
    input.value().trim().clone_into(&mut state.runs.filter);
    state.refresh_runs();
    Some(Modal::RunFilter(input))
}
