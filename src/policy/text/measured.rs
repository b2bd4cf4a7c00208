//! Signs that only the terminal itself can say the width of.

use std::collections::BTreeSet;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::agreed::{is_agreed, is_ours, is_right_to_left};
use super::is_hidden;

/// Code points of one sign; with more it is spelled out in any case.
const LONGEST: usize = 8;
/// Cells of one sign.
const WIDEST: usize = 4;

/// Signs that a terminal was asked about, and draws in as many cells as they are counted here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured(Arc<BTreeSet<Box<str>>>);

impl Measured {
    /// The same with more of them.
    pub fn with(&self, signs: impl IntoIterator<Item = String>) -> Self {
        let mut all = BTreeSet::clone(&self.0);
        all.extend(signs.into_iter().map(String::into_boxed_str));
        Self(Arc::new(all))
    }

    pub(super) fn holds(&self, sign: &str) -> bool {
        self.0.contains(sign)
    }
}

/// The signs of a text that a terminal can be asked about: those that are seen, and are drawn as they are once their
/// width is known.
pub fn to_ask(text: &str) -> impl Iterator<Item = &str> {
    // Plain text has none, and is most of what there is.
    let text = if text.is_ascii() { "" } else { text };
    text.graphemes(true).filter(|sign| can_be_asked(sign))
}

fn can_be_asked(sign: &str) -> bool {
    let mut chars = sign.chars();
    let is_known = |c: char| c.is_alphanumeric() || is_combining_mark(c) || is_picture(c);
    let is_good = |c: char| is_known(c) && !is_hidden(c) && !is_ours(c) && !is_right_to_left(c);
    let begins =
        chars.next().is_some_and(|first| !is_combining_mark(first) && !(is_agreed(first) && sign.chars().count() == 1));
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
            "é",
            "漢",
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
}
