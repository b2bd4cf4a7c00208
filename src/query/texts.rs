//! The complete files of a change, for reading around its hunks.

use std::sync::Arc;

use crate::model::{AgentText, ExperimentId, FileSide, FileText, TreeId};
use crate::repo::{Repo, contents_between};

/// Total size in bytes of the files of one change that are read in full.
const MOST_BYTES: usize = 32 << 20;

/// Both versions of one file; empty if it is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both {
    /// Path in the tree.
    pub path: AgentText,
    /// The file before the change.
    pub old: FileText,
    /// The file after the change.
    pub new: FileText,
}

/// The complete files of a change, in order.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The experiment.
    pub experiment: ExperimentId,
    /// The trees they are from: before and after.
    pub between: (TreeId, TreeId),
    /// Each file; `None` if it is not text, or too large.
    pub files: Vec<Option<Arc<Both>>>,
}

impl Both {
    /// The file on one side.
    pub fn side(&self, side: FileSide) -> &FileText {
        match side {
            FileSide::Old => &self.old,
            FileSide::New => &self.new,
        }
    }
}

impl Texts {
    /// Both versions of a file, by its index; `None` if it is not text, or too large.
    pub fn both(&self, file: usize) -> Option<&Arc<Both>> {
        self.files.get(file)?.as_ref()
    }
}

pub(super) fn texts(repo: &Repo, id: &ExperimentId, between: (TreeId, TreeId)) -> Result<Texts, String> {
    let mut files = Vec::new();
    let mut room = MOST_BYTES;
    contents_between(repo, between.0, between.1, &mut |path, contents| {
        let taken = contents.filter(|(old, new)| old.len() + new.len() <= room);
        files.push(taken.map(|(old, new)| {
            room -= old.len() + new.len();
            Arc::new(Both { path: path.into(), old: FileText::new(&old), new: FileText::new(&new) })
        }));
        room
    })
    .map_err(|error| error.to_string())?;
    Ok(Texts { experiment: id.clone(), between, files })
}
