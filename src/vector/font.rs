//! The fonts that are built into the program.

use std::sync::OnceLock;

use ttf_parser::GlyphId;

/// A font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    /// Proportional, for the text and numbers of charts.
    Sans,
    /// Fixed width, for screens.
    Mono,
}

impl Font {
    /// Its name as a font family, with the generic fallback.
    pub(super) fn family(self) -> &'static str {
        match self {
            Self::Sans => "DejaVu Sans, Verdana, sans-serif",
            Self::Mono => "DejaVu Sans Mono, Menlo, Consolas, monospace",
        }
    }

    fn read(self) -> Option<&'static ttf_parser::Face<'static>> {
        static SANS: OnceLock<Option<ttf_parser::Face<'static>>> = OnceLock::new();
        static MONO: OnceLock<Option<ttf_parser::Face<'static>>> = OnceLock::new();
        // They are compiled in, and a test reads them: this cannot fail.
        let read = |bytes| ttf_parser::Face::parse(bytes, 0).ok();
        match self {
            Self::Sans => SANS.get_or_init(|| read(dejavu::sans::regular())).as_ref(),
            Self::Mono => MONO.get_or_init(|| read(dejavu::sans_mono::regular())).as_ref(),
        }
    }
}

/// One positioned glyph.
pub(super) struct Letter {
    pub(super) face: &'static ttf_parser::Face<'static>,
    pub(super) glyph: GlyphId,
    /// Pixels from the start of the text.
    pub(super) x: f64,
    /// Pixels per font unit.
    pub(super) scale: f64,
}

/// The glyphs of a text, and its width in pixels. A character that no font has becomes the font's empty box.
pub(super) fn letters(text: &str, face: Font, size: f64) -> (Vec<Letter>, f64) {
    let (mut letters, mut x) = (Vec::new(), 0.0);
    let Some(main) = face.read() else { return (letters, x) };
    for c in text.chars() {
        // The fixed-width font has no braille, which charts on screens are made of.
        let other = || Some((Font::Sans.read()?, Font::Sans.read()?.glyph_index(c)?));
        let (face, glyph) = main.glyph_index(c).map(|glyph| (main, glyph)).or_else(other).unwrap_or((main, GlyphId(0)));
        let scale = size / f64::from(face.units_per_em());
        letters.push(Letter { face, glyph, x, scale });
        x += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
    }
    (letters, x)
}

/// The width of a text in pixels.
pub fn width(text: &str, face: Font, size: f64) -> f64 {
    letters(text, face, size).1
}
