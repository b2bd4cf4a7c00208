//! The diff of the shown change: its rows and their marks.

use ratatui::Frame;

use crate::app::{Area, DiffDoc, DiffView, DocRow, HunkShare, Modal, ShownText, State, included_share};
use crate::model::{CellRow, CommentKind, Draft, FileChange, FileSide, HunkKey, Severity, counted};
use crate::policy::text::Visible;
use crate::ui::review::diff_line::{LineSide, Marked, line, pair};
use crate::ui::{Theme, frame};

/// Keywords that begin the definition of a named block.
const HEADS: [&str; 14] = [
    "class",
    "def",
    "async",
    "fn",
    "pub",
    "func",
    "function",
    "impl",
    "struct",
    "enum",
    "trait",
    "interface",
    "export",
    "module",
];
/// Column of the mark on the cursor's row.
const MARK: u16 = 10;

/// Draws the rows that fit; returns their range, or `None` if no diff was drawn.
pub(in crate::ui) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) -> Option<(usize, usize)> {
    if area.height < 2 {
        return None;
    }
    let body = area.below_title();
    let Some(doc) = &state.review.doc else {
        frame::title(frame, area, "change", theme);
        let why = state.shown().and_then(|index| state.assessments.failures.get(&state.snapshot.experiments[index].id));
        let text = why.map(|why| Visible::of(why).to_string());
        let text = text.unwrap_or_else(|| if state.shown().is_some() { "…".to_owned() } else { String::new() });
        for (row, part) in frame::sentence(&text, body.width.saturating_sub(2) as usize).iter().enumerate() {
            frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
        }
        return None;
    };
    let height = body.height as usize;
    let to = (state.review.scroll + height).min(doc.rows.len());
    frame::title(frame, area, &title(state, doc, state.review.scroll, to), theme);
    let drawing = DiffDrawing { state, doc, theme, draft: draft(state, doc) };
    for (row, at) in (state.review.scroll..to).enumerate() {
        let here = Area { y: body.y + row as u16, height: 1, ..body };
        drawing.row(frame, here, at);
        drawing.marks(frame, here, at);
    }
    Some((state.review.scroll, to))
}

/// Returns the person's draft on the change; `None` if the diff shows a result or a revert.
fn draft<'a>(state: &'a State, doc: &DiffDoc) -> Option<&'a Draft> {
    let judged = doc.assessment()?;
    state
        .decisions
        .drafts
        .of
        .get(&judged.experiment)
        .filter(|_| !matches!(state.review.view.shown, ShownText::Result | ShownText::Revert))
}

fn title(state: &State, doc: &DiffDoc, from: usize, to: usize) -> String {
    let files = doc.files();
    let hunks: usize = files.iter().map(FileChange::hunk_count).sum();
    let place = if to - from < doc.rows.len() {
        format!(" · rows {}–{to} of {}", from + 1, doc.rows.len())
    } else {
        String::new()
    };
    let DiffView { shown: face, collapses_whitespace: quiet, wrap, .. } = &state.review.view;
    let face = match face {
        _ if state.review.open.is_none() => String::new(),
        ShownText::Change => String::new(),
        ShownText::Result => "what would be committed: ".to_owned(),
        ShownText::Revert => "what the revert would commit: ".to_owned(),
        ShownText::Whole(_, FileSide::New) => "whole file, after: ".to_owned(),
        ShownText::Whole(_, FileSide::Old) => "whole file, before: ".to_owned(),
    };
    let in_review = state.review.open.is_some();
    let how: String = [(*quiet && in_review, " · whitespace collapsed"), (!wrap && in_review, " · not wrapped")]
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, how)| *how)
        .collect();
    if in_review && files.len() > 1 {
        let at = doc.file_of(state.review.view.cursor).map_or(0, |at| at + 1);
        format!("{face}file {at} of {}, {}{how}{place}", files.len(), counted(hunks, "hunk"))
    } else {
        format!("{face}{}, {}{how}{place}", counted(files.len(), "file"), counted(hunks, "hunk"))
    }
}

struct DiffDrawing<'a> {
    state: &'a State,
    doc: &'a DiffDoc,
    theme: &'a Theme,
    draft: Option<&'a Draft>,
}

impl DiffDrawing<'_> {
    fn key(&self, file: usize, hunk: usize) -> Option<HunkKey> {
        self.doc.assessment()?.keys.get(file)?.get(hunk).copied()
    }

    /// True if a line or its whole file is excluded.
    fn is_out(&self, file: usize, hunk: usize, line: usize) -> bool {
        let Some(draft) = self.draft else { return false };
        let is_file_out = self.doc.files().get(file).is_some_and(|file| draft.excluded_files.contains(&file.path));
        let left = self.key(file, hunk).and_then(|key| draft.excluded.get(&key));
        is_file_out || left.is_some_and(|left| left.contains(&(line as u32)))
    }

    /// Returns a line of a hunk with its marks.
    fn line(&self, file: usize, hunk: usize, line: usize) -> Option<Marked<'_>> {
        Some(Marked {
            line: self.doc.line(file, hunk, line)?,
            words: self.state.review.wording.of(file, hunk, line),
            is_out: self.is_out(file, hunk, line),
        })
    }

    fn row(&self, frame: &mut Frame<'_>, here: Area, at: usize) {
        let (doc, theme) = (self.doc, self.theme);
        let put =
            |frame: &mut Frame<'_>, pieces: &[(String, ratatui::style::Style)]| frame::line(frame, here, 0, pieces);
        match &doc.rows[at] {
            DocRow::File(file) => self.file(frame, here, *file),
            DocRow::Hunk { file, hunk } => self.hunk(frame, here, *file, *hunk),
            DocRow::Gap { lines, .. } => {
                put(frame, &[(format!(" ⋯ {} not shown", counted(*lines, "line")), theme.muted)]);
            }
            DocRow::Line { file, hunk, line: number, part } => {
                if let Some(found) = self.line(*file, *hunk, *number) {
                    line(frame, here, self.state, theme, LineSide::Both(found), *file, *part);
                }
            }
            DocRow::Pair { file, hunk, left, right, part } => {
                let side = |line: &Option<usize>| self.line(*file, *hunk, (*line)?);
                pair(frame, here, self.state, theme, *file, (side(left), side(right)), *part);
            }
            DocRow::WhitespaceOnly { file, hunk, lines: [_, new], part } => {
                if let Some(found) = self.line(*file, *hunk, *new) {
                    line(frame, here, self.state, theme, LineSide::Quiet(found), *file, *part);
                }
            }
            DocRow::Context { file, numbers, part } => {
                line(frame, here, self.state, theme, LineSide::Around(*numbers), *file, *part);
            }
            DocRow::Whole { file, side, line: number, is_changed, part } => {
                let shown = LineSide::Whole(*side, *number, *is_changed);
                line(frame, here, self.state, theme, shown, *file, *part);
            }
            DocRow::Cell { file, row, part } => match doc.cell(*file, *row) {
                Some(CellRow::Line(found)) => line(frame, here, self.state, theme, LineSide::Cell(found), *file, *part),
                Some(CellRow::Heading(text)) => put(frame, &[(format!(" {}", Visible::line(text)), theme.hunk)]),
                Some(CellRow::Note(text)) => put(frame, &[(format!("   {}", Visible::line(text)), theme.muted)]),
                None => {}
            },
            DocRow::Remark(text) => put(frame, &[(format!("   {text}"), theme.warning)]),
            DocRow::Conflict(mark, text) => {
                let style = match mark {
                    '!' => theme.bad,
                    '≠' => theme.warning,
                    '→' => theme.added,
                    _ => theme.removed,
                };
                put(frame, &[(format!(" {mark} {text}"), style)]);
            }
            DocRow::Finding(finding) => self.finding(frame, here, *finding),
            DocRow::Comment(comment) => self.comment(frame, here, *comment),
        }
    }

    fn file(&self, frame: &mut Frame<'_>, here: Area, at: usize) {
        let theme = self.theme;
        let Some(file) = self.doc.files().get(at) else { return };
        let mut pieces = vec![
            (format!(" {}", Visible::line(&file.path)), theme.file),
            (format!("  {} +{} −{}", file.status(), file.added, file.removed), theme.muted),
        ];
        if self.state.review.open.is_some() && self.state.review.view.is_folded(&file.path) {
            pieces.push((format!("  ▸ {} folded", counted(file.hunk_count(), "hunk")), theme.label));
        }
        if let Some(draft) = self.draft {
            if draft.excluded_files.contains(&file.path) {
                pieces.push(("  × excluded".to_owned(), theme.warning));
            }
            if self.doc.assessment().is_some_and(|judged| draft.is_edited(&file.path, judged.tip)) {
                pieces.push(("  edited by you".to_owned(), theme.warning));
            }
        }
        frame::line(frame, here, 0, &pieces);
    }

    fn hunk(&self, frame: &mut Frame<'_>, here: Area, file: usize, hunk: usize) {
        let theme = self.theme;
        let Some(found) = self.doc.hunk(file, hunk) else { return };
        let first = found.lines.first();
        let number = first.and_then(|line| line.new.or(line.old)).unwrap_or(1);
        let mut pieces = vec![(format!(" @@ hunk {} at line {number}", hunk + 1), theme.hunk)];
        if let Some(key) = self.key(file, hunk) {
            if self.state.decisions.drafts.viewed.contains(&key) {
                pieces.push(("  ✓ viewed".to_owned(), theme.good));
            }
            match included_share(self.draft, key, found) {
                HunkShare::Whole => {}
                HunkShare::Nothing => pieces.push(("  × excluded".to_owned(), theme.warning)),
                HunkShare::AllBut(out, of) => pieces.push((format!("  × {out} of {of} lines excluded"), theme.warning)),
            }
        }
        // The enclosing definition: the nearest line above that is not indented.
        if let Some(within) = self.within(file, number) {
            pieces.push((format!("  {}", Visible::of(&within).fit(60)), theme.muted));
        }
        frame::line(frame, here, 0, &pieces);
    }

    /// Returns the line above a hunk that begins its enclosing definition.
    fn within(&self, file: usize, line: u32) -> Option<String> {
        /// Maximum number of lines above a hunk to search.
        const FARTHEST: u32 = 400;
        let texts = self.state.review.texts.as_ref().filter(|_| self.state.review.open.is_some())?;
        let both = texts.both(file)?;
        let is_head = |text: &&str| text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '@'));
        let above = (line.saturating_sub(FARTHEST).max(1)..line).rev();
        let head = above.filter_map(|number| both.new.line(number)).find(is_head)?;
        // A constant or a line of prose does not name the lines after it.
        let is_definition = |head: &String| {
            let first = head.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            head.ends_with([':', '{', '(']) && (head.contains('(') || HEADS.contains(&first))
        };
        Some(head.trim_end().to_owned()).filter(is_definition)
    }

    fn finding(&self, frame: &mut Frame<'_>, here: Area, at: usize) {
        let Some(finding) = self.doc.assessment().and_then(|judged| judged.findings.get(at)) else { return };
        let style = match finding.severity {
            Severity::Critical => self.theme.critical,
            Severity::Warning => self.theme.warning,
            Severity::Note => self.theme.muted,
        };
        let text = format!("           {} {}: {}", finding.severity.glyph(), finding.kind.word(), finding.message);
        frame::line(frame, here, 0, &[(text, style)]);
    }

    fn comment(&self, frame: &mut Frame<'_>, here: Area, at: usize) {
        let Some(comment) = self.doc.recipe.comments.get(at) else { return };
        let glyph = if comment.kind == CommentKind::Question { "?" } else { "✎" };
        let text = format!("           {glyph} {}", Visible::of(&comment.body));
        frame::line(frame, here, 0, &[(text, self.theme.key)]);
    }

    /// Draws the cursor, the marked range, and the line of the comment being written.
    fn marks(&self, frame: &mut Frame<'_>, here: Area, at: usize) {
        let (state, theme) = (self.state, self.theme);
        if state.review.open.is_none() {
            return;
        }
        let reading = &state.review.view;
        let is_commented = matches!(&state.window.modal, Some(Modal::Comment(prompt)) if prompt.row == at);
        let in_range =
            reading.range_from.is_some_and(|from| (from.min(reading.cursor)..=from.max(reading.cursor)).contains(&at));
        if is_commented || in_range {
            frame.buffer_mut().set_style(frame::rect(here), theme.selected);
        } else if at == reading.cursor {
            frame.buffer_mut().set_style(frame::rect(here), theme.cursor_line);
        }
        let is_line = self.doc.place(at).is_some();
        // A line has room for the mark next to its numbers; other rows are marked at the left edge.
        let x = if is_line && !self.doc.recipe.manner.two { MARK } else { 0 };
        if at == reading.cursor {
            let mark = Area { x: here.x + x.min(here.width.saturating_sub(1)), width: 1, ..here };
            frame::line(frame, mark, 0, &[("▸".to_owned(), theme.key)]);
        }
    }
}
