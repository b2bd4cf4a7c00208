//! Further evidence, if it fits: the changes it builds on, its cost compared with its base, and other experiments in the
//! same place.

use crate::app::State;
use crate::instrument::{Cost, CostUnit, costs};
use crate::model::{Claim, CommitState, Decision, DecisionKind, Experiment, ExperimentId, counted};
use crate::policy::text::Visible;
use crate::ui::Theme;
use crate::ui::numbers::{self, name_of};
use crate::ui::prompt::StyledRow;

/// Maximum number of experiments that are listed by name.
const MOST_LISTED: usize = 6;

/// Returns the person's edits and exclusions that no longer apply.
pub(in crate::ui) fn lost(state: &State, experiment: &Experiment, theme: &Theme) -> Option<StyledRow> {
    let edits = state.stale_edits(&experiment.id);
    let hunks = state.lost_exclusions(&experiment.id);
    let mut losses = Vec::new();
    if !edits.is_empty() {
        let paths: Vec<String> = edits.iter().take(MOST_LISTED).map(|path| Visible::line(path).fit(48)).collect();
        losses.push(format!("edited on another tip, not applied here: {} (E to redo)", paths.join(", ")));
    }
    if hunks > 0 {
        losses.push(format!("{} you excluded changed since and would be included", counted(hunks, "hunk")));
    }
    (!losses.is_empty()).then(|| vec![(format!(" {}", losses.join("; ")), theme.warning)])
}

/// The state of a change without a decision.
pub(in crate::ui) const WAITING: &str = "waiting";

/// Returns the state of a change that another needs; `None` once it is approved, which the other's assessment may
/// not reflect yet.
pub(in crate::ui) fn not_approved(state: &State, id: &ExperimentId) -> Option<&'static str> {
    match state.snapshot.settled(id) {
        None => Some(WAITING),
        Some(decision) if decision.kind == DecisionKind::Approved => None,
        Some(decision) => Some(decision.kind.word()),
    }
}

/// Returns the unapproved changes that it needs; `None` without any.
pub(in crate::ui) fn below(state: &State, experiment: &Experiment, theme: &Theme) -> Option<StyledRow> {
    let depends_on = &state.assessments.known.get(&experiment.id)?.depends_on;
    let fates: Vec<_> = depends_on.iter().filter_map(|id| Some((id, not_approved(state, id)?))).collect();
    if fates.is_empty() {
        return None;
    }
    let names: Vec<String> =
        fates.iter().take(MOST_LISTED).map(|(id, fate)| format!("{} ({fate})", name_of(state, id))).collect();
    let more = fates.len().saturating_sub(MOST_LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(vec![(" needs  ".to_owned(), theme.muted), (format!("{}{more}", names.join(", ")), theme.warning)])
}

/// Returns its costs and related experiments.
pub(in crate::ui) fn rows(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let mut rows: Vec<StyledRow> = at_same_step(state, theme).into_iter().collect();
    rows.extend(cost_rows(state, experiment, theme));
    rows.extend(related(state, experiment, theme));
    rows
}

/// Compares the trial's curve with its base's at their last common step.
fn at_same_step(state: &State, theme: &Theme) -> Option<StyledRow> {
    let subjects = state.subjects()?;
    let base = subjects.base.as_ref()?;
    let (metric, series) = state.main_series(&subjects)?;
    let other = base.curves?.series.get(metric)?;
    let step = series.last()?.step.min(other.last()?.step);
    let (own, its) = (series.last_until(step)?.value, other.last_until(step)?.value);
    let against = format!(", {} {}: {}", subjects.base_word, base.name, numbers::value(its));
    Some(vec![
        (format!(" {} at step {}: ", Visible::name(metric).fit(24), numbers::amount(step)), theme.muted),
        (numbers::value(own), theme.text),
        (against, theme.label),
    ])
}

/// Returns memory, time and other measurements, compared with the base.
fn cost_rows(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let found = costs(&state.snapshot, experiment, state.policy.budget.usd_per_gpu_hour, state.policy.budget.gpus);
    let row = |cost: &Cost| {
        let name = Visible::name(&cost.name).fit(24);
        let show = |value: f64| match cost.unit {
            CostUnit::AsNamed => numbers::plain(value),
            CostUnit::Seconds => numbers::clock(value),
            CostUnit::Steps => numbers::amount(value),
            CostUnit::Dollars => format!("{value:.2} $"),
        };
        let value = show(cost.value);
        let against = cost.base.map(|base| {
            let differs = cost.value - base;
            let sign = if differs < 0.0 { "−" } else { "+" };
            if differs == 0.0 {
                "same as its base".to_owned()
            } else {
                format!("{sign}{} vs. base", show(differs.abs()))
            }
        });
        let against = against.map_or_else(String::new, |against| format!(" ({against})"));
        vec![(format!(" {name}  "), theme.muted), (value, theme.text), (against, theme.label)]
    };
    found.iter().map(row).collect()
}

/// Returns other experiments in the same place, with their outcomes.
fn related(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let Some(found) = state.assessments.related.get(&experiment.id) else { return Vec::new() };
    let mut rows = Vec::new();
    for (label, ids) in [(" identical change  ", &found.same_change), (" same lines  ", &found.same_lines)] {
        for (at, id) in ids.iter().take(MOST_LISTED).enumerate() {
            let label = if at == 0 { label } else { "   " };
            let Some(index) = state.snapshot.index_of(id) else { continue };
            let other = &state.snapshot.experiments[index];
            rows.push(vec![
                (label.to_owned(), theme.muted),
                (name_of(state, id), theme.label),
                (format!("  {}", fate(state, other)), theme.text),
                (format!("  {}", Visible::line(&other.row.description)), theme.muted),
            ]);
        }
    }
    let more = found.count.saturating_sub(MOST_LISTED);
    if more > 0 {
        rows.push(vec![(
            format!("   and {} that touch the same lines", counted(more, "more experiment")),
            theme.muted,
        )]);
    }
    if found.unread > 0 {
        let text = format!("   and {} that could not be read", counted(found.unread, "more experiment"));
        rows.push(vec![(text, theme.muted)]);
    }
    rows
}

/// Returns the outcome of an experiment: the agent's claim, the gain, and the person's decision.
fn fate(state: &State, other: &Experiment) -> String {
    let snapshot = &state.snapshot;
    let claim = match other.claim {
        Claim::Keep => "kept".to_owned(),
        Claim::Discard => "discarded".to_owned(),
        Claim::Crash => "crashed".to_owned(),
        Claim::Other if other.commit == CommitState::None => "no row".to_owned(),
        Claim::Other => Visible::line(&other.row.word).fit(12),
    };
    let goal = snapshot.goal_of(other);
    let gain = other.claimed_gain.zip(goal).map(|(gain, goal)| format!(" {}", numbers::gain(gain, goal)));
    let decided = |decision: &Decision| {
        let reason =
            if decision.reason.is_empty() { String::new() } else { format!(": {}", Visible::of(&decision.reason)) };
        format!(", {}{reason}", decision.kind.word())
    };
    let decision = snapshot.settled(&other.id).map(decided).unwrap_or_default();
    format!("{claim}{}{decision}", gain.unwrap_or_default())
}

/// Returns the lines of the commit message that are not in the row.
pub(in crate::ui) fn message(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let Some(judged) = state.assessments.known.get(&experiment.id) else { return Vec::new() };
    let lines = judged.message.raw_lines().filter(|line| !line.is_blank() && *line != experiment.row.description);
    let row = |(at, line)| {
        let label = if at == 0 { " committed as  " } else { "   " };
        vec![(label.to_owned(), theme.muted), (Visible::line(&line).to_string(), theme.text)]
    };
    lines.enumerate().map(row).collect()
}

/// Returns further text about it in the agent's log.
pub(in crate::ui) fn text(experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let row = |(at, line)| {
        let label = if at == 0 { " text  " } else { "   " };
        vec![(label.to_owned(), theme.muted), (Visible::line(&line).to_string(), theme.text)]
    };
    experiment.row.more.raw_lines().filter(|line| !line.is_blank()).enumerate().map(row).collect()
}

/// Returns further results of the same commit.
pub(in crate::ui) fn also_measured(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let Some(index) = state.snapshot.index_of(&experiment.id) else { return Vec::new() };
    let others = state.snapshot.also_measured(index).map(|other| &state.snapshot.experiments[other]);
    let row = |other: &std::sync::Arc<Experiment>| {
        let text = format!("line {}: {}, {}", other.row.line, numbers::outcome(other), fate(state, other));
        vec![(" also measured  ".to_owned(), theme.muted), (text, theme.text)]
    };
    let mut rows: Vec<StyledRow> = others.map(row).collect();
    if state.snapshot.has_other_edits(index) {
        let note = format!(" {}", Experiment::OTHER_EDITS);
        rows.push(vec![(note, theme.warning)]);
    }
    rows
}
