//! A column's name with its direction.

use super::Goal;

/// Arrows in a name; those that point down first.
const ARROWS: [&[char]; 2] = [&['↓', '⬇', '▼', '🔽', '⤓'], &['↑', '⬆', '▲', '🔼', '⤒']];

/// Closing words of a name, joined by `_`.
const ENDINGS: [(&str, Goal); 10] = [
    ("lower_is_better", Goal::Minimize),
    ("smaller_is_better", Goal::Minimize),
    ("less_is_better", Goal::Minimize),
    ("lower_better", Goal::Minimize),
    ("higher_is_better", Goal::Maximize),
    ("larger_is_better", Goal::Maximize),
    ("more_is_better", Goal::Maximize),
    ("higher_better", Goal::Maximize),
    ("lower_is_worse", Goal::Maximize),
    ("higher_is_worse", Goal::Minimize),
];

/// The same in Chinese, Japanese and Korean: `（小模型）` is not a direction.
const FOREIGN: [&str; 16] = [
    "越低越好",
    "越小越好",
    "越高越好",
    "越大越好",
    "最小化",
    "最大化",
    "小さいほど",
    "低いほど",
    "大きいほど",
    "高いほど",
    "낮을수록",
    "작을수록",
    "높을수록",
    "클수록",
    "↓",
    "↑",
];

/// A name without the direction written with it (`foo ↓`, `foo (lower is better)`, `foo [min]`, `foo（越低越好）`), that
/// direction, and whether it is certain: `memory (max)` may mean the peak.
pub fn without_direction(name: &str) -> (&str, Option<(Goal, bool)>) {
    let name = name.trim();
    let is_arrow = |c: char| ARROWS.iter().any(|arrows| arrows.contains(&c));
    let bare = name.trim_matches(|c: char| is_arrow(c) || matches!(c, '\u{fe0f}' | ' '));
    if bare.len() < name.len() && !bare.is_empty() {
        let goal = if name.contains(ARROWS[0]) { Goal::Minimize } else { Goal::Maximize };
        return (undressed(bare), Some((goal, true)));
    }
    let small = name.to_ascii_lowercase().replace([' ', '-'], "_");
    if let Some((ending, goal)) = ENDINGS.iter().find(|(ending, _)| small.ends_with(ending)) {
        let bare = undressed(name[..name.len() - ending.len()].trim_end_matches(|c: char| !c.is_alphanumeric()));
        // `lower_is_better` alone refers to another column.
        return if bare.is_empty() { (name, None) } else { (bare, Some((*goal, true))) };
    }
    for (bare, remark) in remarks(name) {
        let remark = remark.trim().to_lowercase();
        let is_short = matches!(remark.as_str(), "min" | "max" | "low" | "high");
        let is_plain = remark.contains("better")
            || remark.contains("worse")
            || FOREIGN.iter().any(|words| remark.contains(words))
            || matches!(remark.as_str(), "lower" | "higher" | "minimize" | "minimise" | "maximize" | "maximise");
        // `time (minutes)` gives a unit.
        if let Some(goal) = Goal::parse(&remark).filter(|_| is_short || is_plain)
            && !bare.trim().is_empty()
        {
            return (undressed(bare), Some((goal, is_plain)));
        }
    }
    (name, None)
}

/// A name and the remark after it, for each way of writing one.
fn remarks(name: &str) -> impl Iterator<Item = (&str, &str)> {
    let bracketed = [('(', ')'), ('[', ']'), ('（', '）'), ('【', '】'), ('{', '}')].into_iter();
    let bracketed = bracketed.filter_map(|(open, close)| name.strip_suffix(close)?.rsplit_once(open));
    let divided = [", ", "，", " – ", " — ", " - ", ": ", "：", "; ", " / ", "–", "—", ",", ":", ";"].into_iter();
    bracketed.chain(divided.filter_map(|sign| name.rsplit_once(sign)))
}

fn undressed(name: &str) -> &str {
    name.trim().trim_matches(['*', '`', '"']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_written_with_a_name_in_many_ways() {
        for name in [
            "foo ↓",
            "▼ foo",
            "foo ▼",
            "foo ⬇️",
            "foo (lower is better)",
            "foo_lower_is_better",
            "foo, lower is better",
            "foo – lower is better",
            "foo - Lower is better",
            "foo: lower is better",
            "foo lower-is-better",
            "foo [min]",
            "foo (min)",
            "foo [minimize]",
            "foo(越低越好)",
            "foo（越低越好）",
            "foo (小さいほど良い)",
            "foo [最小化]",
            "**foo** ↓",
            "foo (↓)",
            "foo (higher is worse)",
            "foo: higher is worse",
        ] {
            let (bare, marked) = without_direction(name);
            assert_eq!((bare, marked.map(|(goal, _)| goal)), ("foo", Some(Goal::Minimize)), "{name}");
        }
        for name in [
            "foo ▲",
            "foo [max]",
            "foo_higher_is_better",
            "foo(越高越好)",
            "foo, higher is better",
            "foo (大きいほど良い)",
            "foo [lower is worse]",
            "foo_lower_is_worse",
            "foo (higher is better, not lower)",
        ] {
            let (bare, marked) = without_direction(name);
            assert_eq!((bare, marked.map(|(goal, _)| goal)), ("foo", Some(Goal::Maximize)), "{name}");
        }
        for name in [
            "foo",
            "time (minutes)",
            "foo (mean)",
            "lower_is_better",
            "↓",
            "low_freq",
            "a: b",
            "min",
            "准确率（大模型）",
            "foo - max",
            "foo (higher is not better)",
            "foo (lower isn't better)",
            "foo, lower is never better",
            "foo (worse)",
        ] {
            let (bare, marked) = without_direction(name);
            assert!(marked.is_none_or(|(_, is_plain)| !is_plain), "{name}: {bare}");
        }
        assert_eq!(without_direction("memory (max)").1, Some((Goal::Maximize, false)));
    }
}
