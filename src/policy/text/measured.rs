//! Characters whose width only the terminal itself can report.

use std::collections::BTreeSet;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::agreed::{is_agreed, is_ours, is_right_to_left};
use super::is_hidden;

/// Maximum number of code points in one grapheme; longer ones are always escaped.
const LONGEST: usize = 8;
/// Maximum width of one grapheme in cells.
const WIDEST: usize = 4;

/// Graphemes that a terminal was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasuredSigns(Arc<Replies>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Replies {
    /// Drawn in the computed number of cells.
    good: BTreeSet<Box<str>>,
    /// Drawn in a different number of cells.
    bad: BTreeSet<Box<str>>,
}

impl MeasuredSigns {
    /// Returns the set with more graphemes, each with true if it is drawn as computed.
    pub fn with(&self, signs: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut all = Replies::clone(&self.0);
        for (sign, is_good) in signs {
            if is_good { &mut all.good } else { &mut all.bad }.insert(sign.into_boxed_str());
        }
        Self(Arc::new(all))
    }

    /// True for a grapheme that is drawn as it is.
    pub(super) fn draws(&self, sign: &str) -> bool {
        let mut chars = sign.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if is_agreed(c) => self.draws_letter(c),
            _ => self.0.good.contains(sign),
        }
    }

    /// True for a character that is drawn unless the terminal reports otherwise.
    pub(super) fn draws_letter(&self, c: char) -> bool {
        !stands_for(c).is_some_and(|like| self.0.bad.contains(like))
    }
}

/// Returns the representative that is asked about for a group that terminals treat alike; `None` for plain characters.
fn stands_for(c: char) -> Option<&'static str> {
    Some(match c {
        '\0'..='\u{7f}' => return None,
        '\u{80}'..='\u{36F}' | '\u{1E00}'..='\u{1EFF}' => "é",
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => "α",
        '\u{400}'..='\u{1DFF}' => "ж",
        '\u{AC00}'..='\u{D7A3}' => "한",
        c if c.width() == Some(1) => "─",
        '\u{1F000}'..='\u{1FAFF}' | '\u{2000}'..='\u{2FFF}' => "😀",
        _ => "漢",
    })
}

/// Returns the graphemes of a text that a terminal must be asked about: those that are drawn once their width is known,
/// and one for each group that is drawn unless the terminal reports otherwise.
pub fn to_ask(text: &str) -> impl Iterator<Item = &str> {
    // Plain text has none, and is most text.
    let text = if text.is_ascii() { "" } else { text };
    text.graphemes(true).filter_map(|sign| {
        let mut chars = sign.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if is_agreed(c) => stands_for(c),
            _ => Some(sign).filter(|sign| can_be_asked(sign)),
        }
    })
}

fn can_be_asked(sign: &str) -> bool {
    let mut chars = sign.chars();
    let is_known = |c: char| c.is_alphanumeric() || is_combining_mark(c) || is_picture(c);
    let is_good = |c: char| is_known(c) && !is_hidden(c) && !is_ours(c) && !is_right_to_left(c);
    let begins = chars.next().is_some_and(|first| !is_combining_mark(first));
    begins
        && sign.chars().count() <= LONGEST
        && (1..=WIDEST).contains(&sign.width())
        && sign.chars().all(is_good)
        // Canonical equivalents that look the same are escaped.
        && sign.nfc().eq(sign.chars())
}

fn is_picture(c: char) -> bool {
    matches!(c, '\u{2300}'..='\u{23FF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{3200}'..='\u{32FF}'
        | '\u{4DC0}'..='\u{4DFF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_and_unambiguous_graphemes_are_asked() {
        for sign in ["\u{3248}", "\u{4dc0}", "ก", "กี", "🇩🇪", "🫠", "क्ष", "ᄀ", "x\u{304}", "❤"]
        {
            assert_eq!(to_ask(sign).collect::<Vec<_>>(), [sign], "{sign}");
        }
        for sign in [
            "a",
            "e\u{301}",
            "\u{200d}",
            "\u{fe0f}",
            "❤\u{fe0f}",
            "👩\u{200d}🚀",
            "א",
            "→",
            "\u{301}",
            "\u{e000}",
            "\u{378}",
            "\u{3164}",
            "\u{1100}\u{1161}",
            "\u{2028}",
            "\u{3000}",
            "\u{e0041}",
        ] {
            assert_eq!(to_ask(sign).next(), None, "{sign:?}");
        }
    }

    #[test]
    fn agreed_characters_are_drawn_until_the_terminal_reports_otherwise() {
        let asked = |text: &'static str| to_ask(text).collect::<Vec<_>>();
        assert_eq!(asked("aéü"), ["é", "é"]);
        assert_eq!(asked("ρж─漢か한😀☆"), ["α", "ж", "─", "漢", "漢", "한", "😀", "─"]);
        let wide = MeasuredSigns::default().with([("é".to_owned(), false), ("α".to_owned(), true)]);
        assert!(!wide.draws("ü") && wide.draws("ρ") && wide.draws("x") && wide.draws("漢") && !wide.draws("ก"));
        assert_eq!(super::super::Visible::measured("über ρ", &wide).as_str(), "⟨U+00FC⟩ber ρ");
    }
}
