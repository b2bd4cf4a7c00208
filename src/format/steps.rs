//! Which step a line is about, where the file does not simply say.

/// Follows the steps of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    counted: u64,
    last: Option<(f64, f64)>,
    /// What is added, because steps began anew with an epoch.
    offset: f64,
}

impl Steps {
    /// A line that names no step: lines are counted, from 0.
    pub(super) fn counted(&mut self) -> f64 {
        self.counted += 1;
        (self.counted - 1) as f64
    }

    /// A line that names its step, and perhaps its epoch. Steps that begin anew because an epoch began go on
    /// from the last one; steps that go back within an epoch are those of a restart.
    pub(super) fn named(&mut self, step: f64, epoch: Option<f64>) -> f64 {
        let Some(epoch) = epoch else { return step + self.offset };
        if let Some((last_step, last_epoch)) = self.last
            && step < last_step
            && epoch > last_epoch
        {
            self.offset += last_step + 1.0 - step;
        }
        self.last = Some((step, epoch));
        step + self.offset
    }
}
