//! Pictures: shapes and words on a plane, written as SVG or as PNG. Knows nothing of what they show.
//!
//! Both are written from the same shapes, in the same fonts, which the program brings along: a training box has
//! none.

mod font;
mod png;
mod svg;

pub use font::{Font, width};

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink(pub u8, pub u8, pub u8);

/// Where the words of a text stand to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextAnchor {
    /// They begin there.
    Start,
    /// It is their middle.
    Middle,
    /// They end there.
    End,
}

/// Words in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRun {
    /// Where they stand, on the line that letters stand on; pixels from the left and from the top.
    pub at: (f64, f64),
    /// What they say: visible text.
    pub text: String,
    /// Height of the font in pixels.
    pub size: f64,
    /// Which font.
    pub face: Font,
    /// Their colour.
    pub ink: Ink,
    /// How they stand to their place.
    pub side: TextAnchor,
    /// How far they are turned around it, in degrees, clockwise.
    pub turned: f64,
}

/// One thing on a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle: left, top, width, height, filled.
    Rect(f64, f64, f64, f64, Ink),
    /// Lines from point to point: width, how opaque from 0 to 1, and whether they are dashed.
    Path(Vec<(f64, f64)>, Ink, f64, f64, bool),
    /// An area within points: how opaque from 0 to 1.
    Area(Vec<(f64, f64)>, Ink, f64),
    /// A disc: middle, radius, and its rim's colour, where it has one.
    Disc((f64, f64), f64, Ink, Option<Ink>),
    /// Words.
    Words(TextRun),
}

/// A picture, drawn in the order of its shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Pixels across.
    pub width: f64,
    /// Pixels down.
    pub height: f64,
    /// Its shapes, the lowest first.
    pub shapes: Vec<Shape>,
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawingError {
    /// It would be larger than memory should be.
    #[error("a picture of {0} by {1} pixels is too large")]
    TooLarge(u32, u32),
    /// It could not be written as PNG.
    #[error("it could not be written as PNG: {0}")]
    Png(String),
}

impl Drawing {
    /// One with a background and nothing on it.
    pub fn new(width: f64, height: f64, background: Ink) -> Self {
        Self { width, height, shapes: vec![Shape::Rect(0.0, 0.0, width, height, background)] }
    }

    /// As SVG.
    pub fn svg(&self) -> String {
        svg::write(self)
    }

    /// As PNG, with `scale` pixels for each of the picture's.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, DrawingError> {
        png::write(self, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Drawing {
        let mut picture = Drawing::new(120.0, 60.0, Ink(255, 255, 255));
        let words = |text: &str, face, turned| {
            Shape::Words(TextRun {
                at: (10.0, 30.0),
                text: text.to_owned(),
                size: 12.0,
                face,
                ink: Ink(200, 0, 0),
                side: TextAnchor::Start,
                turned,
            })
        };
        picture.shapes.extend([
            Shape::Disc((100.0, 40.0), 6.0, Ink(0, 128, 0), Some(Ink(0, 0, 0))),
            Shape::Path(vec![(0.0, 55.5), (120.0, 55.5)], Ink(0, 0, 255), 1.0, 1.0, false),
            Shape::Area(vec![(60.0, 0.0), (80.0, 0.0), (80.0, 20.0), (60.0, 20.0)], Ink(0, 0, 255), 0.5),
            words("<&\"é>", Font::Sans, 0.0),
            words("⠿漢", Font::Mono, 30.0),
        ]);
        picture
    }

    #[test]
    fn both_ways_show_the_same() -> Result<(), Box<dyn std::error::Error>> {
        let picture = picture();
        let png = picture.png(2.0)?;
        let pixels = tiny_skia::Pixmap::decode_png(&png)?;
        assert_eq!((pixels.width(), pixels.height()), (240, 120));
        let at = |x: u32, y: u32| pixels.pixel(x, y).map(|p| (p.red(), p.green(), p.blue()));
        assert_eq!(at(2, 2), Some((255, 255, 255)), "the background");
        assert_eq!(at(200, 80), Some((0, 128, 0)), "the disc");
        assert_eq!(at(100, 111), Some((0, 0, 255)), "the line");
        assert!(at(140, 20).is_some_and(|(r, _, b)| (126..130).contains(&r) && b == 255), "half of it shows");
        // Words leave ink where they stand, and none left of it.
        let reds = |from: u32, to: u32| {
            (from..to)
                .flat_map(|x| (0..120).map(move |y| (x, y)))
                .filter(|(x, y)| at(*x, *y).is_some_and(|(r, g, _)| r > g))
        };
        assert!(reds(20, 100).count() > 100 && reds(0, 18).count() == 0);
        let svg = picture.svg();
        for part in [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"120\" height=\"60\" viewBox=\"0 0 120 60\"",
            "&lt;&amp;&quot;é&gt;",
            "rotate(30 10 30)",
            "<circle cx=\"100\" cy=\"40\" r=\"6\" fill=\"#008000\" stroke=\"#000000\"",
            "opacity=\"0.5\"",
        ] {
            assert!(svg.contains(part), "{part}\n{svg}");
        }
        assert_eq!(svg.matches('<').count(), svg.matches('>').count(), "no word breaks out of its place");
        Ok(())
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let huge = Drawing::new(1e6, 1e6, Ink(0, 0, 0));
        assert_eq!(huge.png(1.0), Err(DrawingError::TooLarge(1_000_000, 1_000_000)));
    }

    #[test]
    fn a_word_is_as_wide_as_its_letters() {
        assert!(width("iii", Font::Sans, 12.0) < width("mmm", Font::Sans, 12.0));
        assert!((width("iii", Font::Mono, 12.0) - width("mmm", Font::Mono, 12.0)).abs() < 1e-9);
        assert!(width("", Font::Sans, 12.0).abs() < 1e-9);
    }
}
