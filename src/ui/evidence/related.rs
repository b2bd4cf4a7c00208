//! More evidence, where there is room for it: what it stands on, what it cost against its base, what else was
//! tried in the same place.

use crate::app::State;
use crate::instrument::{Cost, CostUnit, costs};
use crate::model::{Claim, CommitState, Decision, DecisionKind, Experiment, ExperimentId, counted};
use crate::policy::text::Visible;
use crate::ui::Theme;
use crate::ui::numbers::{self, name_of};
use crate::ui::prompt::StyledRow;

/// Experiments that are told one by one.
const MOST_TOLD: usize = 6;

/// What the person wrote of it that does not hold any more.
pub(in crate::ui) fn lost(state: &State, experiment: &Experiment, theme: &Theme) -> Option<StyledRow> {
    let edits = state.edits_lost(&experiment.id);
    let hunks = state.verdicts_lost(&experiment.id);
    let mut told = Vec::new();
    if !edits.is_empty() {
        let paths: Vec<String> = edits.iter().take(MOST_TOLD).map(|path| Visible::line(path).fit(48)).collect();
        told.push(format!("edited on another tip and not taken here: {} (E edits anew)", paths.join(", ")));
    }
    if hunks > 0 {
        told.push(format!("{} you left out changed since, and would be taken", counted(hunks, "hunk")));
    }
    (!told.is_empty()).then(|| vec![(format!(" {}", told.join("; ")), theme.warning)])
}

/// What became of a change that another builds on; `None` once it is approved, which the judgement of the
/// other may not know yet.
pub(in crate::ui) fn not_approved(state: &State, id: &ExperimentId) -> Option<&'static str> {
    match state.snapshot.settled(id) {
        None => Some("open"),
        Some(decision) if decision.kind == DecisionKind::Approved => None,
        Some(decision) => Some(decision.kind.word()),
    }
}

/// What it builds on that is not on the approved branch.
pub(in crate::ui) fn below(state: &State, experiment: &Experiment, theme: &Theme) -> Option<StyledRow> {
    let depends_on = &state.assessments.known.get(&experiment.id)?.depends_on;
    let fates: Vec<_> = depends_on.iter().filter_map(|id| Some((id, not_approved(state, id)?))).collect();
    if fates.is_empty() {
        return None;
    }
    let names: Vec<String> =
        fates.iter().take(MOST_TOLD).map(|(id, fate)| format!("{} ({fate})", name_of(state, id))).collect();
    let more = fates.len().saturating_sub(MOST_TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(vec![(" builds on  ".to_owned(), theme.muted), (format!("{}{more}", names.join(", ")), theme.warning)])
}

/// Costs and what was tried beside it.
pub(in crate::ui) fn rows(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let mut rows: Vec<StyledRow> = at_same_step(state, theme).into_iter().collect();
    rows.extend(cost_rows(state, experiment, theme));
    rows.extend(related(state, experiment, theme));
    rows
}

/// Where the trial's curve and its base's were at the last step that both have.
fn at_same_step(state: &State, theme: &Theme) -> Option<StyledRow> {
    let subjects = state.subjects()?;
    let base = subjects.base.as_ref()?;
    let (metric, series) = state.main_series(&subjects)?;
    let other = base.curves?.series.get(metric)?;
    let step = series.last()?.step.min(other.last()?.step);
    let (own, its) = (series.last_until(step)?.value, other.last_until(step)?.value);
    let text = format!("{} at step {}", numbers::value(own), numbers::amount(step));
    let against = format!(", {} {} had {} there", subjects.base_word, base.name, numbers::value(its));
    Some(vec![
        (format!(" {}  ", Visible::name(metric).fit(24)), theme.muted),
        (text, theme.text),
        (against, theme.label),
    ])
}

/// Memory, time and what else was measured, against the base.
fn cost_rows(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let found = costs(&state.snapshot, experiment, state.policy.budget.usd_per_gpu_hour, state.policy.budget.gpus);
    let told = |cost: &Cost| {
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
                "as its base".to_owned()
            } else {
                format!("{sign}{} against its base", show(differs.abs()))
            }
        });
        let against = against.map_or_else(String::new, |against| format!(" ({against})"));
        vec![(format!(" {name}  "), theme.muted), (value, theme.text), (against, theme.label)]
    };
    found.iter().map(told).collect()
}

/// Other experiments in the same place, and how they fared.
fn related(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let Some(found) = state.assessments.related.get(&experiment.id) else { return Vec::new() };
    let mut rows = Vec::new();
    for (label, ids) in [(" the very same change  ", &found.same_change), (" same lines  ", &found.same_lines)] {
        for (at, id) in ids.iter().take(MOST_TOLD).enumerate() {
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
    let more = found.count.saturating_sub(MOST_TOLD);
    if more > 0 {
        rows.push(vec![(
            format!("   and {} that touch the same lines", counted(more, "more experiment")),
            theme.muted,
        )]);
    }
    if found.unread > 0 {
        let text = format!("   {} could not be looked at", counted(found.unread, "more experiment"));
        rows.push(vec![(text, theme.muted)]);
    }
    rows
}

/// How an experiment fared: what the agent said, what was gained, what a person decided.
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

/// What the agent wrote when it committed, where that says more than the row.
pub(in crate::ui) fn message(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let Some(judged) = state.assessments.known.get(&experiment.id) else { return Vec::new() };
    let lines = judged.message.raw_lines().filter(|line| !line.is_blank() && *line != experiment.row.description);
    let row = |(at, line)| {
        let label = if at == 0 { " committed as  " } else { "   " };
        vec![(label.to_owned(), theme.muted), (Visible::line(&line).to_string(), theme.text)]
    };
    lines.enumerate().map(row).collect()
}

/// What else the agent wrote of it in its log.
pub(in crate::ui) fn text(experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let row = |(at, line)| {
        let label = if at == 0 { " text  " } else { "   " };
        vec![(label.to_owned(), theme.muted), (Visible::line(&line).to_string(), theme.text)]
    };
    experiment.row.more.raw_lines().filter(|line| !line.is_blank()).enumerate().map(row).collect()
}

/// Further results of its commit.
pub(in crate::ui) fn also_measured(state: &State, experiment: &Experiment, theme: &Theme) -> Vec<StyledRow> {
    let Some(index) = state.snapshot.index_of(&experiment.id) else { return Vec::new() };
    let others = state.snapshot.also_measured(index).map(|other| &state.snapshot.experiments[other]);
    let row = |other: &std::sync::Arc<Experiment>| {
        let text = format!("line {}: {}, {}", other.row.line, numbers::outcome(other), fate(state, other));
        vec![(" also measured  ".to_owned(), theme.muted), (text, theme.text)]
    };
    let mut rows: Vec<StyledRow> = others.map(row).collect();
    if state.snapshot.has_other_edits(index) {
        let doubt = " its rows speak of different edits: which ran on exactly this commit is not known";
        rows.push(vec![(doubt.to_owned(), theme.warning)]);
    }
    rows
}
