//! The palette and the input lines in the footer.

use ratatui::Frame;
use ratatui::style::Style;
use tui_input::Input;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{
    Area, EXTENSIONS, Filter, Palette, PaletteTarget, State, count_matches, has_supported_extension, match_count,
    top_row,
};
use crate::ui::prompt::{typed, window};
use crate::ui::{Theme, frame};

/// Maximum rows of the palette.
const TALLEST: usize = 22;

pub(in crate::ui) fn draw(frame: &mut Frame<'_>, palette: &Palette, theme: &Theme) {
    let rows = (frame.area().height as usize).saturating_sub(6).min(TALLEST);
    let area = window(frame, "palette · ↑ ↓ select, Enter runs, Esc closes", rows, 96, theme);
    let mut line = vec![("› ".to_owned(), theme.key)];
    line.extend(typed(palette.input.value(), palette.input.cursor(), area.width as usize - 3, theme));
    frame::line(frame, area, 0, &line);
    let list = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if palette.entries.is_empty() {
        frame::line(frame, list, 0, &[("  no matches".to_owned(), theme.muted)]);
    }
    let top = top_row(palette.selected, palette.entries.len(), list.height as usize);
    for (row, entry) in palette.entries.iter().enumerate().skip(top).take(list.height as usize) {
        let selected = row == palette.selected;
        let room = (list.width as usize).saturating_sub(entry.hint.width() + 5);
        let kind = match entry.offer {
            PaletteTarget::Action(_) => ":",
            PaletteTarget::Experiment(_) => "●",
            PaletteTarget::File(_) => "≡",
            PaletteTarget::Segment(_) => "§",
            PaletteTarget::Theme(_) | PaletteTarget::Table(_) => "◐",
        };
        let pieces = vec![
            (format!("{} {kind} ", if selected { "▸" } else { " " }), theme.key),
            (frame::cell(&entry.text, room), theme.text),
            (entry.hint.clone(), theme.label),
        ];
        let under = if selected { theme.selected } else { Style::default() };
        frame::styled_line(frame, list, (row - top) as u16, &pieces, under);
    }
}

/// Draws the input of the filter of metrics.
pub(in crate::ui) fn draw_filter(frame: &mut Frame<'_>, area: Area, state: &State, input: &Input, theme: &Theme) {
    let trial = state.subjects().map(|subjects| subjects.main.trial);
    let (all, found) = trial.map_or((0, 0), |trial| (trial.metrics().len(), state.filtered(trial).len()));
    let (hint, is_bad) = match Filter::parse(input.value()) {
        Ok(None) => ("a regular expression; empty shows all metrics".to_owned(), false),
        Ok(Some(_)) => (format!("{found} of {all} metrics"), found == 0),
        Err(_) => ("not a regular expression".to_owned(), true),
    };
    put_search(frame, area, input, &hint, is_bad, theme);
}

/// Draws the input of the filter of runs.
pub(in crate::ui) fn draw_run_filter(frame: &mut Frame<'_>, area: Area, state: &State, input: &Input, theme: &Theme) {
    let (listed, all) = (state.runs.rows().len(), state.snapshot.trials.len());
    let hint = if input.value().trim().is_empty() {
        "words of a name; Enter applies, Esc shows all".to_owned()
    } else {
        format!("{listed} of {all} runs")
    };
    put_search(frame, area, input, &hint, listed == 0, theme);
}

/// Draws the input of another name for a run.
pub(in crate::ui) fn draw_rename(frame: &mut Frame<'_>, area: Area, input: &Input, theme: &Theme) {
    put_typed(frame, area, "rename to ", input, "on this screen only; an empty name resets it", false, theme);
}

/// Draws the input of a file name for the view.
pub(in crate::ui) fn draw_save(frame: &mut Frame<'_>, area: Area, input: &Input, theme: &Theme) {
    let good = has_supported_extension(input.value());
    let hint = if good { "Enter saves, Esc cancels" } else { EXTENSIONS };
    put_typed(frame, area, "save as ", input, hint, !good, theme);
}

/// Draws the input of a search in the diff.
pub(in crate::ui) fn draw_seek(frame: &mut Frame<'_>, area: Area, state: &State, input: &Input, theme: &Theme) {
    let found = match_count(state, input.value());
    let hint = match (input.value().is_empty(), found) {
        (true, _) => "in this diff; a capital letter matches case".to_owned(),
        (false, 0) => "no matches".to_owned(),
        (false, 1) => "1 row".to_owned(),
        (false, found) => format!("{found} rows"),
    };
    put_search(frame, area, input, &hint, found == 0 && !input.value().is_empty(), theme);
}

pub(in crate::ui) fn draw_search(frame: &mut Frame<'_>, area: Area, state: &State, input: &Input, theme: &Theme) {
    let found = count_matches(state, input.value());
    let hint = match (input.value().trim().is_empty(), found) {
        (true, _) => "words of a name, description, status, reviewer or reason".to_owned(),
        (false, 0) => "no matches".to_owned(),
        (false, found) => format!("{found} found"),
    };
    put_search(frame, area, input, &hint, found == 0 && !input.value().trim().is_empty(), theme);
}

fn put_search(frame: &mut Frame<'_>, area: Area, input: &Input, hint: &str, is_bad: bool, theme: &Theme) {
    put_typed(frame, area, "/", input, hint, is_bad, theme);
}

fn put_typed(frame: &mut Frame<'_>, area: Area, before: &str, input: &Input, hint: &str, is_bad: bool, theme: &Theme) {
    let room = (area.width as usize).saturating_sub(hint.width() + before.width() + 5).max(8);
    let mut line = vec![(format!(" {before}"), theme.key)];
    line.extend(typed(input.value(), input.cursor(), room, theme));
    let style = if is_bad { theme.bad } else { theme.muted };
    line.push((format!("  {hint}"), style));
    frame::line(frame, area, 0, &[(" ".repeat(area.width as usize), theme.text)]);
    frame::line(frame, area, 0, &line);
}
