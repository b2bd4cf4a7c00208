//! Several trainings in one log, one after another, as Keras prints them: `Epoch 1/5` after `Epoch 5/5`.

/// The epochs of headers.
#[derive(Default)]
pub(super) struct Fits {
    last: Option<(f64, f64)>,
    /// The epochs of the trainings before this one.
    before: f64,
    /// True if the next training is another fold's: it does not continue any other.
    is_fold: bool,
}

impl Fits {
    /// Records a line that begins a fold.
    pub(super) fn next_fold(&mut self) {
        self.is_fold = true;
    }

    /// Returns the epoch of a header, out of `of`, in the entire log: a training that begins once the last one was at
    /// its end continues from there, if it has steps.
    pub(super) fn epoch(&mut self, epoch: f64, of: Option<f64>, has_steps: bool) -> f64 {
        let Some(of) = of else { return epoch + self.before };
        let ended = self.last.filter(|(last, of)| has_steps && epoch < *last && last.to_bits() == of.to_bits());
        if let Some((last, _)) = ended
            && epoch.to_bits() == 1f64.to_bits()
            && !self.is_fold
        {
            self.before += last;
        }
        self.is_fold = false;
        self.last = Some((epoch, of));
        epoch + self.before
    }
}
