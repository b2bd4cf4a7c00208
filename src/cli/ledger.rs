//! `countersign ledger`: is the ledger as the person left it, and what to do where it is not.

use std::path::Path;

use super::args::SettleAs;
use super::decide::{need_person, type_words};
use super::{Code, StdoutBuffer, look, places};
use crate::approved::said_of_earlier;
use crate::decide::{Decider, InDoubt};
use crate::ledger::{Body, Entry};
use crate::mailbox::said_of_list;
use crate::policy::text::Visible;

/// Foreign records that are listed.
const MOST_LISTED: usize = 1000;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, how: Option<SettleAs>, reason: &str) -> color_eyre::Result<Code> {
    let (watched, snapshot) = look(dir)?;
    let has_ledger = watched.repo().is_ok_and(|repo| repo.own_file("ledger.jsonl").is_ok_and(|path| path.exists()));
    let decider = Decider::open(dir, places(), &snapshot.identity)?;
    let Some(in_doubt) = decider.doubt()? else {
        out.line(if has_ledger {
            "the ledger is as you left it"
        } else {
            "nothing was decided yet: there is no ledger"
        })?;
        let (diverged, missing) = decider.foreign_lines()?;
        if diverged + missing > 0 {
            return set_aside(out, &decider, (diverged, missing), how, reason);
        }
        return continue_loop(out, &decider, how, reason);
    };
    describe(out, &in_doubt)?;
    let Some(how) = how else { return Ok(Code::Objection) };
    need_person()?;
    let Some(how) = how.settlement() else {
        out.line("settle that first")?;
        return Ok(Code::NotDecided);
    };
    if !how.settles(&in_doubt.doubt) {
        out.line(format!("`{}` does not settle that", how.word()))?;
        return Ok(Code::NotDecided);
    }
    if !type_words(out, &[how.word()])? {
        return Ok(Code::NotDecided);
    }
    let seq = decider.settle_doubt(&in_doubt, how, reason)?;
    out.line(format!("settled, record {seq}"))?;
    Ok(Code::Good)
}

/// Says which lines of the list of proposals are nobody's, and which are missing, and settles that where the person says so.
fn set_aside(
    out: &mut StdoutBuffer,
    decider: &Decider,
    (diverged, missing): (usize, usize),
    how: Option<SettleAs>,
    reason: &str,
) -> color_eyre::Result<Code> {
    for said in said_of_list(diverged, missing) {
        out.line(format!("! proposals.jsonl: {said}"))?;
    }
    if how != Some(SettleAs::Strike) {
        return Ok(if how.is_none() { Code::Objection } else { Code::NotDecided });
    }
    need_person()?;
    if !type_words(out, &["strike"])? {
        return Ok(Code::NotDecided);
    }
    let seq = decider.set_lines_aside(reason)?;
    out.line(format!("set aside, record {seq}"))?;
    Ok(Code::Good)
}

/// Names the loop that this one may have been before, and goes on with it where the person says so.
fn continue_loop(
    out: &mut StdoutBuffer,
    decider: &Decider,
    how: Option<SettleAs>,
    reason: &str,
) -> color_eyre::Result<Code> {
    let earlier = decider.earlier_name()?;
    if let Some(of) = &earlier {
        out.line(format!("· {}", Visible::of(&said_of_earlier(of))))?;
    }
    match (how, earlier) {
        (None, _) => Ok(Code::Good),
        (Some(SettleAs::Continue), Some(of)) => {
            need_person()?;
            if !type_words(out, &["continue"])? {
                return Ok(Code::NotDecided);
            }
            let seq = decider.continue_loop(&of, reason)?;
            out.line(format!("this loop goes on where that one left off, record {seq}"))?;
            Ok(Code::Good)
        }
        (Some(SettleAs::Continue), None) => {
            out.line("there is no loop to go on with: none with decisions is gone, or this one has decisions")?;
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

/// What a record claims. Whoever wrote it chose every word.
fn one_line(entry: &Entry) -> String {
    let record = &entry.record;
    // Our own words come first and names are bounded: no name pushes out what the record does.
    let name = |text: &str| Visible::name(text).fit(56);
    let what = match &record.body {
        Body::Intent { experiment, decision, .. } => {
            format!("intends: {} {}", decision.word(), name(experiment.as_str()))
        }
        Body::Decision { experiment, decision, .. } => {
            format!("decides: {} {}", decision.word(), name(experiment.as_str()))
        }
        Body::Paused { paused: true, .. } => "holds the loops".to_owned(),
        Body::Paused { paused: false, .. } => "lets the loops go on".to_owned(),
        Body::Policy { text, .. } => format!("accepts a policy: {}", name(text)),
        Body::Told { text, .. } => format!("a note: {}", name(text)),
        Body::Asked { .. } => "asks".to_owned(),
        Body::Abandoned { intent, .. } => format!("abandons record {intent}"),
        Body::Adopted { branch, .. } => format!("adopts what is on {}", name(branch)),
        Body::Restoring { branch, .. } => format!("is about to restore {}", name(branch)),
        Body::Restored { intent, .. } => format!("restored, as record {intent} says"),
        Body::Opened { .. } => "opens a ledger".to_owned(),
        Body::AdoptedRecords { from, to, .. } => format!("adopts records {from} to {to}"),
        Body::Struck { lines, .. } => format!("strikes {lines} lines"),
        Body::Began { commit, .. } => {
            format!("has the loop begin at {}", commit.short())
        }
        Body::Continued { of, .. } => format!("continues the loop of {} in {}", name(&of.branch), name(&of.work_tree)),
        Body::Moved { to, .. } => format!("moves the ledger to {}", name(to)),
        Body::Took { lines, .. } => format!("takes {} proposals in", lines.len()),
    };
    let by = match record.body.reviewer() {
        "" => String::new(),
        reviewer => format!("  by {}", name(reviewer)),
    };
    format!("{}  {}  {what}{by}", record.seq, record.at.strftime("%Y-%m-%d %H:%M:%S"))
}
