//! What somebody who distrusts us asks: is every commit on the approved branch one that a person
//! decided, and is the record of it whole?

use std::path::Path;

use crate::ledger::{Body, CandidateRecord, Chain, LoopKey, anchor_path, read_anchor, read_chain};
use crate::model::{CommitId, LoopIdentity};
use crate::observe::expected_tip;
use crate::repo::{Repo, approved_commits, branch_tip, ledger_trailer};

/// What was checked, and what does not hold.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Commits of the approved branch that were checked.
    pub commits: usize,
    /// Records of the ledger.
    pub records: u64,
    /// True when every record follows from the one before.
    pub chain_whole: bool,
    /// True when the anchor is there and holds.
    pub anchored: bool,
    /// What does not hold, the first thing first.
    pub objections: Vec<String>,
}

/// Checks everything. Writes nothing.
pub fn verify(repo: &Repo, state: &Path, identity: &LoopIdentity, branch: &str) -> Report {
    let mut report = Report::default();
    let chain = match repo.own_file("ledger.jsonl") {
        Ok(path) => match read_chain(&path) {
            Ok(chain) => {
                check_anchor(&mut report, state, &path, &chain);
                report.chain_whole = true;
                chain
            }
            Err(error) => {
                report.objections.push(error.to_string());
                return report;
            }
        },
        Err(error) => {
            report.objections.push(error.to_string());
            return report;
        }
    };
    report.records = chain.seq();
    if let Some(torn) = &chain.torn {
        report.objections.push(format!(
            "the ledger's last line is torn ({} bytes); the next decision sets it aside",
            torn.bytes.len()
        ));
    }
    check_intents(&mut report, &chain);
    match branch_tip(repo, branch) {
        Ok(tip) => check_branch(&mut report, repo, identity, branch, tip, &chain),
        Err(error) => report.objections.push(error.to_string()),
    }
    report
}

fn check_anchor(report: &mut Report, state: &Path, ledger: &Path, chain: &Chain) {
    match read_anchor(&anchor_path(state, ledger)) {
        Ok(Some(anchor)) => match anchor.objection(chain) {
            Some(what) => report.objections.push(what),
            None => report.anchored = true,
        },
        Ok(None) if chain.entries.is_empty() => {}
        Ok(None) => report.objections.push(
            "there is no anchor for this ledger here: whether its end was cut off cannot be told (was it made by another user or machine?)".to_owned(),
        ),
        Err(error) => report.objections.push(error.to_string()),
    }
}

fn check_intents(report: &mut Report, chain: &Chain) {
    for intent in chain.open_intents() {
        let seq = intent.record.seq;
        report.objections.push(format!("record {seq} says what was intended and no record says what came of it; opening the terminal UI ends it"));
    }
    for (seq, _) in chain.ends().iter().filter(|(_, count)| **count > 1) {
        report.objections.push(format!("record {seq} has more than one end"));
    }
}

fn check_branch(
    report: &mut Report,
    repo: &Repo,
    identity: &LoopIdentity,
    branch: &str,
    tip: Option<CommitId>,
    chain: &Chain,
) {
    let expected = expected_tip(chain, branch);
    let (tip, (start, wanted)) = match (tip, expected) {
        (None, None) => return,
        (Some(_), None) => {
            return report.objections.push(format!("{branch} exists and no decision in the ledger made it"));
        }
        (None, Some(_)) => {
            return report.objections.push(format!("{branch} is gone, and the ledger says it should be there"));
        }
        (Some(tip), Some(expected)) => (tip, expected),
    };
    if tip != wanted {
        report.objections.push(format!("{branch} is at {tip}, and the last decision left it at {wanted}"));
    }
    let commits = match approved_commits(repo, tip, start, usize::MAX) {
        Ok(commits) => commits,
        Err(error) => return report.objections.push(error.to_string()),
    };
    let mut parent = start;
    for commit in commits.iter().rev() {
        report.commits += 1;
        if let Some(what) = objection(repo, identity, chain, branch, commit.commit, parent) {
            report.objections.push(format!("commit {}: {what}", commit.commit));
        }
        parent = commit.commit;
    }
}

fn objection(
    repo: &Repo,
    identity: &LoopIdentity,
    chain: &Chain,
    branch: &str,
    commit: CommitId,
    parent: CommitId,
) -> Option<String> {
    let key = LoopKey::from(identity);
    let decision = chain.entries.iter().find_map(|entry| match &entry.record.body {
        Body::Decision { commit: Some(made), intent: Some(intent), .. } if *made == commit => Some((entry, *intent)),
        _ => None,
    });
    let Some((entry, intent_seq)) = decision else { return Some("no decision in the ledger made it".to_owned()) };
    if entry.record.loop_key != key {
        return Some("it was decided for another loop".to_owned());
    }
    let intent = chain.entries.get(intent_seq as usize - 1);
    let Some((intent, Body::Intent { candidate, .. })) = intent.map(|entry| (entry, &entry.record.body)) else {
        return Some(format!("its decision names record {intent_seq}, which is no intent"));
    };
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
        Ok(_) => return Some("its tree is not the one that was decided".to_owned()),
        Err(error) => return Some(error.to_string()),
    }
    if candidate.tip != parent {
        return Some("its parent is not the commit it was decided on".to_owned());
    }
    (candidate.branch != branch).then(|| format!("it was decided for {}", candidate.branch))
}
