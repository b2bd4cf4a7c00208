//! Names that claim to be the person's.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// A name this short says little: it is compared whole, not looked for.
const SHORT: usize = 5;

/// True when a text names a person, by name or by mail, or by what people take for either.
pub fn names(text: &str, name: &str, mail: &str) -> bool {
    // In whatever order: `Reviewer, Ada B.`.
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).map(bare).filter(|word| !word.is_empty()).collect()
    };
    let (all, parts) = (words(text), words(name));
    if parts.len() > 1 && parts.iter().all(|part| all.contains(part)) {
        return true;
    }
    let (text, name, mail) = (bare(text), bare(name), bare(mail));
    let holds = |what: &str| match what.chars().count() {
        0 => false,
        length if length < SHORT => text == what,
        _ => text.contains(what),
    };
    holds(&name) || holds(&mail)
}

/// Letters and digits as people see them, whatever stands between them.
fn bare(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let seen: String = skeleton(&lower).flat_map(char::to_lowercase).collect();
    seen.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_like_the_person_is_named() {
        let is = |text: &str| names(text, "Ada Reviewer", "ada@example.org");
        for text in [
            "Ada Reviewer <x@y>",
            "ada  reviewer",
            "ADA-REVIEWER",
            "Аda Rеviewer",
            "Ａda Reviewer",
            "Ada\u{200b} Reviewer",
            "Ada Reviewer (verified)",
            "Reviewer, Ada B.",
            "somebody <ADA@example.org>",
            "somebody <аda@example.org>",
        ] {
            assert!(is(text), "{text}");
        }
        for text in ["agent <agent@example.org>", "Ada", "", "Reviewer"] {
            assert!(!is(text), "{text}");
        }
        assert!(names("Bo", "Bo", "") && !names("Bob the agent", "Bo", ""));
        assert!(!names("anybody", "", ""));
    }
}
