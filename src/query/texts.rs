//! The whole files of a change, for reading around its hunks.

use std::sync::Arc;

use crate::model::{AgentText, ExperimentId, FileSide, FileText, TreeId};
use crate::repo::{Repo, contents_between};

/// Files of one change beyond which the others are not read whole, in bytes.
const MOST_BYTES: usize = 32 << 20;

/// The two texts of one file; empty if it is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both {
    /// Path in the tree.
    pub path: AgentText,
    /// Before the change.
    pub old: FileText,
    /// After it.
    pub new: FileText,
}

/// The whole files of a change, in the order of its files.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The experiment.
    pub experiment: ExperimentId,
    /// The trees they are from: before and after.
    pub between: (TreeId, TreeId),
    /// Each file; `None` for what is no text, or too much of it.
    pub files: Vec<Option<Arc<Both>>>,
}

impl Both {
    /// One of the two.
    pub fn side(&self, side: FileSide) -> &FileText {
        match side {
            FileSide::Old => &self.old,
            FileSide::New => &self.new,
        }
    }
}

impl Texts {
    /// The texts of a file by its index; `None` for what is no text, or too much of it.
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
