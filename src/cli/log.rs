//! `countersign log`: decisions and approved commits, newest first.

use std::path::Path;

use serde::Serialize;

use crate::cli::{Code, StdoutBuffer, poll};
use crate::model::{AgentText, CommitId, Decision, DecisionKind, Gate, ProposalId, Snapshot};
use crate::policy::text::Visible;
use crate::series::shortest;

/// One line of `log --json`. Stable: fields are added, never changed.
#[derive(Serialize)]
struct LogJson {
    /// `null` for a decision that made no commit, such as a veto.
    commit: Option<CommitId>,
    id: Option<String>,
    label: Option<AgentText>,
    metric: Option<String>,
    value: Option<f64>,
    /// Gain on the approved branch; `null` if that exact tree was not measured.
    gain: Option<f64>,
    /// The change of the metric itself, for the line that people read.
    #[serde(skip)]
    change: Option<String>,
    measured_as_is: Option<bool>,
    /// `null` for a commit that no decision made.
    decision: Option<DecisionKind>,
    reviewer: Option<String>,
    at: String,
    reason: Option<String>,
    subject: Option<AgentText>,
    /// True for a commit that someone else made and a person adopted.
    adopted: bool,
    /// The gate of the answered proposal; omitted if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<Gate>,
    /// The answered proposal; omitted if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<ProposalId>,
}

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, json: bool) -> color_eyre::Result<Code> {
    let (_, snapshot) = poll(dir)?;
    let lines = lines(&snapshot);
    if lines.is_empty() && !json {
        out.line("no decisions yet")?;
    }
    for line in lines {
        if json {
            out.json(&line)?;
        } else {
            print(out, &line)?;
        }
    }
    Ok(Code::Good)
}

fn lines(snapshot: &Snapshot) -> Vec<LogJson> {
    // Sorted by record. A commit without a decision comes after the commit before it on the branch.
    let mut lines: Vec<(u64, usize, LogJson)> =
        snapshot.decisions.iter().map(|decision| (decision.seq, 0, of_decision(snapshot, decision))).collect();
    let record = |commit| {
        snapshot.decisions.iter().find(|decision| decision.commit == Some(commit)).map(|decision| decision.seq)
    };
    let mut after = 0;
    for (place, commit) in snapshot.approved.commits.iter().rev().enumerate() {
        if commit.in_ledger {
            after = record(commit.commit).unwrap_or(after);
            continue;
        }
        let line = LogJson {
            commit: Some(commit.commit),
            id: None,
            label: None,
            metric: None,
            value: None,
            gain: None,
            change: None,
            measured_as_is: None,
            decision: None,
            reviewer: commit.adopted_by.clone(),
            at: time(commit.at_ms),
            reason: None,
            subject: Some(commit.subject.clone()),
            adopted: commit.is_adopted,
            gate: None,
            proposal: None,
        };
        lines.push((after, place + 1, line));
    }
    lines.sort_by_key(|(seq, place, _)| (*seq, *place));
    lines.into_iter().rev().map(|(_, _, line)| line).collect()
}

fn of_decision(snapshot: &Snapshot, decision: &Decision) -> LogJson {
    let experiment = snapshot.index_of(&decision.experiment).map(|index| &snapshot.experiments[index]);
    let commit = decision.commit.and_then(|id| snapshot.approved.commits.iter().find(|commit| commit.commit == id));
    LogJson {
        commit: decision.commit,
        id: Some(decision.experiment.to_string()),
        label: experiment.map(|experiment| experiment.label.clone()),
        metric: snapshot.objective.as_ref().map(|objective| objective.metric.to_string()),
        value: experiment.and_then(|experiment| experiment.outcome.value()),
        gain: snapshot.gain_on_branch(decision),
        change: experiment
            .and_then(|experiment| Some(snapshot.goal_of(experiment)?.change(snapshot.gain_on_branch(decision)?))),
        measured_as_is: decision.commit.map(|_| decision.measured_as_is),
        decision: Some(decision.kind),
        reviewer: Some(decision.reviewer.clone()),
        at: time(decision.at_ms),
        reason: Some(decision.reason.clone()),
        subject: commit.map(|commit| commit.subject.clone()).or_else(|| experiment.map(|e| e.row.description.clone())),
        adopted: false,
        gate: decision.proposal.as_ref().map(|_| decision.gate),
        proposal: decision.proposal.clone(),
    }
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map(|time| time.to_string()).unwrap_or_default()
}

fn print(out: &mut StdoutBuffer, line: &LogJson) -> color_eyre::Result<()> {
    // Without a commit, prints the id that `show` accepts.
    let own = || {
        line.id.as_deref().and_then(|id| id.get(..7)).map_or_else(|| "-------".to_owned(), |id| Visible::of(id).fit(7))
    };
    let commit = line.commit.map_or_else(own, |commit| commit.short());
    let decision = line.decision.map_or(if line.adopted { "adopted" } else { "not ours" }, DecisionKind::word);
    let decision =
        if line.gate == Some(Gate::Run) { format!("{decision} at the run gate") } else { decision.to_owned() };
    let value = line.value.map_or_else(|| "-".to_owned(), shortest);
    let gain = line.change.as_ref().map(|change| format!(" ({change})")).unwrap_or_default();
    let subject = line.subject.as_ref().map(|subject| Visible::line(subject).fit(60)).unwrap_or_default();
    out.line(format!("{commit}  {decision:<9}  {value}{gain}  {subject}"))?;
    let reviewer = line.reviewer.as_deref().unwrap_or("nobody");
    let reason =
        line.reason.as_deref().filter(|reason| !reason.is_empty()).map(|reason| format!(": {}", Visible::of(reason)));
    out.line(format!("         {}  {}{}", line.at, Visible::of(reviewer), reason.unwrap_or_default()))
}
