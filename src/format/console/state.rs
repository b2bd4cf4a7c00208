//! What a line does to the curves, which depends on what came before it: steps that go on over epochs, ranks, blocks
//! under a header, tables, evaluations, the summary.

use super::super::Told;
use super::super::along::Said;
use super::super::steps::Steps;
use super::MOST_METRICS;
use super::lexer::{Kind, Token};
use super::meaning::{Meaning, Use, names_result};
use super::recent::Recent;
use super::shape::Shape;
use super::table::{Line, Row, Tables, is_rule};
use super::units::Unit;
use super::words::{self, Count, Part, Which};
use crate::model::TrialEnd;

/// The numbers of a line, by what they are for.
#[derive(Clone, Copy, Default)]
struct Numbers {
    step: Option<f64>,
    of: Option<f64>,
    epoch: Option<f64>,
    epochs: Option<f64>,
    percent: Option<f64>,
    remaining: Option<f64>,
}

impl Numbers {
    fn of(values: &[(Use, f64)]) -> Self {
        let mut numbers = Self::default();
        for (used, value) in values {
            match used {
                Use::Step => numbers.step = Some(*value),
                Use::Of => numbers.of = Some(*value).filter(|of| *of > 0.0),
                Use::Epoch => numbers.epoch = Some(*value),
                Use::EpochOf => numbers.epochs = Some(*value).filter(|of| *of > 0.0),
                Use::Percent => numbers.percent = Some(*value),
                Use::Remaining(weight) => numbers.remaining = Some(numbers.remaining.unwrap_or(0.0) + value * weight),
                Use::Value(_) | Use::Part(..) | Use::Which(_) | Use::Ignored => {}
            }
        }
        numbers
    }
}

/// Who told of a metric.
#[derive(Clone, Copy)]
struct Speakers {
    first: u64,
    last: u64,
    value: f64,
    /// Two told of the same step, and not the same: from then on this one only is listened to.
    only: Option<u64>,
}

/// What a log has told so far.
#[expect(clippy::struct_excessive_bools, reason = "what was seen of a log")]
#[derive(Default)]
pub(super) struct State {
    steps: Steps,
    tables: Tables,
    /// Values were read.
    has_begun: bool,
    is_in_summary: bool,
    /// The step of the header that lines of values stand under.
    block: Option<f64>,
    /// The header is one for certain, and no setting.
    is_block_certain: bool,
    /// The epoch that a line of its own named.
    epoch: Option<f64>,
    /// The last epoch that was named beside its values, and the step it was at.
    last_epoch: Option<(f64, f64)>,
    /// The first epoch of the log: from 0 or from 1.
    first_epoch: Option<f64>,
    /// Steps within epochs, or of the run, were seen: epochs are no steps then.
    has_steps: bool,
    last_step: Option<f64>,
    lowest_rank: Option<u32>,
    /// By place: the step of the last value, and whether one came with a step that is no epoch.
    last_put: Vec<(f64, bool)>,
    /// By place: the unit that its first value had.
    units: Vec<Option<Unit>>,
    /// Who speaks in the line that is read.
    speaker: u64,
    /// By place: who told of it.
    speakers: Vec<Option<Speakers>>,
    /// A value was left out: its unit does not fit those before it, or another one told of the same step.
    is_left_out: bool,
    /// The part that the last lines of an evaluation were about, until training goes on.
    evaluated: Option<Part>,
    /// The line before said that the next one tells of an earlier step.
    is_repeated: bool,
}

impl State {
    /// True while a table gathers: the next line may end it.
    pub(super) fn is_in_table(&self) -> bool {
        self.tables.is_gathering()
    }

    /// True where even a line of bare names and values says something.
    pub(super) fn expects_values(&self) -> bool {
        self.block.is_some() || self.is_in_summary || self.evaluated.is_some()
    }

    /// A number that changes with all that decides whether a line without a step says something.
    pub(super) fn stage(&self) -> u64 {
        let flags = [
            self.has_begun,
            self.last_step.is_some(),
            self.block.is_some(),
            self.is_block_certain,
            self.is_in_summary,
            self.evaluated.is_some(),
            self.is_repeated,
        ];
        flags.iter().fold(self.tables.headers(), |stage, flag| stage << 1 | u64::from(*flag))
    }

    pub(super) fn leave_space(&mut self) {
        self.tables.leave_space();
    }

    pub(super) fn begin_summary(&mut self) {
        self.is_in_summary = true;
        self.block = None;
    }

    /// A line of a shape, with its numbers. False when nothing was made of it.
    pub(super) fn take(
        &mut self,
        told: &mut Told,
        recent: &mut Recent,
        shape: &mut Shape,
        values: &[(Use, f64)],
        number: u64,
        line: &[u8],
    ) -> bool {
        let is_taken = self.take_line(told, recent, shape, values, number, line);
        if std::mem::take(&mut self.is_left_out) {
            told.view.passed_over.note(number, line);
        }
        is_taken
    }

    fn take_line(
        &mut self,
        told: &mut Told,
        recent: &mut Recent,
        shape: &mut Shape,
        values: &[(Use, f64)],
        number: u64,
        line: &[u8],
    ) -> bool {
        let process =
            values.iter().find(|(used, _)| *used == Use::Which(Which::Process)).map(|(_, value)| *value as u32);
        if let Some(rank) = shape.rank.or(process) {
            // One rank tells of a run: the lowest there is.
            if self.lowest_rank.is_some_and(|lowest| rank > lowest) {
                return true;
            }
            self.lowest_rank = Some(rank);
        }
        let things = values.iter().filter(|(used, _)| *used == Use::Which(Which::Thing));
        self.speaker = things.fold(shape.speaker, |speaker, (_, value)| speaker.rotate_left(7) ^ value.to_bits());
        let numbers = Numbers::of(values);
        let meaning = &shape.meaning;
        if meaning.is_ambiguous && (meaning.count.is_some() || self.has_begun) {
            told.view.passed_over.note(number, line);
        }
        if numbers.remaining.is_some_and(f64::is_finite)
            && (!meaning.names.is_empty() && meaning.count.is_some() || self.block.is_some())
        {
            told.view.remaining_s = numbers.remaining;
        }
        let has_values = !meaning.names.is_empty();
        if std::mem::take(&mut self.is_repeated) || meaning.is_final {
            if meaning.is_final {
                summarise(told, meaning, values);
            }
            return true;
        }
        let is_evaluation = meaning.part.is_some_and(|part| part != Part::Train);
        if is_evaluation || meaning.count.is_some() {
            self.evaluated = meaning.part.filter(|_| is_evaluation);
        }
        let step = match meaning.count {
            Some(_) if !has_values => return self.header(told, meaning, numbers),
            Some(Count::Epoch) => {
                let Some(epoch) = numbers.epoch.filter(|epoch| epoch.is_finite()) else { return false };
                self.first_epoch.get_or_insert(epoch);
                let step = if self.has_steps { self.last_step } else { Some(epoch) };
                // Epochs go on and steps do not: this one's is not known.
                if self.last_epoch.is_some_and(|(last, at)| epoch > last && Some(at) == step) {
                    told.view.passed_over.note(number, line);
                    return true;
                }
                self.last_epoch = step.map(|step| (epoch, step));
                step
            }
            Some(count) => {
                let Some(step) = numbers.step.filter(|step| step.is_finite()) else { return false };
                if let Some(epoch) = numbers.epoch {
                    self.first_epoch.get_or_insert(epoch);
                }
                let epoch = numbers.epoch.or(self.epoch);
                let of_run = match (count, epoch) {
                    (Count::InEpoch, _) => self.steps.within(step, epoch, numbers.of),
                    // `Validation Epoch [1/5], Step [50/100]`: the training goes on from where it was.
                    (Count::Step, Some(epoch)) if is_evaluation && self.steps.is_aside(step, epoch, numbers.of) => {
                        let last = self.last_step.filter(|_| numbers.of.is_some());
                        last.or_else(|| Some(self.steps.as_before(step)))
                    }
                    (Count::Step | Count::Weak, Some(epoch)) => {
                        let repeats = self.repeats(told, shape, self.steps.as_before(step));
                        Some(self.steps.beside_epoch(step, epoch, numbers.of, repeats))
                    }
                    // `Steps: 64 | loss: 0.5`, again and again: a setting, or several that count alike.
                    (Count::Weak, None) if self.repeats(told, shape, step) => None,
                    _ => Some(self.steps.named(step, numbers.epoch)),
                };
                let Some(of_run) = of_run else {
                    told.view.passed_over.note(number, line);
                    return true;
                };
                self.has_steps = true;
                Some(of_run)
            }
            None => None,
        };
        match step {
            Some(step) => {
                self.progress(told, meaning, numbers);
                self.point(told, recent, shape, values, step);
                // `Epoch: 1 | Time: 14s`: what was measured stands on the lines below.
                let is_header = shape.meaning.is_whole && shape.tells_time_only();
                self.block = Some(step).filter(|_| is_header);
                self.is_block_certain = is_header;
                true
            }
            None => self.without_step(told, recent, shape, values, is_evaluation),
        }
    }

    /// A line that names a step or an epoch and no values: those stand on the lines below it. False where it is
    /// something else.
    fn header(&mut self, told: &mut Told, meaning: &Meaning, numbers: Numbers) -> bool {
        if !meaning.is_whole || meaning.is_ambiguous {
            return meaning.is_ambiguous;
        }
        // `step: 1000` among the values of a summary is one of them.
        if self.is_in_summary && numbers.of.or(numbers.epochs).is_none() {
            return true;
        }
        if let Some(epoch) = numbers.epoch {
            self.epoch = Some(epoch);
            self.first_epoch.get_or_insert(epoch);
        }
        let step = match meaning.count {
            Some(Count::Epoch) if self.has_steps => self.last_step,
            Some(Count::Epoch) => numbers.epoch,
            // A bar of anything; `[batch=10/100]:` heads lines.
            Some(Count::InEpoch) if numbers.epoch.is_none() && (numbers.of.is_none() || meaning.named.is_empty()) => {
                return true;
            }
            Some(Count::InEpoch) => numbers.step.and_then(|step| self.steps.within(step, numbers.epoch, numbers.of)),
            Some(Count::Step) if numbers.epoch.is_some() => numbers
                .step
                .zip(numbers.epoch)
                .map(|(step, epoch)| self.steps.beside_epoch(step, epoch, numbers.of, numbers.of == Some(step))),
            _ => numbers.step.map(|step| self.steps.named(step, numbers.epoch)),
        };
        self.block = step.filter(|step| step.is_finite());
        self.is_block_certain = !meaning.is_setting || self.has_begun;
        self.is_in_summary = false;
        self.progress(told, meaning, numbers);
        true
    }

    fn without_step(
        &mut self,
        told: &mut Told,
        recent: &mut Recent,
        shape: &mut Shape,
        values: &[(Use, f64)],
        is_evaluation: bool,
    ) -> bool {
        let meaning = &shape.meaning;
        if meaning.names.is_empty() {
            return true;
        }
        if self.is_in_summary || meaning.is_declared {
            summarise(told, meaning, values);
            recent.end_trace();
            told.view.end = Some(TrialEnd::Finished);
            return true;
        }
        let names_part = |name: &String| {
            let first = name.split(['_', ' ', '/']).next().unwrap_or(name);
            Part::of(first.as_bytes()).is_some_and(|part| part != Part::Train)
        };
        let of_evaluation = is_evaluation || meaning.is_whole && meaning.names.iter().any(names_part);
        let names_result = || meaning.names.iter().any(|name| names_result(name));
        if let (true, Some(part), Some(step)) = (meaning.is_starred && meaning.is_whole, self.evaluated, self.last_step)
        {
            for (used, value) in values {
                let Use::Value(column) = used else { continue };
                let name = format!("{}{}", part.prefix(), meaning.names[usize::from(*column)]);
                if let Some(place) = told.place(name.as_bytes()) {
                    self.put(told, place, step, *value, false);
                }
            }
            return true;
        }
        match (self.block, self.last_step) {
            (Some(step), _) if meaning.is_whole && (self.is_block_certain || names_result()) => {
                self.point(told, recent, shape, values, step);
            }
            (_, Some(step)) if of_evaluation => {
                summarise(told, meaning, values);
                self.point(told, recent, shape, values, step);
            }
            _ if self.has_begun && meaning.is_signed && meaning.is_terse => summarise(told, meaning, values),
            _ => return false,
        }
        true
    }

    /// True where a line tells again what was told of a step.
    fn repeats(&self, told: &mut Told, shape: &Shape, step: f64) -> bool {
        shape.meaning.names.iter().zip(&shape.places).any(|(name, place)| {
            let place = place.or_else(|| told.place(name.as_bytes()));
            place.and_then(|place| self.last_put.get(place)).is_some_and(|(last, _)| last.to_bits() == step.to_bits())
        })
    }

    /// Puts the values of a line at a step.
    fn point(&mut self, told: &mut Told, recent: &mut Recent, shape: &mut Shape, values: &[(Use, f64)], step: f64) {
        let by_epoch = shape.meaning.count == Some(Count::Epoch)
            && self.has_steps
            && shape.meaning.part.is_none_or(|part| part == Part::Train);
        let mut said = Said::default();
        for (used, value) in values {
            let Use::Value(column) = used else { continue };
            let column = usize::from(*column);
            let value = &(value * shape.scales[column]);
            if let Some((saying, unit)) = shape.sayings[column] {
                said.take(saying, *value, unit);
            }
            let place = match shape.places[column] {
                Some(place) => place,
                None => {
                    let Some(place) = told.place(shape.meaning.names[column].as_bytes()) else {
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
                let Some(place) = told.place(format!("epoch_{}", shape.meaning.names[column]).as_bytes()) else {
                    continue;
                };
                place
            } else {
                place
            };
            let Some(factor) = self.factor(place, shape.units[column]) else { continue };
            let value = &(value * factor);
            if !self.is_heard(place, step, *value) {
                continue;
            }
            self.put(
                told,
                place,
                step,
                *value,
                !by_epoch && shape.meaning.count.is_some_and(|count| count != Count::Epoch),
            );
        }
        let (follower, along) = told.columns.along();
        follower.line(along, step, said);
        self.went_on(told, recent, step);
    }

    /// What a value is multiplied by to be in the unit of its column; `None` where it cannot be.
    fn factor(&mut self, place: usize, unit: Unit) -> Option<f64> {
        if self.units.len() <= place {
            self.units.resize(place + 1, None);
        }
        let factor = unit.into(*self.units[place].get_or_insert(unit));
        self.is_left_out |= factor.is_none();
        factor
    }

    /// False where somebody else told of the same step before: a metric never becomes another's number.
    fn is_heard(&mut self, place: usize, step: f64, value: f64) -> bool {
        let speaker = self.speaker;
        if self.speakers.len() <= place {
            self.speakers.resize(place + 1, None);
        }
        let is_again = self.last_put.get(place).is_some_and(|(last, _)| last.to_bits() == step.to_bits());
        let known = self.speakers[place].get_or_insert(Speakers { first: speaker, last: speaker, value, only: None });
        if known.only.is_none() && is_again && speaker != known.last && value.to_bits() != known.value.to_bits() {
            known.only = Some(if speaker == known.first { speaker } else { known.last });
        }
        let is_heard = known.only.is_none_or(|only| only == speaker);
        if is_heard {
            (known.last, known.value) = (speaker, value);
        }
        self.is_left_out |= !is_heard;
        is_heard
    }

    fn put(&mut self, told: &mut Told, place: usize, step: f64, value: f64, by_step: bool) {
        if self.last_put.len() <= place {
            self.last_put.resize(place + 1, (f64::NAN, false));
        }
        let last = &mut self.last_put[place];
        // What is told again of the same step is the newer word on it.
        if last.0.to_bits() == step.to_bits() {
            told.columns.series(place).amend(value);
        } else {
            told.columns.put(place, step, value);
        }
        *last = (step, last.1 || by_step);
    }

    fn went_on(&mut self, told: &mut Told, recent: &mut Recent, step: f64) {
        self.last_step = Some(step);
        self.has_begun = true;
        self.is_in_summary = false;
        recent.end_trace();
        told.view.end = None;
    }

    fn progress(&mut self, told: &mut Told, meaning: &Meaning, numbers: Numbers) {
        let epoch = numbers.epoch.or(self.epoch);
        let is_named = meaning.count == Some(Count::Step) && numbers.of.is_some() && epoch.is_some();
        let began_anew = is_named && self.steps.began_anew();
        // `Epoch [1/5], Step [100/600]`: whether 600 is the run or the epoch is seen once the epoch is over.
        let has_others = numbers.epochs.map_or(numbers.epoch.is_none(), |epochs| epochs > 1.0);
        if is_named && (began_anew || has_others && epoch == self.first_epoch) {
            told.view.progress = None;
            if !began_anew {
                return;
            }
        }
        let is_in_epoch = meaning.count == Some(Count::InEpoch) && epoch.is_some();
        let is_within = is_in_epoch || began_anew;
        let share = match (numbers.step, numbers.of) {
            (Some(step), Some(of)) if !is_within => Some(step / of),
            (step, of) => match (numbers.epoch, numbers.epochs) {
                (Some(epoch), Some(epochs)) => {
                    let within = step.zip(of).map_or(0.0, |(step, of)| step / of);
                    // Epochs from 0 end one before their number.
                    let from_zero = self.first_epoch == Some(0.0);
                    let before = if from_zero { epoch } else { epoch - 1.0 + f64::from(u8::from(step.is_none())) };
                    Some((before + within) / if from_zero { epochs + 1.0 } else { epochs })
                }
                _ => None,
            },
        };
        let share = share.or_else(|| numbers.percent.filter(|_| !is_within).map(|percent| percent / 100.0));
        told.view.progress = share.filter(|share| (0.0..=1.0).contains(share)).or(told.view.progress);
    }

    /// A line of a table that is drawn. True when it was one.
    pub(super) fn table(&mut self, told: &mut Told, recent: &mut Recent, number: u64, line: &[u8]) -> bool {
        if line.first().is_none_or(u8::is_ascii_alphanumeric) && !self.tables.is_open() {
            return false;
        }
        match self.tables.drawn(line) {
            Line::Other => {
                if let Some(row) = self.tables.finish() {
                    self.put_row(told, recent, &row, Some((number, line)));
                }
                false
            }
            Line::Taken => true,
            Line::Unclear => {
                told.view.passed_over.note(number, line);
                true
            }
            Line::Row(row) => {
                self.put_row(told, recent, &row, Some((number, line)));
                true
            }
        }
    }

    pub(super) fn close_table(&mut self, told: &mut Told) {
        if let Some(row) = self.tables.finish() {
            self.put_row(told, &mut Recent::default(), &row, None);
        }
    }

    /// A row under a header. True when it was one.
    pub(super) fn row(&mut self, told: &mut Told, recent: &mut Recent, number: u64, line: &[u8]) -> bool {
        match self.tables.row(line) {
            Line::Row(row) => {
                self.put_row(told, recent, &row, Some((number, line)));
                true
            }
            Line::Unclear => {
                told.view.passed_over.note(number, line);
                true
            }
            Line::Other | Line::Taken => false,
        }
    }

    /// Puts a row; `at` is the line that it is known by.
    fn put_row(&mut self, told: &mut Told, recent: &mut Recent, row: &Row, at: Option<(u64, &[u8])>) {
        let of_evaluation = |(name, ..): &(String, f64, Unit)| {
            let first = name.split(['_', ' ', '/']).next().unwrap_or(name);
            Part::of(first.as_bytes()).is_some_and(|part| part != Part::Train)
        };
        let is_of_last = row.is_of_last || row.step.is_none() && row.values.iter().all(of_evaluation);
        let last = self.last_step.filter(|_| is_of_last);
        let Some(step) = row.step.or(self.block).or(last).filter(|step| step.is_finite()) else {
            // A table of the whole run.
            if self.has_begun {
                for (name, value, _) in &row.values {
                    told.summarise(&name.replace(' ', "_"), *value);
                }
            } else if let Some((number, line)) = at
                && row.values.iter().any(|(name, ..)| names_result(name))
            {
                told.view.passed_over.note(number, line);
            }
            return;
        };
        for (name, value, unit) in &row.values {
            if words::is_never_a_metric(name.as_bytes()) {
                continue;
            }
            if let Some(place) = told.place(name.replace(' ', "_").as_bytes()) {
                let Some(factor) = self.factor(place, *unit) else { continue };
                // After the last epoch YOLO evaluates the best one once more.
                if row.is_of_last && self.last_put.get(place).is_some_and(|(last, _)| last.to_bits() == step.to_bits())
                {
                    self.is_left_out = true;
                    continue;
                }
                self.put(told, place, step, value * factor, !row.is_epoch);
            }
        }
        if std::mem::take(&mut self.is_left_out)
            && let Some((number, line)) = at
        {
            told.view.passed_over.note(number, line);
        }
        if let Some(of) = row.of.filter(|of| *of > 0.0) {
            told.view.progress = Some((step / of).clamp(0.0, 1.0));
        }
        self.went_on(told, recent, step);
    }

    /// A line that may head columns, or says what the next one is. True when it does.
    pub(super) fn head(&mut self, line: &[u8], has_columns: bool) -> bool {
        !is_rule(line) && self.tables.head(line, has_columns)
    }

    /// The next line tells again of a step that was there.
    pub(super) fn repeat(&mut self) {
        self.is_repeated = true;
    }

    /// Counts a line that looks like a measurement, of which nothing was read. False for one that does not.
    pub(super) fn pass_over_if_measured(
        &mut self,
        told: &mut Told,
        tokens: &[Token],
        number: u64,
        line: &[u8],
    ) -> bool {
        let of = |kind: Kind| tokens.iter().filter(move |token| token.kind == kind);
        // `0,512` is a fraction too, which is not read.
        let is_fraction = |token: &Token| {
            token.text(line).iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
                || matches!(line.get(token.end..token.end + 2), Some([b',', digit]) if digit.is_ascii_digit())
        };
        if !of(Kind::Number).any(|token| token.unit == token.end && is_fraction(token)) {
            return false;
        }
        let numbers = of(Kind::Number).count();
        let is_prose = of(Kind::Word).count() > 3 * numbers + 3;
        let is_name = |token: &Token| matches!(token.kind, Kind::Word | Kind::Quoted);
        if is_prose
            || !tokens
                .iter()
                .filter(|token| is_name(token))
                .any(|token| names_result(&String::from_utf8_lossy(token.text(line))))
        {
            return false;
        }
        let names_step = || {
            tokens.windows(3).any(|three| {
                three[0].kind == Kind::Word
                    && words::count(three[0].text(line)).is_some()
                    && three[1..].iter().any(|token| token.kind == Kind::Number)
            })
        };
        // `loss=2.3` among other numbers: a measurement, whatever its step.
        let is_said = || {
            tokens.windows(3).any(|three| {
                let last = three[0].text(line).rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
                is_name(&three[0])
                    && three[1].kind == Kind::Sep
                    && three[2].kind == Kind::Number
                    && is_fraction(&three[2])
                    && words::is_result(last)
            })
        };
        let is_measured = self.has_begun || names_step() || numbers >= 3 && is_said();
        if is_measured {
            told.view.passed_over.note(number, line);
        }
        is_measured
    }
}

/// Sets values of the summary: the newest win.
fn summarise(told: &mut Told, meaning: &Meaning, values: &[(Use, f64)]) {
    for (used, value) in values {
        let Use::Value(column) = used else { continue };
        let name = &meaning.names[usize::from(*column)];
        if let Some(known) = told.view.summary.iter_mut().find(|(key, _)| **key == **name) {
            known.1 = *value;
        } else if told.view.summary.len() < MOST_METRICS {
            told.view.summary.push((name.as_str().into(), *value));
        }
    }
}
