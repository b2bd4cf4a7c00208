//! Finds the start of a loop's session, where it left the earlier history.
//!
//! There are two sources: the reflog of a branch that was made here, and the trunk that the branch left. Neither is
//! trusted where the loop's own rows contradict it: a branch that was checked out from a remote was "created" at its
//! tip, and a trunk may have merged the loop's work since.

use std::collections::HashSet;

use super::{Repo, Tips, commit_id, oid, reflog, tree};
use crate::model::{CommitId, History};

/// Names of trunks that loops branch off, the likeliest first.
const TRUNKS: [&str; 6] = ["main", "master", "trunk", "develop", "dev", "default"];

/// Maximum number of first-parent commits of a trunk that are searched for the merge of the loop's branch.
const MOST_MERGES: usize = 2_000;

/// Maximum number of rows whose commit is tried as the tip of the loop's own branch.
const MOST_TIPS: usize = 8;

/// Maximum clock difference between the machines that commit, in seconds.
const DAY_S: i64 = 86_400;

/// Commits at which the session may have begun, before the rows are considered.
#[derive(Clone, Debug, Default)]
pub(super) struct StartCommits {
    /// The commit at which the branch was made, by its reflog.
    created: Option<CommitId>,
    /// The commit at which it left a trunk, and the trunk's name.
    left: Option<(CommitId, String)>,
    /// The trunk that has the commit at which the branch was made.
    created_on: Option<String>,
}

impl StartCommits {
    /// Returns the marked commits.
    pub(super) fn commits(&self) -> impl Iterator<Item = CommitId> {
        self.created.into_iter().chain(self.left.as_ref().map(|(left, _)| *left))
    }
}

/// The start of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct SessionStart {
    pub(super) at: Option<CommitId>,
    /// The trunk that it is on; `None` if none is known.
    pub(super) trunk: Option<String>,
    /// Starts of earlier sessions of the same rows.
    pub(super) earlier: Vec<CommitId>,
}

/// Returns the marks around the loop. `named` are the commits that rows name, or their rewritten forms, except the one
/// that the loop may have begun at.
pub(super) fn marks(repo: &Repo, tips: Tips<'_>, named: &[CommitId]) -> StartCommits {
    let Some(head) = tips.head.and_then(|head| oid(head.as_bytes()).ok()) else { return StartCommits::default() };
    let groups = trunks(repo, tips, named);
    let created = tips.branch.and_then(|branch| created_at(repo, branch, head));
    let holds =
        |tip: git2::Oid, commit: git2::Oid| tip == commit || repo.git.graph_descendant_of(tip, commit).unwrap_or(false);
    let created_on = created.and_then(|created| {
        let created = oid(created.as_bytes()).ok()?;
        groups.iter().flatten().find(|(tip, _)| holds(*tip, created)).map(|(_, name)| name.clone())
    });
    // Use the newest copy of a trunk: a local one may lag behind its remote.
    let left = groups.iter().find_map(|copies| {
        let bases = copies.iter().filter_map(|(tip, name)| Some((left_at(repo, head, *tip)?, name)));
        let nearest = bases.reduce(|best, next| if holds(next.0, best.0) { next } else { best });
        nearest.map(|(base, name)| (commit_id(base), name.clone()))
    });
    StartCommits { created, left, created_on }
}

/// Returns the tips of the trunks, grouped by trunk: the local branch and those of the remotes. A remote's copy of the
/// loop's own branch does not count, unless the person's repository was forked from it.
fn trunks(repo: &Repo, tips: Tips<'_>, named: &[CommitId]) -> Vec<Vec<(git2::Oid, String)>> {
    let mut remotes: Vec<String> =
        repo.git.remotes().map(|all| all.iter().flatten().flatten().map(str::to_owned).collect()).unwrap_or_default();
    remotes.sort_by_key(|name| (name != "origin", name != "upstream"));
    let own = tips.branch.unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for remote in &remotes {
        // The default branch of the remote, as the clone recorded it.
        let head = repo.git.find_reference(&format!("refs/remotes/{remote}/HEAD")).ok();
        let target = head.and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
        let name = target.and_then(|target| Some(target.strip_prefix(&format!("refs/remotes/{remote}/"))?.to_owned()));
        // The loop's own branch may be a remote's default branch.
        names.extend(name.filter(|name| name != own));
    }
    names.extend(TRUNKS.map(str::to_owned));
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    // The only other trunk of a trunk is the one it was forked from.
    let is_on_trunk = own == "main" || own == "master";
    let copies = |name: &String| {
        let local = (name != own && !is_on_trunk).then(|| (format!("refs/heads/{name}"), name.clone()));
        let remote = remotes.iter().filter(|remote| !is_on_trunk || *remote == "upstream").map(|remote| {
            let short = format!("{remote}/{name}");
            (format!("refs/remotes/{short}"), short)
        });
        let tip = |(reference, short): (String, String)| {
            let tip = repo.git.find_reference(&reference).ok()?.peel_to_commit().ok()?.id();
            // If the loop runs on its trunk, a remote that has its first attempts is a copy, not a source.
            let holds = |one: &CommitId| {
                oid(one.as_bytes())
                    .is_ok_and(|one| repo.git.graph_descendant_of(tip, one).unwrap_or(false) || tip == one)
            };
            let is_copy = is_on_trunk && remotes.len() == 1 && named.iter().take(MOST_TIPS).any(holds);
            (!is_copy).then_some((tip, short))
        };
        local.into_iter().chain(remote).filter_map(tip).collect::<Vec<_>>()
    };
    let groups: Vec<(bool, Vec<(git2::Oid, String)>)> =
        names.iter().map(|name| (TRUNKS.contains(&name.as_str()), copies(name))).collect();
    let usual: Vec<git2::Oid> =
        groups.iter().filter(|(usual, _)| *usual).flat_map(|(_, copies)| copies).map(|(tip, _)| *tip).collect();
    let is_own =
        |copies: &[(git2::Oid, String)]| copies.iter().any(|(tip, _)| is_loops(repo, tips, *tip, &usual, named));
    groups.into_iter().filter(|(usual, copies)| *usual || !is_own(copies)).map(|(_, copies)| copies).collect()
}

/// True if the tip of a default branch belongs to the loop itself: it contains commits that rows name and no usual trunk
/// has, and it contains the head or differs from such a commit only in ignored paths. Otherwise it is a trunk that
/// merged an earlier session, and that the loop has left.
fn is_loops(repo: &Repo, tips: Tips<'_>, tip: git2::Oid, usual: &[git2::Oid], named: &[CommitId]) -> bool {
    let git = &repo.git;
    let holds =
        |above: git2::Oid, below: git2::Oid| above == below || git.graph_descendant_of(above, below).unwrap_or(false);
    let ours = named.iter().filter_map(|one| Some((*one, oid(one.as_bytes()).ok()?)));
    let mut ours: Vec<(CommitId, git2::Oid)> = ours
        .filter(|(_, one)| repo.find_commit(*one).is_ok() && holds(tip, *one))
        .filter(|(_, one)| !usual.iter().any(|trunk| holds(*trunk, *one)))
        .collect();
    let head = tips.head.and_then(|head| oid(head.as_bytes()).ok());
    // The newest rows come last, and are the likeliest to be its tip.
    ours.reverse();
    let same_files = |one: CommitId| {
        let bare = |commit| tree::bare_tree_of(repo, commit, tips.ignored).ok();
        bare(one).is_some_and(|files| Some(files) == bare(commit_id(tip)))
    };
    !ours.is_empty()
        && (head.is_some_and(|head| holds(tip, head)) || ours.iter().take(MOST_TIPS).any(|(one, _)| same_files(*one)))
}

/// Returns where the head's line left a trunk. A trunk that merged the loop's branch by merge commits is examined as of
/// before the first of them; after a fast-forward the trunk cannot answer.
fn left_at(repo: &Repo, head: git2::Oid, trunk: git2::Oid) -> Option<git2::Oid> {
    let git = &repo.git;
    if trunk == head {
        return None;
    }
    let mut base = git.merge_base(head, trunk).ok()?;
    let mut line: Vec<git2::Oid> = Vec::new();
    let mut next = repo.find_commit(trunk).ok();
    let mut done = 0;
    loop {
        // Commits older than the base cannot contain it; the extra margin allows for clock differences.
        let since = repo.find_commit(base).ok()?.time().seconds();
        while let Some(commit) = next.take_if(|_| line.len() < MOST_MERGES) {
            let (id, is_older) = (commit.id(), commit.time().seconds() + DAY_S < since);
            next = commit.parent(0).ok();
            line.push(id);
            if id == base || is_older {
                break;
            }
        }
        // On the trunk's own line this is where the two parted; otherwise a merge brought it there.
        if line[done..].contains(&base) {
            break;
        }
        let holds = |commit: git2::Oid| git.graph_descendant_of(commit, base).unwrap_or(false);
        done += line[done..].partition_point(|commit| holds(*commit));
        let Some(before) = line.get(done) else { break };
        match git.merge_base(head, *before) {
            Ok(below) => base = below,
            Err(_) => break,
        }
    }
    Some(base).filter(|base| *base != head)
}

/// Returns the commit at which a branch was last created or reset by name, by its reflog; `None` if that has expired,
/// if a rebase has moved the branch off it since, or if the branch was only fetched.
fn created_at(repo: &Repo, branch: &str, head: git2::Oid) -> Option<CommitId> {
    let entries = reflog::read(&repo.common_dir().join("logs/refs/heads").join(branch));
    let remotes = repo.git.remotes().ok();
    let is_remote = |name: &str| {
        let known = remotes.iter().flat_map(|all| all.iter().flatten().flatten());
        name.starts_with("refs/remotes/") || known.into_iter().any(|remote| name.starts_with(&format!("{remote}/")))
    };
    // `origin/main` is a trunk, `origin/alice/dev` is somebody's branch.
    let is_trunk = |name: &str| {
        let name = name.strip_prefix("refs/remotes/").unwrap_or(name);
        let name = name.split_once('/').map_or(name, |(_, rest)| rest);
        TRUNKS.contains(&name) || name == "HEAD"
    };
    let made = entries.iter().rev().find_map(|entry| {
        let message = entry.message.as_str();
        let from =
            message.strip_prefix("branch: Created from ").or_else(|| message.strip_prefix("branch: Reset to "))?;
        // A branch that was checked out from a remote begins somewhere below.
        Some(if is_remote(from) && !is_trunk(from) { None } else { Some(entry.new) })
    })??;
    let created = oid(made.as_bytes()).ok()?;
    let below = created == head || repo.git.graph_descendant_of(head, created).unwrap_or(false);
    below.then_some(made)
}

/// Decides where the session begins, from the marks and the commits that rows name. `named` are those commits in the
/// order of the rows, `rewritten` the new forms of others, `first_row` the commit that the loop may have begun at,
/// `baseline` the commit of its baseline row; `history` has the commits around them.
pub(super) fn begin(
    history: &History,
    marks: &StartCommits,
    (named, rewritten): (&[CommitId], &[CommitId]),
    first_row: Option<CommitId>,
    baseline: Option<CommitId>,
) -> SessionStart {
    let Some(head) = history.head.or_else(|| named.first().copied()) else { return SessionStart::default() };
    let line = history.ancestors(head);
    let on_line: Vec<CommitId> = named.iter().copied().filter(|commit| line.contains(commit)).collect();
    let oldest = oldest(history, if on_line.is_empty() { named } else { &on_line });
    let first = oldest.and_then(|oldest| parent(history, oldest)).filter(|first| !history.cut.contains(first));
    let mut begin = SessionStart { earlier: first.into_iter().collect(), ..SessionStart::default() };
    // A branch begins below its rows, at its baseline at most; trunk commits below belong to another session.
    let created = marks.created.filter(|created| {
        let below = history.ancestors(*created);
        let attempts = named.iter().chain(rewritten).filter(|one| below.contains(one));
        let is_before = attempts.clone().all(|one| one == created && first_row == Some(*one));
        is_before || marks.created_on.is_some()
    });
    let left = marks.left.as_ref().filter(|(left, _)| {
        // A rebased branch begins at its current base; a trunk that merged some of its commits cannot tell.
        created.is_none_or(|created| {
            let (to_left, to_created) = (history.ancestors(*left), history.ancestors(created));
            to_left.contains(&created)
                && *left != created
                && !named.iter().any(|one| to_left.contains(one) && !to_created.contains(one))
        })
    });
    if let Some((left, trunk)) = left {
        begin.at = Some(*left);
        begin.trunk = Some(trunk.clone());
    } else if let Some(created) = created {
        begin.at = Some(created);
        begin.trunk.clone_from(&marks.created_on);
    } else {
        begin.at = baseline.filter(|baseline| line.contains(baseline)).or(first).or_else(|| {
            // A root commit can be the start; a commit whose parents were not fetched cannot.
            oldest.filter(|oldest| {
                !history.cut.contains(oldest) && history.nodes.get(oldest).is_some_and(|node| node.parents.is_empty())
            })
        });
    }
    begin
}

fn parent(history: &History, commit: CommitId) -> Option<CommitId> {
    history.nodes.get(&commit)?.parents.first().copied()
}

/// Returns the commit with the shortest way down; the first of equals.
fn oldest(history: &History, among: &[CommitId]) -> Option<CommitId> {
    let depths = history.depths();
    among.iter().copied().min_by_key(|commit| depths.get(commit).copied().unwrap_or(usize::MAX))
}
