//! Recognises the words by which a row says that it is the baseline.

/// Words that may precede the word itself: `Round 2 baseline`.
const BEFORE: &str = "new fresh updated another first second third the a establish measure re corrected fixed clean initial longer round phase stage part";
/// Words and signs that make a baseline with an addition a change.
const ON_TOP: [&str; 6] = ["+", "&", "plus ", "minus ", "and ", "but "];
/// Words that describe a first row without any change.
const UNCHANGED: &str = "initial original reference unmodified unchanged untouched vanilla stock default defaults";
/// The same in scripts without spaces between words, and in other phrases and languages.
const UNCHANGED_ELSEWHERE: [&str; 12] = [
    "as is",
    "no change",
    "starting point",
    "first run",
    "ベースライン",
    "基线",
    "基線",
    "基准",
    "基準",
    "초기",
    "베이스라인",
    "базов",
];
/// Words before `baseline` that make it refer to another row.
const OF_ANOTHER: &str = "over beats beat vs versus than against from below above on under to";

fn is_in(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// True if the text after the word adds something to it.
fn adds_more(rest: &str) -> bool {
    ON_TOP.iter().any(|more| rest.trim_start().starts_with(more))
}

/// True if a text begins by calling itself a baseline of any kind (`Round 2 baseline`); `baseline + dropout` is a
/// change on top of one.
pub(crate) fn begins(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match word {
            "baseline" | "rebaseline" => return !adds_more(after),
            "" => return false,
            word if is_in(BEFORE, word) || word.bytes().all(|byte| byte.is_ascii_digit()) => rest = after,
            _ => return false,
        }
    }
}

/// True if the text of a first row says in some way that it is the loop's starting point: `30-min baseline`, `initial
/// run`. `baseline + dropout` and `beats the baseline` are changes.
pub(crate) fn is_named(text: &str) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_of_another = |at: usize| {
        let before = words[..at].iter().rev().find(|word| !matches!(**word, "the" | "a" | "our"));
        before.is_some_and(|word| is_in(OF_ANOTHER, word))
    };
    let is_changed =
        text.split_once("baseline").is_some_and(|(_, rest)| adds_more(rest) || rest.trim_start().starts_with("with "));
    let names =
        |(at, word): (usize, &&str)| matches!(*word, "baseline" | "rebaseline") && !is_of_another(at) && !is_changed;
    words.iter().enumerate().any(names)
        || words.iter().any(|word| is_in(UNCHANGED, word))
        || UNCHANGED_ELSEWHERE.iter().any(|part| text.contains(part))
}

/// True if the newest row comes first: the times decrease, or only the last row calls itself the baseline and the first
/// does not read like a beginning.
pub(crate) fn is_newest_first(
    count: usize,
    time_ms: impl Fn(usize) -> Option<i64>,
    says: impl Fn(usize) -> bool,
    text: impl Fn(usize) -> String,
) -> bool {
    let times: Vec<i64> = (0..count).filter_map(time_ms).collect();
    if times.len() > 1 {
        return times.windows(2).all(|pair| pair[1] <= pair[0]) && times.first() > times.last();
    }
    let Some(last) = count.checked_sub(1).filter(|last| *last > 0) else { return false };
    // A baseline that was measured again at the end does not count.
    let is_repeated = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric()).any(|word| {
            matches!(
                word,
                "re" | "rerun"
                    | "again"
                    | "rebaseline"
                    | "repeat"
                    | "check"
                    | "new"
                    | "updated"
                    | "seed"
                    | "seeds"
                    | "noise"
            )
        })
    };
    says(last)
        && !is_repeated(&text(last).to_lowercase())
        && !(0..last).any(|at| says(at) || begins(&text(at)))
        && !is_named(&text(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_begin_as_a_baseline() {
        for yes in [
            "baseline",
            "Baseline: 5 seeds",
            "New baseline after the restart",
            "re-baseline",
            "Round 2 baseline (5 seeds)",
            "corrected baseline",
            "the new baseline",
        ] {
            assert!(begins(yes), "{yes}");
        }
        for no in ["", "baselines", "baseline+lr", "Baseline plus dropout", "beats the baseline", "restart", "renew it"]
        {
            assert!(!begins(no), "{no}");
        }
    }

    #[test]
    fn texts_that_speak_of_a_baseline() {
        for yes in ["30-min baseline", "initial run", "Unmodified train.py", "基线", "the rebaseline"] {
            assert!(is_named(yes), "{yes}");
        }
        for no in ["", "baseline + dropout", "beats the baseline", "lower lr vs. our baseline", "baseline with warmup"]
        {
            assert!(!is_named(no), "{no}");
        }
    }
}
