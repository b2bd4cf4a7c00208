//! The agent's side: a message is written where the supervisor looks for it. Touches nothing but the
//! door's own folder, so that an agent's sandbox may leave git read-only.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::message::read_message;
use super::{FOLDER, LARGEST_MESSAGE, LARGEST_PATCH, Mailbox};
use crate::model::{Asker, CommitId, Evidence, Gate, ProposalId, hex};

/// What is to be asked. Serialised it is `proposal.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Ask {
    /// Version of the format: 1.
    pub v: u32,
    /// Its name; made from all the rest when `None`, so that the same thing asked twice is one thing.
    pub id: Option<ProposalId>,
    /// What the agent calls the whole of it; empty when it has no name for it.
    pub idempotency_key: String,
    /// Where the loop waits.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change.
    pub change: AskChange,
    /// What it is, in a line.
    pub title: String,
    /// Why; may be empty.
    pub rationale: String,
    /// Who asks.
    pub agent: Asker,
    /// What measuring gave.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one takes the place of.
    pub supersedes: Option<ProposalId>,
    /// What shows that the asker is who asked before; empty when it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
}

/// Commit after the change; `None` when a patch says what changes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct AskChange {
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitId>,
}

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no door.
    #[error("there is no {FOLDER} in {0} or above it: `countersign init` makes it, in the directory the loop runs in")]
    NoDoor(PathBuf),
    /// It would be refused.
    #[error("{0}")]
    Refused(String),
    /// Larger than is taken.
    #[error("{0}")]
    TooLarge(String),
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// The folder of the door.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What became of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The proposal's name.
    pub id: ProposalId,
    /// False when the same thing had been asked before.
    pub is_new: bool,
}

/// Puts a proposal into the inbox of `dir`, whole or not at all.
pub fn put(dir: &Path, ask: &Ask, patch: Option<&[u8]>) -> Result<Put, AskError> {
    let io = |source| AskError::Io { path: dir.join(FOLDER), source };
    let id = match &ask.id {
        Some(id) => id.clone(),
        None => name_of(ask, patch)?,
    };
    let ask = Ask { id: Some(id.clone()), ..ask.clone() };
    let bytes = serde_json::to_vec(&ask).map_err(|error| AskError::Refused(error.to_string()))?;
    // What would be refused is told here and now.
    read_message(&bytes).map_err(|refused| AskError::Refused(refused.why))?;
    if bytes.len() > LARGEST_MESSAGE {
        return Err(AskError::TooLarge(format!(
            "title, rationale and evidence have more than {LARGEST_MESSAGE} bytes"
        )));
    }
    if patch.is_some_and(|patch| patch.len() > LARGEST_PATCH) {
        return Err(AskError::TooLarge(format!(
            "the patch has more than {LARGEST_PATCH} bytes: commit the change and propose the commit (--head)"
        )));
    }
    let mailbox = Mailbox::open(dir).map_err(io)?.ok_or_else(|| AskError::NoDoor(dir.to_owned()))?;
    let make = || -> std::io::Result<Put> {
        let inbox = mailbox.root.make_below("inbox")?;
        let (drafts, new) = (inbox.make_below("tmp")?, inbox.make_below("new")?);
        let outbox = mailbox.root.make_below("outbox")?;
        let name = format!("{id}.json");
        let pending = outbox.make_below("pending")?;
        if new.kind(id.as_str())?.is_some() || outbox.kind(&name)?.is_some() || pending.kind(&name)?.is_some() {
            return Ok(Put { id: id.clone(), is_new: false });
        }
        // One server may be asked twice at once.
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let place = format!("{id}.{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
        let draft = drafts.make_below(&place)?;
        draft.put("proposal.json", &bytes)?;
        if let Some(patch) = patch {
            draft.put("change.patch", patch)?;
        }
        match drafts.rename(&place, &new, id.as_str()) {
            Ok(()) => Ok(Put { id: id.clone(), is_new: true }),
            // Another call of the same was quicker.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists
                ) =>
            {
                for file in draft.names(4)? {
                    draft.remove(file)?;
                }
                drafts.remove_folder(&place)?;
                Ok(Put { id: id.clone(), is_new: false })
            }
            Err(error) => Err(error),
        }
    };
    make().map_err(io)
}

/// The name of what is asked, by all that it says. A key goes with what it was first used for: the same key
/// with another content must not be given the earlier answer. With a key it does not matter who asks: a session
/// that was started again asks for the same.
fn name_of(ask: &Ask, patch: Option<&[u8]>) -> Result<ProposalId, AskError> {
    let mut ask = ask.clone();
    if !ask.idempotency_key.is_empty() {
        (ask.agent, ask.token) = (Asker::default(), String::new());
    }
    let mut digest = Sha256::new();
    digest.update(serde_json::to_vec(&ask).map_err(|error| AskError::Refused(error.to_string()))?);
    digest.update(patch.unwrap_or_default());
    let text = format!("p{}", &hex(&digest.finalize())[..20]);
    text.parse().map_err(|error: crate::model::BadProposalId| AskError::Refused(error.to_string()))
}
