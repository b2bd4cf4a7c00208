//! A picture as PNG.

use tiny_skia::{FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, PixmapMut, Rect, Stroke, StrokeDash, Transform};
use ttf_parser::OutlineBuilder;

use super::font::letters;
use super::{Colour, Drawing, DrawingError, LineStyle, Shape, TextAnchor, TextRun};

/// Largest number of pixels of a picture.
const MOST_PIXELS: u64 = 64 << 20;

pub(super) fn write(picture: &Drawing, scale: f64) -> Result<Vec<u8>, DrawingError> {
    let (width, height) = ((picture.width * scale).ceil() as u32, (picture.height * scale).ceil() as u32);
    let too_large = || DrawingError::TooLarge(width, height);
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(too_large());
    }
    let mut pixels = Pixmap::new(width, height).ok_or_else(too_large)?;
    let mut plane = PixelPlane { pixels: pixels.as_mut(), scale: Transform::from_scale(scale as f32, scale as f32) };
    picture.shapes.iter().for_each(|shape| plane.shape(shape));
    pixels.encode_png().map_err(|error| DrawingError::Png(error.to_string()))
}

struct PixelPlane<'a> {
    pixels: PixmapMut<'a>,
    scale: Transform,
}

impl PixelPlane<'_> {
    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Rect(x, y, width, height, ink) => {
                if let Some(rect) = Rect::from_xywh(*x as f32, *y as f32, *width as f32, *height as f32) {
                    self.pixels.fill_rect(rect, &paint(*ink, 1.0), self.scale, None);
                }
            }
            Shape::Path(points, LineStyle { colour: ink, width, opacity, is_dashed: dashed }) => {
                let dash = dashed.then(|| StrokeDash::new(vec![5.0, 4.0], 0.0)).flatten();
                let stroke = Stroke { width: *width as f32, line_join: LineJoin::Round, dash, ..Stroke::default() };
                if let Some(path) = through(points, false) {
                    self.pixels.stroke_path(&path, &paint(*ink, *opacity), &stroke, self.scale, None);
                }
            }
            Shape::Area(points, ink, opacity) => {
                if let Some(path) = through(points, true) {
                    self.fill(&path, *ink, *opacity, self.scale);
                }
            }
            Shape::Disc((x, y), radius, ink, rim) => {
                let Some(disc) = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32) else { return };
                self.fill(&disc, *ink, 1.0, self.scale);
                if let Some(rim) = rim {
                    self.pixels.stroke_path(&disc, &paint(*rim, 1.0), &Stroke::default(), self.scale, None);
                }
            }
            Shape::Text(words) => self.words(words),
        }
    }

    fn fill(&mut self, path: &Path, ink: Colour, opacity: f64, place: Transform) {
        self.pixels.fill_path(path, &paint(ink, opacity), FillRule::Winding, place, None);
    }

    fn words(&mut self, words: &TextRun) {
        let (letters, width) = letters(&words.text, words.face, words.size);
        let start = match words.anchor {
            TextAnchor::Start => 0.0,
            TextAnchor::Middle => -width / 2.0,
            TextAnchor::End => -width,
        };
        let (x, y) = (words.at.0 as f32, words.at.1 as f32);
        let place = self.scale.pre_concat(Transform::from_rotate_at(words.rotation as f32, x, y)).pre_translate(x, y);
        for letter in letters {
            let mut outline = GlyphOutline(PathBuilder::new());
            letter.face.outline_glyph(letter.glyph, &mut outline);
            if let Some(path) = outline.0.finish() {
                let scale = letter.scale as f32;
                let place = place.pre_translate((start + letter.x) as f32, 0.0).pre_scale(scale, -scale);
                self.fill(&path, words.ink, 1.0, place);
            }
        }
    }
}

fn paint(Colour(r, g, b): Colour, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint.anti_alias = true;
    paint
}

fn through(points: &[(f64, f64)], close: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    path.move_to(first.0 as f32, first.1 as f32);
    for (x, y) in rest {
        path.line_to(*x as f32, *y as f32);
    }
    if close {
        path.close();
    }
    path.finish()
}

struct GlyphOutline(PathBuilder);

impl OutlineBuilder for GlyphOutline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
