//! The files of the change under review as a tree, with their state.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, DiffDoc, HunkShare, State, included_share, top_row};
use crate::policy::text::Visible;
use crate::ui::prompt::window;
use crate::ui::{Theme, frame};

/// Maximum number of files shown as a tree. More are a flat list: the tree would be rebuilt for every frame.
const MOST_IN_TREE: usize = 1_000;

/// A row with its depth: a directory, or a file by its index.
enum FileRow<'a> {
    Directory(&'a str, usize),
    File(usize, usize),
}

pub(in crate::ui) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let Some(doc) = state.review.doc.as_ref().filter(|_| area.height > 0) else { return };
    frame::title(frame, area, &title(state, doc), theme);
    tree_rows(frame, area.below_title(), state, doc, doc.file_of(state.review.view.cursor), theme);
}

/// Draws the files in a window, if they do not fit next to the diff.
pub(in crate::ui) fn draw_window(frame: &mut Frame<'_>, state: &State, selected: usize, theme: &Theme) {
    let Some(doc) = &state.review.doc else { return };
    let title = format!("{} · Enter opens", title(state, doc));
    let rows = if doc.files().len() <= MOST_IN_TREE { tree(&paths_of(doc)).len() } else { MOST_IN_TREE };
    let area = window(frame, &title, rows, 100, theme);
    tree_rows(frame, area, state, doc, Some(selected), theme);
}

fn title(state: &State, doc: &DiffDoc) -> String {
    let files = doc.files();
    let judged = doc.assessment();
    let viewed = judged.map_or(0, |judged| {
        judged.keys.iter().flatten().filter(|key| state.decisions.drafts.viewed.contains(key)).count()
    });
    let hunks: usize = judged.map_or(0, |judged| judged.keys.iter().map(Vec::len).sum());
    let (added, removed) = files.iter().fold((0, 0), |(a, r), file| (a + file.added, r + file.removed));
    let progress = if viewed > 0 { format!(" · {viewed}/{hunks} hunks viewed") } else { String::new() };
    format!("files {} +{added} −{removed}{progress}", files.len())
}

/// Draws the tree, with one file marked.
fn tree_rows(frame: &mut Frame<'_>, body: Area, state: &State, doc: &DiffDoc, current: Option<usize>, theme: &Theme) {
    let files = doc.files();
    let judged = doc.assessment();
    let paths = paths_of(doc);
    let is_tree = files.len() <= MOST_IN_TREE;
    let rows = if is_tree { tree(&paths) } else { (0..files.len()).map(|file| FileRow::File(file, 0)).collect() };
    let at = rows.iter().position(|row| matches!(row, FileRow::File(file, _) if Some(*file) == current)).unwrap_or(0);
    let top = top_row(at, rows.len(), body.height as usize);
    let draft = judged.and_then(|judged| state.decisions.drafts.of.get(&judged.experiment));
    for (row, shown) in rows.iter().skip(top).take(body.height as usize).enumerate() {
        let (index, depth) = match shown {
            FileRow::Directory(name, depth) => {
                let text = format!("   {}{name}/", "  ".repeat(*depth));
                frame::line(frame, body, row as u16, &[(text, theme.muted)]);
                continue;
            }
            FileRow::File(index, depth) => (*index, *depth),
        };
        let file = &files[index];
        let keys = judged.and_then(|judged| judged.keys.get(index)).map_or(&[] as &[_], Vec::as_slice);
        let all_viewed = !keys.is_empty() && keys.iter().all(|key| state.decisions.drafts.viewed.contains(key));
        let takes: Vec<HunkShare> =
            keys.iter().zip(&file.hunks).map(|(key, hunk)| included_share(draft, *key, hunk)).collect();
        let file_out = draft.is_some_and(|draft| draft.excluded_files.contains(&file.path));
        let none = file_out || (!takes.is_empty() && takes.iter().all(|taken| *taken == HunkShare::Nothing));
        let commented =
            draft.is_some_and(|draft| draft.comments.iter().any(|comment| comment.path.as_ref() == Some(&file.path)));
        let (mark, style) = match () {
            () if none => ("×", theme.warning),
            () if takes.iter().any(|taken| *taken != HunkShare::Whole) => ("◐", theme.warning),
            () if draft.zip(judged).is_some_and(|(draft, judged)| draft.is_edited(&file.path, judged.tip)) => {
                ("e", theme.warning)
            }
            () if all_viewed => ("✓", theme.good),
            () if commented => ("✎", theme.key),
            () => (" ", theme.text),
        };
        let counts = format!(" +{} −{}", file.added, file.removed);
        let name = if is_tree {
            paths[index].rsplit('/').next().unwrap_or_default().to_owned()
        } else {
            Visible::line(&file.path).to_string()
        };
        let indent = "  ".repeat(depth);
        let letter: String = file.status().chars().take(1).flat_map(char::to_uppercase).collect();
        let room = (body.width as usize).saturating_sub(counts.chars().count() + 4 + indent.len());
        let name_style = if Some(index) == current { theme.title } else { theme.text };
        let marker = if Some(index) == current { "▸" } else { " " };
        let pieces = [
            (marker.to_owned(), theme.key),
            (mark.to_owned(), style),
            (format!("{letter} {indent}"), theme.label),
            (frame::cell(&name, room), name_style),
            (counts, theme.muted),
        ];
        frame::styled_line(frame, body, row as u16, &pieces, Style::default());
    }
}

/// Returns the paths of a tree; empty if there are too many for one.
fn paths_of(doc: &DiffDoc) -> Vec<String> {
    let files = doc.files();
    let few = if files.len() <= MOST_IN_TREE { files } else { &[] };
    few.iter().map(|file| Visible::line(&file.path).to_string()).collect()
}

/// Returns ordered paths as a tree: each directory once, before its contents.
fn tree(paths: &[String]) -> Vec<FileRow<'_>> {
    let mut rows = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let mut directories: Vec<&str> = path.split('/').collect();
        directories.pop();
        let common = open.iter().zip(&directories).take_while(|(a, b)| a == b).count();
        open.truncate(common);
        for directory in &directories[common..] {
            rows.push(FileRow::Directory(directory, open.len()));
            open.push(directory);
        }
        rows.push(FileRow::File(index, open.len()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_listed_once_before_its_contents() {
        let rows: Vec<String> = tree(&["a/b/x", "a/b/y", "a/z", "train.py"].map(str::to_owned))
            .iter()
            .map(|row| match row {
                FileRow::Directory(name, depth) => format!("{depth}{name}/"),
                FileRow::File(index, depth) => format!("{depth}#{index}"),
            })
            .collect();
        assert_eq!(rows, ["0a/", "1b/", "2#0", "2#1", "1#2", "0#3"]);
    }
}
