//! The approved branch and the decisions, checked against each other.

use std::collections::HashSet;
use std::path::Path;

use super::moved_elsewhere;
use crate::ledger::{Anchors, Body, Chain, Custody, Doubt, Entry, LedgerError, LoopKey, Place, custody_of, read_chain};
use crate::model::{Approved, CommitId, Decision, DecisionKind, Gate, LoopIdentity, Question};
use crate::policy::Policy;
use crate::repo::{Repo, approved_commits, branch_tip, ledger_trailer, refuse_checked_out, refuse_lost};

/// The branch that approvals move when nothing else is said.
pub(super) const DEFAULT_BRANCH: &str = "countersign/approved";
/// What the names of approved branches begin with, when nothing else is said.
pub(super) const FOLDER: &str = "countersign/";
/// Commits of the approved branch that are read.
const MOST_COMMITS: usize = 100_000;

/// No repository, no branch: why.
pub(super) fn none(trouble: String) -> Approved {
    Approved { branch: DEFAULT_BRANCH.to_owned(), trouble: Some(trouble), ..Approved::default() }
}

/// The ledger of a repository, held against its anchor.
pub struct HeldLedger {
    /// What it says. Records that somebody else appended are apart; a ledger that was cut or rewritten, or that took
    /// the place of another, says nothing.
    pub chain: Chain,
    /// What the anchors say of it.
    pub custody: Custody,
}

impl HeldLedger {
    /// Why nothing is decided on it; `None` when it is as the person left it.
    pub fn doubt(&self) -> Option<String> {
        self.custody.doubt.as_ref().map(ToString::to_string)
    }
}

/// Reads the ledger of a repository and holds it against its anchor. Writes nothing.
pub fn held_ledger(repo: &Repo, state: &Path) -> Result<HeldLedger, LedgerError> {
    let path = repo.own_file("ledger.jsonl").map_err(|error| LedgerError::Io {
        path: repo.common_dir().join("countersign/ledger.jsonl"),
        source: std::io::Error::other(error.to_string()),
    })?;
    let anchors = Anchors::below(state);
    let mut before = None;
    loop {
        let mut chain = read_chain(&path)?;
        let root = || repo.root().map(|root| root.to_string());
        let work_tree = repo.work_tree().to_string_lossy();
        let place = Place { ledger: &path, work_tree: &work_tree, root: &root };
        let custody = custody_of(&anchors, &chain, &place)?;
        // A decision that is being written may come between the two readings: only a doubt that stays is one.
        let now = (chain.seq(), custody.doubt.clone());
        if custody.doubt.is_some() && before.as_ref() != Some(&now) {
            before = Some(now);
            continue;
        }
        match &custody.doubt {
            Some(Doubt::Foreign { .. } | Doubt::Copy { is_whole: true, .. }) => chain.believe(custody.believed),
            None | Some(Doubt::Unanchored { .. }) => {}
            Some(_) => chain = Chain::default(),
        }
        return Ok(HeldLedger { chain, custody });
    }
}

/// The branch that a loop's approvals move: the policy's, else the one the ledger knows for this
/// loop, else the default, else one with the loop's tag when another loop has the default.
pub fn approved_branch(policy: &Policy, chain: &Chain, identity: &LoopIdentity) -> String {
    if let Some(branch) = &policy.approved_branch {
        return branch.clone();
    }
    let key = LoopKey::from(identity);
    let mut taken = Vec::new();
    for entry in &chain.entries {
        if let Body::Intent { candidate, .. } = &entry.record.body {
            if entry.loop_key == key {
                return candidate.branch.clone();
            }
            taken.push(candidate.branch.as_str());
        }
    }
    let mut name = DEFAULT_BRANCH.to_owned();
    let mut number = 1;
    while taken.contains(&name.as_str()) {
        let tag = identity.tag();
        name = if number == 1 { format!("countersign/{tag}") } else { format!("countersign/{tag}-{number}") };
        number += 1;
    }
    name
}

/// The branch of the loop in a work tree whose decisions move `approved`; `None` when there is none.
pub(super) fn decided_for(chain: &Chain, work_tree: &Path, approved: &str) -> Option<String> {
    chain.entries.iter().rev().find_map(|entry| match &entry.record.body {
        Body::Intent { candidate, .. }
            if candidate.branch == approved && Path::new(&entry.loop_key.work_tree) == work_tree =>
        {
            Some(entry.loop_key.branch.clone())
        }
        _ => None,
    })
}

/// Where the ledger says a branch is: its start and its tip. `None` when no decision made it.
pub fn expected_tip(chain: &Chain, branch: &str) -> Option<(CommitId, CommitId)> {
    let mut start = None;
    let mut tip = None;
    for entry in &chain.entries {
        if let Body::Adopted { branch: its, to, .. } = &entry.record.body
            && its == branch
        {
            tip = Some(*to);
        }
        let Body::Decision { intent: Some(intent), commit: Some(commit), .. } = &entry.record.body else { continue };
        let Some(candidate) = chain.intended(*intent) else { continue };
        if candidate.branch == branch {
            if candidate.creates_branch {
                start = Some(candidate.tip);
            }
            tip = Some(*commit);
        }
    }
    Some((start?, tip?))
}

/// The decisions of one loop, oldest first, and what a person vetoed in any other loop of this ledger: the agent
/// chooses on which branch it asks again.
pub fn decisions(chain: &Chain, identity: &LoopIdentity) -> Vec<Decision> {
    let key = LoopKey::from(identity);
    let of = |entry: &Entry| -> Option<Decision> {
        let decision = decision_of(chain, entry)?;
        let is_veto = decision.kind == DecisionKind::Vetoed && !decision.by_policy;
        (entry.loop_key == key || is_veto).then_some(decision)
    };
    chain.entries.iter().filter_map(of).collect()
}

/// The records of decisions that were made for one loop and no other, by sequence number.
pub(super) fn own_records(chain: &Chain, identity: &LoopIdentity) -> HashSet<u64> {
    let key = LoopKey::from(identity);
    chain.entries.iter().filter(|entry| entry.loop_key == key).map(|entry| entry.record.seq).collect()
}

/// The decision that a record tells of; `None` for other records.
pub fn decision_of(chain: &Chain, entry: &Entry) -> Option<Decision> {
    let Body::Decision {
        experiment,
        decision,
        intent,
        commit,
        proposal,
        comments,
        acknowledged: _,
        on_screen_s,
        by_policy,
        reviewer,
        reason,
    } = &entry.record.body
    else {
        return None;
    };
    let candidate = intent.and_then(|intent| chain.intended(intent));
    Some(Decision {
        experiment: experiment.clone(),
        kind: *decision,
        gate: proposal.as_ref().map_or(Gate::Keep, |asked| asked.gate),
        proposal: proposal.as_ref().map(|asked| asked.id.clone()),
        by_policy: *by_policy,
        comments: comments.clone(),
        commit: *commit,
        tree: candidate.map(|candidate| candidate.tree),
        measured_as_is: candidate.is_some_and(|candidate| candidate.measured_as_is),
        hunks: candidate.map(|candidate| candidate.hunks.clone()).unwrap_or_default(),
        on_screen_s: *on_screen_s,
        reviewer: reviewer.clone(),
        at_ms: entry.record.at.as_millisecond(),
        reason: reason.clone(),
        seq: entry.record.seq,
    })
}

/// What was asked about proposals of a loop, oldest first.
pub fn questions(chain: &Chain, identity: &LoopIdentity) -> Vec<Question> {
    let key = LoopKey::from(identity);
    let own = chain.entries.iter().filter(|entry| entry.loop_key == key);
    own.filter_map(|entry| match &entry.record.body {
        Body::Asked { proposal, comments, reviewer } => Some(Question {
            proposal: proposal.id.clone(),
            comments: comments.clone(),
            reviewer: reviewer.clone(),
            at_ms: entry.record.at.as_millisecond(),
            seq: entry.record.seq,
        }),
        _ => None,
    })
    .collect()
}

/// Why the loops of this ledger are held up; `None` while they go on. A hold is for all of them: work tree and branch
/// are the agent's to choose.
pub fn paused(chain: &Chain) -> Option<&str> {
    let last = chain.entries.iter().rev().find_map(|entry| match &entry.record.body {
        Body::Paused { paused, reason, .. } => Some((*paused, reason.as_str())),
        _ => None,
    });
    last.filter(|(paused, _)| *paused).map(|(_, reason)| reason)
}

/// Looks at the branch and says whether decisions can be made.
pub(super) fn look(
    repo: &Repo,
    branch: &str,
    chain: Result<&Chain, String>,
    doubts: (Option<String>, Option<&str>),
    being_decided: bool,
) -> Approved {
    let (doubt, policy_trouble) = doubts;
    let mut approved = Approved { branch: branch.to_owned(), ..Approved::default() };
    let chain = match chain {
        Ok(chain) => chain,
        Err(error) => {
            approved.trouble = Some(error);
            return approved;
        }
    };
    match branch_tip(repo, branch) {
        Ok(tip) => approved.tip = tip,
        Err(error) => {
            approved.trouble = Some(error.to_string());
            return approved;
        }
    }
    let expected = expected_tip(chain, branch);
    approved.start = expected.map(|(start, _)| start);
    if let (Some(start), Some(tip)) = (approved.start, approved.tip) {
        match approved_commits(repo, tip, start, &chain.adoptions(branch), MOST_COMMITS) {
            Ok(commits) => approved.commits = commits,
            Err(error) => approved.trouble = Some(error.to_string()),
        }
        let (decided, adopters) = (chain.decided_commits(), chain.adopters(branch));
        // Commits that came together stand together, the adopted tip first.
        let mut adopter = None;
        for commit in &mut approved.commits {
            commit.in_ledger = decided.contains_key(&commit.commit);
            adopter = adopters.get(&commit.commit).copied().or(adopter);
            commit.adopted_by = adopter.filter(|_| commit.is_adopted).map(str::to_owned);
        }
    }
    approved.interrupted = !being_decided && approved.tip.is_some_and(|tip| is_under_way(repo, tip, chain));
    let is_moved = expected.is_some_and(|(_, wanted)| approved.tip != Some(wanted));
    approved.foreign = is_moved && !approved.interrupted && !being_decided;
    let foreign_owner = repo.refuse_foreign_owner().err().map(|error| error.to_string());
    let trouble = approved.trouble.take().or(foreign_owner).or(doubt.filter(|_| !being_decided)).or_else(|| {
        policy_trouble
            .map(|trouble| format!("the policy cannot be read: {trouble}"))
            // While a decision is written the branch and the ledger differ: that is no trouble, and the
            // desk looks again before it decides anything.
            .or_else(|| interrupted(&approved).filter(|_| !being_decided))
            .or_else(|| branch_trouble(repo, branch, approved.tip, expected).filter(|_| !being_decided))
            .or_else(|| {
                let elsewhere = moved_elsewhere(repo, chain, branch).unwrap_or_else(|error| Some(error.to_string()));
                elsewhere.filter(|_| !being_decided)
            })
            .or_else(|| refuse_checked_out(repo, branch).err().map(|error| error.to_string()))
    });
    approved.trouble = trouble;
    approved
}

fn interrupted(approved: &Approved) -> Option<String> {
    let text = "a decision was interrupted: the next decision or start ends it, and says why where that fails";
    approved.interrupted.then(|| text.to_owned())
}

/// Why nothing is decided on a branch that is not as the ledger left it, with the remedy; `None` when it is.
pub fn branch_trouble(
    repo: &Repo,
    branch: &str,
    tip: Option<CommitId>,
    expected: Option<(CommitId, CommitId)>,
) -> Option<String> {
    // What is lost can be neither adopted nor restored.
    if let Some(lost) = expected.and_then(|(start, wanted)| refuse_lost(repo, wanted, start).err()) {
        return Some(format!("{branch} is not whole: {lost}"));
    }
    match (tip, expected) {
        (None, None) => None,
        (Some(tip), Some((_, wanted))) if tip == wanted => None,
        (Some(tip), Some((_, wanted))) => Some(format!(
            "somebody moved {branch} from {} to {}, which no decision made: look at it with B, or with countersign adopt or restore",
            wanted.short(),
            tip.short()
        )),
        (Some(_), None) => Some(format!(
            "a branch {branch} exists that no decision made; rename it (git branch -m {branch} <other>) or set approved_branch in the policy"
        )),
        (None, Some((_, wanted))) => Some(format!(
            "the branch {branch} is gone, which was at {}: put it back with B, or with countersign restore",
            wanted.short()
        )),
    }
}

/// True when the branch has moved and the ledger does not say so yet.
pub(super) fn is_under_way(repo: &Repo, tip: CommitId, chain: &Chain) -> bool {
    ledger_trailer(repo, tip).is_some_and(|(seq, hash)| {
        chain.open_intents().iter().any(|intent| intent.record.seq == seq && intent.hash == hash)
    })
}
