//! Special files of a change, which their lines alone do not explain: pointers to content that is stored elsewhere,
//! generated files, notebooks.

mod cells;
mod generated;
mod mime;
mod notebook;
mod pointer;

pub use generated::generated_rules;

use std::sync::Arc;

use crate::model::{FileKind, Nature};

/// Returns the nature of a file, from its path and the bytes of its two sides.
pub fn nature(path: &str, [(old_kind, old), (new_kind, new)]: [(FileKind, &[u8]); 2]) -> Nature {
    let is_notebook = path.to_ascii_lowercase().ends_with(".ipynb");
    let is_file = |kind| matches!(kind, FileKind::Regular | FileKind::Executable | FileKind::Absent);
    let points_to = [pointer::read(path, old_kind, old), pointer::read(path, new_kind, new)];
    let is_cells = is_notebook && is_file(old_kind) && is_file(new_kind) && points_to == [None, None];
    Nature {
        points_to,
        is_generated: generated::is_generated(old) || generated::is_generated(new),
        notebook: is_cells.then(|| Arc::new(cells::change(old, new))),
        found: Vec::new(),
    }
}
