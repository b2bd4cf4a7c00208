//! The parts of windows that end in a decision: required parts are never pushed out.

pub(in crate::ui) mod answer;
pub(in crate::ui) mod confirm;
pub(in crate::ui) mod diverged;
pub(in crate::ui) mod help;
pub(in crate::ui) mod palette;
pub(in crate::ui) mod summary;

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear};

use crate::app::{Area, WindowState};
use crate::policy::text::Visible;
use crate::ui::{Theme, frame};

pub(in crate::ui) type StyledRow = Vec<(String, Style)>;

/// The question where a person must type a word to continue.
pub(in crate::ui) fn type_word(word: &str) -> String {
    format!("type `{word}` and Enter to continue: ")
}

/// Draws a window in the middle of the screen; returns the area inside its border.
pub(in crate::ui) fn window(frame: &mut Frame<'_>, title: &str, rows: usize, widest: u16, theme: &Theme) -> Area {
    let screen = frame.area();
    let width = screen.width.saturating_sub(4).min(widest).max(20);
    let height = (rows as u16 + 2).min(screen.height.saturating_sub(2)).max(3);
    let area = Area {
        x: (screen.width - width.min(screen.width)) / 2,
        y: (screen.height - height.min(screen.height)) / 2,
        width,
        height,
    };
    let place = frame::rect(area).intersection(screen);
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, theme.screen);
    frame.render_widget(Block::bordered().title(format!(" {title} ")).border_style(theme.title), place);
    Area { x: area.x + 2, y: area.y + 1, width: width.saturating_sub(4), height: height.saturating_sub(2) }
}

pub(in crate::ui) fn labelled(label: &str, text: &str, width: usize, style: Style, theme: &Theme) -> Vec<StyledRow> {
    let parts = frame::sentence(text, width.saturating_sub(label.len()));
    parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| {
            vec![(if at == 0 { label.to_owned() } else { " ".repeat(label.len()) }, theme.label), (part, style)]
        })
        .collect()
}

/// Adds the rows of a prompt and its input line, with the cursor visible.
pub(in crate::ui) fn input(
    rows: &mut Vec<StyledRow>,
    prompt: &str,
    value: &str,
    cursor: usize,
    width: usize,
    theme: &Theme,
) {
    let prompt_rows = frame::sentence(prompt.trim_end(), width);
    let last = prompt_rows.len() - 1;
    for (at, row) in prompt_rows.iter().enumerate() {
        if at < last {
            rows.push(vec![(row.clone(), theme.label)]);
        }
    }
    let used = unicode_width::UnicodeWidthStr::width(prompt_rows[last].as_str());
    let mut row = vec![(format!("{} ", prompt_rows[last]), theme.label)];
    row.extend(typed(value, cursor, width.saturating_sub(used + 2), theme));
    rows.push(row);
}

/// Returns an input line with its cursor, cut at the start so that the cursor is visible in `room` cells.
pub(in crate::ui) fn typed(value: &str, cursor: usize, room: usize, theme: &Theme) -> Vec<(String, Style)> {
    let shown = |text: &mut dyn Iterator<Item = char>| Visible::part(&text.collect::<String>()).to_string();
    let before = shown(&mut value.chars().take(cursor));
    let skip = before.chars().count().saturating_sub(room.max(8) - 1);
    let under = shown(&mut value.chars().skip(cursor).take(1));
    let under = if under.is_empty() { " ".to_owned() } else { under };
    let rest = shown(&mut value.chars().skip(cursor + 1));
    vec![(before.chars().skip(skip).collect(), theme.text), (under, theme.selected), (rest, theme.text)]
}

/// Related rows of a window.
pub(in crate::ui) struct WindowPart {
    /// The rows if there is room.
    full: Vec<StyledRow>,
    /// The minimum that must be read before a decision; empty if the part may be omitted.
    least: Vec<StyledRow>,
}

impl WindowPart {
    /// Creates a part that may be omitted.
    pub(in crate::ui) fn extra(full: Vec<StyledRow>) -> Self {
        Self { full, least: Vec::new() }
    }

    /// Creates a part without which nothing can be decided.
    pub(in crate::ui) fn must(full: Vec<StyledRow>) -> Self {
        Self { least: full.clone(), full }
    }

    /// Creates a part with a shorter form for a small window.
    pub(in crate::ui) fn at_least(full: Vec<StyledRow>, least: Vec<StyledRow>) -> Self {
        Self { full, least }
    }
}

/// The end of a window: the input, a complaint and the keys.
pub(in crate::ui) struct End<'a> {
    /// The question with the input line.
    pub(in crate::ui) input: Vec<StyledRow>,
    /// The error of the last Enter.
    pub(in crate::ui) complaint: Option<&'a str>,
    /// The keys and their effects.
    pub(in crate::ui) keys: StyledRow,
}

/// Returns the rows that fit into a height: all, or the minimum of each part and as much more as fits. `Err` with the
/// needed height if not even the minimum fits.
fn fit_parts(parts: &[WindowPart], end: &[StyledRow], height: usize, theme: &Theme) -> Result<Vec<StyledRow>, usize> {
    let all: usize = parts.iter().map(|part| part.full.len()).sum();
    if all + 1 + end.len() <= height {
        let rows = parts.iter().flat_map(|part| part.full.clone());
        return Ok(rows.chain([Vec::new()]).chain(end.iter().cloned()).collect());
    }
    let least: usize = parts.iter().map(|part| part.least.len()).sum();
    // One row shows the number of hidden rows.
    let needed = least + 1 + end.len();
    if needed > height {
        return Err(needed);
    }
    // Required parts are shown in full first, findings before file names; then optional ones.
    let (must, extra): (Vec<usize>, Vec<usize>) = (0..parts.len()).partition(|at| !parts[*at].least.is_empty());
    let mut room = height - needed;
    let mut hidden = 0;
    let mut is_whole = vec![false; parts.len()];
    for at in must.into_iter().rev().chain(extra) {
        let more = parts[at].full.len().saturating_sub(parts[at].least.len());
        is_whole[at] = more <= room;
        if is_whole[at] {
            room -= more;
        } else {
            hidden += more;
        }
    }
    let shown = parts.iter().zip(is_whole).flat_map(|(part, whole)| if whole { &part.full } else { &part.least });
    let mut rows: Vec<StyledRow> = shown.cloned().collect();
    rows.push(vec![(format!("… {hidden} more lines: enlarge the terminal to see them"), theme.warning)]);
    rows.extend(end.iter().cloned());
    Ok(rows)
}

/// Draws a window that ends in a decision; true if the screen is too small for the required information.
pub(in crate::ui) fn decide(
    frame: &mut Frame<'_>,
    title: &str,
    parts: &[WindowPart],
    end: End<'_>,
    standing: &WindowState,
    theme: &Theme,
) -> bool {
    let height = (frame.area().height as usize).saturating_sub(4);
    let width = inner(frame);
    let blocked = standing.complaint();
    let complaint = blocked.as_deref().or(end.complaint);
    let complaint = complaint.map(|text| labelled("✗ ", text, width, theme.bad, theme)).unwrap_or_default();
    let mut rows = end.input;
    // Without a complaint its row stays empty, so that nothing jumps when one appears.
    rows.extend(if complaint.is_empty() { vec![Vec::new()] } else { complaint });
    rows.push(end.keys);
    match fit_parts(parts, &rows, height, theme) {
        Ok(rows) => {
            put(frame, title, &rows, theme);
            false
        }
        Err(needed) => {
            let text = format!(
                "Nothing can be decided on a screen of {} rows: {} are needed to show the required information. \
                 Enlarge it, or press Esc.",
                frame.area().height,
                needed + 4
            );
            let rows: Vec<StyledRow> =
                frame::sentence(&text, width).into_iter().map(|row| vec![(row, theme.warning)]).collect();
            put(frame, title, &rows, theme);
            true
        }
    }
}

/// Returns the width inside a window, in cells.
pub(in crate::ui) fn inner(frame: &Frame<'_>) -> usize {
    (frame.area().width.saturating_sub(8)).min(92) as usize
}

fn put(frame: &mut Frame<'_>, title: &str, rows: &[StyledRow], theme: &Theme) {
    let area = window(frame, title, rows.len(), 100, theme);
    for (row, pieces) in rows.iter().enumerate() {
        frame::line(frame, area, row as u16, pieces);
    }
}
