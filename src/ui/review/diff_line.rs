//! One line of a diff: numbers, sign and highlighted text.

use std::ops::Range;

use ratatui::Frame;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::app::{Area, CodeLine, GUTTER, Piece, Room, SIDE_GUTTER, State, match_ranges, wrap};
use crate::model::{DiffLine, FileSide, LineKind};
use crate::query::Syntax;
use crate::ui::{Theme, frame};

/// The content of a row of the diff.
#[derive(Clone, Copy)]
pub(in crate::ui) enum LineSide<'a> {
    /// A line of a hunk, in one column.
    Both(Marked<'a>),
    /// The new one of two lines that differ in whitespace only.
    Quiet(Marked<'a>),
    /// A context line outside of the hunks, by its numbers.
    Around([u32; 2]),
    /// A line of a cell of a notebook.
    Cell(&'a DiffLine),
    /// A line of a whole file: its side, its number, and true if it changed.
    Whole(FileSide, u32, bool),
}

/// A line of a hunk with its marks.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Marked<'a> {
    /// The line.
    pub(in crate::ui) line: &'a DiffLine,
    /// The byte ranges of the words that differ.
    pub(in crate::ui) words: &'a [Range<usize>],
    /// True if it is excluded.
    pub(in crate::ui) is_out: bool,
}

/// The sign and styles of a line.
#[derive(Clone, Copy)]
struct LineLook {
    sign: &'static str,
    sign_style: Style,
    text: Style,
    word: Style,
}

fn look(kind: LineKind, is_out: bool, theme: &Theme) -> LineLook {
    let Theme { text, added, removed, added_line, removed_line, added_word, removed_word, left_out, warning, .. } =
        *theme;
    match kind {
        LineKind::Context => LineLook { sign: " ", sign_style: text, text, word: text },
        _ if is_out => LineLook { sign: "×", sign_style: warning, text: left_out, word: left_out },
        LineKind::Added => LineLook { sign: "+", sign_style: added, text: added_line, word: added_word },
        LineKind::Removed => LineLook { sign: "−", sign_style: removed, text: removed_line, word: removed_word },
    }
}

fn syntax_style(syntax: Syntax, theme: &Theme) -> Style {
    match syntax {
        Syntax::Keyword => theme.syntax_keyword,
        Syntax::Text => theme.syntax_text,
        Syntax::Number => theme.syntax_number,
        Syntax::Comment => theme.syntax_comment,
        Syntax::Function => theme.syntax_function,
        Syntax::Type => theme.syntax_type,
    }
}

/// Draws a row across the whole width.
pub(in crate::ui) fn line(
    frame: &mut Frame<'_>,
    here: Area,
    state: &State,
    theme: &Theme,
    shown: LineSide<'_>,
    file: usize,
    part: usize,
) {
    let (numbers, written, look) = match shown {
        LineSide::Both(marked) => of_hunk(state, file, marked, theme),
        LineSide::Quiet(marked) => {
            let (numbers, _, look) = of_hunk(state, file, marked, theme);
            let quiet = LineLook { sign: "≈", sign_style: theme.label, text: theme.muted, word: theme.muted };
            (numbers, CodeLine::of(marked.line), if marked.is_out { look } else { quiet })
        }
        LineSide::Around(numbers) => {
            let text = text_of(state, file, FileSide::New, numbers[1]).unwrap_or_default();
            let colours = state.review.colouring.of(file, FileSide::New, numbers[1]);
            (numbers.map(Some), text.with_syntax(colours), look(LineKind::Context, false, theme))
        }
        LineSide::Cell(line) => ([line.old, line.new], CodeLine::of(line), look(line.kind, false, theme)),
        LineSide::Whole(side, number, is_changed) => {
            let text = text_of(state, file, side, number).unwrap_or_default();
            let (kind, numbers) = match side {
                FileSide::New => (LineKind::Added, [None, Some(number)]),
                FileSide::Old => (LineKind::Removed, [Some(number), None]),
            };
            let colours = state.review.colouring.of(file, side, number);
            let kind = if is_changed { kind } else { LineKind::Context };
            (numbers, text.with_syntax(colours), look(kind, false, theme))
        }
    };
    put_gutter(frame, here, &numbers, part, look, theme);
    let text = Area { x: here.x + GUTTER as u16, width: here.width.saturating_sub(GUTTER as u16), ..here };
    put_text(frame, text, state, theme, written, part, look);
}

/// Returns the numbers, text and styles of a line of a hunk. A line in both files is highlighted as in the new one.
fn of_hunk<'a>(
    state: &'a State,
    file: usize,
    Marked { line, words, is_out }: Marked<'a>,
    theme: &Theme,
) -> ([Option<u32>; 2], CodeLine<'a>, LineLook) {
    let colours: &[(Range<usize>, Syntax)] = match (line.old, line.new) {
        _ if is_out => &[],
        (_, Some(new)) => state.review.colouring.of(file, FileSide::New, new),
        (Some(old), None) => state.review.colouring.of(file, FileSide::Old, old),
        (None, None) => &[],
    };
    let written = CodeLine::of(line).with_emphasis(words).with_syntax(colours);
    ([line.old, line.new], written, look(line.kind, is_out, theme))
}

/// Draws numbers and sign; for further rows of a wrapped line, only a continuation mark.
fn put_gutter(frame: &mut Frame<'_>, here: Area, numbers: &[Option<u32>], part: usize, look: LineLook, theme: &Theme) {
    let number = |number: &Option<u32>| match number {
        Some(number) if part == 0 => format!("{number:>5}"),
        _ => "     ".to_owned(),
    };
    let numbers: String = numbers.iter().map(number).collect();
    let sign = if part == 0 { look.sign } else { "┊" };
    frame::line(frame, here, 0, &[(format!("{numbers} "), theme.muted), (format!("{sign} "), look.sign_style)]);
}

/// Draws two lines side by side; either may be missing.
pub(in crate::ui) fn pair(
    frame: &mut Frame<'_>,
    here: Area,
    state: &State,
    theme: &Theme,
    file: usize,
    (left, right): (Option<Marked<'_>>, Option<Marked<'_>>),
    part: usize,
) {
    let half = here.width.saturating_sub(1) / 2;
    let areas = [Area { width: half, ..here }, Area { x: here.x + half + 1, width: half, ..here }];
    frame::line(frame, Area { x: here.x + half, width: 1, ..here }, 0, &[("│".to_owned(), theme.muted)]);
    for (side, area, shown) in [(0, areas[0], left), (1, areas[1], right)] {
        let Some(shown) = shown else { continue };
        let (numbers, written, look) = of_hunk(state, file, shown, theme);
        put_gutter(frame, area, &numbers[side..=side], part, look, theme);
        let text =
            Area { x: area.x + SIDE_GUTTER as u16, width: area.width.saturating_sub(SIDE_GUTTER as u16), ..area };
        put_text(frame, text, state, theme, written, part, look);
    }
}

fn put_text(
    frame: &mut Frame<'_>,
    area: Area,
    state: &State,
    theme: &Theme,
    written: CodeLine<'_>,
    part: usize,
    look: LineLook,
) {
    let (tab, measured) = (state.review.view.tab_width, state.screen.signs.measured().clone());
    let is_wrapped = state.review.view.wrap || state.review.open.is_none();
    let row = if is_wrapped {
        wrap(written, &Room { width: area.width as usize, tab, measured }).into_iter().nth(part).unwrap_or_default()
    } else {
        // One row, cut on both sides of the visible part.
        cut(
            wrap(written, &Room { width: usize::MAX / 2, tab, measured }).into_iter().next().unwrap_or_default(),
            state.review.view.pan,
        )
    };
    let mut pieces: Vec<(String, Style)> = Vec::with_capacity(row.len());
    for piece in row {
        let style = match (piece.emphasis, piece.syntax) {
            (true, _) => look.word,
            (false, Some(syntax)) => look.text.patch(syntax_style(syntax, theme)),
            (false, None) => look.text,
        };
        if piece.is_tab {
            // The arrow of a tab is not in the file: it looks different from a written one, and a search does not find it.
            let style = style.patch(Style { bg: None, ..theme.muted }).add_modifier(Modifier::DIM);
            pieces.push((piece.text, style));
            continue;
        }
        let found = match_ranges(&piece.text, sought(state));
        let mut at = 0;
        for range in found {
            pieces.push((piece.text[at..range.start].to_owned(), style));
            pieces.push((piece.text[range.clone()].to_owned(), theme.found));
            at = range.end;
        }
        pieces.push((piece.text[at..].to_owned(), style));
    }
    // The line's background extends to the edge.
    let under = Style { fg: None, ..look.text };
    frame::styled_line(frame, area, 0, &pieces, Style { add_modifier: Modifier::empty(), ..under });
}

/// Returns the search in the diff; empty outside the review.
fn sought(state: &State) -> &str {
    if state.review.open.is_some() { &state.review.view.search } else { "" }
}

/// Returns the pieces without their first `pan` cells.
fn cut(row: Vec<Piece>, pan: usize) -> Vec<Piece> {
    let mut left = pan;
    let mut kept = Vec::new();
    for piece in row {
        let mut text = String::new();
        for grapheme in unicode_segmentation::UnicodeSegmentation::graphemes(piece.text.as_str(), true) {
            if left > 0 {
                left = left.saturating_sub(grapheme.width());
            } else {
                text.push_str(grapheme);
            }
        }
        if !text.is_empty() {
            kept.push(Piece { text, ..piece });
        }
    }
    kept
}

/// Returns a line of a whole file; `None` if its text is not known.
fn text_of(state: &State, file: usize, side: FileSide, number: u32) -> Option<CodeLine<'_>> {
    Some(CodeLine::of_text(state.review.texts.as_ref()?.both(file)?.side(side).line(number)?))
}
