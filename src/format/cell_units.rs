//! Units in the cells of a table: a column is converted to the unit of its first value.

use super::console::LogUnit;
use super::number::{parse_strict, parse_with_unit};

/// The first unit of each column, by its index.
#[derive(Default)]
pub(super) struct CellUnits {
    first: Vec<Option<Box<str>>>,
    /// Columns whose unit mismatch was already reported.
    contents: Vec<usize>,
}

/// The result of a conversion.
#[derive(Debug, PartialEq)]
pub(super) enum Converted {
    To(f64),
    /// The unit is not compatible with the first one; reported once for each column.
    Other {
        is_new: bool,
    },
}

impl CellUnits {
    /// Converts a value to the unit of its column.
    pub(super) fn convert(&mut self, place: usize, value: f64, unit: &str) -> Converted {
        // Zero and NaN are the same in any unit.
        if unit.is_empty() && (value == 0.0 || !value.is_finite()) {
            return Converted::To(value);
        }
        if self.first.len() <= place {
            self.first.resize(place + 1, None);
        }
        let first = self.first[place].get_or_insert_with(|| unit.into());
        match factor(unit, first) {
            Some(factor) => Converted::To(LogUnit::times(value, factor)),
            None => {
                let is_new = !self.contents.contains(&place);
                if is_new {
                    self.contents.push(place);
                }
                Converted::Other { is_new }
            }
        }
    }

    /// Returns the unit of a column.
    pub(super) fn of(&self, place: usize) -> &str {
        self.first.get(place).and_then(Option::as_deref).unwrap_or_default()
    }
}

/// Returns the factor that converts a value from one unit to another; `None` where that is not certain.
fn factor(from: &str, to: &str) -> Option<f64> {
    // A bare 0.913 may be a fraction, and 91.3 a percentage. Comparing two empty texts costs more than reading the
    // number.
    if from.is_empty() && to.is_empty() || from == to {
        return Some(1.0);
    }
    if from == "%" || to == "%" {
        return None;
    }
    let known = |unit: &str| unit.is_empty() || LogUnit::named(unit.as_bytes()) != LogUnit::NONE;
    if known(from) && known(to) {
        return LogUnit::named(from.as_bytes()).into(LogUnit::named(to.as_bytes()));
    }
    // `12W` and `12`: watts are the only reading.
    (from.is_empty() || to.is_empty()).then_some(1.0)
}

/// Reads a number and its unit, which may follow a space if it is a known one.
pub(super) fn read(cell: &str) -> Option<(f64, String)> {
    if let Some((value, unit)) = parse_with_unit(cell) {
        return Some((value, unit.to_owned()));
    }
    let (number, unit) = cell.trim().rsplit_once(' ')?;
    let is_known = unit == "%" || LogUnit::named(unit.as_bytes()) != LogUnit::NONE;
    Some((parse_strict(number).filter(|_| is_known)?, unit.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_converted_to_its_first_unit() {
        for (cells, wanted) in [
            (["1.5GB", "900MB", "1 GB"], [Some(1.5), Some(0.9), Some(1.0)]),
            (["0", "5ms", "1s"], [Some(0.0), Some(5.0), Some(1000.0)]),
            (["900", "1.5k", "nan"], [Some(900.0), Some(1500.0), Some(f64::NAN)]),
            (["91.5%", "0.913", "92 %"], [Some(91.5), None, Some(92.0)]),
            (["0.913", "91.5%", "0.92"], [Some(0.913), None, Some(0.92)]),
            (["300W", "310", "5A"], [Some(300.0), Some(310.0), None]),
            (["1.5GB", "900", "2s"], [Some(1.5), None, None]),
            (["10it/s", "2s/it", "12it/s"], [Some(10.0), None, Some(12.0)]),
        ] {
            let mut units = CellUnits::default();
            for (cell, wanted) in cells.iter().zip(wanted) {
                let (value, unit) = read(cell).unwrap_or((f64::MAX, String::new()));
                let is_right = match (units.convert(0, value, &unit), wanted) {
                    (Converted::To(value), Some(wanted)) => {
                        (value - wanted).abs() < 1e-9 || value.is_nan() && wanted.is_nan()
                    }
                    (Converted::Other { .. }, None) => true,
                    _ => false,
                };
                assert!(is_right, "{cell} of {cells:?}");
            }
        }
        assert_eq!(read("half way"), None);
        assert_eq!(read("3 apples"), None);
    }
}
