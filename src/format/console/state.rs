//! The effect of a line on the curves, which depends on the lines before it: steps that continue over epochs, ranks,
//! blocks under a header, tables, evaluations, the summary.

use super::super::LogContents;
use super::super::along::ProgressLine;
use super::super::steps::StepFollower;
use super::blocks::begun;
use super::headings::{begins_fold, heads_part};
use super::lexer::Token;
use super::meaning::{Meaning, Use, names_result};
use super::numbers::Numbers;
use super::parts::DataSplit;
use super::ranks::{Alone, Counting, Ranks};
use super::recent::Recent;
use super::section::Section;
use super::shape::LineShape;
use super::speakers::Speakers;
use super::table::{TableLine, TableRow, Tables, is_rule};
use super::units::LogUnit;
use super::unread::looks_like_measurement;
use super::words::{self, Count, Which};
use crate::model::TrialEnd;

mod bars;
mod fits;
mod placed;
mod progress;
mod rows;
mod step_last;

use self::fits::Fits;
use self::placed::ValuePlacement;
use self::step_last::StepLast;

/// The state of a log so far.
#[expect(clippy::struct_excessive_bools, reason = "facts about a log")]
#[derive(Default)]
pub(super) struct LogState {
    steps: StepFollower,
    tables: Tables,
    /// True once values were read.
    has_begun: bool,
    is_in_summary: bool,
    /// The step of the header above lines of values.
    block: Option<f64>,
    /// True if the header is certainly one, and not a setting.
    is_block_certain: bool,
    /// The epoch from a line of its own.
    epoch: Option<f64>,
    /// The last epoch with values on the same line, and the step it was at.
    last_epoch: Option<(f64, f64)>,
    /// The last epoch with values, its line, and its speaker.
    epoch_told: Option<(f64, u64, u64)>,
    /// The first epoch of the log: 0 or 1.
    first_epoch: Option<f64>,
    /// True once steps within epochs, or of the run, were seen: epochs are not steps then.
    has_steps: bool,
    last_step: Option<f64>,
    fits: Fits,
    step_last: StepLast,
    ranks: Ranks,
    alone: Alone,
    counting: Counting,
    /// By index: the step of the last value, and whether any came with a step other than an epoch.
    last_put: Vec<(f64, bool)>,
    /// By index: the unit of the first value.
    units: Vec<Option<LogUnit>>,
    /// The speaker of the current line.
    speaker: u64,
    speakers: Speakers,
    /// True if a value was dropped: its unit is incompatible with those before it, or another speaker reported the same
    /// step.
    is_left_out: bool,
    /// The part of the last evaluation lines, until training resumes.
    evaluated: Option<DataSplit>,
    /// True if the line before announced that the next one repeats an earlier step.
    is_repeated: bool,
    /// True if the line's epoch is rounded: another value at it is another point.
    is_rounded: bool,
    section: Section,
    /// The end of the last bar, and its line.
    bar_end: Option<(f64, u64)>,
}

impl LogState {
    /// True while a table is collected: the next line may end it.
    pub(super) fn is_in_table(&self) -> bool {
        self.tables.is_gathering()
    }

    /// True while names and values are pending until the end of their table.
    pub(super) fn has_rows(&self) -> bool {
        self.tables.has_rows()
    }

    /// True where even a line of bare names and values counts.
    pub(super) fn expects_values(&self) -> bool {
        self.block.is_some() || self.is_in_summary || self.evaluated.is_some()
    }

    /// Returns a number that changes with everything that affects whether a line without a step counts.
    pub(super) fn stage(&self) -> u64 {
        let section = self.section.part().map_or(0, |part| part as u64 + 1);
        let flags = [
            self.has_begun,
            self.last_step.is_some(),
            self.block.is_some(),
            self.is_block_certain,
            self.is_in_summary,
            self.evaluated.is_some(),
            self.is_repeated,
        ];
        flags.iter().fold(self.tables.headers() << 3 | section, |stage, flag| stage << 1 | u64::from(*flag))
    }

    /// Returns the part that the lines are about now, if a heading named it.
    pub(super) fn section(&self) -> Option<DataSplit> {
        self.section.part()
    }

    /// Reads a line of words: it may head the lines of an evaluation, those of the training, or a fold. True when it
    /// does.
    pub(super) fn heads(&mut self, line: &[u8]) -> bool {
        if begins_fold(line) {
            // The next one begins where the last one did.
            self.fits.next_fold();
            self.steps = StepFollower::default();
            (self.bar_end, self.last_epoch) = (None, None);
            return true;
        }
        let part = heads_part(line);
        if let Some(part) = part {
            self.section.begin(part);
        }
        part.is_some()
    }

    /// The same, and for a line that reports that the run resumes from a checkpoint.
    pub(super) fn is_marker(&mut self, line: &[u8]) -> bool {
        const RESUMES: &[u8] = b"resum";
        let begins = line.trim_ascii_start().get(..RESUMES.len());
        if begins.is_some_and(|begins| begins.eq_ignore_ascii_case(RESUMES)) {
            self.restart();
        }
        self.heads(line)
    }

    /// True where the labels of lines are not ranks: they increase with the steps.
    pub(super) fn counts_by_label(&self) -> bool {
        self.counting.is_a_count()
    }

    /// Returns the lines that were not read as another task's, if their labels are not tasks. The ranks are discarded.
    pub(super) fn forget_labels(&mut self) -> Vec<(u64, Vec<u8>)> {
        (self.ranks, self.alone) = (Ranks::default(), Alone::default());
        self.counting.take_dropped()
    }

    /// The run broke off, or resumes from elsewhere: an evaluation has ended.
    pub(super) fn restart(&mut self) {
        self.section.end();
        self.speakers.restart();
    }

    /// True for a line with which training resumes after the heading of an evaluation.
    pub(super) fn resumes(&mut self, shape: &LineShape, values: &[(Use, f64)]) -> bool {
        let meaning = &shape.meaning;
        let Some(count) = meaning.count.filter(|_| shape.section.is_some()) else { return false };
        self.section.resumes(meaning.own_part, Numbers::of(values), count == Count::InEpoch, &meaning.names)
    }

    pub(super) fn end_paragraph(&mut self, contents: &mut LogContents) {
        if self.tables.end_paragraph() {
            self.close_table(contents);
        }
    }

    pub(super) fn begin_summary(&mut self) {
        self.is_in_summary = true;
        self.block = None;
    }

    /// Counts a line with a dropped value.
    pub(super) fn count_if_left_out(&mut self, contents: &mut LogContents, number: u64, line: &[u8]) {
        if std::mem::take(&mut self.is_left_out) {
            contents.view.unread_lines.note(number, line);
        }
    }

    /// Applies a line of a shape, with its numbers. False when it had no effect.
    pub(super) fn take(
        &mut self,
        contents: &mut LogContents,
        recent: &mut Recent,
        shape: &mut LineShape,
        values: &[(Use, f64)],
        number: u64,
        line: &[u8],
    ) -> bool {
        let process =
            values.iter().find(|(used, _)| matches!(used, Use::Which(Which::Process))).map(|(_, value)| *value as u32);
        let numbers = Numbers::of(values);
        if let Some(rank) = shape.rank {
            self.counting.see(rank, numbers.epoch.or(self.epoch));
        }
        if !self.ranks.records(contents, shape, process) {
            let at = numbers.step.or(numbers.epoch).filter(|_| self.section.is_ahead(numbers));
            self.counting.drops(number, line);
            if self.alone.counts_alone(at) && !shape.meaning.names.is_empty() {
                contents.view.unread_lines.note(number, line);
            }
            return true;
        }
        if self.ranks.of_line().is_some() {
            self.alone.reset();
        }
        self.is_rounded =
            shape.meaning.count == Some(Count::Epoch) && shape.meaning.is_epoch_rounded && !self.has_steps;
        let things = values.iter().filter(|(used, _)| matches!(used, Use::Which(Which::Thing)));
        self.speaker = things.fold(shape.speaker, |speaker, (_, value)| speaker.rotate_left(7) ^ value.to_bits());
        let meaning = &shape.meaning;
        if meaning.is_ambiguous && (meaning.count.is_some() || self.has_begun) {
            contents.view.unread_lines.note(number, line);
        }
        if numbers.remaining.is_some_and(f64::is_finite)
            && (!meaning.names.is_empty() && meaning.count.is_some() || self.block.is_some())
        {
            contents.view.remaining_s = numbers.remaining;
        }
        let has_values = !meaning.names.is_empty();
        if std::mem::take(&mut self.is_repeated) || meaning.is_final {
            if meaning.is_final {
                summarise(contents, meaning, values);
            }
            return true;
        }
        let is_evaluation = meaning.part.is_some_and(|part| part != DataSplit::Train);
        if is_evaluation || meaning.count.is_some() {
            self.evaluated = meaning.part.filter(|_| is_evaluation);
        }
        if !has_values && meaning.count.is_some() {
            return self.header(contents, meaning, numbers);
        }
        match self.placed(contents, shape, values, numbers, number) {
            ValuePlacement::At(step) => {
                if shape.section.is_none() {
                    self.progress(contents, &shape.meaning, numbers);
                }
                self.point(contents, recent, shape, values, step);
                // `Epoch: 1 | Time: 14s`: the measurements follow on the lines below.
                let is_header = shape.meaning.is_whole && shape.has_times_only();
                self.block = Some(step).filter(|_| is_header);
                self.is_block_certain = is_header;
                true
            }
            ValuePlacement::Already => true,
            ValuePlacement::Nowhere => {
                // Exact repetitions lose nothing.
                if bars::has_others(contents, shape, values) {
                    contents.view.unread_lines.note(number, line);
                }
                true
            }
            ValuePlacement::Unsaid if self.block.is_some() && self.step_last.was_above(&shape.meaning.names) => {
                contents.view.unread_lines.note(number, line);
                true
            }
            ValuePlacement::Unsaid => self.without_step(contents, recent, shape, values, is_evaluation),
            ValuePlacement::NotFinite => false,
        }
    }

    /// Reads a line that names a step or an epoch and no values: they follow on the lines below. False for any other
    /// line.
    fn header(&mut self, contents: &mut LogContents, meaning: &Meaning, numbers: Numbers) -> bool {
        let is_of_part = meaning.own_part.is_some_and(|part| part != DataSplit::Train);
        if !(meaning.is_whole || is_of_part && meaning.is_terse) || meaning.is_ambiguous {
            return meaning.is_ambiguous;
        }
        // `step: 1000` among the values of a summary is one of them.
        if self.is_in_summary && numbers.of.or(numbers.epochs).is_none() {
            return true;
        }
        self.step_last.header(meaning.is_setting);
        if let Some(part) = meaning.own_part {
            self.section.begin(part);
        }
        let of_log = |epoch| self.fits.epoch(epoch, numbers.epochs, self.has_steps);
        if let Some(epoch) = numbers.epoch.map(of_log) {
            self.epoch = Some(epoch);
            self.first_epoch.get_or_insert(epoch);
        }
        // A bar of anything; `[batch=10/100]:` heads lines.
        let is_place = meaning.count == Some(Count::InEpoch) && numbers.epoch.is_none();
        if is_place && (numbers.of.is_none() || meaning.named.is_empty()) {
            return true;
        }
        self.block = self.placed_header(meaning, numbers).filter(|step| step.is_finite());
        self.is_block_certain = !meaning.is_setting || self.has_begun;
        self.is_in_summary = false;
        self.progress(contents, meaning, numbers);
        true
    }

    fn without_step(
        &mut self,
        contents: &mut LogContents,
        recent: &mut Recent,
        shape: &mut LineShape,
        values: &[(Use, f64)],
        is_evaluation: bool,
    ) -> bool {
        let meaning = &shape.meaning;
        if meaning.names.is_empty() {
            return true;
        }
        if self.is_in_summary || meaning.is_declared {
            summarise(contents, meaning, values);
            recent.end_trace();
            contents.view.end = Some(TrialEnd::Finished);
            return true;
        }
        let names_part = |name: &String| {
            let first = name.split(['_', ' ', '/']).next().unwrap_or(name);
            DataSplit::of(first.as_bytes()).is_some_and(|part| part != DataSplit::Train)
        };
        let of_evaluation = is_evaluation || meaning.is_whole && meaning.names.iter().any(names_part);
        let names_result = || meaning.names.iter().any(|name| names_result(name));
        if let (true, Some(part), Some(step)) = (meaning.is_starred && meaning.is_whole, self.evaluated, self.last_step)
        {
            for (used, value) in values {
                let Use::Value(column) = used else { continue };
                let name = format!("{}{}", part.prefix(), meaning.names[usize::from(*column)]);
                if let Some(place) = contents.place(name.as_bytes()) {
                    self.put(contents, place, step, *value, false);
                }
            }
            return true;
        }
        match (self.block, self.last_step) {
            (Some(step), _) if meaning.is_whole && (self.is_block_certain || names_result()) => {
                self.point(contents, recent, shape, values, step);
            }
            (_, Some(step)) if of_evaluation => {
                summarise(contents, meaning, values);
                self.point(contents, recent, shape, values, step);
            }
            _ if self.has_begun && meaning.is_signed && meaning.is_terse => summarise(contents, meaning, values),
            _ => {
                self.step_last.above(&meaning.names);
                return false;
            }
        }
        true
    }

    /// Puts the values of a line at a step.
    fn point(
        &mut self,
        contents: &mut LogContents,
        recent: &mut Recent,
        shape: &mut LineShape,
        values: &[(Use, f64)],
        step: f64,
    ) {
        let by_epoch = shape.meaning.count == Some(Count::Epoch)
            && self.has_steps
            && shape.meaning.part.is_none_or(|part| part == DataSplit::Train);
        let mut line_progress = ProgressLine::default();
        for (used, value) in values {
            let Use::Value(column) = used else { continue };
            let column = usize::from(*column);
            let value = &(value * shape.scales[column]);
            if let Some((quantity, unit)) = shape.quantities[column] {
                line_progress.take(quantity, *value, unit);
            }
            let place = match shape.places[column] {
                Some(place) => place,
                None => {
                    let Some(place) = contents.place(shape.meaning.names[column].as_bytes()) else {
                        self.is_left_out = true;
                        continue;
                    };
                    shape.places[column] = Some(place);
                    place
                }
            };
            // An average over an epoch is not the value of its last step.
            let is_other = by_epoch && self.last_put.get(place).is_some_and(|(_, by_step)| *by_step);
            let place = if is_other {
                let Some(place) = contents.place(format!("epoch_{}", shape.meaning.names[column]).as_bytes()) else {
                    continue;
                };
                place
            } else {
                place
            };
            let Some(factor) = self.factor(place, shape.units[column]) else { continue };
            let value = &LogUnit::times(*value, factor);
            if !self.is_of_lowest(contents, place, step, *value) || !self.is_accepted(place, step, *value) {
                continue;
            }
            self.put(
                contents,
                place,
                step,
                *value,
                !by_epoch && shape.meaning.count.is_some_and(|count| count != Count::Epoch),
            );
        }
        let (follower, along) = contents.columns.along();
        follower.line(along, step, line_progress);
        self.went_on(contents, recent, step);
    }

    /// Returns the factor that converts a value to the unit of its column; `None` where there is none.
    fn factor(&mut self, place: usize, unit: LogUnit) -> Option<f64> {
        if self.units.len() <= place {
            self.units.resize(place + 1, None);
        }
        let factor = unit.into(*self.units[place].get_or_insert(unit));
        self.is_left_out |= factor.is_none();
        factor
    }

    /// False where a lower rank reports a metric.
    fn is_of_lowest(&mut self, contents: &mut LogContents, place: usize, step: f64, value: f64) -> bool {
        let last = self.last_put.get(place);
        self.ranks.counts(place, || {
            last.is_some_and(|(last, _)| last.to_bits() == step.to_bits())
                && contents.columns.series(place).last().is_some_and(|last| last.value.to_bits() != value.to_bits())
        })
    }

    /// False where another speaker reported the same step before: a metric never switches to another's numbers.
    fn is_accepted(&mut self, place: usize, step: f64, value: f64) -> bool {
        let is_again = self.last_put.get(place).is_some_and(|(last, _)| last.to_bits() == step.to_bits());
        let is_accepted = self.speakers.accepts(place, is_again, self.speaker, (step, value));
        self.is_left_out |= !is_accepted;
        is_accepted
    }

    fn put(&mut self, contents: &mut LogContents, place: usize, step: f64, value: f64, by_step: bool) {
        if self.last_put.len() <= place {
            self.last_put.resize(place + 1, (f64::NAN, false));
        }
        let last = &mut self.last_put[place];
        // A repeated step has the newer value.
        if last.0.to_bits() == step.to_bits() && !self.is_rounded {
            contents.columns.series(place).amend(value);
        } else {
            contents.columns.put(place, step, value);
        }
        *last = (step, last.1 || by_step);
    }

    fn went_on(&mut self, contents: &mut LogContents, recent: &mut Recent, step: f64) {
        self.last_step = Some(step);
        self.step_last.header(false);
        self.has_begun = true;
        self.is_in_summary = false;
        recent.end_trace();
        contents.view.end = None;
    }

    /// Reads a line of a drawn table. True when it was one.
    pub(super) fn table(&mut self, contents: &mut LogContents, recent: &mut Recent, number: u64, line: &[u8]) -> bool {
        if line.first().is_none_or(u8::is_ascii_alphanumeric) && !self.tables.is_open() && begun(line).is_none() {
            return false;
        }
        match self.tables.drawn(line) {
            TableLine::Other => {
                if let Some(row) = self.tables.finish() {
                    self.put_row(contents, recent, &row, Some((number, line)));
                }
                false
            }
            TableLine::Taken => true,
            TableLine::Unclear => {
                contents.view.unread_lines.note(number, line);
                true
            }
            TableLine::Row(row) => {
                self.put_row(contents, recent, &row, Some((number, line)));
                true
            }
        }
    }

    pub(super) fn close_table(&mut self, contents: &mut LogContents) {
        if let Some(row) = self.tables.finish() {
            self.put_row(contents, &mut Recent::default(), &row, None);
        }
    }

    /// Reads a row under a header. True when it was one.
    pub(super) fn row(&mut self, contents: &mut LogContents, recent: &mut Recent, number: u64, line: &[u8]) -> bool {
        match self.tables.row(line) {
            TableLine::Row(row) => {
                self.put_row(contents, recent, &row, Some((number, line)));
                true
            }
            TableLine::Unclear => {
                contents.view.unread_lines.note(number, line);
                true
            }
            TableLine::Other | TableLine::Taken => false,
        }
    }

    /// Puts a row; `at` is the line number for warnings.
    fn put_row(&mut self, contents: &mut LogContents, recent: &mut Recent, row: &TableRow, at: Option<(u64, &[u8])>) {
        let of_evaluation = |(name, ..): &(String, f64, LogUnit)| {
            let first = name.split(['_', ' ', '/']).next().unwrap_or(name);
            DataSplit::of(first.as_bytes()).is_some_and(|part| part != DataSplit::Train)
        };
        let headed = self.section.part().filter(|_| row.step.is_none());
        let is_evaluation = headed.is_some() || row.values.iter().all(of_evaluation);
        let is_of_last = row.is_of_last || row.step.is_none() && is_evaluation;
        let last = self.last_step.filter(|_| is_of_last);
        self.is_left_out |= row.has_doubles;
        let own = self.step_of_row(contents, row);
        let Some(step) = own.or(self.block).or(last).filter(|step| step.is_finite()) else {
            // A table of the entire run.
            if self.has_begun {
                for (name, value, _) in &row.values {
                    contents.summarise(&name.replace(' ', "_"), *value);
                }
            } else if let Some((number, line)) = at
                && row.values.iter().any(|(name, ..)| names_result(name))
            {
                contents.view.unread_lines.note(number, line);
            }
            return;
        };
        if let Some(about) = &row.about {
            self.put_apart(contents, row, about, step, at);
            return self.went_on(contents, recent, step);
        }
        for (name, value, unit) in &row.values {
            if words::is_never_a_metric(name.as_bytes()) {
                continue;
            }
            let before = headed.filter(|_| !DataSplit::is_evaluated_in(name)).map_or("", DataSplit::prefix);
            if let Some(place) = contents.place(format!("{before}{}", name.replace(' ', "_")).as_bytes()) {
                let Some(factor) = self.factor(place, *unit) else { continue };
                // After the last epoch YOLO evaluates the best one once more.
                if row.is_of_last && self.last_put.get(place).is_some_and(|(last, _)| last.to_bits() == step.to_bits())
                {
                    self.is_left_out = true;
                    continue;
                }
                self.put(contents, place, step, LogUnit::times(*value, factor), !row.is_epoch);
            }
        }
        match at {
            Some((number, line)) => self.count_if_left_out(contents, number, line),
            None => self.is_left_out = false,
        }
        if let Some(of) = row.of.filter(|of| *of > 0.0) {
            contents.view.progress = Some((step / of).clamp(0.0, 1.0));
        }
        self.went_on(contents, recent, step);
    }

    /// Reads a line that may be a header of columns, or may describe the next one. True when it is.
    pub(super) fn head(&mut self, line: &[u8], has_columns: bool) -> bool {
        !is_rule(line) && self.tables.head(line, has_columns)
    }

    /// The next line repeats an earlier step.
    pub(super) fn repeat(&mut self) {
        self.is_repeated = true;
    }

    /// Counts a line that looks like a measurement and was not read. False for one that does not.
    pub(super) fn count_if_measured(
        &self,
        contents: &mut LogContents,
        tokens: &[Token],
        number: u64,
        line: &[u8],
    ) -> bool {
        let is_measured = looks_like_measurement(line, tokens, self.has_begun);
        if is_measured {
            contents.view.unread_lines.note(number, line);
        }
        is_measured
    }
}

/// Sets values of the summary: the newest win.
fn summarise(contents: &mut LogContents, meaning: &Meaning, values: &[(Use, f64)]) {
    for (used, value) in values {
        let Use::Value(column) = used else { continue };
        contents.summarise(&meaning.names[usize::from(*column)], *value);
    }
}
