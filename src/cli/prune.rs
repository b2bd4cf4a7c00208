//! `countersign prune`: removes old pins of undecided attempts.

use std::path::Path;

use super::decide::{need_person, type_words};
use super::{Code, StdoutBuffer, places, poll};
use crate::decide::Decider;
use crate::model::counted;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, days: f64) -> color_eyre::Result<Code> {
    need_person()?;
    let (_, snapshot) = poll(dir)?;
    let decider = Decider::open(dir, places(), &snapshot.identity)?;
    let found = decider.prunable(days)?;
    out.line(format!(
        "{} pinned; {} older than {days} days without a decision or proposal",
        counted(found.all, "commit"),
        found.pins.len()
    ))?;
    if found.pins.is_empty() {
        return Ok(Code::Good);
    }
    out.line("their changes can no longer be shown once git has garbage-collected them")?;
    if !type_words(out, &["prune"])? {
        return Ok(Code::NotDecided);
    }
    out.line(format!("{} unpinned", counted(decider.prune(&found)?, "commit")))?;
    Ok(Code::Good)
}
