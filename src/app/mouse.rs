//! The mouse, as a convenience: selecting, scrolling, tabs. No decisions.

use crate::app::layout::{Area, KNOB_FRAME, RUN_HEAD};
use crate::app::navigate::step;
use crate::app::review::{scroll, to_row};
use crate::app::show::go;
use crate::app::tabs::tab_at;
use crate::app::{Mouse, State, ViewKind};

/// Rows per turn of the wheel.
const WHEEL: isize = 3;

pub(super) fn mouse(state: &mut State, event: Mouse) {
    if state.window.modal.is_some() {
        return;
    }
    let shape = state.layout();
    match event {
        Mouse::Click(x, 1) => {
            if let Some(view) = tab_at(state, x) {
                go(state, view);
            }
        }
        Mouse::Click(x, y) if within(shape.list, x, y) && state.review.open.is_none() => {
            // The first row of the area is its title.
            let Some(row) = usize::from(y - shape.list.y).checked_sub(1) else { return };
            let each = usize::from(shape.row_height.max(1));
            let (row, top) = (row / each, state.list_top(usize::from(shape.list.height.saturating_sub(1)) / each));
            if state.view == ViewKind::Runs {
                // The second row holds the column headings.
                let height = usize::from(shape.list.height).saturating_sub(RUN_HEAD);
                let row = row.checked_sub(RUN_HEAD - 1).map(|row| row + state.list_top(height));
                if let Some(row) = row.filter(|row| *row < state.runs.rows().len()) {
                    state.select_run_row(row);
                }
            } else if state.view == ViewKind::Knobs {
                // Below the column headings.
                let top = state.list_top(usize::from(shape.list.height).saturating_sub(KNOB_FRAME));
                let row = row.checked_sub(1).map(|row| row + top);
                if let Some(row) = row.filter(|row| *row < state.row_count()) {
                    state.knobs.row = row;
                }
            } else if state.view == ViewKind::Instruments {
                state.knobs.row = (top + row).min(state.row_count().saturating_sub(1));
            } else if top + row < state.listed().len() {
                state.select_row(top + row);
            }
        }
        Mouse::Click(x, y) if within(shape.diff, x, y) && state.review.open.is_some() => {
            if let Some(row) = usize::from(y - shape.diff.y).checked_sub(1) {
                to_row(state, state.review.scroll + row);
            }
        }
        Mouse::Click(..) => {}
        Mouse::Wheel(x, y, down) => {
            let by = if down { WHEEL } else { -WHEEL };
            if within(shape.diff, x, y) {
                scroll(state, by);
            } else {
                step(state, if within(shape.list, x, y) { by } else { by.signum() });
            }
        }
    }
}

fn within(area: Area, x: u16, y: u16) -> bool {
    (area.x..area.x + area.width).contains(&x) && (area.y..area.y + area.height).contains(&y)
}
