//! Charts and comparisons as plain text, for scripts and pull requests; the same as on the screen.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr as _;

use crate::app::State;
use crate::policy::text::Visible;
use crate::ui::review::compare::ComparedMetric;
use crate::ui::{Theme, curves, frame, numbers};

/// Returns the chart as rows of text.
pub fn chart(state: &State, width: u16, height: u16) -> Vec<String> {
    let draw = |frame: &mut ratatui::Frame<'_>| curves::draw(frame, frame::whole(frame.area()), state, &Theme::mono());
    rows(&drawn((width, height), draw))
}

/// Draws on a screen of a size, and returns its content.
pub(super) fn drawn((width, height): (u16, u16), draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> Buffer {
    let mut terminal = match Terminal::new(TestBackend::new(width, height)) {
        Ok(terminal) => terminal,
        Err(never) => match never {},
    };
    match terminal.draw(draw) {
        Ok(_) => terminal.backend().buffer().clone(),
        Err(never) => match never {},
    }
}

/// Returns the text of a screen, without trailing spaces.
fn rows(buffer: &Buffer) -> Vec<String> {
    let mut rows = Vec::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer.cell(Position { x, y }).map_or(" ", |cell| cell.symbol());
            row.push_str(symbol);
            x += (symbol.width() as u16).max(1);
        }
        row.truncate(row.trim_end().len());
        rows.push(row);
    }
    rows
}

/// Compares the measured values of experiments: a column for each, with its difference from the first.
pub fn comparison(state: &State, experiments: &[usize], measured: Vec<ComparedMetric>) -> Vec<String> {
    let snapshot = &state.snapshot;
    let name = |at: &usize| Visible::line(&snapshot.experiments[*at].name()).to_string();
    let mut table: Vec<Vec<String>> = vec![vec![String::new()]];
    for (at, index) in experiments.iter().enumerate() {
        table[0].push(name(index));
        table[0].extend((at > 0).then(|| numbers::DIFFERENCE.to_owned()));
    }
    for ComparedMetric { metric, unit, values } in measured {
        let mut row = vec![Visible::of(&metric).to_string()];
        for (at, value) in values.iter().enumerate() {
            row.push(value.map_or_else(|| "-".to_owned(), |value| numbers::with_unit(value, unit.as_ref())));
            let differs = || Some(numbers::difference(values[0]?, (*value)?, unit.as_ref(), usize::MAX));
            row.extend((at > 0).then(|| differs().unwrap_or_default()));
        }
        table.push(row);
    }
    let widths: Vec<usize> = (0..table[0].len())
        .map(|column| table.iter().map(|row| row.get(column).map_or(0, |cell| cell.width())).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at {
            0 => frame::cell(cell, (*width).min(32)),
            _ => format!("  {}", frame::right(cell, *width)),
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    table.iter().map(line).collect()
}
