//! A change for display: files, hunks, lines.

use std::sync::Arc;

use super::{AgentText, DiffLine, Finding, NotebookChange};

/// The kind of a path's entry in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// No entry.
    Absent,
    /// A regular file.
    Regular,
    /// A file with the executable bit.
    Executable,
    /// A symlink; its content is its target.
    Symlink,
    /// A submodule.
    Gitlink,
}

impl FileKind {
    /// The words for a regular file that got the executable bit.
    pub const MADE_EXECUTABLE: &str = "becomes executable";
    /// The words for a regular file that lost it.
    pub const NOT_EXECUTABLE: &str = "is no longer executable";
}

/// The form in which the content of a file can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// As lines of text.
    Text,
    /// Contains a NUL byte early on, or is not UTF-8 text.
    Binary,
    /// Too large to compare line by line; size in bytes of the larger side.
    TooLarge(u64),
    /// Not read: more files change than a person reads.
    Beyond,
}

/// Neighbouring changed lines with their context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Lines in order.
    pub lines: Vec<DiffLine>,
}

/// One file of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Path in the tree, `/`-separated.
    pub path: AgentText,
    /// Its kind before the change.
    pub old: FileKind,
    /// Its kind after the change.
    pub new: FileKind,
    /// The form in which its content can be shown.
    pub content: Content,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// Hunks; empty for binary and too large files.
    pub hunks: Vec<Hunk>,
    /// Number of hunks left out because the change is too large to show in full.
    pub hunks_left_out: usize,
    /// Properties that its lines do not show.
    pub nature: Nature,
}

/// Properties of a file that its lines do not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nature {
    /// The pointers in the old and the new file; `None` for a side that contains its content itself, or is absent.
    pub points_to: [Option<Pointer>; 2],
    /// True if the head of either side says that the file was generated.
    pub is_generated: bool,
    /// The change by cells; `None` if it is not a notebook.
    pub notebook: Option<Arc<NotebookChange>>,
    /// Findings about its new text as a whole.
    pub found: Vec<Finding>,
}

/// The store of a file's content when git has only a pointer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerStore {
    /// Git LFS, and hawser before it.
    Lfs,
    /// git-annex.
    Annex,
    /// DVC.
    Dvc,
    /// Hugging Face's Xet.
    Xet,
    /// git-fat.
    Fat,
}

impl PointerStore {
    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lfs => "Git LFS",
            Self::Annex => "git-annex",
            Self::Dvc => "DVC",
            Self::Xet => "Xet",
            Self::Fat => "git-fat",
        }
    }
}

/// A file that stands for content stored elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The store of the content.
    pub store: PointerStore,
    /// Size of the content in bytes; `None` if the pointer does not give it.
    pub size: Option<u64>,
}

impl FileChange {
    /// `added`, `deleted`, `modified`, as programs print it.
    pub fn status(&self) -> &'static str {
        match (self.old, self.new) {
            (FileKind::Absent, _) => "added",
            (_, FileKind::Absent) => "deleted",
            (old, new) if old == new => "modified",
            (FileKind::Regular, FileKind::Executable) | (FileKind::Executable, FileKind::Regular) => "mode",
            _ => "type",
        }
    }

    /// Number of hunks, shown or not.
    pub fn hunk_count(&self) -> usize {
        self.hunks.len() + self.hunks_left_out
    }
}
