//! `countersign prune`: letting go of pins that nobody decided on.

use std::path::Path;

use super::decide::{need_person, type_words};
use super::{Code, StdoutBuffer, look, places};
use crate::decide::Decider;
use crate::model::counted;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, days: f64) -> color_eyre::Result<Code> {
    need_person()?;
    let (_, snapshot) = look(dir)?;
    let decider = Decider::open(dir, places(), &snapshot.identity)?;
    let found = decider.prunable(days)?;
    out.line(format!(
        "{} pinned; {} older than {days} days with no decision and no proposal",
        counted(found.all, "commit"),
        found.pins.len()
    ))?;
    if found.pins.is_empty() {
        return Ok(Code::Good);
    }
    out.line("their changes cannot be shown any more once git has collected them")?;
    if !type_words(out, &["prune"])? {
        return Ok(Code::NotDecided);
    }
    out.line(format!("{} let go", counted(decider.prune(&found)?, "commit")))?;
    Ok(Code::Good)
}
