//! The knobs: every value that was tried for a constant, with its effect on the metric.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, State, top_row};
use crate::model::counted;
use crate::policy::text::Visible;
use crate::query::{Knob, Knobs};
use crate::ui::{Theme, frame, header, numbers};

/// Cells of the bar that shows a value's effect.
const BAR: usize = 24;

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let Some(knobs) = state.shown_knobs() else {
        frame::title(frame, area, "knobs", theme);
        frame::line(frame, area.below_title(), 0, &[(" reading every change …".to_owned(), theme.muted)]);
        return;
    };
    frame::title(frame, area, &title(state, knobs), theme);
    let body = area.below_title();
    let rows = state.knob_rows();
    if rows.is_empty() {
        let text = "No `NAME = value` changes found yet. Discards count too, as long as their commits are in a reflog or pinned.";
        for (row, part) in frame::sentence(text, (body.width as usize).saturating_sub(2)).iter().enumerate() {
            frame::line(frame, body, row as u16 + 1, &[(format!(" {part}"), theme.muted)]);
        }
        return;
    }
    let headings = [("value", 14), ("tries", 5), ("best", 11), ("effect", 11)];
    let [value, tries, best, effect] = headings.map(|(word, cells)| frame::right(word, cells));
    frame::line(frame, body, 0, &[(format!("     {value} {tries}  {best}{effect}"), theme.muted)]);
    // The last line explains the marks.
    let list = Area { height: body.height.saturating_sub(2), y: body.y + 1, ..body };
    let top = top_row(state.knobs.row, rows.len(), list.height as usize);
    // The values of one knob are neighbours: its scale is computed once.
    let mut scale: Option<(usize, KnobScale)> = None;
    for (at, (index, value)) in rows.iter().enumerate().skip(top).take(list.height as usize) {
        let knob = &knobs.knobs[*index];
        let scale = match scale {
            Some((of, known)) if of == *index => known,
            _ => scale.insert((*index, KnobScale::of(knob))).1,
        };
        let selected = at == state.knobs.row;
        let pieces = match value {
            None => head(knob, selected, theme),
            Some(value) => of_value(state, (knob, scale), *value, selected, body.width as usize, theme),
        };
        frame::list_row(frame, list, (at - top) as u16, &pieces, selected, theme);
    }
    let marks = " ● kept last  ★ best by effect  ~ with other edits";
    frame::line(frame, body, body.height - 1, &[(marks.to_owned(), theme.muted)]);
}

fn title(state: &State, knobs: &Knobs) -> String {
    let mut text = format!("{} changed", counted(knobs.knobs.len(), "knob"));
    if knobs.other > 0 {
        text.push_str(&format!(" · {} without a knob", counted(knobs.other, "change")));
    }
    if knobs.unknown > 0 {
        text.push_str(&format!(" · {} unknown", counted(knobs.unknown, "change")));
    }
    if knobs.files_left_out > 0 {
        text.push_str(&format!(" · {} skipped", counted(knobs.files_left_out, "lock or generated file")));
    }
    text.push_str(&header::which_segment(&state.snapshot));
    text
}

fn head(knob: &Knob, selected: bool, theme: &Theme) -> Vec<(String, Style)> {
    let marker = if selected { "▸" } else { " " };
    vec![
        (marker.to_owned(), theme.key),
        (Visible::line(&knob.name).to_string(), theme.title),
        (format!("  {} · changed {}", Visible::line(&knob.path), counted(knob.tries(), "time")), theme.muted),
    ]
}

fn of_value(
    state: &State,
    (knob, scale): (&Knob, KnobScale),
    at: usize,
    selected: bool,
    width: usize,
    theme: &Theme,
) -> Vec<(String, Style)> {
    let goal = state.snapshot.objective.as_ref().and_then(|objective| objective.goal);
    let value = &knob.values[at];
    let best = value.best(goal);
    let measured = best.and_then(|best| best.measured);
    let is_best = scale.best == Some(at);
    let kept = knob.kept == Some(at);
    let tries = value.tries.iter().filter(|experiment| !experiment.is_base).count();
    let alone = value.tries.iter().any(|experiment| !experiment.not_alone);
    let style = if is_best { theme.best } else { theme.text };
    let (marker, kept_mark) = (if selected { "▸" } else { " " }, if kept { "●" } else { " " });
    let best_mark = if is_best { "★" } else { " " };
    let mut pieces = vec![
        (marker.to_owned(), theme.key),
        (format!("  {kept_mark}"), theme.kept),
        (best_mark.to_owned(), theme.best),
        (format!("{} ", frame::right(Visible::line(&value.text).as_str(), 14)), style),
        (frame::right(&if tries == 0 { "base".to_owned() } else { format!("{tries}x") }, 5), theme.muted),
        (if alone { "  " } else { " ~" }.to_owned(), theme.warning),
        (frame::right(&measured.map_or_else(|| "no value".to_owned(), numbers::value), 11), style),
    ];
    let effect = value.effect.filter(|_| !kept).zip(goal);
    let effect_text = effect.map(|(effect, goal)| numbers::gain(effect, goal)).unwrap_or_default();
    let effect_style = if value.effect.is_some_and(|effect| effect > 0.0) { theme.good } else { theme.muted };
    pieces.push((format!("{} ", frame::right(&effect_text, 11)), effect_style));
    if width >= 80 {
        pieces.push((scale.bar(value.effect), style));
    }
    if width >= 110
        && let Some(index) = best.and_then(|best| state.snapshot.index_of(&best.experiment))
    {
        let experiment = &state.snapshot.experiments[index];
        let name = format!("  {} {}", Visible::line(&experiment.name()), Visible::line(&experiment.row.description));
        pieces.push((name, theme.muted));
    }
    pieces
}

/// The best value of a knob, and the range of the effects of its values.
#[derive(Clone, Copy)]
struct KnobScale {
    best: Option<usize>,
    /// The worst and the best effect; `None` if no effect is known.
    range: Option<(f64, f64)>,
}

impl KnobScale {
    fn of(knob: &Knob) -> Self {
        let effects = knob.values.iter().filter_map(|value| value.effect).map(|effect| (effect, effect));
        let range = effects.reduce(|(worst, best), (effect, _)| (worst.min(effect), best.max(effect)));
        Self { best: knob.best(), range }
    }

    /// Returns a bar for a value's effect, scaled from the worst to the best of its knob: longer is better.
    fn bar(self, effect: Option<f64>) -> String {
        let (Some(effect), Some((worst, best))) = (effect, self.range) else { return " ".repeat(BAR) };
        let share = if best > worst { (effect - worst) / (best - worst) } else { 1.0 };
        let full = (share * (BAR - 1) as f64).round() as usize + 1;
        format!("{}{}", "▪".repeat(full.min(BAR)), "·".repeat(BAR.saturating_sub(full)))
    }
}
