//! Resolves the commit cells of rows.

use std::collections::{HashMap, HashSet};

use super::{Repo, RepoError, Tips, commit_id, oid, pins, reflog};
use crate::model::{CommitId, cell_is_hash, cell_is_ref};

/// Returns the sorted ids of the commits that branches, reflogs and our pins know.
fn known_commits(repo: &Repo, approved: &str) -> Result<Vec<String>, RepoError> {
    let mut known: HashSet<_> = pins(repo)?.into_iter().collect();
    for file in reflog::files(repo.common_dir()) {
        if file.ends_with(approved) {
            continue;
        }
        for entry in reflog::read(&file) {
            known.extend([entry.old, entry.new]);
        }
    }
    for branch in repo.git.branches(None)?.flatten() {
        known.extend(branch.0.get().target().map(commit_id));
    }
    let mut ids: Vec<String> = known.iter().map(ToString::to_string).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Resolves each cell: to the one commit whose id begins with it, else to those that branches, reflogs and pins know. A
/// cell that was resolved to one commit keeps it as long as it exists.
pub(super) fn resolve(
    repo: &Repo,
    tips: Tips<'_>,
    resolved: &mut HashMap<String, CommitId>,
) -> Result<HashMap<String, Vec<CommitId>>, RepoError> {
    let store = repo.git.odb()?;
    let mut known: Option<Vec<String>> = None;
    let mut found = HashMap::new();
    for cell in tips.cells.iter().filter(|cell| cell_is_hash(cell)) {
        let before = resolved.get(cell).copied();
        if let Some(before) = before.filter(|id| oid(id.as_bytes()).is_ok_and(|id| store.exists(id))) {
            found.insert(cell.clone(), vec![before]);
            continue;
        }
        let prefix = cell.to_ascii_lowercase();
        // Ask the object store first: it has the commits between tips too. It searches by type, so that a blob with the
        // same first digits does not make a commit ambiguous.
        let named = if let Ok(commit) = repo.git.find_commit_by_prefix(&prefix) {
            vec![commit_id(commit.id())]
        } else {
            let ids = match &known {
                Some(ids) => ids,
                None => known.insert(known_commits(repo, tips.approved)?),
            };
            let from = ids.partition_point(|id| id.as_str() < prefix.as_str());
            let same = ids[from..].iter().take_while(|id| id.starts_with(&prefix));
            same.filter_map(|id| id.parse().ok())
                .filter(|id: &CommitId| oid(id.as_bytes()).is_ok_and(|oid| repo.find_commit(oid).is_ok()))
                .collect()
        };
        if let [one] = named[..] {
            resolved.insert(cell.clone(), one);
        }
        found.insert(cell.clone(), named);
    }
    for cell in tips.cells.iter().filter(|cell| cell_is_ref(cell)) {
        if !found.contains_key(cell)
            && let Some(tip) = tip_of(repo, cell)
        {
            found.insert(cell.clone(), vec![tip]);
        }
    }
    Ok(found)
}

/// Returns the tip of the branch or tag that a cell names, local or remote-tracking; never one of ours.
fn tip_of(repo: &Repo, name: &str) -> Option<CommitId> {
    let places = ["refs/heads/", "refs/tags/", "refs/remotes/origin/"];
    let ours = name.starts_with("countersign/");
    let found = places.iter().filter(|_| !ours).find_map(|place| {
        let reference = repo.git.find_reference(&format!("{place}{name}")).ok()?;
        reference.peel_to_commit().ok()
    });
    found.map(|commit| commit_id(commit.id()))
}
