//! The window about a diverged approved branch.

use ratatui::Frame;

use crate::app::{DivergedPrompt, State};
use crate::model::{Remedy, counted};
use crate::policy::text::Visible;
use crate::ui::Theme;
use crate::ui::prompt::confirm::found;
use crate::ui::prompt::{End, StyledRow, WindowPart, decide, inner, input, labelled, type_word};

/// Maximum number of listed commits and files; the rest is counted.
const LISTED: usize = 5;

/// Draws the window; true if the screen is too small for the required information.
pub(in crate::ui) fn draw(frame: &mut Frame<'_>, state: &State, prompt: &DivergedPrompt, theme: &Theme) -> bool {
    let inner = inner(frame);
    let diverged = &prompt.diverged;
    let mut parts: Vec<WindowPart> = Vec::new();
    let mut rows: Vec<StyledRow> = Vec::new();
    let text = diverged.text();
    parts.push(WindowPart::must(labelled("branch  ", &text, inner, theme.text, theme)));
    for (at, commit) in diverged.commits.iter().take(LISTED).enumerate() {
        let text =
            format!("{} {}", commit.commit.short(), Visible::line(&commit.subject).fit(inner.saturating_sub(16)));
        rows.push(vec![((if at == 0 { "commits " } else { "        " }).to_owned(), theme.label), (text, theme.text)]);
    }
    let more = diverged.commits.len().saturating_sub(LISTED);
    if more > 0 {
        rows.push(vec![("        ".to_owned(), theme.label), (format!("and {more} more"), theme.muted)]);
    }
    parts.push(counted_part(rows, "commits ", &counted(diverged.commits.len(), "commit"), theme));
    let paths: Vec<String> = diverged
        .files
        .iter()
        .take(LISTED)
        .map(|file| format!("{} +{} -{}", Visible::line(&file.path).fit(48), file.added, file.removed))
        .collect();
    let more = diverged.files.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = match diverged.files.len() {
        0 => "no differences".to_owned(),
        count => format!("{}: {}{more}", counted(count, "file"), paths.join(", ")),
    };
    let rows = labelled("files   ", &text, inner, theme.text, theme);
    parts.push(counted_part(rows, "files   ", &counted(diverged.files.len(), "file"), theme));
    if prompt.remedy == Remedy::Adopt {
        parts.extend(found(&diverged.findings, inner, theme));
    }
    let does = match prompt.remedy {
        Remedy::Restore => "puts it back, pins these commits",
        Remedy::Adopt => "adopts them in your name",
    };
    let question = match (prompt.reply.to_type.first(), prompt.remedy) {
        (Some(word), _) => type_word(word),
        (None, Remedy::Restore) => "reason (optional), Enter restores: ".to_owned(),
        (None, Remedy::Adopt) => "reason (optional), Enter adopts: ".to_owned(),
    };
    let mut typed: Vec<StyledRow> = Vec::new();
    input(&mut typed, &question, prompt.reply.input.value(), prompt.reply.input.cursor(), inner, theme);
    let keys = vec![
        ("Enter ".to_owned(), theme.key),
        (format!("{does}  "), theme.muted),
        ("Tab ".to_owned(), theme.key),
        ("other option  ".to_owned(), theme.muted),
        ("Esc ".to_owned(), theme.key),
        ("nothing".to_owned(), theme.muted),
    ];
    let end = End { input: typed, complaint: prompt.reply.complaint.as_deref(), keys };
    decide(frame, &format!("{} has diverged", Visible::of(&diverged.branch)), &parts, end, &state.window.drawn, theme)
}

/// Returns rows that are replaced by their count if they do not fit.
fn counted_part(rows: Vec<StyledRow>, label: &str, count: &str, theme: &Theme) -> WindowPart {
    WindowPart::at_least(rows, vec![vec![(label.to_owned(), theme.label), (count.to_owned(), theme.text)]])
}
