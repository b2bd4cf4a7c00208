//! The common unit of a column's values: 900 ms and 1.1 s, or 91 % and 0.92, cannot be compared as they are.

use std::sync::Arc;

use super::cells::Number;
use super::sheet::most_frequent;

/// The most frequent unit of a column, and the conversion of the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Units {
    /// The most frequent one; empty where most values have none.
    most: Arc<str>,
    /// True where no value without a unit exceeds 1: then `92 %` next to them is 0.92.
    are_shares: bool,
}

/// The kind of each unit, and its factor to the first of its kind.
const SCALES: [(&[&str], UnitKind, f64); 18] = [
    (&["ns", "nsec"], UnitKind::Time, 1e-9),
    (&["us", "µs", "μs", "usec"], UnitKind::Time, 1e-6),
    (&["ms", "msec", "millis"], UnitKind::Time, 1e-3),
    (&["s", "sec", "secs", "second", "seconds"], UnitKind::Time, 1.0),
    (&["min", "mins", "minute", "minutes"], UnitKind::Time, 60.0),
    (&["h", "hr", "hrs", "hour", "hours"], UnitKind::Time, 3600.0),
    (&["b", "byte", "bytes"], UnitKind::Bytes, 1.0),
    (&["kb"], UnitKind::Bytes, 1e3),
    (&["mb"], UnitKind::Bytes, 1e6),
    (&["gb"], UnitKind::Bytes, 1e9),
    (&["tb"], UnitKind::Bytes, 1e12),
    (&["kib"], UnitKind::Bytes, 1024.0),
    (&["mib"], UnitKind::Bytes, 1_048_576.0),
    (&["gib"], UnitKind::Bytes, 1_073_741_824.0),
    (&["kb/s"], UnitKind::Rate, 1e3),
    (&["mb/s"], UnitKind::Rate, 1e6),
    (&["gb/s"], UnitKind::Rate, 1e9),
    (&["tb/s"], UnitKind::Rate, 1e12),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum UnitKind {
    Time,
    Bytes,
    Rate,
}

fn scale(unit: &str) -> Option<(UnitKind, f64)> {
    let unit = unit.to_lowercase();
    SCALES.iter().find(|(names, ..)| names.contains(&unit.as_str())).map(|(_, kind, factor)| (*kind, *factor))
}

/// True for a cell that is only a unit.
pub(super) fn is_unit(text: &str) -> bool {
    scale(text).is_some()
        || matches!(text, "%" | "bits" | "nats" | "bpb" | "tok/s" | "it/s" | "tokens/s" | "w" | "usd" | "$" | "points")
}

/// Returns the number of seconds in a unit of time.
pub(super) fn seconds_of(unit: &str) -> Option<f64> {
    scale(unit).filter(|(kind, _)| *kind == UnitKind::Time).map(|(_, seconds)| seconds)
}

impl Units {
    /// Determines the units of a column's numbers.
    pub(super) fn of<'a>(numbers: impl Iterator<Item = &'a Number<'a>>) -> Self {
        let mut are_shares = true;
        let units = numbers.map(|number| {
            are_shares &= !number.unit.is_empty() || number.value.abs() <= 1.0;
            number.unit
        });
        let most = most_frequent(units).unwrap_or_default().into();
        Self { most, are_shares }
    }

    /// Returns the unit of all values; `None` without one.
    pub(super) fn name(&self) -> Option<Arc<str>> {
        (!self.most.is_empty()).then(|| Arc::clone(&self.most))
    }

    /// Returns a number in the unit of the column; `None` where the units are incompatible.
    pub(super) fn value(&self, number: &Number<'_>) -> Option<f64> {
        // Without a factor a number stays unchanged.
        let factor = match (&*self.most, number.unit) {
            (most, unit) if most == unit => None,
            ("", "%") if self.are_shares => Some(0.01),
            ("%", "") if self.are_shares => Some(100.0),
            // A number without its unit.
            ("", _) | (_, "") => None,
            (most, unit) => match (scale(most)?, scale(unit)?) {
                ((kind, most), (other, unit)) if kind == other => Some(unit / most),
                _ => return None,
            },
        };
        Some(factor.map_or(number.value, |factor| rounded(number.value * factor)))
    }
}

/// Removes the digits that a conversion adds: 92.5 % is 0.925 and not 0.9250000000000001.
fn rounded(value: f64) -> f64 {
    format!("{value:.12e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::super::cells::number;
    use super::*;

    fn values(cells: &[&'static str]) -> Vec<Option<f64>> {
        let numbers: Vec<_> = cells.iter().filter_map(|cell| number(cell)).collect();
        let units = Units::of(numbers.iter());
        numbers.iter().map(|number| units.value(number)).collect()
    }

    #[test]
    fn values_are_compared_in_one_unit() {
        assert_eq!(values(&["1.2 s", "900 ms", "850ms"]), [Some(1200.0), Some(900.0), Some(850.0)]);
        assert_eq!(values(&["1.2MB", "900KB"]), [Some(1.2), Some(0.9)]);
        assert_eq!(values(&["0.91", "92.5%", "0.93"]), [Some(0.91), Some(0.925), Some(0.93)]);
        assert_eq!(values(&["91%", "0.925", "93 %"]), [Some(91.0), Some(92.5), Some(93.0)]);
        assert_eq!(values(&["12,345.6 tok/s", "13.1k tok/s", "13.5k"]), [Some(12345.6), Some(13100.0), Some(13500.0)]);
        assert_eq!(values(&["1.2M", "900K"]), [Some(1.2e6), Some(9e5)]);
        assert_eq!(values(&["5 apples", "6 apples", "7 pears"]), [Some(5.0), Some(6.0), None]);
    }
}
