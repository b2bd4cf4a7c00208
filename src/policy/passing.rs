//! Changes that an automatic gate lets pass: only those that the policy names.

use super::Policy;
use crate::model::path_matches;
use crate::model::{AgentText, FileChange, FileKind};

/// The reason why an automatic gate leaves a change to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The file; `None` if it is about the whole change.
    pub path: Option<AgentText>,
    /// A clause to follow the file's name.
    pub why: &'static str,
}

/// Returns the first part of a change that an automatic gate does not let pass; `None` if all of it may pass. `files`
/// are all differences from the approved tree; `editable` are the paths that may change, `None` if not defined.
pub fn objection(policy: &Policy, editable: Option<&[String]>, files: &[FileChange]) -> Option<Objection> {
    let Some(editable) = editable else {
        return Some(Objection { path: None, why: "the policy does not define `editable`" });
    };
    files
        .iter()
        .find_map(|file| of_file(policy, editable, file).map(|why| Objection { path: Some(file.path.clone()), why }))
}

fn of_file(policy: &Policy, editable: &[String], file: &FileChange) -> Option<&'static str> {
    let path = file.path.raw();
    let is_plain = |kind| matches!(kind, FileKind::Absent | FileKind::Regular);
    match (file.old, file.new) {
        (old, new) if old == new && matches!(old, FileKind::Regular | FileKind::Executable) => {}
        (old, new) if is_plain(old) && is_plain(new) => {}
        (FileKind::Symlink | FileKind::Gitlink, _) | (_, FileKind::Symlink | FileKind::Gitlink) => {
            return Some("is a symlink or a submodule");
        }
        _ => return Some("changes its mode"),
    }
    if policy.protects(path) || policy.shadowed(path).is_some() {
        return Some("is protected, or shadows a protected file");
    }
    if !editable.iter().any(|rule| path_matches(rule, path)) {
        return Some("is not in `editable`");
    }
    // A new name may be one that Python, Node or another program looks for, and those names cannot be enumerated.
    if file.old == FileKind::Absent && !editable.iter().any(|rule| rule.trim_start_matches("./") == path) {
        return Some("is new, and `editable` does not have its full path");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Content, Nature};

    fn file(path: &str, old: FileKind, new: FileKind) -> FileChange {
        FileChange {
            path: path.into(),
            old,
            new,
            content: Content::Text,
            added: 1,
            removed: 1,
            hunks: Vec::new(),
            hunks_left_out: 0,
            nature: Nature::default(),
        }
    }

    #[test]
    fn only_named_paths_pass() {
        use FileKind::{Absent, Executable, Gitlink, Regular, Symlink};
        let policy = Policy::standard();
        let editable: Vec<String> = ["train.py", "src/", "new.py", "prepare.so"].map(str::to_owned).to_vec();
        let passes = |path, old, new| objection(&policy, Some(&editable), &[file(path, old, new)]).is_none();
        for (path, old, new) in [
            ("train.py", Regular, Regular),
            ("train.py", Executable, Executable),
            ("src/a.py", Regular, Regular),
            ("src/a.py", Regular, Absent),
            ("new.py", Absent, Regular),
        ] {
            assert!(passes(path, old, new), "{path} {old:?} {new:?}");
        }
        for (path, old, new) in [
            ("Train.py", Regular, Regular),
            ("numpy.py", Absent, Regular),
            ("src/json.py", Absent, Regular),
            ("sub/train.py", Absent, Regular),
            ("train.py/x.py", Absent, Regular),
            ("train.py", Regular, Executable),
            ("train.py", Executable, Regular),
            ("new.py", Absent, Executable),
            ("train.py", Regular, Symlink),
            ("src/a.py", Symlink, Symlink),
            ("src/a", Absent, Gitlink),
            ("prepare.py", Regular, Regular),
            ("prepare.so", Absent, Regular),
        ] {
            assert!(!passes(path, old, new), "{path} {old:?} {new:?}");
        }
        assert!(objection(&policy, None, &[]).is_some(), "nobody said what may change");
        assert!(objection(&policy, Some(&[]), &[]).is_none());
    }
}
