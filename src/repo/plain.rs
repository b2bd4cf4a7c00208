//! A branch read from its own files. Git and libgit2 do not take every file there alike: a link, a reference that leads to
//! another one, a name that stands twice among the packed ones. What both take for the same commit is one.

use std::path::Path;

use super::{Repo, RepoError};
use crate::disk::{read_plain, shown};
use crate::model::CommitId;

/// Bytes of a reference.
const LARGEST: u64 = 4096;
/// Bytes of `packed-refs`.
const LARGEST_PACKED: u64 = 256 << 20;

/// The object that a reference of a git directory names; `None` where there is no such reference.
pub(super) fn plain(git_dir: &Path, name: &str) -> Result<Option<CommitId>, RepoError> {
    let odd = |what| RepoError::OddReference { name: name.to_owned(), what };
    let mut path = git_dir.to_owned();
    for part in name.split('/') {
        path.push(part);
        match path.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => {
                let what = format!("is read through a link, {}", shown(&path));
                return Err(RepoError::OddReference { name: name.to_owned(), what });
            }
            Ok(_) => {}
            Err(_) => return packed(git_dir, name),
        }
    }
    if path.is_dir() {
        return packed(git_dir, name);
    }
    let text = read_plain(&path, LARGEST).map_err(RepoError::io(&path))?;
    if text.starts_with(b"ref:") {
        let branch = name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
        return Err(RepoError::Symbolic { branch, git_dir: git_dir.to_owned() });
    }
    let text = std::str::from_utf8(&text).ok();
    text.and_then(|text| text.trim_end().parse().ok()).map(Some).ok_or_else(|| odd("names no object".to_owned()))
}

/// Object and name of a line of `packed-refs` as git writes it; git also reads lines with other blanks.
pub(super) fn packed_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (id, name) = line.split_at_checked(40)?;
    let name = name.strip_prefix(b" ")?;
    let is_plain = |byte: &u8| !byte.is_ascii_control() && *byte != b' ';
    (id.iter().all(u8::is_ascii_hexdigit) && !name.is_empty() && name.iter().all(is_plain)).then_some((id, name))
}

/// The same among the references that are packed.
fn packed(git_dir: &Path, name: &str) -> Result<Option<CommitId>, RepoError> {
    let odd = |what: &str| RepoError::OddReference { name: name.to_owned(), what: what.to_owned() };
    let path = git_dir.join("packed-refs");
    let text = match read_plain(&path, LARGEST_PACKED) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(RepoError::io(&path))?,
    };
    let (mut found, mut before, mut is_sorted) = (None, &b""[..], true);
    for line in text.split(|byte| *byte == b'\n') {
        if line.is_empty() || matches!(line[0], b'#' | b'^') {
            continue;
        }
        let Some((id, its)) = packed_line(line) else {
            return Err(odd("may be among packed references that are not as git writes them (git pack-refs --all)"));
        };
        is_sorted &= before < its;
        before = its;
        if its == name.as_bytes() {
            if found.is_some() {
                return Err(odd("stands twice in packed-refs"));
            }
            let id = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok());
            found = Some(id.ok_or_else(|| odd("names no object in packed-refs"))?);
        }
    }
    // Git looks for a name in the middle first.
    if !is_sorted && text.starts_with(b"# pack-refs with:") {
        return Err(odd("is among packed references that are out of order (git pack-refs --all writes them anew)"));
    }
    Ok(found)
}

/// What git shows, too, where somebody asks for a branch by its short name: references that it looks for first, or that
/// make the name one of two.
pub fn shadows(repo: &Repo, branch: &str) -> Vec<String> {
    let git_dir = repo.ours_dir();
    let mut found = Vec::new();
    for name in [branch.to_owned(), format!("refs/{branch}"), format!("refs/tags/{branch}")] {
        let is_file = git_dir.join(&name).symlink_metadata().is_ok_and(|meta| !meta.is_dir());
        let packed = packed(&git_dir, &name);
        if is_file || matches!(packed, Ok(Some(_))) {
            found.push(format!("git may show {name} to whoever asks for {branch}: remove it"));
        }
        if let Err(error) = packed {
            found.push(error.to_string());
            break;
        }
    }
    found
}
