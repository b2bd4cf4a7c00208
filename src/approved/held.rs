//! The ledger of a repository, checked against its anchor.

use std::path::Path;

use crate::ledger::{Anchors, Chain, LedgerError, LedgerPlace, LedgerProblem, LedgerStatus, check_custody, read_chain};
use crate::repo::Repo;

/// The ledger of a repository, compared with its anchor.
pub struct CheckedLedger {
    /// Its records, without those that somebody else appended; empty if the ledger was cut, rewritten or replaced.
    pub chain: Chain,
    /// The result of the comparison.
    pub custody: LedgerStatus,
}

impl CheckedLedger {
    /// Returns why nothing is decided on it; `None` if it is as the person left it.
    pub fn doubt(&self) -> Option<String> {
        self.custody.doubt.as_ref().map(ToString::to_string)
    }
}

/// Reads the ledger of a repository and compares it with its anchor. Writes nothing.
pub fn read_checked_ledger(repo: &Repo, state: &Path) -> Result<CheckedLedger, LedgerError> {
    let path = repo.own_path("ledger.jsonl").map_err(|error| LedgerError::Io {
        path: repo.common_dir().join("countersign/ledger.jsonl"),
        source: std::io::Error::other(error.to_string()),
    })?;
    let anchors = Anchors::below(state);
    let mut before = None;
    loop {
        let mut chain = read_chain(&path)?;
        let root = || repo.root().map(|root| root.to_string());
        let work_tree = repo.work_tree().to_string_lossy();
        let place = LedgerPlace { ledger: &path, work_tree: &work_tree, asked: repo.requested_paths(), root: &root };
        let custody = check_custody(&anchors, &chain, &place)?;
        // A decision may be written between the two reads: only a problem that persists counts.
        let now = (chain.seq(), custody.doubt.clone());
        if custody.doubt.is_some() && before.as_ref() != Some(&now) {
            before = Some(now);
            continue;
        }
        match &custody.doubt {
            Some(LedgerProblem::Foreign { .. } | LedgerProblem::Copy { is_whole: true, .. }) => {
                chain.set_trusted_records(custody.believed);
            }
            None | Some(LedgerProblem::Unanchored { .. }) => {}
            Some(_) => chain = Chain::default(),
        }
        return Ok(CheckedLedger { chain, custody });
    }
}
