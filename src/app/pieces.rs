//! Lines of a diff as visible pieces, wrapped to a width: nothing is ever beyond the edge.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::model::{DiffLine, FileChange, LineKind};
use crate::policy::text::Visible;

/// A run of visible text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What is drawn.
    pub text: String,
    /// True when it differs from the line it replaces.
    pub emphasis: bool,
}

/// The rows that a line takes at a width in cells; at least one.
pub fn wrap(line: &DiffLine, width: usize) -> Vec<Vec<Piece>> {
    let width = width.max(2);
    let mut rows = vec![Vec::new()];
    let mut used = 0;
    let shown = line.text.raw().trim_end_matches(' ').len();
    let mut at = 0;
    for (text, emphasis) in runs(line) {
        // Spaces at the end of a line are told, or an edit of nothing else could not be seen.
        let (text, spaces) = text.split_at(shown.saturating_sub(at).min(text.len()));
        at += text.len() + spaces.len();
        let visible = format!("{}{}", Visible::of(text), "·".repeat(spaces.len()));
        let mut piece = String::new();
        for grapheme in visible.graphemes(true) {
            let cells = grapheme.width();
            if used + cells > width {
                push(&mut rows, &mut piece, emphasis);
                rows.push(Vec::new());
                used = 0;
            }
            piece.push_str(grapheme);
            used += cells;
        }
        push(&mut rows, &mut piece, emphasis);
    }
    if line.cut > 0 {
        rows.push(vec![Piece {
            text: format!("… {} more bytes in this line are not shown", line.cut),
            emphasis: false,
        }]);
    }
    rows
}

/// A change as a patch that people read and paste, with everything hidden spelled out.
pub(super) fn as_patch(files: &[FileChange]) -> String {
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

/// How many rows [`wrap`] gives, cheaper for plain text.
pub(super) fn wrapped_rows(line: &DiffLine, width: usize) -> usize {
    let text = line.text.raw();
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.len().div_ceil(width.max(2)).max(1) + usize::from(line.cut > 0);
    }
    wrap(line, width).len()
}

fn push(rows: &mut [Vec<Piece>], piece: &mut String, emphasis: bool) {
    if let (Some(row), false) = (rows.last_mut(), piece.is_empty()) {
        row.push(Piece { text: std::mem::take(piece), emphasis });
    }
}

/// The text in runs with and without emphasis.
fn runs(line: &DiffLine) -> Vec<(&str, bool)> {
    let text = line.text.raw();
    let mut runs = Vec::new();
    let mut at = 0;
    for mark in &line.emphasis {
        let Some(marked) = text.get(mark.clone()) else { continue };
        if let Some(before) = text.get(at..mark.start).filter(|before| !before.is_empty()) {
            runs.push((before, false));
        }
        runs.push((marked, true));
        at = mark.end;
    }
    if let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        runs.push((rest, false));
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_or_too_wide(text in "(?s).{0,80}", width in 2usize..30) {
            let line = DiffLine {
                kind: LineKind::Added, old: None, new: Some(1), text: text.as_str().into(), cut: 0, no_newline: false,
                emphasis: Vec::new(),
            };
            let rows = wrap(&line, width);
            let whole: String = rows.iter().flatten().map(|piece| piece.text.as_str()).collect();
            let plain = text.trim_end_matches(' ');
            let dots = "·".repeat(text.len() - plain.len());
            prop_assert_eq!(whole, format!("{}{dots}", Visible::of(plain)));
            for row in &rows {
                let cells: usize = row.iter().map(|piece| piece.text.as_str().width()).sum();
                prop_assert!(cells <= width.max(2) || row.iter().map(|p| p.text.graphemes(true).count()).sum::<usize>() == 1);
            }
            prop_assert_eq!(rows.len(), wrapped_rows(&line, width));
        }
    }
}
