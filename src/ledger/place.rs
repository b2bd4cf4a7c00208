//! The place of a ledger and its loop, from which a person refers to it.

use std::path::{Path, PathBuf};

/// The ledger to check.
pub struct LedgerPlace<'a> {
    /// Its absolute path.
    pub ledger: &'a Path,
    /// Work tree of the loop, according to git.
    pub work_tree: &'a str,
    /// The requested directory, by the names that the person used: git's configuration, or a link in its place, may
    /// claim a different work tree.
    pub asked: &'a [PathBuf],
    /// Finds the root commit of the repository's history. Called only if the ledger does not name it.
    pub root: &'a dyn Fn() -> Option<String>,
}

/// True for a work tree that the person is in or at the top of: either the one git reports, or one on the path from it
/// down to the requested directory.
pub(super) fn is_own(tree: &str, place: &LedgerPlace<'_>) -> bool {
    let (tree, here) = (Path::new(tree), Path::new(place.work_tree));
    let is_on_the_way = |asked: &PathBuf| asked == tree || asked.starts_with(tree) && tree.starts_with(here);
    tree == here || place.asked.iter().any(is_on_the_way)
}
