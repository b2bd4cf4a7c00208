//! Headings that make the lines below them part of an evaluation, and the detection of where training resumes.

use super::numbers::Numbers;
use super::parts::DataSplit;

/// The current heading, and the position of the training above it.
#[derive(Default)]
pub(super) struct Section {
    part: Option<DataSplit>,
    /// The last step of the training as printed, and its total.
    step: Option<(f64, Option<f64>)>,
    /// The last epoch of the training.
    epoch: Option<f64>,
    inside: Option<Inside>,
}

/// The steps of an evaluation, as printed.
struct Inside {
    last: f64,
    /// The distance between the last two of them.
    stride: Option<f64>,
    /// The metrics reported at them.
    names: Vec<String>,
}

impl Section {
    /// Returns the part that the lines are about now, if a heading named it.
    pub(super) fn part(&self) -> Option<DataSplit> {
        self.part
    }

    /// Begins the lines below a heading.
    pub(super) fn begin(&mut self, part: DataSplit) {
        self.part = Some(part).filter(|part| *part != DataSplit::Train);
        self.inside = None;
    }

    /// Ends them: the lines that follow are about the training.
    pub(super) fn end(&mut self) {
        self.part = None;
        self.inside = None;
    }

    /// Records a line of the training.
    pub(super) fn trains(&mut self, numbers: Numbers) {
        self.step = numbers.step.map(|step| (step, numbers.of)).or(self.step);
        self.epoch = numbers.epoch.or(self.epoch);
    }

    /// True for a line with which training resumes after the heading of an evaluation, which ends there. `own` is the
    /// part that the line itself names; `is_place` is true if its step is only a position.
    pub(super) fn resumes(
        &mut self,
        own: Option<DataSplit>,
        numbers: Numbers,
        is_place: bool,
        names: &[String],
    ) -> bool {
        let resumes = self.part.is_some()
            && match own {
                Some(part) => part == DataSplit::Train,
                None => self.is_next(numbers, is_place, names),
            };
        if resumes {
            self.end();
        }
        resumes
    }

    fn is_next(&mut self, numbers: Numbers, is_place: bool, names: &[String]) -> bool {
        if numbers.epoch.zip(self.epoch).is_some_and(|(epoch, last)| epoch > last) {
            return true;
        }
        let Some(step) = numbers.step else { return numbers.epoch.is_some() && self.epoch.is_none() };
        if self.step.is_none() {
            // A bar of anything.
            return !is_place || numbers.epoch.is_some();
        }
        let resumes = self.is_beyond(numbers) && !self.is_next_inside(step, names);
        if !resumes {
            let before = self.inside.as_ref().map(|inside| inside.last);
            let stride = before.map(|before| step - before).filter(|stride| *stride > 0.0);
            self.inside = Some(Inside { last: step, stride, names: names.to_vec() });
        }
        resumes
    }

    /// True for a step beyond the training's last one. Below a heading it may be the training's next one, or that of an
    /// evaluation that is longer than the training was.
    pub(super) fn is_beyond(&self, numbers: Numbers) -> bool {
        numbers.step.zip(self.step).is_some_and(|(step, (last, of))| {
            let is_alike = numbers.of.is_none() || numbers.of == of;
            step > last && is_alike
        })
    }

    /// True for a step or an epoch that the training has not reached.
    pub(super) fn is_ahead(&self, numbers: Numbers) -> bool {
        match numbers.epoch.zip(self.epoch) {
            Some((epoch, last)) if epoch.to_bits() != last.to_bits() || numbers.step.is_none() => epoch > last,
            _ => numbers.step.zip(self.step).is_some_and(|(step, (last, _))| step > last),
        }
    }

    /// True for the next one of the evaluation's steps.
    fn is_next_inside(&self, step: f64, names: &[String]) -> bool {
        self.inside.as_ref().is_some_and(|inside| {
            let is_near = inside.stride.is_some_and(|stride| step > inside.last && step - inside.last <= stride);
            is_near && inside.names == names
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(step: f64, of: Option<f64>, epoch: Option<f64>) -> Numbers {
        Numbers { step: Some(step), of, epoch, ..Numbers::default() }
    }

    fn below_a_heading(lines: &[Numbers]) -> Section {
        let mut section = Section::default();
        for numbers in lines {
            section.trains(*numbers);
        }
        section.begin(DataSplit::Eval);
        section
    }

    #[test]
    fn training_resumes_with_the_next_step_or_epoch() {
        let mut section = below_a_heading(&[at(200.0, Some(200.0), Some(1.0))]);
        assert!(!section.resumes(None, at(10.0, Some(20.0), Some(1.0)), false, &[]), "another total");
        assert!(
            !section.resumes(Some(DataSplit::Val), at(10.0, None, Some(2.0)), false, &[]),
            "a line with the part of an evaluation"
        );
        assert!(section.resumes(None, at(10.0, Some(200.0), Some(2.0)), false, &[]), "the next epoch");
        assert!(!section.resumes(None, at(20.0, Some(200.0), Some(2.0)), false, &[]), "no heading");
        let mut section = below_a_heading(&[at(200.0, None, None)]);
        assert!(!section.resumes(None, at(200.0, None, None), false, &[]));
        assert!(section.resumes(None, at(210.0, None, None), false, &[]));
    }

    #[test]
    fn an_evaluation_may_be_longer_than_the_training_was() {
        let mut section = below_a_heading(&[at(10.0, None, None), at(20.0, None, None)]);
        let names = [String::from("loss")];
        for step in [10.0, 20.0, 30.0, 40.0] {
            assert!(!section.resumes(None, at(step, None, None), false, &names), "{step}");
        }
        assert!(section.resumes(None, at(30.0, None, None), false, &names), "it goes back");
    }
}
