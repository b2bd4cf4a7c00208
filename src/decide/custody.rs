//! Settles a ledger that is not as the person left it. Every settlement is on record; nothing is repaired silently.

use std::path::Path;

use super::author::By;
use super::{DecideError, Decider};
use crate::approved::{earlier_name, read_policy};
use crate::ledger::{Anchor, Body, Chain, Entry, Ledger, LedgerProblem, LedgerStatus, LoopKey, line_hash};
use crate::policy::Policy;
use crate::repo::Person;

/// A ledger with an integrity problem, as shown to a person before they settle it.
#[derive(Clone, Debug)]
pub struct InDoubt {
    /// The problem.
    pub doubt: LedgerProblem,
    /// Records that somebody else appended.
    pub diverged: Vec<Entry>,
    /// Number of records without those.
    pub records: u64,
    /// Hash of the ledger's content, so that a settlement applies only to the content that was shown.
    content: String,
}

/// The ways to settle a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Move the foreign records out of the ledger into a file next to it.
    Strike,
    /// Vouch for the ledger as it is.
    Adopt,
    /// Record that the repository was moved; the ledger moves with it.
    Moved,
    /// Begin a new ledger: a copy keeps its records, otherwise it starts empty.
    New,
}

impl Settlement {
    /// Returns the word that a person types for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strike => "strike",
            Self::Adopt => "adopt",
            Self::Moved => "moved",
            Self::New => "new",
        }
    }

    /// True if this settles that problem.
    pub fn settles(self, doubt: &LedgerProblem) -> bool {
        match doubt {
            LedgerProblem::Foreign { .. } => matches!(self, Self::Strike | Self::Adopt),
            LedgerProblem::Forged { .. }
            | LedgerProblem::Cut { found: 0, .. }
            | LedgerProblem::Replaced { .. }
            | LedgerProblem::Elsewhere { found: 0, .. } => self == Self::New,
            LedgerProblem::Rewritten { .. }
            | LedgerProblem::Cut { .. }
            | LedgerProblem::Unanchored { .. }
            | LedgerProblem::Elsewhere { .. } => self == Self::Adopt,
            LedgerProblem::Copy { is_whole: true, stands: false, .. } => matches!(self, Self::Moved | Self::New),
            LedgerProblem::Copy { .. } => self == Self::New,
        }
    }
}

/// Hashes the last line, which covers all lines before it, together with a torn tail.
fn content(chain: &Chain) -> String {
    let torn = chain.torn.as_ref().map_or(&[] as &[u8], |torn| &torn.bytes);
    line_hash(&[chain.tip().as_bytes(), torn].concat())
}

impl Decider {
    /// Returns the problem with the ledger; `None` if it is as the person left it.
    pub fn doubt(&self) -> Result<Option<InDoubt>, DecideError> {
        let (ledger, custody) = self.locked_in_doubt()?;
        let Some(doubt) = custody.doubt else { return Ok(None) };
        let entries = &ledger.chain().entries;
        let diverged = match doubt {
            LedgerProblem::Foreign { .. } => entries.iter().skip(custody.believed as usize).cloned().collect(),
            _ => Vec::new(),
        };
        let records = entries.len() as u64 - diverged.len() as u64;
        Ok(Some(InDoubt { doubt, diverged, records, content: content(ledger.chain()) }))
    }

    /// Settles a problem as it was shown, and returns the number of the record.
    pub fn settle_doubt(&self, shown: &InDoubt, how: Settlement, reason: &str) -> Result<u64, DecideError> {
        let (mut ledger, custody) = self.locked_in_doubt()?;
        if custody.doubt.as_ref() != Some(&shown.doubt) || content(ledger.chain()) != shown.content {
            return Err(DecideError::Changed("the ledger changed since it was shown".to_owned()));
        }
        let shown = &shown.doubt;
        if !how.settles(shown) {
            return Err(DecideError::NotApplicable("that does not settle this problem"));
        }
        if how == Settlement::Adopt && ledger.chain().torn.is_some() && matches!(shown, LedgerProblem::Foreign { .. }) {
            return Err(DecideError::NotApplicable(
                "a line that is not a valid record can only be struck, not adopted",
            ));
        }
        if how == Settlement::Adopt && ledger.chain().fault(ledger.chain().seq()).is_some() {
            return Err(DecideError::NotApplicable("a record that no person's decision creates cannot be adopted"));
        }
        let person = self.person()?;
        let reason = reason.trim().to_owned();
        // Records that somebody else appended to a copy must not be taken over.
        if matches!(shown, LedgerProblem::Copy { is_whole: true, .. }) && custody.believed < ledger.chain().seq() {
            ledger.strike(custody.believed)?;
        }
        let whole = ledger.chain().seq();
        let lost = custody.lost.clone();
        // The signing requirement comes from the records that are believed, not from those being settled.
        let policy = self.policy_at(&ledger, custody.believed)?;
        let (mut ledger, body) = match how {
            Settlement::Strike => {
                let (lines, sha256, kept_in) = ledger.strike(custody.believed)?;
                let body = Body::Struck { lines, sha256, kept_in, reviewer: person.to_string(), reason };
                (ledger.anchored(self.anchors.clone(), &custody), body)
            }
            Settlement::Adopt => {
                let (from, to) = match shown {
                    LedgerProblem::Foreign { from, .. } => (*from, whole),
                    _ => (1, whole),
                };
                let hash = ledger.chain().tip().to_owned();
                let what = shown.to_string();
                let body = Body::AdoptedRecords { from, to, hash, what, reviewer: person.to_string(), reason };
                let custody = LedgerStatus { believed: whole, ..custody };
                (ledger.anchored(self.anchors.clone(), &custody), body)
            }
            Settlement::Moved => {
                let body = self.moved(ledger.chain(), &custody.anchor, &person, reason);
                let mut custody = custody;
                if let Body::Moved { from_tree, to_tree, .. } = &body {
                    custody.anchor.move_trees(from_tree, to_tree);
                }
                (ledger.anchored(self.anchors.clone(), &custody), body)
            }
            Settlement::New => return self.begin_anew(ledger, &custody, &person, reason),
        };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        ledger.close()?;
        self.leave(&lost)?;
        Ok(seq)
    }

    /// Detaches this work tree from lost ledgers. The anchor of a ledger that still exists is kept, since it may be in
    /// use elsewhere.
    fn leave(&self, lost: &[Anchor]) -> Result<(), DecideError> {
        let root = || None;
        let place = self.place(&root);
        for anchor in lost {
            let path = Path::new(&anchor.ledger);
            if path.exists() && path != self.ledger {
                self.anchors.let_go(anchor, &place)?;
            } else {
                self.anchors.forget(anchor)?;
            }
        }
        Ok(())
    }

    /// Returns the policy as of the first `records` records of a ledger.
    fn policy_at(&self, ledger: &Ledger, records: u64) -> Result<Policy, DecideError> {
        let mut chain = ledger.chain().clone();
        chain.set_trusted_records(records);
        read_policy(&self.repo, &chain, &self.identity).map_err(DecideError::from)
    }

    /// Builds the record that the ledger and its loops moved to another place.
    fn moved(&self, chain: &Chain, anchor: &Anchor, person: &Person, reason: String) -> Body {
        let to = self.ledger.to_string_lossy().into_owned();
        let known: Vec<&str> = anchor.work_trees.iter().map(String::as_str).chain(chain.work_trees()).collect();
        let (from_tree, to_tree) = moved_tree((&anchor.ledger, &to), &known, &self.identity.work_tree);
        Body::Moved { from: anchor.ledger.clone(), to, from_tree, to_tree, reviewer: person.to_string(), reason }
    }

    /// Returns the loop that this one may have been under another name; `None` if there is none to continue.
    pub fn earlier_name(&self) -> Result<Option<LoopKey>, DecideError> {
        Ok(earlier_name(&self.repo, self.locked()?.chain(), &self.identity))
    }

    /// Continues another loop under this name, as it was shown, and returns the number of the record.
    pub fn continue_loop(&self, of: &LoopKey, reason: &str) -> Result<u64, DecideError> {
        let (mut ledger, policy) = self.ready_for_person()?;
        if earlier_name(&self.repo, ledger.chain(), &self.identity).as_ref() != Some(of) {
            return Err(DecideError::Changed("that loop differs from what was shown".to_owned()));
        }
        let person = self.person()?;
        let body = Body::Continued { of: of.clone(), reviewer: person.to_string(), reason: reason.trim().to_owned() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        ledger.close()?;
        Ok(seq)
    }

    fn begin_anew(
        &self,
        mut ledger: Ledger,
        custody: &LedgerStatus,
        person: &Person,
        reason: String,
    ) -> Result<u64, DecideError> {
        let by = By::Person(person);
        let is_copy = matches!(custody.doubt, Some(LedgerProblem::Copy { .. }));
        let after = match (is_copy, custody.lost.last()) {
            (false, Some(lost)) => Some(lost.id.clone()).filter(|id| !id.is_empty()),
            _ => ledger.chain().identity().map(str::to_owned),
        };
        // The person vouches for nothing that somebody put in place of a lost ledger.
        if !is_copy && ledger.chain().seq() > 0 {
            ledger.strike(0)?;
        }
        let policy = self.policy(&ledger)?;
        // The person vouches for everything in a copy.
        let mut custody = LedgerStatus { believed: ledger.chain().seq(), ..custody.clone() };
        if is_copy {
            // The copy does not share the work trees and runs of the original.
            (custody.anchor.work_trees, custody.anchor.runs) = (Vec::new(), Vec::new());
        }
        let custody = &custody;
        let mut ledger = ledger.anchored(self.anchors.clone(), custody);
        let opened = self.opened(after, person.to_string(), reason)?;
        let seq = self.append(&mut ledger, &policy, by, opened)?.record.seq;
        self.begin(&mut ledger, &policy, by)?;
        ledger.close()?;
        self.leave(&custody.lost)?;
        Ok(seq)
    }
}

/// Returns the old and the new path of the directory that was moved, derived from the old and the new path of the
/// ledger: the smallest move that maps a known work tree to `here`. Loops below that directory move with it.
fn moved_tree(ledger: (&str, &str), known: &[&str], here: &str) -> (String, String) {
    let (mut from, mut to) = (Path::new(ledger.0), Path::new(ledger.1));
    let brings_here = |from: &Path, to: &Path| {
        known.iter().any(|tree| Path::new(tree).strip_prefix(from).is_ok_and(|below| to.join(below) == Path::new(here)))
    };
    let as_texts = |from: &Path, to: &Path| (from.display().to_string(), to.display().to_string());
    let mut of_repository = None;
    while from.file_name().is_some() && from.file_name() == to.file_name() {
        let is_git = from.file_name().is_some_and(|name| name == ".git");
        (from, to) = (from.parent().unwrap_or(from), to.parent().unwrap_or(to));
        if is_git {
            of_repository = Some((from, to));
        }
        if brings_here(from, to) {
            return as_texts(from, to);
        }
    }
    match of_repository {
        Some((from, to)) => as_texts(from, to),
        // Only the git directory was moved.
        None if known.contains(&here) => (here.to_owned(), here.to_owned()),
        None => (known.first().copied().unwrap_or(here).to_owned(), here.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::moved_tree;

    #[test]
    fn loops_move_with_their_work_trees() {
        let own = "/.git/countersign/ledger.jsonl";
        let moved = |from: &str, to: &str, known: &[&str], here: &str| {
            let (from, to) = moved_tree((from, to), known, here);
            format!("{from} {to}")
        };
        let beside = |from: &str, to: &str| (format!("{from}{own}"), format!("{to}{own}"));
        let (from, to) = beside("/x/loop", "/x/b");
        assert_eq!(moved(&from, &to, &["/x/loop"], "/x/b"), "/x/loop /x/b");
        // And back, with the old place known too.
        assert_eq!(moved(&to, &from, &["/x/loop", "/x/b"], "/x/loop"), "/x/b /x/loop");
        // A directory above it was moved: seen from a linked work tree that moved too, and from one that stayed.
        let (from, to) = beside("/a/main", "/b/main");
        assert_eq!(moved(&from, &to, &["/a/main", "/a/wt"], "/b/wt"), "/a /b");
        assert_eq!(moved(&from, &to, &["/a/main", "/a/wt"], "/a/wt"), "/a/main /b/main");
        // Work trees of a bare repository.
        let (from, to) = ("/p/old/repo.git/countersign/ledger.jsonl", "/p/new/repo.git/countersign/ledger.jsonl");
        assert_eq!(moved(from, to, &["/p/old/one", "/p/old/two"], "/p/new/one"), "/p/old /p/new");
        // Only .git was moved.
        let to = "/elsewhere/git/countersign/ledger.jsonl";
        assert_eq!(moved(&format!("/x/loop{own}"), to, &["/x/loop"], "/x/loop"), "/x/loop /x/loop");
    }
}
