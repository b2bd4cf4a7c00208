//! The parts of a change that a person edits or leaves out before approving it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AgentText, FileChange, Hunk, LineKind};

/// A person's edits and exclusions for a change. The resulting candidate is shown, and is what gets committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// Files that the person rewrote in place of the proposed ones.
    pub edited: Vec<Edited>,
    /// Parts of the change, edits included, that are left out: the branch keeps its own version.
    pub excluded: Vec<LeftOut>,
    /// True if lines that both sides changed are merged token by token.
    pub by_tokens: bool,
}

/// A file that the person rewrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Path in the tree.
    pub path: AgentText,
    /// The complete file.
    pub content: Arc<[u8]>,
}

/// The excluded part of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Path in the tree.
    pub path: AgentText,
    /// The excluded lines; `None` for the whole file, including its mode, its name and non-text content.
    pub lines: Option<LineSet>,
}

/// Changed lines of a file, each by its number from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSet {
    /// Removed lines, by their number in the old file: they stay.
    pub removed: BTreeSet<u32>,
    /// Added lines, by their number in the new file: they are not added.
    pub added: BTreeSet<u32>,
}

impl Amendment {
    /// True if the change is approved as proposed. A token-by-token merge includes all of it.
    pub fn is_empty(&self) -> bool {
        self.edited.is_empty() && self.excluded.is_empty()
    }

    /// The same amendment without its exclusions.
    pub fn only_edits(&self) -> Self {
        Self { excluded: Vec::new(), ..self.clone() }
    }
}

/// The treatment of a hunk that was not approved as proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole hunk is left out.
    Vetoed,
    /// Some of its lines are left out.
    Partial,
    /// The person edited this file.
    Edited,
}

/// One hunk that was not approved as proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HunkVerdict {
    /// `h` and its number among all hunks of the change, from 1; `h0` for a file without hunks.
    pub id: String,
    /// Path in the tree.
    pub path: AgentText,
    /// First and last line in the old file, from 1; `None` if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<[u32; 2]>,
    /// First and last line in the new file, from 1; `None` if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<[u32; 2]>,
    /// The treatment of the hunk.
    pub verdict: Verdict,
    /// Ranges of removed lines that stay, by their numbers in the old file; empty unless the verdict is partial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<[u32; 2]>,
    /// Ranges of added lines that are not added, by their numbers in the new file; empty unless the verdict is partial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<[u32; 2]>,
}

impl LineSet {
    /// True if a changed line is in the set.
    pub fn holds(&self, kind: LineKind, old: Option<u32>, new: Option<u32>) -> bool {
        match kind {
            LineKind::Context => false,
            LineKind::Removed => old.is_some_and(|line| self.removed.contains(&line)),
            LineKind::Added => new.is_some_and(|line| self.added.contains(&line)),
        }
    }

    /// True if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// The hunks that an amendment does not take as proposed; `files` is the change with the person's edits.
pub fn verdicts(files: &[FileChange], amendment: &Amendment) -> Vec<HunkVerdict> {
    let mut found = Vec::new();
    let mut number = 0;
    for file in files {
        let is_edited = amendment.edited.iter().any(|edited| edited.path == file.path);
        let left_out = amendment.excluded.iter().find(|left| left.path == file.path);
        if file.hunks.is_empty() && left_out.is_some_and(|left| left.lines.is_none()) {
            found.push(HunkVerdict {
                id: "h0".to_owned(),
                path: file.path.clone(),
                old: None,
                new: None,
                verdict: Verdict::Vetoed,
                removed: Vec::new(),
                added: Vec::new(),
            });
        }
        for hunk in &file.hunks {
            number += 1;
            let verdict = match left_out {
                Some(LeftOut { lines: None, .. }) => Some((Verdict::Vetoed, LineSet::default())),
                Some(LeftOut { lines: Some(lines), .. }) => of_lines(hunk, lines),
                None => None,
            };
            let verdict = verdict.or_else(|| is_edited.then(|| (Verdict::Edited, LineSet::default())));
            let Some((verdict, lines)) = verdict else { continue };
            let span = |number: fn(&super::DiffLine) -> Option<u32>| {
                let mut numbers = hunk.lines.iter().filter_map(number);
                let first = numbers.next()?;
                Some([first, numbers.next_back().unwrap_or(first)])
            };
            found.push(HunkVerdict {
                id: format!("h{number}"),
                path: file.path.clone(),
                old: span(|line| line.old),
                new: span(|line| line.new),
                verdict,
                removed: ranges(&lines.removed),
                added: ranges(&lines.added),
            });
        }
        number += file.hunks_left_out;
    }
    found
}

/// The verdict on a hunk and its excluded lines; `None` if none of the lines is in it.
fn of_lines(hunk: &Hunk, lines: &LineSet) -> Option<(Verdict, LineSet)> {
    let mut own = LineSet::default();
    let mut is_whole = true;
    for line in hunk.lines.iter().filter(|line| line.kind != LineKind::Context) {
        if !lines.holds(line.kind, line.old, line.new) {
            is_whole = false;
            continue;
        }
        match line.kind {
            LineKind::Removed => own.removed.extend(line.old),
            _ => own.added.extend(line.new),
        }
    }
    match (own.is_empty(), is_whole) {
        (true, _) => None,
        (false, true) => Some((Verdict::Vetoed, LineSet::default())),
        (false, false) => Some((Verdict::Partial, own)),
    }
}

fn ranges(numbers: &BTreeSet<u32>) -> Vec<[u32; 2]> {
    let mut found: Vec<[u32; 2]> = Vec::new();
    for number in numbers {
        match found.last_mut() {
            Some([_, last]) if *last + 1 == *number => *last = *number,
            _ => found.push([*number; 2]),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10].into()), [[1, 3], [7, 7], [9, 10]]);
        assert!(ranges(&BTreeSet::new()).is_empty());
    }
}
