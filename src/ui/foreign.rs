//! The window about a branch that somebody moved.

use ratatui::Frame;

use super::Theme;
use super::confirm::found;
use super::modal::{End, Part, Row, decide, inner, input, labelled};
use crate::app::{ForeignPrompt, State};
use crate::model::{Remedy, counted};
use crate::policy::text::Visible;

/// Commits and files that are listed; the rest is counted.
const LISTED: usize = 5;

/// Draws it; true when the screen is too small for what must be read before.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, prompt: &ForeignPrompt, theme: &Theme) -> bool {
    let inner = inner(frame);
    let foreign = &prompt.foreign;
    let mut parts: Vec<Part> = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let place = foreign.found.map_or_else(|| "gone".to_owned(), |found| format!("at {}", found.short()));
    let text = format!("{place}; the last decision left it at {}", foreign.expected.short());
    parts.push(Part::must(labelled("branch  ", &text, inner, theme.text, theme)));
    for (at, commit) in foreign.commits.iter().take(LISTED).enumerate() {
        let text =
            format!("{} {}", commit.commit.short(), Visible::line(&commit.subject).fit(inner.saturating_sub(16)));
        rows.push(vec![((if at == 0 { "commits " } else { "        " }).to_owned(), theme.label), (text, theme.text)]);
    }
    let more = foreign.commits.len().saturating_sub(LISTED);
    if more > 0 {
        rows.push(vec![("        ".to_owned(), theme.label), (format!("and {more} more"), theme.muted)]);
    }
    parts.push(counted_part(rows, "commits ", &counted(foreign.commits.len(), "commit"), theme));
    let paths: Vec<String> = foreign
        .files
        .iter()
        .take(LISTED)
        .map(|file| format!("{} +{} -{}", Visible::line(&file.path).fit(48), file.added, file.removed))
        .collect();
    let more = foreign.files.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = match foreign.files.len() {
        0 => "none differs".to_owned(),
        count => format!("{}: {}{more}", counted(count, "file"), paths.join(", ")),
    };
    let rows = labelled("files   ", &text, inner, theme.text, theme);
    parts.push(counted_part(rows, "files   ", &counted(foreign.files.len(), "file"), theme));
    if prompt.remedy == Remedy::Adopt {
        parts.extend(found(&foreign.findings, inner, theme));
    }
    let does = match prompt.remedy {
        Remedy::Restore => "puts it back, pins what is there",
        Remedy::Adopt => "takes them over, in your name",
    };
    let what = match (prompt.to_type.first(), prompt.remedy) {
        (Some(word), _) => format!("type `{word}` and Enter to go on: "),
        (None, Remedy::Restore) => "why (may be empty), then Enter restores: ".to_owned(),
        (None, Remedy::Adopt) => "why (may be empty), then Enter adopts: ".to_owned(),
    };
    let mut typed: Vec<Row> = Vec::new();
    input(&mut typed, &what, prompt.input.value(), prompt.input.cursor(), inner, theme);
    let keys = vec![
        ("Enter ".to_owned(), theme.key),
        (format!("{does}  "), theme.muted),
        ("Tab ".to_owned(), theme.key),
        ("the other way  ".to_owned(), theme.muted),
        ("Esc ".to_owned(), theme.key),
        ("nothing".to_owned(), theme.muted),
    ];
    let end = End { input: typed, complaint: prompt.complaint.as_deref(), keys };
    decide(frame, &format!("somebody moved {}", Visible::of(&foreign.branch)), &parts, end, &state.standing, theme)
}

/// Rows that are counted where there is no room to list them.
fn counted_part(rows: Vec<Row>, label: &str, count: &str, theme: &Theme) -> Part {
    Part::at_least(rows, vec![vec![(label.to_owned(), theme.label), (count.to_owned(), theme.text)]])
}
