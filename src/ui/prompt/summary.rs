//! The summary of a review session.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{State, summary};
use crate::model::{Candidate, Decision, DecisionKind, ExperimentId, counted};
use crate::ui::numbers::{self, names_of};
use crate::ui::prompt::StyledRow;
use crate::ui::{Theme, frame, help};

/// Maximum number of listed names of one kind.
const MOST_NAMED: usize = 12;

pub(in crate::ui) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme, top: usize) {
    let found = summary(state);
    let width = (frame.area().width.saturating_sub(8)).min(92) as usize;
    let mut rows: Vec<StyledRow> = Vec::new();
    let mut put = |label: &str, text: &str, style: Style| {
        for (at, part) in frame::sentence(text, width.saturating_sub(20)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            rows.push(vec![(frame::cell(label, 20), theme.label), (part, style)]);
        }
    };
    let of = |wanted: &dyn Fn(&Decision) -> bool| -> Vec<ExperimentId> {
        found.decided.iter().filter(|decision| wanted(decision)).map(|decision| decision.experiment.clone()).collect()
    };
    let listed = |ids: &[ExperimentId]| match ids.len() {
        0 => "none".to_owned(),
        count => format!("{count}: {}", names_of(state, ids, MOST_NAMED)),
    };
    put("approved", &listed(&of(&|decision| decision.kind == DecisionKind::Approved)), theme.text);
    let in_part = of(&|decision| decision.kind == DecisionKind::Partial);
    if !in_part.is_empty() {
        put("approved in part", &listed(&in_part), theme.text);
    }
    put("vetoed", &listed(&of(&|decision| decision.kind == DecisionKind::Vetoed)), theme.text);
    let back = of(&|decision| decision.kind == DecisionKind::ChangesRequested);
    if !back.is_empty() {
        put("changes requested", &listed(&back), theme.text);
    }
    let skipped = if found.skipped > 0 { format!(", {} of them skipped", found.skipped) } else { String::new() };
    put("waiting", &format!("{}{skipped}", found.open), theme.text);
    let goal = state.snapshot.objective.as_ref().and_then(|objective| objective.goal);
    let unmeasured = match found.unmeasured {
        0 => String::new(),
        count => format!("; {} not measured as is, so without a gain", counted(count, "approved commit")),
    };
    let gain = match (found.gain, goal) {
        (Some(gain), Some(goal)) => {
            format!("{} {}, self-reported{unmeasured}", numbers::gain(gain, goal), numbers::better(gain))
        }
        _ if !found.decided.iter().any(Decision::is_approval) => "none: nothing approved".to_owned(),
        _ => format!("not measured{unmeasured}"),
    };
    put("gain on the branch", &gain, if found.gain.is_some_and(|gain| gain > 0.0) { theme.good } else { theme.text });
    // Changes are assessed when they are near the selection: a part must not read as the whole.
    let waiting = |ids: &[ExperimentId]| {
        let names = names_of(state, ids, MOST_NAMED);
        match found.checked {
            checked if checked < found.open => format!("{} of the {checked} checked so far: {names}", ids.len()),
            _ => format!("{}: {names}", ids.len()),
        }
    };
    if !found.not_as_measured.is_empty() {
        put(Candidate::NOT_MEASURED, &waiting(&found.not_as_measured), theme.warning);
    }
    if !found.conflicting.is_empty() {
        put("conflict now", &waiting(&found.conflicting), theme.bad);
    }
    if found.decided.iter().any(|decision| decision.on_screen_s.is_some()) {
        let seconds: u32 = found.decided.iter().filter_map(|decision| decision.on_screen_s).sum();
        put("time on screen", &numbers::clock(f64::from(seconds)), theme.muted);
    }
    let title = if found.open == 0 { "nothing left to decide" } else { "this session so far" };
    help::scrolled(frame, title, &rows, top, theme);
}
