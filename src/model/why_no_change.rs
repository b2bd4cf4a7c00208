//! The reasons why experiments have no change, in words for people.

use super::{Claim, CommitId, Experiment, NoChange, Snapshot};

impl Snapshot {
    /// Indices of the kept experiments without a change for one of these reasons.
    pub fn kept_without(&self, why: &[NoChange]) -> Vec<usize> {
        let is_it = |one: &Experiment| {
            one.claim == Claim::Keep && one.has_row() && one.no_change.is_some_and(|reason| why.contains(&reason))
        };
        self.experiments.iter().enumerate().filter(|(_, one)| is_it(one)).map(|(index, _)| index).collect()
    }

    /// The reason why an experiment has no change, as a sentence for people; `None` if it has one.
    pub fn why_no_change(&self, experiment: &Experiment) -> Option<String> {
        Some(match experiment.no_change? {
            NoChange::Baseline => {
                "this is the baseline: the approved branch starts here, there is nothing to approve".to_owned()
            }
            NoChange::NoCommit => "its row names no commit, so it has no change to review".to_owned(),
            NoChange::Gone if self.is_cut => {
                "its commit is not in this shallow clone: git fetch --unshallow fetches the rest".to_owned()
            }
            NoChange::Gone => {
                "its commit is gone: it is on no branch, in no reflog and not pinned; only the row is left".to_owned()
            }
            NoChange::Unread => {
                "the history could not be read, so its commit is not known: `countersign status` shows why".to_owned()
            }
            NoChange::SeveralAlike => {
                "its commit is gone, and several commits of the branch could be its successor: none is used".to_owned()
            }
            NoChange::Ambiguous => {
                "its row names a prefix of several commits' ids".to_owned()
            }
            NoChange::SharedWith { line, .. } => {
                let here = if self.is_discarded_there(experiment) { ", which this row discards" } else { "" };
                format!("one more result of the commit of line {line}{here}: the change is shown and decided there")
            }
            NoChange::BeyondShallow => {
                "its base is beyond the edge of this shallow clone, so its change is not known: git fetch --unshallow fetches the rest".to_owned()
            }
            NoChange::NoBase => {
                "nothing below its commit is a baseline, a kept row or the start of the loop, so its change is not known"
                    .to_owned()
            }
            NoChange::OnTrunk => {
                format!("it is already on {}, where this session began", self.trunk_name())
            }
            NoChange::Equal => "its commit contains the same files as its base, ignored paths aside".to_owned(),
        })
    }

    /// A description of the base of a change, for people.
    pub fn base_is(&self, base: CommitId) -> String {
        // A kept row whose commit was rewritten is the base of changes on the new commit.
        let is_again = |one: &&std::sync::Arc<Experiment>| one.found_as.is_some_and(|found| found.commit == base);
        let again = || self.experiments.iter().find(is_again);
        let owner = self.by_head(base).or_else(again).filter(|owner| owner.has_row());
        match owner {
            Some(owner) if owner.is_baseline => "the baseline".to_owned(),
            Some(owner) if owner.claim == Claim::Keep => format!("the kept row in line {}", owner.row.line),
            _ if Some(base) == self.began_at => match &self.trunk {
                Some(trunk) => format!("where the session left {trunk}"),
                None => "where the loop began".to_owned(),
            },
            _ => String::new(),
        }
    }
}
