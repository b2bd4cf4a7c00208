//! `countersign adopt` and `countersign restore`: resolve an approved branch that someone else moved.

use std::path::Path;

use crate::cli::decide::{need_person, type_words};
use crate::cli::{Code, StdoutBuffer, places, poll};
use crate::decide::{DecideError, Decider};
use crate::model::{Diverged, Remedy, counted};
use crate::policy::text::Visible;

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, remedy: Remedy, reason: &str) -> color_eyre::Result<Code> {
    need_person()?;
    let (_, snapshot) = poll(dir)?;
    let decider = Decider::open(dir, places(), &snapshot.identity)?;
    let Some(diverged) = decider.diverged()? else {
        out.line(format!("{}: nothing to do", Diverged::NONE))?;
        return Ok(Code::Good);
    };
    out.line(format!("{} is {}", diverged.branch, diverged.text()))?;
    for commit in diverged.commits.iter().take(20) {
        out.line(format!("  {}  {}", commit.commit.short(), Visible::line(&commit.subject).fit(70)))?;
    }
    if diverged.commits.len() > 20 {
        out.line(format!("  and {} more", diverged.commits.len() - 20))?;
    }
    for file in diverged.files.iter().take(40) {
        out.line(format!("  {} +{} -{}", Visible::line(&file.path), file.added, file.removed))?;
    }
    if diverged.files.len() > 40 {
        out.line(format!("  and {}", counted(diverged.files.len() - 40, "more file")))?;
    }
    if remedy == Remedy::Adopt && !diverged.is_adoptable {
        return Err(DecideError::NotAdoptable(diverged.branch).into());
    }
    let mut words = vec!["restore"];
    if remedy == Remedy::Adopt {
        for finding in &diverged.findings {
            let place = finding.path.as_ref().map(|path| format!("{}: ", Visible::line(path))).unwrap_or_default();
            out.line(format!("{} {}: {place}{}", finding.severity.glyph(), finding.kind.word(), finding.message))?;
        }
        words = diverged.words();
        words.push("adopt");
    }
    if !type_words(out, &words)? {
        return Ok(Code::NotDecided);
    }
    let acknowledged: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let seq = decider.settle_diverged(&diverged, remedy, reason, &acknowledged[..acknowledged.len() - 1])?;
    out.line(format!("{} {}, record {seq}", diverged.branch, remedy.word()))?;
    Ok(Code::Good)
}
