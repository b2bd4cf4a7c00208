//! The lineage, newest first, with rejected siblings, reviewers and reasons.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, State, count_matches};
use crate::model::{Claim, CommitState, DecisionKind, Experiment, LineageRow, NoChange, Outcome, counted};
use crate::policy::text::Visible;
use crate::ui::{Theme, frame, numbers};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let snapshot = &state.snapshot;
    let steps = &snapshot.lineage;
    let approved = snapshot.approved.commits.len();
    let adopted = snapshot.approved.commits.iter().filter(|commit| commit.is_adopted).count();
    let adopted = if adopted > 0 { format!(", {adopted} adopted,") } else { String::new() };
    frame::title(
        frame,
        area,
        &format!(
            "lineage · {}{adopted} on {}{}",
            counted(approved, "commit"),
            Visible::of(&snapshot.approved.branch),
            searched(state)
        ),
        theme,
    );
    let body = area.below_title();
    if steps.is_empty() {
        frame::line(
            frame,
            body,
            1,
            &[(" No experiments yet; they appear here as the loop writes them.".to_owned(), theme.muted)],
        );
        return;
    }
    let selected = state.selected_row();
    let height = body.height as usize;
    let top = state.list_top(height);
    let values = snapshot.experiments.iter().filter_map(|experiment| experiment.outcome.value());
    let largest = values.map(f64::abs).fold(0.0, f64::max);
    let width = body.width as usize;
    for (row, step) in steps.iter().skip(top).take(height).enumerate() {
        let is_selected = selected == Some(top + row);
        frame::list_row(frame, body, row as u16, &pieces(state, *step, (width, largest), theme), is_selected, theme);
    }
}

/// Returns the search and its number of matches, for the title; empty without a search.
fn searched(state: &State) -> String {
    if state.experiments.searched.is_empty() {
        return String::new();
    }
    format!(
        " · {} match `{}`",
        count_matches(state, &state.experiments.searched),
        Visible::of(&state.experiments.searched)
    )
}

fn pieces(state: &State, step: LineageRow, (width, largest): (usize, f64), theme: &Theme) -> Vec<(String, Style)> {
    let snapshot = &state.snapshot;
    let experiment = &snapshot.experiments[step.index];
    let decision = snapshot.decision(&experiment.id);
    let (glyph, word, style) = fate(state, step.index, experiment, theme);
    let tree = match (state.experiments.marked.as_ref() == Some(&experiment.id), step.is_sibling) {
        (true, true) => "│ ◈ ",
        (true, false) => "◈ ",
        (false, true) => "│ ╰ ",
        (false, false) => "├ ",
    };
    let name = Visible::line(&experiment.name());
    let goal = snapshot.goal_of(experiment);
    let gain = match (decision.and_then(|decision| snapshot.gain_on_branch(decision)), goal) {
        (Some(gain), Some(goal)) => numbers::gain(gain, goal),
        _ => String::new(),
    };
    let value = experiment.outcome.value().map(|value| numbers::in_column(value, largest));
    let indent = if step.is_sibling { 8 } else { 10 };
    let mut pieces = vec![
        (format!(" {tree}"), theme.muted),
        (format!("{glyph} "), style),
        (format!("{} ", frame::cell(name.as_str(), indent)), if step.is_sibling { theme.muted } else { theme.title }),
        (format!("{} ", frame::right(&value.unwrap_or_default(), 10)), theme.text),
        (format!("{} ", frame::right(&gain, 10)), theme.good),
        (frame::cell(word, 10), style),
    ];
    if width >= 100 {
        let who = decision
            .map(|decision| decision.reviewer.split(" <").next().unwrap_or_default().to_owned())
            .unwrap_or_default();
        pieces.push((format!("{} ", frame::cell(Visible::of(&who).as_str(), 14)), theme.label));
        let when = decision.map(|decision| decision.at_ms).or(experiment.at_ms);
        pieces.push((format!("{} ", frame::right(&numbers::age(state, when), 4)), theme.muted));
    }
    let why = decision.map(|decision| decision.reason.as_str()).filter(|reason| !reason.is_empty());
    let text = match why {
        Some(why) => format!("{} — {}", Visible::line(&experiment.row.description), Visible::of(why)),
        None => Visible::line(&experiment.row.description).to_string(),
    };
    let is_aside = step.is_sibling || !snapshot.in_segment().contains(&step.index);
    pieces.push((text, if is_aside { theme.muted } else { theme.text }));
    pieces
}

/// Returns the state of an experiment: a glyph, a word, and their style.
fn fate(state: &State, index: usize, experiment: &Experiment, theme: &Theme) -> (&'static str, &'static str, Style) {
    let decision = state.snapshot.decision(&experiment.id);
    match decision.map(|decision| decision.kind) {
        Some(DecisionKind::Approved) => return ("✓", "approved", theme.kept),
        Some(DecisionKind::Partial) => return ("◐", "partial", theme.kept),
        Some(DecisionKind::Vetoed) => return ("⊘", "vetoed", theme.bad),
        Some(DecisionKind::Reverted) => return ("↩", "reverted", theme.bad),
        // If the change came back in another round, that round shows the answer.
        _ if state.snapshot.waiting.contains(&index) => {}
        Some(DecisionKind::Stale) => return ("≈", "stale", theme.muted),
        Some(DecisionKind::Expired) => return ("≈", "expired", theme.muted),
        Some(DecisionKind::ChangesRequested) => return ("↻", "changes", theme.warning),
        None => {}
    }
    // The baseline of a later segment may have a change of its own.
    if state.snapshot.waiting.contains(&index) {
        ("?", "waiting", theme.warning)
    } else if experiment.is_baseline {
        ("◉", "baseline", theme.label)
    } else if experiment
        .proposals
        .last()
        .is_some_and(|proposal| !experiment.has_row() && state.snapshot.is_superseded(&proposal.id))
    {
        ("≈", "superseded", theme.muted)
    } else if !experiment.has_row() && state.snapshot.may_run(&experiment.id) {
        ("▷", "may run", theme.label)
    } else if experiment.claim == Claim::Keep && experiment.no_change == Some(NoChange::Unread) {
        ("?", "unread", theme.warning)
    } else if experiment.claim == Claim::Keep && experiment.commit == CommitState::Gone {
        ("◌", "gone", theme.muted)
    } else if experiment.claim == Claim::Keep {
        if experiment.on_trunk { ("●", "on trunk", theme.muted) } else { ("●", "no change", theme.muted) }
    } else if experiment.outcome == Outcome::Crashed {
        ("x", "crashed", theme.bad)
    } else if experiment.claim == Claim::Discard {
        ("·", "discarded", theme.discarded)
    } else {
        ("-", "other", theme.discarded)
    }
}
