//! Determines the step of a line where the file does not simply state it.

/// The warning about a row without a step in a file whose other rows have one.
pub(super) const NO_STEP: &str = "a row without a step; skipped";

/// Follows the steps of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct StepFollower {
    counted: u64,
    last: Option<(f64, f64)>,
    /// The number of steps in the epoch of the last one.
    last_of: Option<f64>,
    /// The last position within an epoch: its step, its epoch, the steps of the epoch.
    place: Option<(f64, Option<f64>, Option<f64>)>,
    /// The offset that is added because steps restarted with an epoch.
    offset: f64,
    /// The same for positions, which are counted apart from the steps of the run.
    before: f64,
}

impl StepFollower {
    /// Returns the step of a line that names none: lines are counted, from 0.
    pub(super) fn counted(&mut self) -> f64 {
        self.counted += 1;
        (self.counted - 1) as f64
    }

    /// True if exactly one line was counted.
    pub(super) fn is_one_counted(&self) -> bool {
        self.counted == 1
    }

    /// Returns the step of a line that names it, and perhaps its epoch. Steps that restart because an epoch began
    /// continue from the last one; steps that go back within an epoch are those of a restart.
    pub(super) fn named(&mut self, step: f64, epoch: Option<f64>) -> f64 {
        match epoch {
            Some(epoch) => self.next_to_epoch(step, epoch, None, false),
            None => step + self.offset,
        }
    }

    /// Returns the step of a line about data other than the training data, which may count its own batches from the
    /// start: it is placed where training was. This is certain where its number `is_own`.
    pub(super) fn named_in_evaluation(&mut self, step: f64, epoch: Option<f64>, is_own: bool) -> f64 {
        match (epoch, self.last) {
            (Some(epoch), Some((last, last_epoch))) => {
                let is_same = epoch.to_bits() == last_epoch.to_bits();
                if is_own || step < last && is_same { last + self.offset } else { self.as_before(step) }
            }
            _ => self.named(step, epoch),
        }
    }

    /// Returns the step of a position within an epoch, out of `of`: positions that start over with another epoch
    /// continue from its end. Without an epoch they do only where the last one was at the end. `None` for an unrelated
    /// position: positions of another total that begin while the epoch is the same.
    pub(super) fn within(&mut self, step: f64, epoch: Option<f64>, of: Option<f64>) -> Option<f64> {
        let was_at_end = self.place.is_some_and(|(last, _, of)| of.is_some_and(|of| last + 1.0 >= of));
        // True if the epoch of the last position has ended for certain.
        let has_ended = self.place.is_some_and(|(last, _, of)| of.is_some_and(|of| last >= of));
        let is_next = |last: Option<f64>| has_ended && epoch.zip(last).is_some_and(|(epoch, last)| epoch > last);
        let begins = |(last, last_epoch, _): &(f64, Option<f64>, Option<f64>)| step <= *last || is_next(*last_epoch);
        if let Some((last, last_epoch, last_of)) = self.place.filter(begins) {
            // A bar that is reset begins no round until it moves.
            if step == 0.0 && epoch.is_some() && epoch == last_epoch && has_ended {
                return None;
            }
            let epochs = match epoch.zip(last_epoch) {
                Some((epoch, last_epoch)) if epoch > last_epoch => (epoch - last_epoch).round().clamp(1.0, 1e6),
                _ if was_at_end && of != last_of => return None,
                // A new round of the same epoch, too.
                _ if step < last && was_at_end => 1.0,
                _ => 0.0,
            };
            // Without a total the epoch ended at the last position.
            self.before += match last_of {
                Some(of) if of >= last => of * epochs,
                _ if epochs > 0.0 => last + 1.0 - step.min(1.0),
                _ => 0.0,
            };
        }
        // A position that stays while its total changes is not one: WeNet's `Batch 0/100`, `Batch 0/200`.
        let stays = |(last, last_epoch, last_of): (f64, Option<f64>, Option<f64>)| {
            last.to_bits() == step.to_bits()
                && last_epoch == epoch
                && last_of.zip(of).is_some_and(|(last, of)| of > last)
        };
        if self.place.is_some_and(stays) {
            return None;
        }
        // The same bar of another length, once it is longer than the one before.
        if let Some((last, last_epoch, last_of)) = self.place
            && step > last
            && of.is_some()
            && of != last_of
            && last_of.is_some_and(|of| last + 1.0 >= of)
            && epoch.is_some()
            && epoch == last_epoch
        {
            return None;
        }
        self.place = Some((step, epoch, of));
        Some(step + self.before)
    }

    /// Begins another round of as many positions, after the last one was at its end.
    pub(super) fn another_round(&mut self, of: f64) {
        self.before += of;
    }

    /// True once steps restarted with an epoch.
    pub(super) fn has_restarted(&self) -> bool {
        self.offset > 0.0
    }

    /// Returns the step as if it belonged to the same epoch as the last.
    pub(super) fn as_before(&self, step: f64) -> f64 {
        step + self.offset
    }

    /// True for a step that is not the training's next one: it goes back within the epoch, or has another total.
    pub(super) fn is_aside(&self, step: f64, epoch: f64, of: Option<f64>) -> bool {
        self.last.is_some_and(|(last, last_epoch)| {
            epoch.to_bits() == last_epoch.to_bits()
                && (step < last || self.last_of.zip(of).is_some_and(|(last_of, of)| last_of.to_bits() != of.to_bits()))
        })
    }

    /// Returns a step that is named next to an epoch, out of `of` at most. It restarts where it goes back while the
    /// epoch increases. A step that stays the same does so only if the line `repeats` values: otherwise it is more
    /// about the same step.
    pub(super) fn next_to_epoch(&mut self, step: f64, epoch: f64, of: Option<f64>, repeats: bool) -> f64 {
        if let Some((last, last_epoch)) = self.last
            && epoch > last_epoch
            && (step < last || step.to_bits() == last.to_bits() && repeats && epoch.fract() + last_epoch.fract() == 0.0)
        {
            let epochs = (epoch - last_epoch).round().clamp(1.0, 1e6);
            self.offset += match self.last_of {
                Some(of) if of >= last => of * epochs,
                // Without a total the epoch ended at the last step.
                _ => last + 1.0 - step.min(1.0),
            };
        }
        self.last = Some((step, epoch));
        self.last_of = of;
        step + self.offset
    }
}
