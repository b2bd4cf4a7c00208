//! The fonts that the program brings along.

use std::sync::OnceLock;

use ttf_parser::GlyphId;

/// A font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    /// For words and numbers of charts.
    Sans,
    /// Every letter as wide as any other: for screens.
    Mono,
}

impl Font {
    /// Its name for whoever has it, and what to take otherwise.
    pub(super) fn family(self) -> &'static str {
        match self {
            Self::Sans => "DejaVu Sans, Verdana, sans-serif",
            Self::Mono => "DejaVu Sans Mono, Menlo, Consolas, monospace",
        }
    }

    fn read(self) -> Option<&'static ttf_parser::Face<'static>> {
        static SANS: OnceLock<Option<ttf_parser::Face<'static>>> = OnceLock::new();
        static MONO: OnceLock<Option<ttf_parser::Face<'static>>> = OnceLock::new();
        // They are compiled in: a test reads them.
        let read = |bytes| ttf_parser::Face::parse(bytes, 0).ok();
        match self {
            Self::Sans => SANS.get_or_init(|| read(dejavu::sans::regular())).as_ref(),
            Self::Mono => MONO.get_or_init(|| read(dejavu::sans_mono::regular())).as_ref(),
        }
    }
}

/// One letter as it is drawn.
pub(super) struct Letter {
    pub(super) face: &'static ttf_parser::Face<'static>,
    pub(super) glyph: GlyphId,
    /// Pixels from the start of the words.
    pub(super) x: f64,
    /// Pixels for each unit of the font.
    pub(super) scale: f64,
}

/// The letters of a text, and how many pixels wide it is. What the fonts have no letter for is their empty box.
pub(super) fn letters(text: &str, face: Font, size: f64) -> (Vec<Letter>, f64) {
    let (mut letters, mut x) = (Vec::new(), 0.0);
    let Some(main) = face.read() else { return (letters, x) };
    for c in text.chars() {
        // The font of screens has no braille, of which its charts are.
        let other = || Some((Font::Sans.read()?, Font::Sans.read()?.glyph_index(c)?));
        let (face, glyph) = main.glyph_index(c).map(|glyph| (main, glyph)).or_else(other).unwrap_or((main, GlyphId(0)));
        let scale = size / f64::from(face.units_per_em());
        letters.push(Letter { face, glyph, x, scale });
        x += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
    }
    (letters, x)
}

/// How many pixels wide a text is.
pub fn width(text: &str, face: Font, size: f64) -> f64 {
    letters(text, face, size).1
}
