//! The approved branch as it is.

use super::{Repo, RepoError, commit_id, oid};
use crate::model::{AgentText, ApprovedCommit, CommitId};

/// The tip of a branch; `None` when it does not exist. Fails when another branch's name stands
/// where this one needs a folder.
pub fn branch_tip(repo: &Repo, branch: &str) -> Result<Option<CommitId>, RepoError> {
    match repo.git.find_reference(&format!("refs/heads/{branch}")) {
        Ok(reference) => Ok(Some(commit_id(reference.peel_to_commit()?.id()))),
        Err(_) => {
            for (at, _) in branch.match_indices('/') {
                let blocking = &branch[..at];
                if repo.git.find_branch(blocking, git2::BranchType::Local).is_ok() {
                    return Err(RepoError::BranchBlocked { blocking: blocking.to_owned(), wanted: branch.to_owned() });
                }
            }
            Ok(None)
        }
    }
}

/// Commits from `tip` down to `start`, by first parent, newest first, without `start`. Stops after
/// `most` commits.
pub fn approved_commits(
    repo: &Repo,
    tip: CommitId,
    start: CommitId,
    most: usize,
) -> Result<Vec<ApprovedCommit>, RepoError> {
    let mut commits = Vec::new();
    let mut at = repo.git.find_commit(oid(tip.as_bytes())?)?;
    while commit_id(at.id()) != start && commits.len() < most {
        commits.push(ApprovedCommit {
            commit: commit_id(at.id()),
            subject: AgentText::from_bytes(at.summary_bytes().unwrap_or_default()),
            at_ms: at.committer().when().seconds() * 1000,
            in_ledger: false,
        });
        match at.parent(0) {
            Ok(parent) => at = parent,
            Err(_) => break,
        }
    }
    Ok(commits)
}

/// The `Ledger:` trailer of a commit: sequence number and hash of the intent it was made for.
pub fn ledger_trailer(repo: &Repo, commit: CommitId) -> Option<(u64, String)> {
    let commit = repo.git.find_commit(oid(commit.as_bytes()).ok()?).ok()?;
    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    let trailer = message.lines().rev().find_map(|line| line.strip_prefix("Ledger: "))?;
    let (seq, hash) = trailer.split_once('@')?;
    Some((seq.parse().ok()?, hash.trim().to_owned()))
}

/// The work tree that has a branch checked out, `None` when none has.
pub fn is_checked_out(repo: &Repo, branch: &str) -> Option<std::path::PathBuf> {
    let wanted = format!("ref: refs/heads/{branch}");
    let is_on = |git_dir: &std::path::Path| {
        std::fs::read_to_string(git_dir.join("HEAD")).is_ok_and(|head| head.trim() == wanted)
    };
    if is_on(repo.common_dir()) {
        return Some(repo.common_dir().parent().unwrap_or(repo.common_dir()).to_owned());
    }
    let entries = std::fs::read_dir(repo.common_dir().join("worktrees")).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| is_on(path)).map(|path| {
        let named = std::fs::read_to_string(path.join("gitdir")).unwrap_or_default();
        std::path::Path::new(named.trim()).parent().map_or(path, std::path::Path::to_owned)
    })
}
