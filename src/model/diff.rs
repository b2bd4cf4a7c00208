//! A change as a person reads it: files, hunks, lines.

use std::sync::Arc;

use super::{AgentText, Finding, NotebookChange};

/// What kind of entry a path is in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing there.
    Absent,
    /// An ordinary file.
    Regular,
    /// A file with the executable bit.
    Executable,
    /// A symbolic link; its content is its target.
    Symlink,
    /// A submodule.
    Gitlink,
}

/// How a file's content can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// As lines of text.
    Text,
    /// It holds a NUL byte early on, or is not UTF-8 text.
    Binary,
    /// Too large to compare line by line; size in bytes of the larger side.
    TooLarge(u64),
    /// Not looked into: more files change than a person reads.
    Beyond,
}

/// What a line of a diff is.
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
    /// What it is.
    pub kind: LineKind,
    /// Its number in the old file, from 1; `None` for an added line.
    pub old: Option<u32>,
    /// Its number in the new file, from 1; `None` for a removed line.
    pub new: Option<u32>,
    /// Its text without the line end, cut when it is very long.
    pub text: AgentText,
    /// Bytes that were cut from its end.
    pub cut: usize,
    /// True when the file ends here without a line end.
    pub no_newline: bool,
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
    /// What it was.
    pub old: FileKind,
    /// What it becomes.
    pub new: FileKind,
    /// How its content can be shown.
    pub content: Content,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// Hunks; empty for binary and too large files.
    pub hunks: Vec<Hunk>,
    /// Hunks that were left out because the change is too large to show whole.
    pub hunks_left_out: usize,
    /// What its lines alone do not say.
    pub nature: Nature,
}

/// What a file is, where its lines alone do not say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nature {
    /// What the old and the new file point to; `None` for a side that holds its content itself, or is absent.
    pub points_to: [Option<Pointer>; 2],
    /// True when the head of either side says that a program wrote it.
    pub is_generated: bool,
    /// The change by cells; `None` for what is no notebook.
    pub notebook: Option<Arc<NotebookChange>>,
    /// What stands out in its new text as a whole.
    pub found: Vec<Finding>,
}

/// Where the content of a file lies when git holds only a pointer to it.
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

/// A file that stands for content that lies elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Where the content lies.
    pub store: PointerStore,
    /// How large the content is, in bytes; `None` when the pointer does not say it.
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

    /// All hunks, shown or not.
    pub fn hunk_count(&self) -> usize {
        self.hunks.len() + self.hunks_left_out
    }
}
