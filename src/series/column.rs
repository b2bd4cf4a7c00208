//! Decimation: many points into the columns of a chart, without losing a spike.

use std::ops::RangeInclusive;

use super::Point;

/// What falls into one column of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// First finite value; `None` for an empty column.
    pub first: Option<f64>,
    /// Smallest finite value.
    pub min: Option<f64>,
    /// Largest finite value.
    pub max: Option<f64>,
    /// Last finite value.
    pub last: Option<f64>,
    /// True when a NaN or an infinity falls here.
    pub nonfinite: bool,
}

/// Puts points into `columns` equal parts of the range of steps. Points outside it are left out.
pub fn decimate(points: impl Iterator<Item = Point>, steps: &RangeInclusive<f64>, columns: usize) -> Vec<Column> {
    let mut out = vec![Column::default(); columns];
    let (start, end) = (*steps.start(), *steps.end());
    if columns == 0 || end < start || start.is_nan() || end.is_nan() {
        return out;
    }
    let width = (end - start).max(f64::MIN_POSITIVE);
    for Point { step, value } in points {
        if !(start..=end).contains(&step) {
            continue;
        }
        let at = (((step - start) / width) * columns as f64) as usize;
        let column = &mut out[at.min(columns - 1)];
        if !value.is_finite() {
            column.nonfinite = true;
            continue;
        }
        column.first.get_or_insert(value);
        column.min = Some(column.min.map_or(value, |min| min.min(value)));
        column.max = Some(column.max.map_or(value, |max| max.max(value)));
        column.last = Some(value);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_extreme_is_lost(values in proptest::collection::vec(-1e6..1e6f64, 1..2000), columns in 1usize..300) {
            let points = values.iter().enumerate().map(|(step, value)| Point { step: step as f64, value: *value });
            let steps = 0.0..=(values.len() - 1) as f64;
            let out = decimate(points, &steps, columns);
            let max = out.iter().filter_map(|column| column.max).fold(f64::MIN, f64::max);
            let min = out.iter().filter_map(|column| column.min).fold(f64::MAX, f64::min);
            prop_assert!(max.total_cmp(&values.iter().copied().fold(f64::MIN, f64::max)).is_eq());
            prop_assert!(min.total_cmp(&values.iter().copied().fold(f64::MAX, f64::min)).is_eq());
        }
    }
}
