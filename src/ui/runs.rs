//! The list of runs, and the details of one.

use ratatui::Frame;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{Area, RUN_HEAD, RunOrder, State, Subjects};
use crate::model::{CurveOutline, Goal, Trial, TrialEnd, counted};
use crate::policy::text::Visible;
use crate::ui::chart::sparkline;
use crate::ui::{Theme, frame, numbers};

/// The files that curves are read from.
pub(super) const SOURCES: &str =
    "Sources: run.log, metrics.jsonl or .csv, W&B, TensorBoard and Hugging Face files, and `logs` in the policy.";

/// Widths of the columns after the name, in cells.
const AGE: usize = 4;
const STATE: usize = 10;
const STEPS: usize = 7;
const VALUE: usize = 11;
const EXPERIMENT: usize = 9;
/// Minimum width of the name; optional columns get only the rest.
const NAME: usize = 14;

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    frame::title(frame, area, &title(state), theme);
    let body = area.below_title();
    let rows = state.runs.rows();
    if rows.is_empty() {
        let text = if state.snapshot.trials.is_empty() {
            format!("No runs recorded yet. {SOURCES}")
        } else {
            format!("No name matches `{}`. Esc shows all runs.", Visible::of(&state.runs.filter))
        };
        for (row, part) in frame::sentence(&text, (body.width as usize).saturating_sub(2)).iter().enumerate() {
            frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
        }
        return;
    }
    let columns = ShownColumns::of(state, body.width as usize);
    frame::line(frame, body, 0, &columns.head(state, theme));
    let list = body.below_title();
    let height = (area.height as usize).saturating_sub(RUN_HEAD);
    let top = state.list_top(height);
    let subjects = state.subjects();
    for (at, place) in rows.iter().enumerate().skip(top).take(height) {
        let selected = state.selected_run() == Some(*place);
        let pieces = columns.row(state, *place, subjects.as_ref(), selected, theme);
        frame::list_row(frame, list, (at - top) as u16, &pieces, selected, theme);
    }
}

fn title(state: &State) -> String {
    let (all, listed) = (state.snapshot.trials.len(), state.runs.rows().len());
    let mut parts = vec![counted(all, "run")];
    // Without a loop, the header shows the count.
    if state.snapshot.has_loop() && state.running_count() > 0 {
        parts.push(format!("{} running now", state.running_count()));
    }
    parts.push(match (state.runs.order, state.goal_of_runs()) {
        (RunOrder::Newest, _) => "newest first".to_owned(),
        (RunOrder::Name, _) => "by name".to_owned(),
        (RunOrder::Steps, _) => "most steps first".to_owned(),
        (RunOrder::Value, Some(Goal::Minimize)) => "best (lowest) last value first".to_owned(),
        (RunOrder::Value, Some(Goal::Maximize)) => "best (highest) last value first".to_owned(),
        (RunOrder::Value, None) => "smallest last value first".to_owned(),
    });
    if !state.runs.filter.is_empty() {
        parts.push(format!("/{}/ {listed} of {all}", Visible::of(&state.runs.filter)));
    }
    parts.join(" · ")
}

/// The columns that fit.
struct ShownColumns {
    name: usize,
    has_steps: bool,
    has_spark: bool,
    has_experiment: bool,
}

impl ShownColumns {
    fn of(state: &State, width: usize) -> Self {
        let mut room = width.saturating_sub(3 + 1 + AGE + 1 + STATE + 1 + VALUE);
        let mut take = |cells: usize, wanted: bool| {
            let fits = wanted && room >= NAME + cells;
            room -= if fits { cells } else { 0 };
            fits
        };
        let has_steps = take(STEPS + 1, true);
        let has_spark = take(CurveOutline::PARTS + 1, true);
        let has_experiment = take(EXPERIMENT + 1, state.snapshot.has_loop());
        Self { name: room, has_steps, has_spark, has_experiment }
    }

    fn head(&self, state: &State, theme: &Theme) -> Vec<(String, Style)> {
        let sorted = |order: RunOrder| if state.runs.order == order { theme.label } else { theme.muted };
        let metric = state.runs.metric().map(|metric| Visible::name(metric).to_string()).unwrap_or_default();
        let mut pieces = vec![
            (format!("   {}", frame::cell("run", self.name)), sorted(RunOrder::Name)),
            (format!(" {}", frame::right("age", AGE)), sorted(RunOrder::Newest)),
            (format!(" {}", frame::cell("state", STATE)), theme.muted),
        ];
        if self.has_steps {
            pieces.push((format!(" {}", frame::right("steps", STEPS)), sorted(RunOrder::Steps)));
        }
        pieces.push((format!(" {}", frame::right(&end_of(&metric, VALUE), VALUE)), sorted(RunOrder::Value)));
        if self.has_spark {
            // The drawn metric is named if it is not the listed one.
            let drawn = state.runs.drawn().filter(|drawn| Some(*drawn) != state.runs.metric());
            let name = drawn.map(|metric| Visible::name(metric).fit(CurveOutline::PARTS)).unwrap_or_default();
            pieces.push((format!(" {}", frame::cell(&name, CurveOutline::PARTS)), theme.muted));
        }
        if self.has_experiment {
            pieces.push((format!(" {}", frame::cell("exp", EXPERIMENT)), theme.muted));
        }
        pieces
    }

    fn row(
        &self,
        state: &State,
        place: usize,
        subjects: Option<&Subjects<'_>>,
        selected: bool,
        theme: &Theme,
    ) -> Vec<(String, Style)> {
        let trial = &state.snapshot.trials[place];
        let (mark, mark_style) = mark(state, trial, subjects, theme);
        let (word, word_style) = run_state(trial, theme);
        let metric = state.runs.metric();
        let value = metric
            .and_then(|metric| trial.last_value(metric))
            .map(|value| numbers::exact(value, state.unit_of(metric.map_or("", |metric| metric)).as_ref(), VALUE));
        let mut pieces = vec![
            (if selected { "▸" } else { " " }.to_owned(), theme.key),
            (format!("{mark} "), mark_style),
            (frame::cell(&end_of(state.runs.name(place), self.name), self.name), theme.text),
            (format!(" {}", frame::right(&numbers::age(state, trial.last_ms.or(trial.started_ms)), AGE)), theme.muted),
            (format!(" {}", frame::cell(word, STATE)), word_style),
        ];
        if self.has_steps {
            let steps = trial.last_step().map_or_else(|| "-".to_owned(), numbers::amount);
            pieces.push((format!(" {}", frame::right(&steps, STEPS)), theme.text));
        }
        pieces.push((format!(" {}", frame::right(value.as_deref().unwrap_or("-"), VALUE)), theme.text));
        if self.has_spark {
            let spark = state.runs.drawn().map(|metric| sparkline(trial, metric)).unwrap_or_default();
            pieces.push((format!(" {}", frame::cell(&spark, CurveOutline::PARTS)), theme.curve));
        }
        if self.has_experiment {
            let experiment = state.experiment_of_run(place);
            let name = experiment.map(|experiment| Visible::line(&experiment.name()).to_string()).unwrap_or_default();
            pieces.push((format!(" {}", frame::cell(&name, EXPERIMENT)), theme.label));
        }
        pieces
    }
}

/// Returns the mark of a run: its curve on the chart, or that it is marked for a comparison.
fn mark(state: &State, trial: &Trial, subjects: Option<&Subjects<'_>>, theme: &Theme) -> (char, Style) {
    if state.runs.marked == Some(trial.id) {
        return ('◆', theme.warning);
    }
    let Some(subjects) = subjects else { return (' ', theme.text) };
    let overlay = subjects.overlays.iter().position(|overlay| overlay.trial.id == trial.id);
    let is_main = subjects.main.trial.id == trial.id && !subjects.overlays.is_empty();
    match overlay.and_then(|at| Some((at, char::from_digit(at as u32 + 1, 10)?))) {
        Some((at, digit)) => (digit, theme.overlay(at)),
        None if is_main => ('●', theme.curve),
        None => (' ', theme.text),
    }
}

/// Returns the state of a run as a word.
pub(super) fn run_state(trial: &Trial, theme: &Theme) -> (&'static str, Style) {
    match trial.end {
        TrialEnd::Running => ("running", theme.good),
        TrialEnd::Finished => ("finished", theme.text),
        TrialEnd::Crashed(_) => ("crashed", theme.bad),
        TrialEnd::Silent | TrialEnd::Overwritten => ("unfinished", theme.muted),
    }
}

/// Returns the end of a text that is too wide, after `…`: names of runs differ at their ends.
fn end_of(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut used = 1;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > cells {
            break;
        }
        from = at;
    }
    if cells == 0 { String::new() } else { format!("…{}", &text[from..]) }
}

/// Cuts two names to `cells` each, so that they still differ if the whole names do.
fn apart([a, b]: [&str; 2], cells: usize) -> [String; 2] {
    // The same file ending says nothing.
    let stem = |name: &'_ str| name.rfind('.').filter(|at| *at > 0 && !name[*at..].contains('/'));
    let is_long = [a, b].iter().any(|name| name.width() > cells);
    if let (true, Some(end_of_a), Some(end_of_b)) = (is_long, stem(a), stem(b))
        && a[end_of_a..] == b[end_of_b..]
        && a != b
    {
        return apart([&a[..end_of_a], &b[..end_of_b]], cells);
    }
    let ends = [a, b].map(|name| end_of(name, cells));
    if ends[0] != ends[1] {
        return ends;
    }
    let same = a.graphemes(true).rev().zip(b.graphemes(true).rev()).take_while(|(a, b)| a == b);
    let same: usize = same.map(|(grapheme, _)| grapheme.len()).sum();
    let starts = [a, b].map(|name| end_of(&name[..name.len() - same], cells.saturating_sub(1)));
    if starts[0] == starts[1] { ends } else { starts.map(|start| format!("{start}…")) }
}

/// Draws the details of a run in a few lines.
pub(super) fn draw_run(frame: &mut Frame<'_>, area: Area, state: &State, place: usize, theme: &Theme) {
    let trial = &state.snapshot.trials[place];
    frame::title(frame, area, state.runs.name(place), theme);
    let (word, style) = run_state(trial, theme);
    let mut facts = Vec::new();
    let steps = trial.last_step().map(|step| numbers::of(&numbers::amount(step), "steps"));
    facts.extend(steps);
    facts.extend(trial.progress.filter(|_| trial.end == TrialEnd::Running).map(|p| format!("{:.0} % done", p * 100.0)));
    facts.extend(
        trial.remaining_s.filter(|_| trial.end == TrialEnd::Running).map(|s| format!("{} left", numbers::clock(s))),
    );
    facts.extend(trial.last_ms.map(|at| format!("updated {} ago", numbers::age(state, Some(at)))));
    facts.push(counted(trial.metrics().len(), "metric"));
    if let Some(experiment) = state.experiment_of_run(place) {
        facts.push(format!("of {}", Visible::line(&experiment.name())));
    }
    let mut rows = vec![vec![(format!(" {word}"), style), (format!("  {}", facts.join(", ")), theme.text)]];
    if let Some(row) = state.run_row().filter(|_| !state.snapshot.has_loop()) {
        let text = format!(" run {} of {}, {}", row + 1, state.runs.rows().len(), Visible::of(&trial.log));
        rows.push(vec![(text, theme.muted)]);
    } else {
        rows.push(vec![(format!(" {}", Visible::of(&trial.log)), theme.muted)]);
    }
    if let TrialEnd::Crashed(lines) = &trial.end {
        rows.extend(lines.last().map(|line| vec![(format!(" {}", Visible::line(line)), theme.bad)]));
    } else if !trial.unread.is_empty() {
        let text = format!(" {} could not be read: w", counted(trial.unread.len(), "place"));
        rows.push(vec![(text, theme.warning)]);
    }
    for (at, pieces) in rows.iter().enumerate() {
        frame::line(frame, area.below_title(), at as u16, pieces);
    }
}

/// Compares two runs: last, smallest and largest value of each metric.
pub(super) fn draw_compared(frame: &mut Frame<'_>, state: &State, top: usize, theme: &Theme) {
    let Some((from, to)) = state.runs.compared else { return };
    let (Some(from), Some(to)) = (state.runs.index_of(from), state.runs.index_of(to)) else { return };
    let pair = [&state.snapshot.trials[from], &state.snapshot.trials[to]];
    let room = (frame.area().width as usize).saturating_sub(8).min(96);
    let width = (room / 5).clamp(9, 14);
    let names = room.saturating_sub(3 * width + 6).min(36);
    let cells = |name: &str, kind: &str, a: &str, b: &str, by: &str| {
        [
            format!("{} {}", frame::cell(&end_of(name, names), names), frame::cell(kind, 4)),
            frame::right(a, width),
            frame::right(b, width),
            frame::right(by, width),
        ]
    };
    let both = [from, to].map(|place| state.runs.name(place));
    let [a, b] = apart(both, width - 1);
    let [head, a, b, by] = cells("", "", &a, &b, numbers::DIFFERENCE);
    let mut rows = vec![vec![(head, theme.label), (a, theme.title), (b, theme.title), (by, theme.muted)]];
    let mut metrics: Vec<_> = pair.iter().flat_map(|trial| trial.metrics()).collect();
    metrics.sort();
    metrics.dedup();
    // The listed metric comes first.
    metrics.sort_by_key(|metric| Some(*metric) != state.runs.metric());
    for metric in metrics {
        let outlines = pair.map(|trial| trial.outline(metric));
        let unit = state.unit_of(metric);
        let name = Visible::name(metric).to_string();
        for (at, kind) in ["last", "min", "max"].into_iter().enumerate() {
            let value = |outline: &Option<CurveOutline>| {
                let outline = outline.as_ref()?;
                match at {
                    0 => Some(outline.ends.1.value),
                    1 => Some(outline.range?.0),
                    _ => Some(outline.range?.1),
                }
            };
            let values = [value(&outlines[0]), value(&outlines[1])];
            let show = |value: Option<f64>| {
                value.map_or_else(|| "-".to_owned(), |value| numbers::cell(value, unit.as_ref(), width - 1))
            };
            let differs = values[0].zip(values[1]);
            let differs = differs.map(|(a, b)| numbers::difference(a, b, unit.as_ref(), width - 1)).unwrap_or_default();
            let shown = if at == 0 { name.as_str() } else { "" };
            let [name, a, b, by] = cells(shown, kind, &show(values[0]), &show(values[1]), &differs);
            rows.push(vec![(name, theme.label), (a, theme.text), (b, theme.text), (by, theme.muted)]);
        }
    }
    let [from, to] = apart(both, room.saturating_sub(34 + 3) / 2);
    crate::ui::prompt::help::scrolled(frame, &format!("{from} → {to}"), &rows, top, theme);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_end_of_a_name_fits(text in "\\PC{0,30}", cells in 0_usize..20) {
            let end = end_of(&text, cells);
            prop_assert!(end.width() <= cells.max(text.width().min(cells)), "{end:?}");
            prop_assert!(text.ends_with(end.trim_start_matches('…')) || end == text);
        }

        #[test]
        fn two_names_stay_distinct(start in "[a-z]{0,40}", a in "[0-4]", b in "[5-9]", end in "[a-z0]{0,40}", cells in 3_usize..20) {
            let names = [format!("{start}{a}{end}"), format!("{start}{b}{end}")];
            let [first, second] = apart([&names[0], &names[1]], cells);
            prop_assert!(first != second, "{first}");
            prop_assert!(first.width() <= cells && second.width() <= cells, "{first} {second}");
        }
    }
}
