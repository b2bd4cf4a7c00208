//! What a loop's status word says, in the words and signs that loops use.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use super::Claim;

/// What a status word was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The agent kept it, threw it away, or it failed.
    Claim(Claim),
    /// A known word that decides nothing: a baseline, a run that ended, something pending.
    Neutral,
    /// A word that nobody knows. Never a keep; it is counted and reported.
    Unknown,
}

impl Status {
    /// The claim; a word that decides nothing, or is not known, is [`Claim::Other`].
    pub fn claim(self) -> Claim {
        match self {
            Self::Claim(claim) => claim,
            Self::Neutral | Self::Unknown => Claim::Other,
        }
    }
}

/// Status words that the person's policy maps, in small letters.
pub type StatusWords = BTreeMap<String, Claim>;

const KEEP: &str = "keep, kept, keeping, retain, retained, accept, accepted, adopt, adopted, approve, approved, merge, merged, promote, promoted, commit, \
    committed, ship, shipped, improve, improved, improvement, better, best, new best, new_best, new-best, newbest, win, winner, faster, gain, champion, \
    landed, advance, advanced, kept_best, improves, selected, \
    保留, 保持, 接受, 采纳, 采用, 改进, 有效, 改善, 개선, лучше, mejor, besser, meilleur, 採用, 維持, 유지, 채택, mantener, mantenido, conservar, conservado, aceptado, aceptar, manter, mantido, aceito, \
    garder, gardé, conservé, accepté, retenu, behalten, beibehalten, übernommen, angenommen, akzeptiert, tenuto, mantenuto, accettato, \
    оставить, оставлено, сохранено, принято, kabul, kabul edildi, tutuldu, zachowane, przyjęte, behouden, giữ, giữ lại, bevara, behåll, beholdt";
const DISCARD: &str = "discard, discarded, reject, rejected, revert, reverted, drop, dropped, worse, regress, regressed, regression, no improvement, \
    no_improvement, non_improvement, not improved, not better, no better, degraded, degradation, degrades, slower, loss, no gain, no_gain, rollback, roll back, rolled back, rolled_back, rolled-back, reset, pruned, undo, undone, abandon, abandoned, remove, \
    removed, decline, declined, denied, veto, vetoed, lose, lost, loser, not kept, not_kept, not adopted, not accepted, no keep, don't keep, unkept, \
    丢弃, 放弃, 拒绝, 未采纳, 不保留, 不采用, 无效, 悪化, 악화, хуже, peor, schlechter, pire, 回滚, 撤销, 回退, 舍弃, 破棄, 却下, 不採用, 폐기, 기각, descartar, descartado, rechazado, revertido, rejeitado, rejeté, abandonné, annulé, écarté, \
    verworfen, abgelehnt, zurückgesetzt, scartato, rifiutato, отклонено, отброшено, отменено, откат, reddedildi, iptal, odrzucone, odrzucony, verworpen, bỏ, \
    förkastad, forkastet";
const FAIL: &str = "crash, crashed, fail, failed, failure, error, errored, err, oom, out of memory, out_of_memory, exception, abort, aborted, killed, hang, hung, \
    segfault, invalid, nan, diverge, diverged, divergence, exploded, broken, build_failed, build failed, compile_error, compile error, \
    compilation_failed, compilation error, syntax error, syntax_error, runtime_error, runtime error, unsuccessful, \
    wrong answer, incorrect, exit 1, compile fail, build fail, \
    失败, 崩溃, 错误, 出错, 失敗, クラッシュ, エラー, 실패, 오류, fallo, fallido, falló, falha, falhou, échec, échoué, planté, fehlgeschlagen, fehler, abgestürzt, \
    fallito, errore, ошибка, сбой, провал, hata, başarısız, błąd, mislukt, lỗi";
const TIMED_OUT: &str = "timeout, timed out, timed_out, time out, time_out, time limit, tle, deadline, 超时, タイムアウト, 시간초과, tiempo agotado, zeitüberschreitung, таймаут";
const NEUTRAL: &str = "baseline, base, start, initial, reference, run, ran, done, complete, completed, finished, ok, okay, success, succeeded, successful, pass, passed, \
    valid, pending, tentative, running, in progress, in_progress, queued, planned, todo, waiting, started, skip, skipped, no-op, noop, no op, \
    no change, no_change, unchanged, same, equal, tie, draw, flat, neutral, mixed, inconclusive, repair, repaired, support, green, amber, red, yellow, info, note, test, tested, measured, evaluated, \
    checks_failed, checks failed, duplicate, confirm, confirmed, confirmation, repeat, rerun, retry, unknown, n/a, na, none, -, tbd, manual, final, seed, \
    基线, 待定, 完成, 通过, ベースライン, 保留中, 기준선, 대기, línea base, referencia, référence, базовый, базовая линия";

const KEEP_SIGNS: &str = "✅ ✔ ☑ 👍 🏆 🥇 ✓ ⭐ 🌟";
const DISCARD_SIGNS: &str = "❌ ✖ ✗ ✘ 👎 🚫 🗑 ↩ ⏪ ⛔";
const FAIL_SIGNS: &str = "💥 💀 ☠ 🧨";
const TIME_SIGNS: &str = "⏱ ⏰ ⌛ ⏲";
// Lights decide alone only: `🟢 active` may be about the run. A flame is praise to some and damage to others: not known.
const KEEP_LIGHTS: &str = "🟢 🟩";
const DISCARD_LIGHTS: &str = "🔴 🟥";
const OPEN_LIGHTS: &str = "🟡 🟨 🟠 🟧 ⚪ ⬜";

/// What a status cell says: by the policy's words, else by the known ones in any case and dress (`**Keep**`, `keep (new
/// best)`, `✅ kept`). A question or a condition is not a keep.
pub fn status(cell: &str, own: &StatusWords) -> Status {
    if let Some(claim) = own_claim(cell, own) {
        return Status::Claim(claim);
    }
    let text = bare(cell);
    if text.is_empty() {
        return by_sign(cell);
    }
    match by_text(&text) {
        // `❌ keep`, `!keep`, `~~keep~~`: the sign takes the word back.
        Status::Claim(claim) if is_contradicted(cell, claim) => Status::Unknown,
        // `👍 good`: the sign says it where no word does.
        Status::Unknown if starts_with_sign(cell) => match by_sign(cell) {
            Status::Claim(Claim::Keep) if takes_back(&text) => Status::Unknown,
            known => known,
        },
        known => known,
    }
}

/// What the person's policy says of a status cell; `None` where it does not name it.
pub fn own_claim(cell: &str, own: &StatusWords) -> Option<Claim> {
    if own.is_empty() {
        return None;
    }
    own.get(&cell.trim().to_lowercase()).or_else(|| own.get(&bare(cell))).copied()
}

/// What a cell says that answers whether something was kept; `None` where it says neither yes nor no. A yes whose remark
/// takes it back is not known.
pub fn yes_or_no(cell: &str) -> Option<Status> {
    const YES: &str = "yes, y, true, 1, t, ✅, ✓, ✔, keep, kept, x";
    const NO: &str = "no, n, false, 0, f, ❌, ✗, ✘, discard, discarded, -";
    let text = cell.trim().to_lowercase();
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
    let goes_on = word.ends_with(|c: char| c.is_ascii_digit()) && remark.chars().nth(1).is_some_and(char::is_numeric);
    match (is_all(YES), is_all(NO)) {
        _ if goes_on => None,
        (true, _) if takes_back(remark) => Some(Status::Unknown),
        (true, _) => Some(Status::Claim(Claim::Keep)),
        (_, true) if is_open(remark) => Some(Status::Unknown),
        (_, true) => Some(Status::Claim(Claim::Discard)),
        _ => None,
    }
}

fn is_contradicted(cell: &str, claim: Claim) -> bool {
    let negated = cell.trim_start().starts_with(['!', '¬', '≠']) || cell.contains("~~");
    let has = |lists: &[&str]| lists.iter().any(|list| has_sign(list, cell));
    let against: &[&str] = match claim {
        Claim::Keep => &[DISCARD_SIGNS, FAIL_SIGNS, TIME_SIGNS, DISCARD_LIGHTS, OPEN_LIGHTS],
        _ => &[KEEP_SIGNS, KEEP_LIGHTS],
    };
    negated || has(against)
}

fn by_text(text: &str) -> Status {
    let known = by_word(text);
    if known != Status::Unknown {
        return known;
    }
    // `keep (new best)`, `discard: worse`, `crash - oom`, `保留（新最佳）`: the first word, where the rest takes nothing back.
    let is_end = |c: char| c.is_whitespace() || c != '-' && BEFORE_REMARKS.contains(&c);
    let Some(end) = text.find(is_end) else { return Status::Unknown };
    let (first, rest) = text.split_at(end);
    // `keep ✓ (new best)`: a sign beside the word that does not contradict it says the same once more.
    let is_sign = |c: char| {
        !(c.is_ascii() || c.is_alphanumeric() || c.is_whitespace() || c.is_control() || BEFORE_REMARKS.contains(&c))
    };
    let without = rest.trim_start().trim_start_matches(is_sign).trim_start();
    let goes_on = without.starts_with(BEFORE_REMARKS);
    let rest = if goes_on && without.len() < rest.trim_start().len() { without } else { rest };
    if rest.starts_with(char::is_whitespace) && !rest.trim_start().starts_with(BEFORE_REMARKS) {
        return Status::Unknown;
    }
    match by_word(first.trim()) {
        Status::Claim(Claim::Keep) if takes_back(rest) => Status::Unknown,
        Status::Claim(_) if is_open(rest) => Status::Unknown,
        known => known,
    }
}

/// What stands between a status word and a remark.
const BEFORE_REMARKS: [char; 18] =
    ['(', ':', ';', ',', '-', '—', '–', '/', '[', '|', '→', '（', '：', '；', '，', '、', '【', '。'];

/// Words in the remark to a keep that take it back, or leave it to somebody.
const DOUBTS: &str = "not, no, if, unless, maybe, perhaps, pending, tentative, tentatively, partial, partially, then, later, but, unsure, or, discard, \
    discarded, revert, reverted, reverting, rollback, rolled, undo, undone, withdrawn, superseded, invalid, invalidated, fail, failed, fails, failing, broken, \
    crash, crashed, oom, timeout, nan, diverged, rerun, retest, needs, unverified, unconfirmed, provisional, provisionally, conditional, \
    conditionally, suspicious, suspect, flaky, questionable, todo, tbd, wip, wrong, rejected, inconclusive, temporary, temporarily, waiting, awaiting, \
    until, overridden, retracted, cancelled, canceled, void, bogus, cheated, cheating, leak, leaked";
/// Words after which a bad one is good: `no regression`, `fewer crashes`, `fixes the oom`.
const RELIEFS: &str = "no, fix, fixes, fixed, fixing, avoid, avoids, avoided, less, fewer, lower, without, zero, prevents, removes, reduces, reduced";

fn takes_back(rest: &str) -> bool {
    let words: Vec<&str> = rest
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !matches!(*word, "" | "the" | "a" | "an"))
        .collect();
    let is_bad = |word: &str| is_in(DOUBTS, word) || matches!(WORDS.get(word), Some(Status::Claim(Claim::Discard)));
    let is_doubt = |at: usize, word: &str| {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let next = words
            .get(at + 1)
            .is_some_and(|next| is_bad(next) || matches!(WORDS.get(next), Some(Status::Claim(Claim::Crash))));
        match word {
            // `no regression`, but `no` before anything else.
            "no" => !next,
            _ => is_in(DOUBTS, word) && !is_in(RELIEFS, before),
        }
    };
    let whole = words.join(" ");
    let is_other = matches!(WORDS.get(&*whole), Some(Status::Claim(Claim::Discard | Claim::Crash)));
    // Scripts without spaces: a sign of doubt anywhere counts.
    const SIGNS: [&str; 14] =
        ["?", "？", "待", "暂", "不", "未", "但", "若", "如果", "回滚", "撤", "取消", "仮", "保留中"];
    is_other
        || SIGNS.iter().any(|sign| rest.contains(sign))
        || words.iter().enumerate().any(|(at, word)| is_doubt(at, word))
}

/// True for a remark that leaves open what it stands beside: `discard?`, `discard or keep`, `discard / keep`.
fn is_open(rest: &str) -> bool {
    let keeps = |word: &str| word == "keep" || word == "kept";
    rest.contains(['?', '？'])
        || rest.trim_start().starts_with('/') && rest.split(|c: char| !c.is_alphanumeric()).any(keeps)
        || rest
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| matches!(word, "or" | "maybe" | "perhaps" | "if" | "unless" | "unsure"))
}

/// True for a word by which a run ran out of time.
pub fn is_timeout(cell: &str) -> bool {
    is_in(TIMED_OUT, &bare(cell)) || bare(cell).is_empty() && has_sign(TIME_SIGNS, cell)
}

/// True for a word that says a run failed without saying that it ended: a number beside it may be a measurement.
pub fn is_soft_failure(cell: &str) -> bool {
    is_in("fail, failed, failure, unsuccessful, invalid, 失败, 失敗", &bare(cell))
}

/// The known words; one that stood in two lists would mean what the first says.
static WORDS: LazyLock<HashMap<&str, Status>> = LazyLock::new(|| {
    let lists = [
        (NEUTRAL, Status::Neutral),
        (TIMED_OUT, Status::Claim(Claim::Crash)),
        (FAIL, Status::Claim(Claim::Crash)),
        (DISCARD, Status::Claim(Claim::Discard)),
        (KEEP, Status::Claim(Claim::Keep)),
    ];
    lists.iter().flat_map(|(list, status)| list.split(',').map(|word| (word.trim(), *status))).collect()
});

fn by_word(word: &str) -> Status {
    // `server_failed`, `eval error`: whatever failed, it failed.
    let failed = || {
        let parts: Vec<&str> = word.split(['_', '-', ' ']).collect();
        // A sentence may end in such a word, and a decision before it counts: `keep: lower error`.
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
            && !matches!(parts[0], "no" | "not" | "non" | "zero" | "without" | "lower" | "less")
    };
    let known = WORDS.get(word).copied();
    known.unwrap_or_else(|| if failed() { Status::Claim(Claim::Crash) } else { compound(word) })
}

/// `discard_iai`, `keep_best`, `auto-keep`: a plain word and a name beside it, unless that leaves it in doubt.
fn compound(word: &str) -> Status {
    const PLAIN: &str = "keep, kept, accepted, discard, discarded, reject, rejected, revert, reverted, crash, crashed";
    /// Beside such a word, these say what may become of it, or the opposite.
    const OPEN: &str = "would, should, could, can, may, might, near, nearly, almost, potential, potentially, candidate, eligible, soft, weak, \
        next, to, wait, review, for, until, on, non, un, never, free, proof, safe, rate, count, fix, fixed, fixes, avoid, avoided";
    let parts: Vec<&str> = word.split(['_', '-']).collect();
    let is_name = (2..=4).contains(&parts.len())
        && parts.iter().all(|part| !part.is_empty() && part.chars().all(char::is_alphanumeric));
    let Some((first, last)) = parts.first().zip(parts.last()).filter(|_| is_name) else { return Status::Unknown };
    let (plain, rest) = match (is_in(PLAIN, first), is_in(PLAIN, last)) {
        (true, false) => (first, &parts[1..]),
        (false, true) => (last, &parts[..parts.len() - 1]),
        _ => return Status::Unknown,
    };
    let known = WORDS.get(plain).copied().unwrap_or(Status::Unknown);
    let decides_else = |part: &&str| {
        // `keep_tie` was kept; `keep_worse` is two words.
        matches!(WORDS.get(*part), Some(other @ Status::Claim(_)) if *other != known)
            && known == Status::Claim(Claim::Keep)
            || is_in(PLAIN, part)
    };
    let is_doubtful =
        rest.iter().any(|part| is_in(OPEN, part) || matches!(*part, "no" | "not") || part.ends_with("ing"))
            || rest.iter().any(decides_else)
            || takes_back(&rest.join(" ")) && known == Status::Claim(Claim::Keep)
            || is_open(&rest.join(" "));
    if is_doubtful { Status::Unknown } else { known }
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
    ];
    let mut found = signs.iter().filter(|(list, _)| has_sign(list, cell));
    match (found.next(), found.next()) {
        (Some((_, status)), None) => *status,
        // Punctuation alone (`-`, `--`) leaves a cell empty; other signs are not known.
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

fn is_in(list: &str, word: &str) -> bool {
    list.split(',').any(|known| known.trim() == word)
}

/// A cell in small letters without its dress: emphasis, quotes, brackets around it, signs before or after it.
fn bare(cell: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || c == '?' || c == ')' || c == '\'';
    let text = cell.trim().trim_matches(|c: char| !keep(c)).trim();
    let open = text.matches('(').count();
    let text = if open < text.matches(')').count() { text.trim_end_matches(')') } else { text };
    text.to_lowercase().trim_end_matches(['!', '.', '*', '`', '"', '_']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(cell: &str) -> Option<Claim> {
        match status(cell, &StatusWords::new()) {
            Status::Claim(claim) => Some(claim),
            Status::Neutral => Some(Claim::Other),
            Status::Unknown => None,
        }
    }

    #[test]
    fn words_of_real_loops() {
        for word in [
            "keep",
            "KEEP",
            " kept ",
            "accepted",
            "**Keep**",
            "`keep`",
            "✅",
            "✅ KEEP",
            "keep ✅",
            "keep (new best)",
            "KEEP ✓ (new best)",
            "KEEP: -2%",
            "adopted",
            "保留",
            "[keep]",
            "keep!",
            "✔️",
            "gardé",
            "Kept (baseline)",
            "keep: lower error",
            "keep (fewer timeout)",
            "keep - no regression",
            "keep: fixes the crash, fixed oom",
            "keep: removed dropout",
            "保留（新最佳）",
            "採用（最良）",
            "👍 good",
            "new-best",
            "🟢",
            "🟩 Keep",
            "keep_best",
            "kept_tie",
            "auto-keep",
            "keep_iai (new)",
        ] {
            assert_eq!(claim(word), Some(Claim::Keep), "{word}");
        }
        for word in [
            "discard",
            "❌",
            "❌ DISCARD",
            "Reverted",
            "no_improvement",
            "no improvement",
            "not kept",
            "dropped",
            "丢弃",
            "discard - worse",
            "verworfen",
            "REJECTED (p=0.4)",
            "discard (no improvement)",
            "discard - not better",
            "discard: worse but faster",
            "revert (no change)",
            "discard / revert",
            "discard → reverted",
            "reverted (not significant)",
            "丢弃：变差",
            "回滚，无提升",
            "却下（悪化）",
            "❌ slower",
            "LOSS",
            "🔴",
            "🔴 discard",
            "discard_iai",
            "discard_wallclock",
            "auto_revert",
            "discard-oom",
        ] {
            assert_eq!(claim(word), Some(Claim::Discard), "{word}");
        }
        for word in [
            "crash",
            "failed",
            "error",
            "timeout",
            "OOM",
            "💥",
            "crash (oom)",
            "crash: CUDA out of memory",
            "失败",
            "nan",
            "timed out",
            "server_failed",
            "eval error",
            "crash (no output)",
            "build-fail",
            "OOM-killed",
        ] {
            assert_eq!(claim(word), Some(Claim::Crash), "{word}");
        }
        let neutral =
            ["", "-", "baseline", "BASELINE", "pending", "tentative", "green", "no-op", "done", "checks_failed"];
        for word in neutral.into_iter().chain(["🟡", "🟢 running"]) {
            assert_eq!(claim(word), Some(Claim::Other), "{word}");
        }
    }

    #[test]
    fn what_is_not_known_or_doubtful_is_not_a_keep() {
        for word in [
            "keep?",
            "keeper",
            "keep if it holds",
            "keep (pending)",
            "keep, then reverted",
            "keep or discard",
            "floop",
            "🦄",
            "keep it maybe",
            "✅❌",
            "🔥",
            "🟢🔴",
            "🟢 active",
            "🟡 keep",
            "🔴 keep",
            "❌ keep",
            "!keep",
            "~~keep~~",
            "✅ discard",
            "no error",
            "regression-eligible",
            "keep: FAILED tests",
            "keep (invalid)",
            "keep (rolled back)",
            "keep (undone)",
            "keep (withdrawn)",
            "keep (superseded)",
            "keep [needs rerun]",
            "keep (unverified)",
            "keep (provisional)",
            "keep (dropped)",
            "keep (no gain)",
            "保留（待定）",
            "✅ reverted later",
            "discard?",
            "discard / keep",
            "keep_pending",
            "keep_reverted",
            "keep_worse",
            "would_keep",
            "keep-trying",
            "no_keep_yet",
            "keep_discard",
            "non-discard",
            "crash-free",
            "discard_or_keep",
            "keep_if_stable",
        ] {
            assert_eq!(claim(word), None, "{word}");
        }
    }

    #[test]
    fn a_yes_or_a_no_may_have_a_remark() {
        let keep = Some(Status::Claim(Claim::Keep));
        let discard = Some(Status::Claim(Claim::Discard));
        for cell in [
            "yes",
            "Yes (best)",
            "**yes**",
            "✅",
            "✅ yes",
            "**yes** (best)",
            "1",
            "true: new best",
            "yes - 3% faster",
            "x",
        ] {
            assert_eq!(yes_or_no(cell), keep, "{cell}");
        }
        for cell in ["no", "no (reverted)", "No: worse", "0", "-", "❌ (slower)"] {
            assert_eq!(yes_or_no(cell), discard, "{cell}");
        }
        for cell in ["yes (reverted)", "yes, if it holds", "no (or yes?)"] {
            assert_eq!(yes_or_no(cell), Some(Status::Unknown), "{cell}");
        }
        for cell in ["", "yesterday", "not sure", "0.5", "12", "1,5", "1/3"] {
            assert_eq!(yes_or_no(cell), None, "{cell}");
        }
    }

    #[test]
    fn the_policy_says_first_what_a_word_means() {
        let own = StatusWords::from([("green".to_owned(), Claim::Keep), ("🦄".to_owned(), Claim::Discard)]);
        assert_eq!(status("GREEN", &own), Status::Claim(Claim::Keep));
        assert_eq!(status("🦄", &own), Status::Claim(Claim::Discard));
        assert_eq!(status("red", &own), Status::Neutral);
    }
}
