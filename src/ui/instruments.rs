//! The instruments, one line each.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, State, top_row};
use crate::instrument::Instrument;
use crate::ui::{Theme, frame};

/// Cells of the bar next to an instrument with a limit.
const BAR: usize = 20;

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let panel = state.panel();
    frame::title(frame, area, "instruments · ? explains the selected one", theme);
    let body = area.below_title();
    let top = top_row(state.knobs.row, panel.len(), body.height as usize);
    for (row, instrument) in panel.iter().enumerate().skip(top).take(body.height as usize) {
        let selected = row == state.knobs.row;
        let pieces = pieces(instrument, selected, body.width as usize, theme);
        frame::list_row(frame, body, (row - top) as u16, &pieces, selected, theme);
    }
    let rows = panel.len() as u16;
    // If there is room, the formula of the selected one is below.
    let Some(instrument) = panel.get(state.knobs.row).filter(|_| body.height > rows + 3) else { return };
    let below = Area { y: body.y + rows + 1, height: body.height - rows - 1, ..body };
    frame::title(frame, below, instrument.name, theme);
    let text = frame::sentence(instrument.formula, (below.width as usize).saturating_sub(2).min(110));
    for (row, part) in text.iter().enumerate() {
        frame::line(frame, below.below_title(), row as u16, &[(format!(" {part}"), theme.muted)]);
    }
}

fn pieces(instrument: &Instrument, selected: bool, width: usize, theme: &Theme) -> Vec<(String, Style)> {
    let marker = if selected { "▸" } else { " " };
    let mut pieces =
        vec![(marker.to_owned(), theme.key), (format!("{} ", frame::cell(instrument.name, 13)), theme.label)];
    match &instrument.reading {
        None => pieces.push(("not enough data".to_owned(), theme.muted)),
        Some(reading) => pieces.push((format!("{reading}  "), theme.text)),
    }
    if let Some(used) = instrument.used.filter(|_| width >= 80) {
        let full = ((used.clamp(0.0, 1.0) * BAR as f64).round()) as usize;
        let style = if used > 1.0 {
            theme.bad
        } else if used > 0.9 {
            theme.warning
        } else {
            theme.good
        };
        pieces.push((format!("{}{} {:.0} %", "█".repeat(full), "░".repeat(BAR - full), used * 100.0), style));
    }
    pieces
}

/// Returns the selected instrument, whose formula the help shows.
pub(super) fn formula(state: &State) -> Option<Instrument> {
    state.panel().into_iter().nth(state.knobs.row)
}
