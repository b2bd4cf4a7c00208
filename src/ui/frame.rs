//! Puts text into a frame, never beyond its area.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::app::Area;
use crate::policy::text::fit;
use crate::ui::Theme;

/// Converts a rectangle to an area.
pub(super) fn whole(rect: Rect) -> Area {
    Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}

pub(super) fn rect(area: Area) -> Rect {
    Rect { x: area.x, y: area.y, width: area.width, height: area.height }
}

/// Draws pieces as one line, cut to the width of the area with `…`.
pub(super) fn line(frame: &mut Frame<'_>, area: Area, row: u16, pieces: &[(String, Style)]) {
    styled_line(frame, area, row, pieces, Style::default());
}

/// Draws a row of a list. The selected row gets one background under all pieces, which keep their colours; if the theme
/// selects by reversing, the whole row is reversed without colours, since those would become backgrounds.
pub(super) fn list_row(
    frame: &mut Frame<'_>,
    area: Area,
    row: u16,
    pieces: &[(String, Style)],
    is_selected: bool,
    theme: &Theme,
) {
    if !is_selected {
        return line(frame, area, row, pieces);
    }
    let plain = |style: &Style| Style { fg: None, bg: None, ..*style };
    let is_reversed = theme.selected.add_modifier.contains(Modifier::REVERSED);
    let on_band = |style: &Style| {
        // Dim text is not legible on every background.
        if is_reversed || *style == theme.muted { plain(style) } else { Style { bg: None, ..*style } }
    };
    let pieces: Vec<(String, Style)> = pieces.iter().map(|(text, style)| (text.clone(), on_band(style))).collect();
    styled_line(frame, area, row, &pieces, theme.selected);
}

/// Draws pieces as one line, with a style under the whole row.
pub(super) fn styled_line(frame: &mut Frame<'_>, area: Area, row: u16, pieces: &[(String, Style)], under: Style) {
    if row >= area.height {
        return;
    }
    let mut left = area.width as usize;
    let mut spans = Vec::with_capacity(pieces.len());
    for (text, style) in pieces {
        let text = fit(text, left);
        left -= text.width();
        spans.push(Span::styled(text, *style));
    }
    let place = Rect { x: area.x, y: area.y + row, width: area.width, height: 1 };
    let place = place.intersection(frame.area());
    if place.height > 0 {
        frame.buffer_mut().set_style(place, under);
        frame.render_widget(Line::from(spans).style(under), place);
    }
}

/// Breaks styled pieces into rows of a width, at spaces.
pub(super) fn wrapped(pieces: &[(String, Style)], width: usize) -> Vec<Vec<(String, Style)>> {
    let mut rows: Vec<Vec<(String, Style)>> = vec![Vec::new()];
    let mut used = 0;
    for (text, style) in pieces {
        for word in text.split_inclusive(' ') {
            if used > 0 && used + word.trim_end().width() > width {
                rows.push(vec![("  ".to_owned(), *style)]);
                used = 2;
            }
            // The space after the last word of a row is dropped.
            let word = if used + word.width() > width { word.trim_end() } else { word };
            used += word.width();
            if let Some(row) = rows.last_mut() {
                row.push((word.to_owned(), *style));
            }
        }
    }
    rows
}

/// Puts whole items into rows of a width, two spaces apart.
pub(super) fn flowed(items: &[(String, Style)], width: usize) -> Vec<Vec<(String, Style)>> {
    let mut rows: Vec<Vec<(String, Style)>> = Vec::new();
    let mut used = usize::MAX;
    for (text, style) in items {
        let cells = text.width() + 2;
        if used.saturating_add(cells) > width {
            rows.push(vec![(" ".to_owned(), Style::default())]);
            used = 1;
        }
        if let Some(row) = rows.last_mut() {
            row.push((format!("{text}  "), *style));
            used += cells;
        }
    }
    rows
}

/// Draws a title line: `─ title ─────────`.
pub(super) fn title(frame: &mut Frame<'_>, area: Area, text: &str, theme: &Theme) {
    let text = fit(text, (area.width as usize).saturating_sub(6));
    let rest = (area.width as usize).saturating_sub(text.width() + 4);
    line(
        frame,
        area,
        0,
        &[("─ ".to_owned(), theme.muted), (text, theme.title), (format!(" {}", "─".repeat(rest + 1)), theme.muted)],
    );
}

/// Pads or cuts a text to an exact width, left-aligned.
pub(super) fn cell(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let pad = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(pad))
}

/// Pads or cuts a text to an exact width, right-aligned.
pub(super) fn right(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let pad = width.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(pad))
}

/// Breaks a sentence into rows of a width, at spaces if possible.
pub(super) fn sentence(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let last = rows.len() - 1;
        let used = rows[last].width();
        let gap = usize::from(used > 0);
        if used + gap + word.width() <= width {
            if gap == 1 {
                rows[last].push(' ');
            }
            rows[last].push_str(word);
            continue;
        }
        let mut word = word;
        if used == 0 {
            rows.pop();
        }
        // A word wider than a row is split: a path must be readable to its end.
        while word.width() > width {
            let mut cut = String::new();
            for grapheme in unicode_segmentation::UnicodeSegmentation::graphemes(word, true) {
                if !cut.is_empty() && cut.width() + grapheme.width() > width {
                    break;
                }
                cut.push_str(grapheme);
            }
            word = &word[cut.len()..];
            rows.push(cut);
        }
        rows.push(word.to_owned());
    }
    rows
}
