//! Units of values: a column is converted to one unit, whatever a program switches to when its numbers grow.

use super::lexer::{Token, TokenKind};
use super::words;

/// The kind of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Time,
    Bytes,
    Percent,
    /// Thousands, millions, and numbers without a unit.
    Count,
}

/// A unit, and its factor to the smallest of its kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::format) struct LogUnit {
    of: Of,
    weight: f64,
}

impl LogUnit {
    pub(in crate::format) const NONE: Self = Self { of: Of::Count, weight: 1.0 };
    pub(super) const SECOND: Self = Self { of: Of::Time, weight: 1.0 };

    /// Parses the text of a unit: `ms`, `GiB`, `k`, `s/step`.
    pub(in crate::format) fn named(text: &[u8]) -> Self {
        let text = text.split(|byte| *byte == b'/').next().unwrap_or(text);
        if let Some(weight) = words::seconds(text) {
            return Self { of: Of::Time, weight };
        }
        let count = |weight| Self { of: Of::Count, weight };
        let bytes = |weight| Self { of: Of::Bytes, weight };
        match text {
            // A bare 0.925 may be a fraction, and 92.5 a percentage.
            b"%" => Self { of: Of::Percent, weight: 1.0 },
            b"k" | b"K" => count(1e3),
            b"M" => count(1e6),
            b"G" | b"B" => count(1e9),
            b"T" => count(1e12),
            b"bytes" => bytes(1.0),
            b"kB" | b"KB" | b"kb" => bytes(1e3),
            b"MB" | b"mb" => bytes(1e6),
            b"GB" | b"gb" => bytes(1e9),
            b"TB" | b"tb" => bytes(1e12),
            b"KiB" => bytes(1024.0),
            b"MiB" => bytes(1024.0 * 1024.0),
            b"GiB" => bytes(1024.0 * 1024.0 * 1024.0),
            b"TiB" => bytes(1024.0 * 1024.0 * 1024.0 * 1024.0),
            _ => Self::NONE,
        }
    }

    /// Returns the unit of a number: the text attached to it, or the word after it.
    pub(super) fn at(line: &[u8], tokens: &[Token], place: usize) -> Self {
        let token = &tokens[place];
        if token.unit > token.end {
            return Self::named(token.unit_text(line));
        }
        let Some(word) = tokens.get(place + 1).filter(|next| next.kind == TokenKind::Word && !next.gap) else {
            return Self::NONE;
        };
        // `loss: 0.5 g loss: 0.3`: the word begins a name.
        let ends = tokens.get(place + 2).is_none_or(|next| {
            next.gap || matches!(next.kind, TokenKind::Divider | TokenKind::Close | TokenKind::Open | TokenKind::Slash)
        });
        if ends { Self::named(word.text(line)) } else { Self::NONE }
    }

    pub(super) fn is_time(self) -> bool {
        self.of == Of::Time
    }

    /// Multiplies a value by a factor, with a division where that is exact: 950 ms are 0.95 s.
    pub(in crate::format) fn times(value: f64, factor: f64) -> f64 {
        if factor >= 1.0 {
            return value * factor;
        }
        let (inverse, whole) = (1.0 / factor, (1.0 / factor).round());
        if (inverse - whole).abs() < 1e-9 * whole { value / whole } else { value * factor }
    }

    /// Returns the factor that converts a value to another unit; `None` where they are incompatible.
    pub(in crate::format) fn into(self, other: Self) -> Option<f64> {
        if self.weight.to_bits() == other.weight.to_bits() && self.of == other.of {
            return Some(1.0);
        }
        (self.of == other.of).then_some(self.weight / other.weight)
    }
}

/// Returns the factor for the value of a metric of tokens, which are printed in thousands and in millions. `None` for
/// any other metric.
pub(super) fn scale(name: &str, unit: LogUnit) -> Option<f64> {
    (unit.of == Of::Count && name.to_ascii_lowercase().contains("tok")).then_some(unit.weight)
}

/// Reads a number with a unit of time: returns the end of its unit, and the number of seconds in it.
pub(super) fn time_part(line: &[u8], tokens: &[Token], at: usize) -> Option<(usize, f64)> {
    let token = tokens.get(at).filter(|token| token.kind == TokenKind::Number)?;
    if token.unit > token.end {
        return Some((at, words::seconds(token.unit_text(line))?));
    }
    let word = tokens.get(at + 1).filter(|word| word.kind == TokenKind::Word && !word.gap)?;
    Some((at + 1, words::seconds(word.text(line))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_into_another() {
        for (from, to, factor) in [
            ("ms", "s", Some(1e-3)),
            ("m", "s", Some(60.0)),
            ("GB", "MB", Some(1e3)),
            ("k", "", Some(1e3)),
            ("%", "%", Some(1.0)),
            ("%", "", None),
            ("s/step", "ms/step", Some(1e3)),
            ("ms", "", None),
            ("GB", "k", None),
        ] {
            assert_eq!(LogUnit::named(from.as_bytes()).into(LogUnit::named(to.as_bytes())), factor, "{from} {to}");
        }
    }
}
