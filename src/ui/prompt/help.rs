//! The windows that show keys, warnings and recent events.

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Context, State, ViewKind, key_name};
use crate::model::{Snapshot, TableInterpretation};
use crate::policy::text::Visible;
use crate::ui::instruments::formula;
use crate::ui::prompt::window;
use crate::ui::{MARKS, Theme, frame};

pub(in crate::ui) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme, top: usize) {
    let context = state.context();
    let mut rows: Vec<Vec<(String, Style)>> = Vec::new();
    let mut everywhere = false;
    let mut listed = HashSet::new();
    if state.view == ViewKind::Instruments
        && state.review.open.is_none()
        && let Some(instrument) = formula(state)
    {
        rows.push(vec![(instrument.name.to_owned(), theme.title)]);
        rows.extend(frame::sentence(instrument.formula, width(frame)).into_iter().map(|row| vec![(row, theme.text)]));
        rows.push(Vec::new());
    }
    if state.view == ViewKind::Knobs && state.review.open.is_none() {
        rows.extend(frame::sentence(KNOBS, width(frame)).into_iter().map(|row| vec![(row, theme.muted)]));
        rows.push(Vec::new());
    }
    for binding in state.screen.keymap.bindings(context).filter(|binding| state.offers(binding.action)) {
        // A key that this view overrides is not listed again with its general meaning.
        let keys = binding.keys.iter().filter(|key| listed.insert(**key));
        let keys: Vec<String> = keys.map(|key| key_name(*key)).collect();
        if keys.is_empty() {
            continue;
        }
        if binding.context == Context::Everywhere && !everywhere {
            everywhere = true;
            rows.push(vec![("everywhere".to_owned(), theme.title)]);
        }
        rows.push(vec![
            (format!("{} ", frame::cell(&keys.join(" "), 19)), theme.key),
            (binding.help.to_owned(), theme.text),
        ]);
    }
    rows.push(Vec::new());
    let glyphs: Vec<String> = MARKS.iter().map(|(mark, meaning)| format!("{mark} {meaning}")).collect();
    rows.extend(
        frame::sentence(&format!("marks: {}", glyphs.join("  ")), 66).into_iter().map(|row| vec![(row, theme.muted)]),
    );
    scrolled(frame, "keys here", &rows, top, theme);
}

/// Maximum number of listed files that are not read.
const MOST_PASSED_OVER: usize = 20;

/// Explains the numbers of the knobs.
const KNOBS: &str = "Best measured is the best value of the objective with that setting; later experiments build on better bases, so it favours what was tried last. The effect does not: each change of a single knob gives the gain of the new value over the old one on the same base, and the effects are the best fit to all these gains, relative to the kept value. Blank: no chain of such changes leads there.";

/// Returns the width of a sentence in a window, in cells.
fn width(frame: &Frame<'_>) -> usize {
    (frame.area().width.saturating_sub(8)).min(92) as usize
}

/// Draws the events since the last visit.
pub(in crate::ui) fn draw_since(frame: &mut Frame<'_>, state: &State, theme: &Theme, top: usize) {
    let Some(since) = &state.live.since else { return };
    let mut rows: Vec<Vec<(String, Style)>> = Vec::new();
    for (title, sentences) in &since.page {
        if !rows.is_empty() {
            rows.push(Vec::new());
        }
        rows.push(vec![((*title).to_owned(), theme.title)]);
        for sentence in sentences {
            // Lines of a log keep their indent.
            let indent = if sentence.starts_with(' ') { "    " } else { "  " };
            let parts = frame::sentence(sentence.trim_start(), width(frame).saturating_sub(indent.len()));
            rows.extend(parts.into_iter().map(|part| vec![(format!("{indent}{part}"), theme.text)]));
        }
    }
    let title = since.line.split(':').take(2).collect::<Vec<_>>().join(":");
    scrolled(frame, &frame::cell(&title, title.len().min(24)), &rows, top, theme);
}

pub(in crate::ui) fn draw_warnings(frame: &mut Frame<'_>, state: &State, theme: &Theme, top: usize) {
    let width = width(frame);
    let mut rows: Vec<Vec<(String, Style)>> = Vec::new();
    let mut put = |text: &str, style: Style| {
        rows.extend(frame::sentence(text, width).into_iter().map(|row| vec![(row, style)]));
    };
    if let Some(trouble) = state.snapshot.trouble() {
        put(&format!("{}: {}", Snapshot::UNDECIDABLE, Visible::of(trouble)), theme.bad);
        put("", theme.text);
    }
    for trouble in &state.screen.config_errors {
        put(&Visible::of(trouble).to_string(), theme.warning);
    }
    for warning in state.snapshot.warnings.iter() {
        let place = match (warning.line, warning.end_line) {
            (0, _) => String::new(),
            (from, to) if from == to => format!(" line {from}"),
            (from, to) => format!(" lines {from} to {to}"),
        };
        put(&format!("{}{place}: {}", Visible::of(&warning.path), Visible::of(&warning.message)), theme.text);
    }
    for text in how_read(&state.snapshot.reading) {
        put(&text, theme.text);
    }
    for passed in state.snapshot.unread_files.iter().take(MOST_PASSED_OVER) {
        put(&format!("not read, {}: {}", Visible::of(&passed.path), Visible::of(&passed.why)), theme.muted);
    }
    if let Some(more) = state.snapshot.unread_files.len().checked_sub(MOST_PASSED_OVER).filter(|more| *more > 0) {
        put(&format!("and {more} more unread files: `countersign status --json` lists them"), theme.muted);
    }
    for (name, why) in state.decisions.refused.iter().rev() {
        put(&format!("a proposal was rejected, {name}: {why}"), theme.text);
    }
    if rows.is_empty() {
        rows.push(vec![("Everything could be read.".to_owned(), theme.good)]);
    }
    scrolled(frame, "warnings", &rows, top, theme);
}

/// Returns sentences about problems in the results, and settings that may help.
fn how_read(reading: &TableInterpretation) -> Vec<String> {
    let mut texts = Vec::new();
    if !reading.unknown_words.is_empty() {
        let words = reading.unknown_words.iter().map(|(word, rows)| format!("`{}` {rows}x", Visible::of(word).fit(24)));
        let words = words.collect::<Vec<_>>().join(", ");
        let remedy = "define them under statuses in the policy";
        texts.push(format!("{}: {words}; {remedy}", reading.unknown_words_text()));
    }
    texts.extend(
        reading
            .other_tables
            .iter()
            .map(|path| format!("{} is not read: the palette (:) can switch to it", Visible::of(path))),
    );
    texts.extend(reading.notes.iter().map(|note| Visible::of(note).to_string()));
    texts
}

pub(in crate::ui) fn scrolled(
    frame: &mut Frame<'_>,
    title: &str,
    rows: &[Vec<(String, Style)>],
    top: usize,
    theme: &Theme,
) {
    let screen = frame.area().height as usize;
    let title = if rows.len() + 4 > screen {
        format!("{title} · j k scroll, Esc closes")
    } else {
        format!("{title} · Esc closes")
    };
    let area = window(frame, &title, rows.len(), 100, theme);
    let top = top.min(rows.len().saturating_sub(area.height as usize));
    for (row, pieces) in rows.iter().skip(top).take(area.height as usize).enumerate() {
        frame::line(frame, area, row as u16, pieces);
    }
}
