//! The person's own editor, on a copy of a file in a folder that is nobody's repository.
//!
//! What is opened is hostile text. The program and its settings are the person's; it gets argv and never a shell
//! line, and nothing of the agent's repository (no `.vimrc`, no `.editorconfig`) lies where it looks.

mod program;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};

pub use program::Editor;

/// Longest name of a copy, in characters.
const LONGEST_NAME: usize = 80;

/// A file that is open in the editor.
#[derive(Debug)]
pub struct Open {
    /// Kept until the editor is closed: it goes with this.
    _folder: tempfile::TempDir,
    file: PathBuf,
    before: String,
    name: String,
    child: Child,
}

impl Open {
    /// Opens a copy of a file at a line, from 1; one that is only looked at cannot be written.
    pub fn new(program: &Editor, path: &str, text: &str, line: u32, is_looked_at: bool) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("the copy for the editor could not be made: {error}");
        let folder = tempfile::Builder::new().prefix("countersign-edit-").tempdir().map_err(told)?;
        let file = folder.path().join(copy_name(path));
        std::fs::write(&file, text).map_err(told)?;
        if is_looked_at {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).map_err(told)?;
        }
        let name = program.name().to_owned();
        let child =
            Command::new(&name).args(program.args(&file, line)).current_dir(folder.path()).spawn().map_err(
                |error| format!("{name} could not be started: {error}; set $EDITOR to an editor that is there"),
            )?;
        Ok(Self { _folder: folder, file, before: text.to_owned(), name, child })
    }

    /// What was written, once the editor is closed: `Some(None)` where nothing was changed, `None` while it is
    /// open.
    #[allow(clippy::option_option)]
    pub fn ended(&mut self) -> Option<Result<Option<String>, String>> {
        let status = match self.child.try_wait() {
            Ok(status) => status?,
            Err(error) => return Some(Err(format!("{} cannot be waited for: {error}", self.name))),
        };
        if !status.success() {
            return Some(Err(format!("{} failed ({status}): nothing was taken from it", self.name)));
        }
        let text = match std::fs::read(&self.file) {
            Ok(bytes) => {
                String::from_utf8(bytes).map_err(|_| "what was written is not UTF-8: nothing was taken".to_owned())
            }
            Err(error) => Err(format!("what was written cannot be read: {error}; nothing was taken")),
        };
        Some(text.map(|text| (text != self.before).then_some(text)))
    }

    /// Ends it: the terminal is gone, or we are told to leave.
    pub fn end_now(&mut self) {
        // One that has ended cannot be ended again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the copy is called: the last part of the path, so that the editor knows the language; nothing in it that
/// is no plain character, and no sign that makes an option or a hidden file of it.
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
