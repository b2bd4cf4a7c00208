//! A recording: the history of a loop, read from its run directory, as needed for a replay.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tiny_lm::write;
use super::{DemoDir, DemoError};
use crate::ledger::{Body, read_chain};
use crate::model::{
    Binding, Claim, CommitId, DecisionKind, Experiment, ExperimentId, LoopIdentity, Recorded, Trial, row_id,
};
use crate::repo::Repo;
use crate::store::CurveStore;
use crate::watch::Watched;

/// The directory that replaces `.git` in a recording stored in another repository.
const GIT: &str = "git";

/// The shipped recording.
const SHIPPED: [(&str, &[u8]); 9] = [
    ("git/HEAD", include_bytes!("../../sample-runs/recorded/git/HEAD")),
    ("git/config", include_bytes!("../../sample-runs/recorded/git/config")),
    ("git/packed-refs", include_bytes!("../../sample-runs/recorded/git/packed-refs")),
    (
        "git/objects/pack/pack-recorded.pack",
        include_bytes!("../../sample-runs/recorded/git/objects/pack/pack-recorded.pack"),
    ),
    (
        "git/objects/pack/pack-recorded.idx",
        include_bytes!("../../sample-runs/recorded/git/objects/pack/pack-recorded.idx"),
    ),
    ("git/countersign/ledger.jsonl", include_bytes!("../../sample-runs/recorded/git/countersign/ledger.jsonl")),
    ("git/countersign/policy.yaml", include_bytes!("../../sample-runs/recorded/git/countersign/policy.yaml")),
    ("git/countersign/archive.db", include_bytes!("../../sample-runs/recorded/git/countersign/archive.db")),
    ("results.tsv", include_bytes!("../../sample-runs/recorded/results.tsv")),
];

/// Unpacks the shipped recording into a run directory for a replay.
pub fn shipped() -> Result<DemoDir, DemoError> {
    let demo = DemoDir::scratch("recorded")?;
    for (name, bytes) in SHIPPED {
        write(demo.dir(), as_run(Path::new(name)), bytes)?;
    }
    make_refs(demo.dir())?;
    Ok(demo)
}

/// Copies a recording stored in another repository, with its git directory named `git`, into a run directory; `None` if
/// `dir` is a run directory already.
pub fn unpacked(dir: &Path) -> Result<Option<DemoDir>, DemoError> {
    if dir.join(".git").exists() || !dir.join(GIT).join("HEAD").is_file() {
        return Ok(None);
    }
    let demo = DemoDir::scratch("recorded")?;
    let mut left = vec![PathBuf::new()];
    while let Some(below) = left.pop() {
        let from = dir.join(&below);
        for entry in std::fs::read_dir(&from).map_err(DemoError::io(&from))?.flatten() {
            let name = below.join(entry.file_name());
            // Links are skipped: a recording has none.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(name),
                Ok(kind) if kind.is_file() => {
                    let bytes = std::fs::read(entry.path()).map_err(DemoError::io(entry.path()))?;
                    write(demo.dir(), as_run(&name), &bytes)?;
                }
                _ => {}
            }
        }
    }
    make_refs(demo.dir())?;
    Ok(Some(demo))
}

/// Maps a path in such a recording to its path in a run directory.
fn as_run(name: &Path) -> PathBuf {
    name.strip_prefix(GIT).map_or_else(|_| name.to_owned(), |below| Path::new(".git").join(below))
}

/// Creates `refs`, which git requires even if all references are packed.
fn make_refs(dir: &Path) -> Result<(), DemoError> {
    let refs = dir.join(".git/refs");
    std::fs::create_dir_all(&refs).map_err(DemoError::io(&refs))
}

/// A recorded experiment.
#[derive(Clone, Debug)]
pub(super) struct RecordedExperiment {
    /// Its identity.
    pub(super) id: ExperimentId,
    /// Its commit; `None` if that is gone or was never named.
    pub(super) head: Option<CommitId>,
    /// True if the loop continued from it.
    pub(super) kept: bool,
    /// Line number of its row.
    pub(super) line: u64,
    /// Length in bytes of the results file up to and including its row.
    pub(super) results_until: usize,
    /// Its trial; `None` if no log was recorded.
    pub(super) trial: Option<Arc<Trial>>,
}

/// A decision from the ledger.
#[derive(Clone, Debug)]
pub(super) struct RecordedDecision {
    pub(super) experiment: ExperimentId,
    pub(super) kind: DecisionKind,
    pub(super) reviewer: String,
    pub(super) reason: String,
    pub(super) acknowledged: Vec<String>,
    pub(super) hunks_unseen: usize,
    pub(super) at: jiff::Timestamp,
}

/// A past loop, read from its run directory, which is not modified.
pub struct Recording {
    pub(super) repo: Repo,
    pub(super) branch: String,
    pub(super) prefix: String,
    pub(super) results_name: String,
    pub(super) results: Vec<u8>,
    pub(super) policy: Option<Vec<u8>>,
    pub(super) start: CommitId,
    pub(super) experiments: Vec<RecordedExperiment>,
    /// All decisions, oldest first.
    pub(super) decided: Vec<RecordedDecision>,
}

impl Recording {
    /// Reads a run directory.
    pub fn read(dir: &Path, state: &Path) -> Result<Self, DemoError> {
        let mut watched = Watched::open(dir, state)?;
        watched.poll(0);
        let snapshot = watched.snapshot();
        let repo = Repo::open(dir)?;
        let nothing = |missing| DemoError::NothingToReplay { path: dir.to_owned(), missing };
        let start = snapshot.start.ok_or_else(|| nothing("the commit where the loop started is unknown"))?;
        let results_name = watched.recognised().results.clone();
        let path = dir.join(&results_name);
        let results = std::fs::read(&path).map_err(DemoError::io(&path))?;
        let identity = &snapshot.identity;
        let trials = recorded_trials(&repo, identity, snapshot.trials.iter());
        let decided = decisions(&repo, identity);
        let newest = snapshot.experiments.last().map_or(0, |experiment| experiment.session);
        let experiments: Vec<_> = snapshot
            .experiments
            .iter()
            // Rows of an earlier file are not in this one.
            .filter(|experiment| experiment.session == newest || experiment.row.segment > 0)
            .map(|experiment| RecordedExperiment {
                id: experiment.id.clone(),
                head: experiment.head(),
                kept: experiment.claim == Claim::Keep || experiment.is_baseline,
                line: experiment.row.line,
                results_until: end_of_line(&results, experiment.row.line),
                trial: trial_of(experiment, &trials),
            })
            .collect();
        if experiments.is_empty() {
            return Err(nothing("its results contain no experiments"));
        }
        Ok(Self {
            branch: identity.branch.clone(),
            prefix: repo.prefix().to_owned(),
            policy: repo.own_path("policy.yaml").ok().and_then(|path| std::fs::read(path).ok()),
            repo,
            results_name,
            results,
            start,
            experiments,
            decided,
        })
    }

    /// Returns the number of experiments.
    pub fn len(&self) -> usize {
        self.experiments.len()
    }

    /// True if it has no experiments.
    pub fn is_empty(&self) -> bool {
        self.experiments.is_empty()
    }

    /// Returns the offset of the first row, after the table's header.
    pub(super) fn first_row(&self) -> usize {
        let before = self.experiments.first().map_or(0, |first| first.line.saturating_sub(1));
        if before == 0 { 0 } else { end_of_line(&self.results, before) }
    }
}

/// True if two loops differ only in the path of their work tree: a recording may have been moved.
fn is_same_elsewhere(branch: &str, results: &str, identity: &LoopIdentity) -> bool {
    branch == identity.branch && results == identity.results
}

fn recorded_trials<'a>(
    repo: &Repo,
    identity: &LoopIdentity,
    here: impl Iterator<Item = &'a Arc<Trial>>,
) -> Vec<Arc<Trial>> {
    let store = repo.own_path("archive.db").ok().and_then(|path| CurveStore::open_to_read(&path));
    let moved = store.and_then(|store| {
        let keys = store.loop_keys().ok()?;
        let key = keys.into_iter().find(|key| {
            let mut parts = key.split('\t').skip(1);
            let (Some(branch), Some(results)) = (parts.next(), parts.next()) else { return false };
            is_same_elsewhere(branch, results, identity)
        })?;
        let trials = store.trials(&key).ok()?;
        let whole = |(trial, _): (Trial, _)| {
            let curves = store.curves(trial.id).ok().flatten().unwrap_or_default();
            Arc::new(Trial { recorded: Recorded::InMemory(Arc::new(curves)), ..trial })
        };
        Some(trials.into_iter().map(whole).collect())
    });
    moved.unwrap_or_else(|| here.cloned().collect())
}

fn trial_of(experiment: &Experiment, trials: &[Arc<Trial>]) -> Option<Arc<Trial>> {
    let row = row_id(&experiment.row);
    let by_row = trials.iter().find(|trial| trial.row.as_ref() == Some(&row));
    let by_head = || {
        let head = experiment.head()?;
        trials.iter().find(|trial| trial.binding == Binding::Head(head))
    };
    by_row.or_else(by_head).cloned()
}

fn decisions(repo: &Repo, identity: &LoopIdentity) -> Vec<RecordedDecision> {
    let chain = repo.own_path("ledger.jsonl").ok().and_then(|path| read_chain(&path).ok()).unwrap_or_default();
    let mut intents = HashMap::new();
    let mut decided = Vec::new();
    for entry in &chain.entries {
        let key = &entry.loop_key;
        if !is_same_elsewhere(&key.branch, &key.results, identity) {
            continue;
        }
        match &entry.record.body {
            Body::Intent { candidate, .. } => {
                intents.insert(entry.record.seq, (candidate.acknowledged.clone(), candidate.hunks_unseen));
            }
            // A replay has no agent that asks, so automatic answers are skipped.
            Body::Decision { by_policy: true, .. } => {}
            Body::Decision { experiment, decision, intent, reviewer, reason, .. } => {
                let (acknowledged, hunks_unseen) =
                    intent.and_then(|seq| intents.get(&seq).cloned()).unwrap_or_default();
                decided.push(RecordedDecision {
                    experiment: experiment.clone(),
                    kind: *decision,
                    reviewer: reviewer.clone(),
                    reason: reason.clone(),
                    acknowledged,
                    hunks_unseen,
                    at: entry.record.at,
                });
            }
            _ => {}
        }
    }
    decided
}

/// Returns the offset after a line, counted from 1.
fn end_of_line(bytes: &[u8], line: u64) -> usize {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.take(line as usize).last().filter(|_| line > 0).unwrap_or(bytes.len())
}
