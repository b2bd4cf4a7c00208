//! The window about a branch that somebody moved.

use ratatui::Frame;

use super::Theme;
use super::modal::{Row, complaint, found, input, labelled, put};
use crate::app::ForeignPrompt;
use crate::model::{Remedy, counted};
use crate::policy::text::Visible;

/// Commits and files that are listed; the rest is counted.
const LISTED: usize = 5;

pub(super) fn draw(frame: &mut Frame<'_>, prompt: &ForeignPrompt, theme: &Theme) {
    let inner = (frame.area().width.saturating_sub(8)).min(92) as usize;
    let foreign = &prompt.foreign;
    let mut rows: Vec<Row> = Vec::new();
    let place = foreign.found.map_or_else(|| "gone".to_owned(), |found| format!("at {}", found.short()));
    let text = format!("{place}; the last decision left it at {}", foreign.expected.short());
    rows.extend(labelled("branch  ", &text, inner, theme.text, theme));
    for (at, commit) in foreign.commits.iter().take(LISTED).enumerate() {
        let text =
            format!("{} {}", commit.commit.short(), Visible::line(&commit.subject).fit(inner.saturating_sub(16)));
        rows.push(vec![((if at == 0 { "commits " } else { "        " }).to_owned(), theme.label), (text, theme.text)]);
    }
    let more = foreign.commits.len().saturating_sub(LISTED);
    if more > 0 {
        rows.push(vec![("        ".to_owned(), theme.label), (format!("and {more} more"), theme.muted)]);
    }
    let paths: Vec<String> = foreign
        .files
        .iter()
        .take(LISTED)
        .map(|file| format!("{} +{} -{}", Visible::line(&file.path), file.added, file.removed))
        .collect();
    let more = foreign.files.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = match foreign.files.len() {
        0 => "none differs".to_owned(),
        count => format!("{}: {}{more}", counted(count, "file"), paths.join(", ")),
    };
    rows.extend(labelled("files   ", &text, inner, theme.text, theme));
    if prompt.remedy == Remedy::Adopt {
        rows.extend(found(&foreign.findings, inner, theme));
    }
    rows.push(Vec::new());
    let does = match prompt.remedy {
        Remedy::Restore => "puts it back, pins what is there",
        Remedy::Adopt => "takes them over, in your name",
    };
    let what = match (prompt.to_type.first(), prompt.remedy) {
        (Some(word), _) => format!("type `{word}` and Enter to go on: "),
        (None, Remedy::Restore) => "why (may be empty), then Enter restores: ".to_owned(),
        (None, Remedy::Adopt) => "why (may be empty), then Enter adopts: ".to_owned(),
    };
    input(&mut rows, &what, prompt.input.value(), prompt.input.cursor(), inner, theme);
    complaint(&mut rows, prompt.complaint.as_deref(), theme);
    rows.push(vec![
        ("Enter ".to_owned(), theme.key),
        (format!("{does}  "), theme.muted),
        ("Tab ".to_owned(), theme.key),
        ("the other way  ".to_owned(), theme.muted),
        ("Esc ".to_owned(), theme.key),
        ("nothing".to_owned(), theme.muted),
    ]);
    put(frame, &format!("somebody moved {}", Visible::of(&foreign.branch)), &rows, theme);
}
