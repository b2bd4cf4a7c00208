//! Which step a line is about, where the file does not simply say.

/// Follows the steps of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct StepFollower {
    counted: u64,
    last: Option<(f64, f64)>,
    /// How many steps the epoch of the last one has.
    last_of: Option<f64>,
    /// The last place within an epoch: its step, its epoch, the steps of the epoch.
    place: Option<(f64, Option<f64>, Option<f64>)>,
    /// What is added, because steps began anew with an epoch.
    offset: f64,
    /// The same of places, which are counted apart from the steps of the run.
    before: f64,
}

impl StepFollower {
    /// A line that names no step: lines are counted, from 0.
    pub(super) fn counted(&mut self) -> f64 {
        self.counted += 1;
        (self.counted - 1) as f64
    }

    /// True where one line was counted, and no other.
    pub(super) fn is_one_counted(&self) -> bool {
        self.counted == 1
    }

    /// A line that names its step, and perhaps its epoch. Steps that begin anew because an epoch began go on
    /// from the last one; steps that go back within an epoch are those of a restart.
    pub(super) fn named(&mut self, step: f64, epoch: Option<f64>) -> f64 {
        match epoch {
            Some(epoch) => self.beside_epoch(step, epoch, None, false),
            None => step + self.offset,
        }
    }

    /// A line about other data than those of training, which may count its own batches from the beginning: it stands
    /// where training was. It does so for certain where its number `is_own`.
    pub(super) fn named_of_part(&mut self, step: f64, epoch: Option<f64>, is_own: bool) -> f64 {
        match (epoch, self.last) {
            (Some(epoch), Some((last, last_epoch))) => {
                let is_same = epoch.to_bits() == last_epoch.to_bits();
                if is_own || step < last && is_same { last + self.offset } else { self.as_before(step) }
            }
            _ => self.named(step, epoch),
        }
    }

    /// A place within an epoch, of so many: places that begin again with another epoch go on from its end. Without an
    /// epoch they do only where the last one was at the end. `None` for a place of something else: places of another
    /// number that begin while the epoch is the same.
    pub(super) fn within(&mut self, step: f64, epoch: Option<f64>, of: Option<f64>) -> Option<f64> {
        let was_at_end = self.place.is_some_and(|(last, _, of)| of.is_some_and(|of| last + 1.0 >= of));
        // Whether the epoch of the last place is over, for certain.
        let is_over = self.place.is_some_and(|(last, _, of)| of.is_some_and(|of| last >= of));
        let is_next = |last: Option<f64>| is_over && epoch.zip(last).is_some_and(|(epoch, last)| epoch > last);
        let begins = |(last, last_epoch, _): &(f64, Option<f64>, Option<f64>)| step <= *last || is_next(*last_epoch);
        if let Some((last, last_epoch, last_of)) = self.place.filter(begins) {
            // A bar that is set back begins no round until it moves.
            if step == 0.0 && epoch.is_some() && epoch == last_epoch && is_over {
                return None;
            }
            let epochs = match epoch.zip(last_epoch) {
                Some((epoch, last_epoch)) if epoch > last_epoch => (epoch - last_epoch).round().clamp(1.0, 1e6),
                _ if was_at_end && of != last_of => return None,
                // A new round of the same epoch, too.
                _ if step < last && was_at_end => 1.0,
                _ => 0.0,
            };
            // Without a total the last place is where the epoch ended.
            self.before += match last_of {
                Some(of) if of >= last => of * epochs,
                _ if epochs > 0.0 => last + 1.0 - step.min(1.0),
                _ => 0.0,
            };
        }
        // What stays while its total changes is no place: WeNet's `Batch 0/100`, `Batch 0/200`.
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

    /// Another round of so many places, after the last one was at its end.
    pub(super) fn another_round(&mut self, of: f64) {
        self.before += of;
    }

    /// True once steps began anew with an epoch.
    pub(super) fn began_anew(&self) -> bool {
        self.offset > 0.0
    }

    /// Where the run would be, if the step were one of the same epoch as the last.
    pub(super) fn as_before(&self, step: f64) -> f64 {
        step + self.offset
    }

    /// True for a step that is not the training's next one: it goes back within the epoch, or is one of another number.
    pub(super) fn is_aside(&self, step: f64, epoch: f64, of: Option<f64>) -> bool {
        self.last.is_some_and(|(last, last_epoch)| {
            epoch.to_bits() == last_epoch.to_bits()
                && (step < last || self.last_of.zip(of).is_some_and(|(last_of, of)| last_of.to_bits() != of.to_bits()))
        })
    }

    /// A step that is named beside an epoch, of so many at most. It begins anew where it goes back while the epoch
    /// rises. One that stays does so only where the line `repeats` what was told: else it goes on about the same step.
    pub(super) fn beside_epoch(&mut self, step: f64, epoch: f64, of: Option<f64>, repeats: bool) -> f64 {
        if let Some((last, last_epoch)) = self.last
            && epoch > last_epoch
            && (step < last || step.to_bits() == last.to_bits() && repeats && epoch.fract() + last_epoch.fract() == 0.0)
        {
            let epochs = (epoch - last_epoch).round().clamp(1.0, 1e6);
            self.offset += match self.last_of {
                Some(of) if of >= last => of * epochs,
                // Without a total the last step is where the epoch ended.
                _ => last + 1.0 - step.min(1.0),
            };
        }
        self.last = Some((step, epoch));
        self.last_of = of;
        step + self.offset
    }
}
