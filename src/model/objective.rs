//! The metric that decides, and its better direction.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::signed;

/// The better direction of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Lower is better.
    Minimize,
    /// Higher is better.
    Maximize,
}

impl Goal {
    /// True if `value` is strictly better than `other`.
    pub fn is_better(self, value: f64, other: f64) -> bool {
        match self {
            Self::Minimize => value < other,
            Self::Maximize => value > other,
        }
    }

    /// The improvement of `value` over `base`, in the metric's unit: positive is better. Without the rounding errors of
    /// the subtraction.
    pub fn gain(self, base: f64, value: f64) -> f64 {
        match self {
            Self::Minimize => difference(value, base),
            Self::Maximize => difference(base, value),
        }
    }

    /// Returns how the metric itself moved for an improvement: negative for a gain where lower is better. This is the
    /// sign that people see beside the values.
    pub fn moved(self, gain: f64) -> f64 {
        match self {
            Self::Minimize => -gain,
            Self::Maximize => gain,
        }
    }

    /// Returns the change of the metric with its sign and its meaning: `−0.000570 better`, `no change`.
    pub fn change(self, gain: f64) -> String {
        if gain == 0.0 {
            return "no change".to_owned();
        }
        format!("{} {}", signed(self.moved(gain)), if gain > 0.0 { "better" } else { "worse" })
    }

    /// The opposite direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Minimize => Self::Maximize,
            Self::Maximize => Self::Minimize,
        }
    }

    /// The arrow shown with the metric's name.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Minimize => "↓",
            Self::Maximize => "↑",
        }
    }

    /// Parses the words people write for a direction: `lower`, `minimize`, `higher_is_better`, ...
    pub fn parse(text: &str) -> Option<Self> {
        const LOWER: [&str; 23] = [
            "lower",
            "low",
            "less",
            "min",
            "small",
            "down",
            "decreas",
            "desc",
            "reduc",
            "fewer",
            "↓",
            "-1",
            "⬇",
            "▼",
            "越低",
            "越小",
            "最小",
            "小さい",
            "低い",
            "低",
            "小",
            "낮",
            "작",
        ];
        const HIGHER: [&str; 23] = [
            "higher",
            "high",
            "more",
            "max",
            "large",
            "up",
            "increas",
            "asc",
            "bigger",
            "greater",
            "↑",
            "+1",
            "⬆",
            "▲",
            "越高",
            "越大",
            "最大",
            "大きい",
            "高い",
            "高",
            "大",
            "높",
            "클",
        ];
        let text = text.trim().trim_matches(['`', '"', '\'', '*']).to_lowercase();
        let starts = |list: &[&str]| list.iter().any(|word| text.starts_with(word));
        let goal = match (starts(&LOWER), starts(&HIGHER)) {
            (true, false) => Self::Minimize,
            (false, true) => Self::Maximize,
            _ => return None,
        };
        // `higher is worse` means the opposite, `higher is not better` means neither.
        let Some(at) = text.find("better").into_iter().chain(text.find("worse")).min() else { return Some(goal) };
        let is_denied = text[..at].contains("n't")
            || text[..at].split([' ', '_', '-']).any(|word| matches!(word, "not" | "no" | "never"));
        let stated = if text[at..].starts_with("worse") { goal.reversed() } else { goal };
        (!is_denied).then_some(stated)
    }
}

/// Returns `to - from` to the fifteen significant digits that both have.
fn difference(from: f64, to: f64) -> f64 {
    let exact = to - from;
    let decimals = 14.0 - from.abs().max(to.abs()).log10().floor();
    if !(0.0..=22.0).contains(&decimals) {
        return exact;
    }
    let scale = 10_f64.powi(decimals as i32);
    let rounded = (exact * scale).round() / scale;
    // A difference beyond those digits is still one.
    if rounded == 0.0 || !rounded.is_finite() { exact } else { rounded }
}

/// The basis for a belief about the objective.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The reason in a few words, for `doctor`: `named in the policy`, `first numeric column`.
    pub why: String,
    /// True if it is a guess, which one line of the policy can correct.
    pub is_guess: bool,
}

impl Basis {
    /// A basis stated by the person or the source.
    pub fn stated(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_guess: false }
    }

    /// A basis that is inferred.
    pub fn guess(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_guess: true }
    }
}

/// The metric that a source's rows are judged by, according to the source itself.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricChoice {
    /// Its name as the source writes it (a column, a key).
    pub metric: Arc<str>,
    /// The basis for this metric.
    pub metric_basis: Basis,
    /// The better direction; `None` if nothing shows it.
    pub goal: Option<Goal>,
    /// The basis for that direction; empty if there is none.
    pub goal_basis: Basis,
    /// The unit of its values, if they all have the same one.
    pub unit: Option<Arc<str>>,
}

/// The metric that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The metric's name as the source writes it (a column, a key).
    pub metric: Arc<str>,
    /// The better direction; `None` if neither policy nor source nor name gives it. Then no best is shown.
    pub goal: Option<Goal>,
    /// The basis for this metric.
    pub metric_basis: Basis,
    /// The basis for that direction; empty if there is none.
    pub goal_basis: Basis,
    /// The unit of its values, if the source writes it with all of them.
    pub unit: Option<Arc<str>>,
    /// The best value that any honest experiment can reach, in the metric's unit, from the person's policy (an entropy
    /// rate, a perfect score); `None` if not known.
    pub bound: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_is_positive_for_better() {
        assert!(Goal::Minimize.gain(1.0, 0.9) > 0.0);
        assert!(Goal::Maximize.gain(1.0, 0.9) < 0.0);
        let same = |gain: f64, wanted: f64| assert_eq!(gain.to_bits(), wanted.to_bits(), "{gain} {wanted}");
        same(Goal::Minimize.gain(0.372_146, 0.318_061), 0.054_085);
        same(Goal::Minimize.gain(1e300, 2e300), -1e300);
        same(Goal::Minimize.gain(0.5, 0.5), 0.0);
        same(Goal::Maximize.gain(1.0, 1.0 + f64::EPSILON), f64::EPSILON);
        assert!(Goal::Maximize.gain(f64::NAN, 1.0).is_nan());
    }
}
