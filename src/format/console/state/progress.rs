//! The completed fraction of the run.

use super::super::super::LogContents;
use super::super::meaning::Meaning;
use super::super::numbers::Numbers;
use super::super::words::Count;
use super::LogState;

impl LogState {
    #[inline]
    pub(super) fn progress(&mut self, contents: &mut LogContents, meaning: &Meaning, numbers: Numbers) {
        let epoch = numbers.epoch.or(self.epoch);
        let is_named = meaning.count == Some(Count::Step) && numbers.of.is_some() && epoch.is_some();
        let has_restarted = is_named && self.steps.has_restarted();
        // `Epoch [1/5], Step [100/600]`: whether 600 is the run or the epoch is known once the epoch has ended.
        let has_others = numbers.epochs.map_or(numbers.epoch.is_none(), |epochs| epochs > 1.0);
        if is_named && (has_restarted || has_others && epoch == self.first_epoch) {
            contents.view.progress = None;
            if !has_restarted {
                return;
            }
        }
        let is_in_epoch = meaning.count == Some(Count::InEpoch) && epoch.is_some();
        let is_within = is_in_epoch || has_restarted;
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
        contents.view.progress = share.filter(|share| (0.0..=1.0).contains(share)).or(contents.view.progress);
    }
}
