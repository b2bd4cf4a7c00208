//! All facts of one loop so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    Approved, Baselines, Decision, Fact, Goal, History, LoopIdentity, MailboxState, PassedOver, Proposal, Recorder,
    Snapshot, Table, Trial, TrialId, Warning,
};

/// All facts of one loop, and the latest snapshot that was folded from them.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(super) identity: LoopIdentity,
    pub(super) table: Option<Arc<Table>>,
    pub(super) history: Arc<History>,
    pub(super) trials: BTreeMap<TrialId, Arc<Trial>>,
    pub(super) approved: Arc<Approved>,
    pub(super) decisions: Arc<Vec<Decision>>,
    pub(super) proposals: Arc<Vec<Arc<Proposal>>>,
    pub(super) mailbox: Arc<MailboxState>,
    pub(super) baselines: Baselines,
    pub(super) metric: Option<Arc<str>>,
    pub(super) goal: Option<Goal>,
    pub(super) bound: Option<f64>,
    pub(super) recorder: Recorder,
    pub(super) passed_over: Arc<Vec<PassedOver>>,
    pub(super) warnings: BTreeMap<&'static str, Vec<Warning>>,
    pub(super) folded: Option<Arc<Snapshot>>,
    /// Trials that changed since that snapshot.
    pub(super) changed: BTreeSet<TrialId>,
}

impl Facts {
    /// The approved branch as it was last read.
    pub fn approved(&self) -> &Approved {
        &self.approved
    }

    /// The history as it was last read.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Files and directories found next to the curves and not read.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// Logs that belong to a known trial.
    pub fn logs(&self) -> impl Iterator<Item = &Arc<str>> {
        self.trials.values().map(|trial| &trial.log)
    }

    /// Ids of all known trials.
    pub fn trial_ids(&self) -> Vec<TrialId> {
        self.trials.keys().copied().collect()
    }

    /// Applies one fact.
    pub fn apply(&mut self, fact: Fact) {
        let is_news = match fact {
            Fact::Trial(trial) => {
                // Only trials change; folding them checks whether more has to.
                self.changed.insert(trial.id);
                self.trials.insert(trial.id, trial);
                false
            }
            Fact::RemovedTrials(gone) => {
                self.trials.retain(|id, _| !gone.contains(id));
                !gone.is_empty()
            }
            Fact::Identity(identity) => is_new(&mut self.identity, identity),
            Fact::Table(table) => {
                self.table = Some(table);
                true
            }
            Fact::History(history) => {
                self.history = history;
                true
            }
            Fact::Approved(approved) => is_new(&mut self.approved, approved),
            Fact::Decisions(decisions) => {
                self.decisions = decisions;
                true
            }
            Fact::Proposals(proposals) => {
                self.proposals = proposals;
                true
            }
            Fact::Mailbox(mailbox) => is_new(&mut self.mailbox, mailbox),
            Fact::Baselines(baselines) => is_new(&mut self.baselines, baselines),
            Fact::Objective { metric, goal, bound } => {
                is_new(&mut self.metric, metric) | is_new(&mut self.goal, goal) | is_new(&mut self.bound, bound)
            }
            Fact::Recorder(recorder) => is_new(&mut self.recorder, recorder),
            Fact::PassedOver(entries) => is_new(&mut self.passed_over, entries),
            Fact::Warnings(subject, warnings) => is_new(self.warnings.entry(subject).or_default(), warnings),
        };
        if is_news {
            self.folded = None;
        }
    }
}

/// Replaces a value; true if it changed.
fn is_new<T: PartialEq>(place: &mut T, value: T) -> bool {
    let is_new = *place != value;
    *place = value;
    is_new
}
