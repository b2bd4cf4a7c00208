//! The ledger of the watched repository, read and hashed once for all that is asked of it.

use std::sync::{Arc, LazyLock};

use crate::approved::{HeldLedger, held_ledger};
use crate::ledger::{Chain, ReadGuard};
use crate::repo::{Places, Repo};

/// The ledger, or why it cannot be read.
#[derive(Clone)]
pub(super) struct LedgerRead(Result<Arc<HeldLedger>, String>);

impl LedgerRead {
    pub(super) fn of(repo: Option<&Repo>, places: &Places) -> Self {
        let Some(repo) = repo else { return Self(Err("there is no repository".to_owned())) };
        Self(held_ledger(repo, &places.state).map(Arc::new).map_err(|error| error.to_string()))
    }

    pub(super) fn read(&self) -> Result<&HeldLedger, &str> {
        self.0.as_ref().map(Arc::as_ref).map_err(String::as_str)
    }

    /// What it says; nothing where it cannot be believed.
    pub(super) fn chain(&self) -> &Chain {
        static NOTHING: LazyLock<Chain> = LazyLock::new(Chain::default);
        self.read().map_or(&NOTHING, |held| &held.chain)
    }
}

/// The ledger, read while nobody decides for as long as this is kept: a decision between this look and one at the branch
/// would seem to be a forgery.
pub(super) struct ReadLedger {
    pub(super) held: LedgerRead,
    /// True if somebody was deciding just then.
    pub(super) being_decided: bool,
    /// Keeps others from deciding; `None` if somebody does, or there is no place for a ledger.
    pub(super) looking: Option<ReadGuard>,
}

impl ReadLedger {
    pub(super) fn of(repo: Option<&Repo>, places: &Places) -> Self {
        let path = repo.and_then(|repo| repo.own_file("ledger.jsonl").ok());
        let looking = path.as_deref().and_then(ReadGuard::begin);
        let being_decided = path.is_some() && looking.is_none();
        Self { held: LedgerRead::of(repo, places), being_decided, looking }
    }
}
