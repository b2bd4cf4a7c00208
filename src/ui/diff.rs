//! The diff of the shown change.

use ratatui::Frame;
use ratatui::style::Style;

use super::numbers::counted;
use super::{Theme, frame};
use crate::app::{Area, DiffDoc, DocRow, GUTTER, LineAt, Modal, State, wrap};
use crate::model::{DiffLine, FileChange, LineKind};
use crate::policy::text::Visible;

/// Draws what fits and says which rows that was.
pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) -> Option<(usize, usize)> {
    if area.height < 2 {
        return None;
    }
    let body = area.below_title();
    let Some(doc) = &state.doc else {
        frame::title(frame, area, "change", theme);
        let why = state.shown().and_then(|index| state.failures.get(&state.snapshot.experiments[index].id));
        let text = why.map(|why| Visible::of(why).to_string());
        let text = text.unwrap_or_else(|| if state.shown().is_some() { "…".to_owned() } else { String::new() });
        for (row, part) in frame::sentence(&text, body.width.saturating_sub(2) as usize).iter().enumerate() {
            frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
        }
        return None;
    };
    let height = body.height as usize;
    let to = (state.scroll + height).min(doc.rows.len());
    frame::title(frame, area, &title(doc, state.scroll, to), theme);
    let text_width = (area.width as usize).saturating_sub(GUTTER);
    for (row, at) in (state.scroll..to).enumerate() {
        draw_row(frame, body, row as u16, doc, at, text_width, theme);
        mark_row(frame, body, row as u16, state, at, theme);
    }
    Some((state.scroll, to))
}

/// Marks the line that a comment is being written on, and those that have one.
fn mark_row(frame: &mut Frame<'_>, body: Area, row: u16, state: &State, at: usize, theme: &Theme) {
    let Some(doc) = &state.doc else { return };
    let here = Area { y: body.y + row, height: 1, ..body };
    if let Some(Modal::Comment(prompt)) = &state.modal
        && prompt.row == at
    {
        frame.buffer_mut().set_style(frame::rect(here), theme.selected);
    }
    let drafts = doc.judgement().and_then(|judged| state.drafts.get(&judged.experiment));
    let Some(drafts) = drafts.filter(|drafts| !drafts.is_empty()) else { return };
    let is_on = |line: &LineAt| {
        drafts.iter().any(|draft| {
            draft.path.as_ref() == Some(&line.path) && draft.side == Some(line.side) && draft.line == Some(line.line)
        })
    };
    if matches!(doc.rows[at], DocRow::Line(.., 0)) && doc.line_at(at).is_some_and(|line| is_on(&line)) {
        let mark = Area { x: body.x + GUTTER as u16 - 1, width: 1, ..here };
        frame::line(frame, mark, 0, &[("✎".to_owned(), theme.key)]);
    }
}

fn title(doc: &DiffDoc, from: usize, to: usize) -> String {
    let files = doc.files();
    let hunks: usize = files.iter().map(FileChange::hunk_count).sum();
    let place = if to - from < doc.rows.len() {
        format!(" · rows {}–{to} of {}", from + 1, doc.rows.len())
    } else {
        String::new()
    };
    format!("{}, {}{place}", counted(files.len(), "file"), counted(hunks, "hunk"))
}

fn draw_row(frame: &mut Frame<'_>, body: Area, row: u16, doc: &DiffDoc, at: usize, text_width: usize, theme: &Theme) {
    let files = doc.files();
    match &doc.rows[at] {
        DocRow::File(file) => {
            let Some(file) = files.get(*file) else { return };
            let counts = format!("  {} +{} −{}", file.status(), file.added, file.removed);
            frame::line(
                frame,
                body,
                row,
                &[(format!(" {}", Visible::line(&file.path)), theme.file), (counts, theme.muted)],
            );
        }
        DocRow::Hunk(file, hunk) => {
            let Some(found) = files.get(*file).and_then(|file| file.hunks.get(*hunk)) else { return };
            let line = found.lines.first().and_then(|line| line.new.or(line.old)).unwrap_or(1);
            frame::line(frame, body, row, &[(format!(" @@ hunk {} at line {line}", hunk + 1), theme.hunk)]);
        }
        DocRow::Line(file, hunk, line, part) => {
            let found = files.get(*file).and_then(|file| file.hunks.get(*hunk)).and_then(|hunk| hunk.lines.get(*line));
            if let Some(found) = found {
                draw_line(frame, body, row, found, *part, text_width, theme);
            }
        }
        DocRow::Remark(text) => frame::line(frame, body, row, &[(format!("   {text}"), theme.warning)]),
        DocRow::Conflict(mark, text) => {
            let style = match mark {
                '!' => theme.bad,
                '≠' => theme.warning,
                '→' => theme.added,
                _ => theme.removed,
            };
            frame::line(frame, body, row, &[(format!(" {mark} {text}"), style)]);
        }
    }
}

fn draw_line(
    frame: &mut Frame<'_>,
    body: Area,
    row: u16,
    line: &DiffLine,
    part: usize,
    text_width: usize,
    theme: &Theme,
) {
    let (sign, style, word): (&str, Style, Style) = match line.kind {
        LineKind::Context => (" ", theme.text, theme.text),
        LineKind::Added => ("+", theme.added, theme.added_word),
        LineKind::Removed => ("−", theme.removed, theme.removed_word),
    };
    let number = |number: Option<u32>| match number {
        Some(number) if part == 0 => format!("{number:>5}"),
        _ => "     ".to_owned(),
    };
    let sign = if part == 0 { sign } else { "┊" };
    let mut pieces =
        vec![(format!("{}{} ", number(line.old), number(line.new)), theme.muted), (format!("{sign} "), style)];
    if let Some(row) = wrap(line, text_width).into_iter().nth(part) {
        pieces.extend(row.into_iter().map(|piece| (piece.text, if piece.emphasis { word } else { style })));
    }
    frame::line(frame, body, row, &pieces);
}
