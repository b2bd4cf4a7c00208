//! The agent's side: writes a message to the inbox. Touches only the mailbox directory, so that an agent's sandbox may
//! keep git read-only.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::message::read_message;
use super::{LARGEST_MESSAGE, LARGEST_PATCH, MAILBOX_DIR, Mailbox};
use crate::model::{Asker, CommitId, Evidence, Gate, ProposalId, hex};

/// A proposal to be sent. Serialised, it is `proposal.json`.
#[derive(Clone, Debug, Serialize)]
pub struct OutgoingProposal {
    /// Version of the format: 1.
    pub v: u32,
    /// Its id; if `None`, a hash of the other fields, so that the same proposal sent twice is one proposal.
    pub id: Option<ProposalId>,
    /// The agent's idempotency key; empty if it has none.
    pub idempotency_key: String,
    /// The gate where the loop waits.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change.
    pub change: OutgoingChange,
    /// One-line summary.
    pub title: String,
    /// The rationale; may be empty.
    pub rationale: String,
    /// The agent.
    pub agent: Asker,
    /// The measured values.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one replaces.
    pub supersedes: Option<ProposalId>,
    /// The agent's token, which proves that it sent its earlier proposals; empty if it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
}

/// Commit after the change; `None` if the change is a patch.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct OutgoingChange {
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitId>,
}

/// The reason why a proposal was not sent.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No mailbox was found.
    #[error("no {MAILBOX_DIR} in {0} or a parent directory: run `countersign init` in the run directory to create it")]
    NoMailbox(PathBuf),
    /// It would be rejected.
    #[error("{0}")]
    Refused(String),
    /// It is too large.
    #[error("{0}")]
    TooLarge(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The mailbox directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

/// The result of sending a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The proposal's id.
    pub id: ProposalId,
    /// False if the same proposal was sent before.
    pub is_new: bool,
}

/// Puts a proposal into the inbox of `dir`, completely or not at all.
pub fn send(dir: &Path, proposal: &OutgoingProposal, patch: Option<&[u8]>) -> Result<Sent, AskError> {
    let io = |source| AskError::Io { path: dir.join(MAILBOX_DIR), source };
    let id = match &proposal.id {
        Some(id) => id.clone(),
        None => id_of(proposal, patch)?,
    };
    let proposal = OutgoingProposal { id: Some(id.clone()), ..proposal.clone() };
    let bytes = serde_json::to_vec(&proposal).map_err(|error| AskError::Refused(error.to_string()))?;
    // Fails now if it would be rejected later.
    read_message(&bytes).map_err(|refused| AskError::Refused(refused.why))?;
    if bytes.len() > LARGEST_MESSAGE {
        return Err(AskError::TooLarge(format!("title, rationale and evidence exceed {LARGEST_MESSAGE} bytes")));
    }
    if patch.is_some_and(|patch| patch.len() > LARGEST_PATCH) {
        return Err(AskError::TooLarge(format!(
            "the patch exceeds {LARGEST_PATCH} bytes: commit the change and propose the commit (--head)"
        )));
    }
    let mailbox = Mailbox::open(dir).map_err(io)?.ok_or_else(|| AskError::NoMailbox(dir.to_owned()))?;
    let make = || -> std::io::Result<Sent> {
        let inbox = mailbox.root.create_subdir("inbox")?;
        let (drafts, new) = (inbox.create_subdir("tmp")?, inbox.create_subdir("new")?);
        let outbox = mailbox.root.create_subdir("outbox")?;
        let name = format!("{id}.json");
        let pending = outbox.create_subdir("pending")?;
        if new.kind(id.as_str())?.is_some() || outbox.kind(&name)?.is_some() || pending.kind(&name)?.is_some() {
            return Ok(Sent { id: id.clone(), is_new: false });
        }
        // One server may get two calls at once.
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let place = format!("{id}.{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
        let draft = drafts.create_subdir(&place)?;
        draft.put("proposal.json", &bytes)?;
        if let Some(patch) = patch {
            draft.put("change.patch", patch)?;
        }
        match drafts.rename(&place, &new, id.as_str()) {
            Ok(()) => Ok(Sent { id: id.clone(), is_new: true }),
            // Another call with the same proposal was faster.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists
                ) =>
            {
                for file in draft.names(4)? {
                    draft.remove(file)?;
                }
                drafts.remove_directory(&place)?;
                Ok(Sent { id: id.clone(), is_new: false })
            }
            Err(error) => Err(error),
        }
    };
    make().map_err(io)
}

/// Returns the id of a proposal, a hash of its contents. The contents are hashed along with an idempotency key: the
/// same key with other contents must not get the earlier answer. With a key the agent's identity is left out, so that a
/// restarted session gets the same id.
fn id_of(proposal: &OutgoingProposal, patch: Option<&[u8]>) -> Result<ProposalId, AskError> {
    let mut proposal = proposal.clone();
    if !proposal.idempotency_key.is_empty() {
        (proposal.agent, proposal.token) = (Asker::default(), String::new());
    }
    let mut digest = Sha256::new();
    digest.update(serde_json::to_vec(&proposal).map_err(|error| AskError::Refused(error.to_string()))?);
    digest.update(patch.unwrap_or_default());
    let text = format!("p{}", &hex(&digest.finalize())[..20]);
    text.parse().map_err(|error: crate::model::BadProposalId| AskError::Refused(error.to_string()))
}
