//! The approved branch in its current state.

use std::collections::HashMap;
use std::path::Path;

use super::open::small_text;
use super::plain::plain;
use super::{Repo, RepoError, commit_id, oid};
use crate::model::{AgentText, ApprovedCommit, CommitId};

/// Returns the tip of a branch; `None` if it does not exist. Fails if another branch's name blocks its directory, or if
/// git might read a different commit than libgit2.
pub fn branch_tip(repo: &Repo, branch: &str) -> Result<Option<CommitId>, RepoError> {
    let _working = repo.begin_work();
    let Some(ours) = repo.ours() else { return Ok(None) };
    let name = format!("refs/heads/{branch}");
    let odd = |what: &str| RepoError::OddReference { name: name.clone(), what: what.to_owned() };
    // The branch may move between the two reads.
    for _ in 0..5 {
        let by_file = plain(&repo.ours_dir(), &name)?;
        let found = ours.find_reference(&name).ok().map(|reference| reference.target().map(commit_id));
        if by_file != found.flatten() {
            continue;
        }
        let Some(tip) = by_file else { return refuse_blocked(ours, branch) };
        let is_commit =
            ours.odb()?.read_header(oid(tip.as_bytes())?).map_or(true, |(_, kind)| kind == git2::ObjectType::Commit);
        if !is_commit {
            return Err(odd("does not name a commit"));
        }
        return Ok(Some(commit_id(repo.find_commit(oid(tip.as_bytes())?)?.id())));
    }
    Err(odd("is read differently by git and libgit2"))
}

/// Fails if another branch's name blocks the directory that a missing branch would need.
fn refuse_blocked(ours: &git2::Repository, branch: &str) -> Result<Option<CommitId>, RepoError> {
    let blocking = branch.match_indices('/').map(|(at, _)| &branch[..at]);
    for blocking in blocking {
        if ours.find_branch(blocking, git2::BranchType::Local).is_ok() {
            return Err(RepoError::BranchBlocked { blocking: blocking.to_owned(), wanted: branch.to_owned() });
        }
    }
    Ok(None)
}

/// Returns the commits from `tip` down to `start` (exclusive) by first parent, newest first. At an adopted tip all
/// commits that came with it are listed, and the walk continues at the tip before the adoption: `adopted` maps one to
/// the other. Stops after `most` commits.
pub fn approved_commits(
    repo: &Repo,
    tip: CommitId,
    start: CommitId,
    adopted: &HashMap<CommitId, CommitId>,
    most: usize,
) -> Result<Vec<ApprovedCommit>, RepoError> {
    let _working = repo.begin_work();
    let mut commits = Vec::new();
    let mut at = tip;
    while at != start && commits.len() < most {
        if let Some(before) = adopted.get(&at) {
            let (more, _) = commits_between(repo, at, *before)?;
            commits.extend(more.into_iter().map(|commit| ApprovedCommit { is_adopted: true, ..commit }));
            at = *before;
            continue;
        }
        let found = repo.find_commit(oid(at.as_bytes())?)?;
        commits.push(approved_commit(&found));
        match found.parent_id(0) {
            Ok(parent) => at = commit_id(parent),
            Err(_) => break,
        }
    }
    Ok(commits)
}

fn approved_commit(commit: &git2::Commit<'_>) -> ApprovedCommit {
    ApprovedCommit {
        commit: commit_id(commit.id()),
        subject: AgentText::bounded(&String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default())),
        at_ms: commit.committer().when().seconds() * 1000,
        in_ledger: false,
        is_adopted: false,
        adopted_by: None,
    }
}

/// Returns the commits that are reachable from `tip` but not from `before`, newest first, and whether `before` is an
/// ancestor of `tip`. At most ten thousand are listed.
pub fn commits_between(repo: &Repo, tip: CommitId, before: CommitId) -> Result<(Vec<ApprovedCommit>, bool), RepoError> {
    let _working = repo.begin_work();
    let (tip, before) = (oid(tip.as_bytes())?, oid(before.as_bytes())?);
    let mut walk = repo.git.revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
    walk.push(tip)?;
    walk.hide(before)?;
    let mut commits = Vec::new();
    for id in walk.take(10_000) {
        commits.push(approved_commit(&repo.find_commit(id?)?));
    }
    Ok((commits, repo.git.graph_descendant_of(tip, before)?))
}

impl Repo {
    /// Returns the nearest common ancestor of two commits; `None` if their histories are unrelated.
    pub fn common_ancestor(&self, one: CommitId, other: CommitId) -> Option<CommitId> {
        let (one, other) = (oid(one.as_bytes()).ok()?, oid(other.as_bytes()).ok()?);
        self.git.merge_base(one, other).ok().map(commit_id)
    }

    /// True if a commit's tree has files at all of these paths.
    pub fn has_files(&self, commit: CommitId, paths: &[String]) -> bool {
        let Ok(tree) = super::tree::tree_of(self, commit) else { return false };
        paths.iter().all(|path| super::tree::entry_at(&tree, path).is_some_and(super::tree::TreeEntry::is_file))
    }
}

/// Returns the `Ledger:` trailer of a commit: sequence number and hash of the intent that it was made for.
pub fn ledger_trailer(repo: &Repo, commit: CommitId) -> Option<(u64, String)> {
    let commit = repo.find_commit(oid(commit.as_bytes()).ok()?).ok()?;
    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    let trailer = message.lines().rev().find_map(|line| line.strip_prefix("Ledger: "))?;
    let (seq, hash) = trailer.split_once('@')?;
    Some((seq.parse().ok()?, hash.trim().to_owned()))
}

/// Fails if a work tree is on a branch that is about to move. Its index and files would stay behind, and the next
/// commit made there would undo what was approved. Git refuses to move such a branch too.
pub fn refuse_checked_out(repo: &Repo, branch: &str) -> Result<(), RepoError> {
    // A home has a bare repository of its own, which no work tree is on.
    if repo.has_home() {
        return Ok(());
    }
    let wanted = format!("ref: refs/heads/{branch}");
    let common = repo.common_dir();
    let of_main = || {
        // A bare repository has no main work tree.
        let above = common.parent().filter(|_| common.ends_with(".git"));
        if repo.git.is_worktree() { above.map(Path::to_owned) } else { Some(repo.work_tree().to_owned()) }
    };
    let of_linked = |git_dir: &Path| {
        let named = small_text(&git_dir.join("gitdir"));
        git_dir.join(named.trim()).parent().map(Path::to_owned)
    };
    let linked = std::fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
    let mut all = vec![(common.to_owned(), of_main())];
    all.extend(linked.map(|entry| (entry.path(), of_linked(&entry.path()))));
    let mut on_it = all.into_iter().filter(|(git_dir, _)| small_text(&git_dir.join("HEAD")).trim() == wanted);
    // A work tree that was deleted is on no branch.
    match on_it.find_map(|(_, place)| place?.canonicalize().ok()) {
        Some(place) if place == repo.work_tree() => Err(RepoError::CheckedOut(branch.to_owned())),
        Some(place) => Err(RepoError::CheckedOutIn { branch: branch.to_owned(), place }),
        None => Ok(()),
    }
}
