//! Finds the lines that changes touch: dependencies between changes, and other attempts in the same place.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::files::own_files;
use super::place::index_of;
use crate::model::{AgentText, Change, ExperimentId, FileChange, LineKind, Snapshot};
use crate::repo::Repo;

/// Largest number of experiments that are compared, the nearest first.
const MOST_LOOKED_AT: usize = 2_000;
/// Largest number of experiments that are named.
const MOST_NAMED: usize = 24;
/// Fewest letters and digits of a line that is distinctive.
const TELLING: usize = 4;

/// The lines that a change touches, as hashes.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Lines that it adds.
    pub(super) added: HashSet<u64>,
    /// Places: lines that it adds or removes, constants by their names.
    places: HashSet<u64>,
    /// The complete change.
    whole: u64,
}

/// Touched lines by change, computed once.
pub(super) type TouchIndex = HashMap<Change, Arc<Touched>>;

/// Other experiments in the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The experiment in question.
    pub experiment: ExperimentId,
    /// Experiments with exactly the same change, the nearest first.
    pub same_change: Vec<ExperimentId>,
    /// Experiments that touch the same lines, the nearest first.
    pub same_lines: Vec<ExperimentId>,
    /// Number of experiments that touch the same lines, named or not.
    pub count: usize,
    /// Number of experiments when this was computed.
    pub experiments: usize,
    /// Number of experiments with a change that could not be read.
    pub unread: usize,
}

/// The lines that a change touches; `None` if it cannot be read.
pub(super) fn touched(known: &mut TouchIndex, repo: &Repo, change: &Change) -> Option<Arc<Touched>> {
    if let Some(found) = known.get(change) {
        return Some(Arc::clone(found));
    }
    let files = own_files(repo, change.base, change.head).ok()?;
    let found = Arc::new(Touched::of(&files));
    known.insert(change.clone(), Arc::clone(&found));
    Some(found)
}

impl Touched {
    fn of(files: &[FileChange]) -> Self {
        let mut found = Self::default();
        let mut all = Vec::new();
        for file in files {
            for line in file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind != LineKind::Context) {
                let own = line_key(&file.path, &line.text);
                all.push((line.kind == LineKind::Added, own));
                if line.kind == LineKind::Added && !line.text.is_blank() {
                    found.added.insert(own);
                }
                found.places.extend(place_key(&file.path, &line.text));
            }
        }
        let mut hasher = DefaultHasher::new();
        all.hash(&mut hasher);
        found.whole = hasher.finish();
        found
    }
}

/// A line, identified by its file and text.
pub(super) fn line_key(path: &AgentText, line: &AgentText) -> u64 {
    let mut hasher = DefaultHasher::new();
    (path, line).hash(&mut hasher);
    hasher.finish()
}

/// The place of a line as a person would name it: a constant by its name whatever its value, otherwise the line itself.
/// `None` for lines that occur everywhere.
fn place_key(path: &AgentText, line: &AgentText) -> Option<u64> {
    let text = line.raw().trim();
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let name = text.split_once('=').map(|(name, _)| name.split(':').next().unwrap_or(name).trim());
    let is_telling = || text.chars().filter(|c| c.is_alphanumeric()).count() >= TELLING;
    let place = name.filter(|name| is_name(name)).or_else(|| is_telling().then_some(text))?;
    let mut hasher = DefaultHasher::new();
    (path, place).hash(&mut hasher);
    Some(hasher.finish())
}

/// Finds the other experiments in the same place.
pub(super) fn related(
    known: &mut TouchIndex,
    repo: &Repo,
    snapshot: &Snapshot,
    id: &ExperimentId,
) -> Result<Related, String> {
    let index = index_of(snapshot, id)?;
    let mut found = Related {
        experiment: id.clone(),
        same_change: Vec::new(),
        same_lines: Vec::new(),
        count: 0,
        experiments: snapshot.experiments.len(),
        unread: 0,
    };
    let Some(change) = &snapshot.experiments[index].change else { return Ok(found) };
    let Some(own) = touched(known, repo, change) else { return Ok(found) };
    let changes = |other: &usize| snapshot.experiments[*other].change.as_ref().is_some_and(|other| other != change);
    let mut others: Vec<usize> = (0..snapshot.experiments.len()).filter(changes).collect();
    others.sort_by_key(|other| other.abs_diff(index));
    found.unread = others.len().saturating_sub(MOST_LOOKED_AT);
    for other in others.into_iter().take(MOST_LOOKED_AT) {
        let other = &snapshot.experiments[other];
        let its = other.change.as_ref().and_then(|change| touched(known, repo, change));
        let Some(its) = its else {
            found.unread += 1;
            continue;
        };
        if its.whole == own.whole {
            found.same_change.push(other.id.clone());
        } else if !its.places.is_disjoint(&own.places) {
            found.count += 1;
            if found.same_lines.len() < MOST_NAMED {
                found.same_lines.push(other.id.clone());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_one_place_whatever_its_value() {
        let path = AgentText::from("train.py");
        let key = |text: &str| place_key(&path, &text.into());
        assert_eq!(key("    )"), None, "it occurs everywhere");
        assert_eq!(key("LR = 0.1"), key("  LR = 0.4  # higher"));
        assert_eq!(key("depth: int = 8"), key("depth: int = 9"));
        assert_ne!(key("LR = 0.1"), key("WD = 0.1"));
        assert_ne!(key("train(a=1)"), key("train(a=2)"), "no name before the sign");
    }
}
