//! Reads what comments above a table state about the objective.

use super::clauses::{better_in, clauses, goal_in, sentences, verb_before};
use super::denied::{in_plain_words, is_former};
use super::sheet::plain;
use crate::model::Goal;

/// Statements of comments about the objective.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    pub(super) metric: Option<String>,
    /// Directions with their text, the oldest first: each may be for another column.
    pub(super) goals: Vec<(String, Goal)>,
}

impl Stated {
    /// Maximum number of directions that are kept.
    const MOST: usize = 64;

    /// Adds the statements of a later comment.
    pub(super) fn add(&mut self, later: Self) {
        self.metric = later.metric.or_else(|| self.metric.take());
        self.goals.extend(later.goals);
        self.goals.drain(..self.goals.len().saturating_sub(Self::MOST));
    }
}

/// Reads what a comment above a table says about the objective; `None` without anything.
pub(super) fn comment(text: &str) -> Option<Stated> {
    const DIRECTIONS: [&str; 8] = [
        "metric_direction",
        "direction",
        "goal",
        "better",
        "optimize",
        "optimization",
        "objective_direction",
        "bestdirection",
    ];
    const METRICS: [&str; 8] =
        ["metric", "metric_name", "objective", "primary_metric", "goal", "optimize", "optimise", "target_metric"];
    let text = in_plain_words(text.trim_start_matches(['#', ' ']).trim());
    let text = text.as_str();
    // A constraint is not about the objective.
    let first = sentences(text).into_iter().next().and_then(|sentence| clauses(sentence).into_iter().next());
    let whole = text.to_lowercase();
    if is_former(&whole) {
        return None;
    }
    let text = first.unwrap_or(text);
    let (key, value) = text.split_once([':', '=']).unwrap_or(("", text));
    let key = plain(key);
    let mut goal = goal_in(text).or_else(|| better_in(&whole));
    if DIRECTIONS.contains(&key.as_str()) {
        goal = goal.or_else(|| Goal::parse(value));
    }
    // `lower foo` is a request, `lower is not better` is not.
    let start = value.to_lowercase().split_inclusive(' ').take(2).collect::<String>();
    let verb = key.is_empty().then(|| verb_before(&start, false).filter(|verb| verb.at == 0)).flatten();
    let mut words = value.split([' ', '(', ')', ',', ';', '`', '"', '\'']);
    let names_metric = METRICS.contains(&key.as_str()) || verb.is_some();
    let metric = words.find(|word| names_metric && names_something(word)).map(str::to_owned);
    // A column may be called `goal`, too.
    let is_key = DIRECTIONS.contains(&key.as_str()) || METRICS.contains(&key.as_str());
    let about = if is_key { value } else { text };
    let goal = goal.or_else(|| verb?.goal).map(|goal| (about.to_owned(), goal));
    let stated = Stated { metric, goals: goal.into_iter().collect() };
    (stated != Stated::default()).then_some(stated)
}

/// False for direction words, and those between them: `# objective: minimize it` names no metric.
fn names_something(word: &str) -> bool {
    let small = word.to_lowercase();
    let is_verb = || verb_before(&small, false).is_some();
    let is_small = matches!(
        small.as_str(),
        "the"
            | "a"
            | "an"
            | "to"
            | "of"
            | "it"
            | "is"
            | "be"
            | "as"
            | "our"
            | "value"
            | "mean"
            | "better"
            | "and"
            | "get"
            | "for"
    );
    let is_number = small.starts_with(|c: char| !c.is_alphabetic());
    !small.is_empty() && !is_small && !is_number && Goal::parse(&small).is_none() && !is_verb()
}
