//! The tabs of the header.

use crate::app::layout::{NARROW, WIDE};
use crate::app::{State, ViewKind};

/// Returns the tabs of the header with their text, from left to right without gaps.
pub fn tabs(state: &State) -> Vec<(ViewKind, String)> {
    let (wide, narrow) = (state.screen.size.0 >= WIDE, state.screen.size.0 < NARROW);
    let has_loop = state.snapshot.has_loop();
    let waiting = state.snapshot.format.map(|_| format!(" {}", state.inbox().len())).unwrap_or_default();
    let tab = |(at, view): (usize, &ViewKind)| {
        let count = if *view == ViewKind::Inbox { waiting.as_str() } else { "" };
        let name = match view {
            // On a narrow screen, the other tabs are shortened to a number and a few letters.
            ViewKind::Instruments if !wide && *view != state.view => &view.name()[..5],
            ViewKind::Progress | ViewKind::Lineage if narrow && *view != state.view => &view.name()[..4],
            _ => view.name(),
        };
        let gap = if wide || *view == state.view { " " } else { "" };
        (*view, format!("{gap}{} {name}{count} ", at + 1))
    };
    // Without a loop, the views that need one have no tab.
    let has_tab = |(_, view): &(usize, &ViewKind)| has_loop || matches!(view, ViewKind::Curves | ViewKind::Runs);
    ViewKind::ALL.iter().enumerate().filter(has_tab).map(tab).collect()
}

/// Returns the tab at a column.
pub(super) fn tab_at(state: &State, x: u16) -> Option<ViewKind> {
    let mut end = 0;
    tabs(state)
        .into_iter()
        .find(|(_, text)| {
            end += unicode_width::UnicodeWidthStr::width(text.as_str());
            usize::from(x) < end
        })
        .map(|(view, _)| view)
}
