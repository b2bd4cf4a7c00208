//! `countersign verify`: checks the approved branch, the ledger and all signatures.

use std::path::Path;

use serde::Serialize;

use crate::cli::{Code, StdoutBuffer, places, poll, state_dir};
use crate::decide::{Against, Report, verify};
use crate::model::counted;
use crate::policy::text::Visible;
use crate::repo::{RepoError, signing};

#[derive(Serialize)]
struct Verified {
    v: u32,
    branch: String,
    commits: usize,
    adopted: usize,
    objects: usize,
    hashed: usize,
    records: u64,
    anchored: bool,
    signed: usize,
    unknown_signers: usize,
    unsigned: usize,
    objections: Vec<String>,
    remarks: Vec<String>,
}

pub(super) fn run(
    out: &mut StdoutBuffer,
    dir: &Path,
    json: bool,
    allowed: Option<&Path>,
    rehash: bool,
) -> color_eyre::Result<Code> {
    if let Some(trouble) = places().error {
        return Err(color_eyre::eyre::eyre!("{}", Visible::message(&trouble)));
    }
    let (watched, snapshot) = poll(dir)?;
    let repo = match watched.repo() {
        Ok(repo) => repo,
        // Nothing can be trusted then. That is a finding, not a failure.
        Err(error @ RepoError::Grafted) => {
            let objection = Visible::message(&error.to_string()).to_string();
            if json {
                out.json(&serde_json::json!({"v": 1, "objections": [objection]}))?;
            } else {
                out.line(format!("! {objection}"))?;
            }
            return Ok(Code::Objection);
        }
        Err(error) => return Err(color_eyre::eyre::eyre!("{error}")),
    };
    let mut signing = signing()?;
    if let Some(allowed) = allowed {
        signing.allowed_signers = Some(std::path::absolute(allowed)?);
    }
    let report = verify(
        repo,
        &Against {
            state: &state_dir(),
            identity: &snapshot.identity,
            branch: &snapshot.approved.branch,
            policy: watched.policy_trouble().map_or(Ok(watched.policy()), Err),
            signing: &signing,
            all_signed: allowed.is_some(),
            rehash,
        },
    )
    .ok_or_else(|| color_eyre::eyre::eyre!("a decision is still being written: try again"))?;
    let visible = |texts: &[String]| texts.iter().map(|text| Visible::message(text).to_string()).collect::<Vec<_>>();
    let (objections, remarks) = (visible(&report.objections), visible(&report.remarks));
    let good = objections.is_empty();
    if json {
        out.json(&Verified {
            v: 1,
            branch: snapshot.approved.branch.clone(),
            commits: report.commits,
            adopted: report.adopted,
            objects: report.objects,
            hashed: report.hashed,
            records: report.records,
            anchored: report.anchored == Some(true),
            signed: report.signed,
            unknown_signers: report.unknown_signers,
            unsigned: report.unsigned,
            objections,
            remarks,
        })?;
    } else {
        if report.is_ledger_valid {
            print_checked(out, &report)?;
        }
        for objection in &objections {
            out.line(format!("! {objection}"))?;
        }
        for remark in &remarks {
            out.line(format!("· {remark}"))?;
        }
        out.line(if good { "nothing to object to" } else { "start with the first objection above" })?;
    }
    Ok(if good { Code::Good } else { Code::Objection })
}

/// Prints the checked parts and their sizes.
fn print_checked(out: &mut StdoutBuffer, report: &Report) -> color_eyre::Result<()> {
    let adopted = if report.adopted > 0 { format!(", {} of them adopted", report.adopted) } else { String::new() };
    for (at, (branch, commits)) in report.branches.iter().enumerate() {
        let adopted = if at == 0 { adopted.as_str() } else { "" };
        out.line(format!("branch   {}, {}{adopted}", Visible::of(branch), counted(*commits, "approved commit")))?;
    }
    let unmoved = if report.hashed == 0 && report.objects > 0 { ", unchanged since they were last hashed" } else { "" };
    out.line(format!("content  {}, {} hashed now{unmoved}", counted(report.objects, "object"), report.hashed))?;
    let Some(anchored) = report.anchored else {
        out.line("ledger   none yet: nothing was recorded")?;
        return Ok(());
    };
    out.line(format!(
        "ledger   {}, hash chain intact",
        counted(usize::try_from(report.records).unwrap_or(usize::MAX), "record")
    ))?;
    out.line(format!("anchor   {}", if anchored { "holds" } else { "does not hold" }))?;
    let strangers = if report.unknown_signers > 0 {
        format!("{} by an unknown key, ", report.unknown_signers)
    } else {
        String::new()
    };
    out.line(format!("signed   {} by a known key, {strangers}{} not signed", report.signed, report.unsigned))?;
    Ok(())
}
