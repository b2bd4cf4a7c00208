//! Verification for somebody who trusts no one: every commit on the approved branch was decided by a person, its
//! records are complete, and the signatures are theirs.

use std::collections::{HashMap, HashSet};

use super::signed::Signatures;
use super::{Against, Report, content};
use crate::approved::{decision_of, expected_tip, policy_change, read_checked_ledger};
use crate::ledger::{Body, CandidateRecord, Chain, Entry, LedgerProblem, LoopKey, ReadGuard};
use crate::mailbox::{RegisterProblems, read_register};
use crate::model::{CommitId, DecisionKind, Gate};
use crate::repo::{Repo, approved_commits, branch_tip, ledger_trailer, shadowing_references};

/// Checks everything. Writes only the cache of hashed objects, in the state directory. `None` if a decision was being
/// written the whole time.
pub fn verify(repo: &Repo, against: &Against<'_>) -> Option<Report> {
    let mut report = Report::default();
    let guard = repo.own_path("ledger.jsonl").ok().map(|path| ReadGuard::wait(&path));
    if matches!(guard, Some(None)) {
        return None;
    }
    let held = match read_checked_ledger(repo, against.state) {
        Ok(held) => held,
        Err(error) => {
            report.objections.push(error.to_string());
            return Some(report);
        }
    };
    let chain = held.chain;
    if let Err(error) = repo.refuse_foreign_owner() {
        report.objections.push(error.to_string());
    }
    if let Some(doubt) = &held.custody.doubt {
        report.objections.push(doubt.to_string());
    }
    let is_begun = held.custody.doubt.is_some() || !chain.entries.is_empty();
    report.anchored = is_begun.then_some(held.custody.doubt.is_none());
    let is_shown = |doubt: &LedgerProblem| {
        matches!(
            doubt,
            LedgerProblem::Foreign { .. }
                | LedgerProblem::Unanchored { .. }
                | LedgerProblem::Copy { is_whole: true, .. }
        )
    };
    if held.custody.doubt.as_ref().is_some_and(|doubt| !is_shown(doubt)) {
        return Some(report);
    }
    report.is_ledger_valid = true;
    if held.custody.anchor.next.is_some() {
        report.remarks.push(
            "the anchor was not closed after the last record; the next decision, or opening the terminal UI, closes it"
                .to_owned(),
        );
    }
    report.objections.extend(policy_change(repo, &chain));
    report.records = chain.seq();
    if let Some(torn) = &chain.torn {
        report.objections.push(format!(
            "the ledger's last line is torn ({} bytes); the next decision sets it aside",
            torn.bytes.len()
        ));
    }
    if let Err(why) = against.policy {
        report.objections.push(format!("cannot read the policy, so its requirements were not checked: {why}"));
    }
    check_intents(&mut report, &chain);
    check_taken(&mut report, repo, &chain);
    check_clock(&mut report, &chain);
    let mut signatures = Signatures::new(against, &chain);
    // All branches that the ledger has moved: the agent can choose the names that select the loop.
    let mut branches = vec![against.branch];
    branches.extend(chain.branches().into_iter().filter(|branch| *branch != against.branch));
    let mut seen = HashSet::new();
    for branch in &branches {
        let before = report.commits;
        match branch_tip(repo, branch) {
            Ok(tip) => seen.extend(check_branch(&mut report, repo, branch, tip, &chain, &mut signatures)),
            Err(error) => report.objections.push(error.to_string()),
        }
        report.objections.extend(shadowing_references(repo, branch));
        let commits = report.commits - before;
        if commits > 0 || *branch == against.branch {
            report.branches.push(((*branch).to_owned(), commits));
        }
    }
    if report.objections.is_empty() {
        let mut unseen: Vec<_> =
            chain.decided_commits().into_iter().filter(|(commit, _)| !seen.contains(commit)).collect();
        unseen.sort_by_key(|(_, entry)| entry.record.seq);
        report.objections.extend(unseen.into_iter().map(|(commit, entry)| {
            format!("record {} made commit {commit}, which is not on any approved branch", entry.record.seq)
        }));
    }
    signatures.of_records(&chain);
    signatures.add_to(&mut report);
    // Hashing takes long, and must not block decisions.
    drop(guard);
    for branch in branches {
        content::check(&mut report, repo, against, branch, &chain);
    }
    Some(report)
}

fn check_intents(report: &mut Report, chain: &Chain) {
    for intent in chain.open_intents() {
        let seq = intent.record.seq;
        report.objections.push(format!(
            "record {seq} is an unfinished decision (intent without outcome); opening the terminal UI finishes it"
        ));
    }
    let mut ends: Vec<_> = chain.outcomes().into_iter().collect();
    ends.sort_unstable();
    for (seq, count) in ends {
        if count > 1 {
            report.objections.push(format!("record {seq} has more than one outcome"));
        }
        if !chain.entry(seq).is_some_and(|entry| entry.record.body.is_intent()) {
            report.objections.push(format!("a record closes record {seq}, which is not an intent"));
        }
    }
    // A person decides once per experiment and gate, and reverts once what was approved. A change that was sent back,
    // went stale or expired may be proposed again.
    let mut decided: HashMap<_, u64> = HashMap::new();
    for entry in &chain.entries {
        let Some(decision) = decision_of(chain, entry) else { continue };
        let seq = entry.record.seq;
        if decision.by_policy || decision.gate == Gate::Run {
            let who = if decision.by_policy { "the policy" } else { "an answer at the run gate" };
            if decision.commit.is_some() {
                report.objections.push(format!("record {seq}: {who} made a commit; only a person's decision may"));
            }
        }
        if !decision.by_policy
            && decision.kind.is_final()
            && decision.kind != DecisionKind::Reverted
            && let Some(first) = decided.insert((&entry.loop_key, decision.experiment, decision.gate), seq)
        {
            report.objections.push(format!("record {seq} decides again what record {first} decided"));
        }
    }
    check_proposals(report, chain);
}

/// Checks that the register of proposals matches the ledger.
fn check_taken(report: &mut Report, repo: &Repo, chain: &Chain) {
    let Some(took) = chain.collected_lines() else { return };
    let read = repo.own_path("proposals.jsonl").ok().map(|path| read_register(&path, 0));
    let read = match read.transpose() {
        Ok(read) => read.unwrap_or_default(),
        Err(error) => return report.objections.push(format!("cannot read proposals.jsonl: {error}")),
    };
    let mut known = HashSet::new();
    let mut is_own = |hash: &str| took.contains_key(hash) && known.insert(hash.to_owned());
    let own = read.taken.iter().map(|(hash, _)| hash.as_str()).filter(|hash| is_own(hash)).count();
    let foreign = read.taken.len() - own + read.bad.len();
    let there: HashSet<&str> = read.taken.iter().map(|(hash, _)| hash.as_str()).collect();
    let missing = chain.expected_lines().iter().filter(|hash| !there.contains(*hash)).count();
    let messages = RegisterProblems { foreign, missing }.sentences();
    report.objections.extend(messages.into_iter().map(|message| format!("proposals.jsonl: {message}")));
}

/// Checks that each proposal has at most one answer.
fn check_proposals(report: &mut Report, chain: &Chain) {
    let mut answered: HashMap<_, u64> = HashMap::new();
    for entry in &chain.entries {
        if let Body::Decision { proposal: Some(asked), .. } = &entry.record.body
            && let Some(first) = answered.insert((&entry.loop_key, &asked.id), entry.record.seq)
        {
            report
                .objections
                .push(format!("record {} answers the proposal that record {first} answered", entry.record.seq));
        }
    }
}

/// Checks the times of the records. A clock that was set back changes no order, but makes times doubtful.
fn check_clock(report: &mut Report, chain: &Chain) {
    for pair in chain.entries.windows(2) {
        if pair[1].record.at < pair[0].record.at {
            let at = pair[1].record.at.strftime("%Y-%m-%d %H:%M:%S");
            report.remarks.push(format!(
                "record {} is dated {at}, before record {}: the clock was set back in between",
                pair[1].record.seq, pair[0].record.seq
            ));
        }
    }
}

/// Checks a branch and returns the commits that were checked.
fn check_branch(
    report: &mut Report,
    repo: &Repo,
    branch: &str,
    tip: Option<CommitId>,
    chain: &Chain,
    signatures: &mut Signatures<'_>,
) -> Vec<CommitId> {
    let (tip, (start, wanted)) = match (tip, expected_tip(chain, branch)) {
        (None, None) => return Vec::new(),
        (Some(_), None) => {
            report.objections.push(format!("{branch} exists, but no decision in the ledger made it"));
            return Vec::new();
        }
        (None, Some(_)) => {
            report.objections.push(format!("{branch} is gone, but the ledger has decisions on it"));
            return Vec::new();
        }
        (Some(tip), Some(expected)) => (tip, expected),
    };
    if tip != wanted {
        report.objections.push(format!("{branch} is at {tip}; the last decision left it at {wanted}"));
    }
    let adoptions = chain.adoptions(branch);
    let commits = match approved_commits(repo, tip, start, &adoptions, usize::MAX) {
        Ok(commits) => commits,
        Err(error) => {
            report.objections.push(error.to_string());
            return Vec::new();
        }
    };
    let decided = chain.decided_commits();
    let of_branch = |body: &Body| matches!(body, Body::Intent { candidate, .. } if candidate.branch == branch);
    let owner = chain.entries.iter().find(|entry| of_branch(&entry.record.body)).map(|entry| &entry.loop_key);
    let mut parent = start;
    for commit in commits.iter().rev() {
        report.commits += 1;
        if commit.is_adopted {
            report.adopted += 1;
            if adoptions.contains_key(&commit.commit) {
                parent = commit.commit;
            }
            continue;
        }
        let decision = decided.get(&commit.commit).copied();
        if let Some(what) = objection(repo, (branch, owner), chain, decision, commit.commit, parent) {
            report.objections.push(format!("commit {}: {what}", commit.commit));
        }
        signatures.of_commit(repo, commit.commit, decision);
        parent = commit.commit;
    }
    commits.iter().map(|commit| commit.commit).collect()
}

fn objection(
    repo: &Repo,
    (branch, owner): (&str, Option<&LoopKey>),
    chain: &Chain,
    decision: Option<&Entry>,
    commit: CommitId,
    parent: CommitId,
) -> Option<String> {
    let Some(entry) = decision else {
        let forged = match ledger_trailer(repo, commit) {
            Some((seq, _)) => format!("; its Ledger trailer names record {seq}, which made a different commit or none"),
            None => String::new(),
        };
        return Some(format!("no decision in the ledger made it{forged}"));
    };
    if Some(&entry.loop_key) != owner {
        return Some("it was decided for another loop".to_owned());
    }
    let Body::Decision { intent: Some(seq), experiment, proposal: decided_for, .. } = &entry.record.body else {
        return Some("its decision does not name an intent".to_owned());
    };
    let intent = chain.entry(*seq);
    let Some((intent, Body::Intent { candidate, experiment: intended, proposal: intended_for, .. })) =
        intent.map(|entry| (entry, &entry.record.body))
    else {
        return Some(format!("its decision names record {seq}, which is not an intent"));
    };
    if decided_for != intended_for {
        return Some(format!("its decision and its intent (record {seq}) name different proposals"));
    }
    if experiment != intended {
        return Some(format!("its decision and its intent (record {seq}) name different experiments"));
    }
    if ledger_trailer(repo, commit) != Some((intent.record.seq, intent.hash.clone())) {
        return Some("its Ledger trailer does not name the intent it was made for".to_owned());
    }
    mismatch(repo, candidate, branch, commit, parent)
}

fn mismatch(
    repo: &Repo,
    candidate: &CandidateRecord,
    branch: &str,
    commit: CommitId,
    parent: CommitId,
) -> Option<String> {
    match repo.tree_id(commit) {
        Ok(tree) if tree == candidate.tree => {}
        Ok(_) => return Some("its tree differs from the decided one".to_owned()),
        Err(error) => return Some(error.to_string()),
    }
    if candidate.tip != parent {
        return Some("its parent is not the commit that the decision was based on".to_owned());
    }
    (candidate.branch != branch).then(|| format!("it was decided for {}", candidate.branch))
}
