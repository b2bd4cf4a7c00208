//! Keys while a window is open: help, warnings, palette, search, and the prompts that end in a decision.

use tui_input::Input;

use super::among_runs::{key_in_rename, key_in_run_filter};
use super::answering::{key_in_answer, key_in_comment};
use super::deciding::leave_revert;
use super::diverged::key_in_diverged;
use super::going::{go_to, show};
use super::keymap::KeyPress;
use super::line::type_key;
use super::notice::say;
use super::policy_line::{self, key_in_policy};
use super::queue::{close_summary, leave_decided};
use super::reading::{count_found, find_in_diff, to_row, to_top};
use super::saving::key_in_save;
use super::search::{count, find};
use super::segment;
use super::steering::key_in_steer;
use super::update::act;
use super::{Confirm, Effect, Filter, Modal, NoticeKind, Offer, Palette, PolicyLine, Shell, State};
use crate::model::{Answer, Approval, Command};
use crate::model::{DecisionKind, ExperimentId, Gate};

pub(super) fn key_in_modal(state: &mut State, key: KeyPress, effects: &mut Vec<Effect>) {
    let Some(modal) = state.window.modal.take() else { return };
    if key == KeyPress::Ctrl('c') {
        effects.push(Effect::Shell(Shell::Quit));
        return;
    }
    if !state.may_take(&modal, key) {
        state.window.modal = Some(modal);
        return;
    }
    state.window.modal = match modal {
        Modal::Help(top) => scrolled(key, top).map(Modal::Help),
        Modal::Warnings(top) => scrolled(key, top).map(Modal::Warnings),
        Modal::Since(top) => scrolled(key, top).map(Modal::Since),
        Modal::Evidence(top) => scrolled(key, top).map(Modal::Evidence),
        Modal::Files(at) => key_in_files(state, at, key),
        Modal::Palette(palette) => key_in_palette(state, *palette, key, effects),
        Modal::Search(input, before) => key_in_search(state, input, before, key),
        Modal::Seek(input, before) => key_in_seek(state, input, before, key),
        Modal::Filter(input, before) => key_in_filter(state, input, before, key),
        Modal::Save(input) => key_in_save(state, input, key, effects),
        Modal::ComparedRuns(top) => scrolled(key, top).map(Modal::ComparedRuns),
        Modal::RunFilter(input) => key_in_run_filter(state, input, key),
        Modal::Rename(input, id) => key_in_rename(state, input, id, key, effects),
        Modal::Summary(top) => {
            let next = scrolled(key, top).map(Modal::Summary);
            if next.is_none() {
                close_summary(state);
            }
            next
        }
        Modal::Confirm(confirm) => key_in_confirm(state, *confirm, key, effects),
        Modal::Foreign(prompt) => key_in_diverged(state, *prompt, key, effects),
        Modal::Answer(prompt) => key_in_answer(state, *prompt, key, effects),
        Modal::Comment(prompt) => key_in_comment(state, *prompt, key),
        Modal::Steer(prompt) => key_in_steer(state, *prompt, key, effects),
        Modal::Policy(prompt) => key_in_policy(*prompt, key, effects),
        Modal::Waiting(_) if key == KeyPress::Esc => {
            state.decisions.reverting = None;
            None
        }
        Modal::Waiting(waiting) => Some(Modal::Waiting(waiting)),
    };
}

/// The new top row of a text that is scrolled; `None` closes it.
fn scrolled(key: KeyPress, top: usize) -> Option<usize> {
    match key {
        KeyPress::Char('j') | KeyPress::Down => Some(top + 1),
        KeyPress::Char('k') | KeyPress::Up => Some(top.saturating_sub(1)),
        KeyPress::PageDown | KeyPress::Char(' ') | KeyPress::Ctrl('d') => Some(top + 10),
        KeyPress::PageUp | KeyPress::Ctrl('u') => Some(top.saturating_sub(10)),
        KeyPress::Char('g') | KeyPress::Home => Some(0),
        _ => None,
    }
}

fn key_in_files(state: &mut State, at: usize, key: KeyPress) -> Option<Modal> {
    let last = state.review.doc.as_ref().map_or(0, |doc| doc.files().len()).saturating_sub(1);
    match key {
        KeyPress::Enter => {
            go_to_file(state, at);
            None
        }
        KeyPress::Char('G') | KeyPress::End => Some(Modal::Files(last)),
        _ => scrolled(key, at).map(|to| Modal::Files(to.min(last))),
    }
}

fn go_to_file(state: &mut State, at: usize) {
    if let Some(row) = state.review.doc.as_ref().and_then(|doc| doc.row_of_file(at)) {
        to_top(state, row);
    }
}

fn key_in_palette(state: &mut State, mut palette: Palette, key: KeyPress, effects: &mut Vec<Effect>) -> Option<Modal> {
    let last = palette.entries.len().saturating_sub(1);
    match key {
        KeyPress::Esc => {
            state.screen.themes.tried = None;
            return None;
        }
        KeyPress::Enter => {
            state.screen.themes.tried = None;
            if let Some(entry) = palette.entry() {
                take_offer(state, entry.offer.clone(), effects);
            }
            // What was chosen may have opened a window of its own.
            return state.window.modal.take();
        }
        KeyPress::Down | KeyPress::Tab | KeyPress::Ctrl('n') => palette.selected = (palette.selected + 1).min(last),
        KeyPress::Up | KeyPress::Ctrl('p') => palette.selected = palette.selected.saturating_sub(1),
        KeyPress::PageDown => palette.selected = (palette.selected + 10).min(last),
        KeyPress::PageUp => palette.selected = palette.selected.saturating_sub(10),
        _ => {
            type_key(&mut palette.input, key);
            palette.refresh(state);
        }
    }
    // A theme is seen while it is chosen.
    state.screen.themes.tried = palette.entry().and_then(|entry| match &entry.offer {
        Offer::Theme(name) => Some(name.clone()),
        _ => None,
    });
    Some(Modal::Palette(Box::new(palette)))
}

fn take_offer(state: &mut State, offer: Offer, effects: &mut Vec<Effect>) {
    match offer {
        Offer::Action(action) => act(state, action, effects),
        Offer::Segment(at) => segment::show(state, at),
        Offer::Experiment(id) => go_to(state, id),
        Offer::File(at) => go_to_file(state, at),
        Offer::Table(path) => policy_line::open(state, PolicyLine::Table(path)),
        Offer::Theme(name) => {
            state.screen.themes.chosen.clone_from(&name);
            effects.push(Effect::Shell(Shell::KeepTheme(name)));
        }
    }
}

fn key_in_search(state: &mut State, mut input: Input, before: Option<ExperimentId>, key: KeyPress) -> Option<Modal> {
    let back = |state: &mut State| {
        if let Some(id) = before.clone().filter(|id| state.snapshot.index_of(id).is_some()) {
            show(state, id);
        }
    };
    match key {
        KeyPress::Esc => {
            back(state);
            return None;
        }
        KeyPress::Enter => {
            input.value().trim().clone_into(&mut state.experiments.searched);
            let found = count(state, &state.experiments.searched);
            if !state.experiments.searched.is_empty() {
                let kind = if found > 0 { NoticeKind::Good } else { NoticeKind::Bad };
                let words = state.experiments.searched.clone();
                say(state, kind, format!("{found} of {} hold `{words}`; n and N go on", state.listed().len()));
            }
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // It is looked for while it is typed, from where the search began.
    back(state);
    if let Some(id) = find(state, input.value(), true, true) {
        show(state, id);
    }
    Some(Modal::Search(input, before))
}

fn key_in_seek(state: &mut State, mut input: Input, before: usize, key: KeyPress) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            state.review.view.sought.clear();
            to_row(state, before);
            return None;
        }
        KeyPress::Enter => {
            let words = input.value().to_owned();
            let found = count_found(state, &words);
            if !words.is_empty() {
                let kind = if found > 0 { NoticeKind::Good } else { NoticeKind::Bad };
                let more = if found > 0 { "n and N go on, Esc ends it" } else { "o shows the whole file" };
                let rows = if found == 1 { "row holds" } else { "rows hold" };
                say(state, kind, format!("{found} {rows} `{words}`; {more}"));
            }
            state.review.view.sought = if found > 0 { words } else { String::new() };
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // It is looked for while it is typed, from where the search began.
    input.value().clone_into(&mut state.review.view.sought);
    let row = find_in_diff(state, input.value(), before, true, true).unwrap_or(before);
    to_row(state, row);
    Some(Modal::Seek(input, before))
}

fn key_in_filter(state: &mut State, mut input: Input, before: Option<Filter>, key: KeyPress) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            state.curves.plot.filter = before;
            return None;
        }
        KeyPress::Enter => {
            if let Err(why) = Filter::of(input.value()) {
                say(state, NoticeKind::Bad, format!("no regular expression: {why}"));
                state.curves.plot.filter = before;
            }
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // What is no expression yet changes nothing.
    if let Ok(filter) = Filter::of(input.value()) {
        state.curves.plot.filter = filter;
    }
    Some(Modal::Filter(input, before))
}

fn key_in_confirm(state: &mut State, mut confirm: Confirm, key: KeyPress, effects: &mut Vec<Effect>) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        KeyPress::Enter => {}
        _ => {
            type_key(&mut confirm.input, key);
            confirm.complaint = None;
            return Some(Modal::Confirm(Box::new(confirm)));
        }
    }
    if let Some(word) = confirm.to_type.first().copied() {
        if confirm.input.value().trim() == word {
            confirm.typed.push(word.to_owned());
            confirm.to_type.remove(0);
            confirm.input.reset();
            // The next question is another one.
            state.window.drawn.ask_anew();
        } else {
            confirm.complaint = Some(format!("type `{word}`, or Esc"));
        }
        return Some(Modal::Confirm(Box::new(confirm)));
    }
    let candidate = confirm.candidate()?.clone();
    let confirm_is_revert = confirm.is_revert();
    let comments = state.decisions.drafts.comments(&candidate.experiment).to_vec();
    let on_screen_s = state.decisions.drafts.on_screen_s(&candidate.experiment);
    let proposal = confirm.proposal.as_ref().map(|proposal| proposal.asked());
    state.decisions.under_way.insert(candidate.experiment.clone());
    leave_decided(state, &candidate.experiment);
    if confirm_is_revert {
        // It was read, and is on its way.
        leave_revert(state);
    }
    let reason = confirm.input.value().trim().to_owned();
    say(state, NoticeKind::Good, "writing to disk …");
    if confirm.assessment.gate == Gate::Run {
        effects.push(Effect::Decide(Command::Answer(Box::new(Answer {
            experiment: candidate.experiment,
            head: Some(candidate.source),
            proposal,
            kind: DecisionKind::Approved,
            reason,
            comments,
            acknowledged: confirm.typed,
            on_screen_s,
        }))));
        return None;
    }
    effects.push(Effect::Decide(Command::Approve(Box::new(Approval {
        candidate,
        base: confirm.assessment.base,
        text: confirm.assessment.text.clone(),
        reason,
        acknowledged: confirm.typed,
        hunks_unseen: confirm.unseen.len(),
        on_screen_s,
        proposal,
        comments,
    }))));
    None
}

/// A paste goes into the line being typed, without its line ends: they must not press Enter.
pub(super) fn paste(state: &mut State, text: &str) {
    let Some(modal) = state.window.modal.take() else { return };
    let may = state.may_take(&modal, KeyPress::Char(' '));
    state.window.modal = Some(modal);
    if !may {
        return;
    }
    let input = match &mut state.window.modal {
        Some(Modal::Palette(palette)) => &mut palette.input,
        Some(Modal::Search(input, _) | Modal::Seek(input, _) | Modal::Filter(input, _) | Modal::Save(input)) => input,
        Some(Modal::RunFilter(input) | Modal::Rename(input, _)) => input,
        Some(Modal::Confirm(confirm)) => &mut confirm.input,
        Some(Modal::Foreign(prompt)) => &mut prompt.input,
        Some(Modal::Answer(prompt)) => &mut prompt.input,
        Some(Modal::Comment(prompt)) => &mut prompt.input,
        Some(Modal::Steer(prompt)) => &mut prompt.input,
        _ => return,
    };
    for c in text.chars().filter(|c| !crate::policy::text::is_hidden(*c) && *c != '\n') {
        type_key(input, KeyPress::Char(if c == '\t' { ' ' } else { c }));
    }
}
