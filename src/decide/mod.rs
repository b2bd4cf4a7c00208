//! Decisions: lock, recheck, intent, pin, commit, record, publish. Also recovery at the start.
//!
//! Architecture invariant: only this room makes a decision, and it accepts only a
//! [`crate::model::Candidate`].

mod against;
mod answer;
mod author;
mod collect;
mod content;
mod custody;
mod diverged;
mod error;
mod gate_key;
mod gates;
mod intake;
mod message;
mod own_policy;
mod prune;
mod publish;
mod recorded;
mod recover;
mod report;
mod set_aside;
mod signed;
mod steer;
mod stuck;
mod transact;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use against::Against;
pub use custody::{InDoubt, Settlement};
pub use error::DecideError;
pub use intake::Intake;
pub use message::commit_message;
pub use own_policy::other_gate_key;
pub use prune::Prunable;
pub use publish::not_updated;
pub use recover::{Recovered, recovered};
pub use report::Report;
pub use steer::{loop_paused, loop_resumed, note_saved};
pub use stuck::Stuck;
pub use verify::verify;

use jiff::Timestamp;

use crate::approved::{approved_branch, expected_tip, policy_change, read_policy};
use crate::disk::timestamp_now;
use crate::ledger::{Anchors, Ledger, LedgerError, LedgerPlace, LedgerStatus, check_custody};
use crate::model::LoopIdentity;
use crate::policy::Policy;
use crate::repo::{Person, Places, Repo, RepoError, person};
use crate::watch::{Watched, now_ms};

/// Makes the decisions of one loop.
pub struct Decider {
    dir: PathBuf,
    places: Places,
    repo: Repo,
    identity: LoopIdentity,
    ledger: PathBuf,
    anchors: Anchors,
    who: Option<Person>,
    at: Option<Timestamp>,
    /// The register as it was last read, with the lengths of its file and of the ledger at that time.
    register: std::cell::RefCell<Option<publish::PublishedList>>,
    /// The reason why the agent could not be notified of the last decision.
    unreported: std::cell::RefCell<Option<String>>,
    /// True once the caller has given up; `None` if the caller always waits.
    given_up: Option<Arc<AtomicBool>>,
    /// Messages in the inbox that can be neither collected nor removed.
    stuck: Stuck,
}

impl Decider {
    /// Opens the decider for the repository of `dir`. `places` are the person's directories, or only their state
    /// directory.
    pub fn open(dir: &Path, places: impl Into<Places>, identity: &LoopIdentity) -> Result<Self, DecideError> {
        let places = places.into();
        if let Some(trouble) = &places.error {
            return Err(DecideError::Policy(trouble.clone()));
        }
        let mut repo = Repo::open_with(dir, places.home.as_deref())?;
        repo.create_home()?;
        let ledger = repo.own_path("ledger.jsonl")?;
        repo.own_path("lock")?;
        Ok(Self {
            dir: dir.canonicalize().unwrap_or_else(|_| dir.to_owned()),
            anchors: Anchors::below(&places.state),
            ledger,
            repo,
            identity: identity.clone(),
            who: None,
            at: None,
            register: std::cell::RefCell::default(),
            unreported: std::cell::RefCell::default(),
            stuck: Stuck::default(),
            places,
            given_up: None,
        })
    }

    /// Returns the same decider for a given person instead of the configured one.
    pub fn for_person(self, who: Person) -> Self {
        Self { who: Some(who), ..self }
    }

    /// Returns the same decider with a fixed time, to replay earlier decisions.
    pub fn at(self, at: Timestamp) -> Self {
        Self { at: Some(at), ..self }
    }

    /// Returns the same decider with the stuck messages that an earlier one of the same loop found.
    pub fn with_stuck(self, stuck: &Stuck) -> Self {
        Self { stuck: stuck.clone(), ..self }
    }

    /// Returns the same decider, which starts nothing more once the flag is set: its caller has been notified that the request
    /// timed out, and may have decided otherwise since.
    pub fn cancelled_by(self, given_up: &Arc<AtomicBool>) -> Self {
        Self { given_up: Some(Arc::clone(given_up)), ..self }
    }

    fn refuse_given_up(&self) -> Result<(), DecideError> {
        match &self.given_up {
            Some(flag) if flag.load(Ordering::SeqCst) => Err(DecideError::TimedOut),
            _ => Ok(()),
        }
    }

    fn now(&self) -> Timestamp {
        self.at.unwrap_or_else(timestamp_now)
    }

    fn person(&self) -> Result<Person, RepoError> {
        self.who.clone().map_or_else(person, Ok)
    }

    /// Takes the reason why the agent could not be notified of a decision. The decision stands, and is published again
    /// at the next start.
    pub fn untold(&self) -> Option<String> {
        self.unreported.take()
    }

    /// True if the person's configuration signs commits.
    pub fn will_sign(&self) -> bool {
        self.person().is_ok_and(|person| person.signing.wanted)
    }

    /// Returns the place of the ledger that is checked.
    fn place<'a>(&'a self, root: &'a dyn Fn() -> Option<String>) -> LedgerPlace<'a> {
        LedgerPlace {
            ledger: &self.ledger,
            work_tree: &self.identity.work_tree,
            asked: self.repo.requested_paths(),
            root,
        }
    }

    /// Locks the ledger, whatever its state, and compares it with its anchor.
    fn locked_in_doubt(&self) -> Result<(Ledger, LedgerStatus), DecideError> {
        self.repo.refuse_foreign_owner()?;
        let ledger = match Ledger::lock(&self.ledger) {
            Err(LedgerError::Broken { .. }) => Ledger::lock_valid_prefix(&self.ledger)?,
            locked => locked?,
        };
        self.refuse_given_up()?;
        let root = || self.repo.root().map(|root| root.to_string());
        let place = self.place(&root);
        let mut custody = check_custody(&self.anchors, ledger.chain(), &place)?;
        // An anchor of an earlier version does not have the root.
        if custody.anchor.root.is_none() {
            custody.anchor.root = root();
        }
        Ok((ledger, custody))
    }

    /// Locks the ledger; fails if it has an integrity problem.
    fn locked(&self) -> Result<Ledger, DecideError> {
        // A broken hash chain is reported with its line.
        let (ledger, custody) = self.locked_in_doubt()?;
        match custody.doubt {
            Some(doubt) => Err(LedgerError::AnchorMismatch { path: self.ledger.clone(), doubt }.into()),
            None => Ok(ledger.anchored(self.anchors.clone(), &custody)),
        }
    }

    /// Returns the ledger ready for a decision: interrupted decisions are finished first.
    fn ready(&self) -> Result<Ledger, DecideError> {
        let mut ledger = self.locked()?;
        self.settle(&mut ledger)?;
        self.list_saved_lines(ledger.chain())?;
        Ok(ledger)
    }

    /// Like `ready`, for a person's decision: the policy in force must be the one they accepted.
    fn ready_for_person(&self) -> Result<(Ledger, Policy), DecideError> {
        let ledger = self.ready()?;
        if let Some(change) = policy_change(&self.repo, ledger.chain()) {
            return Err(DecideError::Unaccepted(change));
        }
        let policy = self.policy(&ledger)?;
        self.refuse_unsigned(&ledger, &policy)?;
        Ok((ledger, policy))
    }

    fn policy(&self, ledger: &Ledger) -> Result<Policy, DecideError> {
        Ok(read_policy(&self.repo, ledger.chain(), &self.identity)?)
    }

    /// Fails if a first decision would start the approved branch at the boundary of a shallow clone, as the screen
    /// does. Only the results name that commit, so this reads them too.
    fn refuse_edge(&self, ledger: &Ledger, branch: &str) -> Result<(), DecideError> {
        if expected_tip(ledger.chain(), branch).is_some() || self.repo.shallow_edge().is_empty() {
            return Ok(());
        }
        let watched = Watched::open(&self.dir, &self.places);
        let mut watched = watched.map_err(|error| DecideError::Changed(error.to_string()))?;
        watched.poll(now_ms());
        watched.snapshot().starts_at_an_edge().map_or(Ok(()), |why| Err(DecideError::Diverged(why)))
    }

    fn branch(&self, policy: &Policy, ledger: &Ledger) -> String {
        approved_branch(policy, ledger.chain(), &self.identity)
    }
}
