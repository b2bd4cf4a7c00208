//! Answers requests: the result of an approval, and related questions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::colour::{SyntaxStates, colours};
use super::consequences::what_if;
use super::files::own_files;
use super::keys::hunk_keys;
use super::knobs::{Turned, knobs};
use super::place::index_of;
use super::request::{Assessment, Comparison, Request, Response};
use super::shortlist::few;
use super::texts::texts;
use super::touched::{TouchIndex, line_key, related, touched};
use crate::approved::Lineage;
use crate::approved::{ignored_paths, ignored_paths_at};
use crate::format::IgnoredPaths;
use crate::model::CommitText;
use crate::model::{
    AgentText, Amendment, Asker, Built, CandidateKind, Change, Claim, CommitId, Conflict, DecisionKind, Experiment,
    ExperimentId, FileChange, Gate, LineKind, ProposalBase, Snapshot, TreeId, TrialId,
};
use crate::policy::{ChangeContext, Policy, findings, names};
use crate::repo::{CandidateSpec, Repo, RepoError, build, person, with_conflict_markers};
use crate::store::CurveStore;

/// Intermediate results that are computed once and used often.
#[derive(Default)]
pub struct QueryCache {
    /// The lines that each change touches.
    touched: TouchIndex,
    turned: Turned,
    syntax: SyntaxStates,
    store: Option<PathBuf>,
}

impl QueryCache {
    /// A cache for requests that also need the curves in this store.
    pub fn with_store(store: Option<PathBuf>) -> Self {
        Self { store, ..Self::default() }
    }

    /// Discards all intermediate results.
    pub(super) fn clear(&mut self) {
        *self = Self::with_store(self.store.take());
    }
}

/// Answers a request. `repo` should be a scratch repository; `memory` speeds up later answers.
pub fn answer(
    repo: &Repo,
    memory: &mut QueryCache,
    snapshot: &Snapshot,
    policy: &Policy,
    question: &Request,
) -> Response {
    let answered = match question {
        Request::Judge(id) => {
            let whole = Arc::default();
            judge(repo, memory, snapshot, policy, id, &whole).map(|judged| Response::Judged(Arc::new(judged)))
        }
        Request::Amend(id, amendment) => {
            judge(repo, memory, snapshot, policy, id, amendment).map(|judged| Response::Amended(Arc::new(judged)))
        }
        Request::Texts(id, between, amendment) => {
            // Another thread may have made the tree in memory: then it is made here, too.
            let tree_exists =
                if repo.has_tree(between.1) { Ok(()) } else { make(repo, snapshot, policy, id, amendment) };
            tree_exists.and_then(|()| texts(repo, id, *between)).map(|found| Response::Texts(Arc::new(found)))
        }
        Request::Colours(texts, stretch) => {
            let found = colours(&mut memory.syntax, texts, *stretch);
            Ok(Response::Coloured(Arc::clone(texts), *stretch, found))
        }
        Request::Unresolved(id, path) => unresolved_text(repo, snapshot, policy, id, path)
            .map(|bytes| Response::Unresolved(id.clone(), path.clone(), bytes)),
        Request::Consequences(id) => {
            what_if(repo, snapshot, policy, id).map(|found| Response::WhatIf(id.clone(), found))
        }
        Request::Compare(from, to) => {
            compare(repo, snapshot, from, to).map(|found| Response::Compared(Arc::new(found)))
        }
        Request::Related(id) => {
            related(&mut memory.touched, repo, snapshot, id).map(|found| Response::Related(Arc::new(found)))
        }
        Request::Shortlist => few(repo, snapshot, policy).map(|found| Response::Few(Arc::new(found))),
        Request::Knobs(segment) => Ok(Response::Knobs(Arc::new(knobs(repo, &mut memory.turned, snapshot, *segment)))),
        Request::Curves(trial) => return stored(memory, *trial),
        Request::Revert(id, commit) => {
            revert(repo, snapshot, policy, id, *commit).map(|judged| Response::Reverting(Arc::new(judged)))
        }
    };
    answered.unwrap_or_else(|message| Response::Failed(question.clone(), message))
}

/// The curves of a trial from the store: a directory of runs needs no repository for them.
pub fn stored(memory: &QueryCache, trial: TrialId) -> Response {
    let store = memory.store.as_deref().and_then(CurveStore::open_to_read);
    match store.map_or(Ok(None), |store| store.curves(trial)) {
        Ok(curves) => Response::Curves(trial, curves.map(Arc::new)),
        Err(error) => Response::Failed(Request::Curves(trial), error.to_string()),
    }
}

/// Opens a scratch repository.
pub(super) fn open(dir: &Path, home: Option<&Path>) -> Result<Repo, RepoError> {
    Repo::open_with(dir, home)?.scratch()
}

fn find<'a>(snapshot: &'a Snapshot, id: &ExperimentId) -> Result<&'a Arc<Experiment>, String> {
    let index = index_of(snapshot, id)?;
    Ok(&snapshot.experiments[index])
}

/// The gate at which an agent waits.
fn gate_of(snapshot: &Snapshot, id: &ExperimentId) -> Gate {
    snapshot.pending(id).map_or(Gate::Keep, |proposal| proposal.gate)
}

fn judge(
    repo: &Repo,
    memory: &mut QueryCache,
    snapshot: &Snapshot,
    policy: &Policy,
    id: &ExperimentId,
    amendment: &Arc<Amendment>,
) -> Result<Assessment, String> {
    let experiment = find(snapshot, id)?;
    let gate = gate_of(snapshot, id);
    let ignored = ignored_paths_at(gate, repo, &snapshot.identity, policy);
    let (wanted, change, ground) = wanted(repo, snapshot, experiment, &ignored, amendment)?;
    let (tip, base) = (wanted.tip, wanted.base);
    let mut built = build(repo, &wanted).map_err(|error| error.to_string())?;
    let (waits_on, depends_on) = dependencies(repo, memory, snapshot, experiment, &built);
    if let Built::Conflict(conflict) = &mut built {
        conflict.waits_on = waits_on;
    }
    let gains = earlier_gains(snapshot, experiment);
    let judged = match &built {
        Built::Ready(candidate) => ChangeContext::of(candidate, experiment.claimed_gain, &gains),
        _ => ChangeContext { claimed_gain: experiment.claimed_gain, earlier_gains: &gains, ..ChangeContext::default() },
    };
    // Before training nothing has been measured, and nobody claims that it has.
    let judged = ChangeContext { measured_as_is: judged.measured_as_is.filter(|_| gate == Gate::Keep), ..judged };
    let text = commit_text(repo, snapshot, experiment);
    let words = text.words();
    let ground = ground.as_ref();
    let posing = posing(repo, snapshot, experiment);
    let beyond_bound = snapshot.beyond_bound(experiment);
    let judged = ChangeContext { beyond_bound, words: &words, ground, posing: &posing, ..judged };
    let findings = findings(policy, built.files(), judged);
    let between = between(repo, &built, tip, (base, change.head))?;
    let keys = hunk_keys(built.files());
    let asked = snapshot.proposal_about(experiment).map(|proposal| proposal.id.clone());
    let (experiment, own_base, amendment) = (id.clone(), change.base, Arc::clone(amendment));
    // Another decision may approve its base, or not.
    let by_decisions = ground.is_some_and(|ground| !ground.is_approved()).then_some(snapshot.decisions.len());
    let message = repo.message(change.head).unwrap_or_default();
    Ok(Assessment {
        experiment,
        asked,
        tip,
        base,
        own_base,
        by_decisions,
        built,
        trees: between,
        keys,
        amendment,
        findings,
        depends_on,
        text,
        message,
        gate,
    })
}

/// Makes the tree of a candidate, so that its files can be read.
fn make(
    repo: &Repo,
    snapshot: &Snapshot,
    policy: &Policy,
    id: &ExperimentId,
    amendment: &Amendment,
) -> Result<(), String> {
    let ignored = ignored_paths_at(gate_of(snapshot, id), repo, &snapshot.identity, policy);
    let wanted = wanted(repo, snapshot, find(snapshot, id)?, &ignored, amendment)?.0;
    build(repo, &wanted).map(|_| ()).map_err(|error| error.to_string())
}

fn unresolved_text(
    repo: &Repo,
    snapshot: &Snapshot,
    policy: &Policy,
    id: &ExperimentId,
    path: &AgentText,
) -> Result<Vec<u8>, String> {
    let experiment = find(snapshot, id)?;
    let ignored = ignored_paths_at(gate_of(snapshot, id), repo, &snapshot.identity, policy);
    let whole = Amendment::default();
    let wanted = wanted(repo, snapshot, experiment, &ignored, &whole)?.0;
    let found = with_conflict_markers(repo, &wanted, path.raw()).map_err(|error| error.to_string())?;
    found.ok_or_else(|| "this file has no conflict or is not text: nothing to resolve".to_owned())
}

/// The specification of a candidate, its change, and, if an agent asks, the base of its proposal.
fn wanted<'a>(
    repo: &Repo,
    snapshot: &'a Snapshot,
    experiment: &'a Experiment,
    ignored: &'a IgnoredPaths,
    amendment: &'a Amendment,
) -> Result<(CandidateSpec<'a>, &'a Change, Option<ProposalBase>), String> {
    let change = experiment.change.as_ref().ok_or_else(|| why_no_change(snapshot, experiment))?;
    let tip = reference_tip(snapshot, experiment).ok_or("the loop has no commit to start an approved branch from")?;
    let gate = gate_of(snapshot, &experiment.id);
    let proposal = snapshot.proposal_about(experiment);
    let (proposals, decisions) = (&snapshot.proposals, &snapshot.decisions);
    let lineage = Lineage { repo, ignored, proposals, decisions, reference: tip };
    let ground =
        proposal.map(|proposal| lineage.ground(proposal, gate)).transpose().map_err(|error| error.to_string())?;
    let wanted = CandidateSpec {
        kind: CandidateKind::Full,
        experiment: experiment.id.clone(),
        base: ground.as_ref().map_or(change.base, |ground| ground.from),
        head: change.head,
        measured_on: snapshot.measured_on(change, experiment),
        branch: &snapshot.approved.branch,
        tip,
        creates_branch: snapshot.approved.tip.is_none(),
        ignored,
        amendment,
    };
    Ok((wanted, change, ground))
}

/// The commit that a change is put onto for display: the approved tip; at the run gate the commit that gates compare
/// with, so that everything that would be trained is shown; for an approved change the parent of its commit, so that it
/// is shown as it was judged.
pub fn reference_tip(snapshot: &Snapshot, experiment: &Experiment) -> Option<CommitId> {
    if snapshot.pending(&experiment.id).is_some_and(|proposal| proposal.gate == Gate::Run) {
        return snapshot.reference;
    }
    let decision = snapshot.decision(&experiment.id).filter(|decision| decision.is_approval());
    decision.and_then(|decision| parent_of(snapshot, decision.commit?)).or_else(|| snapshot.tip())
}

fn revert(
    repo: &Repo,
    snapshot: &Snapshot,
    policy: &Policy,
    id: &ExperimentId,
    commit: CommitId,
) -> Result<Assessment, String> {
    let experiment = find(snapshot, id)?;
    let tip = snapshot.approved.tip.ok_or("the approved branch does not exist")?;
    let base = parent_of(snapshot, commit).ok_or("this commit is not on the approved branch")?;
    let ignored = ignored_paths(repo, &snapshot.identity, policy);
    let wanted = CandidateSpec {
        kind: CandidateKind::Revert(commit),
        experiment: id.clone(),
        base,
        head: commit,
        measured_on: Some(commit),
        branch: &snapshot.approved.branch,
        tip,
        creates_branch: false,
        ignored: &ignored,
        amendment: &Amendment::default(),
    };
    let built = build(repo, &wanted).map_err(|error| error.to_string())?;
    let text = CommitText { description: experiment.row.description.clone(), ..CommitText::default() };
    let words = text.words();
    let findings = match &built {
        Built::Ready(candidate) => {
            let judged = ChangeContext { words: &words, ..ChangeContext::of(candidate, None, &[]) };
            findings(policy, &candidate.files, judged)
        }
        _ => Vec::new(),
    };
    Ok(Assessment {
        experiment: id.clone(),
        asked: None,
        tip,
        base,
        own_base: base,
        by_decisions: None,
        trees: between(repo, &built, tip, (commit, base))?,
        keys: hunk_keys(built.files()),
        built,
        amendment: Arc::default(),
        findings,
        depends_on: Vec::new(),
        text,
        message: AgentText::default(),
        gate: Gate::Keep,
    })
}

/// The trees whose difference the files of a built candidate show.
fn between(repo: &Repo, built: &Built, tip: CommitId, own: (CommitId, CommitId)) -> Result<(TreeId, TreeId), String> {
    let tree = |commit| repo.tree_id(commit).map_err(|error| error.to_string());
    match built {
        Built::Ready(candidate) => Ok((tree(tip)?, candidate.tree)),
        _ => Ok((tree(own.0)?, tree(own.1)?)),
    }
}

fn compare(repo: &Repo, snapshot: &Snapshot, from: &ExperimentId, to: &ExperimentId) -> Result<Comparison, String> {
    let head = |id: &ExperimentId| {
        let experiment = find(snapshot, id)?;
        experiment.head().ok_or_else(|| why_no_change(snapshot, experiment))
    };
    let (old, new) = (head(from)?, head(to)?);
    let tree = |commit| repo.tree_id(commit).map_err(|error| error.to_string());
    let files = own_files(repo, old, new)?;
    Ok(Comparison { from: from.clone(), to: to.clone(), between: (tree(old)?, tree(new)?), files })
}

/// The parent of a commit on the approved branch.
fn parent_of(snapshot: &Snapshot, commit: CommitId) -> Option<CommitId> {
    let commits = &snapshot.approved.commits;
    let at = commits.iter().position(|one| one.commit == commit)?;
    commits.get(at + 1).map(|one| one.commit).or(snapshot.approved.start)
}

fn why_no_change(snapshot: &Snapshot, experiment: &Experiment) -> String {
    snapshot.why_no_change(experiment).unwrap_or_else(|| "its commit is not known".to_owned())
}

fn earlier_gains(snapshot: &Snapshot, experiment: &Experiment) -> Vec<f64> {
    // Gains of another segment are of another metric.
    let earlier = snapshot.experiments.iter().take_while(|other| other.id != experiment.id);
    let earlier = earlier.filter(|other| other.session == experiment.session);
    earlier.filter(|other| other.claim == Claim::Keep).filter_map(|other| other.claimed_gain).collect()
}

/// Largest number of changes below one that are searched for dependencies.
const MOST_BELOW: usize = 512;

/// Unapproved kept experiments below this one: those that made the lines at its conflicts, and those whose lines it
/// replaces.
fn dependencies(
    repo: &Repo,
    memory: &mut QueryCache,
    snapshot: &Snapshot,
    experiment: &Experiment,
    built: &Built,
) -> (Vec<ExperimentId>, Vec<ExperimentId>) {
    let Some(own) = &experiment.change else { return (Vec::new(), Vec::new()) };
    let expected: Vec<u64> = match built {
        Built::Conflict(conflict) => expected_lines(conflict),
        _ => Vec::new(),
    };
    // Computed only if an experiment below it could have lines that it replaces.
    let mut replaced: Option<Vec<u64>> = None;
    let (mut waits_on, mut depends_on) = (Vec::new(), Vec::new());
    let mut at = Some(own.base);
    let mut left = MOST_BELOW;
    while let Some(lower) = at.and_then(|commit| snapshot.by_head(commit)).filter(|_| left > 0) {
        left -= 1;
        at = lower.change.as_ref().map(|change| change.base);
        // Parts of a partially approved change may be missing.
        let approved =
            snapshot.decision(&lower.id).is_some_and(|one| one.is_approval() && one.kind == DecisionKind::Approved);
        let Some(change) = lower.change.as_ref().filter(|_| !approved) else { continue };
        let Some(touched) = touched(&mut memory.touched, repo, change) else { continue };
        let added = &touched.added;
        let replaced = replaced.get_or_insert_with(|| {
            let own = own_files(repo, own.base, own.head).unwrap_or_default();
            lines_of(&own, LineKind::Removed).collect()
        });
        let waits = expected.iter().any(|line| added.contains(line));
        if waits {
            waits_on.push(lower.id.clone());
        }
        if waits || replaced.iter().any(|line| added.contains(line)) {
            depends_on.push(lower.id.clone());
        }
    }
    (waits_on, depends_on)
}

/// Hashes of the non-blank lines of one kind.
fn lines_of(files: &[FileChange], kind: LineKind) -> impl Iterator<Item = u64> {
    files
        .iter()
        .flat_map(|file| file.hunks.iter().flat_map(|hunk| &hunk.lines).map(move |line| (&file.path, line)))
        .filter(move |(_, line)| line.kind == kind && !line.text.is_blank())
        .map(|(path, line)| line_key(path, &line.text))
}

fn expected_lines(conflict: &Conflict) -> Vec<u64> {
    let places = conflict.places.iter();
    let lines = places.flat_map(|place| place.expected.iter().map(move |line| (&place.path, line)));
    lines.filter(|(_, line)| !line.is_blank()).map(|(path, line)| line_key(path, line)).collect()
}

/// The parts of an experiment's commit, or of its proposal, that name the person who decides.
fn posing(repo: &Repo, snapshot: &Snapshot, experiment: &Experiment) -> Vec<&'static str> {
    // If the person has no name here, nobody can pose as them.
    let Ok(person) = person() else { return Vec::new() };
    let mut found = experiment.head().map(|head| repo.parts_naming(head, &person)).unwrap_or_default();
    let agent = snapshot.proposal_about(experiment).map(|proposal| &proposal.agent);
    if agent.is_some_and(|agent| names(agent.name.raw(), &person.name, &person.email)) {
        found.push("the agent's own name");
    }
    found
}

/// The parts of an approval's commit message.
fn commit_text(repo: &Repo, snapshot: &Snapshot, experiment: &Experiment) -> CommitText {
    let proposal = snapshot.proposal_about(experiment);
    let agent = proposal.map(|proposal| &proposal.agent).filter(|agent| !agent.name.is_blank());
    CommitText {
        rationale: proposal.map(|proposal| proposal.rationale.clone()).unwrap_or_default(),
        assistant: agent.map(Asker::byline).or_else(|| repo.author(experiment.head()?)).unwrap_or_default(),
        ..CommitText::of_row(snapshot, experiment)
    }
}
