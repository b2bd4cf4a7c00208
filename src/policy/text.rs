//! Untrusted text made visible: the one type that may reach a screen.

use std::fmt;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

use crate::model::AgentText;

/// Code points a single grapheme may have before the rest is named instead of drawn.
const LONGEST_GRAPHEME: usize = 8;

/// Text that is safe to print: every control, bidi, invisible and overlong sequence is spelled out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visible(String);

impl Visible {
    /// One line: line ends and tabs are shown as well.
    pub fn line(text: &AgentText) -> Self {
        Self::of(text.raw())
    }

    /// The same for raw text that is known to come from outside, such as a path.
    pub fn of(text: &str) -> Self {
        if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Self(text.to_owned());
        }
        let mut out = String::with_capacity(text.len() + 16);
        for grapheme in text.graphemes(true) {
            push_grapheme(&mut out, grapheme);
        }
        Self(out)
    }

    /// A line of code with its tabs at their columns: each is `→` and the spaces to the next stop, of which there
    /// is one every `tab` cells. An arrow of the text itself is spelled out where it would look like a tab.
    pub fn tabbed(text: &str, tab: usize) -> Self {
        let mut out = String::with_capacity(text.len() + 16);
        let mut column = 0;
        for (at, grapheme) in text.grapheme_indices(true) {
            let from = out.len();
            let cells = to_stop(column, tab);
            match grapheme {
                "\t" => push_tab(&mut out, cells),
                "→" if text[at + grapheme.len()..].chars().take(cells - 1).all(|c| c == ' ') => {
                    push_char(&mut out, '→', true);
                }
                _ => push_grapheme(&mut out, grapheme),
            }
            column += out[from..].width();
        }
        Self(out)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Width in terminal cells.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// At most `cells` wide, with `…` where something was cut.
    pub fn fit(&self, cells: usize) -> String {
        fit(&self.0, cells)
    }
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Cells from a column to the next tab stop, at least one.
pub fn to_stop(column: usize, tab: usize) -> usize {
    let tab = tab.max(1);
    tab - column % tab
}

/// A tab that takes so many cells.
pub fn push_tab(out: &mut String, cells: usize) {
    out.push('→');
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(1)));
}

/// Cuts visible text to a width in cells, with `…` where something was cut.
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

/// True for a character that ordinary text does not show: controls (but tab and line feed), bidi,
/// zero-width, tag and variation characters.
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n')) || is_invisible(c)
}

/// True when a line mixes letters of scripts that look alike within one word.
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
    is_listed(c) || takes_no_room(c)
}

/// True for what takes no cell and is no mark upon the letter before it: code points that nobody has
/// given a meaning yet are drawn as nothing by some terminals.
fn takes_no_room(c: char) -> bool {
    let joins = is_combining_mark(c) || matches!(c, '\u{1161}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}');
    !c.is_control() && c.width() == Some(0) && !joins
}

fn is_listed(c: char) -> bool {
    matches!(c,
        // Spaces that are not the space: text that looks the same and is not.
        '\u{00A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}'
        | '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

fn push_grapheme(out: &mut String, grapheme: &str) {
    // Nothing stands here that a mark of the agent's could stand on: what is before is another text, or ours.
    let mut is_bare = true;
    for (at, c) in grapheme.chars().enumerate() {
        if at >= LONGEST_GRAPHEME {
            let left = grapheme.chars().count() - at;
            out.push_str(&format!("⟨+{left}⟩"));
            break;
        }
        let is_mark = c.width() == Some(0) && !is_spelled(c);
        let needs_base = is_mark && is_bare;
        let stands = needs_base && format!("◌{c}").graphemes(true).count() == 1;
        if stands {
            out.push('◌');
        }
        let spelled = is_spelled(c) || needs_base && !stands;
        is_bare = spelled;
        push_char(out, c, spelled);
    }
}

/// True for what is told by its picture or its number.
fn is_spelled(c: char) -> bool {
    // Private use: no two fonts agree on it, and terminals disagree on its width.
    c.is_control() || is_invisible(c) || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

fn push_char(out: &mut String, c: char, spelled: bool) {
    match c {
        '\t' => out.push('→'),
        // Control pictures stand at U+2400 plus the control's own number.
        '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('␦')),
        '\u{7f}' => out.push('␡'),
        c if spelled => out.push_str(&format!("⟨U+{:04X}⟩", c as u32)),
        c => out.push(c),
    }
}

/// JSON whose strings hold no character that a terminal would act on or hide: such characters are
/// written as `\uXXXX`, which every JSON reader turns back.
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
    fn attacks_are_spelled_out() {
        let show = |text: &str| Visible::of(text).to_string();
        assert_eq!(show("a\x1b]0;pwned\x07b"), "a␛]0;pwned␇b");
        assert_eq!(show("x\u{9b}31m"), "x⟨U+009B⟩31m");
        assert_eq!(show("\u{202e}evil"), "⟨U+202E⟩evil");
        assert_eq!(show("a\tb\rc\x08d"), "a→b␍c␈d");
        assert_eq!(show("a\u{200d}b\u{e0101}\u{3164}"), "a⟨U+200D⟩b⟨U+E0101⟩⟨U+3164⟩");
        assert_eq!(show("日本é"), "日本é");
        // No one has given these a meaning, and they take no room.
        assert_eq!(show("a\u{5c8}\u{5c9}b"), "a⟨U+05C8⟩⟨U+05C9⟩b");
        assert!(!is_hidden('\u{301}'));
        assert_eq!(show("\u{1160}\u{11cc}x"), "⟨U+1160⟩⟨U+11CC⟩x");
        assert_eq!(show("\u{317}\u{17b4}x"), "◌\u{317}⟨U+17B4⟩x", "a mark does not join what stands before");
        assert_eq!(show("\u{1100}\u{1161}"), "\u{1100}\u{1161}", "letters that are composed are seen");
        let zalgo = format!("z{}", "\u{0301}".repeat(50));
        assert!(show(&zalgo).contains("⟨+43⟩"));
        assert!(mixes_scripts("pаypal") && !mixes_scripts("paypal привет"));
    }

    #[test]
    fn tabs_reach_their_stops() {
        let show = |text: &str| Visible::tabbed(text, 4).to_string();
        assert_eq!(show("\t\treturn 1"), "→   →   return 1");
        assert_eq!(show("a\tb\tc"), "a→  b→  c");
        assert_eq!(show("abcd\te"), "abcd→   e");
        assert_eq!(show("日本\tx"), "日本→   x", "letters of two cells count as two");
        assert_eq!(show("\u{202e}\tx"), "⟨U+202E⟩→   x", "what is spelled out takes its room");
        assert_eq!(show("\t\u{301}x"), "→   ◌\u{301}x");
        assert_eq!(Visible::tabbed("\tx", 8).to_string(), "→       x");
        assert_eq!(Visible::tabbed("\t\tx", 1).to_string(), "→→x");
        // An arrow that somebody wrote is no tab, and does not look like one.
        assert_eq!(show("→   x"), "⟨U+2192⟩   x");
        assert_eq!(show("x →"), "x ⟨U+2192⟩");
        assert_eq!(show("(B, T) → y"), "(B, T) ⟨U+2192⟩ y");
        assert_eq!(show("rows → b"), "rows → b", "a tab would reach further here");
        assert_eq!(Visible::of("a\tb").to_string(), "a→b", "in a sentence it is one cell");
    }

    #[test]
    fn json_stays_json() {
        let json = serde_json::to_string(&"a\u{202e}\u{9b}\u{e0041}b").unwrap_or_default();
        let safe = json_for_terminals(&json);
        assert!(safe.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&safe).ok().as_deref(), Some("a\u{202e}\u{9b}\u{e0041}b"));
    }

    #[test]
    fn every_code_point_takes_room_or_stands_on_a_letter() {
        for c in '\0'..=char::MAX {
            let shown = show_between(c);
            let alone = shown.as_str().graphemes(true).find(|grapheme| grapheme.width() == 0);
            assert_eq!(alone, None, "U+{:04X}: {shown}", c as u32);
            assert_eq!(Visible::of(shown.as_str()), shown, "U+{:04X}", c as u32);
        }
    }

    fn show_between(c: char) -> Visible {
        Visible::of(&format!("a{c}b"))
    }

    proptest! {
        /// What is shown can be read back: arrows that reach a stop are tabs, and no others.
        #[test]
        fn tabs_are_told_from_everything_else(text in "[\t →a日]{0,24}", tab in 1usize..=16) {
            let shown = Visible::tabbed(&text, tab);
            let mut read = String::new();
            let mut column = 0;
            let mut rest = shown.as_str();
            while let Some(c) = rest.chars().next() {
                let cells = to_stop(column, tab);
                let after = &rest[c.len_utf8()..];
                let spaces = after.chars().take_while(|c| *c == ' ').count();
                if let Some(after) = rest.strip_prefix("⟨U+2192⟩") {
                    read.push('→');
                    column += 8;
                    rest = after;
                } else if c == '→' && spaces >= cells - 1 {
                    read.push('\t');
                    column += cells;
                    rest = &after[cells - 1..];
                } else {
                    read.push(c);
                    column += c.width().unwrap_or(0);
                    rest = after;
                }
            }
            prop_assert_eq!(read, text);
            prop_assert_eq!(column, shown.width());
        }

        #[test]
        fn nothing_hidden_gets_through(text in "\\PC*|(?s).*") {
            let shown = Visible::of(&text);
            prop_assert!(!shown.as_str().chars().any(|c| c.is_control() || is_invisible(c)));
        }

        #[test]
        fn fit_fits(text in "(?s).{0,60}", cells in 0usize..40) {
            prop_assert!(Visible::of(&text).fit(cells).width() <= cells);
        }
    }
}
