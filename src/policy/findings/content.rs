//! Findings about the kind of a file, and about content that cannot be read here.

use crate::model::{Content, FileChange, FileKind, Finding, FindingKind, Pointer, Severity, counted};

pub(super) fn of_kind(file: &FileChange, found: &mut Vec<Finding>) {
    let mut add = |severity, kind, message: String| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: None, message });
    };
    match (file.old, file.new) {
        (_, FileKind::Symlink) | (FileKind::Symlink, _) => {
            add(Severity::Critical, FindingKind::Symlink, "a symlink: later writes go where it points".into());
        }
        (_, FileKind::Gitlink) | (FileKind::Gitlink, _) => {
            add(Severity::Critical, FindingKind::Gitlink, "a submodule: its content is not in this change".into());
        }
        (FileKind::Absent | FileKind::Regular, FileKind::Executable) => {
            add(Severity::Warning, FindingKind::ModeChange, FileKind::MADE_EXECUTABLE.into());
        }
        (FileKind::Executable, FileKind::Regular) => {
            add(Severity::Note, FindingKind::ModeChange, FileKind::NOT_EXECUTABLE.into());
        }
        _ => {}
    }
    if let Some(message) = points_elsewhere(file) {
        add(Severity::Critical, FindingKind::Pointer, message);
    }
    match file.content {
        Content::Text => {}
        Content::Binary => {
            add(Severity::Critical, FindingKind::Binary, "not text: its content cannot be read here".into());
        }
        // Reported once for the whole change.
        Content::Beyond => {}
        Content::TooLarge(bytes) => {
            add(Severity::Critical, FindingKind::VeryLarge, format!("{bytes} bytes: its content is not shown here"));
        }
    }
}

/// Describes a file that is, or was, only a pointer to its content; `None` for others.
fn points_elsewhere(file: &FileChange) -> Option<String> {
    let size =
        |pointer: Pointer| pointer.size.map_or("size not given".to_owned(), |bytes| counted(bytes as usize, "byte"));
    let lies = |pointer: Pointer| {
        let store = pointer.store.name();
        format!("only a pointer: the content ({}) is in {store} and cannot be read here", size(pointer))
    };
    let was = |pointer: Pointer| format!("a pointer to {} in {}", size(pointer), pointer.store.name());
    match file.nature.points_to {
        [None, None] => None,
        [Some(old), Some(new)] if (old.store, old.size) == (new.store, new.size) => {
            Some(format!("{}; before, different content of the same size", lies(new)))
        }
        [Some(old), Some(new)] => Some(format!("{}; before, {}", lies(new), was(old))),
        [None, Some(new)] if file.old == FileKind::Absent => Some(lies(new)),
        [None, Some(new)] => Some(format!("{}; before, the content itself", lies(new))),
        [Some(old), None] if file.new == FileKind::Absent => {
            Some(format!("{} is deleted: its content cannot be read here", was(old)))
        }
        [Some(old), None] => Some(format!("the content itself replaces {}: the two cannot be compared here", was(old))),
    }
}
