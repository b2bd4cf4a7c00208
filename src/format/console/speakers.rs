//! Who tells of a metric: where two tell of the same step, and not the same, one of them only is listened to.

/// Who told of the metrics of a log, by their places.
#[derive(Default)]
pub(super) struct Speakers {
    known: Vec<Option<Speaker>>,
}

/// Who told of one metric.
#[derive(Clone, Copy)]
struct Speaker {
    first: u64,
    last: u64,
    /// What was told last.
    value: f64,
    /// The one who is listened to from then on.
    only: Option<u64>,
}

impl Speakers {
    /// Whether a value counts. `is_again`: another one is known of the same step.
    pub(super) fn hear(&mut self, place: usize, is_again: bool, speaker: u64, value: f64) -> bool {
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        let known = self.known[place].get_or_insert(Speaker { first: speaker, last: speaker, value, only: None });
        if known.only.is_none() && is_again && speaker != known.last && value.to_bits() != known.value.to_bits() {
            known.only = Some(if speaker == known.first { speaker } else { known.last });
        }
        let is_heard = known.only.is_none_or(|only| only == speaker);
        if is_heard {
            (known.last, known.value) = (speaker, value);
        }
        is_heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_is_listened_to() {
        let mut speakers = Speakers::default();
        assert!(speakers.hear(0, false, 1, 2.5), "the first");
        assert!(speakers.hear(0, true, 2, 2.5), "the same value is no other word");
        assert!(!speakers.hear(0, true, 3, 3.5), "another value of the same step");
        assert!(speakers.hear(1, true, 3, 3.5), "another metric");
        let mut speakers = Speakers::default();
        assert!(speakers.hear(0, false, 1, 2.5) && speakers.hear(0, false, 2, 2.4), "by turns");
        assert!(speakers.hear(0, true, 1, 2.6), "who was first is the one");
        assert!(!speakers.hear(0, false, 2, 2.3));
    }
}
