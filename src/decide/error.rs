//! Errors of a decision. After any of them nothing has changed and the change is still pending, except for
//! [`DecideError::Unrecorded`].

use crate::approved::PolicySourceError;
use crate::ledger::LedgerError;
use crate::model::Answer;
use crate::repo::RepoError;

const UNREADABLE_POLICY: &str = "cannot read the policy, so nothing was decided";

/// An error of a decision.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The repository failed.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The ledger failed; the message of the system or of the ledger names the remedy.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The policy cannot be read.
    #[error("{what}: {0}", what = UNREADABLE_POLICY)]
    Policy(String),
    /// A policy is invalid or unreadable.
    #[error("{what}: {0}", what = UNREADABLE_POLICY)]
    PolicySource(#[from] PolicySourceError),
    /// The key for automatic answers cannot be used.
    #[error("{0}")]
    GateKey(String),
    /// The policy file differs from the accepted one.
    #[error("{0}. Nothing was decided")]
    Unaccepted(String),
    /// Somebody decided first.
    #[error("already {what} by {who}")]
    AlreadyDecided {
        /// The decision that stands.
        what: &'static str,
        /// The person who made it.
        who: String,
    },
    /// The candidate differs from what was shown.
    #[error("{0}; nothing was decided, review it again")]
    Changed(String),
    /// The branch was moved, but its record could not be written.
    #[error(
        "{branch} has the approved commit, but its ledger record could not be written: {source}. The next decision or start writes it"
    )]
    Unrecorded {
        /// Short name of the branch.
        branch: String,
        /// The ledger's error.
        source: LedgerError,
    },
    /// A critical finding was not acknowledged.
    #[error("the critical finding `{0}` was not acknowledged; nothing was decided")]
    NotAcknowledged(&'static str),
    /// The branch is not at the recorded tip.
    #[error("{0}; nothing was decided")]
    Diverged(String),
    /// A record or commit that decisions build on lacks the required signature.
    #[error("{0}; no decision can build on it (see countersign verify)")]
    Unsigned(String),
    /// A signature could not be made.
    #[error("{0}; nothing was decided")]
    Signature(#[from] crate::signature::SignatureError),
    /// The diverged tip drops approved commits.
    #[error("{0} drops approved commits, so it cannot be adopted; restore it (countersign restore)")]
    NotAdoptable(String),
    /// The request does not apply: no proposal is waiting for it, or it is not valid; the message names the reason.
    #[error("{0}; nothing was decided")]
    NotApplicable(&'static str),
    /// The agent's mailbox failed.
    #[error("the agent's mailbox, {path}: {source}; {remedy}", remedy = mailbox_remedy(source))]
    Mailbox {
        /// Its directory or file.
        path: std::path::PathBuf,
        /// The system's error, or what is wrong with the file.
        source: std::io::Error,
    },
    /// The request took too long and its caller gave up.
    #[error("it timed out before anything was written")]
    TimedOut,
    /// A veto needs a reason.
    #[error("{}", Answer::NO_REASON)]
    NoReason,
}

impl DecideError {
    pub(super) fn moved(branch: &str) -> Self {
        Self::Changed(format!("{branch} moved since it was shown"))
    }
}

impl From<std::io::Error> for DecideError {
    /// Converts an I/O error of the mailbox, under its usual path.
    fn from(source: std::io::Error) -> Self {
        Self::Mailbox { path: crate::mailbox::MAILBOX_DIR.into(), source }
    }
}

/// Returns the remedy for a mailbox error. The mailbox has two users, so a permission may be missing for either.
fn mailbox_remedy(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "if the agent runs as another user, both must be able to write there (chmod -R a+rwX .countersign, or use a shared group)"
        }
        _ => crate::disk::remedy(source),
    }
}
