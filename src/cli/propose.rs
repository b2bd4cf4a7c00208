//! `countersign propose` and `countersign wait`: the agent's two calls. They write only to the mailbox.

use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail};
use serde_json::{Value, json};

use crate::cli::args::{Proposed, visible_path};
use crate::cli::out::not_read;
use crate::cli::{Code, StdoutBuffer};
use crate::mailbox::{
    Note, ProposalDraft, ProposedChange, Reply, mailbox_of, new_token, propose, status_of, take_notes, wait,
};
use crate::model::{Asker, ProposalId};
use crate::policy::text::Visible;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, proposed: &Proposed) -> color_eyre::Result<Code> {
    let change = match (&proposed.head, &proposed.patch, proposed.worktree) {
        (_, Some(path), _) => ProposedChange::Patch(std::fs::read(path).wrap_err_with(|| not_read(path.display()))?),
        (_, None, true) => ProposedChange::WorkTree,
        (head, None, false) => ProposedChange::Head(head.clone().unwrap_or_else(|| "HEAD".to_owned())),
    };
    let is_new_token = proposed.token == "new";
    let token = if is_new_token { new_token().wrap_err("no token could be created")? } else { proposed.token.clone() };
    let request = ProposalDraft {
        base: proposed.base.clone(),
        change,
        title: proposed.title.clone(),
        rationale: proposed.rationale.clone(),
        gate: proposed.gate.into(),
        evidence: proposed.evidence.clone(),
        supersedes: proposed.supersedes.clone(),
        key: proposed.key.clone(),
        agent: Asker {
            name: proposed.agent.as_str().into(),
            model: proposed.model.as_str().into(),
            session: proposed.session.as_str().into(),
        },
        token,
    };
    let mailbox = mailbox_of(dir)?;
    let put = propose(dir, &mailbox, &request)?;
    let mut status = status_of(&mailbox, &put.id);
    if is_new_token {
        status["token"] = request.token.into();
    }
    out.json(&with_notes(status, &take_notes(&mailbox)?))?;
    Ok(Code::Good)
}

pub(super) fn wait_for(
    out: &mut StdoutBuffer,
    dir: &Path,
    id: &ProposalId,
    timeout: Duration,
) -> color_eyre::Result<Code> {
    let mailbox = mailbox_of(dir)?;
    let reply = wait(&mailbox, id, timeout)?;
    let notes = take_notes(&mailbox)?;
    let (json, code) = match reply {
        Reply::Answered(answer) => {
            let code = answer.get("decision").and_then(Value::as_str).map_or(Code::Error, code_of);
            (answer, code)
        }
        Reply::Pending(pending) => (pending, Code::Pending),
        Reply::Rejected(error) => {
            let why = error.get("error").and_then(Value::as_str).unwrap_or("no reason is given").to_owned();
            out.json(&error)?;
            out.flush()?;
            bail!("proposal {id} was rejected before anyone saw it: {}", Visible::of(&why));
        }
        Reply::Unknown => bail!("no proposal {id} in {}", visible_path(&mailbox)),
    };
    out.json(&with_notes(json, &notes))?;
    Ok(code)
}

/// Adds the person's notes to a reply.
fn with_notes(mut reply: Value, notes: &[Note]) -> Value {
    if let (Some(map), false) = (reply.as_object_mut(), notes.is_empty()) {
        map.insert("notes".to_owned(), json!(notes));
    }
    reply
}

/// Returns the exit code of a decision. An unknown word is an error, and so not an approval.
fn code_of(decision: &str) -> Code {
    match decision {
        "approved" => Code::Good,
        "partial" => Code::Partial,
        "changes_requested" => Code::ChangesRequested,
        "vetoed" => Code::Vetoed,
        "stale" => Code::Stale,
        "expired" => Code::Expired,
        _ => Code::Error,
    }
}

/// Serves the mailbox to an MCP client.
pub(super) fn serve(dir: &Path) -> color_eyre::Result<Code> {
    crate::runtime::descriptors::need_descriptors()?;
    let mailbox = mailbox_of(dir)?;
    let runtime = crate::runtime::single_threaded()?;
    let token = std::env::var("COUNTERSIGN_TOKEN").unwrap_or_default();
    runtime.block_on(crate::mailbox::serve(dir.to_owned(), mailbox, token)).wrap_err("the MCP connection failed")?;
    // A pending read of standard input must not block the exit.
    runtime.shutdown_background();
    Ok(Code::Good)
}
