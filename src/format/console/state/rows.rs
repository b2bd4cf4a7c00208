//! Rows of tables with more than a step: an epoch, or the thing that they are about.

use super::super::super::LogContents;
use super::super::super::fields::Description;
use super::super::table::TableRow;
use super::super::units::LogUnit;
use super::LogState;

impl LogState {
    /// Returns the step of a row. Next to an epoch it may restart.
    pub(super) fn step_of_row(&mut self, contents: &mut LogContents, row: &TableRow) -> Option<f64> {
        let (step, epoch) = (row.step?, row.epoch);
        let Some(epoch) = epoch else { return Some(step) };
        let before = self.steps.as_before(step);
        let first = row.values.first().and_then(|(name, ..)| contents.place(name.replace(' ', "_").as_bytes()));
        let last = first.and_then(|place| self.last_put.get(place));
        let repeats = last.is_some_and(|(last, _)| last.to_bits() == before.to_bits());
        Some(self.steps.next_to_epoch(step, epoch, row.of, repeats))
    }

    /// Puts a row with the name of the thing that it is about.
    pub(super) fn put_apart(
        &mut self,
        contents: &mut LogContents,
        row: &TableRow,
        about: &Description,
        step: f64,
        at: Option<(u64, &[u8])>,
    ) {
        let mut values = Vec::with_capacity(row.values.len());
        for (name, value, unit) in &row.values {
            let place = contents.place(name.replace(' ', "_").as_bytes());
            values.extend(place.and_then(|place| Some((place, LogUnit::times(*value, self.factor(place, *unit)?)))));
        }
        let mut about = about.clone();
        contents.columns.at_line(at.map_or(0, |(number, _)| number));
        contents.about(&mut about, &mut values);
        contents.put_row(&about, step, values.iter().copied());
        contents.columns.at_line(0);
        match at {
            Some((number, line)) => self.count_if_left_out(contents, number, line),
            None => self.is_left_out = false,
        }
    }
}
