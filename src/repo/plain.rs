//! Reads a branch from its own files. Git and libgit2 disagree about some of them: a link, a reference to another
//! reference, a name that is packed twice. Only a reference that both read as the same commit is accepted.

use std::path::Path;

use super::{Repo, RepoError};
use crate::disk::{read_plain, shown};
use crate::model::CommitId;

/// Size limit in bytes of a reference.
const LARGEST: u64 = 4096;
/// Size limit in bytes of `packed-refs`.
const LARGEST_PACKED: u64 = 256 << 20;

/// Returns the object of a reference of a git directory; `None` if it does not exist.
pub(super) fn plain(git_dir: &Path, name: &str) -> Result<Option<CommitId>, RepoError> {
    let odd = |what| RepoError::OddReference { name: name.to_owned(), what };
    let mut path = git_dir.to_owned();
    for part in name.split('/') {
        path.push(part);
        match path.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => {
                let what = format!("is read through a symlink, {}", shown(&path));
                return Err(RepoError::OddReference { name: name.to_owned(), what });
            }
            Ok(_) => {}
            Err(_) => return Packed::read(git_dir)?.find(name),
        }
    }
    if path.is_dir() {
        return Packed::read(git_dir)?.find(name);
    }
    let text = read_plain(&path, LARGEST).map_err(RepoError::io(&path))?;
    if text.starts_with(b"ref:") {
        let branch = name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
        return Err(RepoError::Symbolic { branch, git_dir: git_dir.to_owned() });
    }
    let text = std::str::from_utf8(&text).ok();
    text.and_then(|text| text.trim_end().parse().ok())
        .map(Some)
        .ok_or_else(|| odd("does not name an object".to_owned()))
}

/// Object and name of a packed reference.
type PackedRef<'a> = (&'a [u8], &'a [u8]);

/// The packed references of a git directory, as git writes them.
pub(super) struct Packed {
    text: Vec<u8>,
}

impl Packed {
    /// Reads them; empty if there are none.
    pub(super) fn read(git_dir: &Path) -> Result<Self, RepoError> {
        let path = git_dir.join("packed-refs");
        match read_plain(&path, LARGEST_PACKED) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self { text: Vec::new() }),
            read => Ok(Self { text: read.map_err(RepoError::io(&path))? }),
        }
    }

    /// Returns object and name of each. Fails if a line is not as git writes it: git also reads lines with other
    /// whitespace.
    pub(super) fn all(&self) -> Result<Vec<PackedRef<'_>>, RepoError> {
        let odd = || RepoError::OddReference {
            name: "packed-refs".to_owned(),
            what: "has a line that git would not write (git pack-refs --all rewrites them)".to_owned(),
        };
        let mut found: Vec<PackedRef<'_>> = Vec::new();
        for line in self.text.split(|byte| *byte == b'\n') {
            match line.first() {
                None | Some(b'#') => {}
                // The object that a tag points to; a branch has none.
                Some(b'^') if found.last().is_some_and(|(_, name)| !name.starts_with(b"refs/heads/")) => {}
                Some(_) => found.push(packed_line(line).ok_or_else(odd)?),
            }
        }
        Ok(found)
    }

    /// Returns the object of a reference; `None` if it is not packed.
    fn find(&self, name: &str) -> Result<Option<CommitId>, RepoError> {
        let odd = |what: &str| RepoError::OddReference { name: name.to_owned(), what: what.to_owned() };
        let all = self.all()?;
        // Git finds a name by binary search.
        if self.text.starts_with(b"# pack-refs with:") && !all.is_sorted_by(|(_, one), (_, next)| one < next) {
            return Err(odd("is in packed-refs, which is out of order or has duplicates (git pack-refs --all)"));
        }
        let mut own = all.iter().filter(|(_, its)| *its == name.as_bytes());
        let found = own.next().and_then(|(id, _)| std::str::from_utf8(id).ok()?.parse().ok());
        if own.next().is_some() {
            return Err(odd("occurs twice in packed-refs"));
        }
        Ok(found)
    }
}

/// Returns references that git may show in place of a branch that is asked for by its short name: those that it looks
/// up first, or that make the name ambiguous.
pub fn shadowing_references(repo: &Repo, branch: &str) -> Vec<String> {
    let git_dir = repo.ours_dir();
    let packed = Packed::read(&git_dir);
    let packed =
        match packed.as_ref().map_err(ToString::to_string).and_then(|packed| packed.all().map_err(|e| e.to_string())) {
            Ok(packed) => packed,
            Err(why) => return vec![why],
        };
    [branch.to_owned(), format!("refs/{branch}"), format!("refs/tags/{branch}")]
        .into_iter()
        .filter(|name| {
            git_dir.join(name).symlink_metadata().is_ok_and(|meta| !meta.is_dir())
                || packed.iter().any(|(_, its)| *its == name.as_bytes())
        })
        .map(|name| format!("git may show {name} in place of {branch}: remove it"))
        .collect()
}

fn packed_line(line: &[u8]) -> Option<PackedRef<'_>> {
    let (id, name) = line.split_at_checked(40)?;
    let name = name.strip_prefix(b" ")?;
    let is_plain = |byte: &u8| !byte.is_ascii_control() && *byte != b' ';
    (id.iter().all(u8::is_ascii_hexdigit) && !name.is_empty() && name.iter().all(is_plain)).then_some((id, name))
}
