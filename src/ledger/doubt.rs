//! Compares a ledger with the person's anchors: which of its records are theirs, and what is wrong with it.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::place::is_own;
use super::{Anchor, Anchors, Chain, Entry, GENESIS, LedgerError, LedgerPlace, LedgerProblem, read_chain};

/// A ledger compared with its anchor.
#[derive(Clone, Debug)]
pub struct LedgerStatus {
    /// Its anchor, or the anchor that its next record will create.
    pub anchor: Anchor,
    /// The problem; `None` if there is none.
    pub doubt: Option<LedgerProblem>,
    /// Number of its records that are believed.
    pub believed: u64,
    /// Anchors of ledgers that it replaced.
    pub lost: Vec<Anchor>,
}

/// Compares a chain with the anchors. Writes nothing.
pub fn check_custody(anchors: &Anchors, chain: &Chain, place: &LedgerPlace<'_>) -> Result<LedgerStatus, LedgerError> {
    let here = place.ledger.to_string_lossy();
    let Some(id) = chain.identity() else { return without_ledger(anchors, place) };
    let known = match anchors.of(id)? {
        Some(anchor) => Some(anchor),
        // An anchor of an earlier version is filed by path and is valid only for a ledger with the same beginning.
        None => anchors.by_path(place.ledger)?.map(|old| Anchor { id: id.to_owned(), ..old }),
    };
    let Some(anchor) = known else { return unknown(anchors, chain, id, place) };
    let (mut doubt, mut believed) = anchor.compare(chain);
    if let Some((seq, why)) = chain.fault(believed) {
        (doubt, believed) = (Some(LedgerProblem::Forged { seq, why }), 0);
    }
    if anchor.ledger != here {
        let is_whole = !matches!(
            doubt,
            Some(LedgerProblem::Rewritten { .. } | LedgerProblem::Cut { .. } | LedgerProblem::Forged { .. })
        );
        let stands = still_stands(&anchor, place.ledger);
        doubt = Some(LedgerProblem::Copy { of: anchor.ledger.clone(), is_whole, stands });
    }
    if doubt.is_some() {
        return Ok(LedgerStatus { anchor, doubt, believed, lost: Vec::new() });
    }
    // A valid ledger may still be a different one than that of this work tree.
    let mut lost: Vec<Anchor> = lost_here(anchors, place)?;
    lost.extend(around(anchors, place)?);
    lost.retain(|lost| !lost.id.is_empty() && lost.id != id);
    let led_away =
        |lost: &Anchor| LedgerProblem::Elsewhere { place: lost.ledger.clone(), anchored: lost.seq, found: chain.seq() };
    let doubt = lost.last().map(led_away);
    let believed = if doubt.is_some() { 0 } else { believed };
    Ok(LedgerStatus { anchor, doubt, believed, lost })
}

impl Anchor {
    /// Compares this anchor with the chain of its ledger. Returns the problem and the number of believed records.
    pub fn compare(&self, chain: &Chain) -> (Option<LedgerProblem>, u64) {
        let hash_of = |seq: u64| match seq {
            0 => Some(GENESIS),
            seq => chain.entry(seq).map(|entry| entry.hash.as_str()),
        };
        match hash_of(self.seq) {
            Some(hash) if hash == self.hash => {}
            Some(_) => return (Some(LedgerProblem::Rewritten { seq: self.seq }), 0),
            // The remaining records may be forged as well.
            None => return (Some(LedgerProblem::Cut { found: chain.seq(), anchored: self.seq }), 0),
        }
        // The record that was being appended is the person's, whether or not the anchor was closed afterwards.
        let own =
            self.next.as_ref().filter(|next| hash_of(next.seq) == Some(&next.hash)).map_or(self.seq, |next| next.seq);
        // A torn line is due to a crash only if a record was being appended and is missing.
        let is_missing = self.next.is_some() && own == self.seq;
        let end = chain.seq() + u64::from(chain.torn.is_some() && !is_missing);
        let foreign = (end > own).then_some(LedgerProblem::Foreign { from: own + 1, to: end });
        (foreign, own)
    }
}

/// Checks a ledger whose identity no anchor has.
fn unknown(anchors: &Anchors, chain: &Chain, id: &str, place: &LedgerPlace<'_>) -> Result<LedgerStatus, LedgerError> {
    let mut lost = lost_here(anchors, place)?;
    lost.extend(around(anchors, place)?);
    let anchor = Anchor { id: id.to_owned(), ..Anchor::of_new(place.ledger) };
    let doubt = match (lost.last(), chain.fault(chain.seq())) {
        (Some(lost), _) if is_elsewhere(lost, place) => {
            LedgerProblem::Elsewhere { place: lost.ledger.clone(), anchored: lost.seq, found: chain.seq() }
        }
        (Some(lost), _) => {
            LedgerProblem::Replaced { place: lost.ledger.clone(), anchored: lost.seq, found: chain.seq() }
        }
        (None, Some((seq, why))) => LedgerProblem::Forged { seq, why },
        (None, None) => LedgerProblem::Unanchored { records: chain.seq() },
    };
    Ok(LedgerStatus { anchor, doubt: Some(doubt), believed: 0, lost })
}

fn without_ledger(anchors: &Anchors, place: &LedgerPlace<'_>) -> Result<LedgerStatus, LedgerError> {
    let mut lost = lost_here(anchors, place)?;
    lost.extend(around(anchors, place)?);
    // The repository was moved without its ledger: no ledger exists at the old path.
    if lost.is_empty() {
        let gone: Vec<Anchor> = anchors
            .all()?
            .into_iter()
            .filter(|anchor| anchor.root.is_some() && anchor.seq > 0 && is_gone(anchor))
            .collect();
        if !gone.is_empty() {
            let root = (place.root)();
            lost = gone.into_iter().filter(|anchor| anchor.root == root).collect();
        }
    }
    let doubt = lost.last().map(|lost| {
        if is_elsewhere(lost, place) {
            LedgerProblem::Elsewhere { place: lost.ledger.clone(), anchored: lost.seq, found: 0 }
        } else if Path::new(&lost.ledger) == place.ledger {
            LedgerProblem::Cut { found: 0, anchored: lost.seq }
        } else {
            LedgerProblem::Replaced { place: lost.ledger.clone(), anchored: lost.seq, found: 0 }
        }
    });
    Ok(LedgerStatus { anchor: Anchor::of_new(place.ledger), doubt, believed: 0, lost })
}

/// True if a ledger, or every work tree that belongs to it, no longer exists. In a home the ledger stays when they are
/// gone.
fn is_gone(anchor: &Anchor) -> bool {
    let trees = &anchor.work_trees;
    !Path::new(&anchor.ledger).exists() || !trees.is_empty() && !trees.iter().any(|tree| Path::new(tree).is_dir())
}

/// True if the ledger of an anchor is still at its path, in a file other than the requested one.
fn still_stands(anchor: &Anchor, ledger: &Path) -> bool {
    let file = |path: &Path| path.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    let there = Path::new(&anchor.ledger);
    let is_another = file(there).is_some_and(|found| file(ledger) != Some(found));
    // By now the path may have another ledger, or any file that somebody put there.
    is_another && read_chain(there).is_ok_and(|chain| chain.identity() == Some(&anchor.id))
}

/// Returns anchors of ledgers that have a loop in this place below one of their work trees: somebody created a
/// repository inside, or a link to another one.
fn around(anchors: &Anchors, place: &LedgerPlace<'_>) -> Result<Vec<Anchor>, LedgerError> {
    let here = Path::new(place.work_tree);
    let linked = place.asked.iter().map(PathBuf::as_path).filter(|asked| !asked.starts_with(here));
    let places: Vec<&Path> = std::iter::once(here).chain(linked).collect();
    let has_loop = |anchor: &Anchor, at: &Path| {
        if anchor.runs.iter().any(|run| Path::new(run).starts_with(at)) {
            return true;
        }
        // An anchor of an earlier version does not have them.
        let results = |entry: &Entry| Path::new(&entry.loop_key.work_tree).join(&entry.loop_key.results);
        let chain = read_chain(Path::new(&anchor.ledger)).unwrap_or_default();
        chain.entries.iter().any(|entry| results(entry).starts_with(at))
    };
    let is_around = |anchor: &Anchor| {
        let is_let_go = anchor.released_work_trees.iter().any(|tree| tree == place.work_tree);
        let is_above =
            |at: &Path| anchor.work_trees.iter().map(Path::new).any(|tree| at != tree && at.starts_with(tree));
        anchor.seq > 0 && !is_let_go && places.iter().any(|at| is_above(at) && has_loop(anchor, at))
    };
    Ok(anchors.all()?.into_iter().filter(is_around).collect())
}

fn is_elsewhere(lost: &Anchor, place: &LedgerPlace<'_>) -> bool {
    let path = Path::new(&lost.ledger);
    path != place.ledger && path.exists()
}

/// Returns anchors of other ledgers that were at this path, or had loops in this work tree.
fn lost_here(anchors: &Anchors, place: &LedgerPlace<'_>) -> Result<Vec<Anchor>, LedgerError> {
    let here = place.ledger.to_string_lossy();
    let is_here =
        |anchor: &Anchor| anchor.seq > 0 && (anchor.ledger == here || anchor.places().any(|tree| is_own(tree, place)));
    Ok(anchors.all()?.into_iter().filter(is_here).collect())
}
