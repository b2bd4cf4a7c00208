//! Characters that all terminals draw in the same number of cells, and that are not part of our notation.

use unicode_normalization::UnicodeNormalization as _;

/// Symbols with a meaning of their own on our screens and in the output of our commands. Lines of frames and charts are
/// not included: they have no meaning in text.
const OURS: &str = "→←↑↓↩↻·…−≈≠≡⋯⊘‼‖›▲▼▷▸▪◆◇◈◉◌○●◐★✎✓✗┊⟨⟩×";

/// True for symbols of our notation: in text of others they are escaped.
pub(super) fn is_ours(c: char) -> bool {
    // Control pictures represent control characters.
    matches!(c, '\u{2400}'..='\u{2426}') || OURS.contains(c)
}

/// True for a character that is drawn as it is: visible, of one width in all terminals, without a look-alike of the
/// same meaning, and not ours. All others are escaped until the terminal was asked.
pub(super) fn is_agreed(c: char) -> bool {
    matches!(c, ' '..='~') || (is_narrow(c) || is_wide(c)) && !is_ours(c) && is_composed(c)
}

/// True for a letter in its normal form; a canonical equivalent that looks the same is not.
pub(super) fn is_composed(c: char) -> bool {
    std::iter::once(c).nfc().eq([c])
}

/// True for right-to-left letters: terminals that support them reorder the neighbouring text.
pub(in crate::policy) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// True for one cell, except in terminals configured for old East Asian encodings, which are asked.
fn is_narrow(c: char) -> bool {
    match c {
        // Letters, without unassigned code points.
        '\u{0100}'..='\u{02AF}'
        | '\u{0370}'..='\u{0373}'
        | '\u{0376}'..='\u{0377}'
        | '\u{037B}'..='\u{03FF}'
        | '\u{0400}'..='\u{0481}'
        | '\u{048A}'..='\u{0556}'
        | '\u{0560}'..='\u{0588}'
        | '\u{10D0}'..='\u{10FA}'
        | '\u{1E00}'..='\u{1FFC}' => c.is_alphabetic(),
        _ => matches!(c,
            '\u{00A1}'..='\u{00AC}' | '\u{00AE}'..='\u{00FF}' | '\u{02B0}'..='\u{02FF}' | '\u{2010}'..='\u{2015}'
            | '\u{2018}'..='\u{201F}' | '\u{2020}'..='\u{2022}' | '\u{2030}'..='\u{2033}' | '\u{2039}'
            | '\u{2070}' | '\u{2074}'..='\u{208E}' | '\u{20A0}'..='\u{20BF}' | '\u{2102}'..='\u{2121}'
            | '\u{2123}'..='\u{2138}' | '\u{2150}'..='\u{2188}' | '\u{2190}'..='\u{22FF}' | '\u{2308}'..='\u{230B}'
            | '\u{2460}'..='\u{24FF}' | '\u{2500}'..='\u{25A9}' | '\u{25AC}'..='\u{25B5}' | '\u{25B7}'..='\u{25BF}'
            | '\u{25C1}'..='\u{25FA}' | '\u{2605}' | '\u{2606}' | '\u{2610}' | '\u{2612}' | '\u{2713}'
            | '\u{2717}' | '\u{2718}' | '\u{27C0}'..='\u{27E5}' | '\u{2801}'..='\u{28FF}'
            | '\u{2900}'..='\u{2933}' | '\u{2936}'..='\u{297F}' | '\u{2A00}'..='\u{2AFF}'),
    }
}

/// True for two cells in every terminal that knows the characters: none is newer than Unicode 9.
fn is_wide(c: char) -> bool {
    matches!(c,
        // Without the space of these scripts, and without combining characters.
        '\u{3001}'..='\u{3029}' | '\u{3030}'..='\u{303E}' | '\u{3041}'..='\u{3096}' | '\u{309B}'..='\u{30FF}'
        | '\u{3105}'..='\u{312D}' | '\u{3190}'..='\u{31BA}' | '\u{31C0}'..='\u{31E3}' | '\u{31F0}'..='\u{321E}'
        | '\u{3220}'..='\u{3247}' | '\u{3250}'..='\u{32FE}' | '\u{3300}'..='\u{4DB5}' | '\u{4E00}'..='\u{9FD5}'
        | '\u{A000}'..='\u{A48C}' | '\u{AC00}'..='\u{D7A3}' | '\u{FF01}'..='\u{FF60}' | '\u{FFE0}'..='\u{FFE6}'
        | '\u{20000}'..='\u{2A6D6}'
        | '\u{231A}' | '\u{231B}' | '\u{23E9}'..='\u{23EC}' | '\u{23F0}' | '\u{23F3}' | '\u{25FD}' | '\u{25FE}'
        | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{267F}' | '\u{2693}' | '\u{26A1}' | '\u{26AA}'
        | '\u{26AB}' | '\u{26BD}' | '\u{26BE}' | '\u{26C4}' | '\u{26C5}' | '\u{26CE}' | '\u{26D4}' | '\u{26EA}'
        | '\u{26F2}' | '\u{26F3}' | '\u{26F5}' | '\u{26FA}' | '\u{26FD}' | '\u{2705}' | '\u{270A}' | '\u{270B}'
        | '\u{2728}' | '\u{274C}' | '\u{274E}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2795}'..='\u{2797}'
        | '\u{27B0}' | '\u{27BF}' | '\u{2B1B}' | '\u{2B1C}' | '\u{2B50}' | '\u{2B55}'
        | '\u{1F300}'..='\u{1F320}' | '\u{1F32D}'..='\u{1F335}' | '\u{1F337}'..='\u{1F37C}'
        | '\u{1F37E}'..='\u{1F393}' | '\u{1F3A0}'..='\u{1F3CA}' | '\u{1F3CF}'..='\u{1F3D3}'
        | '\u{1F3E0}'..='\u{1F3F0}' | '\u{1F3F4}' | '\u{1F3F8}'..='\u{1F3FA}' | '\u{1F400}'..='\u{1F43E}'
        | '\u{1F440}' | '\u{1F442}'..='\u{1F4FC}' | '\u{1F4FF}'..='\u{1F53D}' | '\u{1F54B}'..='\u{1F54E}'
        | '\u{1F550}'..='\u{1F567}' | '\u{1F57A}' | '\u{1F595}' | '\u{1F596}' | '\u{1F5A4}'
        | '\u{1F5FB}'..='\u{1F64F}' | '\u{1F680}'..='\u{1F6C5}' | '\u{1F6CC}' | '\u{1F6D0}'..='\u{1F6D2}'
        | '\u{1F6EB}' | '\u{1F6EC}' | '\u{1F6F4}'..='\u{1F6F6}' | '\u{1F910}'..='\u{1F91E}'
        | '\u{1F920}'..='\u{1F927}' | '\u{1F930}' | '\u{1F933}'..='\u{1F93A}' | '\u{1F940}'..='\u{1F945}'
        | '\u{1F947}'..='\u{1F94B}' | '\u{1F950}'..='\u{1F95E}' | '\u{1F980}'..='\u{1F991}' | '\u{1F9C0}')
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthChar as _;

    use super::*;

    #[test]
    fn agreed_characters_have_a_width_and_join_nothing() {
        use unicode_segmentation::UnicodeSegmentation as _;
        for c in ('\u{80}'..=char::MAX).filter(|c| is_agreed(*c)) {
            let cells = if is_wide(c) { 2 } else { 1 };
            assert_eq!(c.width(), Some(cells), "U+{:04X}", c as u32);
            assert_eq!(format!("a{c}a{c}{c}").graphemes(true).count(), 5, "U+{:04X}", c as u32);
            assert!(!super::super::is_hidden(c) && !is_right_to_left(c), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn doubtful_characters_are_not_agreed() {
        // Wide to some: parts of CJK compatibility, hexagrams, trigrams, and newer ones; joined by some; blank.
        for c in
            "\u{3248}\u{4dc0}\u{2630}\u{1f6dc}\u{1f3fb}\u{1f1e6}\u{1100}\u{1161}\u{e01}\u{915}\u{94d}\u{5d0}\u{627}\
                  \u{3000}\u{2800}\u{3164}\u{212b}\u{f900}\u{301}\u{2764}\u{fe0f}\u{303f}\u{a960}\u{17000}\u{378}"
                .chars()
        {
            assert!(!is_agreed(c), "U+{:04X}", c as u32);
        }
        for c in "éßжα漢한かー😀–“°".chars() {
            assert!(is_agreed(c), "{c}");
        }
    }
}
