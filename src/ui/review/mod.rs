//! The change on the screen: its diff, its files, and two changes side by side.

pub(in crate::ui) mod compare;
pub(in crate::ui) mod diff;
mod diff_line;
pub(in crate::ui) mod files;
