//! `countersign propose` and `countersign wait`: the agent's two calls. They touch nothing but the door.

use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, bail};
use serde_json::{Value, json};

use super::args::{Proposed, on};
use super::{Code, StdoutBuffer};
use crate::mailbox::{Note, ProposalDraft, Reply, What, mailbox_of, new_token, propose, take_notes, told_of, wait};
use crate::model::{Asker, ProposalId};
use crate::policy::text::Visible;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, said: &Proposed) -> color_eyre::Result<Code> {
    let what = match (&said.head, &said.patch, said.worktree) {
        (_, Some(path), _) => {
            What::Patch(std::fs::read(path).wrap_err_with(|| format!("{} could not be read", path.display()))?)
        }
        (_, None, true) => What::WorkTree,
        (head, None, false) => What::Head(head.clone().unwrap_or_else(|| "HEAD".to_owned())),
    };
    let is_new_token = said.token == "new";
    let token = if is_new_token { new_token().wrap_err("no token could be made")? } else { said.token.clone() };
    let request = ProposalDraft {
        base: said.base.clone(),
        what,
        title: said.title.clone(),
        rationale: said.rationale.clone(),
        gate: said.gate.into(),
        evidence: said.evidence.clone(),
        supersedes: said.supersedes.clone(),
        key: said.key.clone(),
        agent: Asker {
            name: said.agent.as_str().into(),
            model: said.model.as_str().into(),
            session: said.session.as_str().into(),
        },
        token,
    };
    let mailbox = mailbox_of(dir)?;
    let put = propose(dir, &mailbox, &request)?;
    let mut told = told_of(&mailbox, &put.id);
    if is_new_token {
        told["token"] = request.token.into();
    }
    out.json(&with_notes(told, &take_notes(&mailbox)?))?;
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
    let (said, code) = match reply {
        Reply::Answered(answer) => {
            let code = answer.get("decision").and_then(Value::as_str).map_or(Code::Error, code_of);
            (answer, code)
        }
        Reply::Pending(pending) => (pending, Code::Pending),
        Reply::Rejected(error) => {
            let why = error.get("error").and_then(Value::as_str).unwrap_or("it does not say why").to_owned();
            out.json(&error)?;
            out.flush()?;
            bail!("proposal {id} was refused before anybody saw it: {}", Visible::of(&why));
        }
        Reply::Unknown => bail!("no proposal was put in under the name {id}, in {}", on(&mailbox)),
    };
    out.json(&with_notes(said, &notes))?;
    Ok(code)
}

/// Notes from the person go with whatever is told.
fn with_notes(mut said: Value, notes: &[Note]) -> Value {
    if let (Some(map), false) = (said.as_object_mut(), notes.is_empty()) {
        map.insert("notes".to_owned(), json!(notes));
    }
    said
}

/// The exit code of a decision. A word that is not known is an error, and so not an approval.
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

/// Serves the door to a client that speaks MCP.
pub(super) fn serve(dir: &Path) -> color_eyre::Result<Code> {
    super::descriptors::need_descriptors()?;
    let mailbox = mailbox_of(dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the runtime could not be started")?;
    let token = std::env::var("COUNTERSIGN_TOKEN").unwrap_or_default();
    runtime
        .block_on(crate::mailbox::serve(dir.to_owned(), mailbox, token))
        .wrap_err("the client could not be served")?;
    // A read of standard input that still waits must not keep us.
    runtime.shutdown_background();
    Ok(Code::Good)
}
