//! Findings about the added lines of a file.

use super::super::text::{is_hidden, is_right_to_left, mixes_scripts};
use crate::model::{DiffLine, FileChange, Finding, FindingKind, LineKind, Severity, byte_of, counted};

pub(super) fn of_lines(file: &FileChange, found: &mut Vec<Finding>) {
    let added = file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == LineKind::Added);
    let mut hidden: Vec<&DiffLine> = Vec::new();
    let mut mixed = Vec::new();
    let mut turned = Vec::new();
    for line in added {
        let text = line.text.raw();
        if text.is_ascii() && !text.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f) {
            continue;
        }
        // A carriage return at the very end is an old line end, not an attack.
        let text = text.strip_suffix('\r').unwrap_or(text);
        // U+FFFD may replace anything that could not be decoded earlier.
        if text.chars().any(|c| is_hidden(c) || c == char::REPLACEMENT_CHARACTER || byte_of(c).is_some()) {
            hidden.push(line);
        } else if mixes_scripts(text) {
            mixed.push(line);
        } else if text.chars().any(is_right_to_left) {
            turned.push(line);
        }
    }
    let cut: Vec<&DiffLine> = file
        .hunks
        .iter()
        .flat_map(|hunk| &hunk.lines)
        .filter(|line| line.cut > 0 && line.kind == LineKind::Added)
        .collect();
    if let Some(first) = cut.first() {
        let bytes: usize = cut.iter().map(|line| line.cut).sum();
        let of = counted(cut.len(), "line");
        // A picture that a notebook's cell drew is one line, longer than anybody reads.
        let (severity, message) = if file.nature.notebook.as_ref().is_some_and(|notebook| notebook.shows_all_source()) {
            let message = format!("{bytes} bytes at the end of {of} are not shown here; the source of all cells is");
            (Severity::Warning, message)
        } else {
            (Severity::Critical, format!("{bytes} bytes at the end of {of} are not shown here"))
        };
        let path = Some(file.path.clone());
        found.push(Finding { severity, kind: FindingKind::VeryLarge, path, line: first.new, message });
    }
    found.extend(file.nature.found.iter().cloned());
    let mut add = |severity, line: &DiffLine, message: String| {
        let kind = FindingKind::HiddenCharacters;
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: line.new, message });
    };
    if let Some(first) = hidden.first() {
        add(Severity::Critical, first, format!("hidden or unreadable characters in {}", counted(hidden.len(), "line")));
    }
    if let Some(first) = mixed.first() {
        add(
            Severity::Warning,
            first,
            format!("letters of look-alike scripts in one word, in {}", counted(mixed.len(), "line")),
        );
    }
    if let Some(first) = turned.first() {
        let lines = counted(turned.len(), "line");
        let message = format!("right-to-left letters in {lines}: an editor may show its parts in a different order");
        add(Severity::Warning, first, message);
    }
}
