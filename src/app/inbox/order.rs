//! The changes in the inbox, in its order.

use std::collections::HashSet;

use crate::app::{InboxOrder, State};
use crate::model::{ExperimentId, Severity};

impl State {
    /// Returns the indices of the experiments in the inbox, in its order. A change whose decision is being written is
    /// not listed.
    pub fn inbox(&self) -> Vec<usize> {
        self.inbox_with(None)
    }

    /// Returns the inbox row of an experiment whose decision is being written; `None` if it was not in the inbox.
    pub(in crate::app) fn inbox_row_of(&self, index: usize) -> Option<usize> {
        self.inbox_with(Some(index)).iter().position(|other| *other == index)
    }

    /// Returns the inbox, including one change whose decision is being written.
    fn inbox_with(&self, decided: Option<usize>) -> Vec<usize> {
        let snapshot = &self.snapshot;
        let mut listed: Vec<usize> = snapshot.waiting.to_vec();
        listed.retain(|index| {
            decided == Some(*index) || !self.decisions.under_way.contains(&snapshot.experiments[*index].id)
        });
        match self.inbox.order {
            InboxOrder::Lineage => {}
            InboxOrder::Findings => listed.sort_by_key(|index| {
                let judged = self.assessments.known.get(&snapshot.experiments[*index].id);
                let worst = judged.and_then(|judged| judged.findings.first()).map(|finding| finding.severity);
                std::cmp::Reverse(worst.map_or(0, |severity| match severity {
                    Severity::Note => 1,
                    Severity::Warning => 2,
                    Severity::Critical => 3,
                }))
            }),
            InboxOrder::Gain => listed.sort_by(|a, b| {
                let gain = |index: &usize| snapshot.experiments[*index].claimed_gain.unwrap_or(f64::NEG_INFINITY);
                gain(b).total_cmp(&gain(a))
            }),
            // In the order of approval, before all others.
            InboxOrder::Shortlist => {
                let chosen = self.inbox.shortlist.as_ref().map_or(&[] as &[_], |shortlist| shortlist.chosen.as_slice());
                let chosen: HashSet<&ExperimentId> = chosen.iter().collect();
                listed.sort_by_key(|index| !chosen.contains(&snapshot.experiments[*index].id));
            }
            InboxOrder::Age => listed.sort_by_key(|index| std::cmp::Reverse(snapshot.experiments[*index].at_ms)),
        }
        listed
    }

    /// True if the experiment is on the shortlist.
    pub fn is_on_shortlist(&self, id: &ExperimentId) -> bool {
        self.inbox.shortlist.as_ref().is_some_and(|shortlist| shortlist.chosen.contains(id))
    }
}
