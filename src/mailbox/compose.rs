//! Turns an agent's arguments into a proposal: resolves revisions to commits and edits to a patch.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::ask::{AskError, OutgoingChange, OutgoingProposal, Sent, send};
use super::{MAILBOX_DIR, Reply, read_status};
use crate::approved::approved_branch_here;
use crate::format::{IgnoredPaths, ListedFile, detect, read_patch};
use crate::model::{Approved, Asker, Evidence, Gate, ProposalId};
use crate::repo::Repo;

/// The change of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposedChange {
    /// A commit, as any revision.
    Head(String),
    /// The text of a patch.
    Patch(Vec<u8>),
    /// The differences between the work tree and the base.
    WorkTree,
}

/// A proposal as given by an agent.
#[derive(Clone, Debug)]
pub struct ProposalDraft {
    /// Commit before the change, as any revision; `None` for the default.
    pub base: Option<String>,
    /// The change of a proposal.
    pub change: ProposedChange,
    /// One-line summary.
    pub title: String,
    /// The rationale; may be empty.
    pub rationale: String,
    /// The gate where the loop waits.
    pub gate: Gate,
    /// The measured values.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one replaces.
    pub supersedes: Option<ProposalId>,
    /// The agent's idempotency key; empty if it has none.
    pub key: String,
    /// The agent.
    pub agent: Asker,
    /// The agent's token, which proves that it sent its earlier proposals; empty if it has none.
    pub token: String,
}

/// Returns the run directory whose mailbox an agent in `dir` uses: the nearest ancestor with a mailbox within the
/// repository; for a linked work tree without one, that of the main work tree.
pub fn mailbox_of(dir: &Path) -> Result<PathBuf, AskError> {
    let start = dir.canonicalize().map_err(|source| AskError::Io { path: dir.to_owned(), source })?;
    let repo = Repo::open(&start).ok();
    let top = repo.as_ref().map(|repo| repo.work_tree().to_owned());
    let has_mailbox = |place: &&Path| place.join(MAILBOX_DIR).is_dir();
    let within = |place: &&Path| top.as_ref().is_none_or(|top| place.starts_with(top));
    if let Some(found) = start.ancestors().take_while(within).find(has_mailbox) {
        return Ok(found.to_owned());
    }
    // The same path in the main work tree, or an ancestor of it.
    if let (Some(main), Some(top)) = (repo.and_then(|repo| repo.main_work_tree()), top) {
        let same = start.strip_prefix(&top).map(|below| main.join(below)).unwrap_or(main.clone());
        if let Some(found) = same.ancestors().take_while(|place| place.starts_with(&main)).find(has_mailbox) {
            return Ok(found.to_owned());
        }
    }
    Err(AskError::NoMailbox(start))
}

/// Returns the approved branch of the loop whose mailbox is in `run`.
fn branch_here(run: &Path) -> String {
    Repo::open(run).map_or_else(|_| Approved::DEFAULT_BRANCH.to_owned(), |repo| approved_branch_here(&repo))
}

/// Sends a proposal of an agent in `dir` to the inbox of `run`.
pub fn propose(dir: &Path, run: &Path, request: &ProposalDraft) -> Result<Sent, AskError> {
    let refused = |error: &dyn std::fmt::Display| AskError::Refused(error.to_string());
    let repo = Repo::open(dir).map_err(|e| refused(&e))?;
    let named = request.base.as_deref().map(|name| repo.resolve(name)).transpose().map_err(|e| refused(&e))?;
    let (base, head, patch) = match &request.change {
        ProposedChange::Head(name) => {
            let head = repo.resolve(name).map_err(|e| refused(&e))?;
            let base = named.map_or_else(|| repo.base_of(head, &branch_here(run)), Ok).map_err(|e| refused(&e))?;
            (base, Some(head), None)
        }
        ProposedChange::Patch(patch) => {
            let base = named.map_or_else(|| repo.resolve("HEAD"), Ok).map_err(|e| refused(&e))?;
            (base, None, Some(patch.clone()))
        }
        ProposedChange::WorkTree => {
            let base = named.map_or_else(|| repo.resolve("HEAD"), Ok).map_err(|e| refused(&e))?;
            let patch = repo.work_tree_patch(base, &ignored(dir, &repo)).map_err(|e| refused(&e))?;
            (base, None, Some(patch))
        }
    };
    if let Some(patch) = &patch {
        // Fails now if it would be rejected later.
        read_patch(patch).map_err(|e| refused(&e))?;
    }
    let proposal = OutgoingProposal {
        v: 1,
        id: None,
        idempotency_key: request.key.clone(),
        gate: request.gate,
        base,
        change: OutgoingChange { head },
        title: request.title.clone(),
        rationale: request.rationale.clone(),
        agent: request.agent.clone(),
        evidence: request.evidence.clone(),
        supersedes: request.supersedes.clone(),
        token: request.token.clone(),
    };
    send(run, &proposal, patch.as_deref())
}

/// Returns the paths of results and logs, which are not part of a change.
fn ignored(dir: &Path, repo: &Repo) -> IgnoredPaths {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().take(10_000);
    let listed = |path: String| ListedFile { path, ..ListedFile::default() };
    let listing: Vec<ListedFile> =
        names.filter_map(|entry| Some(listed(entry.file_name().into_string().ok()?))).collect();
    let results = detect(&listing, None).map(|found| found.results).unwrap_or_default();
    IgnoredPaths::new(repo.prefix(), &results, &[])
}

/// Text that is not evidence.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not METRIC=BEFORE,AFTER (as in val_bpb=0.9979,0.9932)")]
pub struct EvidenceError(pub String);

/// Parses `METRIC=BEFORE,AFTER`; either number may be missing.
pub fn evidence_of(text: &str) -> Result<Evidence, EvidenceError> {
    let usage = || EvidenceError(text.to_owned());
    let (metric, values) = text.split_once('=').ok_or_else(usage)?;
    let (before, after) = values.split_once(',').ok_or_else(usage)?;
    let number = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Some).ok_or_else(usage),
    };
    if metric.trim().is_empty() {
        return Err(usage());
    }
    Ok(Evidence { metric: metric.trim().into(), before: number(before)?, after: number(after)? })
}

/// Returns the status of a sent proposal as JSON: its id, `pending`, `answered` or `rejected`, and `paused` if the loop
/// is paused.
pub fn status_of(run: &Path, id: &ProposalId) -> Value {
    let reply = read_status(run, id);
    let status = match &reply {
        Ok(Reply::Answered(_)) => "answered",
        Ok(Reply::Rejected(_)) => "rejected",
        _ => "pending",
    };
    let mut json = json!({"id": id, "status": status});
    if let Ok(Reply::Pending(pending)) = &reply
        && let Some(paused) = pending.get("paused")
    {
        json["paused"] = paused.clone();
    }
    json
}
