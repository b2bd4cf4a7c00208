//! What a view shows, as a picture for others: charts and the progress picture are drawn anew, everything else is the
//! screen as it is.

mod axes;
mod curves;
mod ink;
mod progress;
mod screen;

use crate::app::{State, ViewKind};
use crate::ui::Theme;
use crate::vector::Drawing;

/// What the current view shows.
pub fn picture(state: &State, theme: &Theme) -> Drawing {
    let drawn = match state.view {
        ViewKind::Curves if state.in_curves() => curves::picture(state),
        ViewKind::Progress if state.review.open.is_none() => progress::picture(state),
        _ => None,
    };
    drawn.unwrap_or_else(|| screen::picture(state, theme))
}
