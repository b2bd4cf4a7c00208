//! The meaning of a loop's status words and signs.

mod remarks;
mod words;

use std::collections::BTreeMap;

use super::Claim;
use remarks::{compound, confirms, is_no, is_open};
use words::{TIMED_OUT, WORDS, is_in};

/// The meaning of a status word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The agent kept it, discarded it, or it failed.
    Claim(Claim),
    /// A known word without a claim: a baseline, a run that ended, something pending.
    Neutral,
    /// An unknown word. Never a keep; it is counted and reported.
    Unknown,
}

impl Status {
    /// The claim; a word that is neutral or unknown is [`Claim::Other`].
    pub fn claim(self) -> Claim {
        match self {
            Self::Claim(claim) => claim,
            Self::Neutral | Self::Unknown => Claim::Other,
        }
    }
}

/// Status words that the person's policy maps, in lower case.
pub type StatusWords = BTreeMap<String, Claim>;

const KEEP_SIGNS: &str = "✅ ✔ ☑ 👍 🏆 🥇 ✓ ⭐ 🌟";
const DISCARD_SIGNS: &str = "❌ ✖ ✗ ✘ 👎 🚫 🗑 ↩ ⏪ ⛔ 🛑 🔙 🙅";
const FAIL_SIGNS: &str = "💥 💀 ☠ 🧨";
const TIME_SIGNS: &str = "⏱ ⏰ ⌛ ⏲";
/// Boxes and clocks for results that are still to come.
const OPEN_SIGNS: &str = "⏳ ☐ 🔲 ⏸";
// Lights decide only when alone: `🟢 active` may be about the run. A flame can mean praise or damage: it is not known.
const KEEP_LIGHTS: &str = "🟢 🟩";
const DISCARD_LIGHTS: &str = "🔴 🟥";
const OPEN_LIGHTS: &str = "🟡 🟨 🟠 🟧 ⚪ ⬜";
/// Signs that people add to a keep without changing its meaning.
const CHEERS: &str = "🎉 🚀 🔥 🏅 🥈 🥉 💯 📈 ⬆ ⬇ ↑ ↓ → ⇒ ★ ☆ ✨ 💪 🎯 👑 💎 🙌 👏 😀 🎊 ⚡";

/// The meaning of a status cell: by the policy's words, or else by the known ones in any case and decoration
/// (`**Keep**`, `keep (new best)`, `✅ kept`). A question or a condition is not a keep.
pub fn status(cell: &str, own: &StatusWords) -> Status {
    if let Some(claim) = own_claim(cell, own) {
        return Status::Claim(claim);
    }
    // Nearly every cell is exactly a known word.
    if let Some(known) = WORDS.get(cell) {
        return *known;
    }
    let (cell, is_open_box) = without_box(cell);
    let text = bare(cell);
    if text.is_empty() {
        return if is_open_box { Status::Neutral } else { by_sign(cell) };
    }
    match by_text(&text) {
        // `❌ keep`, `!keep`, `~~keep~~`, `[ ] keep`: the sign revokes the word.
        Status::Claim(claim) if is_open_box || is_contradicted(cell, claim) => Status::Unknown,
        // `👍 good`: the sign decides where the word does not.
        Status::Unknown if starts_with_sign(cell) => match by_sign(cell) {
            Status::Claim(Claim::Keep) if !confirms("", &text) => Status::Unknown,
            known => known,
        },
        known => known,
    }
}

/// A cell without a list's checkbox in front of it, and whether that box is unticked: `- [ ] keep`.
fn without_box(cell: &str) -> (&str, bool) {
    let text = cell.trim_start_matches(['-', '*', '+', ' ']);
    let open = ["[ ]", "[]"].iter().find_map(|empty| text.strip_prefix(empty));
    let ticked = || ["[x]", "[X]"].iter().find_map(|ticked| text.strip_prefix(ticked)).filter(|rest| !rest.is_empty());
    match open {
        Some(rest) => (rest, true),
        None => (ticked().unwrap_or(cell), false),
    }
}

/// The claim that the person's policy maps a status cell to; `None` if it does not map it.
pub fn own_claim(cell: &str, own: &StatusWords) -> Option<Claim> {
    if own.is_empty() {
        return None;
    }
    own.get(&cell.trim().to_lowercase()).or_else(|| own.get(&bare(cell))).copied()
}

/// The meaning of a cell that answers whether something was kept; `None` if it is neither yes nor no. A yes with a
/// remark that revokes it is unknown.
pub fn yes_or_no(cell: &str) -> Option<Status> {
    const YES: &str = "yes, y, true, 1, t, ✅, ✓, ✔, ☑, keep, kept, x, 是, はい, 예";
    const NO: &str = "no, n, false, 0, f, ❌, ✗, ✘, ☐, ×, discard, discarded, -, 否, いいえ, 아니오";
    let text = cell.trim().to_lowercase();
    match text.as_str() {
        "[x]" => return Some(Status::Claim(Claim::Keep)),
        "[ ]" | "[]" => return Some(Status::Claim(Claim::Discard)),
        _ if text.starts_with("n/a") => return None,
        _ => {}
    }
    let (word, remark) = match text.find(|c: char| BEFORE_REMARKS.contains(&c) && c != '-') {
        Some(at) if at > 0 => text.split_at(at),
        _ => text.split_once(" - ").unwrap_or((&text, "")),
    };
    let words: Vec<&str> = word.split(|c: char| c.is_whitespace() || matches!(c, '*' | '`')).collect();
    let is_all = |list: &str| {
        let mut words = words.iter().filter(|word| !word.is_empty()).peekable();
        words.peek().is_some() && words.all(|word| is_in(list, word))
    };
    // `1,5` and `1/3` are amounts.
    let continues = word.ends_with(|c: char| c.is_ascii_digit()) && remark.chars().nth(1).is_some_and(char::is_numeric);
    match (is_all(YES), is_all(NO)) {
        _ if continues => None,
        (true, _) if !confirms("", remark) => Some(Status::Unknown),
        (true, _) => Some(Status::Claim(Claim::Keep)),
        (_, true) if is_open(remark) => Some(Status::Unknown),
        (_, true) => Some(Status::Claim(Claim::Discard)),
        _ => None,
    }
}

fn is_contradicted(cell: &str, claim: Claim) -> bool {
    // `2× faster` is a factor.
    let has_cross = cell.match_indices('×').any(|(at, _)| !cell[..at].trim_end().ends_with(|c: char| c.is_numeric()));
    let negated = has_cross
        || cell.trim_start().starts_with(['!', '¬', '≠', '~'])
        || cell.contains("~~")
        || cell.contains("<!--");
    let has = |lists: &[&str]| lists.iter().any(|list| has_sign(list, cell));
    let is_against = match claim {
        // An unknown sign may mean anything.
        Claim::Keep => cell.chars().any(|c| {
            let is_known = |list: &&str| list.contains(c);
            is_pictogram(c) && ![KEEP_SIGNS, KEEP_LIGHTS, CHEERS].iter().any(is_known)
        }),
        _ => has(&[KEEP_SIGNS, KEEP_LIGHTS, OPEN_SIGNS, "❓"]),
    };
    negated || is_against
}

/// True for a sign of any colour that is neither a letter nor punctuation.
fn is_pictogram(c: char) -> bool {
    let is_modifier = matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2900}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
        && !is_modifier
}

fn by_text(text: &str) -> Status {
    let known = by_word(text);
    if known != Status::Unknown {
        return known;
    }
    // `keep (new best)`, `discard: worse`, `crash - oom`, `保留（新最佳）`: the first word counts, unless the rest revokes it.
    let is_end = |c: char| c.is_whitespace() || c != '-' && BEFORE_REMARKS.contains(&c);
    let Some(end) = text.find(is_end) else { return Status::Unknown };
    let (first, rest) = text.split_at(end);
    // `keep ✓ (new best)`: a sign next to the word that does not contradict it repeats it.
    let is_sign = |c: char| {
        !(c.is_ascii() || c.is_alphanumeric() || c.is_whitespace() || c.is_control() || BEFORE_REMARKS.contains(&c))
    };
    let without = rest.trim_start().trim_start_matches(is_sign).trim_start();
    let continues = without.starts_with(BEFORE_REMARKS);
    let rest = if continues && without.len() < rest.trim_start().len() { without } else { rest };
    if rest.starts_with(char::is_whitespace) && !rest.trim_start().starts_with(BEFORE_REMARKS) {
        return Status::Unknown;
    }
    let first = first.trim();
    match by_word(first) {
        Status::Neutral => decided_behind(first, rest).map_or(Status::Neutral, Status::Claim),
        Status::Claim(Claim::Keep) if !confirms(first, rest) => Status::Unknown,
        // `discard: false` is open; a crash with a 0 is a crash.
        Status::Claim(claim) if is_open(rest) || is_no(rest) && !(claim == Claim::Crash && rest.contains('0')) => {
            Status::Unknown
        }
        known => known,
    }
}

/// The decision that follows a result and ends the text: `tie (discard)`, `baseline/keep`.
fn decided_behind(result: &str, rest: &str) -> Option<Claim> {
    const STILL_OPEN: &str = "pending, tentative, running, in progress, queued, planned, todo, waiting, started, skip, skipped, tbd, unknown, n/a, na, none, \
        inconclusive, 待定, 保留中, 대기";
    let word =
        rest.trim_matches(|c: char| c.is_whitespace() || BEFORE_REMARKS.contains(&c) || matches!(c, ')' | ']' | '）'));
    match WORDS.get(word) {
        Some(Status::Claim(Claim::Keep)) if is_in(STILL_OPEN, result) => None,
        Some(Status::Claim(claim)) if !compares(word) => Some(*claim),
        _ => None,
    }
}

/// Characters between a status word and a remark.
const BEFORE_REMARKS: [char; 18] =
    ['(', ':', ';', ',', '-', '—', '–', '/', '[', '|', '→', '（', '：', '；', '，', '、', '【', '。'];

/// True for a word that means the run exceeded its time.
pub fn is_timeout(cell: &str) -> bool {
    is_in(TIMED_OUT, &bare(cell)) || bare(cell).is_empty() && has_sign(TIME_SIGNS, cell)
}

/// True for a word that compares the result and leaves the decision open: `worse`, `improved`.
pub fn compares(cell: &str) -> bool {
    const WORDS: &str = "improve, improved, improvement, improves, better, best, new best, win, winner, faster, gain, champion, worse, regress, regressed, \
        regression, no improvement, no_improvement, non_improvement, not improved, not better, no better, degraded, degradation, degrades, slower, \
        loss, no gain, no_gain, lose, lost, loser, 改进, 改善, 提升, 有提升, 无提升, 没有提升, 未提升, 悪化, 악화, 改善なし, 退化, 有效, 无效";
    is_in(WORDS, &bare(cell))
}

/// True for a word that says a run failed, but not that it ended: a number with it may be a measurement.
pub fn is_soft_failure(cell: &str) -> bool {
    is_in("fail, failed, failure, unsuccessful, invalid, killed, 失败, 失敗", &bare(cell))
}

fn by_word(word: &str) -> Status {
    // `server_failed`, `eval error`: a failure, whatever it was that failed.
    let failed = || {
        let parts: Vec<&str> = word.split(['_', '-', ' ']).collect();
        // A sentence may end in such a word, and a decision before it takes precedence: `keep: lower error`.
        let is_name = parts.len() <= 3 && parts.iter().all(|part| part.chars().all(char::is_alphanumeric));
        let decides = matches!(WORDS.get(parts[0]), Some(Status::Claim(Claim::Keep | Claim::Discard)));
        let is_failure = matches!(
            *parts.last().unwrap_or(&""),
            "failed"
                | "fail"
                | "failure"
                | "killed"
                | "crashed"
                | "crash"
                | "error"
                | "errored"
                | "timeout"
                | "oom"
                | "diverged"
        );
        is_failure
            && is_name
            && !decides
            && !matches!(
                parts[0],
                "no" | "not"
                    | "non"
                    | "zero"
                    | "without"
                    | "lower"
                    | "less"
                    | "dont"
                    | "didnt"
                    | "never"
                    | "wont"
                    | "cannot"
                    | "cant"
                    | "avoid"
                    | "fix"
                    | "fixed"
            )
    };
    let known = WORDS.get(word).copied();
    known.unwrap_or_else(|| if failed() { Status::Claim(Claim::Crash) } else { compound(word) })
}

fn by_sign(cell: &str) -> Status {
    if cell.trim().is_empty() {
        return Status::Neutral;
    }
    let signs = [
        (KEEP_SIGNS, Status::Claim(Claim::Keep)),
        (DISCARD_SIGNS, Status::Claim(Claim::Discard)),
        (FAIL_SIGNS, Status::Claim(Claim::Crash)),
        (TIME_SIGNS, Status::Claim(Claim::Crash)),
        (KEEP_LIGHTS, Status::Claim(Claim::Keep)),
        (DISCARD_LIGHTS, Status::Claim(Claim::Discard)),
        (OPEN_LIGHTS, Status::Neutral),
        (OPEN_SIGNS, Status::Neutral),
    ];
    if cell.contains('×') {
        return if cell.trim() == "×" { Status::Claim(Claim::Discard) } else { Status::Unknown };
    }
    let mut found = signs.iter().filter(|(list, _)| has_sign(list, cell));
    match (found.next(), found.next()) {
        (Some((_, status)), None) => *status,
        // Punctuation alone (`-`, `--`) stands for an empty cell; other signs are unknown.
        (None, _) if cell.trim().chars().all(|c| c.is_ascii_punctuation()) => Status::Neutral,
        _ => Status::Unknown,
    }
}

fn starts_with_sign(cell: &str) -> bool {
    [KEEP_SIGNS, DISCARD_SIGNS, FAIL_SIGNS, TIME_SIGNS]
        .iter()
        .any(|list| list.split(' ').any(|sign| cell.trim_start().starts_with(sign)))
}

fn has_sign(list: &str, cell: &str) -> bool {
    list.split(' ').any(|sign| cell.contains(sign))
}

/// A cell in lower case without decoration: emphasis, quotes, enclosing brackets, signs before or after it.
fn bare(cell: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || c == '?' || c == ')' || c == '\'';
    let text = cell.trim().trim_matches(|c: char| !keep(c)).trim();
    let open = text.matches('(').count();
    let text = if open < text.matches(')').count() { text.trim_end_matches(')') } else { text };
    text.to_lowercase().trim_end_matches(['!', '.', '*', '`', '"', '_']).trim().to_owned()
}

impl Claim {
    /// The claim of a status word; an unknown word is [`Claim::Other`], not a keep.
    pub fn of_word(word: &str) -> Self {
        status(word, &StatusWords::new()).claim()
    }
}

#[cfg(test)]
mod tests;
