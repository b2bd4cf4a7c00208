//! `countersign decide`: makes one decision at a terminal, without the UI.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use color_eyre::eyre::bail;
use rustix::termios::{QueueSelector, tcflush};

use crate::cli::args::DecideAs;
use crate::cli::show::why_none;
use crate::cli::{Code, StdoutBuffer, find, places, poll};
use crate::decide::{DecideError, Decider};
use crate::instrument::spent_by;
use crate::model::{Answer, Approval};
use crate::model::{Built, Candidate, DecisionKind, Gate, Spent, counted, critical_words};
use crate::policy::text::{Visible, fit};
use crate::query::{Assessment, QueryCache, Request, Response, answer};

/// Findings listed at most, the most severe first; the rest are counted.
const MOST_FOUND: usize = 15;
/// Width of a finding's line at most, in cells.
const LONGEST: usize = 240;

pub(super) fn run(
    out: &mut StdoutBuffer,
    dir: &Path,
    id: &str,
    decision: DecideAs,
    reason: &str,
) -> color_eyre::Result<Code> {
    need_person()?;
    let (watched, before) = poll(dir)?;
    let spent = spent_by(&before, &watched.policy().budget);
    let decider = Decider::open(dir, places(), &before.identity)?;
    decider.recover()?;
    let code = decide(out, dir, &decider, spent, (id, decision, reason))?;
    if let Some(why) = decider.untold() {
        out.line(format!("! {}", Visible::of(&why)))?;
    }
    Ok(code)
}

fn decide(
    out: &mut StdoutBuffer,
    dir: &Path,
    decider: &Decider,
    spent: Spent,
    (id, decision, reason): (&str, DecideAs, &str),
) -> color_eyre::Result<Code> {
    // Proposals that arrived while no supervisor was open can be decided here, too.
    let rejected = take_all(decider, spent)?;
    let (watched, snapshot) = poll(dir)?;
    let found = find(&snapshot, id);
    if let (Err(_), Some((message, why))) = (&found, rejected.first()) {
        bail!("{message} was rejected: {why}");
    }
    for (message, why) in &rejected {
        out.line(format!("{message} was not received and stays in the inbox: {why}"))?;
    }
    // If the screen would not offer a decision, neither does this command.
    if let Some(trouble) = snapshot.trouble() {
        return Err(DecideError::Diverged(trouble.to_owned()).into());
    }
    let found = found?;
    let experiment = &snapshot.experiments[found];
    let name = Visible::line(&experiment.name());
    let pending = snapshot.pending(&experiment.id);
    let proposal = pending.map(|proposal| proposal.asked());
    let without_commit = |kind, acknowledged| Answer {
        experiment: experiment.id.clone(),
        head: experiment.head(),
        proposal: proposal.clone(),
        kind,
        reason: reason.to_owned(),
        comments: Vec::new(),
        acknowledged,
        on_screen_s: None,
    };
    let kind = match decision {
        DecideAs::Veto => Some(DecisionKind::Vetoed),
        DecideAs::Changes => Some(DecisionKind::ChangesRequested),
        DecideAs::Approve => None,
    };
    if let Some(kind) = kind {
        let made = decider.answer(&without_commit(kind, Vec::new()))?;
        out.line(format!("{name}: {}, record {}", kind.word(), made.seq))?;
        return Ok(Code::Good);
    }
    let repo = watched.repo().map_err(|error| color_eyre::eyre::eyre!("{error}"))?;
    let judged = match answer(
        &repo.scratch()?,
        &mut QueryCache::default(),
        &snapshot,
        watched.policy(),
        &Request::Judge(experiment.id.clone()),
    ) {
        Response::Judged(judged) => judged,
        Response::Failed(_, why) => bail!("{}", Visible::message(&why)),
        _ => bail!("no answer"),
    };
    let Built::Ready(candidate) = &judged.built else {
        let why = why_none(&judged.built, &snapshot);
        bail!("{name} cannot be committed now: {}; see `countersign show {name}`", why.join("; "));
    };
    // The summary of the decision comes last, after all findings.
    for finding in judged.findings.iter().take(MOST_FOUND) {
        let text = format!("{} {}: {}", finding.severity.glyph(), finding.kind.word(), finding.message);
        out.line(fit(&text, LONGEST))?;
    }
    if let Some(more) = judged.findings.len().checked_sub(MOST_FOUND + 1) {
        out.line(format!("and {} more; list them with `countersign show {name}`", counted(more + 1, "finding")))?;
    }
    let at_run_gate = judged.gate == Gate::Run;
    let as_is = measured(&judged, candidate.measured.is_some());
    let verb = if at_run_gate { "let it run (nothing is committed); the commit would be" } else { "commit" };
    out.line(format!(
        "{verb} tree {} on {} at {}: {}, {}, {as_is}",
        candidate.tree.short(),
        candidate.branch,
        candidate.tip.short(),
        counted(candidate.files.len(), "file"),
        counted(candidate.hunk_count(), "hunk")
    ))?;
    let mut words = critical_words(&judged.findings);
    if words.is_empty() {
        words.push("approve");
    }
    if !type_words(out, &words)? {
        return Ok(Code::NotDecided);
    }
    let acknowledged: Vec<String> =
        words.iter().filter(|word| **word != "approve").map(|word| (*word).to_owned()).collect();
    if at_run_gate {
        let made = decider.answer(&without_commit(DecisionKind::Approved, acknowledged))?;
        out.line(format!("{name} may run, record {}", made.seq))?;
        return Ok(Code::Good);
    }
    let approval = Approval {
        candidate: (**candidate).clone(),
        base: judged.base,
        text: judged.text.clone(),
        reason: reason.to_owned(),
        acknowledged,
        hunks_unseen: candidate.hunk_count(),
        on_screen_s: None,
        proposal: proposal.clone(),
        comments: Vec::new(),
    };
    let made = decider.approve(&approval)?;
    let commit = made.commit.map(|commit| commit.short()).unwrap_or_default();
    out.line(format!("{name} approved as {commit} on {}, record {}", candidate.branch, made.seq))?;
    Ok(Code::Good)
}

/// Returns whether the tree that would be committed was measured.
fn measured(judged: &Assessment, is_measured: bool) -> &'static str {
    match (is_measured, judged.text.value.is_some()) {
        (true, true) => Candidate::MEASURED,
        (true, false) => Candidate::NO_VALUE,
        (false, _) if judged.gate == Gate::Run => Candidate::NOT_TRAINED,
        (false, _) => Candidate::NOT_MEASURED,
    }
}

/// Receives all proposals from the mailbox; returns those left there, with reasons.
fn take_all(decider: &Decider, spent: Spent) -> Result<Vec<(String, String)>, DecideError> {
    let mut left = Vec::new();
    loop {
        let taken = decider.collect_proposals(spent)?;
        left.extend(taken.left);
        if !taken.more {
            return Ok(left);
        }
    }
}

/// Fails unless standard input is a terminal. A guard against accidents, not against an adversary.
pub(super) fn need_person() -> color_eyre::Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("decisions are made by a person: standard input must be a terminal");
    }
    Ok(())
}

/// Has the person type each word; prints a message and returns false if they did not.
pub(super) fn type_words(out: &mut StdoutBuffer, words: &[&str]) -> color_eyre::Result<bool> {
    for word in words {
        out.flush()?;
        // Discards keys typed before the prompt appeared.
        let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
        if ask(&format!("type `{word}` to continue: "))? != **word {
            out.line("nothing was decided")?;
            return Ok(false);
        }
    }
    Ok(true)
}

fn ask(question: &str) -> color_eyre::Result<String> {
    let mut out = std::io::stdout();
    write!(out, "{question}")?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
