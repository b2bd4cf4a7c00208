//! What git knew of the loop when it was last read.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Change, CommitId, TreeId};

/// One commit of the loop's history.
#[derive(Clone, Debug, Default)]
pub struct CommitNode {
    /// Parents, first parent first. Empty at the edge of what was read.
    pub parents: Vec<CommitId>,
    /// The tree without bookkeeping files; `None` where it was not computed.
    pub bare_tree: Option<TreeId>,
    /// Author time in milliseconds since the epoch.
    pub at_ms: i64,
}

/// How a commit was found again under another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// Both carry the same change id (a `Change-Id` trailer, or the header that jj writes).
    ChangeId,
    /// Both have the same subject and make the same change.
    SameDiff,
    /// It makes the same change under another message, on the same parent or at the same author time.
    Reworded,
    /// The first commit is gone; this one's message has the row's description as a line of its own.
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

    /// What shows it, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::ChangeId => "it carries the same change id",
            Self::SameDiff => "it has the same subject and makes the same change",
            Self::Reworded => "it makes the same change under another message",
            Self::Message => "its message is the row's description",
        }
    }
}

/// The commit of the loop's branch that a row's commit became when the history was rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundAs {
    /// The commit.
    pub commit: CommitId,
    /// What shows it.
    pub by: FoundBy,
}

/// What the history says against a kept row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryDoubt {
    /// Its words are those of the commit after the one that it names, and so are other rows'.
    OneBefore {
        /// That commit.
        next: CommitId,
    },
    /// `git revert` took its commit back.
    Reverted {
        /// The commit that did.
        by: CommitId,
    },
}

/// A part of the repository's history: what surrounds the loop.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// True where it could not be read: nothing is known of any commit.
    pub is_unread: bool,
    /// The commit the loop's work tree is on; `None` in an unborn or unreadable repository.
    pub head: Option<CommitId>,
    /// Where the loop's session left what came before it.
    pub fork_point: Option<CommitId>,
    /// The trunk that holds the fork point: what it held then did not wait for this session. `None` where no trunk
    /// is known to.
    pub trunk: Option<String>,
    /// Where earlier sessions of the same rows began, as far as it is known.
    pub starts: Vec<CommitId>,
    /// Commits whose parents exist and were not fetched: the edge of a shallow clone.
    pub cut: HashSet<CommitId>,
    /// Commits that rows name and that go on under another id, by the row's cell; `None` where several could be it.
    pub again: HashMap<String, Option<FoundAs>>,
    /// What speaks against kept rows, by their cells.
    pub doubts: Vec<(String, HistoryDoubt)>,
    /// Commits by id.
    pub nodes: HashMap<CommitId, CommitNode>,
    /// What each commit cell names; empty for no commit, more than one for an ambiguous prefix.
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

    /// Number of first-parent steps from each commit to the edge of what was read.
    pub fn depths(&self) -> HashMap<CommitId, usize> {
        let mut depths: HashMap<CommitId, usize> = HashMap::with_capacity(self.nodes.len());
        let mut path = Vec::new();
        for commit in self.nodes.keys() {
            let mut at = Some(*commit);
            // Down to a commit whose depth is known, then up again: each commit is visited once.
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

    /// The change that ends in `head`: from its nearest ancestor that is in `kept` or at which the loop began a
    /// session. `None` when no ancestor is.
    pub fn change(&self, head: CommitId, kept: &HashSet<CommitId>) -> Option<Change> {
        let begins = |commit| Some(commit) == self.fork_point || self.starts.contains(&commit);
        let base = self.nearest_ancestor(head, |commit| kept.contains(&commit) || begins(commit))?;
        Some(Change { base, head, also_contains: self.between(base, head) })
    }

    /// True when the history of a commit ends where the clone is cut.
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

    /// The wanted ancestor below which no other one lies between it and `head`: on the first-parent line where that has
    /// one, whatever way down a merge makes shorter.
    fn nearest_ancestor(&self, head: CommitId, wanted: impl Fn(CommitId) -> bool) -> Option<CommitId> {
        // The common case is a straight line.
        let mut at = head;
        while let [parent] = self.parents(at) {
            if wanted(*parent) {
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
                if wanted(*parent) {
                    found.push(*parent);
                } else {
                    queue.push_back(*parent);
                }
            }
        }
        let mut on_line = self.parents(at).first().copied();
        while let Some(commit) = on_line.filter(|commit| !wanted(*commit)) {
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

    /// Commits reachable from `head` and not from `base`, oldest first, without `head`.
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
