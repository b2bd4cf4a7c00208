//! Lines that head an evaluation, or the training: `Eval begin...`, `Evaluating on 1000 samples...`.

use super::parts::DataSplit;
use super::words;

/// Maximum number of words in a heading, and in one with numbers.
const WORDS: usize = 5;
const WORDS_BESIDE_NUMBERS: usize = 8;

/// Returns the part that a line of only a few words heads: `Eval begin...`, `Valid`, `Dev set:`.
pub(super) fn heads_part(line: &[u8]) -> Option<DataSplit> {
    let line = line.trim_ascii();
    if !line.is_ascii() {
        return heads_part_elsewhere(std::str::from_utf8(line).ok()?);
    }
    let is_plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b' ' | b'.' | b':' | b'*' | b'=' | b'-' | b'[' | b']' | b'#' | b'>' | b'_' | b'!');
    if line.iter().all(is_plain) { one_part(line, WORDS) } else { heads_part_with_numbers(line) }
}

/// True for `Fold 2/5`, `----- Fold: 3 -----`.
pub(super) fn begins_fold(line: &[u8]) -> bool {
    words_of(line).next().is_some_and(|word| word.eq_ignore_ascii_case(b"fold"))
}

/// Returns the only part that a line of at most `most` words names, unless it marks an end.
fn one_part(line: &[u8], most: usize) -> Option<DataSplit> {
    let words: Vec<&[u8]> = words_of(line).take(most + 1).collect();
    let is_end = |word: &&[u8]| {
        let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
        is(&[
            "finished",
            "done",
            "complete",
            "completed",
            "end",
            "ended",
            "saved",
            "saving",
            "loading",
            "loaded",
            "size",
            "no",
            "not",
            "skip",
            "skipping",
        ])
    };
    let mut parts = words.iter().filter_map(|word| DataSplit::of(word));
    let part = parts.next().filter(|_| words.len() <= most)?;
    (parts.all(|other| other == part) && !words.iter().any(is_end)).then_some(part)
}

fn words_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty())
}

/// Returns the part of a heading with integers that are not values: `Evaluating on 1000 samples...`, `Validation (took
/// 10s):`, `===== Evaluation (step 100) =====`.
fn heads_part_with_numbers(line: &[u8]) -> Option<DataSplit> {
    const LONGEST: usize = 100;
    const BEGUN: [&[u8]; 5] = [b"starting", b"start", b"running", b"beginning", b"performing"];
    if line.len() > LONGEST {
        return None;
    }
    // Most lines are prose: cheap checks come first.
    let is_set_off = line.ends_with(b":") || line.ends_with(b"..") || line.starts_with(b"==") && line.ends_with(b"==");
    let is_begun = |word: &[u8]| {
        word.ends_with(b"ing") && DataSplit::of(word).is_some()
            || BEGUN.iter().any(|one| word.eq_ignore_ascii_case(one))
    };
    if !is_set_off && !words_of(line).next().is_some_and(is_begun) {
        return None;
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" .,:*=-[]()#>_!".contains(byte);
    let names_result = || words_of(line).any(|word| words::is_result(word) && !word.eq_ignore_ascii_case(b"map"));
    if !line.iter().all(is_plain) || has_value(line) || names_result() {
        return None;
    }
    one_part(line, WORDS_BESIDE_NUMBERS)
}

/// True for a line with a fraction, or a number after a sign.
fn has_value(line: &[u8]) -> bool {
    let is_number = |byte: &u8| byte.is_ascii_digit();
    let mut last = b' ';
    for (at, byte) in line.iter().enumerate() {
        let is_fraction = last == b'.' && at > 1 && is_number(&line[at - 2]);
        if is_number(byte) && (matches!(last, b':' | b'=' | b'-') || is_fraction) {
            return true;
        }
        if *byte != b' ' {
            last = *byte;
        }
    }
    false
}

/// The same in other languages: `开始验证`.
fn heads_part_elsewhere(line: &str) -> Option<DataSplit> {
    const LONGEST: usize = 10;
    let has = |all: &[&str]| all.iter().any(|one| line.contains(one));
    let is_words = line.chars().count() <= LONGEST && !line.contains(|one: char| one.is_ascii_digit());
    if !is_words || has(&["完成", "结束", "結束", "保存", "終了", "завершен"]) {
        return None;
    }
    let parts = [
        (["训练", "学習", "訓練"], DataSplit::Train),
        (["验证", "検証", "驗證"], DataSplit::Val),
        (["测试", "テスト", "測試"], DataSplit::Test),
        (["评估", "評価", "评测"], DataSplit::Eval),
    ];
    let mut named = parts.iter().filter(|(all, _)| has(all)).map(|(_, part)| *part);
    named.next().filter(|_| named.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_head_an_evaluation() {
        for (line, part) in [
            ("Eval begin...", Some(DataSplit::Eval)),
            ("Dev set:", Some(DataSplit::Dev)),
            ("Evaluating on 1000 samples...", Some(DataSplit::Eval)),
            ("Validation (took 10s):", Some(DataSplit::Val)),
            ("===== Evaluation (step 100) =====", Some(DataSplit::Eval)),
            ("Running evaluation at step 200", Some(DataSplit::Eval)),
            ("开始验证", Some(DataSplit::Val)),
            ("验证完成", None),
            ("Validation done", None),
            ("Validation loss: 2.5", None),
            ("Validation loss at step 100:", None),
            ("Eval samples: 10000", None),
            ("Validation took 10.5s:", None),
            ("Found 1000 test images", None),
            ("Evaluating 10/100", None),
        ] {
            assert_eq!(heads_part(line.as_bytes()), part, "{line}");
        }
    }
}
