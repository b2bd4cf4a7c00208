//! Three-way merge of the lines of one file.

use std::ops::Range;

use imara_diff::sources::byte_lines;

use super::diff::line_edits;

/// The result of merging one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineMerge {
    /// Both sides were merged.
    Clean {
        /// The merged file.
        bytes: Vec<u8>,
        /// True if the two sides edited adjacent lines, which git would report as a conflict.
        neighbours: bool,
    },
    /// Both sides edited the same lines.
    Conflict {
        /// Line ranges in base, ours and theirs, from 0.
        regions: Vec<ConflictLines>,
        /// The merged file, with conflict markers around each conflict, as git writes them.
        marked: Vec<u8>,
    },
}

/// Lines that both sides edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictLines {
    /// Range in the base.
    pub base: Range<usize>,
    /// Range in ours.
    pub ours: Range<usize>,
    /// Range in theirs.
    pub theirs: Range<usize>,
}

struct LineEdit {
    base: Range<usize>,
    side: Range<usize>,
}

/// The minimum distance between edits of the two sides that are both applied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EditGap {
    /// At least one line: an insertion next to an edit of the other side has no defined order.
    Clearly,
    /// Adjacent edits are allowed, unless both sides insert at the same place.
    Barely,
}

/// Merges `theirs` into `ours`, both made from `base`. Lines that one side edited are used; the same edit on both sides
/// counts once; adjacent edits are both applied.
pub fn merge_lines(base: &[u8], ours: &[u8], theirs: &[u8]) -> LineMerge {
    let lines = |bytes| byte_lines(bytes).collect::<Vec<&[u8]>>();
    let edits =
        |side| line_edits(base, side).into_iter().map(|(base, side)| LineEdit { base, side }).collect::<Vec<_>>();
    let (our_edits, their_edits) = (edits(ours), edits(theirs));
    merge(&lines(base), (&lines(ours), &our_edits), (&lines(theirs), &their_edits), EditGap::Clearly)
}

/// Maximum number of lines of a region that is merged token by token.
const MOST_BY_TOKENS: usize = 100;
/// Maximum number of steps for comparing the tokens of one file: about a tenth of a second. Lines have no length limit,
/// and the work grows with the square of their tokens.
const MOST_STEPS: usize = 50_000_000;

/// Merges like [`merge_lines`], but combines lines that both sides edited token by token (a word, a number, an
/// operator) if the edited tokens differ. `None` if they do not.
pub fn merge_tokens(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    let LineMerge::Conflict { regions, .. } = merge_lines(base, ours, theirs) else { return None };
    let lines = |bytes| byte_lines(bytes).collect::<Vec<&[u8]>>();
    let (base, our_lines, mut their_lines) = (lines(base), lines(ours), lines(theirs));
    // Once the regions are combined on one side and used on the other, the rest merges by lines.
    let mut combined = Vec::with_capacity(regions.len());
    let mut steps = MOST_STEPS;
    for region in &regions {
        if region.base.len().max(region.ours.len()).max(region.theirs.len()) > MOST_BY_TOKENS {
            return None;
        }
        let text = |lines: &[&[u8]]| lines.concat();
        let (old, our, their) = (
            text(&base[region.base.clone()]),
            text(&our_lines[region.ours.clone()]),
            text(&their_lines[region.theirs.clone()]),
        );
        combined.push(merge_region(&old, &our, &their, &mut steps)?);
    }
    let mut our_lines = our_lines;
    for (region, bytes) in regions.iter().zip(&combined).rev() {
        let whole: [&[u8]; 1] = [bytes];
        our_lines.splice(region.ours.clone(), whole);
        their_lines.splice(region.theirs.clone(), whole);
    }
    match merge_lines(&base.concat(), &our_lines.concat(), &their_lines.concat()) {
        LineMerge::Clean { bytes, .. } => Some(bytes),
        LineMerge::Conflict { .. } => None,
    }
}

/// Merges the tokens of one region; `None` if both sides edited the same tokens, or if the comparison would exceed the
/// remaining `steps`.
fn merge_region(base: &[u8], ours: &[u8], theirs: &[u8], steps: &mut usize) -> Option<Vec<u8>> {
    let (base, ours, theirs) = (tokens(base), tokens(ours), tokens(theirs));
    let (our_edits, their_edits) = (token_edits(&base, &ours, steps)?, token_edits(&base, &theirs, steps)?);
    match merge(&base, (&ours, &our_edits), (&theirs, &their_edits), EditGap::Barely) {
        LineMerge::Clean { bytes, .. } => Some(bytes),
        LineMerge::Conflict { .. } => None,
    }
}

/// Returns the differing tokens; `None` if that would take too many steps.
fn token_edits(base: &[&[u8]], side: &[&[u8]], steps: &mut usize) -> Option<Vec<LineEdit>> {
    // The common prefix and suffix, most of an honest edit, cost nothing.
    let alike = |pairs: &mut dyn Iterator<Item = (&&[u8], &&[u8])>| pairs.take_while(|(a, b)| a == b).count();
    let before = alike(&mut base.iter().zip(side));
    let (base, side) = (&base[before..], &side[before..]);
    let after = alike(&mut base.iter().rev().zip(side.iter().rev()));
    let (base, side) = (&base[..base.len() - after], &side[..side.len() - after]);
    let worst = (base.len() + side.len()).saturating_mul(base.len() + side.len());
    *steps = steps.checked_sub(worst)?;
    let edits = similar::capture_diff_slices(similar::Algorithm::Myers, base, side);
    let shifted = |range: Range<usize>| range.start + before..range.end + before;
    let edited = edits.into_iter().filter(|op| op.tag() != similar::DiffTag::Equal);
    Some(edited.map(|op| LineEdit { base: shifted(op.old_range()), side: shifted(op.new_range()) }).collect())
}

/// Splits text into tokens: words and numbers whole (`lr_max`, `1e-3`), everything else byte by byte.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || byte >= 0x80;
    let mut found = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let mut to = from + 1;
        if is_word(text[from]) {
            let is_number = text[from].is_ascii_digit();
            while to < text.len()
                && (is_word(text[to])
                    // The sign of an exponent.
                    || (is_number && matches!(text[to], b'+' | b'-') && matches!(text[to - 1], b'e' | b'E')))
            {
                to += 1;
            }
        }
        found.push(&text[from..to]);
        from = to;
    }
    found
}

fn merge(base: &[&[u8]], ours: (&[&[u8]], &[LineEdit]), theirs: (&[&[u8]], &[LineEdit]), apart: EditGap) -> LineMerge {
    let ((our_lines, our_edits), (their_lines, their_edits)) = (ours, theirs);
    let mut out: Vec<u8> = Vec::new();
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
        // Collect all overlapping edits from either side.
        let (start_i, start_j) = (i, j);
        let first = if from_ours { &our_edits[i] } else { &their_edits[j] };
        let mut base_range = first.base.clone();
        if from_ours {
            i += 1;
        } else {
            j += 1;
        }
        loop {
            if our_edits.get(i).is_some_and(|edit| overlaps(&base_range, &edit.base, apart)) {
                base_range = base_range.start..base_range.end.max(our_edits[i].base.end);
                i += 1;
            } else if their_edits.get(j).is_some_and(|edit| overlaps(&base_range, &edit.base, apart)) {
                base_range = base_range.start..base_range.end.max(their_edits[j].base.end);
                j += 1;
            } else {
                break;
            }
        }
        let ours_here = side_range(&our_edits[start_i..i], &our_edits[..start_i], &base_range);
        let theirs_here = side_range(&their_edits[start_j..j], &their_edits[..start_j], &base_range);
        out.extend(base[done..base_range.start].iter().copied().flatten());
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
            _ => {
                for (mark, lines) in [
                    ("<<<<<<< approved", &our_lines[ours_here.clone()]),
                    ("||||||| before the change", &base[base_range.clone()]),
                    ("=======", &their_lines[theirs_here.clone()]),
                    (">>>>>>> proposed", &[]),
                ] {
                    if out.last().is_some_and(|last| *last != b'\n') {
                        out.push(b'\n');
                    }
                    out.extend_from_slice(mark.as_bytes());
                    out.push(b'\n');
                    out.extend(lines.iter().copied().flatten());
                }
                conflicts.push(ConflictLines { base: base_range, ours: ours_here, theirs: theirs_here });
            }
        }
    }
    out.extend(base[done..].iter().copied().flatten());
    if conflicts.is_empty() {
        LineMerge::Clean { bytes: out, neighbours }
    } else {
        LineMerge::Conflict { regions: conflicts, marked: out }
    }
}

/// True if two edits cannot both be applied. Adjacent edits can, if each edits lines of its own.
fn overlaps(a: &Range<usize>, b: &Range<usize>, apart: EditGap) -> bool {
    match (a.is_empty() || b.is_empty(), apart) {
        (true, EditGap::Clearly) => a.start <= b.end && b.start <= a.end,
        (true, EditGap::Barely) if a == b => true,
        _ => a.start < b.end && b.start < a.end,
    }
}

/// Returns the lines of one side that correspond to `base`, given its edits within and before it.
fn side_range(within: &[LineEdit], before: &[LineEdit], base: &Range<usize>) -> Range<usize> {
    let shift = |edit: &LineEdit| edit.side.end as isize - edit.base.end as isize;
    let before_shift = before.last().map_or(0, shift);
    let after_shift = within.last().map_or(before_shift, shift);
    let at = |line: usize, shift: isize| (line as isize + shift).max(0) as usize;
    at(base.start, before_shift)..at(base.end, after_shift)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(base: &str, ours: &str, theirs: &str) -> Option<(String, bool)> {
        match merge_lines(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()) {
            LineMerge::Clean { bytes, neighbours } => Some((String::from_utf8_lossy(&bytes).into_owned(), neighbours)),
            LineMerge::Conflict { .. } => None,
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

    fn tokens_of(base: &str, ours: &str, theirs: &str) -> Option<String> {
        merge_tokens(base.as_bytes(), ours.as_bytes(), theirs.as_bytes())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn constants_of_one_line_are_combined_and_one_constant_is_not() {
        let base = "a\nopt = Adam(lr=0.1, wd=1e-3)\nb\n";
        assert_eq!(
            tokens_of(base, "a\nopt = Adam(lr=0.2, wd=1e-3)\nb\n", "a\nopt = Adam(lr=0.1, wd=1e-4)\nb\n").as_deref(),
            Some("a\nopt = Adam(lr=0.2, wd=1e-4)\nb\n")
        );
        assert_eq!(tokens_of(base, "a\nopt = Adam(lr=0.2, wd=1e-3)\nb\n", "a\nopt = Adam(lr=0.3, wd=1e-3)\nb\n"), None);
        // A constant added next to an edited one, and edits elsewhere by only one side.
        assert_eq!(
            tokens_of("A = 1\nB = 2\nC = 3\n", "A = 1\nX = 7\nB = 2\nC = 3\n", "A = 1\nB = 9\nC = 4\n").as_deref(),
            Some("A = 1\nX = 7\nB = 9\nC = 4\n")
        );
        assert_eq!(tokens_of("a\n", "a\nx\n", "a\ny\n"), None, "two lines at one place have no order");
        assert_eq!(tokens_of("A\n", "B\n", "A\n"), None, "there was no conflict");
    }

    #[test]
    fn a_line_without_an_end_does_not_cause_unbounded_work() {
        let signs = |seed: u64| -> String {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                b"+-*/()[]{}<>=,:;"[(state >> 60) as usize] as char
            };
            (0..200_000).map(|_| next()).collect()
        };
        let mut steps = MOST_STEPS;
        let (base, ours, theirs) = (signs(1), signs(2), signs(3));
        assert_eq!(merge_region(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), &mut steps), None);
        assert_eq!(tokens_of(&base, &ours, &theirs), None);
        // One edit in such a long line is as cheap as in a short one.
        let with = |at: usize| format!("{}X{}", &base[..at], &base[at + 1..]);
        let merged = tokens_of(&base, &with(10), &with(199_000));
        assert!(merged.is_some_and(|text| text.matches('X').count() == 2));
    }

    #[test]
    fn a_missing_last_line_end_survives() {
        assert_eq!(clean("a\nb", "A\nb", "a\nb"), Some(("A\nb".into(), false)));
    }

    proptest! {
        #[test]
        fn one_sided_edits_are_applied_whole(base in "([abc]\n){0,12}", side in "([abcd]\n){0,12}") {
            let merged = |ours: &str, theirs: &str| clean(&base, ours, theirs).map(|(text, _)| text);
            prop_assert_eq!(merged(&side, &base), Some(side.clone()));
            prop_assert_eq!(merged(&base, &side), Some(side.clone()));
            prop_assert_eq!(merged(&side, &side), Some(side.clone()));
        }

        #[test]
        fn edits_of_different_lines_are_all_applied(len in 2usize..20, ours in proptest::collection::btree_set(0usize..20, 0..8), theirs in proptest::collection::btree_set(0usize..20, 0..8)) {
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
