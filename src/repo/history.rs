//! The history around the loop: commits by id, what cells name, what only reflogs know.

use std::collections::{HashMap, HashSet};

use super::{Repo, RepoError, commit_id, oid, pins, reflog, tree};
use crate::format::Bookkeeping;
use crate::model::{CommitId, History, Node, TreeId, cell_is_hash};

/// Commits that are read at most; a loop's own history is far shorter.
const MOST_COMMITS: usize = 50_000;

/// Attempts without a row that are sought.
const MOST_WITHOUT_ROW: usize = 500;

/// Branches that a loop is usually forked from.
const TRUNKS: [&str; 6] = ["main", "master", "trunk", "develop", "origin/main", "origin/master"];

/// Where to start looking.
#[derive(Clone, Copy)]
pub struct Tips<'a> {
    /// The commit the loop is on.
    pub head: Option<CommitId>,
    /// The branch the loop works on.
    pub branch: Option<&'a str>,
    /// Our own branch, which is no part of the loop's history.
    pub approved: &'a str,
    /// Commit cells as written, in the source's order.
    pub cells: &'a [String],
    /// Commits that proposals name.
    pub proposed: &'a [CommitId],
    /// Which files are bookkeeping.
    pub books: &'a Bookkeeping,
}

/// What was learned at earlier looks and stays so: a loop of ten thousand rows is not read anew for
/// each row that it adds.
#[derive(Default)]
pub struct Learned {
    /// What cells named, where it was one commit.
    resolved: HashMap<String, CommitId>,
    /// Trees without bookkeeping, of commits; good for one set of bookkeeping files.
    bare: HashMap<CommitId, TreeId>,
    books: Option<Bookkeeping>,
}

/// Reads the history around a loop. `learned` is kept from look to look.
pub fn read_history(repo: &Repo, tips: Tips<'_>, learned: &mut Learned) -> Result<History, RepoError> {
    let mut history = History { head: tips.head, ..History::default() };
    if learned.books.as_ref() != Some(tips.books) {
        *learned = Learned { books: Some(tips.books.clone()), ..Learned::default() };
    }
    history.cells = resolve(repo, tips, &mut learned.resolved)?;
    let named: Vec<CommitId> = tips
        .cells
        .iter()
        .filter_map(|cell| history.cells.get(cell))
        .filter(|found| found.len() == 1)
        .map(|found| found[0])
        .collect();
    history.fork_point = fork_point(repo, tips, named.first().copied());
    walk(repo, tips, &named, &mut history)?;
    for commit in named.iter().copied().chain(history.fork_point) {
        let bare = match learned.bare.get(&commit) {
            Some(known) => *known,
            None => tree::bare_tree_of(repo, commit, tips.books)?,
        };
        learned.bare.insert(commit, bare);
        history.nodes.entry(commit).or_default().bare_tree = Some(bare);
    }
    history.without_row = without_row(repo, tips, &history, &named);
    Ok(history)
}

/// Ids of the commits that branches, reflogs and our pins know, in order.
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

/// What each cell names: the one commit whose id begins with it, or those that branches, reflogs and
/// pins know. What named one commit names it as long as that is there.
fn resolve(
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
        // The object store first: it holds the commits between tips too. Its answer is by type,
        // so that a blob with the same first digits does not make a commit ambiguous.
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
                .filter(|id: &CommitId| oid(id.as_bytes()).is_ok_and(|oid| repo.git.find_commit(oid).is_ok()))
                .collect()
        };
        if let [one] = named[..] {
            resolved.insert(cell.clone(), one);
        }
        found.insert(cell.clone(), named);
    }
    Ok(found)
}

/// Where the loop left what came before it: where its branch was created, else the merge base with a
/// trunk, else the parent of the first commit that a row names.
fn fork_point(repo: &Repo, tips: Tips<'_>, first: Option<CommitId>) -> Option<CommitId> {
    let head = oid(tips.head.or(first)?.as_bytes()).ok()?;
    if let Some(created) = tips.branch.and_then(|branch| created_at(repo, branch, head)) {
        return Some(created);
    }
    let trunk_base = TRUNKS.iter().filter(|name| Some(**name) != tips.branch).find_map(|name| {
        let trunk = repo.git.revparse_single(name).ok()?.peel_to_commit().ok()?;
        let base = repo.git.merge_base(head, trunk.id()).ok()?;
        // A loop that was merged into its trunk has no fork point there any more.
        (base != head).then(|| commit_id(base))
    });
    trunk_base.or_else(|| {
        let first = repo.git.find_commit(oid(first?.as_bytes()).ok()?).ok()?;
        Some(first.parent_id(0).map_or_else(|_| commit_id(first.id()), commit_id))
    })
}

/// The commit a branch was created at, by its reflog; `None` when that is forgotten, or when a
/// rebase has moved the branch off it since.
fn created_at(repo: &Repo, branch: &str, head: git2::Oid) -> Option<CommitId> {
    let entries = reflog::read(&repo.common_dir().join("logs/refs/heads").join(branch));
    let first = entries.first().filter(|entry| entry.message.starts_with("branch: Created"))?;
    let created = oid(first.new.as_bytes()).ok()?;
    let below = created == head || repo.git.graph_descendant_of(head, created).unwrap_or(false);
    below.then_some(first.new)
}

fn walk(repo: &Repo, tips: Tips<'_>, named: &[CommitId], history: &mut History) -> Result<(), RepoError> {
    let mut walk = repo.git.revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
    for tip in tips.head.iter().chain(named) {
        walk.push(oid(tip.as_bytes())?)?;
    }
    for tip in tips.proposed {
        // A pin may have been taken away since: then little is known of it, and no more is lost.
        let _ = walk.push(oid(tip.as_bytes())?);
    }
    if let Some(fork) = history.fork_point {
        for parent in repo.git.find_commit(oid(fork.as_bytes())?)?.parent_ids() {
            walk.hide(parent)?;
        }
    }
    for next in walk.take(MOST_COMMITS) {
        let commit = repo.git.find_commit(next?)?;
        let node = Node {
            parents: commit.parent_ids().map(commit_id).collect(),
            bare_tree: None,
            at_ms: commit.author().when().seconds() * 1000,
        };
        history.nodes.insert(commit_id(commit.id()), node);
    }
    Ok(())
}

/// Commits that the loop's reflogs show as made by it and that no row names, newest first.
fn without_row(repo: &Repo, tips: Tips<'_>, history: &History, named: &[CommitId]) -> Vec<CommitId> {
    let mut seen: HashSet<CommitId> = named.iter().chain(tips.proposed).copied().collect();
    seen.extend(history.fork_point);
    let mut found = Vec::new();
    let mut entries = reflog::read(&repo.git.path().join("logs/HEAD"));
    if let Some(branch) = tips.branch {
        entries.extend(reflog::read(&repo.common_dir().join("logs/refs/heads").join(branch)));
    }
    // Older than the fork point: not the loop's.
    let is_new = |id: CommitId| {
        let (Some(fork), Ok(id)) = (history.fork_point, oid(id.as_bytes())) else { return false };
        oid(fork.as_bytes()).is_ok_and(|fork| repo.git.graph_descendant_of(id, fork).unwrap_or(false))
    };
    for entry in entries.iter().rev() {
        if found.len() >= MOST_WITHOUT_ROW {
            break;
        }
        let committed = entry.message.starts_with("commit");
        if committed && !entry.message.starts_with("commit (initial)") && seen.insert(entry.new) && is_new(entry.new) {
            found.push(entry.new);
        }
    }
    found
}
