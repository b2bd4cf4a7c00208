//! `countersign tell`, `pause` and `resume`: steering without the UI.

use std::path::Path;

use crate::cli::decide::need_person;
use crate::cli::{Code, StdoutBuffer, places, poll};
use crate::decide::{Decider, loop_paused, loop_resumed, note_saved};
use crate::instrument::spent_by;

pub(super) fn tell(out: &mut StdoutBuffer, dir: &Path, text: &str) -> color_eyre::Result<Code> {
    need_person()?;
    let (_, snapshot) = poll(dir)?;
    let seq = Decider::open(dir, places(), &snapshot.identity)?.leave_note(text)?;
    out.line(note_saved(seq, &snapshot.mailbox))?;
    Ok(Code::Good)
}

pub(super) fn pause(out: &mut StdoutBuffer, dir: &Path, reason: &str) -> color_eyre::Result<Code> {
    need_person()?;
    let (_, snapshot) = poll(dir)?;
    let seq = Decider::open(dir, places(), &snapshot.identity)?.pause(reason)?;
    out.line(loop_paused(seq))?;
    Ok(Code::Good)
}

pub(super) fn resume(out: &mut StdoutBuffer, dir: &Path, reason: &str) -> color_eyre::Result<Code> {
    need_person()?;
    let (watched, snapshot) = poll(dir)?;
    let spent = spent_by(&snapshot, &watched.policy().budget);
    let seq = Decider::open(dir, places(), &snapshot.identity)?.resume(reason, spent)?;
    out.line(loop_resumed(seq))?;
    Ok(Code::Good)
}
