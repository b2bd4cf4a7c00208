//! The words that differ between a line and its replacement.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use super::{DiffLine, LineKind, paired};

/// Longest block in which words are compared, in lines.
const LONGEST_BLOCK: usize = 64;
/// Lines with less in common are not a line and its edit.
const ALIKE: f32 = 0.4;

/// Byte ranges of a line that differ from its counterpart.
pub type ChangedRanges = Vec<Range<usize>>;

/// The block of removed and added lines around one line of a hunk: the start of the removed ones, the start of the
/// added ones, the end. `None` if nothing is replaced, or too much.
pub fn block_around(lines: &[DiffLine], at: usize) -> Option<[usize; 3]> {
    let is_changed = |line: &DiffLine| line.kind != LineKind::Context;
    let here = lines.get(at).filter(|line| is_changed(line))?;
    let back = |from: usize, kind: LineKind| lines[..from].iter().rev().take_while(|line| line.kind == kind).count();
    let ahead = |from: usize, kind: LineKind| lines[from..].iter().take_while(|line| line.kind == kind).count();
    let added = match here.kind {
        LineKind::Added => at - back(at, LineKind::Added),
        _ => at + ahead(at, LineKind::Removed),
    };
    let removed = added - back(added, LineKind::Removed);
    let end = added + ahead(added, LineKind::Added);
    let (old, new) = (added - removed, end - added);
    (old > 0 && new > 0 && old.max(new) <= LONGEST_BLOCK).then_some([removed, added, end])
}

/// The words that differ in a block of removed lines followed by added ones, as marks for each of its lines.
pub fn differing_words(lines: &[DiffLine], [removed, added, end]: [usize; 3]) -> Vec<ChangedRanges> {
    fn bytes(lines: &[DiffLine]) -> Vec<&[u8]> {
        lines.iter().map(|line| line.text.raw().as_bytes()).collect()
    }
    let mut marks = vec![ChangedRanges::new(); end - removed];
    let (old, new) = (&lines[removed..added], &lines[added..end]);
    for pair in paired(&bytes(old), &bytes(new)) {
        let (Some(at), Some(by)) = pair else { continue };
        let (gone, come) = words_between(old[at].text.raw(), new[by].text.raw());
        marks[at] = gone;
        marks[added - removed + by] = come;
    }
    marks
}

fn words_between(old: &str, new: &str) -> (ChangedRanges, ChangedRanges) {
    let diff = TextDiff::configure().diff_unicode_words(old, new);
    let (mut gone, mut come) = (ChangedRanges::new(), ChangedRanges::new());
    if diff.ratio() < ALIKE {
        return (gone, come);
    }
    let (mut old_at, mut new_at) = (0, 0);
    for change in diff.iter_all_changes() {
        let len = change.value().len();
        match change.tag() {
            ChangeTag::Equal => {
                old_at += len;
                new_at += len;
            }
            ChangeTag::Delete => {
                extend(&mut gone, old_at..old_at + len);
                old_at += len;
            }
            ChangeTag::Insert => {
                extend(&mut come, new_at..new_at + len);
                new_at += len;
            }
        }
    }
    (gone, come)
}

fn extend(marks: &mut ChangedRanges, range: Range<usize>) {
    match marks.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => marks.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<DiffLine> {
        text.lines()
            .map(|line| DiffLine {
                kind: match &line[..1] {
                    "-" => LineKind::Removed,
                    "+" => LineKind::Added,
                    _ => LineKind::Context,
                },
                old: None,
                new: None,
                text: line[1..].into(),
                cut: 0,
                no_newline: false,
            })
            .collect()
    }

    #[test]
    fn a_block_is_found_from_each_of_its_lines() {
        let hunk = lines(" a\n-LR = 1\n-WD = 2\n+LR = 3\n+WD = 2\n b\n+new\n c");
        for at in 1..5 {
            assert_eq!(block_around(&hunk, at), Some([1, 3, 5]), "{at}");
        }
        for at in [0, 5, 6, 7, 99] {
            assert_eq!(block_around(&hunk, at), None, "{at}");
        }
    }

    #[test]
    fn the_word_that_differs_is_marked_on_both_sides() {
        let hunk = lines("-LR = 0.1\n+import math\n+LR = 0.25");
        let marks = differing_words(&hunk, [0, 1, 3]);
        assert_eq!(marks, [vec![5..8; 1], Vec::new(), vec![5..9; 1]]);
        let other = lines("-something\n+entirely = different()");
        assert!(differing_words(&other, [0, 1, 2]).iter().all(Vec::is_empty), "not a line and its edit");
    }
}
