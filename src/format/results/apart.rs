//! Experiments with several rows, one for each thing that they were measured on: a target, a task, a part of the data,
//! a seed.

use super::roles::Roles;
use super::sheet::{Sheet, SheetRow, most_frequent, plain};

/// The distinction between several rows of one experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowGroup {
    column: usize,
    /// The thing whose values are compared; `None` for equivalent runs, such as several seeds.
    chosen: Option<String>,
    /// Number of things.
    count: usize,
}

/// Columns of things whose values must not be compared with each other.
const THINGS: [&str; 19] = [
    "target",
    "task",
    "split",
    "subset",
    "dataset",
    "benchmark",
    "partition",
    "suite",
    "env",
    "environment",
    "domain",
    "language",
    "lang",
    "set",
    "data",
    "eval_set",
    "test_set",
    "category",
    "problem",
];
/// Columns of runs that differ by chance.
const RUNS: [&str; 8] = ["seed", "rank", "replicate", "rep", "fold", "repeat", "worker", "seed_id"];
/// Columns that identify an experiment in a table without commits.
const IDS: [&str; 10] =
    ["exp_id", "experiment_id", "id", "exp", "experiment", "run_id", "run", "trial", "iteration", "idx"];
/// Maximum number of things: more are names of experiments.
const MOST: usize = 32;

impl RowGroup {
    /// Returns the distinction between the rows of an experiment; `None` where each has one row.
    pub(super) fn of(sheet: &Sheet, roles: &Roles) -> Option<Self> {
        let key = roles.commit.or_else(|| sheet.first_of(&IDS)).or(roles.description)?;
        let groups = || sheet.records.chunk_by(move |one, other| one.cell(key) == other.cell(key));
        let is_several = |group: &&[SheetRow]| group.len() > 1 && !group[0].cell(key).is_empty();
        let several = groups().filter(is_several).count();
        let tells = |column: usize| {
            let each_once = groups().filter(is_several).filter(|group| has_each_once(group, column)).count();
            column != key && !roles.is_taken(column) && each_once > 0 && each_once * 2 >= several
        };
        let named =
            |names: &[&str]| names.iter().filter_map(|name| sheet.first_of(&[name])).find(|column| tells(*column));
        // A task of only one experiment is part of the change.
        let recurs = |column: usize| {
            let values: Vec<&str> = sheet.filled(column).collect();
            let mut distinct = values.clone();
            distinct.sort_unstable();
            distinct.dedup();
            distinct.len() * 2 <= values.len()
        };
        // A seed next to a few commits that were measured twice distinguishes nothing.
        let is_rule = || several * 2 >= groups().count();
        let (column, is_thing) = named(&THINGS)
            .filter(|column| recurs(*column))
            .map(|column| (column, true))
            .or_else(|| Some((named(&RUNS).filter(|_| is_rule())?, false)))?;
        let mut values: Vec<&str> = sheet.filled(column).collect();
        let frequent = most_frequent(values.iter().copied())?.to_owned();
        values.sort_unstable();
        values.dedup();
        let parts = ["val", "valid", "validation", "dev", "heldout", "test", "eval"];
        let part = parts.iter().find_map(|part| values.iter().find(|value| plain(value) == **part));
        let chosen = part.map_or(frequent, |part| (*part).to_owned());
        let is_few = (2..=MOST).contains(&values.len());
        is_few.then(|| Self { column, chosen: is_thing.then_some(chosen), count: values.len() })
    }

    /// Returns the thing of a row, if it differs from that of the objective.
    pub(super) fn other<'a>(&self, record: &'a SheetRow) -> Option<&'a str> {
        let own = record.cell(self.column);
        self.chosen.as_ref().filter(|chosen| *chosen != own).map(|_| own)
    }

    /// Returns the note about it.
    pub(super) fn note(&self, sheet: &Sheet, objective: &str) -> String {
        let name = &sheet.names[self.column];
        match &self.chosen {
            Some(chosen) => format!(
                "experiments have a row for each `{name}`, {} in all: {objective} is that of `{chosen}`, the others are separate columns",
                self.count
            ),
            None => format!(
                "experiments have a row for each `{name}`: each is read as a run, so the best is the best single run"
            ),
        }
    }
}

fn has_each_once(group: &[SheetRow], column: usize) -> bool {
    let mut cells: Vec<&str> = group.iter().map(|record| record.cell(column)).collect();
    let count = cells.len();
    cells.sort_unstable();
    cells.dedup();
    cells.len() == count && !cells.contains(&"")
}
