//! The person's own policy, read from where people write it.
//!
//! The person writes the file; the ledger has the version they accepted. From the first record on, the policy in the
//! ledger applies, and a differing file is reported.

use std::path::PathBuf;

use crate::disk::read_text;
use crate::ledger::{Body, Chain};
use crate::policy::{Policy, PolicyError};
use crate::repo::{Repo, RepoError};

/// Size limit of a policy in bytes: the ledger records all of it.
const LONGEST: u64 = 256 * 1024;

/// An error that leaves a loop without a policy in force.
#[derive(Debug, thiserror::Error)]
pub enum PolicySourceError {
    /// The person's own files cannot be found.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The policy file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's message.
        error: std::io::Error,
    },
    /// A policy is not valid.
    #[error("{place}: {error}")]
    Invalid {
        /// Its file, record or branch.
        place: String,
        /// The parser's message, with line and column.
        error: PolicyError,
    },
}

/// Returns the person's own policy: the one in the ledger, or the file if the ledger has none yet.
pub fn read_own_policy(repo: &Repo, chain: &Chain) -> Result<Policy, PolicySourceError> {
    let invalid = |place: String| |error| PolicySourceError::Invalid { place, error };
    match recorded_policy(chain) {
        Some((seq, text)) => Policy::parse(text).map_err(invalid(format!("the policy in record {seq}"))),
        None => {
            let path = repo.own_path("policy.yaml")?;
            Policy::parse(&policy_text(repo)?).map_err(invalid(path.display().to_string()))
        }
    }
}

/// Returns the text of the person's policy file; empty without a file.
pub fn policy_text(repo: &Repo) -> Result<String, PolicySourceError> {
    let path = repo.own_path("policy.yaml")?;
    match read_text(&path, LONGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| PolicySourceError::Unreadable { path, error }),
    }
}

/// Returns the policy in force and its record; `None` before there is one. After the first one, only a person can put
/// another in force.
pub fn recorded_policy(chain: &Chain) -> Option<(u64, &str)> {
    let mut found = None;
    for entry in &chain.entries {
        if let Body::Policy { text, reviewer, .. } = &entry.record.body
            && (found.is_none() || !reviewer.is_empty())
        {
            found = Some((entry.record.seq, text.as_str()));
        }
    }
    found
}

/// Returns what to do about a policy file that differs from the accepted one; `None` if it does not, or none was
/// accepted yet.
pub fn policy_change(repo: &Repo, chain: &Chain) -> Option<String> {
    let (seq, recorded) = recorded_policy(chain)?;
    match policy_text(repo) {
        Ok(text) if is_same_policy(&text, recorded) => None,
        Ok(text) => Some(match Policy::parse(&text) {
            Ok(_) => format!(
                "policy.yaml was changed: it differs from the policy of record {seq}, which stays in force. Review and \
                 accept it, or undo the change (countersign policy)"
            ),
            Err(error) => format!(
                "policy.yaml differs from the policy of record {seq}, which stays in force, and cannot be read: {error}"
            ),
        }),
        Err(why) => Some(format!("cannot read the policy; that of record {seq} stays in force: {why}")),
    }
}

/// True for two texts with the same content: comments and layout have no effect.
pub fn is_same_policy(one: &str, other: &str) -> bool {
    one == other || Policy::parse(one).is_ok_and(|one| Policy::parse(other).is_ok_and(|other| one == other))
}
