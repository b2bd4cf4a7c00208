//! The change under review: its diff, its files, and comparisons.

pub(in crate::ui) mod compare;
pub(in crate::ui) mod diff;
mod diff_line;
pub(in crate::ui) mod files;
