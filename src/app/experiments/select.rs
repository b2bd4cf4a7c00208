//! The experiments that a view lists, and the selection in it.

use crate::app::{State, ViewKind, top_row};
use crate::model::ExperimentId;

impl State {
    /// Returns the indices of the experiments that `[` and `]` walk through in the current view, in order.
    pub fn listed(&self) -> Vec<usize> {
        match self.view {
            ViewKind::Inbox => self.inbox(),
            ViewKind::Lineage => self.snapshot.lineage.iter().map(|step| step.index).collect(),
            ViewKind::Curves => (0..self.snapshot.experiments.len()).collect(),
            ViewKind::Progress => self.snapshot.in_segment().collect(),
            // Their rows are not experiments: an invisible selection would be acted on unseen.
            ViewKind::Instruments | ViewKind::Knobs | ViewKind::Runs => Vec::new(),
        }
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
