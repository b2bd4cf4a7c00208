//! Selects the process whose metrics count: of several that report the same, the lowest rank.

use super::super::LogContents;
use super::shape::LineShape;

/// The ranks that reported the metrics of a log.
#[derive(Default)]
pub(super) struct Ranks {
    /// By index of the metric: the lowest rank. Until ranks are certain: the last one.
    by_place: Vec<Option<u32>>,
    /// The lowest rank that reported anything.
    lowest: Option<u32>,
    /// True if ranks are certain: two of them reported the same step. A "rank" may be a matrix's, too.
    is_certain: bool,
    now: Option<u32>,
    is_now_certain: bool,
}

impl Ranks {
    /// Records the rank of a line, from its prefix or its values. False where a lower rank reports everything in it.
    pub(super) fn records(&mut self, contents: &mut LogContents, shape: &mut LineShape, among: Option<u32>) -> bool {
        self.now = shape.rank.or(among);
        self.is_now_certain = shape.rank.is_some() || self.is_certain;
        let Some(rank) = self.now.filter(|_| self.is_now_certain) else { return true };
        if self.lowest.is_none_or(|lowest| rank <= lowest) {
            return true;
        }
        let mut places = shape.meaning.names.iter().zip(&mut shape.places);
        places.any(|(name, place)| {
            *place = place.or_else(|| contents.place(name.as_bytes()));
            place.is_some_and(|place| self.of(place).is_none_or(|lowest| rank <= lowest))
        })
    }

    /// True where the value of a metric counts. `is_other`: another value is known for the same step.
    #[inline]
    pub(super) fn counts(&mut self, place: usize, is_other: impl FnOnce() -> bool) -> bool {
        let Some(rank) = self.now else { return true };
        let last = self.of(place);
        if !self.is_now_certain && last.is_some_and(|last| last != rank) && is_other() {
            (self.is_certain, self.is_now_certain) = (true, true);
        }
        let counts = !self.is_now_certain || last.is_none_or(|last| rank <= last);
        if counts {
            self.by_place.resize(self.by_place.len().max(place + 1), None);
            self.by_place[place] = Some(rank);
            if self.is_now_certain {
                self.lowest = Some(self.lowest.map_or(rank, |lowest| lowest.min(rank)));
            }
        }
        counts
    }

    /// Returns the rank that wrote the current line, if it has one.
    pub(super) fn of_line(&self) -> Option<u32> {
        self.now
    }

    fn of(&self, place: usize) -> Option<u32> {
        self.by_place.get(place).copied().flatten()
    }
}

/// Number of steps, or lines, that the lower rank must be missing before a higher rank counts alone.
const STEPS_ALONE: u32 = 2;
const LINES_ALONE: u32 = 64;

/// Detects whether supposed task numbers count steps: they only increase then, and the epoch with them.
#[derive(Default)]
pub(super) struct Counting {
    /// The largest one, and its epoch.
    largest: Option<(u32, Option<f64>)>,
    rising: u32,
    /// True if one recurred, or stayed while the epoch increased: they are tasks.
    is_task: bool,
    /// Lines that were not read because they belong to another task.
    dropped: Vec<(u64, Vec<u8>)>,
}

impl Counting {
    /// Number of labels that only increase from which on they are steps.
    const MOST_RISING: u32 = 16;
    /// Upper bound of the first tasks' numbers.
    const FEW: u32 = 10;

    /// Records the next label, with its epoch.
    pub(super) fn see(&mut self, label: u32, epoch: Option<f64>) {
        let Some((largest, at)) = self.largest else { return self.largest = Some((label, epoch)) };
        let is_later = epoch.zip(at).is_some_and(|(epoch, at)| epoch > at);
        self.is_task |= label < largest || label == largest && is_later;
        if label > largest {
            let is_step = is_later || label - largest > 1 && label >= Self::FEW;
            self.rising = if is_step { Self::MOST_RISING } else { self.rising + 1 };
            self.largest = Some((label, epoch));
        }
        if self.is_task {
            self.dropped = Vec::new();
        }
    }

    /// Keeps a line that was not read because of its label.
    pub(super) fn drops(&mut self, number: u64, line: &[u8]) {
        if !self.is_task && self.dropped.len() <= Self::MOST_RISING as usize {
            self.dropped.push((number, line.to_vec()));
        }
    }

    /// True where the labels are steps.
    pub(super) fn is_a_count(&self) -> bool {
        !self.is_task && self.rising >= Self::MOST_RISING
    }

    /// Returns the lines that were not read, to be read again.
    pub(super) fn take_dropped(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(self).dropped
    }
}

/// The progress of higher ranks beyond the lines that are read.
#[derive(Default)]
pub(super) struct Alone {
    at: Option<f64>,
    steps: u32,
    lines: u32,
}

impl Alone {
    /// Records that another line of the lower rank was read.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Records a line of a higher rank, with its step if the lower one has not reached it. True when the rank counts
    /// alone.
    pub(super) fn counts_alone(&mut self, ahead: Option<f64>) -> bool {
        if let Some(ahead) = ahead.filter(|ahead| self.at.is_none_or(|last| *ahead > last)) {
            (self.at, self.steps) = (Some(ahead), self.steps + 1);
        }
        self.lines += 1;
        ahead.is_some() && self.steps > STEPS_ALONE || self.lines > LINES_ALONE
    }
}
