//! Sentinel values that mean "not measured".

use std::collections::BTreeMap;

use crate::model::{Claim, Goal};

/// Sentinel values that mean "not measured", by their bits; true for one that does so only in rows that were not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::format) struct StandIns(BTreeMap<u64, bool>);

impl StandIns {
    /// True if the objective's value in a row with this decision is not a measurement.
    pub(in crate::format) fn include(&self, value: f64, claim: Claim) -> bool {
        // A zero may have a sign.
        self.0.get(&(value + 0.0).to_bits()).is_some_and(|unless_kept| !(*unless_kept && claim == Claim::Keep))
    }
}

/// True for a typical sentinel: nines, or a power of ten beyond any measurement.
pub(super) fn is_far_out(value: f64) -> bool {
    let size = value.abs();
    let nines = || {
        let digits = format!("{size}");
        digits.len() >= 3 && digits.bytes().all(|byte| byte == b'9')
    };
    let power = || size >= 1e6 && (size.log10() - size.log10().round()).abs() < 1e-12;
    let largest =
        || [f64::from(i32::MAX), f64::from(f32::MAX)].map(f64::to_bits).contains(&size.to_bits()) || size >= 1e30;
    nines() || power() || largest()
}

/// Returns the values of the objective that are not measurements: sentinels far from all others, and a zero that would
/// be the best of all in a row that was not kept.
pub(in crate::format) fn stand_ins(values: &[Option<f64>], claims: &[Claim], goal: Option<Goal>) -> StandIns {
    let mut found = BTreeMap::new();
    let real: Vec<f64> = values.iter().flatten().copied().filter(|value| !is_far_out(*value)).collect();
    let largest = real.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for value in values.iter().flatten().copied().filter(|value| is_far_out(*value)) {
        let alone = real.is_empty() && value < 0.0;
        if alone || !real.is_empty() && value.abs() > largest * 10.0 {
            found.insert(value.to_bits(), false);
        }
    }
    if goal == Some(Goal::Minimize) && is_odd(values, claims, 0.0) {
        found.insert(0.0_f64.to_bits(), true);
    }
    if is_odd(values, claims, -1.0) {
        found.insert((-1.0_f64).to_bits(), true);
    }
    StandIns(found)
}

/// Returns the values without possible sentinels, before the better direction is known: what decided nothing must not
/// count as a decision. A baseline of 0 was measured.
pub(super) fn decided_on(values: &[Option<f64>], claims: &[Claim]) -> Vec<Option<f64>> {
    let is_open = |odd: f64| values.iter().zip(claims).any(|(value, claim)| *claim == Claim::Other && is(*value, odd));
    let odd: Vec<f64> = [0.0, -1.0].into_iter().filter(|odd| is_odd(values, claims, *odd) && !is_open(*odd)).collect();
    values.iter().map(|value| value.filter(|_| !odd.iter().any(|odd| is(*value, *odd)))).collect()
}

/// True for a value that no kept row has, among others that are all positive.
fn is_odd(values: &[Option<f64>], claims: &[Claim], odd: f64) -> bool {
    let others = || values.iter().flatten().filter(|value| !is_far_out(**value) && !is(Some(**value), odd));
    let mut rows = values.iter().zip(claims).filter(|(value, _)| is(**value, odd)).peekable();
    rows.peek().is_some()
        && rows.all(|(_, claim)| *claim != Claim::Keep)
        && others().count() >= 2
        && others().all(|value| *value > 0.0)
}

fn is(value: Option<f64>, odd: f64) -> bool {
    value.is_some_and(|value| (value - odd).abs() < f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentinels() {
        let keep = [Claim::Keep, Claim::Discard, Claim::Keep];
        let of = |values: [f64; 3], goal| {
            stand_ins(&values.map(Some), &keep, Some(goal)).0.into_keys().map(f64::from_bits).collect::<Vec<_>>()
        };
        assert_eq!(of([1.0, -999.0, 1.1], Goal::Maximize), [-999.0]);
        assert_eq!(of([0.9, 1e9, 0.8], Goal::Minimize), [1e9]);
        assert_eq!(of([950.0, 999.0, 1001.0], Goal::Minimize), [] as [f64; 0], "among similar values");
        assert_eq!(of([0.9, 0.0, 0.8], Goal::Minimize), [0.0], "it would be the best, and was discarded");
        assert_eq!(of([0.9, 0.0, 0.95], Goal::Maximize), [] as [f64; 0]);
        assert_eq!(of([0.9, -1.0, 0.95], Goal::Maximize), [-1.0]);
        assert_eq!(of([0.5, -1.0, -0.95], Goal::Minimize), [] as [f64; 0], "others are below zero, too");
    }
}
