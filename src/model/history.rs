//! The git history of the loop as it was last read.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Change, CommitId, TreeId};

/// One commit of the loop's history.
#[derive(Clone, Debug, Default)]
pub struct CommitNode {
    /// Parents, first parent first. Empty at the edge of the part that was read.
    pub parents: Vec<CommitId>,
    /// The tree without ignored files; `None` if it was not computed.
    pub bare_tree: Option<TreeId>,
    /// Author time in milliseconds since the epoch.
    pub at_ms: i64,
}

/// The evidence by which a rewritten commit was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// Both carry the same change id (a `Change-Id` trailer, or the header that jj writes).
    ChangeId,
    /// Both have the same subject and make the same change.
    SameDiff,
    /// It makes the same change with another message, on the same parent or at the same author time.
    Reworded,
    /// The first commit no longer exists; this one's message contains the row's description as a line of its own.
    Message,
}

impl FoundBy {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChangeId => "change_id",
            Self::SameDiff => "same_diff",
            Self::Reworded => "reworded",
            Self::Message => "message",
        }
    }

    /// The evidence, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::ChangeId => "it has the same change id",
            Self::SameDiff => "it has the same subject and makes the same change",
            Self::Reworded => "it makes the same change with another message",
            Self::Message => "its message is the row's description",
        }
    }
}

/// The commit of the loop's branch that a row's commit became when the history was rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundAs {
    /// The commit.
    pub commit: CommitId,
    /// The evidence.
    pub by: FoundBy,
}

/// A contradiction between the history and a kept row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryDoubt {
    /// The row's description is that of the commit after the one it names, and so it is for other rows.
    OneBefore {
        /// That commit.
        next: CommitId,
    },
    /// `git revert` reverted its commit.
    Reverted {
        /// The reverting commit.
        by: CommitId,
    },
}

/// The part of the repository's history around the loop.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// True if it could not be read: nothing is known of any commit.
    pub is_unread: bool,
    /// The commit the loop's work tree is on; `None` in an unborn or unreadable repository.
    pub head: Option<CommitId>,
    /// The commit at which the loop's session branched off.
    pub fork_point: Option<CommitId>,
    /// The trunk that contains the fork point: commits that were on it then do not wait for a decision. `None` if no
    /// trunk is known to.
    pub trunk: Option<String>,
    /// Starts of earlier sessions of the same rows, as far as they are known.
    pub starts: Vec<CommitId>,
    /// Commits whose parents exist but were not fetched: the edge of a shallow clone.
    pub cut: HashSet<CommitId>,
    /// Commits named by rows that now have another id, by the row's cell; `None` if there are several candidates.
    pub rewritten: HashMap<String, Option<FoundAs>>,
    /// Contradictions to kept rows, by their cells.
    pub doubts: Vec<(String, HistoryDoubt)>,
    /// Commits by id.
    pub nodes: HashMap<CommitId, CommitNode>,
    /// The commits that each commit cell names; empty for none, more than one for an ambiguous prefix.
    pub cells: HashMap<String, Vec<CommitId>>,
    /// Commits seen in reflogs that no row names, newest first.
    pub without_row: Vec<CommitId>,
}

impl History {
    /// All ancestors of `commit` that were read, itself included.
    pub fn ancestors(&self, commit: CommitId) -> HashSet<CommitId> {
        let mut seen = HashSet::from([commit]);
        let mut queue = VecDeque::from([commit]);
        while let Some(next) = queue.pop_front() {
            for parent in self.parents(next) {
                if seen.insert(*parent) {
                    queue.push_back(*parent);
                }
            }
        }
        seen
    }

    fn parents(&self, commit: CommitId) -> &[CommitId] {
        self.nodes.get(&commit).map_or(&[], |node| node.parents.as_slice())
    }

    /// Number of first-parent steps from each commit to the edge of the part that was read.
    pub fn depths(&self) -> HashMap<CommitId, usize> {
        let mut depths: HashMap<CommitId, usize> = HashMap::with_capacity(self.nodes.len());
        let mut path = Vec::new();
        for commit in self.nodes.keys() {
            let mut at = Some(*commit);
            // Down to a commit of known depth, then up again: each commit is visited once.
            while let Some(commit) = at.filter(|commit| !depths.contains_key(commit) && path.len() <= self.nodes.len())
            {
                path.push(commit);
                at = self.parents(commit).first().copied();
            }
            let mut depth = at.and_then(|known| depths.get(&known).copied()).unwrap_or(0);
            while let Some(commit) = path.pop() {
                depth += 1;
                depths.insert(commit, depth);
            }
        }
        depths
    }

    /// The change that ends in `head`, from its nearest ancestor that is in `kept` or at which the loop began a
    /// session. `None` without such an ancestor.
    pub fn change(&self, head: CommitId, kept: &HashSet<CommitId>) -> Option<Change> {
        let begins = |commit| Some(commit) == self.fork_point || self.starts.contains(&commit);
        let base = self.nearest_ancestor(head, |commit| kept.contains(&commit) || begins(commit))?;
        Some(Change { base, head, also_contains: self.between(base, head) })
    }

    /// True if the history of a commit ends at the edge of a shallow clone.
    pub fn is_cut_below(&self, commit: CommitId) -> bool {
        !self.cut.is_empty() && self.ancestors(commit).iter().any(|ancestor| self.cut.contains(ancestor))
    }

    /// The change of edits that were made on `on` and never committed by the loop.
    pub fn change_of_edits(&self, on: CommitId, edits: CommitId, kept: &HashSet<CommitId>) -> Change {
        if kept.contains(&on) {
            return Change { base: on, head: edits, also_contains: Vec::new() };
        }
        match self.change(on, kept) {
            Some(mut below) => {
                below.also_contains.push(on);
                Change { head: edits, ..below }
            }
            None => Change { base: on, head: edits, also_contains: Vec::new() },
        }
    }

    /// The matching ancestor with no other match between it and `head`: on the first-parent line if that has one, even
    /// if a merge offers a shorter path.
    fn nearest_ancestor(&self, head: CommitId, matches: impl Fn(CommitId) -> bool) -> Option<CommitId> {
        // The common case is a straight line.
        let mut at = head;
        while let [parent] = self.parents(at) {
            if matches(*parent) {
                return Some(*parent);
            }
            at = *parent;
        }
        let mut found = Vec::new();
        let mut seen = HashSet::from([at]);
        let mut queue = VecDeque::from([at]);
        while let Some(next) = queue.pop_front() {
            for parent in self.parents(next) {
                if !seen.insert(*parent) {
                    continue;
                }
                if matches(*parent) {
                    found.push(*parent);
                } else {
                    queue.push_back(*parent);
                }
            }
        }
        let mut on_line = self.parents(at).first().copied();
        while let Some(commit) = on_line.filter(|commit| !matches(*commit)) {
            on_line = self.parents(commit).first().copied();
        }
        let mut nearest = on_line.or(found.first().copied())?;
        for other in found {
            if other != nearest && self.ancestors(other).contains(&nearest) {
                nearest = other;
            }
        }
        Some(nearest)
    }

    /// Commits reachable from `head` but not from `base`, oldest first, without `head`.
    pub(super) fn between(&self, base: CommitId, head: CommitId) -> Vec<CommitId> {
        // The common case is a straight line; only a merge needs the whole set of ancestors.
        let mut line = Vec::new();
        let mut at = head;
        loop {
            match self.parents(at) {
                [parent] if *parent == base => {
                    line.reverse();
                    return line;
                }
                [parent] => {
                    line.push(*parent);
                    at = *parent;
                }
                _ => break,
            }
        }
        let old = self.ancestors(base);
        let mut new: Vec<_> = self.ancestors(head).into_iter().filter(|c| !old.contains(c) && *c != head).collect();
        let depths = self.depths();
        new.sort_by_key(|commit| (depths.get(commit).copied(), *commit));
        new
    }
}
