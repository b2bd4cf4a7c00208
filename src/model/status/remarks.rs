//! The words around a status word: a remark after it, a name before it.
//!
//! A keep that was revoked must not count as one, and the ways of revoking cannot all be listed. So the rule is the
//! reverse: a keep with a remark counts only if the remark contains something that is known to go with a keep.

use super::Status;
use super::words::{WORDS, is_in};
use crate::model::{Claim, Goal, rank_of_metric};

/// Words in the remark to a keep that revoke it, or make it depend on something.
const DOUBTS: &str = "not, no, if, unless, maybe, perhaps, pending, tentative, tentatively, partial, partially, then, later, but, unsure, or, discard, \
    discarded, revert, reverted, reverting, rollback, rolled, undo, undone, withdrawn, superseded, invalid, invalidated, fail, failed, fails, failing, broken, \
    crash, crashed, oom, timeout, nan, diverged, rerun, retest, needs, unverified, unconfirmed, provisional, provisionally, conditional, \
    conditionally, suspicious, suspect, flaky, questionable, todo, tbd, wip, wrong, rejected, inconclusive, temporary, temporarily, waiting, awaiting, \
    until, overridden, retracted, cancelled, canceled, void, bogus, cheated, cheating, leak, leaked, \
    don't, dont, won't, wont, can't, cant, cannot, didn't, didnt, doesn't, doesnt, isn't, isnt, wasn't, wasnt, shouldn't, never, none, nothing, \
    thrown, threw, away, taken, took, back, revoked, revoke, annulled, annul, disqualified, disqualify, overruled, overrule, voided, nullified, \
    scrapped, abandoned, aside, shelved, parked, ignore, ignored, ignoring, skip, skipped, bug, bugs, buggy, overfit, overfits, overfitted, overfitting, \
    worse, worsened, worsens, worst, slower, degraded, degrades, degrading, regressed, regresses, regressing, mistake, mistaken, mistakenly, error, errors, cheat, cheats, hack, \
    hacked, hacky, gamed, gaming, exploit, fake, faked, false, bad, poor, stale, old, former, formerly, previously, was, were, unmerged, unkept, \
    missed, cancel, anti, hold, held, check, recheck, review, see, question, doubt, doubtful, doubts, noise, noisy, lucky, luck, loser, lost, \
    contaminated, contamination, leakage, nonsense, useless, only, almost, nearly, would, should, could, might, may, test, experimental, temp, tmp, \
    unclear, unknown, deferred, blocked, rejected, denied, declined, vetoed, unstable, \
    beaten, obsoleted, obsolete, overtaken, outperformed, restored, restore, reinstated, reversed, reverses, rescinded, undid, backed, demoted, retired, expired, \
    disabled, duplicate, duplicated, dup, loses, lose, losing, hurt, hurts, timed, once, when, assuming, expected, hopefully, requires, require, candidate, subject, \
    accident, accidental, accidentally, unintentional, insufficient, negligible";
/// Words after which a bad word is good: `no regression`, `fewer crashes`, `fixes the oom`.
const RELIEFS: &str = "no, fix, fixes, fixed, fixing, avoid, avoids, avoided, less, fewer, lower, without, zero, prevents, removes, reduces, reduced";
/// Words that go with a keep, besides those that mean the same.
const PRAISE: &str = "new, best, sota, record, champion, top, better, beat, beats, good, great, nice, clear, clean, cleaner, simpler, simple, simplification, simplified, simplifies, simplify, \
    faster, quicker, smaller, leaner, shorter, lighter, improvement, improvements, improving, improves, improve, gain, gains, win, wins, \
    tie, tied, draw, equal, same, neutral, marginal, marginally, minor, small, slight, slightly, big, large, huge, major, baseline, rebaseline, base, final, first, stable, robust, \
    significant, confirmed, verified, validated, reproduced, reproducible, approved, pass, passed, passes, green, ok, okay, yes, y, true, t, pareto, frontier, speedup, \
    savings, saves, saved, directed, variety, quality, current, overall, local, global, auto, automatic, automatically, manual, manually, human, agent, iai, \
    bench, benchmark, wallclock, wall, clock, size, speed, perf, performance, memory, fewer, fixes, fixed, avoids, prevents, cheaper, free, sure, definitely";
/// Verbs for what a change does, if it is the remark's first word and its object follows.
const CHANGES: &str = "add, adds, added, adding, use, uses, used, using, switch, switches, switched, replace, replaces, replaced, swap, swaps, swapped, set, sets, \
    double, doubles, doubled, halve, halves, halved, increase, increases, increased, raise, raises, raised, reduce, reduces, reduced, decrease, decreases, decreased, \
    lowers, lowered, remove, removes, removed, drop, drops, dropped, prune, prunes, pruned, enable, enables, enabled, tune, tunes, tuned, widen, widened, deepen, \
    deepened, shrink, shrunk, refactor, refactored, cache, cached, caching, fuse, fused, inline, inlined, unroll, unrolled, vectorize, vectorized, batch, batched, with";
/// Words that must not follow such a verb: `removed by me`, `dropped from main`.
const OF_ANOTHER: &str = "by, out, from, in, at, on, for, since, because, as, after, again, later, due, when, and, it, this, that, everything, all";
/// Neutral words, so that the measurements next to them count.
const PLAIN: &str = "to, of, by, from, vs, over, than, at, in, per, and, for, is, only, mean, avg, average, median, std, sd, ci, seed, seeds, run, runs, step, steps, \
    epoch, epochs, iter, iters, exp, experiment, trial, round, version, val, train, test, eval, x, p, n, z, sigma, ppm, pp, bps, pct, percent, points, ms, s, sec, \
    min, h, mb, gb, kb, tok, tokens, lr, bs, wd, depth, width, dim, head, heads, layer, layers, warmup, decay, dropout, batch, size, beta, beta1, beta2, eps, seq, len, \
    ctx, vocab, rope, momentum, muon, adam, adamw, sgd, k, m, δ, delta, code, lines, loc, params";
/// Names for the version before the change.
const INCUMBENTS: &str = "baseline, base, incumbent, parent, control, original, champion, previous, prev, prior";
/// Words that say such a version is still ahead.
const STAYS: &str = "better, best, wins, win, won, faster, still, stays, retained, stands, remains, holds, ahead";
/// Words that compare: for a loss the better direction is the opposite of that for an accuracy.
const FALLING: &str =
    "lower, less, fewer, reduced, reduces, decreased, decreases, down, drop, drops, falls, fell, smaller";
const RISING: &str = "higher, more, increased, increases, raised, raises, up, rises, rose, larger, greater, bigger";
/// Values that mean no.
const NO: &str = "no, n, false, f, none, null, nil, n/a, na, nope, never, off, 0";
/// Column names that ask for a winner, for which the baseline is a no.
const WINS: &str =
    "winner, win, champion, best, better, faster, gain, improve, improved, improves, improvement, selected, new best";
/// Scripts without spaces: any sign of doubt counts, and a sign of approval is required.
const DOUBT_SIGNS: &str = "? ？ ❓ 待 暂 不 未 但 若 如果 回滚 撤 取消 仮 保留中 无 無 没 误 错 誤 失 退 丢 弃 棄 戻 却下 悪 差 降 고장 취소 보류 실패 악화 되돌";
const GOOD_SIGNS: &str = "新 最 佳 优 優 良 好 提升 提高 改 更 快 基 稳 简 成功 有效 通过 通過 確認 确认 합격 최고 최적 개선 향상 새 기준 ベスト";

/// The words of a remark, without articles.
fn words(rest: &str) -> Vec<&str> {
    let apart = rest.split(|c: char| !c.is_alphanumeric() && c != '\'');
    apart.filter(|word| !matches!(*word, "" | "the" | "a" | "an")).collect()
}

/// True for a remark that goes with a keep: something in it confirms the keep, and nothing revokes it.
pub(super) fn confirms(word: &str, rest: &str) -> bool {
    if takes_back(rest) || is_no(rest) {
        return false;
    }
    let words = words(rest);
    if is_in(WINS, word) && words.first().is_some_and(|first| matches!(*first, "baseline" | "base" | "none"))
        || is_of_another(word, &words)
        || is_no_gain(word, rest)
    {
        return false;
    }
    let is_foreign = rest.contains(|c: char| c >= '\u{2e80}' && c.is_alphabetic());
    if words.is_empty() || is_foreign && GOOD_SIGNS.split(' ').any(|sign| rest.contains(sign)) {
        return true;
    }
    let compared: Vec<Option<bool>> = (0..words.len()).map(|at| compares(&words, at)).collect();
    if compared.contains(&Some(false)) {
        return false;
    }
    let is_change = is_in(CHANGES, words[0]) && words.get(1).is_some_and(|next| !is_in(OF_ANOTHER, next));
    // `no regression`, `fixes the crash`: nothing revokes the keep, so the bad thing named is gone.
    let is_relief = words.windows(2).any(|pair| is_in(RELIEFS, pair[0]) && is_bad(pair[1]));
    is_change
        || is_relief
        || compared.contains(&Some(true))
        || words.iter().any(|word| praises(word))
        || words.iter().all(|word| is_good(word) || is_in(PLAIN, word) || is_in(FALLING, word) || is_in(RISING, word))
}

/// True for a remark that names another winner: `baseline still best`, `second best`, `winner: exp 3`.
fn is_of_another(word: &str, words: &[&str]) -> bool {
    let is_ahead = || words.iter().skip(1).any(|word| is_in(STAYS, word));
    let is_nearly = matches!(words, ["second" | "2nd" | "third" | "near" | "next", "best", ..]);
    let names_one =
        || words.iter().any(|word| matches!(*word, "exp" | "experiment" | "trial" | "run" | "commit" | "round"));
    words.first().is_some_and(|first| is_in(INCUMBENTS, first)) && is_ahead()
        || is_nearly
        || matches!(word, "winner" | "win" | "champion" | "best" | "selected") && names_one()
}

/// True for a remark that begins with a zero count, `0/5 passed`, or with a negative gain, `gain: -0.01`.
fn is_no_gain(word: &str, rest: &str) -> bool {
    let begin = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '.'));
    let number: String = begin.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let is_negative = rest[..rest.len() - begin.len()].ends_with(['-', '−']);
    let is_zero = number.contains('0') && number.parse::<f64>().is_ok_and(|value| value == 0.0);
    is_zero || is_negative && !number.is_empty() && matches!(word, "gain" | "improvement")
}

/// True for a word that revokes a keep, or says that something went wrong.
fn is_bad(word: &str) -> bool {
    is_in(DOUBTS, word) || matches!(WORDS.get(word), Some(Status::Claim(Claim::Discard | Claim::Crash)))
}

/// True for a word of a remark that goes with a keep: praise, a synonym of keep, a number, a metric.
fn is_good(word: &str) -> bool {
    let is_value = word.bytes().any(|byte| byte.is_ascii_digit());
    is_value || praises(word) || rank_of_metric(word).is_some()
}

/// True for praise, or a synonym of keep.
fn praises(word: &str) -> bool {
    is_in(PRAISE, word) || matches!(WORDS.get(word), Some(Status::Claim(Claim::Keep)))
}

/// True if the comparison by a word is an improvement, as in `lower loss`; false for `higher loss` and `accuracy down`;
/// `None` if the word compares nothing, or something unknown.
fn compares(words: &[&str], at: usize) -> Option<bool> {
    let goal = match words[at] {
        word if is_in(FALLING, word) => Goal::Minimize,
        word if is_in(RISING, word) => Goal::Maximize,
        _ => return None,
    };
    let next = |count: usize| words.get(at + 1..=at + count).map(|words| words.join("_"));
    let of = |name: String| Goal::of_metric(&name);
    let behind = next(2).and_then(of).or_else(|| next(1).and_then(of));
    let before = || at.checked_sub(1).and_then(|before| Goal::of_metric(words[before]));
    behind.or_else(before).map(|known| known == goal)
}

/// True for a remark that amounts to a no: `keep: false`, `accepted (n/a)`, `merged: 0`.
pub(super) fn is_no(rest: &str) -> bool {
    let value = rest.trim_matches(|c: char| !c.is_alphanumeric());
    let is_zero = || rest.contains('0') && value.chars().all(|c| matches!(c, '0' | '.'));
    is_in(NO, value) || is_zero()
}

/// True for a remark that revokes a keep or leaves it open, whatever else it contains.
pub(super) fn takes_back(rest: &str) -> bool {
    let words = words(rest);
    let is_metric = |word: &str| rank_of_metric(word).is_some();
    let is_doubt = |at: usize, word: &str| {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let next = words.get(at + 1).copied();
        match word {
            // `no regression`, but not `no` before anything else; `without warmup`, but not `without improvement`.
            "no" => !next.is_some_and(is_bad),
            "zero" | "without" => next.is_some_and(|next| praises(next) || rank_of_metric(next).is_some()),
            "n" => next.is_none_or(|next| next.bytes().all(|byte| !byte.is_ascii_digit())),
            // `to be confirmed`; `confirm with 3 seeds`
            "be" => before == "to",
            "confirm" | "verify" | "validate" => at == 0,
            // `removed dropout` is the change; `dropped by me` is its fate.
            _ if is_in(CHANGES, word) => {
                next.is_some_and(|next| next == "by")
                    || at == 0 && next.is_none_or(|next| is_in(OF_ANOTHER, next)) && is_bad(word)
            }
            // `lower error` is a metric that fell.
            _ if is_metric(word) && (compares(&words, at.saturating_sub(1)) == Some(true) || !is_in(DOUBTS, word)) => {
                false
            }
            _ => is_bad(word) && !is_in(RELIEFS, before),
        }
    };
    let whole = words.join(" ");
    let is_other = matches!(WORDS.get(&*whole), Some(Status::Claim(Claim::Discard | Claim::Crash)));
    is_other
        || DOUBT_SIGNS.split(' ').any(|sign| rest.contains(sign))
        || words.iter().enumerate().any(|(at, word)| is_doubt(at, word))
}

/// True for a remark that leaves its status open: `discard?`, `discard or keep`, `discard → keep`.
pub(super) fn is_open(rest: &str) -> bool {
    let keeps = |word: &str| word == "keep" || word == "kept";
    let turns = rest.trim_start().starts_with(['/', '→', '⇒']) || rest.contains("->") || rest.contains("=>");
    rest.contains(['?', '？', '❓'])
        || turns && rest.split(|c: char| !c.is_alphanumeric()).any(keeps)
        || rest
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| matches!(word, "or" | "maybe" | "perhaps" | "if" | "unless" | "unsure"))
}

/// `discard_iai`, `keep_best`, `auto-keep`: a plain word with a name attached, unless that puts it in doubt.
pub(super) fn compound(word: &str) -> Status {
    const PLAIN: &str = "keep, kept, accepted, discard, discarded, reject, rejected, revert, reverted, crash, crashed";
    /// Words that, attached, describe a possible outcome, or the opposite.
    const OPEN: &str = "would, should, could, can, may, might, near, nearly, almost, potential, potentially, candidate, eligible, soft, weak, \
        next, to, wait, review, for, until, on, non, un, never, free, proof, safe, rate, count, fix, fixed, fixes, avoid, avoided, \
        dont, wont, cant, cannot, didnt, doesnt, wasnt, isnt, none, anti, ex, fake, false, missed, miss, skip, skipped, cancel, cancelled, canceled, \
        undo, undone, was, old, former, unmerged, stop, block, blocked, de, pre, pro, post";
    let parts: Vec<&str> = word.split(['_', '-']).collect();
    let is_plain = |c: char| c.is_alphanumeric() || c == '.';
    let is_name =
        (2..=4).contains(&parts.len()) && parts.iter().all(|part| !part.is_empty() && part.chars().all(is_plain));
    let Some((first, last)) = parts.first().zip(parts.last()).filter(|_| is_name) else { return Status::Unknown };
    let (plain, rest) = match (is_in(PLAIN, first), is_in(PLAIN, last)) {
        (true, false) => (first, &parts[1..]),
        (false, true) => (last, &parts[..parts.len() - 1]),
        _ => return Status::Unknown,
    };
    let known = WORDS.get(plain).copied().unwrap_or(Status::Unknown);
    let is_doubtful = if known == Status::Claim(Claim::Keep) {
        // For a keep each part has to go with it.
        let is_named = |part: &&str| is_good(part) && !is_in(DOUBTS, part) || matches!(*part, "by" | "as" | "of");
        let is_other = |part: &&str| matches!(WORDS.get(*part), Some(Status::Claim(Claim::Discard | Claim::Crash)));
        let is_metric = rank_of_metric(&rest.join("_")).is_some();
        let is_worse = (0..rest.len()).any(|at| compares(rest, at) == Some(false));
        !(is_metric || rest.iter().all(is_named))
            || is_worse
            || rest.iter().any(is_other)
            || is_no(&rest.join(" "))
            || takes_back(&rest.join(" "))
    } else {
        rest.iter().any(|part| is_in(OPEN, part) || matches!(*part, "no" | "not") || part.ends_with("ing"))
            || rest.iter().any(|part| is_in(PLAIN, part))
            || is_open(&rest.join(" "))
    };
    if is_doubtful { Status::Unknown } else { known }
}
