//! Creates the commit of a decision, and moves branches; nothing else does.

use super::borrowed::keep_borrowed;
use super::collecting::refuse_while_collecting;
use super::durable::{free_reference, is_whole, persist_tree, sync_fresh, sync_object};
use super::pins::pin_as;
use super::references::{Durability, ExpectedTarget, move_reference};
use super::{Person, Repo, RepoError, commit_id, oid};
use crate::disk::{Step, reach};
use crate::model::{AgentText, CommitId, TreeId};
use crate::policy::names;
use crate::policy::text::Visible;

/// A commit to be made.
pub struct NewCommit<'a> {
    /// Its tree.
    pub tree: TreeId,
    /// Its only parent.
    pub parent: CommitId,
    /// The commit whose author it keeps; `None` makes the person the author.
    pub author_of: Option<CommitId>,
    /// The person who decided.
    pub committer: &'a Person,
    /// Time of the decision, in seconds since the epoch.
    pub at_s: i64,
    /// The complete message.
    pub message: &'a str,
}

/// A commit that was drafted and signed, and can be written more than once.
pub struct DraftCommit {
    tree: TreeId,
    parent: CommitId,
    bytes: Vec<u8>,
}

/// Drafts a commit without writing it. `sign` gets the bytes that git signs, and returns an armoured signature, or
/// `None` for an unsigned commit.
pub fn draft_commit<E: From<RepoError>>(
    repo: &Repo,
    new: &NewCommit<'_>,
    sign: impl FnOnce(&[u8]) -> Result<Option<String>, E>,
) -> Result<DraftCommit, E> {
    let unsigned = unsigned_commit(repo, new)?;
    let bytes = match sign(&unsigned)? {
        None => unsigned,
        Some(signature) => with_signature(&unsigned, &signature),
    };
    Ok(DraftCommit { tree: new.tree, parent: new.parent, bytes })
}

fn unsigned_commit(repo: &Repo, new: &NewCommit<'_>) -> Result<Vec<u8>, RepoError> {
    let tree = repo.find_tree(oid(new.tree.as_bytes())?)?;
    let parent = repo.find_commit(oid(new.parent.as_bytes())?)?;
    let time = git2::Time::new(new.at_s, 0);
    let committer = git2::Signature::new(&new.committer.name, &new.committer.email, &time)?;
    let author = match new.author_of {
        Some(source) => author_of(repo, source, new.committer)?,
        None => committer.to_owned(),
    };
    Ok(repo.git.commit_create_buffer(&author, &committer, new.message, &tree, &[&parent])?.to_vec())
}

/// Returns the commit with the header `gpgsig` after its other headers; its continuation lines begin with a space.
fn with_signature(unsigned: &[u8], signature: &str) -> Vec<u8> {
    let end = unsigned.windows(2).position(|pair| pair == b"\n\n").map_or(unsigned.len(), |at| at + 1);
    let folded = signature.trim_end().replace('\n', "\n ");
    [&unsigned[..end], b"gpgsig ", folded.as_bytes(), b"\n", &unsigned[end..]].concat()
}

/// Writes the candidate's objects and the commit, pins it under `refs/countersign/commits/`, and checks that all
/// objects exist, since garbage may have been collected in between. No branch moves. Everything is on disk when this
/// returns.
pub fn write_commit(repo: &Repo, scratch: &Repo, drafted: &DraftCommit) -> Result<CommitId, RepoError> {
    let _working = repo.begin_work();
    refuse_while_collecting(repo)?;
    for _ in 0..3 {
        // Use a new handle each time: an old one still sees packs that were collected.
        let repo = &repo.again()?;
        repo.keep_history(&[drafted.parent])?;
        sync_fresh(repo, drafted.parent)?;
        persist_tree(scratch, repo, drafted.tree, drafted.parent)?;
        reach(Step::TreeWritten).map_err(RepoError::io(repo.ours_dir()))?;
        let ours = repo.ours_to_write()?;
        let id = ours.odb()?.write(git2::ObjectType::Commit, &drafted.bytes)?;
        sync_object(repo, id)?;
        reach(Step::CommitWritten).map_err(RepoError::io(repo.ours_dir()))?;
        let pin = format!("refs/countersign/commits/{id}");
        if let Err(error) = pin_as(repo, &pin, id, "countersign: decided", Durability::Synced) {
            if repo.again()?.ours_to_write()?.odb()?.exists(id) {
                return Err(error);
            }
            // The commit was collected before it could be pinned: try again.
            continue;
        }
        keep_borrowed(repo, &[commit_id(id), drafted.parent])?;
        reach(Step::CommitPinned).map_err(RepoError::io(repo.ours_dir()))?;
        if is_whole(repo, commit_id(id), drafted.tree, drafted.parent)? {
            return Ok(commit_id(id));
        }
    }
    Err(RepoError::Vanished)
}

/// Returns the author of the agent's commit, with hidden characters in the name escaped. An author with the name or
/// mail of the deciding person is marked, because the agent chose it.
fn author_of(repo: &Repo, source: CommitId, person: &Person) -> Result<git2::Signature<'static>, RepoError> {
    let commit = repo.find_commit(oid(source.as_bytes())?).map_err(|_| RepoError::Missing(source))?;
    let author = commit.author();
    let clean = |bytes: &[u8], otherwise: &str| {
        // Honest names are shorter, and the name is written into every approved commit.
        let text = Visible::of(&String::from_utf8_lossy(&bytes[..bytes.len().min(1000)])).fit(200);
        let text: String = text.chars().filter(|c| !matches!(c, '<' | '>')).collect();
        if text.trim().is_empty() { otherwise.to_owned() } else { text.trim().to_owned() }
    };
    let mut name = clean(author.name_bytes(), "unknown");
    let email = clean(author.email_bytes(), "unknown");
    if is_person(&author, person) {
        name.push_str(" (agent)");
    }
    Ok(git2::Signature::new(&name, &email, &author.when())?)
}

/// True for the name or mail of a person, or a look-alike.
fn is_person(signature: &git2::Signature<'_>, person: &Person) -> bool {
    let is = |bytes: &[u8]| names(&String::from_utf8_lossy(bytes), &person.name, &person.email);
    is(signature.name_bytes()) || is(signature.email_bytes())
}

impl Repo {
    /// Returns the parts of a commit that name a person: its author, its committer, message lines such as
    /// `Reviewed-by`.
    pub fn parts_naming(&self, commit: CommitId, person: &Person) -> Vec<&'static str> {
        let Some(commit) = oid(commit.as_bytes()).ok().and_then(|id| self.find_commit(id).ok()) else {
            return Vec::new();
        };
        let message = String::from_utf8_lossy(commit.message_bytes());
        let is_trailer = |line: &str| {
            let Some((key, value)) = line.split_once(':') else { return false };
            let is_key = key.trim().to_ascii_lowercase().ends_with("by") || key.trim().eq_ignore_ascii_case("author");
            is_key && value.split('<').any(|part| names(part, &person.name, &person.email))
        };
        let found = [
            ("the author of its commit", is_person(&commit.author(), person)),
            ("the committer of its commit", is_person(&commit.committer(), person)),
            ("a line of its commit's message", message.lines().any(is_trailer)),
        ];
        found.into_iter().filter(|(_, is)| *is).map(|(what, _)| what).collect()
    }

    /// Returns the message of a commit; `None` if the commit is gone.
    pub fn message(&self, commit: CommitId) -> Option<AgentText> {
        let commit = self.find_commit(oid(commit.as_bytes()).ok()?).ok()?;
        Some(AgentText::bounded(&String::from_utf8_lossy(commit.message_bytes())))
    }

    /// Returns the author of a commit as `Name <mail>`; `None` if the commit is gone.
    pub fn author(&self, commit: CommitId) -> Option<AgentText> {
        let commit = self.find_commit(oid(commit.as_bytes()).ok()?).ok()?;
        let author = commit.author();
        let text = [author.name_bytes(), b" <", author.email_bytes(), b">"].concat();
        Some(AgentText::bounded(&String::from_utf8_lossy(&text)))
    }
}

/// Pins a commit that somebody else put on the approved branch. It is on disk when this returns.
pub fn pin_foreign(repo: &Repo, commit: CommitId) -> Result<(), RepoError> {
    let _working = repo.begin_work();
    let name = format!("refs/countersign/foreign/{commit}");
    pin_as(repo, &name, oid(commit.as_bytes())?, "countersign: found", Durability::Synced)?;
    keep_borrowed(repo, &[commit])
}

/// Returns the armoured signature of a commit and the signed bytes; `None` if it has none.
pub fn commit_signature(repo: &Repo, commit: CommitId) -> Result<Option<(String, Vec<u8>)>, RepoError> {
    let _working = repo.begin_work();
    match repo.git.extract_signature(&oid(commit.as_bytes())?, None) {
        Ok((signature, bytes)) => Ok(Some((String::from_utf8_lossy(&signature).into_owned(), bytes.to_vec()))),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Removes the lock that a killed decision left on a branch. Only with the ledger's lock held.
pub fn free_branch(repo: &Repo, branch: &str) -> Result<(), RepoError> {
    free_reference(repo, &format!("refs/heads/{branch}"))
}

/// Moves a branch from `from` to `to`, or creates it if `from` is `None`, only if it is still at `from`. It is on disk
/// when this returns.
pub fn set_branch(repo: &Repo, branch: &str, from: Option<CommitId>, to: CommitId, why: &str) -> Result<(), RepoError> {
    let _working = repo.begin_work();
    let name = format!("refs/heads/{branch}");
    let to = oid(to.as_bytes())?;
    let expected = from.map_or(Ok(ExpectedTarget::Nothing), |from| oid(from.as_bytes()).map(ExpectedTarget::At))?;
    if !move_reference(repo, &name, (expected, to), why, Durability::Synced)? {
        return Err(RepoError::Moved {
            branch: branch.to_owned(),
            expected: from.map_or_else(|| "no branch".to_owned(), |id| id.short()),
            found: super::branch_tip(repo, branch)?.map_or_else(|| "no branch".to_owned(), |id| id.short()),
        });
    }
    reach(Step::BranchMoved).map_err(RepoError::io(repo.ours_dir()))?;
    reach(Step::BranchSynced).map_err(RepoError::io(repo.ours_dir()))
}
