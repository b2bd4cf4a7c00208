//! The experiments that a list shows, their order, and the selection.

use std::collections::{HashMap, HashSet};

use crate::app::{State, ViewKind, steps, top_row};
use crate::model::{ExperimentId, Severity};

/// The order of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InboxOrder {
    /// Experiments that others build on come first.
    #[default]
    Lineage,
    /// The most severe findings first.
    Findings,
    /// The largest claimed gain first.
    Gain,
    /// The newest first.
    Age,
    /// The shortlist first: the smallest set with most of the claimed gain.
    Few,
}

impl InboxOrder {
    /// Returns the next order, cyclically.
    pub(in crate::app) fn next(self) -> Self {
        match self {
            Self::Lineage => Self::Findings,
            Self::Findings => Self::Gain,
            Self::Gain => Self::Age,
            Self::Age => Self::Few,
            Self::Few => Self::Lineage,
        }
    }

    /// Returns the words in the list's title.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lineage => "lineage order",
            Self::Findings => "by findings",
            Self::Gain => "by claimed gain",
            Self::Age => "newest first",
            Self::Few => "the few that matter first",
        }
    }
}

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
            InboxOrder::Few => {
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

    /// Returns the indices of the experiments that `[` and `]` walk through in the current view, in order.
    pub fn listed(&self) -> Vec<usize> {
        match self.view {
            ViewKind::Inbox => self.inbox(),
            ViewKind::Lineage => steps(&self.snapshot).iter().map(|step| step.index).collect(),
            ViewKind::Curves => (0..self.snapshot.experiments.len()).collect(),
            ViewKind::Progress => self.snapshot.in_segment().collect(),
            // Their rows are not experiments: an invisible selection would be acted on unseen.
            ViewKind::Instruments | ViewKind::Knobs | ViewKind::Runs => Vec::new(),
        }
    }

    /// Returns the selected experiment of the current view; `None` if it lists nothing.
    pub fn selected(&self) -> Option<usize> {
        let id = self.experiments.selection.get(&self.view)?;
        self.snapshot.index_of(id)
    }

    /// Returns the row of the selected experiment in the current list.
    pub fn selected_row(&self) -> Option<usize> {
        let selected = self.selected()?;
        self.listed().iter().position(|index| *index == selected)
    }

    /// The first entry that a list shows with room for `height` entries.
    pub fn list_top(&self, height: usize) -> usize {
        match self.view {
            ViewKind::Instruments | ViewKind::Knobs => top_row(self.knobs.row, self.row_count(), height),
            ViewKind::Runs => top_row(self.run_row().unwrap_or(0), self.runs.rows().len(), height),
            _ => top_row(self.selected_row().unwrap_or(0), self.listed().len(), height),
        }
    }

    pub(in crate::app) fn select_row(&mut self, row: usize) {
        let listed = self.listed();
        if let Some(index) = listed.get(row.min(listed.len().saturating_sub(1))) {
            let id = self.snapshot.experiments[*index].id.clone();
            self.select(id);
        } else {
            self.experiments.selection.remove(&self.view);
        }
    }

    pub(in crate::app) fn select(&mut self, id: ExperimentId) {
        self.curves.plot.run = None;
        if self.experiments.selection.get(&self.view) != Some(&id) {
            self.review.scroll = 0;
            self.experiments.selection.insert(self.view, id);
        }
    }

    /// Keeps the selection on a listed experiment: the same one, else the one now in its row.
    pub(in crate::app) fn repair_selection(&mut self, row_before: Option<usize>) {
        if self.selected_row().is_none() {
            let last = !matches!(self.view, ViewKind::Inbox | ViewKind::Lineage);
            let fresh = if last { usize::MAX } else { 0 };
            self.select_row(row_before.unwrap_or(fresh));
        }
    }
}

/// The selected experiment by view.
pub(in crate::app) type Selection = HashMap<ViewKind, ExperimentId>;
