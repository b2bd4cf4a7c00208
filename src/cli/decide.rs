//! `countersign decide`: one decision at a terminal, without the UI.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use color_eyre::eyre::bail;

use super::args::DecideAs;
use super::{Code, Out, find, look, places};
use crate::desk::{Approval, Desk, Veto};
use crate::model::{Built, critical_words};
use crate::policy::text::Visible;
use crate::query::{Answer, Memory, Question, answer};

pub(super) fn run(out: &mut Out, dir: &Path, id: &str, decision: DecideAs, reason: &str) -> color_eyre::Result<Code> {
    need_person()?;
    let (watched, snapshot) = look(dir)?;
    let experiment = &snapshot.experiments[find(&snapshot, id)?];
    let desk = Desk::open(dir, places(), &snapshot.identity)?;
    desk.recover()?;
    let name = Visible::line(&experiment.name());
    if decision == DecideAs::Veto {
        let veto = Veto { experiment: experiment.id.clone(), head: experiment.head(), reason: reason.to_owned() };
        let made = desk.veto(&veto)?;
        out.line(format!("{name} vetoed, record {}", made.seq))?;
        return Ok(Code::Good);
    }
    let repo = watched.repo().map_err(|error| color_eyre::eyre::eyre!("{error}"))?;
    let judged = match answer(
        &repo.scratch()?,
        &mut Memory::default(),
        &snapshot,
        watched.policy(),
        &Question::Judge(experiment.id.clone()),
    ) {
        Answer::Judged(judged) => judged,
        Answer::Failed(_, why) => bail!("{}", Visible::of(&why)),
        Answer::Reverting(_) | Answer::WhatIf(..) | Answer::Compared(_) | Answer::Knobs(_) => bail!("no answer"),
    };
    let Built::Ready(candidate) = &judged.built else {
        bail!("{name} cannot be committed now; `countersign show {name}` says why");
    };
    let as_is = if candidate.measured.is_some() { "measured as is" } else { "NOT measured as is" };
    out.line(format!(
        "commit tree {} on {} at {}: {} files, {} hunks, {as_is}",
        candidate.tree.short(),
        candidate.branch,
        candidate.tip.short(),
        candidate.files.len(),
        candidate.hunk_count()
    ))?;
    for finding in &judged.findings {
        out.line(format!("{} {}: {}", finding.severity.glyph(), finding.kind.word(), finding.message))?;
    }
    let mut words = critical_words(&judged.findings);
    if words.is_empty() {
        words.push("approve");
    }
    if !type_words(out, &words)? {
        return Ok(Code::NotDecided);
    }
    let approval = Approval {
        candidate: candidate.clone(),
        base: judged.base,
        text: judged.text.clone(),
        reason: reason.to_owned(),
        acknowledged: words.iter().filter(|word| **word != "approve").map(|word| (*word).to_owned()).collect(),
        hunks_unseen: candidate.hunk_count(),
    };
    let made = desk.approve(&approval)?;
    let commit = made.commit.map(|commit| commit.short()).unwrap_or_default();
    out.line(format!("{name} approved as {commit} on {}, record {}", candidate.branch, made.seq))?;
    Ok(Code::Good)
}

/// Fails where nobody sits at a terminal. A guard against accidents, not against an adversary.
pub(super) fn need_person() -> color_eyre::Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("decisions are made by a person: standard input must be a terminal");
    }
    Ok(())
}

/// Has the person type each word; false when they did not, and that was said.
pub(super) fn type_words(out: &mut Out, words: &[&str]) -> color_eyre::Result<bool> {
    for word in words {
        out.flush()?;
        if ask(&format!("type `{word}` to go on: "))? != **word {
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
