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
    for word in "keep|KEEP| kept |accepted|**Keep**|`keep`|✅|✅ KEEP|keep ✅|keep (new best)|KEEP ✓ (new best)|\
        KEEP: -2%|adopted|保留|[keep]|keep!|✔️|gardé|Kept (baseline)|keep: lower error|keep (fewer timeout)|\
        keep - no regression|keep: fixes the crash, fixed oom|keep: removed dropout|保留（新最佳）|採用（最良）|👍 good|\
        new-best|🟢|🟩 Keep|keep_best|kept_tie|auto-keep|keep_iai (new)".split('|') {
        assert_eq!(claim(word), Some(Claim::Keep), "{word}");
    }
    for word in "discard|❌|❌ DISCARD|Reverted|no_improvement|no improvement|not kept|dropped|丢弃|discard - worse|\
        verworfen|REJECTED (p=0.4)|discard (no improvement)|discard - not better|discard: worse but faster|\
        revert (no change)|discard / revert|discard → reverted|reverted (not significant)|丢弃：变差|回滚，无提升|\
        却下（悪化）|❌ slower|LOSS|🔴|🔴 discard|discard_iai|discard_wallclock|auto_revert|discard-oom|\
        tie (discard)|neutral/discard|flat - discard"
        .split('|')
    {
        assert_eq!(claim(word), Some(Claim::Discard), "{word}");
    }
    for word in "crash|failed|error|timeout|OOM|💥|crash (oom)|crash: CUDA out of memory|失败|nan|timed out|\
        server_failed|eval error|crash (no output)|build-fail|OOM-killed"
        .split('|')
    {
        assert_eq!(claim(word), Some(Claim::Crash), "{word}");
    }
    let neutral = [
        "",
        "-",
        "baseline",
        "BASELINE",
        "pending",
        "pending (keep)",
        "tentative",
        "green",
        "no-op",
        "done",
        "checks_failed",
    ];
    for word in neutral.into_iter().chain(["🟡", "🟢 running"]) {
        assert_eq!(claim(word), Some(Claim::Other), "{word}");
    }
}

#[test]
fn an_unknown_or_doubtful_word_is_not_a_keep() {
    for word in "keep?|keeper|keep if it holds|keep (pending)|keep, then reverted|keep or discard|floop|🦄|\
        keep it maybe|✅❌|🔥|🟢🔴|🟢 active|🟡 keep|🔴 keep|❌ keep|!keep|~~keep~~|✅ discard|no error|\
        regression-eligible|keep: FAILED tests|keep (invalid)|keep (rolled back)|keep (undone)|\
        keep (withdrawn)|keep (superseded)|keep [needs rerun]|keep (unverified)|keep (provisional)|\
        keep (dropped)|keep (no gain)|保留（待定）|✅ reverted later|discard?|discard / keep|keep_pending|\
        keep_reverted|keep_worse|would_keep|keep-trying|no_keep_yet|keep_discard|non-discard|crash-free|\
        discard_or_keep|keep_if_stable"
        .split('|')
    {
        assert_eq!(claim(word), None, "{word}");
    }
}

#[test]
fn a_keep_with_a_name_is_one_where_the_name_goes_with_it() {
    let names = "keep_best auto-keep kept_tie keep_new_best keep_0.93 keep_v2 best_keep marginal-keep confirmed-keep kept-neutral \
        pareto-keep accepted_by_human keep_val_bpb keep_baseline human_keep keep_iai keep_simplification keep_faster";
    for word in names.split_whitespace() {
        assert_eq!(claim(word), Some(Claim::Keep), "{word}");
    }
    let doubtful = "dont_keep wont_keep cant_keep cannot_keep wasnt_kept none_kept didnt_keep skip_keep cancel-keep missed_keep \
        false_keep bad_keep stale_keep was_keep old_keep former_keep ex-keep anti-keep fake-keep unmerged_keep keep_bad keep_temp \
        keep_log_only keep_floop wibble-keep keep_off keep_none keep_false keep_no keep_0 keep_higher_loss dont_discard \
        wont_revert undo_discard skip_revert";
    for word in doubtful.split_whitespace() {
        assert_eq!(claim(word), None, "{word}");
    }
}

#[test]
fn a_keep_with_a_remark_is_one_where_the_remark_goes_with_it() {
    for cell in "keep: new best|keep (0.93)|KEEP: -2%|keep (lower loss)|keep - higher accuracy|keep (loss down)|\
        keep: added RMSNorm|keep: true|keep (tie, simpler)|\
        ACCEPTED (new plain screening champion / re-baseline)|ACCEPT (variety wins)|accepted (directed)|\
        keep: lr 3e-4|improved: yes|winner (new best)|🎉 keep|keep 🚀 (new best)|[x] keep|- [x] kept|\
        保留 (提升0.3%)|✅ 0.93|keep (2× faster)|keep (3 seeds)|keep (p=0.4)|keep (Δ -0.003)|keep - beats 0.98|\
        keep (0.9832 < 0.9841)|keep (VRAM -20%)|keep (without warmup, faster)|baseline (keep)|pass: keep"
        .split('|')
    {
        assert_eq!(claim(cell), Some(Claim::Keep), "{cell}");
    }
    for cell in "keep: false|kept: false|keep (false)|keep: 0|keep: none|keep (n)|keep (n/a)|accepted: false|\
        merged: 0|improved: false|approved: none|winner: none|winner: baseline|discard: false|crash: no|\
        keep (dropped by me)|keep - thrown away|keep (taken back)|keep: revoked|keep: annulled|\
        keep (disqualified)|keep (don't merge)|keep (ignore)|keep: bug|keep (overfit)|keep (higher loss)|\
        keep: accuracy down|keep (worse)|keep (mistake)|keep: cheat|keep (removed from main)|\
        keep (replaced by exp 7)|keep (see the chat)|keep: floop|[ ] keep|- [ ] keep|☐ keep|keep ❓|⏳ keep|\
        keep ⚠|🛑 keep|keep 🔙|🙅 keep|× keep|📉 keep|~keep|<!-- keep -->|✅ floop|discard → keep|保留（误判）|保留（张三）|\
        keep (backed out in a1b2c3d)|keep (beaten by exp 7)|keep (exp 9 removed it)|\
        keep (aborted at step 300)|keep (small regression)|keep (reset to baseline)|\
        keep (baseline still best)|keep (second best)|keep (prev best)|keep (to be confirmed)|\
        keep (confirm with 3 seeds)|keep (expected gain 2%)|keep (zero gain)|keep (without improvement)|\
        keep (hurts acc 2%)|keep (0/5 passed)|kept: 0 of 3 changes|keep (y/n)|keep (fork 2)|winner: exp 3|\
        gain: -0.01|keep ×|✅×".split('|') {
        assert_eq!(claim(cell), None, "{cell}");
    }
}

#[test]
fn words_and_signs_of_more_languages() {
    for cell in "🛑|🔙|🙅|×|无提升|已回退|弃用|淘汰|捨棄|還原|改善なし|見送り|棄却|되돌림|버림".split('|')
    {
        assert_eq!(claim(cell), Some(Claim::Discard), "{cell}");
    }
    for cell in ["提升", "採納", "キープ"] {
        assert_eq!(claim(cell), Some(Claim::Keep), "{cell}");
    }
    assert_eq!(claim("报错"), Some(Claim::Crash));
    for cell in ["⏳", "☐", "[ ]", "- [ ]"] {
        assert_eq!(claim(cell), Some(Claim::Other), "{cell}");
    }
    for cell in ["⚠", "📉", "❓"] {
        assert_eq!(claim(cell), None, "{cell}");
    }
}

#[test]
fn a_yes_or_a_no_may_have_a_remark() {
    let keep = Some(Status::Claim(Claim::Keep));
    let discard = Some(Status::Claim(Claim::Discard));
    for cell in "yes|Yes (best)|**yes**|✅|✅ yes|**yes** (best)|1|true: new best|yes - 3% faster|x".split('|') {
        assert_eq!(yes_or_no(cell), keep, "{cell}");
    }
    for cell in ["no", "no (reverted)", "No: worse", "0", "-", "❌ (slower)"] {
        assert_eq!(yes_or_no(cell), discard, "{cell}");
    }
    for cell in ["yes (reverted)", "yes, if it holds", "no (or yes?)"] {
        assert_eq!(yes_or_no(cell), Some(Status::Unknown), "{cell}");
    }
    for cell in "|n/a|N/A (baseline)|yesterday|not sure|0.5|12|1,5|1/3".split('|') {
        assert_eq!(yes_or_no(cell), None, "{cell}");
    }
}

#[test]
fn the_policy_decides_a_words_meaning_first() {
    let own = StatusWords::from([("green".to_owned(), Claim::Keep), ("🦄".to_owned(), Claim::Discard)]);
    assert_eq!(status("GREEN", &own), Status::Claim(Claim::Keep));
    assert_eq!(status("🦄", &own), Status::Claim(Claim::Discard));
    assert_eq!(status("red", &own), Status::Neutral);
}

#[test]
fn an_unknown_word_is_not_a_keep() {
    for word in ["keep", "KEEP", " kept ", "accepted"] {
        assert_eq!(Claim::of_word(word), Claim::Keep, "{word}");
    }
    for word in ["", "keeper", "tentative", "green", "pending", "baseline", "no-op", "keep?"] {
        assert_eq!(Claim::of_word(word), Claim::Other, "{word}");
    }
}
