//! The last lines of a log, and its traceback, without an allocation for each line.

use std::collections::VecDeque;

use super::super::LogView;
use super::super::log_contents::LAST_LINES;
use crate::model::{AgentText, TrialEnd};

/// Keeps the last lines, and the last lines since a traceback began.
#[derive(Default)]
pub(super) struct Recent {
    lines: VecDeque<Vec<u8>>,
    /// Number of lines since a traceback began; `None` without one.
    trace: Option<usize>,
    is_new: bool,
}

impl Recent {
    pub(super) fn remember(&mut self, line: &[u8]) {
        let mut place =
            if self.lines.len() == LAST_LINES { self.lines.pop_front().unwrap_or_default() } else { Vec::new() };
        place.clear();
        place.extend_from_slice(line);
        self.lines.push_back(place);
        self.trace = self.trace.map(|lines| (lines + 1).min(LAST_LINES));
        self.is_new = true;
    }

    pub(super) fn begin_trace(&mut self) {
        self.trace = Some(0);
    }

    /// Training continued: the traceback was not a crash.
    pub(super) fn end_trace(&mut self) {
        self.trace = None;
    }

    /// Updates the lines that are shown.
    pub(super) fn show(&mut self, view: &mut LogView) {
        if !std::mem::take(&mut self.is_new) {
            return;
        }
        view.last_lines.clear();
        view.last_lines.extend(self.lines.iter().map(|line| AgentText::from_bytes(line)));
        if let Some(lines) = self.trace {
            let from = view.last_lines.len() - lines.min(view.last_lines.len());
            view.end = Some(TrialEnd::Crashed(view.last_lines[from..].to_vec()));
        }
    }
}
