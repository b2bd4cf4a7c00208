//! `countersign verify`: does everything hold?

use std::path::Path;

use serde::Serialize;

use super::{Code, Out, look, state_dir};
use crate::desk::{Against, verify};
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
    out: &mut Out,
    dir: &Path,
    json: bool,
    allowed: Option<&Path>,
    anew: bool,
) -> color_eyre::Result<Code> {
    let (watched, snapshot) = look(dir)?;
    let repo = match watched.repo() {
        Ok(repo) => repo,
        // Nothing can be believed then, which is an answer and not a failure.
        Err(error @ RepoError::Grafted) => {
            let objection = Visible::said(&error.to_string()).to_string();
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
            anew,
        },
    );
    let visible = |texts: &[String]| texts.iter().map(|text| Visible::said(text).to_string()).collect::<Vec<_>>();
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
            anchored: report.anchored,
            signed: report.signed,
            unknown_signers: report.strangers,
            unsigned: report.unsigned,
            objections,
            remarks,
        })?;
    } else {
        let adopted = if report.adopted > 0 { format!(", {} of them adopted", report.adopted) } else { String::new() };
        out.line(format!("branch   {}, {} approved commits{adopted}", snapshot.approved.branch, report.commits))?;
        let unmoved =
            if report.hashed == 0 && report.objects > 0 { ", none of which moved since they were hashed" } else { "" };
        out.line(format!("content  {} objects, {} hashed now{unmoved}", report.objects, report.hashed))?;
        let whole = if report.chain_whole { "yes" } else { "no" };
        out.line(format!("ledger   {} records, chain whole: {whole}", report.records))?;
        out.line(format!("anchor   {}", if report.anchored { "holds" } else { "none, or does not hold" }))?;
        let strangers =
            if report.strangers > 0 { format!("{} by an unknown one, ", report.strangers) } else { String::new() };
        out.line(format!("signed   {} by a known key, {strangers}{} not signed", report.signed, report.unsigned))?;
        for objection in &objections {
            out.line(format!("! {objection}"))?;
        }
        for remark in &remarks {
            out.line(format!("· {remark}"))?;
        }
        out.line(if good { "nothing to object to" } else { "the first objection above is where to look" })?;
    }
    Ok(if good { Code::Good } else { Code::Objection })
}
