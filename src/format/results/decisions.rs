//! Compares a column with the loop's keeps and discards.

use super::stand_ins::is_far_out;
use crate::model::{Claim, Goal};

/// The fit between a goal and the loop's keeps and discards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Fit {
    /// Keeps that were better than the previous keep, and discards that were not.
    pub(super) agree: usize,
    /// Keeps that were worse, and discards that were better.
    pub(super) disagree: usize,
    /// Keeps that equal the previous keep: they were kept for another reason.
    pub(super) ties: usize,
    /// Keeps among those that agree.
    pub(super) kept: usize,
}

impl Fit {
    /// Returns the number of decisions to compare with.
    pub(super) fn judged(self) -> usize {
        self.agree + self.disagree + self.ties
    }

    /// Returns -1 (all decisions disagree) to 1 (all agree); 0 without decisions.
    pub(super) fn consistency(self) -> f64 {
        if self.judged() == 0 {
            return 0.0;
        }
        (self.agree as f64 - self.disagree as f64 - self.ties as f64 / 2.0) / self.judged() as f64
    }

    /// Returns how many agree, as a sentence: a person's decisions are others.
    pub(super) fn agreement(self) -> String {
        format!("{} of the agent's {} keeps and discards agree", self.agree, self.judged())
    }
}

/// Merges the values and decisions of each change: its seeds were decided on together, by their mean. `repeats` is true
/// for a row that repeats the change before it.
pub(super) fn by_change(values: &[Option<f64>], claims: &[Claim], repeats: &[bool]) -> (Vec<Option<f64>>, Vec<Claim>) {
    let mut changes: Vec<(f64, u32, Claim)> = Vec::with_capacity(values.len());
    for ((value, claim), repeats) in values.iter().zip(claims).zip(repeats) {
        match changes.last_mut() {
            Some((sum, count, _)) if *repeats => {
                *sum += value.unwrap_or(0.0);
                *count += u32::from(value.is_some());
            }
            _ => changes.push((value.unwrap_or(0.0), u32::from(value.is_some()), *claim)),
        }
    }
    let mean = |(sum, count, claim)| ((count > 0).then(|| sum / f64::from(count)), claim);
    changes.into_iter().map(mean).unzip()
}

/// True if the decisions clearly contradict a direction.
pub(super) fn contradicted(known: Option<Goal>, fits: [Fit; 2]) -> bool {
    let Some(goal) = known else { return false };
    let (own, other) = own_and_other(goal, fits);
    other.judged() >= 3 && other.consistency() >= 0.6 && own.consistency() <= -0.2
}

/// The same if the kept values contradict it, too. Discards alone are not enough: a gain below the loop's threshold is
/// discarded.
pub(super) fn kept_against(known: Option<Goal>, fits: [Fit; 2]) -> bool {
    let moves_away = |goal| {
        let (own, other) = own_and_other(goal, fits);
        other.kept > own.kept
    };
    contradicted(known, fits) && known.is_some_and(moves_away)
}

fn own_and_other(goal: Goal, fits: [Fit; 2]) -> (Fit, Fit) {
    if goal == Goal::Minimize { (fits[0], fits[1]) } else { (fits[1], fits[0]) }
}

/// Returns the better fit of both goals.
pub(super) fn better_fit(fits: [Fit; 2]) -> Fit {
    if fits[1].consistency() > fits[0].consistency() { fits[1] } else { fits[0] }
}

/// Returns the goal that the decisions clearly show, whatever the name suggests, and its fit.
pub(super) fn shown(fits: [Fit; 2]) -> Option<(Goal, Fit)> {
    let (goal, best, other) = match better_fit(fits) {
        best if best == fits[0] => (Goal::Minimize, best, fits[1]),
        best => (Goal::Maximize, best, fits[0]),
    };
    let is_plain = best.judged() >= 3 && best.consistency() >= 0.75 && other.consistency() <= best.consistency() - 0.5;
    is_plain.then_some((goal, best))
}

/// Returns the fit of a goal: each keep should be better than the one before it, each discard should not.
pub(super) fn fit(values: &[Option<f64>], claims: &[Claim], goal: Goal) -> Fit {
    let mut fit = Fit::default();
    let mut kept: Option<f64> = None;
    for (value, claim) in values.iter().zip(claims) {
        let Some(value) = value.filter(|value| !is_far_out(*value)) else { continue };
        match (claim, kept) {
            (Claim::Keep, Some(before)) => {
                fit.kept += usize::from(goal.is_better(value, before));
                fit.agree += usize::from(goal.is_better(value, before));
                fit.disagree += usize::from(goal.is_better(before, value));
                fit.ties += usize::from(value.to_bits() == before.to_bits());
                kept = Some(value);
            }
            (Claim::Keep, None) => kept = Some(value),
            (Claim::Discard, Some(before)) => {
                fit.agree += usize::from(goal.is_better(before, value));
                fit.disagree += usize::from(goal.is_better(value, before));
            }
            // The first row of a table is its baseline, whatever its status.
            (Claim::Other, None) => kept = Some(value),
            _ => {}
        }
    }
    fit
}

/// Counts keeps that follow a keep, and how many of them each goal calls better: the clearest sign of the objective. A
/// guarded metric stays the same, or gets worse.
pub(super) fn moves(values: &[Option<f64>], claims: &[Claim]) -> (usize, [usize; 2]) {
    let kept = values.iter().zip(claims).filter(|(_, claim)| **claim == Claim::Keep).filter_map(|(value, _)| *value);
    let kept: Vec<f64> = kept.filter(|value| !is_far_out(*value)).collect();
    let better = |goal: Goal| kept.windows(2).filter(|pair| goal.is_better(pair[1], pair[0])).count();
    (kept.len().saturating_sub(1), [better(Goal::Minimize), better(Goal::Maximize)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_kept_rows_show_a_direction() {
        let values = [0.9, 0.6, 0.8, 0.5].map(Some);
        let claims = [Claim::Keep, Claim::Keep, Claim::Discard, Claim::Keep];
        assert_eq!(fit(&values, &claims, Goal::Minimize), Fit { agree: 3, disagree: 0, ties: 0, kept: 2 });
        assert_eq!(fit(&values, &claims, Goal::Maximize), Fit { agree: 0, disagree: 3, ties: 0, kept: 0 });
    }

    #[test]
    fn seeds_of_a_change_are_decided_on_together() {
        let values = [0.90, 0.98, 0.91, 0.96, 0.80, 0.87].map(Some);
        let claims = [Claim::Keep; 6];
        assert!(fit(&values, &claims, Goal::Minimize).disagree > 1);
        let (values, claims) = by_change(&values, &claims, &[false, true, false, true, false, true]);
        assert_eq!(values, [0.94, 0.935, 0.835].map(Some));
        assert_eq!(fit(&values, &claims, Goal::Minimize), Fit { agree: 2, disagree: 0, ties: 0, kept: 2 });
    }

    proptest! {
        /// Negating all values swaps the two directions.
        #[test]
        fn directions_mirror(rows in proptest::collection::vec((-50.0f64..50.0, 0usize..3), 0..30)) {
            let claims: Vec<Claim> = rows.iter().map(|(_, claim)| [Claim::Keep, Claim::Discard, Claim::Crash][*claim]).collect();
            let values: Vec<Option<f64>> = rows.iter().map(|(value, _)| Some(*value)).collect();
            let turned: Vec<Option<f64>> = rows.iter().map(|(value, _)| Some(-value)).collect();
            prop_assert_eq!(fit(&values, &claims, Goal::Minimize), fit(&turned, &claims, Goal::Maximize));
        }
    }
}
