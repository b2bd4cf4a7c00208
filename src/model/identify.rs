//! Identifies experiments by the commit their row names, or else by the row itself.

use super::{ExperimentId, Row};

/// True if a commit cell could be the name of a commit: 4 to 40 hexadecimal digits, and not merely a counter such as
/// `0001`.
pub fn cell_is_hash(cell: &str) -> bool {
    let cell = cell.trim();
    let hex = (4..=40).contains(&cell.len()) && cell.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex && (cell.len() >= 7 || cell.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// True if a commit cell could be the change id of a commit: as Gerrit writes it, or as jj does, whose digits are the
/// letters from k to z.
pub fn cell_is_change_id(cell: &str) -> bool {
    let cell = cell.trim();
    let gerrit = cell.strip_prefix('I').is_some_and(|id| {
        (7..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    let jj = (8..=32).contains(&cell.len()) && cell.bytes().all(|byte| (b'k'..=b'z').contains(&byte));
    gerrit || jj
}

/// True if a commit cell could be the name of a branch or tag: a short word of the loop's own, such as
/// `thesis/12-cache`. Words that loops write when they have no commit do not count.
pub fn cell_is_ref(cell: &str) -> bool {
    const WORDS: [&str; 14] = [
        "baseline",
        "none",
        "tbd",
        "head",
        "main",
        "master",
        "initial",
        "start",
        "uncommitted",
        "pending",
        "nan",
        "null",
        "start",
        "n/a",
    ];
    let cell = cell.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    (2..=200).contains(&cell.len())
        && cell.chars().all(plain)
        && cell.contains(|c: char| c.is_ascii_alphabetic())
        && !cell.contains("..")
        && !cell.starts_with(['/', '-', '.'])
        && !cell.ends_with(['/', '.'])
        && !WORDS.contains(&cell.to_ascii_lowercase().as_str())
        && !cell_is_hash(cell)
}

/// The identity of a row that names no commit of its own.
pub fn row_id(row: &Row) -> ExperimentId {
    ExperimentId::new(&format!("row-{}-{}", row.line, row.hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_ids_are_those_of_gerrit_and_jj() {
        for cell in
            ["I8f14e45fceea167a5a36dedd4bea2543f1b2c3d4", "I8f14e45f", "qpvuntsm", "zzzzzzzzwwwwwwwwxxxxxxxxyyyyyyyy"]
        {
            assert!(cell_is_change_id(cell), "{cell}");
        }
        for cell in ["", "baseline", "438a26e", "I", "Improve", "kkkk", "qpvuntsM"] {
            assert!(!cell_is_change_id(cell), "{cell}");
        }
    }

    #[test]
    fn meaningless_cells_are_not_hashes() {
        for cell in ["", "-", "none", "TBD", "001", "0001", "baseline", "bdee7e0-dirty", "abc"] {
            assert!(!cell_is_hash(cell), "{cell}");
        }
        for cell in ["438a26e", "1234567", "ab12", " 438A26E "] {
            assert!(cell_is_hash(cell), "{cell}");
        }
    }
}
