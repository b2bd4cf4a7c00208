//! The commit a decision makes, and the one way a branch moves.

use super::durable::{sync_object, sync_reference};
use super::{Person, Repo, RepoError, commit_id, oid};
use crate::model::{CommitId, TreeId};
use crate::policy::text::Visible;

/// A commit to be made.
pub struct NewCommit<'a> {
    /// Its tree, which must be on disk.
    pub tree: TreeId,
    /// Its only parent.
    pub parent: CommitId,
    /// Commit whose author it keeps; `None` makes the person its author.
    pub author_of: Option<CommitId>,
    /// The person who decided.
    pub committer: &'a Person,
    /// When they decided, in seconds since the epoch.
    pub at_s: i64,
    /// The whole message.
    pub message: &'a str,
}

/// Writes a commit and pins it under `refs/countersign/commits/`. No branch moves. It is on disk
/// when this returns.
pub fn write_commit(repo: &Repo, new: &NewCommit<'_>) -> Result<CommitId, RepoError> {
    let tree = repo.git.find_tree(oid(new.tree.as_bytes())?)?;
    let parent = repo.git.find_commit(oid(new.parent.as_bytes())?)?;
    let time = git2::Time::new(new.at_s, 0);
    let committer = git2::Signature::new(&new.committer.name, &new.committer.email, &time)?;
    let author = match new.author_of {
        Some(source) => author_of(repo, source)?,
        None => committer.to_owned(),
    };
    let buffer = repo.git.commit_create_buffer(&author, &committer, new.message, &tree, &[&parent])?;
    let id = repo.git.odb()?.write(git2::ObjectType::Commit, &buffer)?;
    sync_object(repo, id)?;
    let pin = format!("refs/countersign/commits/{id}");
    repo.git.reference(&pin, id, true, "countersign: decided")?;
    sync_reference(repo, &pin)?;
    Ok(commit_id(id))
}

/// The author as the agent's commit has it, with anything hidden in its name spelled out.
fn author_of(repo: &Repo, source: CommitId) -> Result<git2::Signature<'static>, RepoError> {
    let commit = repo.git.find_commit(oid(source.as_bytes())?).map_err(|_| RepoError::Missing(source))?;
    let author = commit.author();
    let clean = |bytes: &[u8], otherwise: &str| {
        let text = Visible::of(&String::from_utf8_lossy(bytes)).to_string();
        let text: String = text.chars().filter(|c| !matches!(c, '<' | '>')).collect();
        if text.trim().is_empty() { otherwise.to_owned() } else { text.trim().to_owned() }
    };
    let name = clean(author.name_bytes(), "unknown");
    let email = clean(author.email_bytes(), "unknown");
    Ok(git2::Signature::new(&name, &email, &author.when())?)
}

impl Repo {
    /// Who made a commit, as `Name <mail>` with anything hidden spelled out; `None` when it is gone.
    pub fn author(&self, commit: CommitId) -> Option<String> {
        author_of(self, commit)
            .ok()
            .map(|author| format!("{} <{}>", author.name().unwrap_or_default(), author.email().unwrap_or_default()))
    }
}

/// Moves a branch from `from` to `to`, or creates it when `from` is `None`: only if it still is
/// where it should be. It is on disk when this returns.
pub fn move_branch(
    repo: &Repo,
    branch: &str,
    from: Option<CommitId>,
    to: CommitId,
    why: &str,
) -> Result<(), RepoError> {
    let name = format!("refs/heads/{branch}");
    let to = oid(to.as_bytes())?;
    let moved = match from {
        Some(from) => repo.git.reference_matching(&name, to, true, oid(from.as_bytes())?, why),
        None => repo.git.reference(&name, to, false, why),
    };
    if let Err(error) = moved {
        let found = super::branch_tip(repo, branch)?;
        if found != from {
            return Err(RepoError::Moved {
                branch: branch.to_owned(),
                expected: from.map_or_else(|| "no branch".to_owned(), |id| id.short()),
                found: found.map_or_else(|| "no branch".to_owned(), |id| id.short()),
            });
        }
        return Err(error.into());
    }
    sync_reference(repo, &name)
}
