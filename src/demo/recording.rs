//! What a run directory remembers of its loop: enough to let it happen again.

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

/// The folder that stands for `.git` in a recording that lies in another repository.
const GIT: &str = "git";

/// The recording that is shipped.
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

/// Writes the shipped recording out as a run directory, to be replayed from there.
pub fn shipped() -> Result<DemoDir, DemoError> {
    let folder = DemoDir::scratch("recorded")?;
    for (name, bytes) in SHIPPED {
        write(folder.dir(), as_run(Path::new(name)), bytes)?;
    }
    make_refs(folder.dir())?;
    Ok(folder)
}

/// Makes a run directory of a recording that lies in another repository, with its git directory
/// under the name `git`; `None` when `dir` is a run directory as it is.
pub fn unpacked(dir: &Path) -> Result<Option<DemoDir>, DemoError> {
    if dir.join(".git").exists() || !dir.join(GIT).join("HEAD").is_file() {
        return Ok(None);
    }
    let folder = DemoDir::scratch("recorded")?;
    let mut left = vec![PathBuf::new()];
    while let Some(below) = left.pop() {
        let from = dir.join(&below);
        for entry in std::fs::read_dir(&from).map_err(DemoError::io(&from))?.flatten() {
            let name = below.join(entry.file_name());
            // Links are passed over: a recording has none.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(name),
                Ok(kind) if kind.is_file() => {
                    let bytes = std::fs::read(entry.path()).map_err(DemoError::io(entry.path()))?;
                    write(folder.dir(), as_run(&name), &bytes)?;
                }
                _ => {}
            }
        }
    }
    make_refs(folder.dir())?;
    Ok(Some(folder))
}

/// The path in a run directory of a path in such a recording.
fn as_run(name: &Path) -> PathBuf {
    name.strip_prefix(GIT).map_or_else(|_| name.to_owned(), |below| Path::new(".git").join(below))
}

/// Git wants the folder even where all references are packed.
fn make_refs(dir: &Path) -> Result<(), DemoError> {
    let refs = dir.join(".git/refs");
    std::fs::create_dir_all(&refs).map_err(DemoError::io(&refs))
}

/// One experiment as it is to happen again.
#[derive(Clone, Debug)]
pub(super) struct Happened {
    /// Its identity.
    pub(super) id: ExperimentId,
    /// The commit it was tried on; `None` when that is gone or was never named.
    pub(super) head: Option<CommitId>,
    /// True when the loop went on from there.
    pub(super) kept: bool,
    /// Line of its row.
    pub(super) line: u64,
    /// Bytes of the results file up to and with its row.
    pub(super) results_until: usize,
    /// Its run; `None` when no log was recorded.
    pub(super) trial: Option<Arc<Trial>>,
}

/// A decision as the ledger holds it.
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

/// A loop that ran, read from its run directory. Nothing there is written.
pub struct Recording {
    pub(super) repo: Repo,
    pub(super) branch: String,
    pub(super) prefix: String,
    pub(super) results_name: String,
    pub(super) results: Vec<u8>,
    pub(super) policy: Option<Vec<u8>>,
    pub(super) start: CommitId,
    pub(super) happened: Vec<Happened>,
    /// All decisions, oldest first.
    pub(super) decided: Vec<RecordedDecision>,
}

impl Recording {
    /// Reads a run directory.
    pub fn read(dir: &Path, state: &Path) -> Result<Self, DemoError> {
        let mut watched = Watched::open(dir, state, false)?;
        watched.look(0);
        let snapshot = watched.snapshot();
        let repo = Repo::open(dir)?;
        let nothing = |what| DemoError::NothingToReplay { path: dir.to_owned(), what };
        let start = snapshot.start.ok_or_else(|| nothing("no commit is known that the loop started from"))?;
        let results_name = watched.recognised().results.clone();
        let path = dir.join(&results_name);
        let results = std::fs::read(&path).map_err(DemoError::io(&path))?;
        let identity = &snapshot.identity;
        let trials = recorded_trials(&repo, identity, snapshot.trials.iter());
        let decided = decisions(&repo, identity);
        let newest = snapshot.experiments.last().map_or(0, |experiment| experiment.session);
        let happened: Vec<_> = snapshot
            .experiments
            .iter()
            // What an earlier file held is not in this one.
            .filter(|experiment| experiment.session == newest || experiment.row.segment > 0)
            .map(|experiment| Happened {
                id: experiment.id.clone(),
                head: experiment.head(),
                kept: experiment.claim == Claim::Keep || experiment.is_baseline,
                line: experiment.row.line,
                results_until: end_of_line(&results, experiment.row.line),
                trial: trial_of(experiment, &trials),
            })
            .collect();
        if happened.is_empty() {
            return Err(nothing("its results hold no experiment"));
        }
        Ok(Self {
            branch: identity.branch.clone(),
            prefix: repo.prefix().to_owned(),
            policy: repo.own_file("policy.yaml").ok().and_then(|path| std::fs::read(path).ok()),
            repo,
            results_name,
            results,
            start,
            happened,
            decided,
        })
    }

    /// How many experiments it holds.
    pub fn len(&self) -> usize {
        self.happened.len()
    }

    /// True when it holds none.
    pub fn is_empty(&self) -> bool {
        self.happened.is_empty()
    }

    /// Where the rows begin: what stands before the first one is the table's head.
    pub(super) fn first_row(&self) -> usize {
        let before = self.happened.first().map_or(0, |first| first.line.saturating_sub(1));
        if before == 0 { 0 } else { end_of_line(&self.results, before) }
    }
}

/// True when two loops are the same but for where their work tree lies: a recording may have moved.
fn is_same_elsewhere(branch: &str, results: &str, identity: &LoopIdentity) -> bool {
    branch == identity.branch && results == identity.results
}

fn recorded_trials<'a>(
    repo: &Repo,
    identity: &LoopIdentity,
    here: impl Iterator<Item = &'a Arc<Trial>>,
) -> Vec<Arc<Trial>> {
    let store = repo.own_file("archive.db").ok().and_then(|path| CurveStore::open_to_read(&path));
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
            Arc::new(Trial { recorded: Recorded::Here(Arc::new(curves)), ..trial })
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
    let chain = repo.own_file("ledger.jsonl").ok().and_then(|path| read_chain(&path).ok()).unwrap_or_default();
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
            // Where nobody asks, there is nobody to answer again.
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

/// The first byte after a line, counted from 1.
fn end_of_line(bytes: &[u8], line: u64) -> usize {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.take(line as usize).last().filter(|_| line > 0).unwrap_or(bytes.len())
}
