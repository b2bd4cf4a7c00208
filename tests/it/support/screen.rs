//! A screen as a person speaks of it: the inbox, the evidence, the window in the middle. Where these are, the program's
//! own layout says.

use std::fmt;
use std::ops::Deref;

use countersign::app::{Area, ScreenLayout};
use ratatui::buffer::Buffer;

/// What stands on the screen. As text it is all of it.
#[derive(Clone)]
pub struct Screen {
    buffer: Buffer,
    shape: ScreenLayout,
    has_notice: bool,
    text: String,
}

/// A part of the screen.
pub struct Region {
    name: &'static str,
    title: String,
    rows: Vec<String>,
    /// All that stood around it, for whoever reads a failure.
    screen: String,
}

impl Screen {
    pub fn new(buffer: &Buffer, shape: ScreenLayout, has_notice: bool) -> Self {
        let rows = (0..buffer.area.height).map(|y| row(buffer, 0, buffer.area.width, y).trim_end().to_owned() + "\n");
        Self { buffer: buffer.clone(), shape, has_notice, text: rows.collect() }
    }

    pub fn header(&self) -> Region {
        self.part("the header", self.shape.header)
    }

    /// The keys, or a notice, which may lie over some rows above.
    pub fn footer(&self) -> Region {
        let Area { y, width, .. } = self.shape.footer;
        let begins = |y: &u16| row(&self.buffer, 0, width, *y).trim_start().starts_with(['✓', '✗', '·']);
        let top = if self.has_notice { (0..=y).rev().find(begins).unwrap_or(y) } else { y };
        self.part("the footer", Area { y: top, height: y + 1 - top, ..self.shape.footer })
    }

    /// All between header and footer.
    pub fn body(&self) -> Region {
        let (ScreenLayout { header, footer, .. }, y) = (self.shape, self.shape.header.height);
        self.part("the body", Area { y, height: footer.y.saturating_sub(y), ..header })
    }

    /// What waits, with its title.
    pub fn inbox(&self) -> Region {
        self.titled("the inbox", self.shape.list)
    }

    pub fn evidence(&self) -> Region {
        self.titled("the evidence", self.shape.evidence)
    }

    pub fn diff(&self) -> Region {
        self.titled("the diff", self.shape.diff)
    }

    /// The inside of the window that lies over the others.
    pub fn window(&self) -> Region {
        let corner = |sign| move |&(x, y): &(u16, u16)| self.buffer[(x, y)].symbol() == sign;
        let (width, height) = (self.buffer.area.width, self.buffer.area.height);
        let mut all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let (left, top) = all.find(corner("┌")).unwrap_or_else(|| panic!("there is no window:\n{self}"));
        let (right, bottom) = all.rev().find(corner("┘")).unwrap_or_else(|| panic!("half a window:\n{self}"));
        let frame = Area { x: left + 1, y: top, width: right - left - 1, height: bottom - top };
        self.titled("the window", frame)
    }

    fn titled(&self, name: &'static str, area: Area) -> Region {
        let mut region = self.part(name, area);
        if !region.rows.is_empty() {
            region.rows.remove(0).trim_matches(['─', ' ']).clone_into(&mut region.title);
        }
        region
    }

    fn part(&self, name: &'static str, area: Area) -> Region {
        let rows = (area.y..area.y + area.height).map(|y| row(&self.buffer, area.x, area.x + area.width, y));
        Region { name, title: String::new(), rows: rows.collect(), screen: self.text.clone() }
    }
}

/// The columns of a row from one to another; a wide sign counts once.
fn row(buffer: &Buffer, from: u16, to: u16, y: u16) -> String {
    let (mut text, mut x) = (String::new(), from);
    while x < to {
        let symbol = buffer[(x, y)].symbol();
        text.push_str(symbol);
        x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
    }
    text
}

impl Region {
    /// One of its rows, counted from 1.
    pub fn row(mut self, number: usize) -> Self {
        let row = self.rows.get(number - 1).cloned();
        self.rows = vec![row.unwrap_or_else(|| panic!("{} has no row {number}:\n{}", self.name, self.screen))];
        self.title.clear();
        self
    }

    /// The row of the cursor.
    pub fn selected(self) -> Self {
        let at = self.rows.iter().position(|row| row.starts_with('▸'));
        let number = at.unwrap_or_else(|| panic!("no row of {} is selected:\n{}", self.name, self.screen)) + 1;
        self.row(number)
    }

    /// Fails unless these words stand here; they may go on in the next row.
    #[track_caller]
    pub fn shows(self, words: &str) -> Self {
        assert!(self.text().contains(words), "{} does not show `{words}`:\n{}", self.name, self.screen);
        self
    }

    /// Fails where these words stand here.
    #[track_caller]
    pub fn lacks(self, words: &str) -> Self {
        assert!(!self.text().contains(words), "{} shows `{words}`:\n{}", self.name, self.screen);
        self
    }

    /// Its rows, below the title.
    pub fn rows(&self) -> &[String] {
        &self.rows
    }

    pub fn rows_with(&self, words: &str) -> Vec<&String> {
        self.rows.iter().filter(|row| row.contains(words)).collect()
    }

    /// Its words, with one space between them wherever there were more or a row ended.
    pub fn text(&self) -> String {
        let rows = [&self.title].into_iter().chain(&self.rows);
        rows.flat_map(|row| row.split_whitespace()).collect::<Vec<_>>().join(" ")
    }
}

impl Deref for Screen {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
