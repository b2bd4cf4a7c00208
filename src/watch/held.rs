//! The ledger of the watched repository, read and hashed once for all uses.

use std::sync::{Arc, LazyLock};

use crate::approved::{CheckedLedger, read_checked_ledger};
use crate::ledger::{Chain, ReadGuard};
use crate::repo::{Places, Repo};

/// The ledger, or the reason why it cannot be read.
#[derive(Clone)]
pub(super) struct LedgerRead(Result<Arc<CheckedLedger>, String>);

impl LedgerRead {
    pub(super) fn of(repo: Option<&Repo>, places: &Places) -> Self {
        let Some(repo) = repo else { return Self(Err("no repository".to_owned())) };
        Self(read_checked_ledger(repo, &places.state).map(Arc::new).map_err(|error| error.to_string()))
    }

    pub(super) fn read(&self) -> Result<&CheckedLedger, &str> {
        self.0.as_ref().map(Arc::as_ref).map_err(String::as_str)
    }

    /// Its records; empty if it cannot be trusted.
    pub(super) fn chain(&self) -> &Chain {
        static NOTHING: LazyLock<Chain> = LazyLock::new(Chain::default);
        self.read().map_or(&NOTHING, |held| &held.chain)
    }
}

/// The ledger, read while nobody can decide as long as this is held: otherwise a decision between reading it and
/// reading the branch would look like a forgery.
pub(super) struct ReadLedger {
    pub(super) held: LedgerRead,
    /// True if somebody was deciding at that moment.
    pub(super) being_decided: bool,
    /// Prevents others from deciding; `None` if somebody is, or if there can be no ledger.
    pub(super) looking: Option<ReadGuard>,
}

impl ReadLedger {
    pub(super) fn of(repo: Option<&Repo>, places: &Places) -> Self {
        let path = repo.and_then(|repo| repo.own_path("ledger.jsonl").ok());
        let looking = path.as_deref().and_then(ReadGuard::try_acquire);
        let being_decided = path.is_some() && looking.is_none();
        Self { held: LedgerRead::of(repo, places), being_decided, looking }
    }
}
