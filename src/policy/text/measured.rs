//! Signs that only the terminal itself can say the width of.

use std::collections::BTreeSet;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::agreed::{is_agreed, is_ours, is_right_to_left};
use super::is_hidden;

/// Code points of one sign; with more it is spelled out in any case.
const LONGEST: usize = 8;
/// Cells of one sign.
const WIDEST: usize = 4;

/// Signs that a terminal was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasuredSigns(Arc<Replies>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Replies {
    /// Drawn in as many cells as they are counted here.
    good: BTreeSet<Box<str>>,
    /// Drawn in another number.
    bad: BTreeSet<Box<str>>,
}

impl MeasuredSigns {
    /// The same with more of them, each with whether it is drawn as it is counted.
    pub fn with(&self, signs: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut all = Replies::clone(&self.0);
        for (sign, is_good) in signs {
            if is_good { &mut all.good } else { &mut all.bad }.insert(sign.into_boxed_str());
        }
        Self(Arc::new(all))
    }

    /// True for a sign that is drawn as it is.
    pub(super) fn draws(&self, sign: &str) -> bool {
        let mut chars = sign.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if is_agreed(c) => self.draws_letter(c),
            _ => self.0.good.contains(sign),
        }
    }

    /// The same for one that is drawn unless the terminal says otherwise.
    pub(super) fn draws_letter(&self, c: char) -> bool {
        !stands_for(c).is_some_and(|like| self.0.bad.contains(like))
    }
}

/// The sign that is asked about for all those that terminals draw alike; `None` for plain ones.
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

/// The signs of a text that a terminal is to be asked about: those that are drawn as they are once their width is known,
/// and one for each group of those that are drawn in any case, unless the terminal says otherwise.
pub fn to_ask(text: &str) -> impl Iterator<Item = &str> {
    // Plain text has none, and is most of what there is.
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
        // Another one that is drawn alike is told from it by its numbers.
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
    fn only_what_is_seen_and_of_one_picture_is_asked() {
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
    fn what_is_agreed_is_drawn_until_the_terminal_says_otherwise() {
        let asked = |text: &'static str| to_ask(text).collect::<Vec<_>>();
        assert_eq!(asked("aéü"), ["é", "é"]);
        assert_eq!(asked("ρж─漢か한😀☆"), ["α", "ж", "─", "漢", "漢", "한", "😀", "─"]);
        let wide = MeasuredSigns::default().with([("é".to_owned(), false), ("α".to_owned(), true)]);
        assert!(!wide.draws("ü") && wide.draws("ρ") && wide.draws("x") && wide.draws("漢") && !wide.draws("ก"));
        assert_eq!(super::super::Visible::measured("über ρ", &wide).as_str(), "⟨U+00FC⟩ber ρ");
    }
}
