//! Git. The only room that names `git2`.
//!
//! The agent's repository and its configuration are not trusted: nothing here runs a program, reads an identity from
//! it, or touches its work tree, index, HEAD or branches.

mod again;
mod amend;
mod approved;
mod asking;
mod borrowed;
mod bounded;
mod candidate;
mod cells;
mod collecting;
mod commit;
mod diff;
mod doubts;
mod durable;
mod edits;
mod error;
mod fork;
mod history;
mod home;
mod lines;
mod named;
mod objects;
mod open;
mod ours;
mod own_loop;
mod patched;
mod person;
mod pins;
mod pipes;
mod places;
mod plain;
mod references;
mod reflog;
mod renames;
mod root;
mod tips;
mod tree;
mod waiting;

pub use again::SoughtRow;
pub use amend::exclude_lines;
pub use approved::{approved_commits, branch_tip, commits_between, ledger_trailer, refuse_checked_out};
pub use candidate::{CandidateSpec, build, with_conflict_markers};
pub use commit::{
    DraftCommit, NewCommit, commit_signature, draft_commit, free_branch, pin_foreign, set_branch, write_commit,
};
pub use diff::{contents_between, files_between, text_change};
pub use durable::refuse_lost;
pub use edits::keep_edits;
pub use error::RepoError;
pub use history::{HistoryCache, read_history};
pub use home::Places;
pub use lines::{LineMerge, merge_lines, merge_tokens};
pub use objects::{Branch, Contents, check_contents};
pub use open::{HeadState, Repo, RepoStamp};
pub use patched::{check_change, commit_patch};
pub use person::{Person, core_editor, person, signing};
pub use pins::{made_at, pin, pins, unpin};
pub use plain::shadowing_references;
pub use tips::Tips;
pub use tree::policy_on_branch;
pub use waiting::WorkGuard;

use crate::model::{CommitId, TreeId};

fn commit_id(oid: git2::Oid) -> CommitId {
    CommitId::from_bytes(raw(oid))
}

fn tree_id(oid: git2::Oid) -> TreeId {
    TreeId::from_bytes(raw(oid))
}

fn raw(oid: git2::Oid) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&oid.as_bytes()[..20]);
    bytes
}

fn oid(bytes: &[u8; 20]) -> Result<git2::Oid, RepoError> {
    git2::Oid::from_bytes(bytes).map_err(RepoError::from)
}
