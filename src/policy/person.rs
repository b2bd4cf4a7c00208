//! Detects names that claim to be the person's.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// Length up to which a name must match whole: a shorter name may occur by chance.
const SHORT: usize = 5;

/// True if a text names a person, by name or mail, or by a look-alike of either.
pub fn names(text: &str, name: &str, mail: &str) -> bool {
    // In any order: `Reviewer, Ada B.`.
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

/// Returns the letters and digits as people see them, without anything between them.
fn bare(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let seen: String = skeleton(&lower).flat_map(char::to_lowercase).collect();
    seen.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_of_the_person_are_detected() {
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
