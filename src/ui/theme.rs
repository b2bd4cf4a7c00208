//! Styles by meaning. The only file that names a colour.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use serde_yaml::Spanned;

macro_rules! meanings {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// A style for each meaning.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct Theme {
            $($(#[$doc])+ pub $name: Style,)+
        }

        impl Theme {
            fn slot(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }

            fn each(&mut self, mut change: impl FnMut(&mut Style)) {
                $(change(&mut self.$name);)+
            }
        }
    };
}

meanings! {
    /// The screen behind everything.
    screen,
    /// Ordinary text.
    text,
    /// Less important text.
    muted,
    /// Titles.
    title,
    /// Names of values.
    label,
    /// The selected row.
    selected,
    /// Something went well.
    good,
    /// A warning.
    warning,
    /// Something went wrong.
    bad,
    /// A critical finding.
    critical,
    /// An added line.
    added,
    /// A removed line.
    removed,
    /// The words of an added line that are new.
    added_word,
    /// The words of a removed line that are gone.
    removed_word,
    /// The text and background of an added line.
    added_line,
    /// The text and background of a removed line.
    removed_line,
    /// An excluded line.
    left_out,
    /// A match of the search.
    found,
    /// The row of the cursor.
    cursor_line,
    /// A keyword.
    syntax_keyword,
    /// A string.
    syntax_text,
    /// A number or constant.
    syntax_number,
    /// A comment.
    syntax_comment,
    /// The name of a function.
    syntax_function,
    /// The name of a type.
    syntax_type,
    /// The heading of a hunk.
    hunk,
    /// The heading of a file.
    file,
    /// The main curve.
    curve,
    /// The curve it is compared with.
    base_curve,
    /// The raw curve under a smoothed one, and the range of several runs.
    raw_curve,
    /// The first overlay, and every third one after it.
    overlay_1,
    /// The second overlay, and every third one after it.
    overlay_2,
    /// The third overlay, and every third one after it.
    overlay_3,
    /// The forecast of a curve's end.
    expected,
    /// The cursor of the curves.
    cursor,
    /// Kept experiments.
    kept,
    /// Discarded experiments.
    discarded,
    /// The running best.
    best,
    /// The bound that no honest experiment can pass.
    bound,
    /// Keys.
    key,
}

/// The number of colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// No colours: bold and underlined text only.
    None,
    /// The 16 colours of its palette.
    Sixteen,
    /// 256 colours.
    Indexed,
    /// 24-bit colours.
    Full,
}

/// The shipped themes: name and text.
pub const SHIPPED: [(&str, &str); 5] = [
    ("dark", include_str!("../../themes/dark.yaml")),
    ("light", include_str!("../../themes/light.yaml")),
    ("high-contrast", include_str!("../../themes/high-contrast.yaml")),
    ("colour-blind", include_str!("../../themes/colour-blind.yaml")),
    ("mono", include_str!("../../themes/mono.yaml")),
];

/// An error in a theme file.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file is not a valid YAML theme; the message has line and column.
    #[error("{0}")]
    Unreadable(String),
    /// The name of a style is unknown.
    #[error("line {line}: unknown style `{name}`; themes/dark.yaml lists them")]
    UnknownMeaning {
        /// The unknown word.
        name: String,
        /// Its line, from 1.
        line: u64,
    },
    /// A word is not a colour or modifier.
    #[error("line {line}: `{word}` is not a colour or modifier")]
    UnknownWord {
        /// The unknown word.
        word: String,
        /// Its line, from 1.
        line: u64,
    },
    /// The theme to be `like` is unknown.
    #[error("line {line}: unknown theme `{name}` in `like`")]
    UnknownTheme {
        /// The unknown word.
        name: String,
        /// Its line, from 1.
        line: u64,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StyleWords {
    One(String),
    Many(Vec<String>),
}

impl Theme {
    /// Returns the theme without colours, for `NO_COLOR` and dumb terminals.
    pub fn mono() -> Self {
        // A test parses it; without styles, glyphs and words still carry all information.
        Self::parse(include_str!("../../themes/mono.yaml")).unwrap_or_default()
    }

    /// Returns the default theme.
    pub fn dark() -> Self {
        Self::parse(include_str!("../../themes/dark.yaml")).unwrap_or_default()
    }

    /// Parses a theme file. Styles that it does not set are those of the theme in `like`, or of the dark one.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let file: BTreeMap<String, Spanned<StyleWords>> =
            serde_yaml::from_str(text).map_err(|error| ThemeError::Unreadable(error.to_string()))?;
        let mut theme = match file.get("like") {
            Some(like) => Self::like(like)?,
            None if text == SHIPPED[0].1 => Self::default(),
            None => Self::dark(),
        };
        for (name, words) in file.iter().filter(|(name, _)| *name != "like") {
            let line = words.referenced.line();
            let slot = theme.slot(name).ok_or_else(|| ThemeError::UnknownMeaning { name: name.clone(), line })?;
            *slot = match &words.value {
                StyleWords::One(word) => style(std::slice::from_ref(word), line)?,
                StyleWords::Many(words) => style(words, line)?,
            };
        }
        Ok(theme)
    }

    fn like(words: &Spanned<StyleWords>) -> Result<Self, ThemeError> {
        let name = match &words.value {
            StyleWords::One(name) => name.as_str(),
            StyleWords::Many(_) => "",
        };
        match SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            // Shipped themes have no `like`, so this does not recurse.
            Some((_, text)) => Self::parse(text),
            None => Err(ThemeError::UnknownTheme { name: name.to_owned(), line: words.referenced.line() }),
        }
    }

    /// Converts the theme for a terminal with fewer colours: each becomes the nearest available one.
    pub fn fitted(mut self, depth: Depth) -> Self {
        let fit = |colour: &mut Option<Color>| {
            *colour = colour.and_then(|colour| match depth {
                Depth::Full => Some(colour),
                Depth::Indexed => Some(indexed(colour)),
                Depth::Sixteen => Some(sixteen(colour)),
                Depth::None => None,
            });
        };
        match depth {
            Depth::Full => {}
            Depth::Indexed => {
                for style in [&mut self.added_line, &mut self.removed_line] {
                    style.bg = style.bg.map(tint);
                }
            }
            // Without shades for backgrounds, the text itself gets the colour, and the selected row is reversed.
            Depth::Sixteen | Depth::None => {
                if self.selected.bg.is_some() {
                    self.selected = Style { fg: None, bg: None, ..self.selected }.reversed();
                }
                (self.added_line, self.removed_line) = (self.added, self.removed);
                self.cursor_line.bg = None;
            }
        }
        self.each(|style| {
            fit(&mut style.fg);
            fit(&mut style.bg);
        });
        self
    }

    /// Returns the style of the overlay with this number, from 0.
    pub fn overlay(&self, at: usize) -> Style {
        [self.overlay_1, self.overlay_2, self.overlay_3][at % 3]
    }
}

fn style(words: &[String], line: u64) -> Result<Style, ThemeError> {
    words.iter().try_fold(Style::default(), |style, word| {
        let modifier = match word.as_str() {
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "italic" => Some(Modifier::ITALIC),
            "underlined" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            _ => None,
        };
        if let Some(modifier) = modifier {
            return Ok(style.add_modifier(modifier));
        }
        let unknown = || ThemeError::UnknownWord { word: word.clone(), line };
        let colour = |name: &str| name.replace('_', "").parse::<Color>().map_err(|_| unknown());
        match word.strip_prefix("on_") {
            Some(name) => Ok(style.bg(colour(name)?)),
            None => Ok(style.fg(colour(word)?)),
        }
    })
}

/// The 16 colours of a terminal's palette, by number.
const PALETTE: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The channel values of the 6x6x6 cube in the 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn indexed(colour: Color) -> Color {
    let Color::Rgb(r, g, b) = colour else { return colour };
    let all = (16..=255u8).map(|index| (index, rgb_of(index)));
    all.min_by_key(|(_, known)| distance(*known, [r, g, b])).map_or(colour, |(index, _)| Color::Indexed(index))
}

/// Returns a background in the 256 colours, with its hue kept: the nearest dark colour would be a grey.
fn tint(colour: Color) -> Color {
    let Color::Rgb(r, g, b) = colour else { return colour };
    let high = r.max(g).max(b);
    if high >= CUBE[1] {
        return colour;
    }
    let part = |part: u8| u8::from(part > high - high / 4);
    Color::Indexed(16 + 36 * part(r) + 6 * part(g) + part(b))
}

/// Returns the nearest of the 16 colours by hue, then brightness, so that dark green does not become black.
fn sixteen(colour: Color) -> Color {
    let rgb = match colour {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(index @ 0..=15) => return PALETTE[usize::from(index)],
        Color::Indexed(index) => rgb_of(index),
        named => return named,
    };
    let (low, high) = rgb.iter().fold((u8::MAX, 0), |(low, high), part| (low.min(*part), high.max(*part)));
    if high - low < COLOURFUL {
        return match high {
            ..64 => Color::Black,
            64..178 => Color::DarkGray,
            178..242 => Color::Gray,
            242.. => Color::White,
        };
    }
    // The palette counts red, green and blue in its first three bits, and bright ones from 8 on.
    let middle = low.midpoint(high);
    let hue = rgb.iter().enumerate().filter(|(_, part)| **part > middle).map(|(bit, _)| 1 << bit).sum::<usize>();
    PALETTE[hue + if high > BRIGHT { 8 } else { 0 }]
}

/// A colour whose channels differ by less is a shade of grey.
const COLOURFUL: u8 = 40;
/// A colour with a channel above this is a bright one of the palette.
const BRIGHT: u8 = 200;

/// Returns one of the upper 240 of the 256 colours.
fn rgb_of(index: u8) -> [u8; 3] {
    if index >= 232 {
        return [8 + 10 * (index - 232); 3];
    }
    let at = index.saturating_sub(16);
    [CUBE[usize::from(at / 36)], CUBE[usize::from(at / 6 % 6)], CUBE[usize::from(at % 6)]]
}

/// The usual values of the 16 colours of the palette.
const USUAL: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 49, 49],
    [13, 160, 96],
    [190, 160, 20],
    [60, 120, 216],
    [188, 63, 188],
    [17, 160, 190],
    [204, 204, 204],
    [118, 118, 118],
    [241, 76, 76],
    [35, 209, 139],
    [245, 220, 67],
    [80, 160, 245],
    [214, 112, 214],
    [41, 200, 230],
    [255, 255, 255],
];

/// The red, green and blue channels.
type Rgb = [u8; 3];

/// Returns the text and background colours of a style; `None` for the terminal's default.
pub(super) fn looks(style: Style) -> (Option<Rgb>, Option<Rgb>) {
    let looks = |colour: Option<Color>| match colour? {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index @ 0..=15) => Some(USUAL[usize::from(index)]),
        Color::Indexed(index) => Some(rgb_of(index)),
        named => PALETTE.iter().position(|known| *known == named).map(|at| USUAL[at]),
    };
    (looks(style.fg), looks(style.bg))
}

/// Returns the approximate perceived distance of two colours: green counts most.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let square = |at: usize| u32::from(a[at].abs_diff(b[at])).pow(2);
    2 * square(0) + 4 * square(1) + 3 * square(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_reads_and_mono_has_no_colour() -> Result<(), ThemeError> {
        for (name, text) in SHIPPED {
            let theme = Theme::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(name == "mono" || theme.bad.fg.is_some(), "{name}");
        }
        let mut coloured = 0;
        Theme::parse(SHIPPED[4].1)?.each(|style| coloured += usize::from(style.fg.is_some() || style.bg.is_some()));
        assert_eq!(coloured, 0);
        Ok(())
    }

    #[test]
    fn a_theme_changes_only_what_it_names() -> Result<(), ThemeError> {
        let theme = Theme::parse("like: light\nbad: [\"#ff8800\", bold]\nkey: magenta\n")?;
        let light = Theme::parse(SHIPPED[1].1)?;
        assert_eq!(theme.bad.fg, Some(Color::Rgb(255, 136, 0)));
        assert_eq!(theme.key.fg, Some(Color::Magenta));
        assert_eq!(Theme { bad: light.bad, key: light.key, ..theme }, light);
        assert_eq!(Theme::parse("{}")?, Theme::dark());
        Ok(())
    }

    #[test]
    fn mistakes_are_located() {
        for (text, wanted) in [
            ("text: []\nbda: [red]", "line 2: unknown style `bda`"),
            ("text: []\nbad: [rde]", "line 2: `rde` is not a colour"),
            ("like: drak", "line 1: unknown theme `drak`"),
            ("text: [", "line"),
        ] {
            let message = Theme::parse(text).map_err(|error| error.to_string()).err().unwrap_or_default();
            assert!(message.contains(wanted), "{text}: {message}");
        }
    }

    #[test]
    fn fewer_colours_are_the_nearest_ones() {
        assert_eq!(indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(indexed(Color::Rgb(128, 128, 128)), Color::Indexed(244));
        assert_eq!(sixteen(Color::Rgb(250, 5, 5)), Color::LightRed);
        assert_eq!(sixteen(Color::Rgb(17, 99, 41)), Color::Green, "dark green is not black");
        assert_eq!(sixteen(Color::Rgb(31, 35, 40)), Color::Black);
        assert_eq!(sixteen(Color::Rgb(255, 255, 255)), Color::White);
        assert_eq!(sixteen(Color::Indexed(1)), Color::Red);
        assert_eq!(sixteen(Color::Green), Color::Green);
        let theme = Theme { bad: Style::default().fg(Color::Rgb(1, 2, 3)).bg(Color::Red), ..Theme::default() };
        assert_eq!(theme.fitted(Depth::None).bad, Style::default());
    }
}
