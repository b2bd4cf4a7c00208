//! Sentences and clauses of instructions, and the directions that they give.

use crate::model::Goal;

/// Where a clause ends though its sentence goes on.
const BREAKS: &str = "while|but|whereas|without|subject to|provided that|as long as|so long as|keeping|\
    rather than|instead of|at the expense|at the cost|unless|if|—|–|--";

/// Words that begin a clause after `and` or a comma.
const BEGINNINGS: &str = "minimi|maximi|optimi|reduc|increas|keep|improv|lower |raise|hold |maintain|don't|not ";

/// What says that a number was reached, not what is wanted.
pub(super) const PAST: &str =
    "so far|to date|current|previous|has been|reached|achieved|started|record|until now| was | were ";

/// Verbs and their like, by how they begin. The strong ones reach further than the weak ones, which are nouns, too.
const STRONG: [(&str, Option<Goal>); 3] = [
    ("minimi|最小化|降低|lowest|smallest", Some(Goal::Minimize)),
    ("maximi|最大化|提高|highest|largest", Some(Goal::Maximize)),
    ("optimi|improve", None),
];

const WEAK: [(&str, Goal); 2] = [
    ("reduc|reduz|shrink|lower|smaller|decreas|cut|senke", Goal::Minimize),
    ("increas|raise|raising|boost|higher|grow", Goal::Maximize),
];

/// What is wanted of a thing that was named before.
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

/// Something that is to be done about a column; `improve` does not say in which direction.
#[derive(Clone, Copy)]
pub(super) struct Verb(pub(super) Option<Goal>);

/// What is to be done about what follows.
pub(super) fn verb_before(before: &str, is_past: bool) -> Option<Verb> {
    let words: Vec<&str> =
        before.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().rev().find_map(|(at, word)| {
        let between = words.len() - at - 1;
        if let Some(goal) = strong(word, is_past) {
            return (between <= 8).then_some(goal);
        }
        let (verb, goal) = begun(&WEAK, word)?;
        let is_short = matches!(verb, "lower" | "higher" | "smaller" | "cut");
        if is_short && word != &verb && !matches!(*word, "lowering" | "lowers" | "cutting" | "cuts") {
            return None;
        }
        let is_bare = !matches!(*word, "lower" | "higher" | "smaller")
            || at == 0
            || matches!(words[at - 1], "to" | "and" | "should" | "must" | "get" | "a" | "for" | "is" | "the");
        let is_compared = matches!(words.get(at + 1), Some(&"than" | &"bound" | &"is"));
        (between <= 3 && is_bare && !is_compared).then_some(Verb(Some(goal)))
    })
}

/// The same, of what comes before: `bar minimieren`, `latency_ms: minimise`.
pub(super) fn verb_after(after: &str, is_past: bool) -> Option<Verb> {
    let mut words = after.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(4);
    words.find_map(|word| strong(word, is_past).filter(|_| !word.starts_with("improve")))
}

fn strong(word: &str, is_past: bool) -> Option<Verb> {
    let (verb, goal) = begun(&STRONG, word)?;
    // `improvement` is what came of it, and so is `improved`; `the highest so far` is a number.
    let is_done = word.starts_with("improvement") || matches!(word, "improved" | "improves");
    let is_other = is_done || is_past && verb.ends_with("est");
    (!is_other).then_some(Verb(goal))
}

/// The verb of a list that a word begins with.
fn begun<T: Copy>(lists: &[(&'static str, T)], word: &str) -> Option<(&'static str, T)> {
    lists.iter().find_map(|(verbs, goal)| Some((verbs.split('|').find(|verb| word.starts_with(verb))?, *goal)))
}

pub(super) fn wanted_after(after: &str) -> Option<Verb> {
    let is_in = |list: &str| list.split('|').any(|phrase| after.contains(phrase));
    WANTED.iter().find(|(list, _)| is_in(list)).map(|(_, goal)| Verb(Some(*goal)))
}

/// The direction that a text calls better; `None` where it calls none or both.
pub(super) fn better_in(text: &str) -> Option<Goal> {
    let is_of = |words: &[&str], signs: &[&str]| {
        signs.iter().any(|sign| text.contains(sign))
            || words.iter().any(|word| {
                text.match_indices(word).any(|(at, _)| {
                    let is_word = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                    let rest = &text[at + word.len()..];
                    let near = rest.find(" better").or_else(|| rest.starts_with("-is-better").then_some(0));
                    let near = near.filter(|near| *near <= 40 && !rest[..*near].contains([',', ';', '.', '(']));
                    is_word && !rest.starts_with(" than") && near.is_some()
                })
            })
    };
    let lower = is_of(
        &["lower", "smaller", "less", "fewer", "faster", "shorter"],
        &["↓", "(lower)", "越低越好", "越小越好", "lower_is_better", "kleiner ist besser", "niedriger ist besser"],
    );
    let higher = is_of(
        &["higher", "larger", "bigger", "greater", "more"],
        &["↑", "(higher)", "越高越好", "越大越好", "higher_is_better", "höher ist besser", "größer ist besser"],
    );
    match (lower, higher) {
        (true, false) => Some(Goal::Minimize),
        (false, true) => Some(Goal::Maximize),
        _ => None,
    }
}

/// The direction that a sentence gives: `lower is better`, `minimize`, `the highest`. `None` where it gives none or both.
pub(super) fn goal_in(text: &str) -> Option<Goal> {
    let text = text.to_lowercase().replace(['_', '-'], " ");
    let is_past = PAST.split('|').any(|word| text.contains(word));
    let words = || text.split(|c: char| !c.is_alphanumeric());
    let better = better_in(&text);
    let wanted =
        WANTED.iter().filter(|(list, _)| list.split('|').any(|phrase| text.contains(phrase))).map(|(_, goal)| *goal);
    let verbs = words().filter_map(|word| strong(word, is_past)?.0);
    let mut all = verbs.chain(wanted).chain(better);
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
}
