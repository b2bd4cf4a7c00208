//! Sentences and clauses of instructions, and the directions that they give.

use super::denied::{denies, has_negator};
use crate::model::Goal;

/// Words that end a clause within a sentence.
const BREAKS: &str = "while|but|whereas|without|subject to|provided that|as long as|so long as|keeping|\
    rather than|instead of|at the expense|at the cost|unless|if|—|–|--";

/// Words that begin a clause after `and` or a comma.
const BEGINNINGS: &str =
    "minimi|maximi|optimi|reduc|increas|keep|improv|lower |raise|hold |maintain|don't|dont|do not |not |never |avoid ";

/// Words that mark a number as reached, not as wanted.
pub(super) const PAST: &str =
    "so far|to date|current|previous|has been|reached|achieved|started|record|until now| was | were ";

/// Verbs and similar words, by their beginnings. The strong ones reach further than the weak ones, which are nouns,
/// too.
const STRONG: [(&str, Option<Goal>); 3] = [
    ("minimi|最小化|降低|lowest|smallest", Some(Goal::Minimize)),
    ("maximi|最大化|提高|highest|largest", Some(Goal::Maximize)),
    ("optimi|improve", None),
];

const WEAK: [(&str, Goal); 2] = [
    ("reduc|reduz|shrink|lower|smaller|decreas|cut|senke", Goal::Minimize),
    ("increas|raise|raising|boost|higher|grow", Goal::Maximize),
];

/// Phrases for the direction of a thing that was named before.
const WANTED: [(&str, Goal); 2] = [
    (
        "go down|should fall|should drop|should decrease|should shrink|be lower|be reduced|be as low|as low as possible|\
            as small as possible|as short as possible|be minimi",
        Goal::Minimize,
    ),
    (
        "go up|should rise|should grow|should increase|be higher|be increased|be as high|as high as possible|\
            as large as possible|be maximi",
        Goal::Maximize,
    ),
];

pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let is_short_form =
            || ["e.g", "i.e", "vs", "approx", "etc", "cf"].iter().any(|form| text[..at].ends_with(form));
        let is_end = match c {
            '。' | '；' | '！' | '？' => true,
            '.' => text[end..].starts_with(char::is_whitespace) && !is_short_form(),
            '!' | '?' | ';' => text[end..].starts_with(char::is_whitespace),
            _ => false,
        };
        if is_end {
            parts.push(&text[start..end]);
            start = end;
        }
    }
    parts.push(&text[start..]);
    parts
}

pub(super) fn clauses(sentence: &str) -> Vec<&str> {
    let small = sentence.to_ascii_lowercase();
    let mut cuts: Vec<usize> = Vec::new();
    for word in BREAKS.split('|') {
        let places = small.match_indices(word).map(|(at, _)| (at, at + word.len()));
        let whole = places.filter(|(from, to)| small[..*from].ends_with(' ') && small[*to..].starts_with(' '));
        cuts.extend(whole.map(|(from, _)| from - 1));
    }
    for join in [" and ", ", "] {
        let places = small.match_indices(join);
        cuts.extend(places.map(|(at, _)| at).filter(|at| {
            let rest = small[at + join.len()..].trim_start_matches("and ");
            BEGINNINGS.split('|').any(|word| rest.starts_with(word))
                && !rest.starts_with("lower is")
                && !rest.starts_with("lower the")
        }));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut parts = Vec::new();
    let mut start = 0;
    for cut in cuts {
        parts.push(&sentence[start..cut]);
        start = cut;
    }
    parts.push(&sentence[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// A verb that applies to a column, and its position in the text; `improve` does not give a direction.
#[derive(Clone, Copy)]
pub(super) struct ClauseVerb {
    pub(super) goal: Option<Goal>,
    pub(super) at: usize,
}

/// Returns words with their positions.
fn placed_words(text: &str) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

/// Returns the verb that applies to the text after it.
pub(super) fn verb_before(before: &str, is_past: bool) -> Option<ClauseVerb> {
    let words: Vec<(usize, &str)> = placed_words(before).collect();
    words.iter().enumerate().rev().find_map(|(number, &(at, word))| {
        let between = words.len() - number - 1;
        if let Some(verb) = strong((at, word), is_past) {
            return (between <= 8).then_some(verb);
        }
        let (verb, goal) = begun(&WEAK, word)?;
        let is_short = matches!(verb, "lower" | "higher" | "smaller" | "cut");
        if is_short && word != verb && !matches!(word, "lowering" | "lowers" | "cutting" | "cuts") {
            return None;
        }
        let is_bare = !matches!(word, "lower" | "higher" | "smaller")
            || number == 0
            || matches!(words[number - 1].1, "to" | "and" | "should" | "must" | "get" | "a" | "for" | "is" | "the");
        let is_compared = matches!(words.get(number + 1), Some((_, "than" | "bound" | "is")));
        (between <= 3 && is_bare && !is_compared).then_some(ClauseVerb { goal: Some(goal), at })
    })
}

/// The same for the text before it: `bar minimieren`, `latency_ms: minimise`.
fn verb_after(after: &str, is_past: bool) -> Option<ClauseVerb> {
    let mut words = placed_words(after).take(4).filter(|(_, word)| !word.starts_with("improve"));
    words.find_map(|word| strong(word, is_past))
}

fn strong((at, word): (usize, &str), is_past: bool) -> Option<ClauseVerb> {
    let (verb, goal) = begun(&STRONG, word)?;
    // `improvement` and `improved` are outcomes; `the highest so far` is a number.
    let is_done = word.starts_with("improvement") || matches!(word, "improved" | "improves");
    let is_other = is_done || is_past && verb.ends_with("est");
    (!is_other).then_some(ClauseVerb { goal, at })
}

/// Returns the list entry that a word begins with.
fn begun<T: Copy>(lists: &[(&'static str, T)], word: &str) -> Option<(&'static str, T)> {
    lists.iter().find_map(|(verbs, goal)| Some((verbs.split('|').find(|verb| word.starts_with(verb))?, *goal)))
}

fn wanted_after(after: &str) -> Option<ClauseVerb> {
    let find = |list: &str| list.split('|').find_map(|phrase| after.find(phrase));
    WANTED.iter().find_map(|(list, goal)| Some(ClauseVerb { goal: Some(*goal), at: find(list)? }))
}

/// Returns the verb that applies to a name, from its context (`near` is the end of `before`), and whether it is
/// negated. `improve` gives no direction, but the text after the name may.
pub(super) fn asked(before: &str, near: &str, after: &str, is_past: bool, is_last: bool) -> (Option<ClauseVerb>, bool) {
    let ahead = verb_before(near, is_past).map(|verb| (verb, denies(&before[..before.len() - near.len() + verb.at])));
    let behind = || {
        let verb = wanted_after(after).or_else(|| is_last.then(|| verb_after(after, is_past)).flatten())?;
        Some((verb, denies(&after[..verb.at])))
    };
    let asked = match ahead {
        Some((ClauseVerb { goal: None, .. }, false)) => behind().or(ahead),
        ahead => ahead.or_else(behind),
    };
    (asked.filter(|(_, is_denied)| !is_denied).map(|(verb, _)| verb), asked.is_some_and(|(_, is_denied)| is_denied))
}

/// Comparatives and signs, with the direction that is better.
const COMPARED: [(&str, &str, Goal); 2] = [
    (
        "lower|smaller|less|fewer|faster|shorter",
        "↓|(lower)|越低越好|越小越好|lower_is_better|higher_is_worse|kleiner ist besser|niedriger ist besser",
        Goal::Minimize,
    ),
    (
        "higher|larger|bigger|greater|more",
        "↑|(higher)|越高越好|越大越好|higher_is_better|lower_is_worse|höher ist besser|größer ist besser",
        Goal::Maximize,
    ),
];

/// Returns the direction that a text calls better; `None` where it calls none or both. If one is called worse, the
/// other one is better.
pub(super) fn better_in(text: &str) -> Option<Goal> {
    let signs = COMPARED.iter().filter(|(_, signs, _)| signs.split('|').any(|sign| text.contains(sign)));
    let signs = signs.map(|(.., goal)| *goal);
    let words = COMPARED.iter().flat_map(|(words, _, goal)| words.split('|').map(move |word| (word, *goal)));
    let directions = words.flat_map(|(word, goal)| {
        let places = text.match_indices(word).filter(|(at, _)| {
            !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && !denies(&text[..*at])
        });
        places.filter_map(move |(at, _)| {
            let is_better = is_called_better(&text[at + word.len()..])?;
            Some(if is_better { goal } else { goal.reversed() })
        })
    });
    let mut all = signs.chain(directions);
    let first = all.next()?;
    all.all(|goal| goal == first).then_some(first)
}

/// The same for a name between other names, by the word right before it: `lower` it `is better`.
pub(super) fn better_around(before: &str, after: &str) -> Option<Goal> {
    let is_filler = |word: &str| FILLERS.split(' ').any(|filler| filler == word);
    let (at, word) = placed_words(before).rev().find(|(_, word)| !is_filler(word))?;
    let is_compared = COMPARED.iter().any(|(words, ..)| words.split('|').any(|known| known == word));
    (is_compared && !denies(&before[..at])).then(|| better_in(&format!("{word} it{after}"))).flatten()
}

/// Returns whether the following text calls a compared value better or worse. `Higher is not better` does neither.
fn is_called_better(rest: &str) -> Option<bool> {
    const REACH: usize = 47;
    let end = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= REACH).last()?;
    let rest = rest[..end].split([',', ';', '.', '(']).next()?;
    let position = |word: &str| rest.find(word).filter(|at| rest[..*at].ends_with([' ', '-', '=']));
    if rest.starts_with(" than") {
        return None;
    }
    if let Some(at) = position("better") {
        return (!has_negator(&rest[..at])).then_some(true);
    }
    // `A larger batch made it worse` is an outcome: only a plain "worse" reverses the direction.
    let between = &rest[..position("worse")?];
    let mut words =
        placed_words(between).map(|(_, word)| word).filter(|word| !FILLERS.split(' ').any(|filler| filler == *word));
    let is_plain = match words.next() {
        None => between.contains('='),
        Some(word) => matches!(word, "is" | "are" | "means"),
    };
    (is_plain && words.next().is_none()).then_some(false)
}

/// Words that may stand between a comparative and its verdict; `it` stands for the name of a column.
const FILLERS: &str =
    "it a an the of this that value values score scores number numbers result results metric always strictly";

/// Returns the direction of a sentence: `lower is better`, `minimize`, `the highest`. `None` where it gives none or
/// both.
pub(super) fn goal_in(text: &str) -> Option<Goal> {
    let text = text.to_lowercase().replace(['_', '-'], " ");
    let is_past = PAST.split('|').any(|word| text.contains(word));
    let is_affirmed = |at: usize| !denies(&text[..at]);
    let wanted =
        WANTED.iter().filter(|(list, _)| list.split('|').any(|phrase| text.find(phrase).is_some_and(is_affirmed)));
    let verbs = placed_words(&text).filter_map(|word| strong(word, is_past).filter(|verb| is_affirmed(verb.at))?.goal);
    let mut all = verbs.chain(wanted.map(|(_, goal)| *goal)).chain(better_in(&text));
    let first = all.next()?;
    all.all(|goal| goal == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_give_directions() {
        assert_eq!(goal_in("Lower `val_bpb` is better; minimize it"), Some(Goal::Minimize));
        assert_eq!(goal_in("score (higher is better)"), Some(Goal::Maximize));
        assert_eq!(goal_in("maximize accuracy while you minimize latency"), None);
        assert_eq!(goal_in("the score of the run"), None);
        assert_eq!(goal_in("the highest score so far was 93"), None);
    }

    #[test]
    fn a_negation_gives_no_direction_and_worse_the_other_one() {
        for text in [
            "do not maximize foo",
            "higher is not better",
            "lower isn't always better",
            "it is not true that lower is better",
        ] {
            assert_eq!(goal_in(text), None, "{text}");
        }
        for text in [
            "higher is worse",
            "lower_is_better",
            "a larger value is worse",
            "higher = worse",
            "not higher, lower is better",
        ] {
            assert_eq!(goal_in(text), Some(Goal::Minimize), "{text}");
        }
        for text in ["do not minimize: maximize", "do not stop until it is maximized", "lower values are worse"] {
            assert_eq!(goal_in(text), Some(Goal::Maximize), "{text}");
        }
        assert_eq!(better_in("a larger batch made it worse"), None);
        assert_eq!(better_in("more layers are worse"), None);
    }
}
