//! The progress plot: every experiment as a dot, by its value of the objective.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{AXIS, Area, State};
use crate::model::{Claim, DecisionKind, Experiment, Goal, Outcome};
use crate::policy::text::Visible;
use crate::ui::canvas::Canvas;
use crate::ui::chart::side_labels;
use crate::ui::{Theme, frame, header, numbers};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height < 5 || area.width <= AXIS + 4 {
        return;
    }
    let snapshot = &state.snapshot;
    let metric = snapshot.objective.as_ref().map(|objective| Visible::name(&objective.metric).to_string());
    let (from, to) = state.shown_span();
    let all = snapshot.in_segment();
    let (first, total) = (from + 1 - all.start, all.len());
    let part = if to - from < total {
        format!(" · {first} to {} of {total}, 0 shows all", to - all.start)
    } else {
        String::new()
    };
    let metric = metric.unwrap_or_else(|| "objective".to_owned());
    frame::title(frame, area, &format!("{metric} by experiment{part}{}", header::which_segment(snapshot)), theme);
    let body = area.below_title();
    let shown = &snapshot.experiments[from..to];
    let bound = snapshot.objective.as_ref().and_then(|objective| objective.bound);
    let Some(range) = range(shown, bound) else {
        frame::line(frame, body, 1, &[(" nothing measured yet".to_owned(), theme.muted)]);
        return;
    };
    let plot = Area { x: body.x + AXIS, width: body.width - AXIS, height: body.height - 2, ..body };
    let mut canvas = Canvas::new(plot.width as usize, plot.height as usize);
    let spread = canvas.columns().saturating_sub(1);
    let count = to - from;
    let x_of = |index: usize| {
        if count > 1 { index.saturating_sub(from).min(count - 1) * spread / (count - 1) } else { spread / 2 }
    };
    running_best(&mut canvas, &bests(state, (from, to)), range, &x_of, theme);
    let mut beyond = 0;
    let mut marks: Vec<(MarkLayer, usize, usize, char, Style)> = Vec::with_capacity(count);
    for (index, experiment) in (from..to).zip(shown) {
        let (layer, glyph, style) = mark(state, experiment, theme);
        let row = match experiment.outcome {
            Outcome::Value(value) => {
                beyond += usize::from(value < range.0 || value > range.1);
                canvas.row_of(value, range)
            }
            // Not measured: at the bottom edge, visible but never the best.
            _ => plot.height as usize * 4 - 1,
        };
        marks.push((layer, x_of(index), row, glyph, style));
    }
    for layer in [MarkLayer::Plain, MarkLayer::Kept, MarkLayer::Decided] {
        for (_, x, row, glyph, style) in marks.iter().filter(|mark| mark.0 == layer) {
            canvas.glyph(*x, *row, *glyph, *style);
        }
    }
    if let Some(bound) = bound.filter(|bound| (range.0..=range.1).contains(bound)) {
        let row = canvas.row_of(bound, range);
        canvas.rule((0..canvas.columns()).map(|x| (x, row)), '╌', theme.bound);
    }
    canvas.draw(frame, plot);
    let from = side_labels(frame, body, plot.height, &[range.1, f64::midpoint(range.0, range.1), range.0], theme);
    cursor(frame, plot, state, x_of, theme);
    legend(frame, Area { y: body.y + body.height - 1, height: 1, ..body }, beyond, bound, from, theme);
}

/// A mark covers those of the layers before its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MarkLayer {
    Plain,
    Kept,
    Decided,
}

/// Returns the mark of an experiment. A decision that neither committed nor refused it (changes were requested, it is
/// stale, it expired) leaves it the mark of its row.
fn mark(state: &State, experiment: &Experiment, theme: &Theme) -> (MarkLayer, char, Style) {
    match state.snapshot.decision(&experiment.id).map(|decision| decision.kind) {
        Some(DecisionKind::Approved | DecisionKind::Partial) => return (MarkLayer::Decided, '◆', theme.kept),
        Some(DecisionKind::Vetoed | DecisionKind::Reverted) => return (MarkLayer::Decided, '⊘', theme.bad),
        Some(DecisionKind::ChangesRequested | DecisionKind::Stale | DecisionKind::Expired) | None => {}
    }
    if experiment.claim == Claim::Keep || experiment.is_baseline {
        return (MarkLayer::Kept, '●', theme.kept);
    }
    match experiment.outcome {
        Outcome::Value(_) => (MarkLayer::Plain, '·', theme.discarded),
        Outcome::Crashed => (MarkLayer::Plain, 'x', theme.bad),
        Outcome::TimedOut => (MarkLayer::Plain, 't', theme.warning),
        Outcome::NotMeasured => (MarkLayer::Plain, '-', theme.discarded),
    }
}

/// Draws the running best as a step line.
fn running_best(
    canvas: &mut Canvas,
    bests: &[(usize, usize, f64)],
    range: (f64, f64),
    x_of: &dyn Fn(usize) -> usize,
    theme: &Theme,
) {
    let mut before: Option<f64> = None;
    for (from, to, best) in bests {
        let (row, x) = (canvas.row_of(*best, range), x_of(*from));
        if let Some(before) = before {
            canvas.vertical(x, canvas.row_of(before, range), row, theme.best);
        }
        (x..=x_of(*to)).for_each(|x| canvas.dot(x, row, theme.best));
        before = Some(*best);
    }
}

/// Returns the best kept values over the shown experiments, each with the first and last index at which it was the best.
/// A best value from before the shown part still counts.
pub(super) fn bests(state: &State, (first, end): (usize, usize)) -> Vec<(usize, usize, f64)> {
    let snapshot = &state.snapshot;
    let Some(goal) = snapshot.objective.as_ref().and_then(|objective| objective.goal) else { return Vec::new() };
    let mut bests: Vec<(usize, usize, f64)> = Vec::new();
    let start = snapshot.in_segment().start;
    for (index, experiment) in snapshot.experiments.iter().enumerate().take(end).skip(start) {
        if let Some(last) = bests.last_mut() {
            last.1 = index;
        }
        let counts = experiment.claim == Claim::Keep || experiment.is_baseline;
        if let Some(value) = experiment.outcome.value().filter(|_| counts)
            && bests.last().is_none_or(|(.., old)| goal.is_better(value, *old))
        {
            bests.push((index, index, value));
        }
    }
    bests.retain(|(_, to, _)| *to >= first);
    for (from, ..) in &mut bests {
        *from = (*from).max(first);
    }
    bests
}

/// Returns the range of the kept experiments with a margin, or of all if none was kept; `None` without a value. Values
/// beyond it are drawn at the edge and counted.
pub(super) fn range(experiments: &[Arc<Experiment>], bound: Option<f64>) -> Option<(f64, f64)> {
    let values = |kept_only: bool| {
        experiments
            .iter()
            .filter(|e| !kept_only || e.claim == Claim::Keep || e.is_baseline)
            .filter_map(|e| e.outcome.value())
            .fold(None, |range: Option<(f64, f64)>, value| {
                Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
            })
    };
    let (low, high) = values(true).or_else(|| values(false))?;
    // A near bound is included: the distance to it is the gain that is still possible.
    let near = |bound: &f64| (low - (high - low)..=high + (high - low)).contains(bound);
    let (low, high) = bound.filter(near).map_or((low, high), |bound| (low.min(bound), high.max(bound)));
    let room = if high > low { (high - low) * 0.15 } else { high.abs().max(1.0) * 0.05 };
    Some((low - room, high + room))
}

/// Draws a mark below the selected experiment, with its name.
fn cursor(frame: &mut Frame<'_>, plot: Area, state: &State, x_of: impl Fn(usize) -> usize, theme: &Theme) {
    let Some(index) = state.selected().filter(|index| state.snapshot.in_segment().contains(index)) else { return };
    let experiment = &state.snapshot.experiments[index];
    let goal = state.snapshot.goal_of(experiment);
    let better = match (goal, experiment.claimed_gain) {
        (Some(goal), Some(gain)) => format!(" {}", numbers::gain(gain, goal)),
        _ => String::new(),
    };
    let arrow = goal.map_or("", Goal::arrow);
    let text = format!("▲ {} {}{better} {arrow}", Visible::line(&experiment.name()), numbers::outcome(experiment));
    let x = (x_of(index) / 2) as u16;
    let width = unicode_width::UnicodeWidthStr::width(text.as_str()) as u16;
    let axis = Area { y: plot.y + plot.height, height: 1, ..plot };
    if x + width <= plot.width {
        frame::line(frame, Area { x: plot.x + x, width: plot.width - x, ..axis }, 0, &[(text, theme.title)]);
    } else {
        // Near the right edge the text is left of the mark.
        let words = text.trim_start_matches("▲ ").trim_end();
        let all = format!("{} ▲", frame::right(words, x.saturating_sub(1) as usize));
        frame::line(frame, axis, 0, &[(all, theme.title)]);
    }
}

fn legend(frame: &mut Frame<'_>, area: Area, beyond: usize, bound: Option<f64>, from: Option<String>, theme: &Theme) {
    let mut pieces = vec![
        (" ◆".to_owned(), theme.kept),
        (" approved ".to_owned(), theme.muted),
        ("●".to_owned(), theme.kept),
        (" kept ".to_owned(), theme.muted),
        ("⊘".to_owned(), theme.bad),
        (" vetoed ".to_owned(), theme.muted),
        ("·".to_owned(), theme.discarded),
        (" discarded ".to_owned(), theme.muted),
        ("x".to_owned(), theme.bad),
        (" crashed ".to_owned(), theme.muted),
        ("⠒".to_owned(), theme.best),
        (" best kept".to_owned(), theme.muted),
    ];
    if let Some(bound) = bound {
        pieces.push((" ╌".to_owned(), theme.bound));
        pieces.push((format!(" bound {}", numbers::value(bound)), theme.muted));
    }
    if beyond > 0 {
        pieces.push((format!("  {beyond} off the scale"), theme.warning));
    }
    pieces.extend(from.map(|from| (format!("  y: {from} + label"), theme.label)));
    frame::line(frame, area, 0, &pieces);
}
