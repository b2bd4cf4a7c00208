//! Replaced objects (`refs/replace`), read as git reads them: with anything before the last `/` of a name, and in upper
//! or lower case.

use std::fs::FileType;
use std::path::Path;

use super::super::plain::Packed;
use crate::disk::shown;

/// Maximum number of names; more is an error.
const MOST: usize = 100_000;
/// Maximum directory depth.
const DEEPEST: usize = 32;

/// Returns the name of each replacement below a git directory, and the object it replaces, in lower case.
pub(super) fn names(git_dir: &Path) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let directory = git_dir.join("refs/replace");
    below(git_dir, &directory, 0, &mut found)?;
    let packed = Packed::read(git_dir).map_err(|error| error.to_string())?;
    let packed = packed.all().map_err(|error| error.to_string())?;
    let replacements = packed.iter().map(|(_, name)| String::from_utf8_lossy(name).into_owned());
    found.extend(replacements.filter(|name| name.starts_with("refs/replace/")));
    let id = |name: String| {
        let id = name.rsplit('/').next().unwrap_or_default().trim().to_ascii_lowercase();
        (name, id)
    };
    Ok(found.into_iter().map(id).collect())
}

/// Collects the names of the files below a directory.
fn below(git_dir: &Path, directory: &Path, depth: usize, found: &mut Vec<String>) -> Result<(), String> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| format!("{}: {error}", shown(directory)))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| format!("{}: {error}", shown(directory)))?;
        let path = entry.path();
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(FileType::is_symlink) {
            return Err(format!("{}: it is a symlink, which git follows: remove it", shown(&path)));
        }
        if kind.as_ref().is_ok_and(FileType::is_dir) {
            if depth == DEEPEST {
                return Err(format!("{}: too deep: remove it", shown(&path)));
            }
            below(git_dir, &path, depth + 1, found)?;
        } else {
            let name = path.strip_prefix(git_dir).unwrap_or(&path);
            found.push(name.to_string_lossy().into_owned());
        }
        if found.len() > MOST {
            return Err(format!(
                "{}: too many replacements to check: remove those that are not needed",
                shown(directory)
            ));
        }
    }
    Ok(())
}
