//! Negations in a text: `do not maximize foo`, `higher is not better`, `lower_is_better: false`, a former goal.

use crate::model::Goal;

/// Words that negate what follows. `avoid` and `stop` negate a noun, too.
const NEGATORS: &str = "not never no nor neither cannot dont doesnt isnt against avoid avoids avoiding stop stops stopping prevent prevents preventing \
    refrain refrains";

/// Words that may stand between a negator and its object. Any other word begins a new thought: `do not stop until foo
/// is minimized`, `don't forget to minimize foo`, `not only minimize foo`.
const LIGHT: &str = "to be been being about at for from in of on the a an any it that this us we you i try trying attempt attempting seek seeking aim aiming \
    want wanting need needed needs point reason use longer ever even really intend intended meant mean means supposed going care case \
    true say imply always necessarily by under circumstances blindly further";

/// Characters that end the scope of a negation.
const ENDS: [char; 12] = [':', ';', ',', '.', '!', '?', '(', ')', '—', '–', '→', '|'];

/// Number of words that are searched for a negator.
const REACH: usize = 16;

/// A condition is not a request: `if you cannot reduce foo any further, stop`.
const CONDITIONS: [&str; 6] = ["if", "when", "whenever", "until", "unless", "why"];

/// Harm that a guarded metric must not suffer, after `not`, `never`, `n't` or `avoid`.
const HARMS: &str = "regress|get worse|worse|worsen|hurt|drop|fall|decreas|increas|exceed|degrad|sacrific|go |let |break|lose|losing|harm|compromis|\
    matter|optimi|need|care|check|be |required|necessary|the objective|the goal|the metric";

/// Adjectives of a former goal.
const FORMER: &str = "old former previous earlier original initial";

/// True if the end of a text, in lower case, negates what follows. Two negations cancel out.
pub(super) fn denies(before: &str) -> bool {
    let thought = before.rsplit(ENDS).next().unwrap_or(before);
    let mut words: Vec<&str> = thought.rsplit(is_between).filter(|word| !word.is_empty()).take(REACH).collect();
    words.reverse();
    if words.iter().any(|word| CONDITIONS.contains(word)) {
        return false;
    }
    // `No change may increase bar`, `do nothing that would increase bar`.
    if let ["no", _, "may" | "must" | "should" | "can"] | [.., "nothing", "that", _] = words[..] {
        return true;
    }
    let mut left = &words[..];
    // `do not minimize or maximize foo`
    while let [rest @ .., _, "or" | "nor"] = left {
        left = rest;
    }
    let is_in = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
    let is_negator = |word: &str| is_in(NEGATORS, word) || word.ends_with("n't");
    let mut is_denied = false;
    while let Some(at) = left.iter().rposition(|word| !is_in(LIGHT, word))
        && is_negator(left[at])
    {
        is_denied = !is_denied;
        left = &left[..at];
    }
    is_denied
}

/// True if a text contains a negator.
pub(super) fn has_negator(text: &str) -> bool {
    words(text).any(|word| matches!(word, "not" | "no" | "never" | "hardly" | "rarely") || word.ends_with("n't"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_between).filter(|word| !word.is_empty())
}

fn is_between(c: char) -> bool {
    !c.is_alphanumeric() && c != '\''
}

/// True for a clause that forbids something: `accuracy must not drop`, `never let foo rise`.
pub(super) fn forbids(text: &str) -> bool {
    ["not ", "never ", "n't ", "avoid "].iter().any(|no| {
        let is_asked = |(at, _): &(usize, &str)| !text[..*at].split(is_between).any(|word| CONDITIONS.contains(&word));
        let mut behind = text.match_indices(no).filter(is_asked).map(|(at, no)| &text[at + no.len()..]);
        behind.any(|rest| {
            let is_harmless =
                ["be afraid", "be shy", "be scared", "need to "].iter().any(|words| rest.starts_with(words));
            !is_harmless && HARMS.split('|').any(|harm| rest.starts_with(harm))
        })
    })
}

/// True for a clause about a former goal: `the old goal was to minimize foo`.
pub(super) fn is_former(text: &str) -> bool {
    let words: Vec<&str> = words(text).collect();
    let begins = |start: &str| text.trim_start().starts_with(start);
    let is_former = |at: usize| at > 0 && FORMER.split(' ').any(|word| word == words[at - 1]);
    let was = |at: usize| match words.get(at + 1..) {
        Some(["was" | "were", "to", ..] | ["used", "to", "be", ..]) => true,
        Some(["was" | "were", ..]) => is_former(at),
        _ => false,
    };
    ["previously ", "formerly ", "originally ", "we used to ", "it used to "].into_iter().any(begins)
        || words.iter().enumerate().any(|(at, word)| match *word {
            "goal" | "aim" => was(at) || is_former(at),
            "objective" | "metric" | "target" => was(at),
            _ => false,
        })
}

/// True if the text before a name inverts it: `-foo`, `1/foo`, `1 - foo`, `the negative foo`.
pub(super) fn is_turned(before: &str) -> bool {
    let before = before.trim_end_matches(['`', '*', '(']);
    if let Some(rest) = before.strip_suffix(['-', '−']) {
        // `a-foo` and `--foo` are names.
        return rest.is_empty() || rest.ends_with([' ', '`', '(', '"', '*', ':', '=', '1']) && !rest.ends_with("0.1");
    }
    let before = before.trim_end();
    let is_divided = |sign: &str| before.strip_suffix(sign).is_some_and(|rest| rest.trim_end().ends_with('1'));
    is_divided("/")
        || is_divided("-")
        || ["negative", "negated", "inverse", "reciprocal", "negative of", "inverse of", "reciprocal of"]
            .iter()
            .any(|word| before.trim_end_matches(" the").ends_with(word) && !before.ends_with("false negative"))
}

/// Rewrites the apostrophes and keys of a text as plain words: `higher_is_better: false` becomes `lower is better`, and
/// so does `MINIMIZE: true`.
pub(super) fn in_plain_words(text: &str) -> String {
    const KEYS: [(&str, Goal); 12] = [
        ("lower is better", Goal::Minimize),
        ("smaller is better", Goal::Minimize),
        ("less is better", Goal::Minimize),
        ("minimize", Goal::Minimize),
        ("minimise", Goal::Minimize),
        ("higher is better", Goal::Maximize),
        ("larger is better", Goal::Maximize),
        ("bigger is better", Goal::Maximize),
        ("greater is better", Goal::Maximize),
        ("more is better", Goal::Maximize),
        ("maximize", Goal::Maximize),
        ("maximise", Goal::Maximize),
    ];
    let mut text = text.replace('’', "'");
    for (key, goal) in KEYS {
        let small = text.to_ascii_lowercase().replace(['_', '-'], " ");
        let mut plain = String::new();
        let mut done = 0;
        for (at, _) in small.match_indices(key).filter(|(at, _)| !small[..*at].ends_with(char::is_alphanumeric)) {
            let end = at + key.len();
            let Some((is_yes, length)) = yes_or_no_behind(&small[end..], text[at..end].contains('_')) else { continue };
            plain.push_str(&text[done..at]);
            let goal = if is_yes { goal } else { goal.reversed() };
            plain.push_str(if goal == Goal::Minimize { "lower is better" } else { "higher is better" });
            done = end + length;
        }
        plain.push_str(&text[done..]);
        text = plain;
    }
    text
}

/// Returns the boolean value of a key, and its end. A word that continues is not a value: `lower is better: no more
/// than 5 ms`. A program's key (`is_key`) may stand in a table without a sign in between.
fn yes_or_no_behind(rest: &str, is_key: bool) -> Option<(bool, usize)> {
    const DRESS: [char; 5] = [' ', '`', '"', '\'', '*'];
    let bare = rest.trim_start_matches(DRESS);
    let value = bare.trim_start_matches([':', '=']);
    if value.len() == bare.len() && !(is_key && rest.starts_with(' ')) {
        return None;
    }
    let value = value.trim_start_matches(DRESS);
    let word = value.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let behind = &value[word.len()..];
    let continues = || behind.trim_start().starts_with(char::is_alphanumeric);
    let is_yes = match word {
        "true" => true,
        "false" => false,
        "yes" | "on" if !continues() => true,
        "no" | "off" if !continues() => false,
        "1" if is_key && !behind.starts_with('.') => true,
        "0" if is_key && !behind.starts_with('.') => false,
        _ => return None,
    };
    Some((is_yes, rest.len() - behind.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negation_spans_light_words_only() {
        for before in [
            "do not ",
            "never ",
            "we don't want to ",
            "isn't about ",
            "the goal is not to try to ",
            "avoid ",
            "there is no need to ",
            "no point in ",
            "we no longer ",
            "it is not true that ",
            "do not minimize or ",
            "neither minimize nor ",
            "stop ",
            "no change may ",
            "do nothing that would ",
        ] {
            assert!(denies(before), "{before}");
        }
        for before in [
            "",
            "do not stop until foo is ",
            "don't forget to ",
            "never stop: ",
            "do not stop ",
            "never avoid ",
            "not only ",
            "do not ask, ",
            "do not hesitate to ",
            "if you cannot ",
            "if not, ",
            "don't be afraid to ",
            "not foo but to ",
            "never give up ",
            "why not ",
            "with no gpu you must ",
        ] {
            assert!(!denies(before), "{before}");
        }
    }

    #[test]
    fn keys_give_their_direction_by_their_value() {
        for (text, plain) in [
            ("higher_is_better: false", "lower is better"),
            ("- higher is better: no", "- lower is better"),
            ("Higher is Better: False", "lower is better"),
            ("\"lower_is_better\": false,", "\"higher is better,"),
            ("**Lower is better:** yes", "**lower is better"),
            ("lower_is_better = True metric = x", "lower is better metric = x"),
            ("higher_is_better  false", "lower is better"),
            ("MINIMIZE: true", "lower is better"),
            ("maximize=0", "maximize=0"),
            ("lower-is-better: no more than 5 ms", "lower-is-better: no more than 5 ms"),
            ("lower is better: 0 is perfect", "lower is better: 0 is perfect"),
            ("lower is better, no", "lower is better, no"),
            ("higher_is_better: 0", "lower is better"),
        ] {
            assert_eq!(in_plain_words(text), plain, "{text}");
        }
    }

    #[test]
    fn a_former_goal_is_detected() {
        for text in [
            "the old goal was to minimize foo",
            "the goal used to be foo",
            "previously we minimized foo",
            "our former goal, minimizing foo",
            "the previous metric was foo",
            "the objective was to minimize foo",
        ] {
            assert!(is_former(text), "{text}");
        }
        for text in [
            "the goal is to beat the old record",
            "keep it if it is lower than the previous metric",
            "if the metric was improved, keep",
            "the metric used to decide is foo",
            "the new goal is to minimize foo",
        ] {
            assert!(!is_former(text), "{text}");
        }
    }
}
