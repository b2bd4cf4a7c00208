//! Determines the step of a line's values.

use super::super::super::LogContents;
use super::super::meaning::{Meaning, Use};
use super::super::numbers::Numbers;
use super::super::parts::DataSplit;
use super::super::shape::LineShape;
use super::super::words::Count;
use super::LogState;
use super::bars::has_others;

/// The placement of a line's values.
pub(super) enum ValuePlacement {
    At(f64),
    /// They cannot be assigned to a step.
    Nowhere,
    /// They were reported before.
    Already,
    /// The line names no step.
    Unsaid,
    /// Its step is not finite.
    NotFinite,
}

impl From<Option<f64>> for ValuePlacement {
    fn from(step: Option<f64>) -> Self {
        step.map_or(Self::Nowhere, Self::At)
    }
}

impl LogState {
    /// Returns the placement of the values of a line.
    #[inline]
    pub(super) fn placed(
        &mut self,
        contents: &mut LogContents,
        shape: &LineShape,
        values: &[(Use, f64)],
        numbers: Numbers,
        number: u64,
    ) -> ValuePlacement {
        let meaning = &shape.meaning;
        let is_headed = shape.section.is_some();
        let is_evaluation = meaning.part.is_some_and(|part| part != DataSplit::Train);
        match meaning.count {
            None => ValuePlacement::Unsaid,
            Some(Count::Epoch) => {
                let Some(epoch) = numbers.epoch.filter(|epoch| epoch.is_finite()) else {
                    return ValuePlacement::NotFinite;
                };
                self.first_epoch.get_or_insert(epoch);
                if !is_evaluation {
                    self.section.trains(numbers);
                }
                self.count_repeated_epoch(contents, shape, values, epoch, number);
                self.by_epoch(epoch).into()
            }
            // Before there was any training.
            Some(_) if is_headed && self.last_step.is_none() => ValuePlacement::Unsaid,
            Some(count) => {
                let Some(step) = numbers.step.filter(|step| step.is_finite()) else { return ValuePlacement::NotFinite };
                if is_headed {
                    // It may be the training's next one.
                    let is_doubtful = meaning.own_part.is_none() && self.section.is_beyond(numbers);
                    return self.last_step.filter(|_| !is_doubtful).into();
                }
                if !is_evaluation {
                    self.section.trains(numbers);
                }
                let Some(of_run) = self.by_step(contents, shape, count, step, numbers) else {
                    // A bar that is reset at the end of its epoch.
                    let is_repeated_line = step == 0.0 && !has_others(contents, shape, values);
                    return if is_repeated_line { ValuePlacement::Already } else { ValuePlacement::Nowhere };
                };
                self.has_steps = true;
                let is_full = count == Count::InEpoch && numbers.of.is_some_and(|of| of.to_bits() == step.to_bits());
                if is_full {
                    self.full_bar(contents, shape, values, of_run, step, number).into()
                } else {
                    ValuePlacement::At(of_run)
                }
            }
        }
    }

    /// Returns the step of a line with an epoch and no step. `None` where it is unknown.
    fn by_epoch(&mut self, epoch: f64) -> Option<f64> {
        let step = if self.has_steps { self.last_step } else { Some(epoch) };
        // Epochs advance and steps do not: this one's step is unknown.
        if self.last_epoch.is_some_and(|(last, at)| epoch > last && Some(at) == step) {
            return None;
        }
        self.last_epoch = step.map(|step| (epoch, step));
        step
    }

    /// Returns the step of a line that names one. `None` where it is an unrelated step.
    fn by_step(
        &mut self,
        contents: &mut LogContents,
        shape: &LineShape,
        count: Count,
        step: f64,
        numbers: Numbers,
    ) -> Option<f64> {
        if let Some(epoch) = numbers.epoch {
            self.first_epoch.get_or_insert(epoch);
        }
        let is_evaluation = shape.meaning.part.is_some_and(|part| part != DataSplit::Train);
        match (count, numbers.epoch.or(self.epoch)) {
            (Count::InEpoch, epoch) => self.steps.within(step, epoch, numbers.of),
            // `Validation Epoch [1/5], Step [50/100]`: the training continues from its own step.
            (Count::Step, Some(epoch)) if is_evaluation && self.steps.is_aside(step, epoch, numbers.of) => {
                let last = self.last_step.filter(|_| numbers.of.is_some());
                last.or_else(|| Some(self.steps.as_before(step)))
            }
            (Count::Step | Count::Weak, Some(epoch)) => {
                let repeats = self.repeats(contents, shape, self.steps.as_before(step));
                Some(self.steps.next_to_epoch(step, epoch, numbers.of, repeats))
            }
            // `Steps: 64 | loss: 0.5`, again and again: a setting, or several with the same count.
            (Count::Weak, None) if self.repeats(contents, shape, step) => None,
            _ => Some(self.steps.named(step, numbers.epoch)),
        }
    }

    /// Returns the step for the lines below a header.
    pub(super) fn placed_header(&mut self, meaning: &Meaning, numbers: Numbers) -> Option<f64> {
        let is_by_epoch = meaning.count == Some(Count::Epoch) && !self.has_steps;
        if self.section.part().is_none() {
            self.section.trains(numbers);
        } else if let Some(last) = self.last_step.filter(|_| !is_by_epoch) {
            // Part of an evaluation, which is about the training so far.
            let is_of_run = meaning.own_part.is_some() && meaning.count == Some(Count::Step) && numbers.of.is_none();
            return numbers.step.filter(|_| is_of_run && !self.steps.has_restarted()).or(Some(last));
        }
        match meaning.count {
            Some(Count::Epoch) if self.has_steps => self.last_step,
            Some(Count::Epoch) => numbers.epoch,
            Some(Count::InEpoch) => numbers.step.and_then(|step| self.steps.within(step, numbers.epoch, numbers.of)),
            Some(Count::Step) if numbers.epoch.is_some() => {
                let step = numbers.step.zip(numbers.epoch);
                step.map(|(step, epoch)| self.steps.next_to_epoch(step, epoch, numbers.of, numbers.of == Some(step)))
            }
            _ => numbers.step.map(|step| self.steps.named(step, numbers.epoch)),
        }
    }
}
