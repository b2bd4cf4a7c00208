//! Files that survive a crash intact, files of ours that somebody else may have replaced, and remedies for file system
//! errors. Independent of the content of the files.

mod clock;
mod fault;
mod folder;
mod own;
mod refusal;

pub use clock::timestamp_now;
pub use fault::{Step, reach, write_torn};
pub use folder::{Dir, EntryKind};
pub use own::{
    DANGLING, FileAccess, belongs_to_another, create_dir, is_plain, next_written, open_any, open_own, open_plain,
    read_plain, read_text, refused_link, replace, shown, sync_directory,
};
pub use refusal::remedy;
