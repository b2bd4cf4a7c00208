//! `countersign ledger`: checks that the ledger is as the person left it, and resolves problems.

use std::path::Path;

use crate::approved::describe_earlier_loop;
use crate::cli::args::SettleAs;
use crate::cli::decide::{need_person, type_words};
use crate::cli::{Code, StdoutBuffer, places, poll};
use crate::decide::{Decider, InDoubt};
use crate::ledger::{Body, Entry};
use crate::mailbox::RegisterProblems;
use crate::model::counted;
use crate::policy::text::Visible;

/// Foreign records listed at most.
const MOST_LISTED: usize = 1000;

pub(super) fn run(
    out: &mut StdoutBuffer,
    dir: &Path,
    action: Option<SettleAs>,
    reason: &str,
) -> color_eyre::Result<Code> {
    let (watched, snapshot) = poll(dir)?;
    let has_ledger = watched.repo().is_ok_and(|repo| repo.own_path("ledger.jsonl").is_ok_and(|path| path.exists()));
    let decider = Decider::open(dir, places(), &snapshot.identity)?;
    let Some(in_doubt) = decider.doubt()? else {
        out.line(if has_ledger { "the ledger is as you left it" } else { "no decisions and no ledger yet" })?;
        let problems = decider.register_problems()?;
        if !problems.is_empty() {
            return set_aside(out, &decider, problems, action, reason);
        }
        return continue_loop(out, &decider, action, reason);
    };
    describe(out, &in_doubt)?;
    let Some(action) = action else { return Ok(Code::Objection) };
    need_person()?;
    let Some(settlement) = action.settlement() else {
        out.line("settle that first")?;
        return Ok(Code::NotDecided);
    };
    if !settlement.settles(&in_doubt.doubt) {
        out.line(format!("`{}` does not settle that", settlement.word()))?;
        return Ok(Code::NotDecided);
    }
    if !type_words(out, &[settlement.word()])? {
        return Ok(Code::NotDecided);
    }
    let seq = decider.settle_doubt(&in_doubt, settlement, reason)?;
    out.line(format!("settled, record {seq}"))?;
    Ok(Code::Good)
}

/// Reports foreign and missing lines in the list of proposals, and sets them aside if the person asks for it.
fn set_aside(
    out: &mut StdoutBuffer,
    decider: &Decider,
    problems: RegisterProblems,
    action: Option<SettleAs>,
    reason: &str,
) -> color_eyre::Result<Code> {
    for problem in problems.sentences() {
        out.line(format!("! proposals.jsonl: {problem}"))?;
    }
    if action != Some(SettleAs::Strike) {
        return Ok(if action.is_none() { Code::Objection } else { Code::NotDecided });
    }
    need_person()?;
    if !type_words(out, &["strike"])? {
        return Ok(Code::NotDecided);
    }
    let seq = decider.set_lines_aside(reason)?;
    out.line(format!("set aside, record {seq}"))?;
    Ok(Code::Good)
}

/// Names the loop that this one may continue, and continues it if the person asks for it.
fn continue_loop(
    out: &mut StdoutBuffer,
    decider: &Decider,
    action: Option<SettleAs>,
    reason: &str,
) -> color_eyre::Result<Code> {
    let earlier = decider.earlier_name()?;
    if let Some(of) = &earlier {
        out.line(format!("· {}", Visible::of(&describe_earlier_loop(of))))?;
    }
    match (action, earlier) {
        (None, _) => Ok(Code::Good),
        (Some(SettleAs::Continue), Some(of)) => {
            need_person()?;
            if !type_words(out, &["continue"])? {
                return Ok(Code::NotDecided);
            }
            let seq = decider.continue_loop(&of, reason)?;
            out.line(format!("this loop now continues that one, record {seq}"))?;
            Ok(Code::Good)
        }
        (Some(SettleAs::Continue), None) => {
            out.line("no loop to continue: no loop with decisions has disappeared, or this one already has decisions")?;
            Ok(Code::NotDecided)
        }
        (Some(_), _) => Ok(Code::Good),
    }
}

fn describe(out: &mut StdoutBuffer, in_doubt: &InDoubt) -> color_eyre::Result<()> {
    out.line(format!("! {}", Visible::of(&in_doubt.doubt.to_string())))?;
    for entry in in_doubt.diverged.iter().take(MOST_LISTED) {
        out.line(format!("  {}", one_line(entry)))?;
    }
    let more = in_doubt.diverged.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        out.line(format!("  and {more} more"))?;
    }
    Ok(())
}

/// Returns a one-line summary of a record. The record may be forged, so every word in it is untrusted.
fn one_line(entry: &Entry) -> String {
    let record = &entry.record;
    // Our own words come first and names are cut: no name can hide the record's action.
    let name = |text: &str| Visible::name(text).fit(56);
    let action = match &record.body {
        Body::Intent { experiment, decision, .. } => {
            format!("intends: {} {}", decision.word(), name(experiment.as_str()))
        }
        Body::Decision { experiment, decision, .. } => {
            format!("decides: {} {}", decision.word(), name(experiment.as_str()))
        }
        Body::Paused { paused: true, .. } => "pauses the loops".to_owned(),
        Body::Paused { paused: false, .. } => "resumes the loops".to_owned(),
        Body::Policy { text, .. } => format!("accepts a policy: {}", name(text)),
        Body::Note { text, .. } => format!("a note: {}", name(text)),
        Body::Asked { .. } => "asks".to_owned(),
        Body::Abandoned { intent, .. } => format!("abandons record {intent}"),
        Body::Adopted { branch, .. } => format!("adopts the tip of {}", name(branch)),
        Body::Restoring { branch, .. } => format!("is about to restore {}", name(branch)),
        Body::Restored { intent, .. } => format!("restored, completing record {intent}"),
        Body::Opened { .. } => "opens a ledger".to_owned(),
        Body::AdoptedRecords { from, to, .. } => format!("adopts records {from} to {to}"),
        Body::Struck { lines, .. } => format!("strikes {}", counted(*lines as usize, "line")),
        Body::Began { commit, .. } => {
            format!("sets the loop's baseline to {}", commit.short())
        }
        Body::Continued { of, .. } => format!("continues the loop of {} in {}", name(&of.branch), name(&of.work_tree)),
        Body::Moved { to, .. } => format!("moves the ledger to {}", name(to)),
        Body::Collected { lines, .. } => format!("receives {}", counted(lines.len(), "proposal")),
    };
    let by = match record.body.reviewer() {
        "" => String::new(),
        reviewer => format!("  by {}", name(reviewer)),
    };
    format!("{}  {}  {action}{by}", record.seq, record.at.strftime("%Y-%m-%d %H:%M:%S"))
}
