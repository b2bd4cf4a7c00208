//! The screen as a picture.

use ratatui::buffer::Cell;
use ratatui::style::Modifier;

use crate::app::State;
use crate::ui::{Theme, draw, plain, theme};
use crate::vector::{Colour, Drawing, Font, LineStyle, Shape, TextAnchor, TextRun};

/// A cell in whole pixels, so that no seams show, and the font size whose letters have that width.
const CELL: (f64, f64) = (8.0, 17.0);
const SIZE: f64 = 13.288;

/// Returns the screen with its colours.
pub(super) fn picture(state: &State, theme: &Theme) -> Drawing {
    let buffer = plain::drawn(state.screen.size, |frame| {
        draw(frame, state, theme);
    });
    // A theme for light screens has dark text.
    let (words, behind) = theme::looks(theme.screen.patch(theme.text));
    let is_light = words.is_some_and(|words| words.iter().all(|part| *part < 110));
    let (text, paper) = if is_light {
        (Colour(30, 34, 38), Colour(255, 255, 255))
    } else {
        (Colour(212, 214, 218), Colour(18, 20, 24))
    };
    let (text, paper) = (or(words, text), or(behind, paper));
    let (width, height) = (f64::from(buffer.area.width) * CELL.0, f64::from(buffer.area.height) * CELL.1);
    let mut picture = Drawing::new(width, height, paper);
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let place = (f64::from(x) * CELL.0, f64::from(y) * CELL.1);
            let (ink, behind) = inks(cell, text, paper);
            if behind != paper {
                picture.shapes.push(Shape::Rect(place.0, place.1, CELL.0, CELL.1, behind));
            }
            if !cell.symbol().trim().is_empty() {
                picture.shapes.push(Shape::Text(TextRun {
                    at: (place.0, place.1 + 12.8),
                    text: cell.symbol().to_owned(),
                    size: SIZE,
                    face: Font::Mono,
                    ink,
                    anchor: TextAnchor::Start,
                    rotation: 0.0,
                }));
            }
            if cell.modifier.contains(Modifier::UNDERLINED) {
                let y = place.1 + 15.5;
                let line = vec![(place.0, y), (place.0 + CELL.0, y)];
                picture.shapes.push(Shape::Path(line, LineStyle::of(ink, 1.0)));
            }
        }
    }
    picture
}

fn or(looks: Option<[u8; 3]>, usual: Colour) -> Colour {
    looks.map_or(usual, |[r, g, b]| Colour(r, g, b))
}

/// Returns the text and background colour of a cell.
fn inks(cell: &Cell, text: Colour, paper: Colour) -> (Colour, Colour) {
    let (words, under) = theme::looks(cell.style());
    let (mut ink, mut behind) = (or(words, text), or(under, paper));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut behind);
    }
    if cell.modifier.contains(Modifier::DIM) {
        let half = |a: u8, b: u8| a.midpoint(b);
        ink = Colour(half(ink.0, behind.0), half(ink.1, behind.1), half(ink.2, behind.2));
    }
    (ink, behind)
}
