//! The reasons why a ledger is not believed, with their remedies.

use std::fmt;

/// The reason why a ledger is not believed, in whole or in part. Nothing is decided until a person has settled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerProblem {
    /// An anchored record has a different hash.
    Rewritten {
        /// Its sequence number.
        seq: u64,
    },
    /// Anchored records are missing at the end.
    Cut {
        /// Number of records present.
        found: u64,
        /// Number of anchored records.
        anchored: u64,
    },
    /// Records follow the last anchored one.
    Foreign {
        /// Sequence number of the first.
        from: u64,
        /// Sequence number of the last.
        to: u64,
    },
    /// This ledger has no anchor.
    Unanchored {
        /// Number of records in the ledger.
        records: u64,
    },
    /// An anchored record is one that the program never writes: somebody wrote both ledger and anchor.
    Forged {
        /// Its sequence number.
        seq: u64,
        /// The reason why it is invalid there.
        why: &'static str,
    },
    /// The ledger belongs to another place.
    Copy {
        /// Path where it was last written.
        of: String,
        /// False if records are missing or differ from the anchored ones: then it is not a moved ledger.
        is_whole: bool,
        /// True if a ledger still exists there: this one was copied, not moved.
        stands: bool,
    },
    /// The loop's ledger exists, but its repository now points elsewhere.
    Elsewhere {
        /// Its present or former path.
        place: String,
        /// Number of its records.
        anchored: u64,
        /// Number of records in the ledger that is found here now.
        found: u64,
    },
    /// A different ledger is known here.
    Replaced {
        /// Its former path.
        place: String,
        /// Number of its records.
        anchored: u64,
        /// Number of records in the ledger that is there now.
        found: u64,
    },
}

impl fmt::Display for LedgerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rewritten { seq } => write!(
                f,
                "record {seq} differs from the anchored one: the ledger was rewritten; restore it from a backup, or \
                 vouch for it as it is (countersign ledger adopt)"
            ),
            Self::Cut { found: 0, anchored } => write!(
                f,
                "0 records but {anchored} are anchored: the end of the ledger was cut off, or all of it; restore it from a \
                 backup, or begin a new one (countersign ledger new)"
            ),
            Self::Cut { found, anchored } => write!(
                f,
                "{found} records but {anchored} are anchored: the end of the ledger was cut off; restore it from a \
                 backup, or continue without it (countersign ledger adopt)"
            ),
            Self::Foreign { from, to } => {
                if from == to {
                    write!(f, "record {from} was appended by somebody else and is ignored")?;
                } else {
                    write!(f, "records {from} to {to} were appended by somebody else and are ignored")?;
                }
                write!(
                    f,
                    " (or your state directory is an older copy): strike or adopt (countersign ledger strike, countersign \
                     ledger adopt)"
                )
            }
            Self::Unanchored { records } => write!(
                f,
                "there is no anchor for this ledger here, so nothing shows that its {records} records are complete and \
                 yours: it was made by another user or on another machine, or the anchor was deleted. Inspect it \
                 (countersign log), then countersign ledger adopt"
            ),
            Self::Forged { seq, why } => write!(
                f,
                "record {seq} was written by somebody who can also write your state directory: {why}. Restore ledger and \
                 state directory from a backup, or begin a new ledger (countersign ledger new)"
            ),
            Self::Copy { of, is_whole: true, stands: true } => write!(
                f,
                "this ledger belongs to {of}, which still exists: this is a copy (watch only). To use it independently: \
                 countersign ledger new. To continue only here, remove the other one first"
            ),
            Self::Copy { of, is_whole: true, stands: false } => write!(
                f,
                "this ledger belongs to {of}: this is a copy (watch only). If the repository was moved: countersign \
                 ledger moved; to use the copy independently: countersign ledger new"
            ),
            Self::Copy { of, is_whole: false, .. } => write!(
                f,
                "this ledger belongs to {of}: this is an incomplete copy (watch only). To use it independently: \
                 countersign ledger new"
            ),
            Self::Elsewhere { place, anchored, found } => {
                write!(
                    f,
                    "the ledger of this work tree is at {place} ({anchored} records), but its repository now points \
                     elsewhere: restore .git, remove a repository that was created inside it, set `home` in your \
                     configuration again if it was set, or "
                )?;
                match found {
                    0 => write!(f, "begin a new ledger here (countersign ledger new)"),
                    _ => write!(
                        f,
                        "continue with the ledger of {found} records that is here now (countersign log, then countersign \
                         ledger adopt)"
                    ),
                }
            }
            Self::Replaced { place, anchored, found } => {
                let now = if *found == 0 { "is gone" } else { "was replaced by another" };
                write!(
                    f,
                    "the ledger with {anchored} records at {place} {now}: restore it from a backup, or begin a new one \
                     (countersign ledger new)"
                )
            }
        }
    }
}
