//! Number formats that need an entire column: durations (`2:30`, `1m30s`) and counts out of a total (`41/50`). Alone,
//! `2:30` may be a time of day and `3/21` a day in March, so such a cell is a number only if the other cells have the
//! same form.

use super::cells::{self, Number};
use super::sheet::{Sheet, plain};
use super::units::seconds_of;
use crate::model::Unit;

/// The number format of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellForm {
    /// As seconds.
    Durations,
    /// As the part before the `/`; the part after it is the unit.
    OutOf,
    /// With `_`, `'` or spaces between the thousands.
    Grouped,
    /// With a decimal comma: `1,000` next to `0,950` is 1.
    DecimalComma,
}

/// Words in the names of columns whose `2:30` is not a time of day.
const SPANS: &str = "duration dur elapsed took runtime walltime wallclock latency seconds secs sec s";
/// Words next to a `time` that make it a duration.
const TIMED: &str =
    "run running wall train training eval exec execution compute total build compile test step inference";

impl CellForm {
    /// Returns the form of a column if all its cells have it and no other reader reads them. Explains why not, if only
    /// some have it; `None` for a column of numbers or words.
    pub(super) fn of(sheet: &Sheet, column: usize) -> Option<Result<Self, String>> {
        if has_decimal_commas(sheet, column) {
            return Some(Ok(Self::DecimalComma));
        }
        let is_grouped = |cell: &str| grouped(cell).is_some();
        let mut cells = sheet.filled(column).filter(|cell| cell.bytes().any(|byte| byte.is_ascii_digit())).peekable();
        if sheet.filled(column).any(is_grouped) && cells.all(|cell| is_grouped(cell) || is_below_thousand(cell)) {
            return Some(Ok(Self::Grouped));
        }
        let has_form = |cell: &&str| seconds(cell).is_some() || out_of(cell).is_some();
        let odd = sheet.filled(column).find(|cell| has_form(cell) && cells::number(cell).is_none())?;
        // A crash has a word, or a plain 0, which is the same in any unit.
        let has_digit = |cell: &str| cell.bytes().any(|byte| byte.is_ascii_digit());
        let filled = || sheet.filled(column).filter(|cell| has_digit(cell) && !is_zero(cell));
        let name = &*sheet.names[column];
        let unit = Unit::of_metric(name);
        let is_duration = |cell: &str| seconds(cell).is_some() && (!cell.contains(':') || is_span(name));
        let is_in_seconds = unit.as_ref().is_none_or(|unit| *unit == Unit::Seconds);
        if is_in_seconds && filled().all(is_duration) {
            return Some(Ok(Self::Durations));
        }
        let total = out_of(odd).map(|number| number.unit);
        let is_same = |cell: &str| total.is_some() && out_of(cell).map(|number| number.unit) == total;
        let is_date = plain(name).split('_').any(|word| matches!(word, "date" | "day" | "time" | "when"));
        if unit.is_none() && !is_date && filled().count() > 1 && filled().all(is_same) {
            return Some(Ok(Self::OutOf));
        }
        let are_numbers = filled().all(|cell| has_form(&cell) || cells::number(cell).is_some());
        are_numbers.then(|| Err(format!("cells such as {odd} are not read: not all of them have a unit")))
    }

    /// Returns the number in a cell; `None` where it has another form.
    pub(super) fn number(self, cell: &str) -> Option<Number<'_>> {
        let number = match self {
            Self::Grouped => return grouped(cell).or_else(|| cells::number(cell)),
            Self::DecimalComma => {
                let number = cells::number(cell)?;
                return Some(Number { value: cells::number(&cell.replace(',', "."))?.value, ..number });
            }
            Self::Durations => seconds(cell).map(|value| Number { value, unit: "s" }),
            Self::OutOf => out_of(cell),
        };
        number.or_else(|| cells::number(cell).filter(|_| is_zero(cell)))
    }
}

/// True for a column in which one cell certainly has a decimal comma, and no cell another comma.
fn has_decimal_commas(sheet: &Sheet, column: usize) -> bool {
    let mut commas =
        sheet.filled(column).filter(|cell| cell.contains(',')).filter(|cell| cells::number(cell).is_some());
    let mut is_sure = false;
    // A single comma that certainly separates thousands overrules all others.
    commas.all(|cell| {
        let kind = comma_of(cell);
        is_sure |= kind == Some(true);
        kind.is_some()
    }) && is_sure
}

/// True if the commas of a number are certainly decimal: `0,950`, `1,5`; `1,000` is ambiguous (`Some(false)`); `None`
/// where they separate thousands.
fn comma_of(cell: &str) -> Option<bool> {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut is_sure = false;
    for number in cell.split(|c: char| !is_digit(c) && !matches!(c, ',' | '.')) {
        let Some((whole, rest)) = number.split_once(',') else { continue };
        if rest.contains(',') || rest.contains('.') || whole.contains('.') {
            return None;
        }
        is_sure |= rest.len() != 3 || !whole.is_empty() && whole.bytes().all(|byte| byte == b'0');
    }
    Some(is_sure)
}

/// Reads `1_000_000`, `1 000 000` (also with non-breaking spaces), `1'200'000.5`; alone, `1 000` may be two numbers.
fn grouped(cell: &str) -> Option<Number<'_>> {
    const BETWEEN: [char; 7] = ['_', ' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’'];
    let cell = cell.trim();
    let between = cell.chars().find(|c| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '−'))?;
    if !BETWEEN.contains(&between) {
        return None;
    }
    let end = cell.rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (digits, unit) = cell.split_at(end);
    let whole = digits.split_once(['.', ',']).map_or(digits, |(whole, _)| whole);
    let mut groups = whole.trim_start_matches(['-', '+', '−']).split(between);
    let is_head = groups.next().is_some_and(|head| (1..=3).contains(&head.len()) && is_digits(head));
    let are_groups = groups.all(|group| group.len() == 3 && is_digits(group));
    let is_unit = unit.trim().chars().all(|c| c.is_alphabetic() || matches!(c, '%' | '/'));
    let value = cells::number(&digits.replace(between, "")).filter(|number| number.unit.is_empty())?.value;
    (is_head && are_groups && is_unit).then(|| Number { value, unit: unit.trim() })
}

/// True for a number that is too small for a group.
fn is_below_thousand(cell: &str) -> bool {
    cells::number(cell).is_some_and(|number| number.value.abs() < 1000.0)
}

fn is_zero(cell: &str) -> bool {
    cells::number(cell).is_some_and(|number| number.value == 0.0)
}

/// True for the name of a duration.
fn is_span(name: &str) -> bool {
    let name = plain(name);
    let is_in = |list: &str| name.split('_').any(|word| list.split(' ').any(|known| known == word));
    is_in(SPANS) || is_in(TIMED) && is_in("time")
}

/// Reads `41/50`: the count, and `/50` as its unit.
fn out_of(cell: &str) -> Option<Number<'_>> {
    let cell = cell.trim();
    let (count, total) = cell.split_once('/')?;
    let whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let (count, all) = (whole(count)?, whole(total)?);
    (count <= all && all > 0).then(|| Number { value: f64::from(count), unit: &cell[cell.len() - total.len() - 1..] })
}

/// Returns the seconds of `90s`, `1m30s`, `1h 02m`, `2:30` (minutes and seconds), `1:02:03`.
fn seconds(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    if cell.contains(':') {
        return clock(cell);
    }
    let (mut rest, mut sum, mut above) = (cell, 0.0, f64::INFINITY);
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let after = after.trim_start();
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let size = match unit {
            "d" | "day" | "days" => 86_400.0,
            "m" => 60.0,
            unit => seconds_of(unit)?,
        };
        if size >= above {
            return None;
        }
        sum += digits.parse::<f64>().ok()? * size;
        (rest, above) = (after.trim_start(), size);
    }
    above.is_finite().then_some(sum)
}

fn clock(cell: &str) -> Option<f64> {
    let parts: Vec<&str> = cell.split(':').collect();
    let is_part = |(at, part): (usize, &&str)| {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
        let is_last = at + 1 == parts.len();
        let is_long = if at == 0 { (1..=4).contains(&whole.len()) } else { whole.len() == 2 && whole < "60" };
        is_long && (is_last || whole.len() == part.len()) && [whole, fraction].iter().all(|digits| is_digits(digits))
    };
    let is_clock = (2..=3).contains(&parts.len()) && parts.iter().enumerate().all(is_part);
    is_clock.then(|| parts.iter().try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?))).flatten()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_durations() {
        for (cell, value) in [
            ("1m30s", 90.0),
            ("1h02m", 3720.0),
            ("1h 02m 03s", 3723.0),
            ("2m 5.5s", 125.5),
            ("1d2h", 93_600.0),
            ("45m", 2700.0),
            ("900ms", 0.9),
            ("2:30", 150.0),
            ("75:00", 4500.0),
            ("1:02:03", 3723.0),
            ("0:00:01.5", 1.5),
        ] {
            assert_eq!(seconds(cell), Some(value), "{cell}");
        }
        for no in ["", "90", "1:2", "2:75", "1:02:03:04", "1.5:30", "m30s", "30s1m", "1h1h", "5 apples", "10/50", ":30"]
        {
            assert_eq!(seconds(no), None, "{no}");
        }
    }

    #[test]
    fn thousands_in_groups() {
        for (cell, value, unit) in [
            ("1_000_000", 1e6, ""),
            ("1 000 000", 1e6, ""),
            ("1\u{a0}234,5", 1234.5, ""),
            ("1'200'000.25", 1_200_000.25, ""),
            ("-12 345 ns", -12345.0, "ns"),
        ] {
            assert_eq!(grouped(cell), Some(Number { value, unit }), "{cell}");
        }
        for no in ["", "1000", "1,000", "1 00", "1 0000", "1_000 000", "a_100", "1 000 of 2 000", "12:30", "0.5 100"] {
            assert_eq!(grouped(no), None, "{no}");
        }
    }

    #[test]
    fn counts_out_of_a_total() {
        assert_eq!(out_of("41/50"), Some(Number { value: 41.0, unit: "/50" }));
        for no in ["", "/50", "41/", "51/50", "0/0", "4.5/5", "1/2/3", "tok/s"] {
            assert_eq!(out_of(no), None, "{no}");
        }
    }
}
