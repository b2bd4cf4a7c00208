//! A canvas of braille dots: two columns and four rows in a cell.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::Area;

/// A grid of braille dots with one style per cell.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    dots: Vec<u8>,
    styles: Vec<Style>,
    glyphs: Vec<Option<char>>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let cells = width * height;
        Self { width, height, dots: vec![0; cells], styles: vec![Style::default(); cells], glyphs: vec![None; cells] }
    }

    /// Returns the number of dots across.
    pub(super) fn columns(&self) -> usize {
        self.width * 2
    }

    /// Returns the number of dots down.
    pub(super) fn rows(&self) -> usize {
        self.height * 4
    }

    /// Returns the dot row of a value within a range; row 0 is the largest value.
    pub(super) fn row_of(&self, value: f64, (low, high): (f64, f64)) -> usize {
        let share = if high > low { (high - value) / (high - low) } else { 0.5 };
        ((share.clamp(0.0, 1.0) * (self.rows().saturating_sub(1)) as f64).round()) as usize
    }

    pub(super) fn dot(&mut self, x: usize, y: usize, style: Style) {
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (cell_x, cell_y) = (x / 2, y / 4);
        if cell_x < self.width && cell_y < self.height {
            let at = cell_y * self.width + cell_x;
            self.dots[at] |= BITS[x % 2][y % 4];
            self.styles[at] = style;
        }
    }

    pub(super) fn vertical(&mut self, x: usize, from: usize, to: usize, style: Style) {
        for y in from.min(to)..=from.max(to) {
            self.dot(x, y, style);
        }
    }

    /// Connects two points with a line of dots.
    pub(super) fn join(&mut self, (x, row): (usize, usize), (to_x, to_row): (usize, usize), style: Style) {
        let across = to_x - x;
        for step in 1..=across {
            let at = |step: usize| {
                (row as f64 + (to_row as f64 - row as f64) * step as f64 / across as f64).round() as usize
            };
            self.vertical(x + step, at(step - 1), at(step), style);
        }
    }

    /// Puts a character into a dot's cell, over its previous content.
    pub(super) fn glyph(&mut self, x: usize, y: usize, glyph: char, style: Style) {
        let (cell_x, cell_y) = (x / 2, y / 4);
        if cell_x < self.width && cell_y < self.height {
            let at = cell_y * self.width + cell_x;
            self.glyphs[at] = Some(glyph);
            self.styles[at] = style;
        }
    }

    /// Puts a character into the cells of these dots that are still empty.
    pub(super) fn rule(&mut self, cells: impl Iterator<Item = (usize, usize)>, glyph: char, style: Style) {
        for (x, y) in cells {
            let (cell_x, cell_y) = (x / 2, y / 4);
            if cell_x < self.width && cell_y < self.height {
                let at = cell_y * self.width + cell_x;
                if self.dots[at] == 0 && self.glyphs[at].is_none() {
                    self.glyphs[at] = Some(glyph);
                    self.styles[at] = style;
                }
            }
        }
    }

    /// Draws the canvas into an area. Most cells of a chart are written in every frame, so they are set one by one,
    /// without a text and a span for each.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Area) {
        let place = Rect { x: area.x, y: area.y, width: area.width, height: area.height }.intersection(frame.area());
        let buffer = frame.buffer_mut();
        for y in 0..self.height.min(usize::from(place.height)) {
            for x in 0..self.width.min(usize::from(place.width)) {
                let at = y * self.width + x;
                let braille = char::from_u32(0x2800 + u32::from(self.dots[at])).filter(|_| self.dots[at] != 0);
                let sign = self.glyphs[at].or(braille).unwrap_or(' ');
                buffer[(place.x + x as u16, place.y + y as u16)].set_char(sign).set_style(self.styles[at]);
            }
        }
    }
}
