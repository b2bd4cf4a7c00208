//! A ledger held against the person's anchors: which of its records are theirs, and what is wrong with it.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Anchor, Anchors, Chain, Entry, GENESIS, LedgerError, read_chain};

/// The ledger that is asked about.
pub struct LedgerPlace<'a> {
    /// Its absolute path.
    pub ledger: &'a Path,
    /// Work tree of the loop, as git has it.
    pub work_tree: &'a str,
    /// The directory that the person asked for, by the names that they called it by: git's configuration, or a link put in
    /// its place, may say that its work tree is another.
    pub asked: &'a [PathBuf],
    /// Finds the first commit of the repository's history. Asked only where the ledger itself does not say which
    /// it is.
    pub root: &'a dyn Fn() -> Option<String>,
}

/// Why a ledger is not believed, in whole or in part. Nothing is decided until a person has settled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// An anchored record has another hash.
    Rewritten {
        /// Its sequence number.
        seq: u64,
    },
    /// Anchored records are missing at the end.
    Cut {
        /// Records that are there.
        found: u64,
        /// Records that were anchored.
        anchored: u64,
    },
    /// Records follow the last one that was anchored.
    Foreign {
        /// Sequence number of the first.
        from: u64,
        /// Sequence number of the last.
        to: u64,
    },
    /// No anchor of this ledger is there.
    Unanchored {
        /// Records of the ledger.
        records: u64,
    },
    /// An anchored record says what no record of the program's own says: somebody wrote ledger and anchor.
    Forged {
        /// Its sequence number.
        seq: u64,
        /// Why it cannot stand there.
        why: &'static str,
    },
    /// The ledger belongs to another place.
    Copy {
        /// Path where it was last written.
        of: String,
        /// False when records are missing or others than those that were anchored: it is no moved ledger.
        is_whole: bool,
        /// True when a ledger is still there: this one was copied, and not moved.
        stands: bool,
    },
    /// The loop's ledger is there, and its repository leads elsewhere by now.
    Elsewhere {
        /// Where it is, or was.
        place: String,
        /// Its records.
        anchored: u64,
        /// Records of the ledger that is found here now.
        found: u64,
    },
    /// Another ledger is known here.
    Replaced {
        /// Where it was.
        place: String,
        /// Its records.
        anchored: u64,
        /// Records of the one that is there now.
        found: u64,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rewritten { seq } => write!(
                f,
                "record {seq} is not the one that was anchored: the ledger was rewritten; put it back from a backup, or \
                 vouch for it as it is (countersign ledger adopt)"
            ),
            Self::Cut { found: 0, anchored } => write!(
                f,
                "0 records where {anchored} were anchored: the ledger's end was cut off, or all of it; put it back from a \
                 backup, or begin a new one (countersign ledger new)"
            ),
            Self::Cut { found, anchored } => write!(
                f,
                "{found} records where {anchored} were anchored: the ledger's end was cut off; put it back from a \
                 backup, or go on without (countersign ledger adopt)"
            ),
            Self::Foreign { from, to } => {
                if from == to {
                    write!(f, "record {from} was appended by somebody else and counts for nothing")?;
                } else {
                    write!(f, "records {from} to {to} were appended by somebody else and count for nothing")?;
                }
                write!(
                    f,
                    " (or your state directory is an older one, which does not know of it): strike or adopt (countersign \
                     ledger strike, countersign ledger adopt)"
                )
            }
            Self::Unanchored { records } => write!(
                f,
                "there is no anchor for this ledger here, so nobody can say whether its {records} records are all and are \
                 yours: it was made by another user or on another machine, or the anchor was deleted. Look at it \
                 (countersign log), then countersign ledger adopt"
            ),
            Self::Forged { seq, why } => write!(
                f,
                "record {seq} was written by somebody who can write your state directory, too: {why}. Put ledger and state \
                 directory back from a backup, or begin a new ledger (countersign ledger new)"
            ),
            Self::Copy { of, is_whole: true, stands: true } => write!(
                f,
                "this ledger belongs to {of}, which is still there: here is a copy, which is watched only. Where it is to \
                 go its own way: countersign ledger new. Where you go on here alone, take the other away first"
            ),
            Self::Copy { of, is_whole: true, stands: false } => write!(
                f,
                "this ledger belongs to {of}: here is a copy, which is watched only. Where the repository was moved: \
                 countersign ledger moved; where the copy is to go its own way: countersign ledger new"
            ),
            Self::Copy { of, is_whole: false, .. } => write!(
                f,
                "this ledger belongs to {of}: here is a copy that has not all of its records, which is watched only. \
                 Where it is to go its own way: countersign ledger new"
            ),
            Self::Elsewhere { place, anchored, found } => {
                write!(
                    f,
                    "the ledger of this work tree is at {place} ({anchored} records), and its repository leads elsewhere by \
                     now: put .git back, take away one that was begun inside of it, put `home` in your configuration back \
                     where it was set, or "
                )?;
                match found {
                    0 => write!(f, "begin a new ledger here (countersign ledger new)"),
                    _ => write!(
                        f,
                        "go on with the ledger of {found} records that is here now (countersign log, then countersign \
                         ledger adopt)"
                    ),
                }
            }
            Self::Replaced { place, anchored, found } => {
                let now = if *found == 0 { "is gone" } else { "was replaced by another" };
                write!(
                    f,
                    "the ledger with {anchored} records at {place} {now}: put it back from a backup, or begin a new one \
                     (countersign ledger new)"
                )
            }
        }
    }
}

/// A ledger beside what is remembered of it.
#[derive(Clone, Debug)]
pub struct Custody {
    /// The anchor it has, or the one that its next record will give it.
    pub anchor: Anchor,
    /// What is wrong with it; `None` when all is well.
    pub doubt: Option<Doubt>,
    /// How many of its records are believed.
    pub believed: u64,
    /// Anchors of ledgers that it took the place of.
    pub lost: Vec<Anchor>,
}

/// Holds a chain against the anchors. Writes nothing.
pub fn custody_of(anchors: &Anchors, chain: &Chain, place: &LedgerPlace<'_>) -> Result<Custody, LedgerError> {
    let here = place.ledger.to_string_lossy();
    let Some(id) = chain.identity() else { return without_ledger(anchors, place) };
    let known = match anchors.of(id)? {
        Some(anchor) => Some(anchor),
        // An earlier version's is filed by path and counts only for the ledger that begins as it did.
        None => anchors.by_path(place.ledger)?.map(|old| Anchor { id: id.to_owned(), ..old }),
    };
    let Some(anchor) = known else { return unknown(anchors, chain, id, place) };
    let (mut doubt, mut believed) = anchor.compare(chain);
    if let Some((seq, why)) = chain.fault(believed) {
        (doubt, believed) = (Some(Doubt::Forged { seq, why }), 0);
    }
    if anchor.ledger != here {
        let is_whole = !matches!(doubt, Some(Doubt::Rewritten { .. } | Doubt::Cut { .. } | Doubt::Forged { .. }));
        let stands = still_stands(&anchor, place.ledger);
        doubt = Some(Doubt::Copy { of: anchor.ledger.clone(), is_whole, stands });
    }
    if doubt.is_some() {
        return Ok(Custody { anchor, doubt, believed, lost: Vec::new() });
    }
    // A ledger that holds may be another one than that of this work tree.
    let mut lost: Vec<Anchor> = lost_here(anchors, place)?;
    lost.extend(around(anchors, place)?);
    lost.retain(|lost| !lost.id.is_empty() && lost.id != id);
    let led_away =
        |lost: &Anchor| Doubt::Elsewhere { place: lost.ledger.clone(), anchored: lost.seq, found: chain.seq() };
    let doubt = lost.last().map(led_away);
    let believed = if doubt.is_some() { 0 } else { believed };
    Ok(Custody { anchor, doubt, believed, lost })
}

impl Anchor {
    /// What does not hold between this anchor and the chain of its ledger, and how many records are believed.
    pub fn compare(&self, chain: &Chain) -> (Option<Doubt>, u64) {
        let hash_of = |seq: u64| match seq {
            0 => Some(GENESIS),
            seq => chain.entry(seq).map(|entry| entry.hash.as_str()),
        };
        match hash_of(self.seq) {
            Some(hash) if hash == self.hash => {}
            Some(_) => return (Some(Doubt::Rewritten { seq: self.seq }), 0),
            // What is left may have been put there as well.
            None => return (Some(Doubt::Cut { found: chain.seq(), anchored: self.seq }), 0),
        }
        // The record that was being appended is the person's, whether or not the anchor was closed after it.
        let own =
            self.next.as_ref().filter(|next| hash_of(next.seq) == Some(&next.hash)).map_or(self.seq, |next| next.seq);
        // Half a line is a crash's only where a record was being appended and is not there.
        let is_missing = self.next.is_some() && own == self.seq;
        let end = chain.seq() + u64::from(chain.torn.is_some() && !is_missing);
        let foreign = (end > own).then_some(Doubt::Foreign { from: own + 1, to: end });
        (foreign, own)
    }
}

/// A ledger whose identity no anchor has.
fn unknown(anchors: &Anchors, chain: &Chain, id: &str, place: &LedgerPlace<'_>) -> Result<Custody, LedgerError> {
    let mut lost = lost_here(anchors, place)?;
    lost.extend(around(anchors, place)?);
    let anchor = Anchor { id: id.to_owned(), ..Anchor::of_new(place.ledger) };
    let doubt = match (lost.last(), chain.fault(chain.seq())) {
        (Some(lost), _) if is_elsewhere(lost, place) => {
            Doubt::Elsewhere { place: lost.ledger.clone(), anchored: lost.seq, found: chain.seq() }
        }
        (Some(lost), _) => Doubt::Replaced { place: lost.ledger.clone(), anchored: lost.seq, found: chain.seq() },
        (None, Some((seq, why))) => Doubt::Forged { seq, why },
        (None, None) => Doubt::Unanchored { records: chain.seq() },
    };
    Ok(Custody { anchor, doubt: Some(doubt), believed: 0, lost })
}

fn without_ledger(anchors: &Anchors, place: &LedgerPlace<'_>) -> Result<Custody, LedgerError> {
    let mut lost = lost_here(anchors, place)?;
    lost.extend(around(anchors, place)?);
    // A repository that was moved without its ledger: where its ledger was, there is none any more.
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
            Doubt::Elsewhere { place: lost.ledger.clone(), anchored: lost.seq, found: 0 }
        } else if Path::new(&lost.ledger) == place.ledger {
            Doubt::Cut { found: 0, anchored: lost.seq }
        } else {
            Doubt::Replaced { place: lost.ledger.clone(), anchored: lost.seq, found: 0 }
        }
    });
    Ok(Custody { anchor: Anchor::of_new(place.ledger), doubt, believed: 0, lost })
}

/// True where a ledger, or each work tree that went with it, is not there any more. In a home it stays when they go.
fn is_gone(anchor: &Anchor) -> bool {
    let trees = &anchor.work_trees;
    !Path::new(&anchor.ledger).exists() || !trees.is_empty() && !trees.iter().any(|tree| Path::new(tree).is_dir())
}

/// True when the ledger of an anchor is still where it was, in another file than the one that is asked about.
fn still_stands(anchor: &Anchor, ledger: &Path) -> bool {
    let file = |path: &Path| path.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    let there = Path::new(&anchor.ledger);
    let is_another = file(there).is_some_and(|found| file(ledger) != Some(found));
    // Another ledger may lie there by now, or anything that somebody put there.
    is_another && read_chain(there).is_ok_and(|chain| chain.identity() == Some(&anchor.id))
}

/// True for a work tree in which, or at the top of which, the person is: it is the one that git has, or it lies on the way
/// from that one down to the directory that was asked for.
pub(super) fn is_own(tree: &str, place: &LedgerPlace<'_>) -> bool {
    let (tree, here) = (Path::new(tree), Path::new(place.work_tree));
    let is_on_the_way = |asked: &PathBuf| asked == tree || asked.starts_with(tree) && tree.starts_with(here);
    tree == here || place.asked.iter().any(is_on_the_way)
}

/// Anchors of ledgers that have a loop in this place, which is a folder of theirs: somebody began a repository inside, or
/// put a link to another one there.
fn around(anchors: &Anchors, place: &LedgerPlace<'_>) -> Result<Vec<Anchor>, LedgerError> {
    let here = Path::new(place.work_tree);
    let linked = place.asked.iter().map(PathBuf::as_path).filter(|asked| !asked.starts_with(here));
    let places: Vec<&Path> = std::iter::once(here).chain(linked).collect();
    let has_loop = |anchor: &Anchor, at: &Path| {
        if anchor.runs.iter().any(|run| Path::new(run).starts_with(at)) {
            return true;
        }
        // An anchor of an earlier version does not know them.
        let results = |entry: &Entry| Path::new(&entry.loop_key.work_tree).join(&entry.loop_key.results);
        let chain = read_chain(Path::new(&anchor.ledger)).unwrap_or_default();
        chain.entries.iter().any(|entry| results(entry).starts_with(at))
    };
    let is_around = |anchor: &Anchor| {
        let is_let_go = anchor.let_go.iter().any(|tree| tree == place.work_tree);
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

/// Anchors of other ledgers that were in this place, or that had loops in this work tree.
fn lost_here(anchors: &Anchors, place: &LedgerPlace<'_>) -> Result<Vec<Anchor>, LedgerError> {
    let here = place.ledger.to_string_lossy();
    let is_here =
        |anchor: &Anchor| anchor.seq > 0 && (anchor.ledger == here || anchor.places().any(|tree| is_own(tree, place)));
    Ok(anchors.all()?.into_iter().filter(is_here).collect())
}
