//! `countersign verify`: does everything hold?

use std::path::Path;

use serde::Serialize;

use super::{Code, Out, look, state_dir};
use crate::desk::verify;
use crate::policy::text::Visible;

#[derive(Serialize)]
struct Verified {
    v: u32,
    branch: String,
    commits: usize,
    records: u64,
    anchored: bool,
    objections: Vec<String>,
}

pub(super) fn run(out: &mut Out, dir: &Path, json: bool) -> color_eyre::Result<Code> {
    let (watched, snapshot) = look(dir)?;
    let repo = watched.repo().map_err(|error| color_eyre::eyre::eyre!("{error}"))?;
    let report = verify(repo, &state_dir(), &snapshot.identity, &snapshot.approved.branch);
    let objections: Vec<String> = report.objections.iter().map(|text| Visible::of(text).to_string()).collect();
    let good = objections.is_empty();
    if json {
        out.json(&Verified {
            v: 1,
            branch: snapshot.approved.branch.clone(),
            commits: report.commits,
            records: report.records,
            anchored: report.anchored,
            objections,
        })?;
    } else {
        out.line(format!("branch   {}, {} approved commits", snapshot.approved.branch, report.commits))?;
        out.line(format!(
            "ledger   {} records, chain whole: {}",
            report.records,
            if report.chain_whole { "yes" } else { "no" }
        ))?;
        out.line(format!("anchor   {}", if report.anchored { "holds" } else { "none, or does not hold" }))?;
        for objection in &objections {
            out.line(format!("! {objection}"))?;
        }
        out.line(if good { "nothing to object to" } else { "the first objection above is where to look" })?;
    }
    Ok(if good { Code::Good } else { Code::Objection })
}
