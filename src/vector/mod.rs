//! Pictures: shapes and text on a plane, written as SVG or PNG. Independent of what they show.
//!
//! Both formats are written from the same shapes with the same built-in fonts, because a training machine may have
//! none.

mod font;
mod png;
mod svg;

pub use font::{Font, width};

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// The alignment of a text to its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextAnchor {
    /// Starts at it.
    Start,
    /// Is centred on it.
    Middle,
    /// Ends at it.
    End,
}

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRun {
    /// Its position on the baseline: pixels from the left and from the top.
    pub at: (f64, f64),
    /// The characters: visible text.
    pub text: String,
    /// Height of the font in pixels.
    pub size: f64,
    /// The font.
    pub face: Font,
    /// The colour.
    pub ink: Colour,
    /// The alignment to the position.
    pub anchor: TextAnchor,
    /// The rotation around the position, in degrees, clockwise.
    pub rotation: f64,
}

/// The look of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStyle {
    /// Its colour.
    pub colour: Colour,
    /// Its width in pixels.
    pub width: f64,
    /// Its opacity, from 0 to 1.
    pub opacity: f64,
    /// True for dashes.
    pub is_dashed: bool,
}

impl LineStyle {
    /// Returns a solid, opaque line.
    pub fn of(colour: Colour, width: f64) -> Self {
        Self { colour, width, opacity: 1.0, is_dashed: false }
    }
}

/// One shape of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle: left, top, width, height, filled.
    Rect(f64, f64, f64, f64, Colour),
    /// A line through points.
    Path(Vec<(f64, f64)>, LineStyle),
    /// A filled polygon: its colour and opacity from 0 to 1.
    Area(Vec<(f64, f64)>, Colour, f64),
    /// A filled circle: centre, radius, colour, and the colour of its outline, if it has one.
    Disc((f64, f64), f64, Colour, Option<Colour>),
    /// A line of text.
    Text(TextRun),
}

/// A picture: shapes, drawn in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// Its shapes, the bottom one first.
    pub shapes: Vec<Shape>,
}

/// The reason why a picture could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawingError {
    /// It would take too much memory.
    #[error("a picture of {0} by {1} pixels is too large")]
    TooLarge(u32, u32),
    /// Writing it as PNG failed.
    #[error("cannot write it as PNG: {0}")]
    Png(String),
}

impl Drawing {
    /// A picture of a background only.
    pub fn new(width: f64, height: f64, background: Colour) -> Self {
        Self { width, height, shapes: vec![Shape::Rect(0.0, 0.0, width, height, background)] }
    }

    /// Writes it as SVG.
    pub fn svg(&self) -> String {
        svg::write(self)
    }

    /// Writes it as PNG, with `scale` pixels for each pixel of the picture.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, DrawingError> {
        png::write(self, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Drawing {
        let mut picture = Drawing::new(120.0, 60.0, Colour(255, 255, 255));
        let words = |text: &str, face, turned| {
            Shape::Text(TextRun {
                at: (10.0, 30.0),
                text: text.to_owned(),
                size: 12.0,
                face,
                ink: Colour(200, 0, 0),
                anchor: TextAnchor::Start,
                rotation: turned,
            })
        };
        picture.shapes.extend([
            Shape::Disc((100.0, 40.0), 6.0, Colour(0, 128, 0), Some(Colour(0, 0, 0))),
            Shape::Path(vec![(0.0, 55.5), (120.0, 55.5)], LineStyle::of(Colour(0, 0, 255), 1.0)),
            Shape::Area(vec![(60.0, 0.0), (80.0, 0.0), (80.0, 20.0), (60.0, 20.0)], Colour(0, 0, 255), 0.5),
            words("<&\"é>", Font::Sans, 0.0),
            words("⠿漢", Font::Mono, 30.0),
        ]);
        picture
    }

    #[test]
    fn svg_and_png_show_the_same() -> Result<(), Box<dyn std::error::Error>> {
        let picture = picture();
        let png = picture.png(2.0)?;
        let pixels = tiny_skia::Pixmap::decode_png(&png)?;
        assert_eq!((pixels.width(), pixels.height()), (240, 120));
        let at = |x: u32, y: u32| pixels.pixel(x, y).map(|p| (p.red(), p.green(), p.blue()));
        assert_eq!(at(2, 2), Some((255, 255, 255)), "the background");
        assert_eq!(at(200, 80), Some((0, 128, 0)), "the disc");
        assert_eq!(at(100, 111), Some((0, 0, 255)), "the line");
        assert!(at(140, 20).is_some_and(|(r, _, b)| (126..130).contains(&r) && b == 255), "half of it shows");
        // Text leaves colour at its position, and none to the left of it.
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
    fn a_picture_that_is_too_large_is_refused() {
        let huge = Drawing::new(1e6, 1e6, Colour(0, 0, 0));
        assert_eq!(huge.png(1.0), Err(DrawingError::TooLarge(1_000_000, 1_000_000)));
    }

    #[test]
    fn a_word_is_as_wide_as_its_letters() {
        assert!(width("iii", Font::Sans, 12.0) < width("mmm", Font::Sans, 12.0));
        assert!((width("iii", Font::Mono, 12.0) - width("mmm", Font::Mono, 12.0)).abs() < 1e-9);
        assert!(width("", Font::Sans, 12.0).abs() < 1e-9);
    }
}
