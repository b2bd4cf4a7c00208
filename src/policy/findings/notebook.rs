//! Findings about changes of a notebook.

use super::super::text::{is_hidden, mixes_scripts};
use crate::model::{CellRow, FileChange, Finding, FindingKind, LineKind, NotebookCounts, Severity, Unread, counted};

pub(super) fn of_notebook(file: &FileChange, found: &mut Vec<Finding>) {
    let Some(notebook) = &file.nature.notebook else { return };
    let mut add = |severity, kind, message: String| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: None, message });
    };
    if let Some(why) = notebook.unread {
        let why = match why {
            Unread::Old => "a notebook that could not be read before: its raw text is shown",
            Unread::New => "has the name of a notebook, but cannot be read as one: its raw text is shown",
            Unread::TooLarge => "a notebook too large to show by cells: its raw text is shown",
        };
        return add(Severity::Warning, FindingKind::Notebook, why.to_owned());
    }
    if !notebook.runs.is_empty() {
        let places = notebook.runs.join(", ");
        let message = format!("code that runs when the notebook is viewed: {places}");
        add(Severity::Critical, FindingKind::Notebook, message);
    }
    // JSON may write them as `\u202e`, which no line of the raw file shows.
    let added = notebook.rows.iter().filter_map(|row| match row {
        CellRow::Line(line) if line.kind == LineKind::Added => Some(line.text.raw()),
        _ => None,
    });
    let hidden = added.clone().filter(|text| text.trim_end_matches('\r').chars().any(is_hidden)).count();
    if hidden > 0 {
        let message = format!("hidden characters in {} of its cells", counted(hidden, "line"));
        add(Severity::Critical, FindingKind::HiddenCharacters, message);
    } else {
        let mixed = added.filter(|text| mixes_scripts(text)).count();
        if mixed > 0 {
            let message =
                format!("letters of look-alike scripts in one word, in {} of its cells", counted(mixed, "line"));
            add(Severity::Warning, FindingKind::HiddenCharacters, message);
        }
    }
    let NotebookCounts { code, text, outputs, metadata } = notebook.counts;
    let severity = if code > 0 || notebook.is_other_kernel { Severity::Warning } else { Severity::Note };
    let kernel = if notebook.is_other_kernel { "it has a different kernel; " } else { "" };
    let parts = [
        (code, "cell of code", "cells of code"),
        (text, "cell of text", "cells of text"),
        (outputs, "cell's outputs", "cells' outputs"),
        (metadata, "set of metadata", "sets of metadata"),
    ];
    let parts = parts.iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })).collect();
    let changed = if parts.is_empty() { "no cell content changes".to_owned() } else { parts.join(", ") };
    let read = if code > 0 { ": read its cells" } else { "" };
    add(severity, FindingKind::Notebook, format!("a notebook: {kernel}{changed}{read}"));
}
