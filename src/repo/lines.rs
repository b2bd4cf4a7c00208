//! Three-way merge of the lines of one file.

use imara_diff::{Algorithm, Diff, InternedInput, sources::byte_lines};
use std::ops::Range;

/// What merging one file gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineMerge {
    /// Both sides fit.
    Clean {
        /// The merged file.
        bytes: Vec<u8>,
        /// True when two sides edited neighbouring lines, which git would call a conflict.
        neighbours: bool,
    },
    /// Both sides edited the same lines; ranges of lines in base, ours and theirs, from 0.
    Conflict(Vec<ConflictLines>),
}

/// Lines that both sides edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictLines {
    /// In the base.
    pub base: Range<usize>,
    /// In ours.
    pub ours: Range<usize>,
    /// In theirs.
    pub theirs: Range<usize>,
}

struct Edit {
    base: Range<usize>,
    side: Range<usize>,
}

/// Merges `theirs` into `ours`, both made from `base`. Lines that only one side edited are taken
/// from it; the same edit on both sides is taken once; neighbouring edits are both taken.
pub fn merge_lines(base: &[u8], ours: &[u8], theirs: &[u8]) -> LineMerge {
    let our_edits = edits(base, ours);
    let their_edits = edits(base, theirs);
    let base_lines: Vec<&[u8]> = byte_lines(base).collect();
    let our_lines: Vec<&[u8]> = byte_lines(ours).collect();
    let their_lines: Vec<&[u8]> = byte_lines(theirs).collect();

    let mut out: Vec<u8> = Vec::with_capacity(ours.len().max(theirs.len()));
    let mut conflicts = Vec::new();
    let mut neighbours = false;
    let mut done = 0; // base lines already written
    let (mut i, mut j) = (0, 0);
    let mut last_side = None;
    while i < our_edits.len() || j < their_edits.len() {
        let from_ours = match (our_edits.get(i), their_edits.get(j)) {
            (Some(a), Some(b)) => (a.base.start, a.base.end) <= (b.base.start, b.base.end),
            (Some(_), None) => true,
            _ => false,
        };
        // Gather everything that overlaps, from either side.
        let (start_i, start_j) = (i, j);
        let first = if from_ours { &our_edits[i] } else { &their_edits[j] };
        let mut base_range = first.base.clone();
        if from_ours {
            i += 1;
        } else {
            j += 1;
        }
        loop {
            if our_edits.get(i).is_some_and(|edit| overlaps(&base_range, &edit.base)) {
                base_range = base_range.start..base_range.end.max(our_edits[i].base.end);
                i += 1;
            } else if their_edits.get(j).is_some_and(|edit| overlaps(&base_range, &edit.base)) {
                base_range = base_range.start..base_range.end.max(their_edits[j].base.end);
                j += 1;
            } else {
                break;
            }
        }
        let ours_here = side_range(&our_edits[start_i..i], &our_edits[..start_i], &base_range);
        let theirs_here = side_range(&their_edits[start_j..j], &their_edits[..start_j], &base_range);
        out.extend(base_lines[done..base_range.start].iter().copied().flatten());
        let side = (i > start_i, j > start_j);
        if done == base_range.start && done > 0 && last_side.is_some_and(|last| last != side) {
            neighbours = true;
        }
        last_side = Some(side);
        done = base_range.end;
        match side {
            (true, false) => out.extend(our_lines[ours_here].iter().copied().flatten()),
            (false, true) => out.extend(their_lines[theirs_here].iter().copied().flatten()),
            _ if our_lines[ours_here.clone()] == their_lines[theirs_here.clone()] => {
                out.extend(our_lines[ours_here].iter().copied().flatten());
            }
            _ => conflicts.push(ConflictLines { base: base_range, ours: ours_here, theirs: theirs_here }),
        }
    }
    out.extend(base_lines[done..].iter().copied().flatten());
    if conflicts.is_empty() { LineMerge::Clean { bytes: out, neighbours } } else { LineMerge::Conflict(conflicts) }
}

/// True when two edits cannot both be taken. Neighbours can, as long as each edits lines of its
/// own: where one only inserts, nobody can say which of the two comes first.
fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    if a.is_empty() || b.is_empty() {
        return a.start <= b.end && b.start <= a.end;
    }
    a.start < b.end && b.start < a.end
}

/// The lines of one side that stand for `base`, given its edits within and before it.
fn side_range(within: &[Edit], before: &[Edit], base: &Range<usize>) -> Range<usize> {
    let shift = |edit: &Edit| edit.side.end as isize - edit.base.end as isize;
    let before_shift = before.last().map_or(0, shift);
    let after_shift = within.last().map_or(before_shift, shift);
    let at = |line: usize, shift: isize| (line as isize + shift).max(0) as usize;
    at(base.start, before_shift)..at(base.end, after_shift)
}

fn edits(base: &[u8], side: &[u8]) -> Vec<Edit> {
    let input = InternedInput::new(byte_lines(base), byte_lines(side));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.hunks()
        .map(|hunk| Edit {
            base: hunk.before.start as usize..hunk.before.end as usize,
            side: hunk.after.start as usize..hunk.after.end as usize,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(base: &str, ours: &str, theirs: &str) -> Option<(String, bool)> {
        match merge_lines(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()) {
            LineMerge::Clean { bytes, neighbours } => Some((String::from_utf8_lossy(&bytes).into_owned(), neighbours)),
            LineMerge::Conflict(_) => None,
        }
    }

    #[test]
    fn a_block_of_constants() {
        let base = "A = 1\nB = 2\nC = 3\n";
        assert_eq!(
            clean(base, "A = 9\nB = 2\nC = 3\n", "A = 1\nB = 8\nC = 3\n"),
            Some(("A = 9\nB = 8\nC = 3\n".into(), true))
        );
        assert_eq!(
            clean(base, "A = 9\nB = 2\nC = 3\n", "A = 1\nB = 2\nC = 7\n"),
            Some(("A = 9\nB = 2\nC = 7\n".into(), false))
        );
        assert_eq!(clean(base, "A = 9\nB = 2\nC = 3\n", "A = 8\nB = 2\nC = 3\n"), None);
        assert_eq!(
            clean(base, "A = 9\nB = 2\nC = 3\n", "A = 9\nB = 2\nC = 3\n"),
            Some(("A = 9\nB = 2\nC = 3\n".into(), false))
        );
    }

    #[test]
    fn two_insertions_at_one_place_conflict() {
        assert_eq!(clean("a\nb\n", "a\nx\nb\n", "a\ny\nb\n"), None);
        assert_eq!(clean("a\nb\n", "a\nx\nb\n", "c\nb\n"), None, "an insertion beside an edit");
        assert_eq!(clean("", "x\n", "y\n"), None);
    }

    #[test]
    fn a_missing_last_line_end_survives() {
        assert_eq!(clean("a\nb", "A\nb", "a\nb"), Some(("A\nb".into(), false)));
    }

    proptest! {
        #[test]
        fn one_sided_edits_are_taken_whole(base in "([abc]\n){0,12}", side in "([abcd]\n){0,12}") {
            let merged = |ours: &str, theirs: &str| clean(&base, ours, theirs).map(|(text, _)| text);
            prop_assert_eq!(merged(&side, &base), Some(side.clone()));
            prop_assert_eq!(merged(&base, &side), Some(side.clone()));
            prop_assert_eq!(merged(&side, &side), Some(side.clone()));
        }

        #[test]
        fn edits_of_different_lines_are_all_taken(len in 2usize..20, ours in proptest::collection::btree_set(0usize..20, 0..8), theirs in proptest::collection::btree_set(0usize..20, 0..8)) {
            let text = |edit: &dyn Fn(usize) -> Option<char>| -> String {
                (0..len).map(|at| edit(at).map_or(format!("line {at}\n"), |who| format!("line {at} by {who}\n"))).collect()
            };
            let theirs: std::collections::BTreeSet<_> = theirs.difference(&ours).copied().collect();
            let base = text(&|_| None);
            let our_text = text(&|at| ours.contains(&at).then_some('o'));
            let their_text = text(&|at| theirs.contains(&at).then_some('t'));
            let both = text(&|at| if ours.contains(&at) { Some('o') } else { theirs.contains(&at).then_some('t') });
            prop_assert_eq!(clean(&base, &our_text, &their_text).map(|(text, _)| text), Some(both));
        }
    }
}
