//! Lines of a diff as visible pieces, wrapped to a width so that nothing is hidden beyond the edge.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::model::{DiffLine, FileChange, LineKind};
use crate::policy::text::{MeasuredSigns, Visible, push_blanks, push_tab, to_stop};
use crate::query::Syntax;

/// A run of visible text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// True if it differs from the line it replaces.
    pub emphasis: bool,
    /// Its syntax class; `None` for plain text, or if it is unknown.
    pub syntax: Option<Syntax>,
    /// True if it represents a tab: an arrow, and spaces to the next stop.
    pub is_tab: bool,
}

/// The space for a line of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Cells in a row.
    pub width: usize,
    /// Cells between tab stops.
    pub tab: usize,
    /// Characters whose width the terminal reported.
    pub measured: MeasuredSigns,
}

/// A line of text with its marks.
#[derive(Clone, Copy, Debug, Default)]
pub struct CodeLine<'a> {
    text: &'a str,
    cut: usize,
    emphasis: &'a [Range<usize>],
    syntax: &'a [(Range<usize>, Syntax)],
}

/// Maximum bytes shown of a line of a whole file.
const LONGEST_LINE: usize = 4096;

impl<'a> CodeLine<'a> {
    /// Returns a line of a diff.
    pub fn of(line: &'a DiffLine) -> Self {
        Self { text: line.text.raw(), cut: line.cut, ..Self::default() }
    }

    /// Returns a line of a file, without its line end; very long lines are cut.
    pub fn of_text(text: &'a str) -> Self {
        let mut end = text.len().min(LONGEST_LINE);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self { text: &text[..end], cut: text.len() - end, ..Self::default() }
    }

    /// Returns the line with syntax classes.
    pub fn with_syntax(self, syntax: &'a [(Range<usize>, Syntax)]) -> Self {
        Self { syntax, ..self }
    }

    /// Returns the line with other emphasised parts.
    pub fn with_emphasis(self, emphasis: &'a [Range<usize>]) -> Self {
        Self { emphasis, ..self }
    }

    /// Returns the raw text, for searching.
    pub(in crate::app) fn raw(self) -> &'a str {
        self.text
    }

    /// Splits the text into runs with the same marks, never within a grapheme.
    fn runs(self) -> Vec<(&'a str, bool, Option<Syntax>)> {
        let mut cuts: Vec<usize> = vec![0, self.text.len()];
        let marks = self.emphasis.iter().chain(self.syntax.iter().map(|(range, _)| range));
        cuts.extend(marks.flat_map(|range| [range.start, range.end]).filter(|at| *at < self.text.len()));
        if !self.text.is_ascii() {
            let letters: Vec<usize> = self.text.grapheme_indices(true).map(|(at, _)| at).collect();
            for cut in cuts.iter_mut().filter(|cut| **cut < self.text.len()) {
                *cut = letters[letters.partition_point(|at| *at <= *cut).saturating_sub(1)];
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        let within = |ranges: &[Range<usize>], at: usize| {
            let next = ranges.partition_point(|range| range.end <= at);
            ranges.get(next).is_some_and(|range| range.start <= at)
        };
        let syntax = |at: usize| {
            let next = self.syntax.partition_point(|(range, _)| range.end <= at);
            self.syntax.get(next).filter(|(range, _)| range.start <= at).map(|(_, syntax)| *syntax)
        };
        let run = |pair: &[usize]| (&self.text[pair[0]..pair[1]], within(self.emphasis, pair[0]), syntax(pair[0]));
        cuts.windows(2).map(run).collect()
    }
}

/// Wraps a line into rows; at least one.
pub fn wrap(line: CodeLine<'_>, room: &Room) -> Vec<Vec<Piece>> {
    let mut setting = Setting { width: room.width.max(2), rows: vec![Vec::new()], used: 0, column: 0 };
    let shown = line.text.trim_end_matches(' ').len();
    let mut at = 0;
    for (text, emphasis, syntax) in line.runs() {
        // Trailing spaces are made visible: an edit of nothing else could not be seen otherwise.
        let (text, spaces) = text.split_at(shown.saturating_sub(at).min(text.len()));
        at += text.len() + spaces.len();
        let like = Piece { text: String::new(), emphasis, syntax, is_tab: false };
        for (at, between) in text.split('\t').enumerate() {
            if at > 0 {
                let mut tab = String::new();
                push_tab(&mut tab, to_stop(setting.column, room.tab));
                setting.put(&tab, &Piece { is_tab: true, ..like.clone() });
            }
            setting.put(Visible::measured(between, &room.measured).as_str(), &like);
        }
        let mut blanks = String::new();
        push_blanks(&mut blanks, spaces.len());
        setting.put(&blanks, &like);
    }
    let mut rows = setting.rows;
    if line.cut > 0 {
        let text = format!("… {} more bytes of this line are not shown", line.cut);
        rows.push(vec![Piece { text, emphasis: false, syntax: None, is_tab: false }]);
    }
    rows
}

/// Rows being filled.
struct Setting {
    width: usize,
    rows: Vec<Vec<Piece>>,
    /// Used cells of the last row.
    used: usize,
    /// Used cells of the whole line so far, over all rows.
    column: usize,
}

impl Setting {
    /// Appends visible text with the marks of `like`.
    fn put(&mut self, visible: &str, like: &Piece) {
        let mut piece = like.clone();
        let mut letters = visible.grapheme_indices(true);
        while let Some((at, letter)) = letters.next() {
            // An escaped character is not split across rows if it fits in one.
            let escaped = visible.get(at..).and_then(|rest| rest.split_inclusive('⟩').next()).unwrap_or_default();
            let letter = if letter == "⟨" && escaped.width() <= self.width {
                letters.by_ref().find(|(_, letter)| *letter == "⟩");
                escaped
            } else {
                letter
            };
            let cells = letter.width();
            if self.used + cells > self.width {
                push(&mut self.rows, &mut piece);
                self.rows.push(Vec::new());
                self.used = 0;
            }
            piece.text.push_str(letter);
            self.used += cells;
            self.column += cells;
        }
        push(&mut self.rows, &mut piece);
    }
}

/// Returns the files as a patch for people to read and paste, with hidden characters escaped.
pub(crate) fn as_patch(files: &[FileChange]) -> String {
    let mut text = String::new();
    for file in files {
        let path = Visible::line(&file.path);
        text.push_str(&format!("--- a/{path}\n+++ b/{path}\n"));
        for hunk in &file.hunks {
            let count = |not: LineKind| hunk.lines.iter().filter(|line| line.kind != not).count();
            let first = |number: fn(&DiffLine) -> Option<u32>| hunk.lines.iter().find_map(number).unwrap_or(0);
            let (old, new) = (first(|line| line.old), first(|line| line.new));
            let (old_count, new_count) = (count(LineKind::Added), count(LineKind::Removed));
            text.push_str(&format!("@@ -{old},{old_count} +{new},{new_count} @@\n"));
            for line in &hunk.lines {
                let sign = match line.kind {
                    LineKind::Context => ' ',
                    LineKind::Added => '+',
                    LineKind::Removed => '-',
                };
                text.push_str(&format!("{sign}{}\n", Visible::line(&line.text)));
            }
        }
    }
    text
}

/// Returns the number of rows that [`wrap`] returns, computed faster for plain text.
pub(super) fn row_count(line: CodeLine<'_>, room: &Room) -> usize {
    if line.text.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t') {
        let cells = |column: usize, byte: u8| column + if byte == b'\t' { to_stop(column, room.tab) } else { 1 };
        let columns = line.text.bytes().fold(0, cells);
        return columns.div_ceil(room.width.max(2)).max(1) + usize::from(line.cut > 0);
    }
    wrap(line, room).len()
}

fn push(rows: &mut [Vec<Piece>], piece: &mut Piece) {
    if let (Some(row), false) = (rows.last_mut(), piece.text.is_empty()) {
        row.push(Piece { text: std::mem::take(&mut piece.text), ..piece.clone() });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_or_too_wide(text in "(?s)(.|\t){0,80}", width in 2usize..30, tab in 1usize..=16, from in 0usize..80, long in 0usize..20) {
            // Any range may be emphasised or coloured, even within a grapheme.
            let marks = vec![from..from + long; 1];
            let syntax = [(from / 2..from / 2 + long, Syntax::Keyword)];
            let line = CodeLine::of_text(&text);
            let room = Room { width, tab, measured: MeasuredSigns::default() };
            let rows = wrap(line.with_emphasis(&marks).with_syntax(&syntax), &room);
            let whole: String = rows.iter().flatten().map(|piece| piece.text.as_str()).collect();
            let plain = text.trim_end_matches(' ');
            let dots = "·".repeat(text.len() - plain.len());
            let mut expected = String::new();
            for (at, between) in plain.split('\t').enumerate() {
                if at > 0 {
                    let cells = to_stop(expected.width(), tab);
                    push_tab(&mut expected, cells);
                }
                expected.push_str(Visible::part(between).as_str());
            }
            prop_assert_eq!(whole, format!("{expected}{dots}"));
            let tabs: usize = rows.iter().flatten().filter(|piece| piece.is_tab && piece.text.starts_with('→')).count();
            prop_assert_eq!(tabs, plain.matches('\t').count(), "an arrow in the text is not a tab");
            for row in &rows {
                let cells: usize = row.iter().map(|piece| piece.text.as_str().width()).sum();
                prop_assert!(cells <= width.max(2) || row.iter().map(|p| p.text.graphemes(true).count()).sum::<usize>() == 1);
            }
            prop_assert_eq!(rows.len(), row_count(line, &room));
        }
    }

    #[test]
    fn runs_carry_their_marks() {
        let (marks, syntax) = (vec![4..6; 1], [(0..2, Syntax::Keyword), (5..8, Syntax::Text)]);
        let line = CodeLine::of_text("if a == b:").with_emphasis(&marks).with_syntax(&syntax);
        let found: Vec<_> = line.runs();
        assert_eq!(
            found,
            [
                ("if", false, Some(Syntax::Keyword)),
                (" a", false, None),
                (" ", true, None),
                ("=", true, Some(Syntax::Text)),
                ("= ", false, Some(Syntax::Text)),
                ("b:", false, None),
            ]
        );
    }
}
