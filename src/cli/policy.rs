//! `countersign policy`: the policy in force, and accepting a file that differs from it.

use std::path::Path;

use similar::TextDiff;

use crate::approved::{policy_text, read_checked_ledger, recorded_policy};
use crate::cli::decide::{need_person, type_words};
use crate::cli::{Code, StdoutBuffer, places, poll};
use crate::decide::{Decider, other_gate_key};
use crate::policy::text::Visible;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, accept: bool, in_force: bool) -> color_eyre::Result<Code> {
    let (watched, snapshot) = poll(dir)?;
    let repo = watched.repo().map_err(|error| color_eyre::eyre::eyre!("{error}"))?;
    let path = Visible::message(&repo.own_path("policy.yaml")?.display().to_string()).to_string();
    let chain = read_checked_ledger(repo, &places().state)?.chain;
    let text = policy_text(repo).map_err(|why| color_eyre::eyre::eyre!("{why}"))?;
    let Some((seq, recorded)) = recorded_policy(&chain) else {
        out.line(if repo.own_path("policy.yaml")?.exists() {
            format!("{path}: in force; the first decision records it in the ledger")
        } else {
            format!("{path} does not exist; the default policy is in force; `countersign init` writes the file")
        })?;
        return Ok(Code::Good);
    };
    if in_force {
        for line in recorded.lines() {
            out.line(Visible::message(line).to_string())?;
        }
        return Ok(Code::Good);
    }
    // If it cannot be read, accepting reports the reason.
    let key = other_gate_key(&chain, &text).unwrap_or_default();
    if text == recorded && key.is_none() {
        out.line(if repo.own_path("policy.yaml")?.exists() {
            in_force_since(&path, seq)
        } else {
            format!("{path} does not exist; the default policy is in force (ledger record {seq})")
        })?;
        return Ok(Code::Good);
    }
    if let Some(key) = &key {
        out.line(format!(
            "! automatic answers would be signed with a different key from now on: {}",
            Visible::of(key)
        ))?;
    }
    if text != recorded {
        out.line(format!("{path} differs from the policy in force (ledger record {seq}):"))?;
    }
    let diff = TextDiff::from_lines(recorded, text.as_str());
    for line in diff.unified_diff().context_radius(3).to_string().lines() {
        out.line(Visible::of(line).to_string())?;
    }
    if !accept {
        out.line("to put it in force: countersign policy --accept")?;
        out.line("to restore the policy in force: write the output of countersign policy --in-force to that file")?;
        return Ok(Code::Objection);
    }
    need_person()?;
    if !type_words(out, &["accept"])? {
        return Ok(Code::NotDecided);
    }
    let seq = Decider::open(dir, places(), &snapshot.identity)?.accept_policy(&text, key.as_deref())?;
    out.line(in_force_since(&path, seq))?;
    Ok(Code::Good)
}

fn in_force_since(path: &str, seq: u64) -> String {
    format!("{path}: in force (ledger record {seq})")
}
