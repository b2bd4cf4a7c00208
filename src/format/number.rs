//! Numbers as people and programs print them.

/// Reads `0.98`, `1,690,000`, `39.8%`, `310ms`, `+1.5`, `nan`. `None` for anything else.
///
/// A unit may follow directly (letters, `%`, `/`); only the number is returned.
pub(super) fn parse_loose(text: &str) -> Option<f64> {
    parse_with_unit(text).map(|(value, _)| value)
}

/// The same, with the unit; empty without one.
pub(super) fn parse_with_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim().trim_end_matches([',', ';', ')', ']', '}', ':', '\'', '"']).trim_start_matches(['(', '~']);
    if let Some(value) = parse_strict(text) {
        return Some((value, if text.ends_with('%') { "%" } else { "" }));
    }
    let lower = text.to_ascii_lowercase();
    match lower.trim_start_matches(['+', '-']) {
        "nan" => return Some((f64::NAN, "")),
        "inf" | "infinity" => {
            return Some((if lower.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }, ""));
        }
        _ => {}
    }
    let unit = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '+' | '-' | 'e' | 'E')))?;
    let (number, unit) = text.split_at(unit);
    let is_unit = unit.len() <= 8 && unit.chars().all(|c| c.is_alphabetic() || matches!(c, '%' | '/'));
    if is_unit { Some((parse_strict(number)?, unit)) } else { None }
}

/// Reads a finite decimal number, with thousands separators or a percent sign at most.
pub(super) fn parse_strict(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix('%').unwrap_or(text);
    let starts = text.trim_start_matches(['+', '-']);
    if !starts.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let value: f64 = if text.contains(',') {
        let whole = starts.split('.').next().unwrap_or(starts);
        let mut groups = whole.split(',');
        // `0,512` is a decimal fraction in half the world, and never five hundred.
        let head = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && !group.starts_with('0'));
        let is_fraction_plain = starts.split_once('.').is_none_or(|(_, fraction)| !fraction.contains(','));
        if !head || !is_fraction_plain || !groups.all(|group| group.len() == 3) {
            return None;
        }
        text.replace(',', "").parse().ok()?
    } else {
        text.parse().ok()?
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_real_logs() {
        assert_eq!(parse_loose("1,690,000"), Some(1_690_000.0));
        assert_eq!(parse_loose("310ms"), Some(310.0));
        assert_eq!(parse_loose("39.8%"), Some(39.8));
        assert_eq!(parse_loose("1e-08"), Some(1e-8));
        assert_eq!(parse_loose("(1.3%)"), Some(1.3));
        assert!(parse_loose("nan").is_some_and(f64::is_nan));
        for no in ["", "-", "abc", "1,2", "12,34", "0x10", "1.2.3", "2026-03-21", "e5", "none"] {
            assert_eq!(parse_loose(no), None, "{no}");
        }
        for no in ["nan", "inf", "310ms", "1e999", "0,512", "1,234.5,6"] {
            assert_eq!(parse_strict(no), None, "{no}");
        }
    }
}
