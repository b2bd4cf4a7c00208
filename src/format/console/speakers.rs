//! Selects the speaker of a metric: where two report different values for the same step, only one of them counts.

/// Number of steps for which another speaker must continue, or start over, before it takes over.
const STEPS_OF_SILENCE: u32 = 2;
const STEPS_ANEW: u32 = 3;

/// The speakers of the metrics of a log, by index.
#[derive(Default)]
pub(super) struct Speakers {
    known: Vec<Option<Speaker>>,
}

/// The speakers of one metric.
#[derive(Clone, Copy)]
struct Speaker {
    first: u64,
    last: u64,
    /// The last value and its step.
    value: f64,
    step: f64,
    /// The only speaker that counts from then on.
    only: Option<u64>,
    /// The previous speaker.
    before: Option<u64>,
    /// Another speaker that continues: its step, the number of its steps beyond the known ones, and of all its steps.
    other: (u64, f64, u32, u32),
}

impl Speaker {
    /// Records a step of another speaker. True when it takes over: a phase of the training has ended, or the next of
    /// several runs began.
    fn takes_over(&mut self, speaker: u64, step: f64) -> bool {
        let (other, at, beyond, steps) = self.other;
        let is_beyond = step > self.step;
        let is_next = other == speaker && step > at;
        let steps = if is_next && steps > 0 { steps + 1 } else { 1 };
        let beyond = if is_next { beyond + u32::from(is_beyond) } else { u32::from(is_beyond) };
        self.other = (speaker, step, beyond, steps);
        let takes_over =
            (beyond >= STEPS_OF_SILENCE || steps >= STEPS_ANEW && !is_beyond) && self.before != Some(speaker);
        if takes_over {
            (self.before, self.only) = (self.only, Some(speaker));
        }
        takes_over
    }
}

impl Speakers {
    /// True if a value counts. `is_again`: another value is known for the same step.
    pub(super) fn accepts(&mut self, place: usize, is_again: bool, speaker: u64, (step, value): (f64, f64)) -> bool {
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        let known = self.known[place].get_or_insert(Speaker {
            first: speaker,
            last: speaker,
            value,
            step,
            only: None,
            before: None,
            other: (speaker, f64::NAN, 0, 0),
        });
        if known.only.is_none() && speaker == known.last {
            (known.value, known.step) = (value, step);
            return true;
        }
        let is_conflict = || is_again && value.to_bits() != known.value.to_bits() || step < known.step;
        if known.only.is_none() && speaker != known.last && is_conflict() {
            known.only = Some(if speaker == known.first { speaker } else { known.last });
        }
        let is_accepted = known.only.is_none_or(|only| only == speaker) || known.takes_over(speaker, step);
        if is_accepted {
            (known.last, known.value, known.step) = (speaker, value, step);
            (known.other.2, known.other.3) = (0, 0);
        }
        is_accepted
    }

    /// The run restarts: the speakers start over.
    pub(super) fn restart(&mut self) {
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_counts() {
        let mut speakers = Speakers::default();
        assert!(speakers.accepts(0, false, 1, (1.0, 2.5)), "the first");
        assert!(speakers.accepts(0, true, 2, (1.0, 2.5)), "the same value does not conflict");
        assert!(!speakers.accepts(0, true, 3, (1.0, 3.5)), "another value of the same step");
        assert!(speakers.accepts(1, true, 3, (1.0, 3.5)), "another metric");
        let mut speakers = Speakers::default();
        assert!(speakers.accepts(0, false, 1, (1.0, 2.5)) && speakers.accepts(0, false, 2, (2.0, 2.4)), "by turns");
        assert!(speakers.accepts(0, true, 1, (2.0, 2.6)), "the first one counts");
        assert!(!speakers.accepts(0, false, 2, (3.0, 2.3)));
        assert!(
            speakers.accepts(0, false, 1, (3.0, 2.2)) && !speakers.accepts(0, false, 2, (4.0, 2.3)),
            "the one that continues"
        );
    }

    #[test]
    fn another_continues_where_the_first_is_silent() {
        let mut speakers = Speakers::default();
        assert!(speakers.accepts(0, false, 1, (20.0, 2.5)));
        assert!(!speakers.accepts(0, true, 2, (20.0, 2.6)) && !speakers.accepts(0, false, 2, (30.0, 2.4)));
        assert!(speakers.accepts(0, false, 2, (40.0, 2.3)));
        assert!(
            !speakers.accepts(0, false, 1, (50.0, 2.3)) && !speakers.accepts(0, false, 1, (60.0, 2.3)),
            "once only"
        );
        let mut speakers = Speakers::default();
        assert!(speakers.accepts(0, false, 1, (20.0, 2.5)));
        assert!(!speakers.accepts(0, false, 2, (10.0, 2.6)), "another one that is behind does not restart");
        assert!(
            !speakers.accepts(0, false, 2, (12.0, 2.5)) && speakers.accepts(0, false, 2, (14.0, 2.4)),
            "unless it continues"
        );
    }
}
