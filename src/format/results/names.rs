//! Judges by its name whether a column is the objective.

use std::sync::Arc;

use super::sheet::plain;
use crate::model::{Goal, Rank, rank_of_metric, without_direction};

/// Names that mean the objective, whatever it is.
const GENERIC: [&str; 19] = [
    "metric",
    "metric_after",
    "score",
    "objective",
    "value",
    "metric_value",
    "new_score",
    "new_metric",
    "final_score",
    "final_metric",
    "combined_score",
    "fitness",
    "primary_metric",
    "target_metric",
    "candidate",
    "after",
    "result",
    "measured",
    "objective_value",
];

/// Names of aggregates of other columns; alone, or before a known metric.
const AGGREGATES: [&str; 7] = ["avg", "mean", "average", "overall", "total", "aggregate", "composite"];

/// Complete names that are as often a parameter of a row as a measurement.
const PARAMETERS: &str =
    "alpha gamma lambda level core edge bias tau eta sigma eps epsilon rho theta mu window chunk tile stride";

/// Words in columns that describe, number or parametrise a row.
const BYSTANDERS: &str = "commit hash sha id tag label status state description summary notes note timestamp date time iteration iter run trial step steps epoch epochs \
    seed seeds branch kind thread attempt thesis budget params param num n count counts tokens samples inputs temperature top lr guard duration size lines line tier \
    regressed severity positions experiment exp parent gen generation round phase layer layers depth width heads dim batch bs row no index idx rank version v pid port gpu gpus \
    cores threads workers trades timeout limit max min limits config k total files file added removed diff insertions deletions model wd dropout momentum beta warmup";

/// Words in columns with a value other than the row's own: an old one, a difference, a spread.
const DERIVED: &str = "old before prev previous prior base baseline best delta diff difference change improvement gain std stdev sd stderr se sem ci var variance expected target threshold \
    predicted estimate lower upper p pvalue noise reference ref parent incumbent gap_to delta_vs vs";

/// Words in columns that number the rows.
const COUNTERS: &str =
    "id iteration iter run trial attempt seed seeds step epoch experiment exp round gen generation row no index idx";

/// Things that rows count: their names precede measurements, too.
const COUNTED_THINGS: &str = "run trial exp experiment round gen generation attempt";

/// Units after a name such as `score` that make it a cost.
const COST_UNITS: [&str; 14] =
    ["ns", "us", "ms", "s", "sec", "secs", "seconds", "min", "minutes", "bytes", "kb", "mb", "gb", "usd"];
/// Subjects whose time and cost is unrelated to the objective.
const AGENTS: [&str; 6] = ["agent", "agents", "session", "assistant", "claude", "codex"];

/// Returns the direction in a column's own name: `foo ↓`, `foo (lower is better)`, `foo (min)`. `memory (max)` is a
/// maximum over time: such a word only counts for an unknown name.
pub(super) fn goal_of_header(name: &str) -> Option<Goal> {
    let (bare, marked) = without_direction(name);
    let (goal, is_plain) = marked?;
    (is_plain || Goal::of_metric(bare).is_none()).then_some(goal)
}

/// Returns a column's name without an arrow or a remark about its direction.
pub(super) fn bare_name(name: &str) -> &str {
    without_direction(name).0
}

/// True for a name that means the objective and nothing more.
pub(super) fn is_generic(name: &str) -> bool {
    let name = plain(bare_name(name));
    GENERIC.contains(&name.as_str()) || generic_in_unit(&name)
}

/// `score_ns`, `metric_mb`: the unit gives the meaning.
fn generic_in_unit(name: &str) -> bool {
    name.rsplit_once('_').is_some_and(|(name, unit)| GENERIC.contains(&name) && COST_UNITS.contains(&unit))
}

/// Returns the direction that a name implies.
pub(super) fn goal_by_name(name: &str) -> Option<Goal> {
    if generic_in_unit(&plain(bare_name(name))) { Some(Goal::Minimize) } else { Goal::of_metric(name) }
}

/// True for costs of the agent itself: `agent_time_s`, `session_cost`.
pub(super) fn is_cost_of_agent(name: &str) -> bool {
    let words = plain(name);
    rank_of_metric(name) == Some(Rank::Resource) && words.split('_').any(|word| AGENTS.contains(&word))
}

/// Returns the prior of a column by its name alone, with reasons.
pub(super) fn name_prior(name: &str) -> (f64, Vec<String>) {
    let name = bare_name(name);
    let words = plain(name);
    let words: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_in = |list: &str| words.iter().any(|word| list.split_whitespace().any(|known| known == *word));
    let held_out = words
        .first()
        .is_some_and(|word| matches!(*word, "val" | "valid" | "validation" | "eval" | "test" | "heldout" | "dev"));
    let known = rank_of_metric(name);
    let mut why = Vec::new();
    let mut prior: f64 = match known {
        Some(Rank::Quality) => {
            why.push("a known metric".to_owned());
            3.0
        }
        Some(Rank::Resource) => 0.5,
        Some(Rank::Guard) => 0.2,
        None => 0.0,
    };
    if is_generic(name) {
        if prior < 3.0 {
            why.push("its name".to_owned());
        }
        prior = 3.2;
    }
    if held_out {
        prior += 1.0;
    }
    // A known name, such as `hit_rate` or `time`, is not a count because of one word.
    if is_aggregate(name) {
        prior = prior.max(1.5);
    } else if known.is_none() && prior < 3.0 && is_in(BYSTANDERS) {
        // `trial_mean` and `this_run` are about a trial and a run, `trial_id` is its number.
        let is_any = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
        let is_of_row = words.iter().all(|word| !is_any(BYSTANDERS, word) || is_any(COUNTED_THINGS, word));
        prior -= if is_of_row && !words.iter().all(|word| is_any(BYSTANDERS, word)) { 1.0 } else { 3.0 };
    } else if known.is_none() && PARAMETERS.split(' ').any(|parameter| words == [parameter]) {
        prior -= 0.5;
    }
    let is_derived = |word: &&&str| {
        DERIVED.split_whitespace().any(|known| known == **word) && !(**word == "best" && is_best_of(name))
    };
    if words.iter().any(|word| is_derived(&word)) && !is_generic(name) {
        prior -= 6.0;
    }
    if is_cost_of_agent(name) {
        prior -= 4.0;
    }
    if words.contains(&"worst") || words.contains(&"train") {
        prior -= 0.7;
    }
    (prior, why)
}

/// The same for a column next to other quality metrics: their aggregate is more likely the objective.
pub(super) fn summed_prior(name: &str, siblings: usize) -> (f64, Vec<String>) {
    let (prior, mut why) = name_prior(name);
    let others = siblings - usize::from(is_quality(name)).min(siblings);
    if !is_aggregate(name) || others < 2 {
        return (prior, why);
    }
    why.push("an aggregate of other columns".to_owned());
    (prior.max(3.0) + 0.8, why)
}

/// Returns the metric of a best value: `best_val_loss` is the best that a run reached; `best_so_far` has none.
fn best_of(name: &str) -> Option<String> {
    let name = plain(bare_name(name));
    let words: Vec<&str> = name.split('_').filter(|word| *word != "best").collect();
    (words.len() < name.split('_').count() && !words.is_empty()).then(|| words.join("_"))
}

fn is_best_of(name: &str) -> bool {
    best_of(name).is_some_and(|rest| rank_of_metric(&rest).is_some() || is_generic(&rest))
}

/// True for the best so far next to the row's own value: `best_val_bpb` next to `val_bpb`, `best_loss` next to
/// `val_loss`.
pub(super) fn is_running_best(name: &str, names: &[Arc<str>]) -> bool {
    let Some(rest) = best_of(name) else { return false };
    let is_own = |other: &Arc<str>| {
        let other = plain(bare_name(other));
        let is_of_training = other.split('_').any(|word| word == "train") && !rest.contains("train");
        best_of(&other).is_none() && !is_of_training && (other == rest || other.ends_with(&format!("_{rest}")))
    };
    names.iter().any(is_own)
}

/// True for `avg`, `overall_score`, `mean_accuracy`.
pub(super) fn is_aggregate(name: &str) -> bool {
    let name = plain(bare_name(name));
    AGGREGATES.iter().any(|word| {
        name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('_') && is_quality(rest))
    })
}

pub(super) fn is_quality(name: &str) -> bool {
    rank_of_metric(name) == Some(Rank::Quality)
}

pub(super) fn is_same(a: &str, b: &str) -> bool {
    plain(a) == plain(b) || plain(bare_name(a)) == plain(bare_name(b))
}

/// True for a name that numbers the rows: no word in it means anything else.
pub(super) fn numbers_rows(name: &str) -> bool {
    let name = plain(name);
    let is_in = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
    Goal::of_metric(&name).is_none()
        && name.split('_').any(|word| is_in(COUNTERS, word))
        && name.split('_').all(|word| is_in(BYSTANDERS, word))
}
