//! THE decision: lock, recheck, intent, pin, commit, record, publish. And recovery at start.
//!
//! Architecture invariant: only this room makes a decision, and it accepts nothing but a
//! [`crate::model::Candidate`].

mod answer;
mod content;
mod error;
mod foreign;
mod gates;
mod message;
mod policy_line;
mod publish;
mod recover;
mod signed;
mod steer;
mod taking;
mod transact;
mod verify;

use std::path::{Path, PathBuf};

pub use answer::{Answer, Questions};
pub use error::DeskError;
pub use message::{CommitText, commit_message};
pub use policy_line::{write_direction, write_table};
pub use recover::Recovered;
pub use taking::TakenIn;
pub use transact::Approval;
pub use verify::{Against, Report, verify};

use jiff::Timestamp;

use crate::format::Bookkeeping;
use crate::ledger::{Ledger, anchor_path, read_anchor};
use crate::model::LoopIdentity;
use crate::observe::{approved_branch, read_policy};
use crate::policy::Policy;
use crate::repo::{Person, Places, Repo, RepoError, person};

/// Where decisions are made, for one loop.
pub struct Desk {
    dir: PathBuf,
    repo: Repo,
    identity: LoopIdentity,
    ledger: PathBuf,
    anchor: PathBuf,
    who: Option<Person>,
    at: Option<Timestamp>,
    /// The list of what was taken in, as it was read last, and how long it was then.
    register: std::cell::RefCell<Option<(u64, std::sync::Arc<publish::Register>)>>,
    /// Why the agent could not be told of what was decided last.
    untold: std::cell::RefCell<Option<String>>,
}

impl Desk {
    /// A desk for the repository of `dir`. `places` are the person's, or their state directory alone.
    pub fn open(dir: &Path, places: impl Into<Places>, identity: &LoopIdentity) -> Result<Self, DeskError> {
        let places = places.into();
        if let Some(trouble) = places.trouble {
            return Err(DeskError::Policy(trouble));
        }
        let mut repo = Repo::open_with(dir, places.home.as_deref())?;
        repo.make_home()?;
        let ledger = repo.own_file("ledger.jsonl")?;
        repo.own_file("lock")?;
        Ok(Self {
            dir: dir.canonicalize().unwrap_or_else(|_| dir.to_owned()),
            anchor: anchor_path(&places.state, &ledger),
            ledger,
            repo,
            identity: identity.clone(),
            who: None,
            at: None,
            register: std::cell::RefCell::default(),
            untold: std::cell::RefCell::default(),
        })
    }

    /// The same desk for a person who is known already, instead of the one in the configuration.
    pub fn for_person(self, who: Person) -> Self {
        Self { who: Some(who), ..self }
    }

    /// The same desk at another time than now: where what was decided once is replayed.
    pub fn at(self, at: Timestamp) -> Self {
        Self { at: Some(at), ..self }
    }

    fn now(&self) -> Timestamp {
        self.at.unwrap_or_else(Timestamp::now)
    }

    fn person(&self) -> Result<Person, RepoError> {
        self.who.clone().map_or_else(person, Ok)
    }

    /// Why the agent could not be told of what was decided; told once. The decision stands all the same, and
    /// is told again at the next start.
    pub fn untold(&self) -> Option<String> {
        self.untold.take()
    }

    /// True when the person's configuration signs commits.
    pub fn will_sign(&self) -> bool {
        self.person().is_ok_and(|person| person.signing.wanted)
    }

    /// Locks and checks the ledger against its chain and anchor.
    fn locked(&self) -> Result<Ledger, DeskError> {
        self.repo.refuse_foreign_owner()?;
        let ledger = Ledger::lock(&self.ledger)?;
        if let Some(what) = read_anchor(&self.anchor)?.and_then(|anchor| anchor.objection(ledger.chain())) {
            return Err(crate::ledger::LedgerError::NotAnchored { path: self.ledger.clone(), what }.into());
        }
        Ok(ledger)
    }

    /// The ledger, ready for a decision: what was interrupted is ended first, and the anchor can be
    /// written.
    fn ready(&self) -> Result<Ledger, DeskError> {
        let mut ledger = self.locked()?;
        let settled = self.settle(&mut ledger)?;
        // Before anything is decided, so that no decision is made that could not be anchored.
        if !settled.is_empty() || !self.anchor.exists() {
            self.anchor(&ledger)?;
        }
        Ok(ledger)
    }

    fn policy(&self, ledger: &Ledger) -> Result<Policy, DeskError> {
        read_policy(&self.repo, ledger.chain(), &self.identity).map_err(DeskError::Policy)
    }

    fn branch(&self, policy: &Policy, ledger: &Ledger) -> String {
        approved_branch(policy, ledger.chain(), &self.identity)
    }
}

/// The bookkeeping files of a loop.
pub fn bookkeeping(repo: &Repo, identity: &LoopIdentity, policy: &Policy) -> Bookkeeping {
    let results = repo.below(&identity.results).unwrap_or(&identity.results);
    Bookkeeping::new(repo.prefix(), results, &policy.logs)
}
