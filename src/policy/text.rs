//! Makes untrusted text visible: the only type that may reach a screen.
//!
//! A character is drawn as it is only if every terminal draws it alike and it cannot be confused with ours: see
//! `agreed`. All others are escaped, and so are the symbols of our own notation: `⟨U+2192⟩` is an arrow in somebody
//! else's text, `→` is a tab. Two different texts never look the same, with or without colours.

mod agreed;
mod measured;

use std::fmt;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

use agreed::is_agreed;
pub(super) use agreed::is_right_to_left;
pub use measured::{MeasuredSigns, to_ask};

use crate::model::{AgentText, byte_of};

/// Text that is safe to print: hidden, doubtful and imitating characters are escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visible(String);

impl Visible {
    /// Converts one line: line ends and tabs are shown as well, and spaces at its end.
    pub fn line(text: &AgentText) -> Self {
        Self::of(text.raw())
    }

    /// Converts raw text that comes from outside, such as a path.
    pub fn of(text: &str) -> Self {
        let bare = text.trim_end_matches(' ');
        let mut shown = Self::part(bare);
        push_blanks(&mut shown.0, text.len() - bare.len());
        shown
    }

    /// Converts like [`Visible::part`], but keeps characters that the terminal was asked about.
    pub fn measured(text: &str, measured: &MeasuredSigns) -> Self {
        if *measured == MeasuredSigns::default() || text.is_ascii() {
            return Self::part(text);
        }
        let mut out = String::with_capacity(text.len() + 16);
        for sign in text.graphemes(true) {
            if measured.draws(sign) {
                out.push_str(sign);
            } else {
                for c in sign.chars() {
                    if measured.draws_letter(c) { push_char(&mut out, c) } else { push_number(&mut out, c) }
                }
            }
        }
        Self(out)
    }

    /// Converts a part of a line that more text follows.
    pub fn part(text: &str) -> Self {
        if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Self(text.to_owned());
        }
        let mut out = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            push_char(&mut out, c);
        }
        Self(out)
    }

    /// Converts a name for use within our own text: anything but a single plain word is quoted, and a blank name is
    /// empty.
    pub fn name(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::default();
        }
        let is_part = |c: char| c.is_alphanumeric() || "_-./:@+%".contains(c);
        if text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(is_part) {
            return Self::part(text);
        }
        Self(format!("\"{}\"", Self::part(text).0.replace('"', "⟨U+0022⟩")))
    }

    /// Converts a name that an agent wrote, like [`Visible::name`].
    pub fn named(text: &AgentText) -> Self {
        Self::name(text.raw())
    }

    /// Converts a sentence of ours or the person's, in which foreign text is visible already: only characters that a
    /// terminal would act on or hide are escaped.
    pub fn message(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if c.is_control() || is_invisible(c) { push_char(&mut out, c) } else { out.push(c) }
        }
        Self(out)
    }

    /// Converts a line of code and aligns its tabs: each is `→` and spaces to the next tab stop, every `tab` cells.
    /// Spaces at its end are `·`.
    pub fn code(text: &str, tab: usize) -> Self {
        let bare = text.trim_end_matches(' ');
        let mut out = String::with_capacity(text.len() + 16);
        for (at, between) in bare.split('\t').enumerate() {
            if at > 0 {
                let cells = to_stop(out.width(), tab);
                push_tab(&mut out, cells);
            }
            out.push_str(&Self::part(between).0);
        }
        push_blanks(&mut out, text.len() - bare.len());
        Self(out)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the width in terminal cells.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Cuts it to at most `cells`, with `…` at the cut.
    pub fn fit(&self, cells: usize) -> String {
        fit(&self.0, cells)
    }
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Appends visible marks for spaces at the end of a line.
pub fn push_blanks(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('·', count));
}

/// Returns the cells from a column to the next tab stop, at least one.
pub fn to_stop(column: usize, tab: usize) -> usize {
    let tab = tab.max(1);
    tab - column % tab
}

/// Appends a tab of a given width in cells.
pub fn push_tab(out: &mut String, cells: usize) {
    out.push('→');
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(1)));
}

/// Cuts visible text to a width in cells, with `…` at the cut.
pub fn fit(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        if used + width + 1 > cells {
            break;
        }
        out.push_str(grapheme);
        used += width;
    }
    if cells > 0 {
        out.push('…');
    }
    out
}

/// True for a character that ordinary text does not show: controls (except tab and line feed), bidi, zero-width, tag
/// and variation characters.
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n')) || is_invisible(c)
}

/// True if a word of the line mixes letters of scripts that look alike.
pub fn mixes_scripts(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| {
        let scripts = word.chars().filter_map(look_alike_script).fold(0u8, |seen, script| seen | script);
        scripts.count_ones() > 1
    })
}

fn look_alike_script(c: char) -> Option<u8> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{00C0}'..='\u{024F}' => Some(1),
        '\u{0370}'..='\u{03FF}' if c.is_alphabetic() => Some(2),
        '\u{0400}'..='\u{052F}' => Some(4),
        '\u{0530}'..='\u{058F}' => Some(8),
        '\u{13A0}'..='\u{13FF}' => Some(16),
        '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => Some(32),
        _ => None,
    }
}

fn is_invisible(c: char) -> bool {
    is_listed(c) || has_no_width(c)
}

/// True for characters without width that are not combining marks: some terminals draw unassigned code points as
/// nothing.
fn has_no_width(c: char) -> bool {
    let joins = is_combining_mark(c) || matches!(c, '\u{1161}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}');
    !c.is_control() && c.width() == Some(0) && !joins
}

fn is_listed(c: char) -> bool {
    matches!(c,
        // Spaces other than the plain one, which look the same.
        '\u{00A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
        // Letters and symbols without ink.
        | '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{16FE4}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

fn push_char(out: &mut String, c: char) {
    match c {
        '\t' => out.push('→'),
        // Control pictures start at U+2400 and follow the order of the control characters.
        '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('␦')),
        '\u{7f}' => out.push('␡'),
        c if is_agreed(c) => out.push(c),
        c => push_number(out, c),
    }
}

fn push_number(out: &mut String, c: char) {
    if let Some(byte) = byte_of(c) {
        return out.push_str(&format!("⟨{byte:02X}⟩"));
    }
    out.push_str(&format!("⟨U+{:04X}⟩", c as u32));
}

/// Escapes JSON so that its strings contain no character that a terminal would act on or hide: such characters become
/// `\uXXXX`, which every JSON reader decodes.
pub fn json_for_terminals(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn attacks_are_escaped() {
        let show = |text: &str| Visible::of(text).to_string();
        assert_eq!(show("a\x1b]0;pwned\x07b"), "a␛]0;pwned␇b");
        assert_eq!(show("x\u{9b}31m"), "x⟨U+009B⟩31m");
        assert_eq!(show("\u{202e}evil"), "⟨U+202E⟩evil");
        assert_eq!(show("a\tb\rc\x08d"), "a→b␍c␈d");
        assert_eq!(show("a\u{200d}b\u{e0101}\u{3164}"), "a⟨U+200D⟩b⟨U+E0101⟩⟨U+3164⟩");
        assert_eq!(show("日本é"), "日本é");
        assert_eq!(show("e\u{301}"), "e⟨U+0301⟩", "it looks like é but is not");
        assert_eq!(show("א"), "⟨U+05D0⟩", "the neighbouring text would be reordered");
        assert_eq!(show("a\u{3248}b"), "a⟨U+3248⟩b", "two cells to some");
        let zalgo = format!("z{}", "\u{0301}".repeat(50));
        assert_eq!(show(&zalgo), format!("z{}", "⟨U+0301⟩".repeat(50)));
        assert!(mixes_scripts("pаypal") && !mixes_scripts("paypal привет"));
    }

    #[test]
    fn our_notation_is_distinguished_from_text_of_others() {
        let show = |text: &str| Visible::of(text).to_string();
        assert_eq!(show("a → b"), "a ⟨U+2192⟩ b");
        assert_eq!(show("⟨U+202E⟩"), "⟨U+27E8⟩U+202E⟨U+27E9⟩");
        assert_eq!(show("␛[2J ⊘ ‼"), "⟨U+241B⟩[2J ⟨U+2298⟩ ⟨U+203C⟩");
        assert_eq!(show("strict "), "strict·");
        assert_eq!(show("strict·"), "strict⟨U+00B7⟩");
        assert_eq!(show("cut…"), "cut⟨U+2026⟩");
        let said = Visible::message("cut… → ⟨U+202E⟩\u{202e}");
        assert_eq!(said.as_str(), "cut… → ⟨U+202E⟩⟨U+202E⟩");
        assert_eq!(Visible::message(said.as_str()), said);
    }

    #[test]
    fn a_name_cannot_imitate_our_sentences() {
        let show = |text: &str| Visible::name(text).to_string();
        assert_eq!(show("val/loss@2"), "val/loss@2");
        assert_eq!(show("−0.01 better"), "\"⟨U+2212⟩0.01 better\"");
        assert_eq!(show("-0.01"), "\"-0.01\"");
        assert_eq!(show("a\", approved by \"you"), "\"a⟨U+0022⟩, approved by ⟨U+0022⟩you\"");
        assert_eq!(show("+1"), "\"+1\"");
        assert_eq!(show("  "), "");
    }

    #[test]
    fn tabs_reach_their_stops() {
        let show = |text: &str| Visible::code(text, 4).to_string();
        assert_eq!(show("\t\treturn 1"), "→   →   return 1");
        assert_eq!(show("a\tb\tc"), "a→  b→  c");
        assert_eq!(show("abcd\te"), "abcd→   e");
        assert_eq!(show("日本\tx"), "日本→   x", "letters of two cells count as two");
        assert_eq!(show("\u{202e}\tx"), "⟨U+202E⟩→   x", "escapes take their width");
        assert_eq!(show("\t\u{301}x"), "→   ⟨U+0301⟩x");
        assert_eq!(Visible::code("\tx", 8).to_string(), "→       x");
        assert_eq!(Visible::code("\t\tx", 1).to_string(), "→→x");
        assert_eq!(show("→   x"), "⟨U+2192⟩   x");
        assert_eq!(show("x →  "), "x ⟨U+2192⟩··");
        assert_eq!(Visible::of("a\tb").to_string(), "a→b", "in a sentence it is one cell");
    }

    #[test]
    fn json_stays_json() {
        let json = serde_json::to_string(&"a\u{202e}\u{9b}\u{e0041}b").unwrap_or_default();
        let safe = json_for_terminals(&json);
        assert!(safe.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&safe).ok().as_deref(), Some("a\u{202e}\u{9b}\u{e0041}b"));
    }

    /// Decodes shown text by the documented rules; `tab` is `None` if a tab is one cell.
    fn read_back(shown: &str, tab: Option<usize>) -> String {
        let mut read = String::new();
        let mut rest = shown;
        while let Some(c) = rest.chars().next() {
            let column = shown[..shown.len() - rest.len()].width();
            rest = &rest[c.len_utf8()..];
            match c {
                '→' => {
                    read.push('\t');
                    let spaces = tab.map_or(0, |tab| to_stop(column, tab) - 1);
                    rest = rest.strip_prefix(&*" ".repeat(spaces)).unwrap_or_else(|| unreachable!("{shown}"));
                }
                '·' => read.push(' '),
                '␡' => read.push('\u{7f}'),
                '\u{2400}'..='\u{241f}' => read.extend(char::from_u32(c as u32 - 0x2400)),
                '⟨' => {
                    let (number, after) = rest.split_once('⟩').unwrap_or_else(|| unreachable!("{shown}"));
                    let number = u32::from_str_radix(number.trim_start_matches("U+"), 16);
                    read.extend(number.ok().and_then(char::from_u32));
                    rest = after;
                }
                c => read.push(c),
            }
        }
        read
    }

    #[test]
    fn every_code_point_can_be_read_back() {
        for c in ('\0'..=char::MAX).filter(|c| byte_of(*c).is_none()) {
            let text = format!("a{c}b");
            let shown = Visible::of(&text);
            assert_eq!(read_back(shown.as_str(), None), text, "U+{:04X}", c as u32);
            // None joins another, and none is without width.
            let cells = shown.as_str().graphemes(true);
            assert!(cells.into_iter().all(|one| one.width() > 0 && one.chars().count() == 1), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn every_byte_has_a_distinct_picture() {
        let picture = |byte: u8| Visible::line(&AgentText::from_bytes(&[b'a', byte])).to_string();
        for byte in 0x80..=0xff_u8 {
            assert_eq!(picture(byte), format!("a⟨{byte:02X}⟩"));
        }
    }

    proptest! {
        /// Two texts never look the same: each can be decoded from its shown form.
        #[test]
        fn shown_text_can_be_read_back(
            text in "(?s)([\t →⟨⟩·…a日]|U\\+2192|\\PC|.){0,24}", tab in 1usize..=16,
        ) {
            prop_assert_eq!(read_back(Visible::of(&text).as_str(), None), text.clone());
            let measured = MeasuredSigns::default().with(to_ask(&text).map(|sign| (sign.to_owned(), true)));
            prop_assert_eq!(read_back(Visible::measured(text.trim_end(), &measured).as_str(), None), text.trim_end());
            prop_assert_eq!(read_back(Visible::code(&text, tab).as_str(), Some(tab)), text);
        }

        #[test]
        fn nothing_hidden_gets_through(text in "\\PC*|(?s).*") {
            for shown in [Visible::of(&text), Visible::message(&text), Visible::name(&text)] {
                prop_assert!(!shown.as_str().chars().any(|c| c.is_control() || is_invisible(c)));
            }
        }

        #[test]
        fn fit_fits(text in "(?s).{0,60}", cells in 0usize..40) {
            prop_assert!(Visible::of(&text).fit(cells).width() <= cells);
        }
    }
}
