//! The message of an approved commit. Countersign writes all trailers; the agent's words are only text.

use crate::ledger::Entry;
use crate::model::{AgentText, Candidate, CandidateKind, CommitText, Outcome};
use crate::policy::text::Visible;

/// Width limit of the first line, in cells.
const SUBJECT: usize = 72;
/// Maximum number of lines of the agent's rationale in the message.
const RATIONALE_LINES: usize = 24;

/// Returns the complete message.
pub fn commit_message(
    text: &CommitText,
    candidate: &Candidate,
    reviewer: &str,
    reason: &str,
    intent: &Entry,
) -> String {
    let description = Visible::line(&text.description);
    let experiment = candidate.experiment.as_str();
    let short: String = experiment.chars().take(12).collect();
    let subject = match candidate.kind {
        CandidateKind::Full if description.as_str().trim().is_empty() => format!("Approve experiment {short}"),
        CandidateKind::Full => description.fit(SUBJECT),
        CandidateKind::Revert(commit) => {
            format!("Revert {} {}", commit.short(), description.fit(SUBJECT.saturating_sub(15)))
        }
    };
    let mut message = format!("{}\n", subject.trim());
    if description.width() > SUBJECT && candidate.kind == CandidateKind::Full {
        message.push_str(&format!("\n  {description}\n"));
    }
    // Indented, so that no line looks like a trailer.
    for line in text.rationale.raw().lines().filter(|line| !line.trim().is_empty()).take(RATIONALE_LINES) {
        message.push_str(&format!("\n  {}", Visible::of(line.trim_end()).fit(400)));
    }
    if !text.rationale.is_blank() {
        message.push('\n');
    }
    if !reason.trim().is_empty() {
        message.push_str(&format!("\n  {}\n", Visible::message(reason.trim())));
    }
    for line in amended(candidate) {
        message.push_str(&format!("\n  {line}\n"));
    }
    message.push_str(&format!("\nExperiment: {experiment}\n"));
    if !text.metric.is_empty() {
        message.push_str(&format!("Metric: {}\n", metric_line(text, candidate.measured.is_some())));
    }
    if let CandidateKind::Revert(commit) = candidate.kind {
        message.push_str(&format!("Reverts: {commit}\n"));
    }
    if !text.assistant.is_blank() {
        message.push_str(&format!("Assisted-by: {}\n", Visible::line(&text.assistant)));
    }
    if !candidate.amendment.edited.is_empty() {
        message.push_str(&format!("Co-authored-by: {reviewer}\n"));
    }
    message.push_str(&format!("Reviewed-by: {reviewer}\nLedger: {}@{}\n", intent.record.seq, intent.hash));
    message
}

/// Maximum number of paths that the message lists of the reviewer's changes.
const MOST_NAMED: usize = 20;

/// Describes the reviewer's changes to the change, one sentence each.
fn amended(candidate: &Candidate) -> Vec<String> {
    let names = |paths: &mut dyn Iterator<Item = &AgentText>| {
        let paths: Vec<&AgentText> = paths.collect();
        let more = paths.len().saturating_sub(MOST_NAMED);
        let named: Vec<String> = paths.iter().take(MOST_NAMED).map(|path| Visible::line(path).fit(200)).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", named.join(", "))
    };
    let amendment = &candidate.amendment;
    let mut lines = Vec::new();
    if !amendment.excluded.is_empty() {
        let paths = names(&mut amendment.excluded.iter().map(|left| &left.path));
        lines.push(format!("Approved in part: the reviewer excluded changes to {paths}"));
    }
    if !amendment.edited.is_empty() {
        let paths = names(&mut amendment.edited.iter().map(|edited| &edited.path));
        lines.push(format!("Edited by the reviewer: {paths}"));
    }
    lines
}

fn metric_line(text: &CommitText, measured_as_is: bool) -> String {
    let name = Visible::name(&text.metric);
    let Some(value) = text.value else { return format!("{name} not measured") };
    let change = text.claimed_gain.zip(text.goal);
    let change = change.map(|(gain, goal)| format!(" ({})", goal.change(gain))).unwrap_or_default();
    let tree = if measured_as_is { Candidate::MEASURED } else { Candidate::NOT_MEASURED };
    format!("{name} {}{change}, self-reported, {tree}", Outcome::Value(value).text())
}
