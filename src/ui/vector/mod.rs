//! Views as pictures: charts and the progress plot are drawn as vector graphics, other views as the screen.

mod axes;
mod curves;
mod ink;
mod progress;
mod screen;

use crate::app::{State, ViewKind};
use crate::ui::Theme;
use crate::vector::Drawing;

/// Returns the current view as a picture.
pub fn picture(state: &State, theme: &Theme) -> Drawing {
    let drawn = match state.view {
        ViewKind::Curves if state.in_curves() => curves::picture(state),
        ViewKind::Progress if state.review.open.is_none() => progress::picture(state),
        _ => None,
    };
    drawn.unwrap_or_else(|| screen::picture(state, theme))
}
