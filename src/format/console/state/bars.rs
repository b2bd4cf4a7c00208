//! Completed bars, and lines that repeat earlier values.

use super::super::super::LogContents;
use super::super::meaning::Use;
use super::super::parts::DataSplit;
use super::super::shape::LineShape;
use super::LogState;

impl LogState {
    /// True if all values of a line were already reported for the step.
    fn has_all(&self, contents: &mut LogContents, shape: &LineShape, step: f64) -> bool {
        let is_there =
            |place: usize| self.last_put.get(place).is_some_and(|(last, _)| last.to_bits() == step.to_bits());
        let mut places = shape.meaning.names.iter().zip(&shape.places);
        places.all(|(name, place)| place.or_else(|| contents.place(name.as_bytes())).is_some_and(is_there))
    }

    /// Returns the step of a completed bar of `of` positions. A second bar of the same steps, on another line, is the
    /// same bar again if the line names the epoch and repeats some values, as Lightning's does after an evaluation; it
    /// is another round if the line is about training; otherwise it may be an evaluation: `None`.
    pub(super) fn full_bar(
        &mut self,
        contents: &mut LogContents,
        shape: &LineShape,
        values: &[(Use, f64)],
        step: f64,
        of: f64,
        number: u64,
    ) -> Option<f64> {
        let mut step = step;
        let is_again = self.bar_end.is_some_and(|(at, on)| at.to_bits() == step.to_bits() && on != number);
        let is_repeated_line = is_again && self.has_all(contents, shape, step);
        if is_repeated_line && !(shape.meaning.has_epoch && has_same(contents, shape, values)) {
            if shape.meaning.part != Some(DataSplit::Train) || !has_others(contents, shape, values) {
                return None;
            }
            self.steps.another_round(of);
            step += of;
        }
        self.bar_end = Some((step, number));
        Some(step)
    }

    /// Counts a line that repeats an entire epoch with other values: their step is somewhere within it. A bar that is
    /// redrawn is on the same line.
    pub(super) fn count_repeated_epoch(
        &mut self,
        contents: &mut LogContents,
        shape: &LineShape,
        values: &[(Use, f64)],
        epoch: f64,
        number: u64,
    ) {
        let last = self.epoch_told.replace((epoch, number, shape.speaker));
        let is_again =
            last.is_some_and(|(last, on, by)| last.to_bits() == epoch.to_bits() && on != number && by == shape.speaker);
        let is_whole = !self.has_steps && !shape.meaning.is_epoch_rounded;
        self.is_left_out |=
            is_again && is_whole && self.has_all(contents, shape, epoch) && has_others(contents, shape, values);
    }

    /// True where a line repeats the values of a step.
    pub(super) fn repeats(&self, contents: &mut LogContents, shape: &LineShape, step: f64) -> bool {
        shape.meaning.names.iter().zip(&shape.places).any(|(name, place)| {
            let place = place.or_else(|| contents.place(name.as_bytes()));
            place.and_then(|place| self.last_put.get(place)).is_some_and(|(last, _)| last.to_bits() == step.to_bits())
        })
    }
}

/// True where a line's values are not the last ones.
pub(super) fn has_others(contents: &mut LogContents, shape: &LineShape, values: &[(Use, f64)]) -> bool {
    compared(contents, shape, values).any(|is_same| !is_same)
}

/// True where some of a line's values are the last ones.
fn has_same(contents: &mut LogContents, shape: &LineShape, values: &[(Use, f64)]) -> bool {
    compared(contents, shape, values).any(|is_same| is_same)
}

/// For each value of a line, whether it equals the last one.
fn compared<'a>(
    contents: &'a mut LogContents,
    shape: &'a LineShape,
    values: &'a [(Use, f64)],
) -> impl Iterator<Item = bool> + 'a {
    values.iter().filter_map(|(used, value)| {
        let Use::Value(column) = used else { return None };
        let place = contents.place(shape.meaning.names[usize::from(*column)].as_bytes());
        let last = place.and_then(|place| contents.columns.series(place).last());
        Some(last.is_some_and(|last| last.value.to_bits() == value.to_bits()))
    })
}
