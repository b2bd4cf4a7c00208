//! Opens the person's editor on a copy of a file in a temporary directory.
//!
//! The opened text is untrusted. The program and its settings are the person's; it gets an argument list, never a shell
//! line, and runs where it cannot find files of the agent's repository (such as `.vimrc` or `.editorconfig`).

mod error;
mod program;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};

pub use error::{EditOutcome, EditorError};
pub use program::Editor;

/// Longest file name of a copy, in characters.
const LONGEST_NAME: usize = 80;

/// A file open in the editor.
#[derive(Debug)]
pub struct Open {
    /// The temporary directory; dropping this removes it.
    _directory: tempfile::TempDir,
    file: PathBuf,
    before: String,
    name: String,
    child: Child,
}

/// The purpose for which the editor is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditorPurpose {
    /// To change the file.
    Edit,
    /// To read it: the copy is write-protected.
    Read,
}

impl Open {
    /// Opens a copy of a file at a line, counted from 1.
    pub fn new(
        program: &Editor,
        path: &str,
        text: &str,
        line: u32,
        purpose: EditorPurpose,
    ) -> Result<Self, EditorError> {
        let directory = tempfile::Builder::new().prefix("countersign-edit-").tempdir().map_err(EditorError::Copy)?;
        let file = directory.path().join(copy_name(path));
        std::fs::write(&file, text).map_err(EditorError::Copy)?;
        if purpose == EditorPurpose::Read {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).map_err(EditorError::Copy)?;
        }
        let name = program.name().to_owned();
        let child = Command::new(&name)
            .args(program.args(&file, line))
            .current_dir(directory.path())
            .spawn()
            .map_err(|error| EditorError::Start { name: name.clone(), error })?;
        Ok(Self { _directory: directory, file, before: text.to_owned(), name, child })
    }

    /// Returns the edit once the editor is closed; `None` while it is open.
    pub fn ended(&mut self) -> Option<Result<EditOutcome, EditorError>> {
        let name = || self.name.clone();
        let status = match self.child.try_wait() {
            Ok(status) => status?,
            Err(error) => return Some(Err(EditorError::Wait { name: name(), error })),
        };
        if !status.success() {
            return Some(Err(EditorError::Failed { name: name(), status }));
        }
        let text = match std::fs::read(&self.file) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| EditorError::NotUtf8),
            Err(error) => Err(EditorError::Unreadable(error)),
        };
        Some(text.map(|text| if text == self.before { EditOutcome::Unchanged } else { EditOutcome::Changed(text) }))
    }

    /// Kills the editor, because the terminal is gone or the program must exit.
    pub fn end_now(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the copy's name: the last part of the path, so that the editor detects the language. Only plain characters,
/// and no leading character that would make it an option or a hidden file.
fn copy_name(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let name: String = last.chars().map(plain).collect();
    let name = name.trim_start_matches(['.', '-']);
    let skip = name.len().saturating_sub(LONGEST_NAME);
    match &name[skip..] {
        "" => "file".to_owned(),
        name => name.trim_start_matches(['.', '-']).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_a_plain_name() {
        assert_eq!(copy_name("src/train.py"), "train.py");
        assert_eq!(copy_name("-c :q!.py"), "c__q_.py");
        assert_eq!(copy_name("a/.vimrc"), "vimrc");
        assert_eq!(copy_name("x\n\u{1b}[2J日本.py"), "x___2J__.py");
        assert_eq!(copy_name("..."), "file");
        assert!(copy_name(&format!("{}.py", "x".repeat(500))).ends_with("x.py"));
    }
}
