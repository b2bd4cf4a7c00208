//! The unit of a metric, by its name.

use std::sync::Arc;

/// The unit of a metric's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A unit with a word: `%`, `tok/s`, `MB`. The agent may have chosen it.
    Word(Arc<str>),
}

/// Suffixes of names and their units, with longer suffixes before those they end in.
const ENDS: [(&str, &str); 27] = [
    ("tokens_per_second", "tok/s"),
    ("samples_per_second", "samples/s"),
    ("steps_per_second", "steps/s"),
    ("tokens_per_sec", "tok/s"),
    ("tok/sec", "tok/s"),
    ("tok_sec", "tok/s"),
    ("tok/s", "tok/s"),
    ("milliseconds", "ms"),
    ("seconds", SECONDS),
    ("powerwatts", "W"),
    ("allocatedbytes", BYTES),
    ("percent", "%"),
    ("minutes", "min"),
    ("runtime", SECONDS),
    ("bytes", BYTES),
    ("watts", "W"),
    ("hours", "h"),
    ("secs", SECONDS),
    ("sec", SECONDS),
    ("pct", "%"),
    ("mib", "MiB"),
    ("gib", "GiB"),
    ("ms", "ms"),
    ("kb", "KB"),
    ("mb", "MB"),
    ("gb", "GB"),
    ("%", "%"),
];
const SECONDS: &str = "s";
const BYTES: &str = "B";

impl Unit {
    /// The unit of a metric by the suffix of its name; `None` if that gives none.
    pub fn of_metric(metric: &str) -> Option<Self> {
        let name = metric.to_ascii_lowercase();
        // `ms` is a unit in `step_ms`, but not in `params`.
        let is_end = |end: &str| {
            let before = name.strip_suffix(end)?.chars().next_back();
            let camel = || metric.chars().rev().nth(end.chars().count() - 1).is_some_and(char::is_uppercase);
            before.is_none_or(|before| !before.is_alphanumeric() || camel()).then_some(())
        };
        let (_, word) = ENDS.iter().find(|(end, _)| is_end(end).is_some())?;
        Some(Self::of_word(word))
    }

    /// The unit for a person's word.
    pub fn of_word(word: &str) -> Self {
        match word {
            SECONDS => Self::Seconds,
            BYTES => Self::Bytes,
            word => Self::Word(word.into()),
        }
    }

    /// Its word.
    pub fn word(&self) -> &str {
        match self {
            Self::Seconds => SECONDS,
            Self::Bytes => BYTES,
            Self::Word(word) => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_unit_suffix_have_a_unit() {
        let of = |name: &str| Unit::of_metric(name).map(|unit| unit.word().to_owned());
        for (name, unit) in [
            ("training_seconds", "s"),
            ("peak_memory_mb", "MB"),
            ("tok/sec", "tok/s"),
            ("mfu_percent", "%"),
            ("system/gpu.0.powerWatts", "W"),
            ("system/gpu.0.memoryAllocatedBytes", "B"),
            ("step_ms", "ms"),
            ("train_runtime", "s"),
            ("train_samples_per_second", "samples/s"),
        ] {
            assert_eq!(of(name).as_deref(), Some(unit), "{name}");
        }
        for name in ["params", "num_rgb", "val_bpb", "loss", "lr", "items", "", "algorithms", "µs"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
