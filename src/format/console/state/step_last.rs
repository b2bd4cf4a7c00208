//! Pairs whose step comes last: `loss: 2.5`, then `step: 10`. Read as a block below its step, each value would be one
//! block too early.

use super::super::meaning::names_result;

/// The results above the first header.
#[derive(Default)]
pub(super) struct StepLast {
    above: Vec<String>,
    has_ended: bool,
}

impl StepLast {
    /// Records pairs without a step, before there was any.
    pub(super) fn above(&mut self, names: &[String]) {
        const MOST: usize = 32;
        if !self.has_ended && self.above.len() < MOST {
            self.above.extend(names.iter().filter(|name| names_result(name)).cloned());
        }
    }

    /// Records a line that names only a step: the results above may belong to it only if it is a pair itself.
    pub(super) fn header(&mut self, is_pair: bool) {
        if !std::mem::replace(&mut self.has_ended, true) && !is_pair {
            self.above.clear();
        }
    }

    /// True for pairs below a header that also occurred above the first one.
    pub(super) fn was_above(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.above.contains(name))
    }
}
