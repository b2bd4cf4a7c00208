//! Why a decision was not made. Nothing was changed when one of these comes back, and what it was about still waits; but
//! for [`DecideError::Unrecorded`].

use crate::ledger::LedgerError;
use crate::repo::RepoError;

/// An error of the desk.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The ledger; the system's or the ledger's own words say what to do.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The policy cannot be read.
    #[error("the policy cannot be read, so nothing is decided: {0}")]
    Policy(String),
    /// The key for automatic answers cannot be used.
    #[error("{0}")]
    GateKey(String),
    /// The policy file is not the one that the person accepted.
    #[error("{0}. Nothing was decided")]
    Unaccepted(String),
    /// Somebody answered before.
    #[error("already {what} by {who}")]
    AlreadyDecided {
        /// The decision that stands.
        what: &'static str,
        /// Who made it.
        who: String,
    },
    /// What was shown is not what would be committed now.
    #[error("{0}; nothing was decided, look again")]
    Changed(String),
    /// The branch was moved, and the record of that could not be written.
    #[error(
        "{branch} has the approved commit, and the ledger's record of it could not be written: {source}. The next decision or start writes it"
    )]
    Unrecorded {
        /// The branch, short name.
        branch: String,
        /// Why not.
        source: LedgerError,
    },
    /// A critical finding was not acknowledged.
    #[error("the critical finding `{0}` was not acknowledged; nothing was decided")]
    NotAcknowledged(&'static str),
    /// The branch is not where the ledger left it.
    #[error("{0}; nothing was decided")]
    Foreign(String),
    /// A record or commit that decisions build on is not signed as it must be.
    #[error("{0}; nothing is decided on top of that (countersign verify)")]
    Unsigned(String),
    /// There is no signature, and there should be one.
    #[error("{0}; nothing was decided")]
    Signature(#[from] crate::signature::SignatureError),
    /// The foreign tip leaves out what was approved.
    #[error(
        "{0} as it is leaves out commits that were approved, so it cannot be adopted; restore it (countersign restore)"
    )]
    NotAdoptable(String),
    /// Nobody waits for this answer.
    #[error("{0}; nothing was decided")]
    NobodyAsks(&'static str),
    /// The agent's door.
    #[error("the agent's door, {path}: {source}; {remedy}", remedy = mailbox_remedy(source))]
    Door {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system said, or what stands in its place.
        source: std::io::Error,
    },
    /// It took so long that nobody waits for it any more.
    #[error("it was given up before anything of it was written")]
    GivenUp,
    /// A veto needs a reason.
    #[error("a veto needs a reason: the next reader will ask why")]
    NoReason,
}

impl From<std::io::Error> for DecideError {
    /// Of the agent's door, by its usual name.
    fn from(source: std::io::Error) -> Self {
        Self::Door { path: crate::mailbox::FOLDER.into(), source }
    }
}

/// The door belongs to two: what is missing may be missing for one of them.
fn mailbox_remedy(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "where the agent runs as another user, both must be able to write there (chmod -R a+rwX .countersign, or a group of your own)"
        }
        _ => crate::disk::remedy(source),
    }
}
