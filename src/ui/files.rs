//! The files of the change under review as a tree, with their state.

use ratatui::Frame;
use ratatui::style::Style;

use super::{Theme, frame};
use crate::app::{Area, State, Taken, taken, top_row};
use crate::policy::text::Visible;

/// One row: a folder, or a file by its index.
enum Row<'a> {
    Folder(&'a str, usize),
    File(usize, usize),
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height == 0 {
        return;
    }
    let Some(doc) = &state.doc else { return };
    let files = doc.files();
    let judged = doc.judgement();
    let viewed =
        judged.map_or(0, |judged| judged.keys.iter().flatten().filter(|key| state.drafts.viewed.contains(key)).count());
    let hunks: usize = judged.map_or(0, |judged| judged.keys.iter().map(Vec::len).sum());
    let (added, removed) = files.iter().fold((0, 0), |(a, r), file| (a + file.added, r + file.removed));
    let progress = if viewed > 0 { format!(" · {viewed}/{hunks} hunks viewed") } else { String::new() };
    frame::title(frame, area, &format!("files {} +{added} −{removed}{progress}", files.len()), theme);
    let body = area.below_title();
    let paths: Vec<String> = files.iter().map(|file| Visible::line(&file.path).to_string()).collect();
    let rows = tree(&paths);
    let current = doc.file_of(state.reading.cursor);
    let at = rows.iter().position(|row| matches!(row, Row::File(file, _) if Some(*file) == current)).unwrap_or(0);
    let top = top_row(at, rows.len(), body.height as usize);
    let draft = judged.and_then(|judged| state.drafts.of.get(&judged.experiment));
    for (row, shown) in rows.iter().skip(top).take(body.height as usize).enumerate() {
        let (index, depth) = match shown {
            Row::Folder(name, depth) => {
                let text = format!("   {}{name}/", "  ".repeat(*depth));
                frame::line(frame, body, row as u16, &[(text, theme.muted)]);
                continue;
            }
            Row::File(index, depth) => (*index, *depth),
        };
        let file = &files[index];
        let keys = judged.and_then(|judged| judged.keys.get(index)).map_or(&[] as &[_], Vec::as_slice);
        let all_viewed = !keys.is_empty() && keys.iter().all(|key| state.drafts.viewed.contains(key));
        let takes: Vec<Taken> = keys.iter().zip(&file.hunks).map(|(key, hunk)| taken(draft, *key, hunk)).collect();
        let file_out = draft.is_some_and(|draft| draft.left_out_files.contains(&file.path));
        let none = file_out || (!takes.is_empty() && takes.iter().all(|taken| *taken == Taken::Nothing));
        let commented =
            draft.is_some_and(|draft| draft.comments.iter().any(|comment| comment.path.as_ref() == Some(&file.path)));
        let (mark, style) = match () {
            () if none => ("×", theme.warning),
            () if takes.iter().any(|taken| *taken != Taken::Whole) => ("◐", theme.warning),
            () if draft.zip(judged).is_some_and(|(draft, judged)| draft.is_edited(&file.path, judged.tip)) => {
                ("e", theme.warning)
            }
            () if all_viewed => ("✓", theme.good),
            () if commented => ("✎", theme.key),
            () => (" ", theme.text),
        };
        let counts = format!(" +{} −{}", file.added, file.removed);
        let name = paths[index].rsplit('/').next().unwrap_or_default();
        let indent = "  ".repeat(depth);
        let letter = file.status()[..1].to_uppercase();
        let room = (body.width as usize).saturating_sub(counts.chars().count() + 4 + indent.len());
        let name_style = if Some(index) == current { theme.title } else { theme.text };
        let marker = if Some(index) == current { "▸" } else { " " };
        let pieces = [
            (marker.to_owned(), theme.key),
            (mark.to_owned(), style),
            (format!("{letter} {indent}"), theme.label),
            (frame::cell(name, room), name_style),
            (counts, theme.muted),
        ];
        frame::styled_line(frame, body, row as u16, &pieces, Style::default());
    }
}

/// Paths in order as a tree: a folder once, before what is in it.
fn tree(paths: &[String]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let mut folders: Vec<&str> = path.split('/').collect();
        folders.pop();
        let common = open.iter().zip(&folders).take_while(|(a, b)| a == b).count();
        open.truncate(common);
        for folder in &folders[common..] {
            rows.push(Row::Folder(folder, open.len()));
            open.push(folder);
        }
        rows.push(Row::File(index, open.len()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_once_before_what_is_in_it() {
        let told: Vec<String> = tree(&["a/b/x", "a/b/y", "a/z", "train.py"].map(str::to_owned))
            .iter()
            .map(|row| match row {
                Row::Folder(name, depth) => format!("{depth}{name}/"),
                Row::File(index, depth) => format!("{depth}#{index}"),
            })
            .collect();
        assert_eq!(told, ["0a/", "1b/", "2#0", "2#1", "1#2", "0#3"]);
    }
}
