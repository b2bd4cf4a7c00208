//! The frame of a chart: positions of values, grid lines and labels.

use crate::ui::vector::ink;
use crate::vector::{Colour, Drawing, Font, LineStyle, Shape, TextAnchor, TextRun};

/// Height of ordinary text in pixels.
pub(super) const SIZE: f64 = 13.0;

/// The place of a chart on a picture, and the values at its edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChartPlane {
    /// Left, top, width and height in pixels.
    pub(super) place: (f64, f64, f64, f64),
    /// The values at the left and the right edge.
    pub(super) x: (f64, f64),
    /// The heights at the bottom and the top edge.
    pub(super) y: (f64, f64),
}

impl ChartPlane {
    /// Returns pixels from the left of the picture, clamped to the chart.
    pub(super) fn x_of(&self, value: f64) -> f64 {
        self.place.0 + share(value, self.x) * self.place.2
    }

    /// Returns pixels from the top of the picture, clamped to the chart.
    pub(super) fn y_of(&self, height: f64) -> f64 {
        self.place.1 + (1.0 - share(height, self.y)) * self.place.3
    }

    /// Draws the axes, with a labelled grid line at each of `heights` and `along`.
    pub(super) fn draw(&self, picture: &mut Drawing, heights: &[(f64, String)], along: &[(f64, String)]) {
        let (left, top, width, height) = self.place;
        for (at, text) in heights {
            let y = self.y_of(*at);
            picture.shapes.push(Shape::Path(vec![(left, y), (left + width, y)], LineStyle::of(ink::GRID, 1.0)));
            picture.shapes.push(words(text, (left - 8.0, y + 4.5), ink::MUTED, TextAnchor::End));
        }
        for (at, text) in along {
            let x = self.x_of(*at);
            picture.shapes.push(Shape::Path(vec![(x, top), (x, top + height)], LineStyle::of(ink::GRID, 1.0)));
            picture.shapes.push(words(text, (x, top + height + 18.0), ink::MUTED, TextAnchor::Middle));
        }
        let frame = vec![(left, top), (left, top + height), (left + width, top + height)];
        picture.shapes.push(Shape::Path(frame, LineStyle::of(ink::MUTED, 1.0)));
    }
}

fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
}

/// Returns text of ordinary size.
pub(super) fn words(text: &str, at: (f64, f64), ink: Colour, side: TextAnchor) -> Shape {
    Shape::Text(TextRun { at, text: text.to_owned(), size: SIZE, face: Font::Sans, ink, anchor: side, rotation: 0.0 })
}

/// Returns the text of a title.
pub(super) fn title(text: &str, at: (f64, f64), size: f64, side: TextAnchor) -> Shape {
    Shape::Text(TextRun {
        at,
        text: text.to_owned(),
        size,
        face: Font::Sans,
        ink: ink::TEXT,
        anchor: side,
        rotation: 0.0,
    })
}

/// Returns about `most` round numbers within a range, spaced by 1, 2 or 5 times a power of ten; integers only if
/// `whole`.
pub(super) fn round((from, to): (f64, f64), most: usize, whole: bool) -> Vec<f64> {
    let width = to - from;
    if !width.is_finite() || width <= 0.0 {
        return vec![from];
    }
    let rough = width / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|by| by * power).find(|step| *step >= rough).unwrap_or(10.0 * power);
    let step = if whole { step.max(1.0) } else { step };
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last).take(2 * most + 2).map(|at| at as f64 * step).collect()
}

/// Formats a number with enough digits to distinguish it from its neighbour, `apart` away.
pub(super) fn number(value: f64, apart: f64) -> String {
    if value != 0.0 && (value.abs() >= 1e7 || apart < 1e-7) {
        let places = (value.abs() / apart).log10().ceil().clamp(1.0, 15.0) as usize;
        return format!("{value:.places$e}");
    }
    let digits = (-apart.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.digits$}")
}

/// Formats numbers with `show`, which gets the distance between them.
pub(super) fn with_texts(all: Vec<f64>, show: impl Fn(f64, f64) -> String) -> Vec<(f64, String)> {
    let apart = all.windows(2).map(|two| two[1] - two[0]).fold(f64::INFINITY, f64::min);
    let apart = if apart.is_finite() { apart } else { 1.0 };
    all.into_iter().map(|value| (value, show(value, apart))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_an_axis_are_round_and_distinct() {
        assert_eq!(round((0.0, 126.0), 7, true), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0]);
        assert_eq!(round((0.0, 3.0), 8, true), [0.0, 1.0, 2.0, 3.0]);
        let shown: Vec<String> =
            with_texts(round((0.9689, 0.9981), 5, false), number).into_iter().map(|(_, text)| text).collect();
        assert_eq!(shown, ["0.97", "0.98", "0.99"]);
        assert!(round((f64::NAN, 1.0), 5, false).len() == 1 && round((1.0, 1.0), 5, false) == [1.0]);
        assert!(round((-1e300, 1e300), 5, false).len() <= 12);
    }
}
