//! THE decision: lock, recheck, intent, pin, commit, record, publish. And recovery at start.
//!
//! Architecture invariant: only this room makes a decision, and it accepts nothing but a
//! [`crate::model::Candidate`].

mod answer;
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
mod set_aside;
mod signed;
mod steer;
mod stuck;
mod taking;
mod transact;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use custody::{InDoubt, Settlement};
pub use error::DecideError;
pub use intake::Intake;
pub use message::commit_message;
pub use own_policy::other_gate_key;
pub use prune::Prunable;
pub use recover::Recovered;
pub use stuck::Stuck;
pub use verify::{Against, Report, verify};

use jiff::Timestamp;

use crate::approved::{approved_branch, expected_tip, policy_change, read_policy};
use crate::disk::timestamp_now;
use crate::ledger::{Anchors, Custody, Ledger, LedgerError, LedgerPlace, custody_of};
use crate::model::LoopIdentity;
use crate::policy::Policy;
use crate::repo::{Person, Places, Repo, RepoError, person};
use crate::watch::{Watched, now_ms};

/// Where decisions are made, for one loop.
pub struct Decider {
    dir: PathBuf,
    places: Places,
    repo: Repo,
    identity: LoopIdentity,
    ledger: PathBuf,
    anchors: Anchors,
    who: Option<Person>,
    at: Option<Timestamp>,
    /// The list of what was taken in, as it was read last, and how long it and the ledger were then.
    register: std::cell::RefCell<Option<publish::PublishedList>>,
    /// Why the agent could not be told of what was decided last.
    untold: std::cell::RefCell<Option<String>>,
    /// True once nobody waits for what is done here; `None` where somebody always does.
    given_up: Option<Arc<AtomicBool>>,
    /// Messages at the door that can be neither taken in nor away.
    stuck: Stuck,
}

impl Decider {
    /// A desk for the repository of `dir`. `places` are the person's, or their state directory alone.
    pub fn open(dir: &Path, places: impl Into<Places>, identity: &LoopIdentity) -> Result<Self, DecideError> {
        let places = places.into();
        if let Some(trouble) = &places.trouble {
            return Err(DecideError::Policy(trouble.clone()));
        }
        let mut repo = Repo::open_with(dir, places.home.as_deref())?;
        repo.make_home()?;
        let ledger = repo.own_file("ledger.jsonl")?;
        repo.own_file("lock")?;
        Ok(Self {
            dir: dir.canonicalize().unwrap_or_else(|_| dir.to_owned()),
            anchors: Anchors::below(&places.state),
            ledger,
            repo,
            identity: identity.clone(),
            who: None,
            at: None,
            register: std::cell::RefCell::default(),
            untold: std::cell::RefCell::default(),
            stuck: Stuck::default(),
            places,
            given_up: None,
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

    /// The same desk with what an earlier one of the same loop found stuck at the door.
    pub fn with_stuck(self, stuck: &Stuck) -> Self {
        Self { stuck: stuck.clone(), ..self }
    }

    /// The same desk, where nothing begins any more once a flag is set: who asked for it was told that it was given up,
    /// and may have decided something else since.
    pub fn unless(self, given_up: &Arc<AtomicBool>) -> Self {
        Self { given_up: Some(Arc::clone(given_up)), ..self }
    }

    fn refuse_given_up(&self) -> Result<(), DecideError> {
        match &self.given_up {
            Some(flag) if flag.load(Ordering::SeqCst) => Err(DecideError::GivenUp),
            _ => Ok(()),
        }
    }

    fn now(&self) -> Timestamp {
        self.at.unwrap_or_else(timestamp_now)
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

    /// Where the ledger is asked about.
    fn place<'a>(&'a self, root: &'a dyn Fn() -> Option<String>) -> LedgerPlace<'a> {
        LedgerPlace { ledger: &self.ledger, work_tree: &self.identity.work_tree, asked: self.repo.asked(), root }
    }

    /// Locks the ledger, whatever is wrong with it, and holds it against its anchor.
    fn locked_in_doubt(&self) -> Result<(Ledger, Custody), DecideError> {
        self.repo.refuse_foreign_owner()?;
        let ledger = match Ledger::lock(&self.ledger) {
            Err(LedgerError::Broken { .. }) => Ledger::lock_as_far(&self.ledger)?,
            locked => locked?,
        };
        self.refuse_given_up()?;
        let root = || self.repo.root().map(|root| root.to_string());
        let place = self.place(&root);
        let mut custody = custody_of(&self.anchors, ledger.chain(), &place)?;
        // An anchor of an earlier version does not know it.
        if custody.anchor.root.is_none() {
            custody.anchor.root = root();
        }
        Ok((ledger, custody))
    }

    /// Locks the ledger, where nothing is wrong with it.
    fn locked(&self) -> Result<Ledger, DecideError> {
        // Where lines do not follow from each other that is said, with the line.
        let (ledger, custody) = self.locked_in_doubt()?;
        match custody.doubt {
            Some(doubt) => Err(LedgerError::InDoubt { path: self.ledger.clone(), doubt }.into()),
            None => Ok(ledger.anchored(self.anchors.clone(), &custody)),
        }
    }

    /// The ledger, ready for a decision: what was interrupted is ended first.
    fn ready(&self) -> Result<Ledger, DecideError> {
        let mut ledger = self.locked()?;
        self.settle(&mut ledger)?;
        self.list_kept_lines(ledger.chain())?;
        Ok(ledger)
    }

    /// The same for a decision of a person: the policy in force is the one they accepted.
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
        read_policy(&self.repo, ledger.chain(), &self.identity).map_err(DecideError::Policy)
    }

    /// Fails where a first decision would begin the approved branch at the edge of a shallow clone, as the screen does.
    /// Only the rows say which commit that is, so they are looked at here, too.
    fn refuse_edge(&self, ledger: &Ledger, branch: &str) -> Result<(), DecideError> {
        if expected_tip(ledger.chain(), branch).is_some() || self.repo.shallow_edge().is_empty() {
            return Ok(());
        }
        let watched = Watched::open(&self.dir, &self.places, false);
        let mut watched = watched.map_err(|error| DecideError::Changed(error.to_string()))?;
        watched.look(now_ms());
        watched.snapshot().starts_at_an_edge().map_or(Ok(()), |why| Err(DecideError::Foreign(why)))
    }

    fn branch(&self, policy: &Policy, ledger: &Ledger) -> String {
        approved_branch(policy, ledger.chain(), &self.identity)
    }
}
