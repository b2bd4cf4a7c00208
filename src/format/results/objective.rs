//! Which column decides and which direction is better: by names, by what the loop kept and threw away, by what its own
//! instructions say. Never by position alone, unless nothing else is there; then it is called a guess.

use std::sync::Arc;

use super::roles::Roles;
use super::sheet::{Sheet, plain};
use super::units::Units;
use crate::format::TableRules;
use crate::model::{Basis, Claim, Goal, MetricChoice, Rank};

/// Names that say that a column is what the loop optimises, whatever it is.
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
/// Words of columns that describe, number or parametrise a row.
const BYSTANDERS: &str = "commit hash sha id status state description summary notes note timestamp date time iteration iter run trial step steps epoch epochs \
    seed branch kind thread attempt thesis budget params param num n count counts tokens samples inputs temperature top lr guard duration size lines line tier \
    regressed severity positions experiment exp parent gen generation round phase layer layers depth width heads dim batch bs row no index idx rank version v pid port gpu gpus \
    cores threads workers trades timeout limit max min limits config k total files file added removed diff insertions deletions model wd dropout momentum beta warmup";
/// Words of columns that are another value than the row's own: an old one, a difference, a spread.
const DERIVED: &str = "old before prev previous base baseline best delta diff difference change improvement gain std stdev sd stderr se sem ci var variance expected target threshold \
    predicted estimate lower upper p pvalue noise reference ref parent incumbent gap_to delta_vs vs";
/// Words of columns that number the rows.
const COUNTERS: &str =
    "id iteration iter run trial attempt seed step epoch experiment exp round gen generation row no index idx";

/// How a goal fits what the loop kept and threw away.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Fit {
    /// Keeps that were better than what was kept before, and discards that were not.
    pub(super) agree: usize,
    /// Keeps that were worse, and discards that were better.
    pub(super) disagree: usize,
    /// Keeps that were as good as what was kept before: they were kept for something else.
    pub(super) ties: usize,
}

impl Fit {
    fn judged(self) -> usize {
        self.agree + self.disagree + self.ties
    }

    /// From -1, against all of them, to 1, as all of them were decided; 0 where nothing was.
    fn consistency(self) -> f64 {
        if self.judged() == 0 {
            return 0.0;
        }
        (self.agree as f64 - self.disagree as f64 - self.ties as f64 / 2.0) / self.judged() as f64
    }
}

/// One numeric column.
struct Candidate<'a> {
    column: usize,
    name: &'a Arc<str>,
    values: Vec<Option<f64>>,
    units: Units,
    /// How each goal fits: lower, higher.
    fits: [Fit; 2],
}

/// What was decided of a table's objective.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Decided {
    pub(super) choice: Option<MetricChoice>,
    /// The column of the objective; `None` where there is none.
    pub(super) column: Option<usize>,
    /// Values of the objective that stand for "not measured".
    pub(super) stand_ins: Vec<StandIn>,
    /// What the values of the objective count.
    pub(super) units: Units,
}

/// A value that stands for "not measured", and in which rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StandIn {
    pub(super) value: f64,
    /// True when it does so in rows that were not kept only.
    pub(super) unless_kept: bool,
}

/// Goals as comments and columns state them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    pub(super) metric: Option<String>,
    pub(super) goal: Option<Goal>,
}

/// Decides for a table.
pub(super) fn decide(sheet: &Sheet, roles: &Roles, rules: &TableRules, stated: &Stated) -> Decided {
    let claims: Vec<Claim> = claims(sheet, roles, rules);
    let named = named_by_rows(sheet, roles);
    let all: Vec<Candidate<'_>> = (0..sheet.names.len())
        .filter(|column| !roles.is_taken(*column))
        .filter_map(|column| Candidate::of(sheet, column, &claims))
        .collect();
    if let Some(column) = in_words(sheet, roles) {
        // What it measures stands in words: better no value than the number of another column.
        let metric = Arc::clone(&sheet.names[column]);
        let (goal, goal_basis) = direction(&metric, None, rules, stated, stated.goal);
        let metric_basis = Basis::stated("its name, but its cells are words");
        let choice = MetricChoice { metric, metric_basis, goal, goal_basis, unit: None };
        return Decided { choice: Some(choice), column: Some(column), ..Decided::default() };
    }
    let chosen = choose(&all, rules, stated, named.as_deref());
    let Some((candidate, metric_basis)) = chosen else {
        // A table without a row yet: its header may name what will be measured.
        let column = (0..sheet.names.len()).filter(|column| !roles.is_taken(*column)).max_by(|a, b| {
            let prior = |column: usize| name_prior(&sheet.names[column]).0;
            prior(*a).total_cmp(&prior(*b)).then(b.cmp(a))
        });
        let column = column.filter(|column| sheet.records.is_empty() && name_prior(&sheet.names[*column]).0 > -3.0);
        let choice = column.map(|column| {
            let metric = Arc::clone(&sheet.names[column]);
            let (goal, goal_basis) = direction(&metric, None, rules, stated, stated.goal);
            let metric_basis = Basis::guess("no row yet: by the header alone");
            MetricChoice { metric, metric_basis, goal, goal_basis, unit: None }
        });
        return Decided { choice, column, ..Decided::default() };
    };
    let by_column = roles.direction.and_then(|column| most_frequent_goal(sheet, column));
    let metric: Arc<str> = match &named {
        Some(name) if sheet.find(name).is_none() => name.as_str().into(),
        _ => Arc::clone(candidate.name),
    };
    let (goal, goal_basis) = direction(&metric, Some(candidate), rules, stated, by_column.or(stated.goal));
    let goal_basis = if by_column.is_some() {
        Basis::stated(format!("the column {}", sheet.names[roles.direction.unwrap_or_default()]))
    } else {
        goal_basis
    };
    let stand_ins = stand_ins(&candidate.values, &claims, goal);
    let choice = MetricChoice { metric, metric_basis, goal, goal_basis, unit: candidate.units.name() };
    Decided { choice: Some(choice), column: Some(candidate.column), stand_ins, units: candidate.units.clone() }
}

/// The column that says by its name what came of a row, where it does so in words.
fn in_words(sheet: &Sheet, roles: &Roles) -> Option<usize> {
    let column = sheet.first_of(&["metric_after", "new_metric", "new_score", "result_after"])?;
    let words =
        sheet.records.iter().filter(|record| !record.cell(column).is_empty() && record.number(column).is_none());
    (!roles.is_taken(column) && words.count() * 2 > sheet.records.len().max(1)).then_some(column)
}

fn claims(sheet: &Sheet, roles: &Roles, rules: &TableRules) -> Vec<Claim> {
    sheet.records.iter().map(|record| roles.claim(record, &rules.statuses).claim()).collect()
}

/// The metric that most rows name themselves.
fn named_by_rows(sheet: &Sheet, roles: &Roles) -> Option<String> {
    let column = roles.metric_name?;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for cell in sheet.filled(column) {
        match counts.iter_mut().find(|(name, _)| *name == cell) {
            Some((_, count)) => *count += 1,
            None => counts.push((cell, 1)),
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.to_owned())
}

fn most_frequent_goal(sheet: &Sheet, column: usize) -> Option<Goal> {
    let goals: Vec<Goal> = sheet.filled(column).filter_map(Goal::parse).collect();
    let higher = goals.iter().filter(|goal| **goal == Goal::Maximize).count();
    match (higher, goals.len() - higher) {
        (higher, lower) if higher > lower => Some(Goal::Maximize),
        (higher, lower) if lower > higher => Some(Goal::Minimize),
        _ => None,
    }
}

impl<'a> Candidate<'a> {
    /// A column with numbers in it; `None` for one without, or one that numbers the rows.
    fn of(sheet: &'a Sheet, column: usize, claims: &[Claim]) -> Option<Self> {
        let cells: Vec<_> = sheet.records.iter().map(|record| record.number(column)).collect();
        let units = Units::of(cells.iter().flatten());
        let values: Vec<Option<f64>> = cells.iter().map(|number| units.value(number.as_ref()?)).collect();
        let count = values.iter().flatten().count();
        if count == 0 {
            return None;
        }
        let fits = [Goal::Minimize, Goal::Maximize].map(|goal| fit(&values, claims, goal));
        Some(Self { column, name: &sheet.names[column], values, units, fits })
    }

    fn count(&self) -> usize {
        self.values.iter().flatten().count()
    }

    /// True where all values are the same, and there are enough to tell.
    fn is_constant(&self) -> bool {
        let mut values = self.values.iter().flatten();
        let first = values.next();
        self.count() >= 3 && values.all(|value| Some(value) == first)
    }

    /// True where each value is the one before it and one more: the rows are numbered.
    fn is_counter(&self) -> bool {
        let values: Vec<f64> = self.values.iter().flatten().copied().collect();
        values.len() >= 3 && values.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < f64::EPSILON)
    }

    /// How well it can be the objective, and why.
    fn score(&self, rules: &TableRules) -> (f64, String) {
        let (prior, mut why) = name_prior(self.name);
        let mut score = prior;
        let known = Goal::of_metric(self.name);
        let fit_of = |goal: Goal| self.fits[usize::from(goal == Goal::Maximize)];
        let best = known.map_or_else(|| better_fit(self.fits), fit_of);
        if best.judged() >= 2 {
            let weight = 4.0 * (best.judged().min(6) as f64) / 6.0;
            score += weight * best.consistency();
            if best.consistency() > 0.5 {
                why.push(format!("{} of {} decisions fit it", best.agree, best.judged()));
            }
        }
        if best.judged() >= 6 && best.consistency() < 0.2 {
            // A known name that the loop does not follow is measured beside what it follows.
            score -= 0.6 * prior.max(0.0);
        }
        if contradicted(known, self.fits) {
            // What its name promises is not what the loop keeps.
            score -= prior.max(0.0);
        }
        match mention(&rules.instructions, self.name) {
            Mention::None => {}
            Mention::Named => score += 1.5,
            Mention::Optimised => {
                score += 4.0;
                why.push("the loop's instructions name it".to_owned());
            }
        }
        if self.count() * 4 < self.values.len() {
            score -= 2.0;
        }
        (score, why.join(", "))
    }
}

/// What a name alone says for or against a column.
fn name_prior(name: &str) -> (f64, Vec<String>) {
    let words = plain(name);
    let words: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_in = |list: &str| words.iter().any(|word| list.split_whitespace().any(|known| known == *word));
    let held_out = words
        .first()
        .is_some_and(|word| matches!(*word, "val" | "valid" | "validation" | "eval" | "test" | "heldout" | "dev"));
    let known = crate::model::rank_of_metric(name);
    let mut why = Vec::new();
    let mut prior = match known {
        Some(Rank::Quality) => {
            why.push("a known metric".to_owned());
            3.0
        }
        Some(Rank::Resource) => 0.5,
        None => 0.0,
    };
    if GENERIC.contains(&plain(name).as_str()) {
        if prior < 3.0 {
            why.push("its name".to_owned());
        }
        prior = 3.2;
    }
    if held_out {
        prior += 1.0;
    }
    // A name that is known, such as `hit_rate` or `time`, is not a count for a word in it.
    if known.is_none() && prior < 3.0 && is_in(BYSTANDERS) {
        prior -= 3.0;
    }
    if is_in(DERIVED) && !GENERIC.contains(&plain(name).as_str()) {
        prior -= 6.0;
    }
    if words.contains(&"worst") || words.contains(&"train") {
        prior -= 0.7;
    }
    (prior, why)
}

/// True for a column that numbers the rows, by its name.
fn numbers_rows(name: &str) -> bool {
    let words = plain(name);
    Goal::of_metric(name).is_none()
        && words.split('_').any(|word| COUNTERS.split_whitespace().any(|known| known == word))
}

fn choose<'a>(
    all: &'a [Candidate<'a>],
    rules: &TableRules,
    stated: &Stated,
    named: Option<&str>,
) -> Option<(&'a Candidate<'a>, Basis)> {
    let of_name = |name: &str| all.iter().find(|candidate| plain(candidate.name) == plain(name));
    if let Some(candidate) = stated.metric.as_deref().and_then(of_name) {
        return Some((candidate, Basis::stated("the comment above the table")));
    }
    if let Some(candidate) = named.and_then(of_name) {
        return Some((candidate, Basis::stated("the table's own metric name")));
    }
    let can = |candidate: &&Candidate<'_>| {
        !candidate.is_constant() && !candidate.is_counter() && !numbers_rows(candidate.name)
    };
    let mut pool: Vec<&Candidate<'_>> = all.iter().filter(can).collect();
    if pool.is_empty() {
        // Constants are what is left of a table in which nothing moved.
        pool = all.iter().filter(|candidate| !candidate.is_counter() && !numbers_rows(candidate.name)).collect();
    }
    let mut scored: Vec<(f64, String, &Candidate<'_>)> = pool
        .into_iter()
        .enumerate()
        .map(|(at, candidate)| {
            let (score, why) = candidate.score(rules);
            // Of equals the first: most tables begin with what matters.
            (score - 0.15 * at.min(4) as f64, why, candidate)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let second = scored.get(1).map(|(score, ..)| *score);
    let (score, why, candidate) = scored.into_iter().next()?;
    let is_clear = score >= 2.0 && second.is_none_or(|second| score - second >= 0.5) || second.is_none();
    let why = match (why.is_empty(), second) {
        (true, None) => "the only column with numbers that differ".to_owned(),
        (true, Some(_)) => "the likeliest of the columns with numbers".to_owned(),
        (false, _) => why,
    };
    Some((candidate, if is_clear { Basis::stated(why) } else { Basis::guess(why) }))
}

/// Which direction is better of a metric: as stated, else by its name where the kept rows do not contradict it, else by
/// those.
fn direction(
    metric: &str,
    candidate: Option<&Candidate<'_>>,
    rules: &TableRules,
    stated: &Stated,
    said: Option<Goal>,
) -> (Option<Goal>, Basis) {
    if let Some(goal) = said {
        let why = if stated.goal.is_some() { "the comment above the table" } else { "the table says so" };
        return (Some(goal), Basis::stated(why));
    }
    let known = Goal::of_metric(metric);
    let fits = candidate.map(|candidate| candidate.fits).unwrap_or_default();
    if contradicted(known, fits) {
        let moved = if known == Some(Goal::Maximize) { "fall" } else { "rise" };
        let arrow = known.map_or("", Goal::arrow);
        return (None, Basis::guess(format!("its name says {arrow}, but the values that were kept {moved}")));
    }
    if let Some(goal) = instructed(&rules.instructions, metric) {
        return (Some(goal), Basis::stated("the loop's instructions say so"));
    }
    if let Some(goal) = known {
        return (Some(goal), Basis::stated("a known name"));
    }
    let best = better_fit(fits);
    let other = if best == fits[0] { fits[1] } else { fits[0] };
    let is_plain = best.judged() >= 3 && best.consistency() >= 0.75 && other.consistency() <= best.consistency() - 0.5;
    if !is_plain {
        return (None, Basis::default());
    }
    let goal = if best == fits[0] { Goal::Minimize } else { Goal::Maximize };
    (Some(goal), Basis::guess(format!("{} of {} keep and discard decisions fit it", best.agree, best.judged())))
}

/// True where what was kept speaks plainly against a direction.
fn contradicted(known: Option<Goal>, fits: [Fit; 2]) -> bool {
    let Some(goal) = known else { return false };
    let (own, other) = if goal == Goal::Minimize { (fits[0], fits[1]) } else { (fits[1], fits[0]) };
    other.judged() >= 3 && other.consistency() >= 0.6 && own.consistency() <= -0.2
}

fn better_fit(fits: [Fit; 2]) -> Fit {
    if fits[1].consistency() > fits[0].consistency() { fits[1] } else { fits[0] }
}

/// How a goal fits the decisions: each keep should be better than the one before it, each discard should not.
pub(super) fn fit(values: &[Option<f64>], claims: &[Claim], goal: Goal) -> Fit {
    let mut fit = Fit::default();
    let mut kept: Option<f64> = None;
    for (value, claim) in values.iter().zip(claims) {
        let Some(value) = value.filter(|value| !is_far_out(*value)) else { continue };
        match (claim, kept) {
            (Claim::Keep, Some(before)) => {
                fit.agree += usize::from(goal.is_better(value, before));
                fit.disagree += usize::from(goal.is_better(before, value));
                fit.ties += usize::from(value.to_bits() == before.to_bits());
                kept = Some(value);
            }
            (Claim::Keep, None) => kept = Some(value),
            (Claim::Discard, Some(before)) => {
                fit.agree += usize::from(goal.is_better(before, value));
                fit.disagree += usize::from(goal.is_better(value, before));
            }
            // The first row of a table is where it starts, whatever its word.
            (Claim::Other, None) => kept = Some(value),
            _ => {}
        }
    }
    fit
}

/// True for a value of a shape that stands for "nothing": nines, or a power of ten beyond any measure.
fn is_far_out(value: f64) -> bool {
    let size = value.abs();
    let nines = || {
        let digits = format!("{size}");
        digits.len() >= 3 && digits.bytes().all(|byte| byte == b'9')
    };
    let power = || size >= 1e6 && (size.log10() - size.log10().round()).abs() < 1e-12;
    let largest = || size == f64::from(i32::MAX) || size == f64::from(f32::MAX) || size >= 1e30;
    nines() || power() || largest()
}

/// Values of the objective that are no measurements: sentinels far from all others, and a zero that would be the best
/// of all in a row that was not kept.
fn stand_ins(values: &[Option<f64>], claims: &[Claim], goal: Option<Goal>) -> Vec<StandIn> {
    let mut found: Vec<StandIn> = Vec::new();
    let real: Vec<f64> = values.iter().flatten().copied().filter(|value| !is_far_out(*value)).collect();
    let largest = real.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for value in values.iter().flatten().copied().filter(|value| is_far_out(*value)) {
        let alone = real.is_empty() && value < 0.0;
        let is_new = !found.iter().any(|known| known.value.to_bits() == value.to_bits());
        if is_new && (alone || !real.is_empty() && value.abs() > largest * 10.0) {
            found.push(StandIn { value, unless_kept: false });
        }
    }
    let others_positive = |odd: f64| {
        let others: Vec<f64> = real.iter().copied().filter(|value| value.to_bits() != odd.to_bits()).collect();
        others.len() >= 2 && others.iter().all(|value| *value > 0.0)
    };
    let never_kept = |odd: f64| {
        let rows = values.iter().zip(claims).filter(|(value, _)| value.is_some_and(|value| value == odd));
        rows.clone().count() > 0 && rows.clone().all(|(_, claim)| *claim != Claim::Keep)
    };
    if goal == Some(Goal::Minimize) && others_positive(0.0) && never_kept(0.0) {
        found.push(StandIn { value: 0.0, unless_kept: true });
    }
    if others_positive(-1.0) && never_kept(-1.0) {
        found.push(StandIn { value: -1.0, unless_kept: true });
    }
    found
}

/// What the loop's instructions say of a name.
enum Mention {
    None,
    /// It stands in them.
    Named,
    /// It stands beside a word for optimising.
    Optimised,
}

fn mention(instructions: &str, name: &str) -> Mention {
    if name.len() < 3 {
        return Mention::None;
    }
    let mut found = Mention::None;
    for line in lines_with(instructions, name) {
        let line = line.to_lowercase();
        let optimised = [
            "minimi",
            "maximi",
            "optimi",
            "lowest",
            "highest",
            "lower",
            "higher",
            "objective",
            "goal",
            "primary",
            "the metric",
            "improve",
        ];
        if optimised.iter().any(|word| line.contains(word)) {
            return Mention::Optimised;
        }
        found = Mention::Named;
    }
    found
}

/// The direction that the loop's instructions give a metric, where they give one.
fn instructed(instructions: &str, name: &str) -> Option<Goal> {
    let mut goals = lines_with(instructions, name).filter_map(goal_in).peekable();
    let first = *goals.peek()?;
    goals.all(|goal| goal == first).then_some(first)
}

fn lines_with<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.lines().filter(move |line| {
        line.len() < 2000
            && line.match_indices(name).any(|(at, found)| {
                !is_part(line[..at].chars().next_back()) && !is_part(line[at + found.len()..].chars().next())
            })
    })
}

/// The direction that a sentence gives: `lower is better`, `minimize`, `the highest`. `None` where it gives none or both.
pub(super) fn goal_in(text: &str) -> Option<Goal> {
    let text = text.to_lowercase().replace(['_', '-'], " ");
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    let lower = has(&[
        "lower is better",
        "lower the better",
        "lower better",
        "smaller is better",
        "less is better",
        "minimize",
        "minimise",
        "minimizing",
        "minimising",
        "lowest",
        "fewer is better",
        "(lower)",
        "↓",
        "as low as possible",
        "faster is better",
    ]);
    let higher = has(&[
        "higher is better",
        "higher the better",
        "higher better",
        "larger is better",
        "bigger is better",
        "greater is better",
        "more is better",
        "maximize",
        "maximise",
        "maximizing",
        "maximising",
        "highest",
        "(higher)",
        "↑",
        "as high as possible",
    ]);
    match (lower, higher) {
        (true, false) => Some(Goal::Minimize),
        (false, true) => Some(Goal::Maximize),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_kept_rows_show_a_direction() {
        let values = [0.9, 0.6, 0.8, 0.5].map(Some);
        let claims = [Claim::Keep, Claim::Keep, Claim::Discard, Claim::Keep];
        assert_eq!(fit(&values, &claims, Goal::Minimize), Fit { agree: 3, disagree: 0, ties: 0 });
        assert_eq!(fit(&values, &claims, Goal::Maximize), Fit { agree: 0, disagree: 3, ties: 0 });
    }

    #[test]
    fn what_stands_for_nothing() {
        let keep = [Claim::Keep, Claim::Discard, Claim::Keep];
        let of = |values: [f64; 3], goal| {
            stand_ins(&values.map(Some), &keep, Some(goal)).iter().map(|one| one.value).collect::<Vec<_>>()
        };
        assert_eq!(of([1.0, -999.0, 1.1], Goal::Maximize), [-999.0]);
        assert_eq!(of([0.9, 1e9, 0.8], Goal::Minimize), [1e9]);
        assert_eq!(of([950.0, 999.0, 1001.0], Goal::Minimize), [] as [f64; 0], "among its like");
        assert_eq!(of([0.9, 0.0, 0.8], Goal::Minimize), [0.0], "it would be the best, and was thrown away");
        assert_eq!(of([0.9, 0.0, 0.95], Goal::Maximize), [] as [f64; 0]);
        assert_eq!(of([0.9, -1.0, 0.95], Goal::Maximize), [-1.0]);
        assert_eq!(of([0.5, -1.0, -0.95], Goal::Minimize), [] as [f64; 0], "others are below zero, too");
    }

    #[test]
    fn sentences_give_directions() {
        assert_eq!(goal_in("Lower `val_bpb` is better; minimize it"), Some(Goal::Minimize));
        assert_eq!(goal_in("score (higher is better)"), Some(Goal::Maximize));
        assert_eq!(goal_in("maximize accuracy while you minimize latency"), None);
        assert_eq!(goal_in("the score of the run"), None);
    }

    proptest! {
        /// Turning all values round turns the two directions round.
        #[test]
        fn directions_mirror(rows in proptest::collection::vec((-50.0f64..50.0, 0usize..3), 0..30)) {
            let claims: Vec<Claim> = rows.iter().map(|(_, claim)| [Claim::Keep, Claim::Discard, Claim::Crash][*claim]).collect();
            let values: Vec<Option<f64>> = rows.iter().map(|(value, _)| Some(*value)).collect();
            let turned: Vec<Option<f64>> = rows.iter().map(|(value, _)| Some(-value)).collect();
            prop_assert_eq!(fit(&values, &claims, Goal::Minimize), fit(&turned, &claims, Goal::Maximize));
        }
    }
}
