//! One line of a diff.

use super::AgentText;

/// The kind of a line in a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// The same on both sides.
    Context,
    /// Only in the new file.
    Added,
    /// Only in the old file.
    Removed,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// Its kind.
    pub kind: LineKind,
    /// Its number in the old file, from 1; `None` for an added line.
    pub old: Option<u32>,
    /// Its number in the new file, from 1; `None` for a removed line.
    pub new: Option<u32>,
    /// Its text without the line end, cut when it is very long.
    pub text: AgentText,
    /// Number of bytes that were cut from its end.
    pub cut: usize,
    /// True if the file ends here without a line end.
    pub no_newline: bool,
}

impl DiffLine {
    /// Shown below a line without a line end.
    pub const NO_NEWLINE: &str = "no newline at the end of the file";
}
