//! Drawing that stays in place even if symbol widths are wrong: after every symbol that a terminal might draw with a
//! different width, the cursor is repositioned.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use unicode_width::UnicodeWidthStr as _;

/// The terminal that ratatui draws on.
pub struct PlacedTerminal<W: Write>(CrosstermBackend<W>);

impl<W: Write> PlacedTerminal<W> {
    /// Creates a terminal that writes to `out`.
    pub fn of(out: W) -> Self {
        Self(CrosstermBackend::new(out))
    }
}

/// The effect of a symbol on the cursor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbol {
    /// One cell in every terminal.
    Plain,
    /// A part of a line or curve drawn by this program: one cell on any terminal that draws the screens correctly, and
    /// never next to an agent's text.
    Line,
    /// Any other symbol.
    Doubtful,
}

impl Symbol {
    fn of(symbol: &str) -> Self {
        let mut chars = symbol.chars();
        match (chars.next(), chars.next()) {
            (Some(' '..='~'), None) => Self::Plain,
            (Some('\u{2500}'..='\u{259F}' | '\u{2800}'..='\u{28FF}'), None) => Self::Line,
            _ => Self::Doubtful,
        }
    }
}

impl<W: Write> PlacedTerminal<W> {
    fn put(&mut self, run: &mut Vec<(u16, u16, &Cell)>) -> io::Result<()> {
        if run.is_empty() { Ok(()) } else { self.0.draw(run.drain(..)) }
    }
}

impl<W: Write> Backend for PlacedTerminal<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Each run sets its own position, wherever the last one left the cursor.
        let mut run: Vec<(u16, u16, &Cell)> = Vec::new();
        let mut last = Symbol::Plain;
        for (x, y, cell) in content {
            let kind = Symbol::of(cell.symbol());
            if last != Symbol::Plain && (last, kind) != (Symbol::Line, Symbol::Line) {
                self.put(&mut run)?;
            }
            if cell.symbol().width() > 1 {
                // If the terminal draws it narrower, old content must not remain next to it.
                let mut blank = cell.clone();
                blank.set_symbol(" ");
                self.put(&mut run)?;
                self.0.draw([(x, y, &blank), (x + 1, y, &blank)].into_iter())?;
            }
            run.push((x, y, cell));
            last = kind;
        }
        self.put(&mut run)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.0.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    /// Emulates a terminal that draws each character with the width `wide` returns, and returns its screen.
    fn drawn(text: &str, width: u16, wide: impl Fn(char) -> usize) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
        buffer.set_string(0, 0, text, Style::default());
        let mut bytes = Vec::new();
        let cells: Vec<_> =
            Buffer::empty(buffer.area).diff(&buffer).into_iter().map(|(x, y, cell)| (x, y, cell.clone())).collect();
        PlacedTerminal(CrosstermBackend::new(&mut bytes))
            .draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))
            .unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let mut screen = vec![' '; width as usize];
        let mut at = 0;
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\x1b[") {
                let end = after.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                let (parameters, last) = after.split_at(end);
                if last.starts_with('H') {
                    at = parameters.split(';').nth(1).unwrap().parse::<usize>().unwrap() - 1;
                }
                rest = &last[1..];
                continue;
            }
            for cell in 0..wide(c) {
                if let Some(place) = screen.get_mut(at + cell) {
                    *place = if cell == 0 { c } else { ' ' };
                }
            }
            at += wide(c);
            rest = &rest[c.len_utf8()..];
        }
        screen.into_iter().collect()
    }

    #[test]
    fn a_terminal_with_other_widths_pushes_nothing_beyond_the_edge() {
        let text = format!("y = '{}'; evil()", "\u{3248}".repeat(20));
        for cells in [0, 1, 2, 3] {
            let shown = drawn(&text, 40, |c| if c.is_ascii() { 1 } else { cells });
            assert!(shown.trim_end().ends_with("'; evil()"), "{cells}: {shown:?}");
        }
        let shown = drawn("日本語 = evil()", 20, |_| 1);
        assert_eq!(shown, "日 本 語  = evil()     ");
        assert_eq!(drawn("── a é b ──", 11, |_| 1), "── a é b ──");
    }
}
