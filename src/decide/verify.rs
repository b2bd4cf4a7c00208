//! What somebody who distrusts us asks: is every commit on the approved branch one that a person
//! decided, is the record of it whole, and are the signatures theirs?

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::signed::Signatures;
use crate::approved::{decision_of, expected_tip, held_ledger, policy_change};
use crate::ledger::{Body, CandidateRecord, Chain, Doubt, Entry, LoopKey, ReadGuard};
use crate::mailbox::{read_register, said_of_list};
use crate::model::{CommitId, DecisionKind, Gate, LoopIdentity};
use crate::policy::Policy;
use crate::repo::{Repo, approved_commits, branch_tip, ledger_trailer, shadows};
use crate::signature::Settings;

/// What was checked, and what does not hold.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// False when the ledger could not be believed: nothing else was looked at then.
    pub looked: bool,
    /// Approved branches of the ledger, the loop's own first, and how many commits of each were checked.
    pub branches: Vec<(String, usize)>,
    /// Commits of all of them.
    pub commits: usize,
    /// Commits among them that a person adopted: no decision made them.
    pub adopted: usize,
    /// Objects of the branch that were looked at: commits, folders, files.
    pub objects: usize,
    /// Copies of them that were hashed now; the others have not moved since they were.
    pub hashed: usize,
    /// Records of the ledger.
    pub records: u64,
    /// Whether the anchor is there and holds; `None` where nothing was recorded yet.
    pub anchored: Option<bool>,
    /// Signatures of commits and records that are good, by somebody who is known.
    pub signed: usize,
    /// Good signatures by a key that is not known to be anybody's.
    pub strangers: usize,
    /// Commits and records that should or could be signed and are not.
    pub unsigned: usize,
    /// What does not hold, the first thing first.
    pub objections: Vec<String>,
    /// What is worth knowing and is no objection.
    pub remarks: Vec<String>,
}

/// What to hold a loop against.
pub struct Against<'a> {
    /// The person's state directory, where the anchor is.
    pub state: &'a Path,
    /// Which loop.
    pub identity: &'a LoopIdentity,
    /// Its approved branch.
    pub branch: &'a str,
    /// The policy in force, or why it cannot be read.
    pub policy: Result<&'a Policy, &'a str>,
    /// Whose signatures are accepted.
    pub signing: &'a Settings,
    /// True when what is not signed is an objection, whatever the policy says.
    pub all_signed: bool,
    /// True when every object is hashed again, also those that have not moved since they were.
    pub anew: bool,
}

/// Checks everything. Writes nothing but which objects were hashed, in the state directory. `None` when a decision was
/// being written all the while.
pub fn verify(repo: &Repo, against: &Against<'_>) -> Option<Report> {
    let mut report = Report::default();
    let looking = repo.own_file("ledger.jsonl").ok().map(|path| ReadGuard::wait(&path));
    if matches!(looking, Some(None)) {
        return None;
    }
    let held = match held_ledger(repo, against.state) {
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
    let is_shown = |doubt: &Doubt| {
        matches!(doubt, Doubt::Foreign { .. } | Doubt::Unanchored { .. } | Doubt::Copy { is_whole: true, .. })
    };
    if held.custody.doubt.as_ref().is_some_and(|doubt| !is_shown(doubt)) {
        return Some(report);
    }
    report.looked = true;
    if held.custody.anchor.next.is_some() {
        report.remarks.push(
            "the anchor was not closed after the last record: the next decision, or opening the terminal UI, closes it"
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
        report.objections.push(format!("the policy cannot be read, so it cannot be told what it requires: {why}"));
    }
    check_intents(&mut report, &chain);
    check_taken(&mut report, repo, &chain);
    check_clock(&mut report, &chain);
    let mut signatures = Signatures::new(against, &chain);
    // All that the ledger has moved: which loop is looked at is by names that an agent chooses.
    let mut branches = vec![against.branch];
    branches.extend(chain.branches().into_iter().filter(|branch| *branch != against.branch));
    let mut seen = HashSet::new();
    for branch in &branches {
        let before = report.commits;
        match branch_tip(repo, branch) {
            Ok(tip) => seen.extend(check_branch(&mut report, repo, branch, tip, &chain, &mut signatures)),
            Err(error) => report.objections.push(error.to_string()),
        }
        report.objections.extend(shadows(repo, branch));
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
            format!("record {} says that it made commit {commit}, which is on no approved branch", entry.record.seq)
        }));
    }
    signatures.of_records(&chain);
    signatures.tell(&mut report);
    // Hashing takes long, and nobody should wait for it to decide.
    drop(looking);
    for branch in branches {
        super::content::check(&mut report, repo, against, branch, &chain);
    }
    Some(report)
}

fn check_intents(report: &mut Report, chain: &Chain) {
    for intent in chain.open_intents() {
        let seq = intent.record.seq;
        report.objections.push(format!(
            "record {seq} says what was intended and no record says what came of it; opening the terminal UI ends it"
        ));
    }
    let mut ends: Vec<_> = chain.ends().into_iter().collect();
    ends.sort_unstable();
    for (seq, count) in ends {
        if count > 1 {
            report.objections.push(format!("record {seq} has more than one end"));
        }
        if !chain.entry(seq).is_some_and(|entry| entry.record.body.is_intent()) {
            report.objections.push(format!("a record ends record {seq}, which is no intent"));
        }
    }
    // One decision of a person an experiment and gate, and a revert of what was approved. What was sent
    // back, went stale or expired may be asked again.
    let mut decided: HashMap<_, u64> = HashMap::new();
    for entry in &chain.entries {
        let Some(decision) = decision_of(chain, entry) else { continue };
        let seq = entry.record.seq;
        if decision.by_policy || decision.gate == Gate::Run {
            let who = if decision.by_policy { "the policy" } else { "an answer at the run gate" };
            if decision.commit.is_some() {
                report
                    .objections
                    .push(format!("record {seq}: {who} made a commit, which only a person's decision may"));
            }
        }
        if !decision.by_policy
            && decision.kind.is_final()
            && decision.kind != DecisionKind::Reverted
            && let Some(first) = decided.insert((&entry.loop_key, decision.experiment, decision.gate), seq)
        {
            report.objections.push(format!("record {seq} decides what record {first} had decided"));
        }
    }
    check_proposals(report, chain);
}

/// The list of proposals has what was taken in, and nothing else.
fn check_taken(report: &mut Report, repo: &Repo, chain: &Chain) {
    let Some(took) = chain.took() else { return };
    let read = repo.own_file("proposals.jsonl").ok().map(|path| read_register(&path, 0));
    let read = match read.transpose() {
        Ok(read) => read.unwrap_or_default(),
        Err(error) => return report.objections.push(format!("proposals.jsonl could not be read: {error}")),
    };
    let mut known = HashSet::new();
    let mut is_own = |hash: &str| took.contains_key(hash) && known.insert(hash.to_owned());
    let own = read.taken.iter().map(|(hash, _)| hash.as_str()).filter(|hash| is_own(hash)).count();
    let diverged = read.taken.len() - own + read.bad.len();
    let there: HashSet<&str> = read.taken.iter().map(|(hash, _)| hash.as_str()).collect();
    let missing = chain.listed().iter().filter(|hash| !there.contains(*hash)).count();
    let said = said_of_list(diverged, missing);
    report.objections.extend(said.into_iter().map(|said| format!("proposals.jsonl: {said}")));
}

/// One answer a proposal.
fn check_proposals(report: &mut Report, chain: &Chain) {
    let mut answered: HashMap<_, u64> = HashMap::new();
    for entry in &chain.entries {
        if let Body::Decision { proposal: Some(asked), .. } = &entry.record.body
            && let Some(first) = answered.insert((&entry.loop_key, &asked.id), entry.record.seq)
        {
            report.objections.push(format!("record {} answers what record {first} had answered", entry.record.seq));
        }
    }
}

/// A clock that was set back changes no order, but it makes times doubtful.
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

/// Returns the commits that were looked at.
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
            report.objections.push(format!("{branch} exists and no decision in the ledger made it"));
            return Vec::new();
        }
        (None, Some(_)) => {
            report.objections.push(format!("{branch} is gone, and the ledger says it should be there"));
            return Vec::new();
        }
        (Some(tip), Some(expected)) => (tip, expected),
    };
    if tip != wanted {
        report.objections.push(format!("{branch} is at {tip}, and the last decision left it at {wanted}"));
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
            Some((seq, _)) => format!("; its Ledger trailer names record {seq}, which made another commit or none"),
            None => String::new(),
        };
        return Some(format!("no decision in the ledger made it{forged}"));
    };
    if Some(&entry.loop_key) != owner {
        return Some("it was decided for another loop".to_owned());
    }
    let Body::Decision { intent: Some(seq), experiment, proposal: decided_for, .. } = &entry.record.body else {
        return Some("its decision names no intent".to_owned());
    };
    let intent = chain.entry(*seq);
    let Some((intent, Body::Intent { candidate, experiment: intended, proposal: intended_for, .. })) =
        intent.map(|entry| (entry, &entry.record.body))
    else {
        return Some(format!("its decision names record {seq}, which is no intent"));
    };
    if decided_for != intended_for {
        return Some(format!("its decision answers another proposal than record {seq}, its intent"));
    }
    if experiment != intended {
        return Some(format!("its decision is about another experiment than record {seq}, its intent"));
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
        Ok(_) => return Some("its tree is not the one that was decided".to_owned()),
        Err(error) => return Some(error.to_string()),
    }
    if candidate.tip != parent {
        return Some("its parent is not the commit it was decided on".to_owned());
    }
    (candidate.branch != branch).then(|| format!("it was decided for {}", candidate.branch))
}
