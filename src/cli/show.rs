//! `countersign show`: one experiment.

use std::path::Path;

use serde::Serialize;

use crate::cli::{Code, StdoutBuffer, config_dir, find, poll};
use crate::config::Preferences;
use crate::model::{
    AgentText, Asker, Built, Candidate, CellRow, Claim, CommitId, Conflict, ConflictPlace, DecisionKind, DiffLine,
    Experiment, ExperimentId, FileChange, FindingKind, Gate, LineKind, NoChange, NotebookChange, Proposal, ProposalId,
    Severity, Snapshot, TreeId, counted,
};
use crate::policy::text::Visible;
use crate::query::{Assessment, QueryCache, Request, Response, answer};

/// The JSON of `show`. Stable: fields are added, never changed.
#[derive(Serialize)]
struct ShowJson<'a> {
    id: &'a ExperimentId,
    label: &'a AgentText,
    description: &'a AgentText,
    base: Option<CommitId>,
    head: Option<CommitId>,
    also_contains: Vec<CommitId>,
    claim: String,
    outcome: &'static str,
    value: Option<f64>,
    findings: Vec<FindingShown<'a>>,
    files: Vec<FileShown<'a>>,
    /// `null` if nothing can be committed now.
    tree: Option<TreeId>,
    measured_as_is: Option<bool>,
    depends_on: Vec<&'a ExperimentId>,
    decision: Option<DecisionKind>,
    /// The reason for a missing change; omitted if it has a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_change: Option<&'static str>,
    /// The commit that replaced its own when history was rewritten; omitted if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    found_as: Option<FoundShown>,
    /// The trunk that already contained it when the session began; omitted if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_trunk: Option<&'a str>,
    /// Its segment; omitted if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<AgentText>,
    /// Other results of the same commit; omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_measured: Vec<AlsoMeasured>,
    /// Further text from its agent; omitted if blank.
    #[serde(skip_serializing_if = "AgentText::is_blank")]
    text: &'a AgentText,
    /// Proposals for it, oldest first; omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proposals: Vec<ProposalShown<'a>>,
}

#[derive(Serialize)]
struct ProposalShown<'a> {
    id: &'a ProposalId,
    gate: Gate,
    title: &'a AgentText,
    rationale: &'a AgentText,
    agent: &'a AgentText,
    supersedes: Option<&'a ProposalId>,
    /// `pending`, `superseded`, or the decision.
    standing: &'static str,
}

#[derive(Serialize)]
struct FoundShown {
    commit: CommitId,
    by: &'static str,
}

#[derive(Serialize)]
struct AlsoMeasured {
    row: u64,
    claim: String,
    outcome: &'static str,
    value: Option<f64>,
}

#[derive(Serialize)]
struct FindingShown<'a> {
    severity: Severity,
    kind: FindingKind,
    path: Option<&'a AgentText>,
    line: Option<u32>,
    message: &'a str,
}

#[derive(Serialize)]
struct FileShown<'a> {
    path: &'a AgentText,
    status: &'static str,
    added: usize,
    removed: usize,
}

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, id: &str, json: bool) -> color_eyre::Result<Code> {
    let (watched, snapshot) = poll(dir)?;
    let index = find(&snapshot, id)?;
    let experiment = &snapshot.experiments[index];
    let judged = match watched.repo() {
        Ok(repo) => {
            let request = Request::Judge(experiment.id.clone());
            match answer(&repo.scratch()?, &mut QueryCache::default(), &snapshot, watched.policy(), &request) {
                Response::Judged(judged) => Ok(judged),
                Response::Failed(_, why) if repo.is_partial() && experiment.change.is_some() => Err(format!(
                    "{why}: this is a partial clone; fetch the missing objects with git fetch --refetch --no-filter"
                )),
                Response::Failed(_, why) => Err(why),
                _ => Err("no answer".to_owned()),
            }
        }
        Err(error) => Err(error.to_string()),
    };
    if json {
        out.json(&shown(&snapshot, index, judged.as_deref().ok()))?;
    } else {
        print(out, &snapshot, index, judged.as_deref())?;
    }
    Ok(Code::Good)
}

/// Returns the claim's word in JSON: the known word, else the agent's own.
fn claim(experiment: &Experiment) -> String {
    match experiment.claim {
        Claim::Keep => "keep".to_owned(),
        Claim::Discard => "discard".to_owned(),
        Claim::Crash => "crash".to_owned(),
        Claim::Other => experiment.row.word.raw().to_owned(),
    }
}

fn shown<'a>(snapshot: &'a Snapshot, index: usize, judged: Option<&'a Assessment>) -> ShowJson<'a> {
    let experiment = &*snapshot.experiments[index];
    let change = experiment.change.as_ref();
    let candidate = judged.and_then(|judged| match &judged.built {
        Built::Ready(candidate) => Some(candidate),
        _ => None,
    });
    let files = judged.map_or(&[] as &[_], |judged| judged.built.files());
    ShowJson {
        id: &experiment.id,
        label: &experiment.label,
        description: &experiment.row.description,
        base: change.map(|change| change.base),
        head: experiment.head(),
        also_contains: change.map(|change| change.also_contains.clone()).unwrap_or_default(),
        claim: claim(experiment),
        outcome: experiment.outcome.name(),
        value: experiment.outcome.value(),
        findings: judged
            .map_or(&[] as &[_], |judged| judged.findings.as_slice())
            .iter()
            .map(|finding| FindingShown {
                severity: finding.severity,
                kind: finding.kind,
                path: finding.path.as_ref(),
                line: finding.line,
                message: &finding.message,
            })
            .collect(),
        files: files
            .iter()
            .map(|file| FileShown { path: &file.path, status: file.status(), added: file.added, removed: file.removed })
            .collect(),
        tree: candidate.map(|candidate| candidate.tree),
        measured_as_is: candidate.map(|candidate| candidate.measured.is_some()),
        depends_on: judged.map(|judged| judged.depends_on.iter().collect()).unwrap_or_default(),
        decision: snapshot.decision(&experiment.id).map(|decision| decision.kind),
        no_change: experiment.no_change.map(NoChange::name),
        found_as: experiment.found_as.map(|found| FoundShown { commit: found.commit, by: found.by.name() }),
        on_trunk: experiment.on_trunk.then(|| snapshot.trunk_name()),
        segment: segment(snapshot, experiment),
        also_measured: snapshot
            .also_measured(index)
            .map(|other| &snapshot.experiments[other])
            .map(|other| AlsoMeasured {
                row: other.row.line,
                claim: claim(other),
                outcome: other.outcome.name(),
                value: other.outcome.value(),
            })
            .collect(),
        text: &experiment.row.more,
        proposals: experiment
            .proposals
            .iter()
            .map(|proposal| ProposalShown {
                id: &proposal.id,
                gate: proposal.gate,
                title: &proposal.title,
                rationale: &proposal.rationale,
                agent: &proposal.agent.name,
                supersedes: proposal.supersedes.as_ref(),
                standing: standing(snapshot, proposal),
            })
            .collect(),
    }
}

/// Returns the name of its segment; `None` if there is only one segment.
fn segment(snapshot: &Snapshot, experiment: &Experiment) -> Option<AgentText> {
    let summary = snapshot.segment_of(experiment).filter(|_| snapshot.segments.len() > 1)?;
    Some(summary.display_name(experiment.session))
}

/// Returns a proposal's status as one word.
fn standing(snapshot: &Snapshot, proposal: &Proposal) -> &'static str {
    match snapshot.answer(&proposal.id) {
        Some(answer) => answer.kind.word(),
        None if snapshot.is_superseded(&proposal.id) => "superseded",
        None => "pending",
    }
}

/// Prints its segment, other results of its commit, and further text from its agent.
fn results(out: &mut StdoutBuffer, snapshot: &Snapshot, index: usize) -> color_eyre::Result<()> {
    let experiment = &*snapshot.experiments[index];
    if let Some(segment) = segment(snapshot, experiment) {
        let metric = snapshot.objective_of(experiment).map(|objective| Visible::name(&objective.metric).to_string());
        out.line(format!("segment   {}, {}", Visible::line(&segment), metric.unwrap_or_default()))?;
    }
    let also: Vec<String> = snapshot
        .also_measured(index)
        .map(|other| &snapshot.experiments[other])
        .map(|other| {
            let discarded = if snapshot.is_discarded_there(other) { ", discarded there" } else { "" };
            // Another segment has another metric, or measures it differently.
            let metric = snapshot.objective_of(other).filter(|_| other.session != experiment.session);
            let metric = metric.map(|objective| format!("{} ", Visible::name(&objective.metric))).unwrap_or_default();
            format!("line {}: {metric}{}{discarded}", other.row.line, other.outcome.text())
        })
        .collect();
    if !also.is_empty() {
        out.line(format!("          also measured in {}", also.join(", ")))?;
    }
    if snapshot.has_other_edits(index) {
        out.line(format!("          {}", Experiment::OTHER_EDITS))?;
    }
    for line in experiment.row.more.raw().lines() {
        out.line(format!("text      {}", Visible::of(line)))?;
    }
    Ok(())
}

fn print(
    out: &mut StdoutBuffer,
    snapshot: &Snapshot,
    index: usize,
    judged: Result<&Assessment, &String>,
) -> color_eyre::Result<()> {
    let experiment = &*snapshot.experiments[index];
    let show = |commit: Option<CommitId>| commit.map_or_else(|| "-".to_owned(), |commit| commit.to_string());
    out.line(format!("{}  {}", Visible::line(&experiment.name()), Visible::line(&experiment.row.description)))?;
    out.line(format!("id        {}", Visible::of(experiment.id.as_str())))?;
    let base = experiment.change.as_ref().map(|change| change.base);
    let role = base.map(|base| snapshot.base_is(base)).filter(|role| !role.is_empty());
    let role = role.map(|role| format!("  {}", Visible::of(&role))).unwrap_or_default();
    out.line(format!("base      {}{role}", show(base)))?;
    out.line(format!("head      {}", show(experiment.head())))?;
    if experiment.row.is_dirty {
        out.line("          according to its row, it ran with uncommitted edits on top of this commit")?;
    }
    if let Some(found) = experiment.found_as {
        let gone = if experiment.head() == Some(found.commit) { "its own commit is gone; " } else { "" };
        out.line(format!(
            "          {gone}now {} after a history rewrite: {}",
            found.commit.short(),
            found.by.reason()
        ))?;
    }
    if experiment.on_trunk && experiment.change.is_some() {
        let trunk = Visible::of(snapshot.trunk_name());
        out.line(format!("          already on {trunk}, where this session began: not in the inbox"))?;
    }
    for commit in experiment.change.iter().flat_map(|change| &change.also_contains) {
        out.line(format!("          also contains {commit}"))?;
    }
    let change = experiment.claimed_gain.zip(snapshot.goal_of(experiment));
    let change = change.map(|(gain, goal)| format!(" ({})", goal.change(gain))).unwrap_or_default();
    let value = format!("{}{change}", experiment.outcome.text());
    let word = claim(experiment);
    if word.trim().is_empty() {
        out.line(format!("claim     none, {value}"))?;
    } else {
        out.line(format!("claim     {}, {value}, self-reported", Visible::name(&word)))?;
    }
    results(out, snapshot, index)?;
    for proposal in &experiment.proposals {
        let (gate, id) = (proposal.gate.word(), &proposal.id);
        let name = &proposal.agent.name;
        let agent = if name.is_blank() { Asker::UNNAMED.to_owned() } else { Visible::named(name).to_string() };
        out.line(format!("asked     at the {gate} gate by {agent} ({id}): {}", standing(snapshot, proposal)))?;
        if !proposal.rationale.is_blank() {
            out.line(format!("          {}", Visible::line(&proposal.rationale.on_one_line())))?;
        }
    }
    print_decision(out, snapshot, experiment)?;
    let judged = match judged {
        Ok(judged) => judged,
        Err(why) => return out.line(format!("\n{}", Visible::of(why))),
    };
    match &judged.built {
        Built::Ready(candidate) => {
            let as_is = match candidate.measured {
                _ if judged.gate == Gate::Run && experiment.outcome.value().is_none() => Candidate::NOT_TRAINED,
                Some(_) => Candidate::MEASURED,
                None => Candidate::NOT_MEASURED,
            };
            // A partial decision committed another tree.
            let proposed = if decided_commit(snapshot, experiment).is_some() { "proposed  " } else { "tree      " };
            out.line(format!(
                "{proposed}{} ({as_is}) onto {} {}",
                candidate.tree,
                Visible::of(&candidate.branch),
                candidate.tip.short()
            ))?;
        }
        other => {
            let mut why = why_none(other, snapshot).into_iter();
            out.line(format!("tree      none: {}", why.next().unwrap_or_default()))?;
            why.try_for_each(|line| out.line(format!("          {line}")))?;
        }
    }
    let tab = Preferences::read(&config_dir()).tab_width;
    let widest = judged.findings.iter().map(|finding| finding.kind.word().len()).max().unwrap_or(0);
    for finding in &judged.findings {
        let path = finding.path.as_ref().map(|path| format!("{}: ", Visible::line(path))).unwrap_or_default();
        out.line(format!("{} {:<widest$}  {path}{}", finding.severity.glyph(), finding.kind.word(), finding.message))?;
    }
    for file in judged.built.files() {
        out.line(format!("\n{} {} +{} -{}", file.status(), Visible::line(&file.path), file.added, file.removed))?;
        let notebook = file.nature.notebook.as_ref().filter(|notebook| notebook.unread.is_none());
        match notebook {
            Some(notebook) => print_cells(out, file, notebook, tab)?,
            None => print_hunks(out, file, tab)?,
        }
    }
    Ok(())
}

fn print_hunks(out: &mut StdoutBuffer, file: &FileChange, tab: usize) -> color_eyre::Result<()> {
    for hunk in &file.hunks {
        if let Some(first) = hunk.lines.first() {
            out.line(format!("@@ {} @@", first.new.or(first.old).unwrap_or_default()))?;
        }
        hunk.lines.iter().try_for_each(|line| print_line(out, line, tab))?;
    }
    Ok(())
}

/// Prints a notebook's change by cells, and how many lines of the raw file it covers.
fn print_cells(
    out: &mut StdoutBuffer,
    file: &FileChange,
    notebook: &NotebookChange,
    tab: usize,
) -> color_eyre::Result<()> {
    for row in &notebook.rows {
        match row {
            CellRow::Heading(text) => out.line(format!("@@ {} @@", Visible::line(text)))?,
            CellRow::Line(line) => print_line(out, line, tab)?,
            CellRow::Note(text) => out.line(format!("~ {}", Visible::line(text)))?,
        }
    }
    let FileChange { added, removed, .. } = file;
    let are = if *added == 1 { "is" } else { "are" };
    let added = counted(*added, "line");
    out.line(format!("~ shown by cell; in the raw file {added} {are} added and {removed} removed"))
}

fn print_line(out: &mut StdoutBuffer, line: &DiffLine, tab: usize) -> color_eyre::Result<()> {
    let sign = match line.kind {
        LineKind::Context => ' ',
        LineKind::Added => '+',
        LineKind::Removed => '-',
    };
    out.line(format!("{sign}{}", Visible::code(line.text.raw(), tab)))?;
    if line.no_newline { out.line(format!("\\ {}", DiffLine::NO_NEWLINE)) } else { Ok(()) }
}

/// Returns the reasons why a change cannot be committed, one per line; empty if it can.
pub(super) fn why_none(built: &Built, snapshot: &Snapshot) -> Vec<String> {
    match built {
        Built::Ready(_) => Vec::new(),
        Built::Conflict(conflict) => {
            let first =
                if conflict.waits_on.is_empty() { Conflict::TEXT } else { "it needs changes that are not approved" };
            let place = |place: &ConflictPlace| {
                let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
                format!("{}{line}: {}", Visible::line(&place.path), place.reason)
            };
            let waits_on = conflict.waits_on.iter().map(|id| format!("needs {}", Visible::of(id.as_str())));
            std::iter::once(first.to_owned()).chain(conflict.places.iter().map(place)).chain(waits_on).collect()
        }
        Built::Contained(_) if snapshot.approved.tip.is_none() => {
            vec!["the baseline commit of the approved branch already contains this change (choose another with countersign init --baseline REV)".to_owned()]
        }
        Built::Contained(_) => vec![Built::CONTAINED.to_owned()],
    }
}

fn print_decision(out: &mut StdoutBuffer, snapshot: &Snapshot, experiment: &Experiment) -> color_eyre::Result<()> {
    let Some(decision) = snapshot.decision(&experiment.id) else { return Ok(()) };
    if let Some(commit) = decision.commit {
        out.line(format!("commit    {commit}"))?;
    }
    let reason = match decision.reason.trim() {
        "" => String::new(),
        reason => format!(": {}", Visible::of(reason)),
    };
    out.line(format!("decision  {} by {}{reason}", decision.kind.word(), Visible::of(&decision.reviewer)))
}

/// Returns the commit created by the decision on an experiment; `None` if there is none.
fn decided_commit(snapshot: &Snapshot, experiment: &Experiment) -> Option<CommitId> {
    snapshot.decision(&experiment.id)?.commit
}
