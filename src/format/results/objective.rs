//! Determines the objective column and its better direction: by names, by the loop's keeps and discards, by its own
//! instructions. Position alone counts only if there is nothing else; then the choice is marked as a guess.

use std::sync::Arc;

use super::apart::RowGroup;
use super::cells::{self, Number};
use super::decisions::{Fit, better_fit, by_change, fit, kept_against, moves, shown};
use super::directions::{StatedDirection, direction};
use super::instructions::{ColumnNotes, Emphasis, Instructions};
use super::names::{
    goal_by_name, goal_of_header, is_aggregate, is_cost_of_agent, is_generic, is_quality, is_running_best, is_same,
    name_prior, numbers_rows, summed_prior,
};
use super::role_names::goal_in_cell;
use super::roles::Roles;
use super::sheet::{Sheet, SheetRow, most_frequent, plain};
use super::stand_ins::{self, StandIns};
use super::stated::Stated;
use super::units::Units;
use crate::format::TableRules;
use crate::model::{Basis, Claim, Goal, MetricChoice, baseline, rank_of_metric};

/// The sources of a choice, as shown.
const BY_COMMENT: &str = "the comment above the table";
const BY_INSTRUCTIONS: &str = "the loop's instructions name it";

/// One numeric column.
struct NumericColumn<'a> {
    column: usize,
    name: &'a Arc<str>,
    values: Vec<Option<f64>>,
    units: Units,
    /// Fit of each goal: lower, higher.
    fits: [Fit; 2],
    /// Number of keeps that follow a keep, and how many of them each goal calls better.
    moves: usize,
    better: [usize; 2],
    /// True if it repeats the best so far of another column.
    is_running_best: bool,
    /// Its direction as stated by a column or a comment.
    stated: Option<Goal>,
}

/// Facts about the rows besides their numbers.
struct RowFacts<'a> {
    claims: &'a [Claim],
    /// True for each row that repeats the run of the row before.
    repeats: &'a [bool],
    is_newest_first: bool,
    apart: Option<&'a RowGroup>,
}

/// The decision on a table's objective.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ObjectiveChoice {
    pub(super) choice: Option<MetricChoice>,
    /// The column of the objective; `None` where there is none.
    pub(super) column: Option<usize>,
    /// True if the rows name the metric that its values measure.
    pub(super) is_named_by_rows: bool,
    /// Values of the objective that mean "not measured".
    pub(super) stand_ins: StandIns,
    /// By column: the unit of its values.
    pub(super) units: Vec<Units>,
    /// The reason to doubt a stated direction, if any.
    pub(super) conflict: Option<String>,
    /// The distinction between the rows of one experiment.
    pub(super) apart: Option<RowGroup>,
    /// True where a column numbers the rows from the last one up.
    pub(super) counts_down: bool,
}

impl ObjectiveChoice {
    /// Returns a number in the unit of its column; `None` where the units are incompatible.
    pub(super) fn value(&self, column: usize, number: &Number<'_>) -> Option<f64> {
        self.units.get(column).map_or(Some(number.value), |units| units.value(number))
    }
}

impl Stated {
    /// Returns the direction of a column: the newest that names it, else the newest that names no measurement.
    fn goal(&self, column: usize, sheet: &Sheet, roles: &Roles) -> Option<Goal> {
        let measures = |text: &str| -> Vec<usize> {
            let mut named = Instructions::columns_in(text, &sheet.names);
            named.retain(|column| is_measure(sheet, roles, *column));
            named
        };
        let all: Vec<_> = self.goals.iter().rev().map(|(text, goal)| (measures(text), *goal)).collect();
        let own = all.iter().find(|(named, _)| named.contains(&column));
        own.or_else(|| all.iter().find(|(named, _)| named.is_empty())).map(|(_, goal)| *goal)
    }
}

/// True if a column can be optimised: `raise the batch size` is an idea.
fn is_measure(sheet: &Sheet, roles: &Roles, column: usize) -> bool {
    let name = &sheet.names[column];
    !roles.is_taken(column)
        && !is_running_best(name, &sheet.names)
        && (name_prior(name).0 > -1.0 || is_cost_of_agent(name))
}

/// Decides for a table; `instructions` holds its loop's instructions for the columns.
pub(super) fn decide(
    sheet: &Sheet,
    roles: &Roles,
    rules: &TableRules,
    instructions: &Instructions,
    stated: &Stated,
) -> ObjectiveChoice {
    let claims: Vec<Claim> = claims(sheet, roles, rules);
    let repeats = repeats(sheet, roles, &claims);
    let named = named_by_rows(sheet, roles);
    let apart = RowGroup::of(sheet, roles).filter(|_| named.is_none());
    let counts_down = counts_down(sheet, roles);
    let rows = RowFacts {
        claims: &claims,
        repeats: &repeats,
        is_newest_first: counts_down || is_newest_first(sheet, roles),
        apart: apart.as_ref(),
    };
    let by_column = roles.direction.and_then(|column| most_frequent_goal(sheet, column));
    let stated_of = |column: usize| by_column.or_else(|| stated.goal(column, sheet, roles));
    let all: Vec<NumericColumn<'_>> = (0..sheet.names.len())
        .filter(|column| !roles.is_taken(*column))
        .filter_map(|column| {
            let candidate = NumericColumn::of(sheet, roles, column, &rows)?;
            Some(NumericColumn { stated: stated_of(column), ..candidate })
        })
        .collect();
    let of_column =
        |column| all.iter().find(|one| one.column == column).map_or_else(Units::default, |one| one.units.clone());
    let units: Vec<Units> = (0..sheet.names.len()).map(of_column).collect();
    let instructions = of_measures(instructions, sheet, roles);
    let direct = |metric: &str, column: usize, candidate: Option<&NumericColumn<'_>>| {
        let by = roles.direction.filter(|_| by_column.is_some());
        let by = by.map_or_else(|| BY_COMMENT.to_owned(), |by| format!("the column {}", sheet.names[by]));
        let evidence = StatedDirection {
            stated: stated_of(column).map(|goal| (goal, by)),
            instructed: instructions.of(column).goal,
            unbound: instructions.unbound,
            fits: candidate.map(|candidate| candidate.fits).unwrap_or_default(),
        };
        direction(metric, &evidence)
    };
    if let Some(column) = in_words(sheet, roles) {
        // Its result is in words: better no value than the number of another column.
        let metric = Arc::clone(&sheet.names[column]);
        let (goal, goal_basis) = direct(&metric, column, None);
        let metric_basis = Basis::stated("its name, but its cells are words");
        let choice = MetricChoice { metric, metric_basis, goal, goal_basis, unit: None };
        return ObjectiveChoice { choice: Some(choice), column: Some(column), units, ..ObjectiveChoice::default() };
    }
    let chosen = choose(&all, &instructions, stated, named.as_deref());
    let Some((candidate, metric_basis)) = chosen else {
        // A table without a row yet: its header may name what will be measured.
        let found = by_header(sheet, roles, &instructions, stated).filter(|_| sheet.records.is_empty());
        let choice = found.as_ref().map(|(column, metric_basis)| {
            let metric = Arc::clone(&sheet.names[*column]);
            let (goal, goal_basis) = direct(&metric, *column, None);
            MetricChoice { metric, metric_basis: metric_basis.clone(), goal, goal_basis, unit: None }
        });
        return ObjectiveChoice {
            choice,
            column: found.map(|(column, _)| column),
            units,
            ..ObjectiveChoice::default()
        };
    };
    let is_named_by_rows = holds_named(sheet, roles, candidate.column);
    let metric: Arc<str> = match &named {
        Some(name) if is_named_by_rows && sheet.find(name).is_none() => name.as_str().into(),
        _ => Arc::clone(candidate.name),
    };
    let (mut goal, mut goal_basis) = direct(&metric, candidate.column, Some(candidate));
    if goal.is_none() && goal_basis.why.is_empty() && is_aggregate(&metric) {
        goal = of_siblings(&all);
        goal_basis =
            goal.map_or_else(Basis::default, |_| Basis::guess("the direction of the columns that it aggregates"));
    }
    let stand_ins = stand_ins::stand_ins(&candidate.values, &claims, goal);
    let choice =
        MetricChoice { metric: Arc::clone(&metric), metric_basis, goal, goal_basis, unit: candidate.units.name() };
    let conflict = choice.goal_basis.is_guess.then_some(&choice.goal_basis.why).filter(|why| why.contains(", but "));
    let conflict = conflict.map(|why| format!("unclear which direction of {metric} is better: {why}"));
    ObjectiveChoice {
        choice: Some(choice),
        column: Some(candidate.column),
        is_named_by_rows,
        stand_ins,
        units,
        conflict,
        apart,
        counts_down,
    }
}

/// Returns the instructions for columns that can be optimised.
fn of_measures(instructions: &Instructions, sheet: &Sheet, roles: &Roles) -> Instructions {
    let mut instructions = instructions.clone();
    for column in (0..sheet.names.len()).filter(|column| !is_measure(sheet, roles, *column)) {
        // `random seed sensitivity` below `## Goals` does not make a seed the objective.
        instructions.demote(column, roles.is_taken(column) || numbers_rows(&sheet.names[column]));
    }
    instructions
}

/// Returns the likeliest column by header and instructions alone.
fn by_header(sheet: &Sheet, roles: &Roles, instructions: &Instructions, stated: &Stated) -> Option<(usize, Basis)> {
    let free = || (0..sheet.names.len()).filter(|column| !roles.is_taken(*column));
    let is_stated = |column: &usize| stated.metric.as_deref().is_some_and(|name| is_same(name, &sheet.names[*column]));
    if let Some(column) = free().find(is_stated) {
        return Some((column, Basis::stated(BY_COMMENT)));
    }
    let siblings = free().filter(|column| is_quality(&sheet.names[*column])).count();
    let score = |column: usize| {
        let name = &sheet.names[column];
        let running = if is_running_best(name, &sheet.names) { 6.0 } else { 0.0 };
        bonus(instructions, column, summed_prior(name, siblings).0 - running)
    };
    let column = free().max_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a)))?;
    let basis = if instructions.of(column).level >= Emphasis::Optimised {
        Basis::stated(BY_INSTRUCTIONS)
    } else {
        Basis::guess("no rows yet: by the header alone")
    };
    (score(column) > -3.0).then_some((column, basis))
}

/// Returns the common direction of all quality metrics.
fn of_siblings(all: &[NumericColumn<'_>]) -> Option<Goal> {
    let mut goals = all.iter().filter(|one| is_quality(one.name)).filter_map(|one| Goal::of_metric(one.name));
    let first = goals.next()?;
    goals.all(|goal| goal == first).then_some(first)
}

/// Returns the column that by its name is the result of a row, if it has words.
fn in_words(sheet: &Sheet, roles: &Roles) -> Option<usize> {
    let column = sheet.first_of(&["metric_after", "new_metric", "new_score", "result_after"])?;
    let words =
        sheet.records.iter().filter(|record| !record.cell(column).is_empty() && roles.number(record, column).is_none());
    (!roles.is_taken(column) && words.count() * 2 > sheet.records.len().max(1)).then_some(column)
}

fn claims(sheet: &Sheet, roles: &Roles, rules: &TableRules) -> Vec<Claim> {
    sheet.records.iter().map(|record| roles.claim(record, &rules.statuses).claim()).collect()
}

/// True where a column that numbers the rows decreases by one from row to row, down to the first.
fn counts_down(sheet: &Sheet, roles: &Roles) -> bool {
    const LEAST: usize = 3;
    let falls = |column: usize| {
        let numbers: Vec<f64> =
            sheet.records.iter().filter_map(|record| Some(roles.number(record, column)?.value)).collect();
        numbers.len() == sheet.records.len()
            && numbers.len() >= LEAST
            && matches!(numbers.last(), Some(0.0 | 1.0))
            && numbers.windows(2).all(|two| (two[0] - two[1] - 1.0).abs() < f64::EPSILON)
    };
    let numbers = |name: &str| numbers_rows(name) || matches!(name.trim(), "#" | "№");
    (0..sheet.names.len()).any(|column| numbers(&sheet.names[column]) && !roles.is_taken(column) && falls(column))
}

/// True where the newest row is first: each keep is compared with the one below it.
fn is_newest_first(sheet: &Sheet, roles: &Roles) -> bool {
    let rows = &sheet.records;
    let text = |at: usize| rows[at].of(roles.description).to_owned();
    let says = |at: usize| {
        let is_baseline = |cell: &str| cell.trim().eq_ignore_ascii_case("baseline");
        is_baseline(rows[at].of(roles.status()))
            || is_baseline(rows[at].of(roles.commit))
            || baseline::begins(&text(at))
    };
    let time = |at: usize| cells::time_ms(rows[at].of(roles.time));
    baseline::is_newest_first(rows.len(), time, says, text)
}

/// For each row, whether it repeats the change of the row before: the same commit and decision, and the same words
/// except for numbers.
fn repeats(sheet: &Sheet, roles: &Roles, claims: &[Claim]) -> Vec<bool> {
    let words = |record: &SheetRow| -> String {
        record.of(roles.description).chars().filter(|one| !one.is_ascii_digit()).collect()
    };
    let is_one_more = |at: usize| {
        let (before, record) = (&sheet.records[at - 1], &sheet.records[at]);
        let commit = record.of(roles.commit);
        !commit.is_empty()
            && commit == before.of(roles.commit)
            && claims[at] == claims[at - 1]
            && words(record) == words(before)
    };
    (0..sheet.records.len()).map(|at| at > 0 && is_one_more(at)).collect()
}

/// Returns the metric that most rows name themselves.
fn named_by_rows(sheet: &Sheet, roles: &Roles) -> Option<String> {
    most_frequent(sheet.filled(roles.metric_name?)).map(str::to_owned)
}

/// True for the column with the value of the metric that its row names: one named `value` or similar, or the one after
/// the metric's name, unless it has a name of its own.
fn holds_named(sheet: &Sheet, roles: &Roles, column: usize) -> bool {
    let name = &sheet.names[column];
    let is_open = || rank_of_metric(name).is_none() && name_prior(name).0 >= 0.0;
    roles.metric_name.is_some_and(|named| is_generic(name) || column == named + 1 && is_open())
}

fn most_frequent_goal(sheet: &Sheet, column: usize) -> Option<Goal> {
    let goals: Vec<Goal> = sheet.filled(column).filter_map(|cell| goal_in_cell(&sheet.names[column], cell)).collect();
    let higher = goals.iter().filter(|goal| **goal == Goal::Maximize).count();
    match (higher, goals.len() - higher) {
        (higher, lower) if higher > lower => Some(Goal::Maximize),
        (higher, lower) if lower > higher => Some(Goal::Minimize),
        _ => None,
    }
}

impl<'a> NumericColumn<'a> {
    /// Returns a column with numbers; `None` without any, or if it numbers the rows.
    fn of(sheet: &'a Sheet, roles: &Roles, column: usize, rows: &RowFacts<'_>) -> Option<Self> {
        let (claims, repeats) = (rows.claims, rows.repeats);
        let cells: Vec<_> = sheet.records.iter().map(|record| roles.number(record, column)).collect();
        let units = Units::of(cells.iter().flatten());
        let is_other = |record: &SheetRow| rows.apart.is_some_and(|apart| apart.other(record).is_some());
        let value = |(record, number): (&SheetRow, &Option<Number<'_>>)| {
            units.value(number.as_ref().filter(|_| !is_other(record))?)
        };
        let values: Vec<Option<f64>> = sheet.records.iter().zip(&cells).map(value).collect();
        let count = values.iter().flatten().count();
        if count == 0 {
            return None;
        }
        let mut decided_on = by_change(&stand_ins::decided_on(&values, claims), claims, repeats);
        let mut changes = by_change(&values, claims, repeats);
        if rows.is_newest_first {
            for (values, claims) in [&mut decided_on, &mut changes] {
                values.reverse();
                claims.reverse();
            }
        }
        let fits = [Goal::Minimize, Goal::Maximize].map(|goal| fit(&decided_on.0, &decided_on.1, goal));
        let (moves, better) = moves(&changes.0, &changes.1);
        let name = &sheet.names[column];
        let is_running_best = is_running_best(name, &sheet.names);
        Some(Self { column, name, values, units, fits, moves, better, is_running_best, stated: None })
    }

    fn count(&self) -> usize {
        self.values.iter().flatten().count()
    }

    /// True if all values are the same, and there are enough of them.
    fn is_constant(&self) -> bool {
        let mut values = self.values.iter().flatten();
        let first = values.next();
        self.count() >= 3 && values.all(|value| Some(value) == first)
    }

    /// True if each value is the previous one plus one: the rows are numbered.
    fn is_counter(&self) -> bool {
        let values: Vec<f64> = self.values.iter().flatten().copied().collect();
        values.len() >= 3 && values.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < f64::EPSILON)
    }

    /// True for a column that numbers the rows by its name, unless its values contradict it.
    fn numbers_rows(&self) -> bool {
        let values: Vec<f64> = self.values.iter().flatten().copied().collect();
        let best = better_fit(self.fits);
        let is_followed = best.judged() >= 3 && best.consistency() >= 0.75;
        numbers_rows(self.name) && (!is_followed || values.windows(2).all(|pair| pair[1] >= pair[0]))
    }

    /// Returns its known direction. That of `score` is a convention: it yields to the decisions.
    fn known(&self, notes: &ColumnNotes) -> Option<Goal> {
        let by_name = || goal_by_name(self.name).filter(|_| !is_generic(self.name) || shown(self.fits).is_none());
        let stated = self.stated.filter(|stated| notes.goal.is_none_or(|instructed| instructed == *stated));
        stated.or_else(|| goal_of_header(self.name)).or(notes.goal).or_else(by_name)
    }

    /// Returns the fit of its decisions, in its known direction, else in the better one.
    fn best_fit(&self, notes: &ColumnNotes) -> Fit {
        self.known(notes).map_or_else(|| better_fit(self.fits), |goal| self.fits[usize::from(goal == Goal::Maximize)])
    }

    /// Returns its score as the objective, with reasons.
    fn score(&self, instructions: &Instructions, siblings: usize, has_rival: bool) -> (f64, String) {
        let (mut prior, mut why) = summed_prior(self.name, siblings);
        if self.is_running_best {
            prior -= 6.0;
        }
        let own = instructions.of(self.column);
        let known = self.known(&own);
        if prior == 0.0 && rank_of_metric(self.name).is_none() {
            // An unknown name is more likely the objective than a cost that is always measured; integers are often a
            // setting.
            let is_measured = self.values.iter().flatten().any(|value| value.fract() != 0.0);
            prior = if is_measured { 0.8 } else { 0.4 };
        }
        let best = self.best_fit(&own);
        let is_followed = best.judged() >= 3 && best.consistency() >= 0.75;
        if is_followed && is_quality(self.name) && plain(self.name).split('_').any(|word| word.starts_with("diff")) {
            // A difference to a fixed opponent or target is a measurement of its own.
            prior += 4.5;
        }
        // A column that the decisions contradict, while they follow another column, is not the objective for its name
        // alone.
        let is_against = match known {
            Some(_) => best.judged() >= 3 && best.consistency() <= -0.3,
            None => best.judged() >= 4 && best.consistency() <= 0.1,
        };
        let is_named = own.level >= Emphasis::Optimised && has_rival;
        let mut score = if is_named && is_against { prior + 1.0 } else { bonus(instructions, self.column, prior) };
        if best.judged() >= 2 {
            let weight = 4.0 * (best.judged().min(6) as f64) / 6.0;
            score += weight * best.consistency();
            if best.consistency() > 0.5 {
                why.push(best.agreement());
            }
        }
        let side = |goal: Goal| usize::from(goal == Goal::Maximize);
        let better = known.map_or(self.better[0].max(self.better[1]), |goal| self.better[side(goal)]);
        let worse = known.map_or(0, |goal| self.better[1 - side(goal)]);
        if kept_against(known, self.fits) || self.moves >= 2 && better == 0 {
            // The loop does not keep what its name promises.
            score -= prior.max(0.0);
        } else if best.judged() >= 6 && best.consistency() < 0.2 || self.moves >= 3 && better < worse {
            // A known name that the loop does not follow is a side metric.
            score -= 0.6 * prior.max(0.0);
        } else if self.moves >= 3 && better == self.moves {
            // A column that improves with each keep is the reason for the keeps.
            score += 1.0;
        }
        let is_unnamed = instructions.most() < Emphasis::Optimised && own.goal.is_none();
        if is_unnamed && instructions.unbound.is_some() && known.is_some() && known != instructions.unbound {
            // `Maximize the throughput of generation` is not about perplexity.
            score -= 1.0;
        }
        if own.level >= Emphasis::Optimised {
            why.push(BY_INSTRUCTIONS.to_owned());
        }
        if self.count() * 4 < self.values.len() {
            score -= 2.0;
        }
        (score, why.join(", "))
    }
}

/// Returns the prior by name, with a bonus from the instructions.
fn bonus(instructions: &Instructions, column: usize, prior: f64) -> f64 {
    let (own, most, foremost) = (instructions.of(column).level, instructions.most(), instructions.foremost());
    let is_first = foremost.first() == Some(&column);
    match own {
        Emphasis::Guarded => prior - 2.5,
        Emphasis::None => prior,
        Emphasis::Primary => prior.max(0.0) + if is_first { 6.0 } else { 3.0 },
        // Of two that are optimised the first is the objective, but that is a guess.
        Emphasis::Optimised if most == own => prior + if is_first { 6.0 } else { 3.0 },
        Emphasis::Directed if most == own && foremost.len() == 1 => prior + 4.0,
        Emphasis::Directed | Emphasis::Named if most <= Emphasis::Directed => prior + 1.5,
        _ => prior,
    }
}

/// Returns the number of rows in which anything was measured.
fn rows_measured(all: &[NumericColumn<'_>]) -> usize {
    let rows = all.first().map_or(0, |candidate| candidate.values.len());
    (0..rows).filter(|row| all.iter().any(|candidate| candidate.values[*row].is_some())).count()
}

fn choose<'a>(
    all: &'a [NumericColumn<'a>],
    instructions: &Instructions,
    stated: &Stated,
    named: Option<&str>,
) -> Option<(&'a NumericColumn<'a>, Basis)> {
    let of_name = |name: &str| all.iter().find(|candidate| is_same(candidate.name, name));
    if let Some(candidate) = stated.metric.as_deref().and_then(of_name) {
        return Some((candidate, Basis::stated(BY_COMMENT)));
    }
    if let Some(candidate) = named.and_then(of_name) {
        return Some((candidate, Basis::stated("the table's own metric name")));
    }
    let is_its_value = |name: &str| matches!(plain(name).as_str(), "value" | "metric_value" | "metric" | "measurement");
    if let Some(candidate) = all.iter().find(|candidate| named.is_some() && is_its_value(candidate.name)) {
        return Some((candidate, Basis::stated("it holds the metric that the rows name")));
    }
    let can = |candidate: &&NumericColumn<'_>| {
        !candidate.is_constant() && !candidate.is_counter() && !candidate.numbers_rows()
    };
    let mut pool: Vec<&NumericColumn<'_>> = all.iter().filter(can).collect();
    if pool.is_empty() {
        // Constants are left if nothing varied in the table.
        pool = all.iter().filter(|candidate| !candidate.is_counter() && !candidate.numbers_rows()).collect();
    }
    let siblings = all.iter().filter(|candidate| is_quality(candidate.name)).count();
    let has_rival = pool.iter().any(|candidate| {
        let fit = candidate.best_fit(&instructions.of(candidate.column));
        fit.judged() >= 3 && fit.consistency() >= 0.75
    });
    let mut scored: Vec<(f64, String, &NumericColumn<'_>)> = pool
        .into_iter()
        .enumerate()
        .map(|(at, candidate)| {
            let (score, why) = candidate.score(instructions, siblings, has_rival);
            // Of equals the first: most tables begin with the important columns.
            (score - 0.15 * at.min(4) as f64, why, candidate)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let fits_all = |candidate: &NumericColumn<'_>| {
        let fit = candidate.best_fit(&instructions.of(candidate.column));
        fit.judged() >= 2 && fit.agree == fit.judged()
    };
    let second = scored.get(1).map(|(score, _, candidate)| (*score, fits_all(candidate)));
    let (score, why, candidate) = scored.into_iter().next()?;
    let is_clear = match second {
        // A former value or a count is not the objective merely for lack of others.
        None => score > -1.5,
        // If the decisions fit both, they do not distinguish them.
        Some((second, fits)) => score >= 2.0 && score - second >= if fits && fits_all(candidate) { 1.0 } else { 0.5 },
    };
    let is_emphasised =
        instructions.most() < Emphasis::Optimised || instructions.of(candidate.column).level == instructions.most();
    // Few rows are weak evidence.
    let measured = rows_measured(all);
    let is_clear = is_clear && is_emphasised && candidate.count() * 4 >= measured;
    let why = match (why.is_empty(), second) {
        (true, None) => "the only column with numbers that differ".to_owned(),
        (true, Some(_)) => "the likeliest of the columns with numbers".to_owned(),
        (false, _) => why,
    };
    Some((candidate, if is_clear { Basis::stated(why) } else { Basis::guess(why) }))
}
