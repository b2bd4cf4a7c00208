//! The columns of a table that count its steps.

use super::words::TABLE_STEPS;

/// Returns the rank of a name for the step column, from 0, the best; `None` for any other name.
pub(super) fn step_rank(name: &str) -> Option<usize> {
    let name = name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    TABLE_STEPS.iter().position(|step| *step == name)
}

/// The same for a column of a header, where a generation or an episode counts, too.
pub(super) fn header_rank(name: &str) -> Option<usize> {
    const OTHERS: [&str; 4] = ["generation", "n_gen", "gen", "episode"];
    let other = || OTHERS.iter().position(|other| name.trim().eq_ignore_ascii_case(other));
    step_rank(name).or_else(|| Some(TABLE_STEPS.len() + other()?))
}
