//! Lays a diff out in rows.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::app::review::pieces::{CodeLine, Room, row_count};
use crate::app::review::rows::{DocOf, DocRow, LayoutInputs};
use crate::model::{
    AgentText, Built, CellRow, Comment, Content, DiffLine, FileChange, FileKind, FileSide, Hunk, LineKind,
    NotebookChange, paired,
};
use crate::policy::text::Visible;
use crate::query::Both;

/// Lines that a conflict shows of each side; the whole change follows below.
const CONFLICT_LINES: usize = 5;
/// Context lines that the hunks themselves contain.
pub(super) const OWN_CONTEXT: usize = 3;
/// Maximum lines of a block in which whitespace-only changes are detected; longer blocks are shown in full.
const QUIET_BLOCK: usize = 5_000;

/// Returns all rows of a recipe.
pub(super) fn lay_out(recipe: &LayoutInputs) -> Vec<DocRow> {
    let mut builder = RowBuilder { recipe, room: recipe.room(), rows: Vec::new(), notes: Notes::of(recipe) };
    let files = match &recipe.of {
        DocOf::Judged(assessment) => assessment.built.files(),
        DocOf::Compared(comparison) => &comparison.files,
    };
    if let Some((at, side)) = recipe.whole
        && let (Some(file), Some(both)) = (files.get(at), recipe.both(at))
    {
        builder.whole(at, file, both, side);
        return builder.rows;
    }
    match &recipe.of {
        DocOf::Judged(assessment) => builder.rows.extend(remarks_of(&assessment.built, recipe.manner.tab)),
        DocOf::Compared(_) if files.is_empty() => {
            builder.rows.push(DocRow::Remark("both have the same files".to_owned()));
        }
        DocOf::Compared(_) => {}
    }
    builder.notes_of_all();
    for (at, file) in files.iter().enumerate() {
        builder.file(at, file);
    }
    builder.rows
}

impl LayoutInputs {
    fn both(&self, file: usize) -> Option<&Both> {
        self.texts.as_ref()?.both(file).map(|both| &**both)
    }
}

/// Rows that follow lines: findings and comments, by file and line.
struct Notes<'a> {
    of: HashMap<(&'a AgentText, FileSide, Option<u32>), Vec<DocRow>>,
}

impl<'a> Notes<'a> {
    fn of(recipe: &'a LayoutInputs) -> Self {
        let mut of: HashMap<_, Vec<DocRow>> = HashMap::new();
        if let DocOf::Judged(assessment) = &recipe.of {
            for (at, finding) in assessment.findings.iter().enumerate() {
                if let Some(path) = &finding.path {
                    of.entry((path, FileSide::New, finding.line)).or_default().push(DocRow::Finding(at));
                }
            }
        }
        for (at, Comment { path, side, line, .. }) in recipe.comments.iter().enumerate() {
            if let Some(path) = path {
                of.entry((path, side.unwrap_or(FileSide::New), *line)).or_default().push(DocRow::Comment(at));
            }
        }
        Self { of }
    }
}

/// The hunk whose rows are being built.
#[derive(Clone, Copy)]
struct Here<'a> {
    /// Index of the file.
    file: usize,
    change: &'a FileChange,
    /// Index of the hunk.
    hunk: usize,
    lines: &'a [DiffLine],
}

struct RowBuilder<'a> {
    recipe: &'a LayoutInputs,
    room: Room,
    rows: Vec<DocRow>,
    notes: Notes<'a>,
}

impl RowBuilder<'_> {
    /// Adds the comments on the change as a whole.
    fn notes_of_all(&mut self) {
        let whole = self.recipe.comments.iter().enumerate().filter(|(_, comment)| comment.path.is_none());
        self.rows.extend(whole.map(|(at, _)| DocRow::Comment(at)));
    }

    fn note(&mut self, file: &FileChange, side: FileSide, line: Option<u32>) {
        if let Some(rows) = self.notes.of.get(&(&file.path, side, line)) {
            self.rows.extend(rows.iter().cloned());
        }
    }

    fn note_line(&mut self, file: &FileChange, line: &DiffLine) {
        if self.notes.of.is_empty() {
            return;
        }
        for (side, number) in [(FileSide::Old, line.old), (FileSide::New, line.new)] {
            if number.is_some() {
                self.note(file, side, number);
            }
        }
    }

    fn parts(&self, line: CodeLine<'_>) -> usize {
        if self.recipe.manner.wrap { row_count(line, &self.room) } else { 1 }
    }

    fn whole(&mut self, at: usize, file: &FileChange, both: &Both, side: FileSide) {
        self.rows.push(DocRow::File(at));
        let text = both.side(side);
        let kind = if side == FileSide::New { LineKind::Added } else { LineKind::Removed };
        let own = |line: &DiffLine| if side == FileSide::New { line.new } else { line.old };
        let lines = file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == kind);
        let changed: HashSet<u32> = lines.filter_map(own).collect();
        if text.is_empty() {
            self.rows.push(DocRow::Remark("this file is empty".to_owned()));
        }
        for number in 1..=text.len() as u32 {
            let parts = self.parts(CodeLine::of_text(text.line(number).unwrap_or_default()));
            let is_changed = changed.contains(&number);
            self.rows.extend((0..parts).map(|part| DocRow::Whole { file: at, side, line: number, is_changed, part }));
            self.note(file, side, Some(number));
        }
    }

    fn file(&mut self, at: usize, file: &FileChange) {
        self.rows.push(DocRow::File(at));
        if self.recipe.folded.contains(&file.path) {
            return;
        }
        self.note(file, FileSide::New, None);
        self.rows.extend(remark(file).map(DocRow::Remark));
        match by_cells(file) {
            Some(notebook) if !self.recipe.raw => return self.cells(at, file, notebook),
            Some(_) => self.rows.push(DocRow::Remark("the raw JSON; J shows the cells".to_owned())),
            None => {}
        }
        // The numbers of the last line shown so far, in the old file and the new one.
        let mut shown = [0, 0];
        for (hunk_at, hunk) in file.hunks.iter().enumerate() {
            let Some(span) = HunkSpan::of(hunk) else { continue };
            self.between(at, hunk_at, shown, Some(span.first));
            self.rows.push(DocRow::Hunk { file: at, hunk: hunk_at });
            self.hunk(Here { file: at, change: file, hunk: hunk_at, lines: &hunk.lines });
            shown = span.last;
        }
        if !file.hunks.is_empty() && file.hunks_left_out == 0 {
            self.between(at, file.hunks.len(), shown, None);
        }
        if file.hunks_left_out > 0 {
            let left_out = file.hunks_left_out;
            self.rows.push(DocRow::Remark(format!("{left_out} more hunks are not shown: the change is too large")));
        }
    }

    /// Lays out a notebook by cell, always in one column.
    fn cells(&mut self, at: usize, file: &FileChange, notebook: &NotebookChange) {
        let raw = format!("+{} −{}", file.added, file.removed);
        let remark = match (notebook.rows.is_empty(), self.recipe.has_gaps) {
            (true, _) => format!("no cell changed, only the formatting of the JSON ({raw})"),
            (false, true) => format!("shown by cell; J shows the raw JSON ({raw}), where lines can be excluded"),
            (false, false) => format!("shown by cell; the review can also show the raw JSON ({raw})"),
        };
        self.rows.push(DocRow::Remark(remark));
        // Findings and comments on lines of the JSON go here, because those lines are not shown.
        let mut notes: Vec<_> =
            self.notes.of.iter().filter(|((path, _, line), _)| **path == file.path && line.is_some()).collect();
        notes.sort_by_key(|((_, side, line), _)| (*line, *side == FileSide::New));
        self.rows.extend(notes.into_iter().flat_map(|(_, rows)| rows.iter().cloned()));
        let room = self.recipe.whole_room();
        for (row, shown) in notebook.rows.iter().enumerate() {
            let parts = match shown {
                CellRow::Line(line) if self.recipe.manner.wrap => row_count(CodeLine::of(line), &room),
                _ => 1,
            };
            self.rows.extend((0..parts).map(|part| DocRow::Cell { file: at, row, part }));
        }
    }

    /// Lays out the lines between two hunks: the requested context, and a gap for the rest. `next` is the start of the
    /// next hunk; `None` after the last.
    fn between(&mut self, at: usize, hunk: usize, shown: [u32; 2], next: Option<[u32; 2]>) {
        let both = self.recipe.both(at);
        let end = match (next, both) {
            (Some(next), _) => next[1],
            (None, Some(both)) => both.new.len() as u32 + 1,
            (None, None) => return,
        };
        let hidden = end.saturating_sub(shown[1] + 1) as usize;
        if hidden == 0 {
            return;
        }
        let wanted = self.recipe.context.saturating_sub(OWN_CONTEXT);
        let (after, before) = match both {
            None => (0, 0),
            Some(_) if self.recipe.opened.contains(&(at, hunk)) => (hidden, 0),
            Some(_) => {
                let after = if hunk == 0 { 0 } else { wanted.min(hidden) };
                let before = if next.is_none() { 0 } else { wanted.min(hidden - after) };
                (after, before)
            }
        };
        self.around(at, shown, 0..after);
        let left = hidden - after - before;
        // A gap between two hunks is shown and can be expanded; those before the first and after the last hunk are not.
        if left > 0 && self.recipe.has_gaps && hunk > 0 && next.is_some() {
            self.rows.push(DocRow::Gap { file: at, hunk, lines: left });
        }
        self.around(at, shown, after + left..hidden);
    }

    /// Lays out unchanged lines, numbered from the last shown line.
    fn around(&mut self, at: usize, shown: [u32; 2], lines: Range<usize>) {
        let both = self.recipe.both(at);
        for line in lines.map(|line| line as u32) {
            let numbers = [shown[0] + line + 1, shown[1] + line + 1];
            let text = both.and_then(|both| both.new.line(numbers[1])).unwrap_or_default();
            let parts = self.parts(CodeLine::of_text(text));
            self.rows.extend((0..parts).map(|part| DocRow::Context { file: at, numbers, part }));
        }
    }

    fn hunk(&mut self, here: Here<'_>) {
        let lines = here.lines;
        let mut from = 0;
        while from < lines.len() {
            if lines[from].kind == LineKind::Context {
                self.single(here, from);
                from += 1;
                continue;
            }
            let of = |kind, from: usize| lines[from..].iter().take_while(|line| line.kind == kind).count();
            let removed = from..from + of(LineKind::Removed, from);
            let added = removed.end..removed.end + of(LineKind::Added, removed.end);
            from = added.end.max(from + 1);
            self.block(here, removed, added);
        }
    }

    /// Lays out removed lines and the lines added in their place.
    fn block(&mut self, here: Here<'_>, removed: Range<usize>, added: Range<usize>) {
        if !self.recipe.manner.collapse_whitespace || removed.len() + added.len() > QUIET_BLOCK {
            return self.loud(here, removed, added);
        }
        let bare = |at: usize| {
            let line = &here.lines[at];
            (line.text.raw().split_whitespace().collect::<String>(), line.cut)
        };
        let (old, new): (Vec<_>, Vec<_>) = (removed.clone().map(bare).collect(), added.clone().map(bare).collect());
        let shifted = |range: Range<usize>, by: usize| range.start + by..range.end + by;
        for op in similar::capture_diff_slices(similar::Algorithm::Patience, &old, &new) {
            let (old, new) = (shifted(op.old_range(), removed.start), shifted(op.new_range(), added.start));
            if op.tag() == similar::DiffTag::Equal {
                old.zip(new).for_each(|(old, new)| self.quiet(here, [old, new]));
            } else {
                self.loud(here, old, new);
            }
        }
    }

    fn loud(&mut self, here: Here<'_>, removed: Range<usize>, added: Range<usize>) {
        if !self.recipe.manner.two {
            removed.chain(added).for_each(|line| self.single(here, line));
            return;
        }
        let bytes = |range: &Range<usize>| -> Vec<&[u8]> {
            here.lines[range.clone()].iter().map(|line| line.text.raw().as_bytes()).collect()
        };
        for (old, new) in paired(&bytes(&removed), &bytes(&added)) {
            self.pair(here, old.map(|old| removed.start + old), new.map(|new| added.start + new));
        }
    }

    fn single(&mut self, here: Here<'_>, at: usize) {
        let line = &here.lines[at];
        if self.recipe.manner.two {
            // An unchanged line is put on both sides, a changed one on its own.
            return self.pair(here, line.old.map(|_| at), line.new.map(|_| at));
        }
        let parts = self.parts(CodeLine::of(line));
        self.rows.extend((0..parts).map(|part| DocRow::Line { file: here.file, hunk: here.hunk, line: at, part }));
        self.after(here.change, line);
    }

    fn pair(&mut self, here: Here<'_>, left: Option<usize>, right: Option<usize>) {
        let both = left.into_iter().chain(right.filter(|_| left != right)).map(|at| &here.lines[at]);
        let parts = both.clone().map(|line| self.parts(CodeLine::of(line))).max().unwrap_or(1);
        let Here { file, hunk, .. } = here;
        self.rows.extend((0..parts).map(|part| DocRow::Pair { file, hunk, left, right, part }));
        both.for_each(|line| self.after(here.change, line));
    }

    fn quiet(&mut self, here: Here<'_>, both: [usize; 2]) {
        let line = &here.lines[both[1]];
        let parts = self.parts(CodeLine::of(line));
        self.rows.extend((0..parts).map(|part| DocRow::WhitespaceOnly {
            file: here.file,
            hunk: here.hunk,
            lines: both,
            part,
        }));
        self.after(here.change, line);
    }

    /// Adds the rows that follow a line.
    fn after(&mut self, file: &FileChange, line: &DiffLine) {
        if line.no_newline {
            self.rows.push(DocRow::Remark(DiffLine::NO_NEWLINE.to_owned()));
        }
        self.note_line(file, line);
    }
}

/// The numbers of a hunk's first and last lines, in the old file and the new one.
struct HunkSpan {
    first: [u32; 2],
    last: [u32; 2],
}

impl HunkSpan {
    fn of(hunk: &Hunk) -> Option<Self> {
        let numbers = |side: fn(&DiffLine) -> Option<u32>| -> Option<(u32, u32)> {
            let first = hunk.lines.iter().find_map(side)?;
            Some((first, hunk.lines.iter().rev().find_map(side).unwrap_or(first)))
        };
        // A side without lines is a file that does not exist.
        let (old, new) = (numbers(|line| line.old), numbers(|line| line.new));
        old.or(new)?;
        let (old, new) = (old.unwrap_or((1, 0)), new.unwrap_or((1, 0)));
        Some(Self { first: [old.0, new.0], last: [old.1, new.1] })
    }
}
/// Returns the remarks before the files: the conflicts, or that the change is already contained.
fn remarks_of(built: &Built, tab: usize) -> Vec<DocRow> {
    let mut rows = Vec::new();
    if let Built::Conflict(conflict) = built {
        for place in &conflict.places {
            let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
            rows.push(DocRow::Conflict('!', format!("{}{line}: {}", Visible::line(&place.path), place.reason)));
            for (mark, lines) in [('≠', &place.found), ('←', &place.expected), ('→', &place.proposed)] {
                rows.extend(
                    lines
                        .iter()
                        .take(CONFLICT_LINES)
                        .map(|line| DocRow::Conflict(mark, Visible::code(line.raw(), tab).to_string())),
                );
                if lines.len() > CONFLICT_LINES {
                    rows.push(DocRow::Conflict(mark, "…".to_owned()));
                }
            }
        }
        if !conflict.places.is_empty() {
            rows.push(DocRow::Remark("≠ approved branch   ← expected by this change   → proposed".to_owned()));
            rows.push(DocRow::Remark("the change as the loop made it:".to_owned()));
        }
    }
    if let Built::Contained(_) = built {
        rows.push(DocRow::Remark("the approved branch already contains this change; as the loop made it:".to_owned()));
    }
    rows
}

/// Returns the cell changes of a file; `None` if it is not a notebook, or could not be parsed as one.
pub(super) fn by_cells(file: &FileChange) -> Option<&NotebookChange> {
    file.nature.notebook.as_deref().filter(|notebook| notebook.unread.is_none())
}

/// Returns the remark about a file besides its lines.
fn remark(file: &FileChange) -> Option<String> {
    let kind = match (file.old, file.new) {
        (_, FileKind::Symlink) => Some("becomes a symlink; its target:"),
        (FileKind::Symlink, _) => Some("was a symlink"),
        (_, FileKind::Gitlink) => Some("becomes a submodule"),
        (FileKind::Gitlink, _) => Some("was a submodule"),
        (FileKind::Regular | FileKind::Absent, FileKind::Executable) => Some(FileKind::MADE_EXECUTABLE),
        (FileKind::Executable, FileKind::Regular) => Some(FileKind::NOT_EXECUTABLE),
        (_, FileKind::Absent) => Some("is deleted"),
        _ => None,
    };
    let content = match file.content {
        Content::Text => None,
        Content::Binary => Some("binary: its content cannot be shown".to_owned()),
        Content::Beyond => Some("not shown: too many files change".to_owned()),
        Content::TooLarge(bytes) => Some(format!("{bytes} bytes: too large to compare line by line")),
    };
    match (kind, content) {
        (None, None) => None,
        (kind, content) => {
            Some([kind.map(str::to_owned), content].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
    }
}
