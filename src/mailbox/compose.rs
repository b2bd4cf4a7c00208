//! From what an agent says to what it asks: names become commits, edits become a patch.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::ask::{Ask, AskChange, AskError, Put, put};
use super::{FOLDER, Reply, look};
use crate::approved::approved_branch_here;
use crate::format::{IgnoredPaths, ListedFile, read_patch, recognise};
use crate::model::{Approved, Asker, Evidence, Gate, ProposalId};
use crate::repo::Repo;

/// What changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A commit, by any name of it.
    Head(String),
    /// A patch, as its text.
    Patch(Vec<u8>),
    /// Whatever the work tree holds beyond the base.
    WorkTree,
}

/// A proposal, as an agent says it.
#[derive(Clone, Debug)]
pub struct ProposalDraft {
    /// Commit before the change, by any name; `None` for the usual one.
    pub base: Option<String>,
    /// What changes.
    pub what: What,
    /// What it is, in a line.
    pub title: String,
    /// Why; may be empty.
    pub rationale: String,
    /// Where the loop waits.
    pub gate: Gate,
    /// What measuring gave.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one takes the place of.
    pub supersedes: Option<ProposalId>,
    /// What the agent calls the whole of it; empty when it has no name for it.
    pub key: String,
    /// Who asks.
    pub agent: Asker,
    /// What shows that the asker is who asked before; empty when it has none.
    pub token: String,
}

/// The run directory whose door an agent in `dir` uses: the nearest above it that has one, within the
/// repository; for a linked work tree without one, that of the first work tree.
pub fn mailbox_of(dir: &Path) -> Result<PathBuf, AskError> {
    let start = dir.canonicalize().map_err(|source| AskError::Io { path: dir.to_owned(), source })?;
    let repo = Repo::open(&start).ok();
    let top = repo.as_ref().map(|repo| repo.work_tree().to_owned());
    let has_mailbox = |place: &&Path| place.join(FOLDER).is_dir();
    let within = |place: &&Path| top.as_ref().is_none_or(|top| place.starts_with(top));
    if let Some(found) = start.ancestors().take_while(within).find(has_mailbox) {
        return Ok(found.to_owned());
    }
    // The same place below the first work tree, or that itself.
    if let (Some(main), Some(top)) = (repo.and_then(|repo| repo.main_work_tree()), top) {
        let same = start.strip_prefix(&top).map(|below| main.join(below)).unwrap_or(main.clone());
        if let Some(found) = same.ancestors().take_while(|place| place.starts_with(&main)).find(has_mailbox) {
            return Ok(found.to_owned());
        }
    }
    Err(AskError::NoDoor(start))
}

/// The approved branch of the loop whose door is in `run`.
fn branch_here(run: &Path) -> String {
    Repo::open(run).map_or_else(|_| Approved::DEFAULT_BRANCH.to_owned(), |repo| approved_branch_here(&repo))
}

/// Puts what an agent in `dir` says into the inbox of the door of `run`.
pub fn propose(dir: &Path, run: &Path, request: &ProposalDraft) -> Result<Put, AskError> {
    let told = |error: &dyn std::fmt::Display| AskError::Refused(error.to_string());
    let repo = Repo::open(dir).map_err(|e| told(&e))?;
    let named = request.base.as_deref().map(|name| repo.resolve(name)).transpose().map_err(|e| told(&e))?;
    let (base, head, patch) = match &request.what {
        What::Head(name) => {
            let head = repo.resolve(name).map_err(|e| told(&e))?;
            let base = named.map_or_else(|| repo.base_of(head, &branch_here(run)), Ok).map_err(|e| told(&e))?;
            (base, Some(head), None)
        }
        What::Patch(patch) => {
            let base = named.map_or_else(|| repo.resolve("HEAD"), Ok).map_err(|e| told(&e))?;
            (base, None, Some(patch.clone()))
        }
        What::WorkTree => {
            let base = named.map_or_else(|| repo.resolve("HEAD"), Ok).map_err(|e| told(&e))?;
            let patch = repo.work_tree_patch(base, &ignored(dir, &repo)).map_err(|e| told(&e))?;
            (base, None, Some(patch))
        }
    };
    if let Some(patch) = &patch {
        // What would be refused later is told now.
        read_patch(patch).map_err(|e| told(&e))?;
    }
    let ask = Ask {
        v: 1,
        id: None,
        idempotency_key: request.key.clone(),
        gate: request.gate,
        base,
        change: AskChange { head },
        title: request.title.clone(),
        rationale: request.rationale.clone(),
        agent: request.agent.clone(),
        evidence: request.evidence.clone(),
        supersedes: request.supersedes.clone(),
        token: request.token.clone(),
    };
    put(run, &ask, patch.as_deref())
}

/// Results and logs, which are no part of a change.
fn ignored(dir: &Path, repo: &Repo) -> IgnoredPaths {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().take(10_000);
    let listed = |path: String| ListedFile { path, ..ListedFile::default() };
    let listing: Vec<ListedFile> =
        names.filter_map(|entry| Some(listed(entry.file_name().into_string().ok()?))).collect();
    let results = recognise(&listing, None).map(|found| found.results).unwrap_or_default();
    IgnoredPaths::new(repo.prefix(), &results, &[])
}

/// `METRIC=BEFORE,AFTER`; either number may be missing.
pub fn evidence_of(text: &str) -> Result<Evidence, String> {
    let usage = || format!("`{text}` is not METRIC=BEFORE,AFTER (as in val_bpb=0.9979,0.9932)");
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

/// What is said of a proposal that was put in: its name, and whether it is `pending`, `answered` or
/// `rejected`; and that the loop is held up, when it is.
pub fn status_of(run: &Path, id: &ProposalId) -> Value {
    let reply = look(run, id);
    let status = match &reply {
        Ok(Reply::Answered(_)) => "answered",
        Ok(Reply::Rejected(_)) => "rejected",
        _ => "pending",
    };
    let mut told = json!({"id": id, "status": status});
    if let Ok(Reply::Pending(pending)) = &reply
        && let Some(paused) = pending.get("paused")
    {
        told["paused"] = paused.clone();
    }
    told
}
