//! The better direction of well-known metrics, by name.
//!
//! The names are those of the libraries and leaderboards that people take their metrics from: scikit-learn's scorers,
//! torchmetrics' and Hugging Face evaluate's `higher_is_better`, lm-evaluation-harness' and HELM's tasks, COCO,
//! ultralytics and detectron2, `MLPerf`, the RL trainers (`stable-baselines3`, `rsl_rl`, verl, TRL), Kaldi and
//! `ESPnet`, generative image and speech work (FID, PESQ, ...), trading back-tests, Lighthouse, compilers, kernels and
//! servers. A name that is used in both directions is not in the list: then the kept rows have to show the direction.

use super::{Goal, without_direction};

/// The likelihood that a loop optimises a metric with a known name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A condition that must hold while something else improves: tests that pass, errors of a kernel.
    Guard,
    /// A resource or a speed: often measured besides the objective, sometimes the objective itself.
    Resource,
    /// A measure of quality.
    Quality,
}

/// Lower is better: measures of quality.
const LOWER: &str = "loss, losses, nll, bpb, bpc, bpd, bits per byte, bits per character, bits per dim, cross entropy, xent, \
    ce, bce, kl, kld, kl divergence, jsd, mse, rmse, mae, mape, smape, wape, rmsle, msle, rmspe, mase, nrmse, crps, brier, ece, mce, \
    error, err, deviance, residual, chi2, perplexity, ppl, wppl, wer, cer, ter, der, eer, mer, wil, min dcf, dcf, \
    fid, kid, lpips, fvd, fad, nfe, niqe, brisque, mcd, rmse db, chamfer, hausdorff, hd95, assd, emd, wasserstein, sinkhorn, \
    epe, mpjpe, ate, rpe, ade, fde, absrel, abs rel, sqrel, tvd, l1, l2, linf, mmd, regret, \
    hallucination, toxicity, miss, misses, false positive, false positives, false negative, false negatives, fp, fn, fpr, fnr, far, frr, \
    false alarm, fails, bugs, violations, mistakes, typos, conflicts, collisions, collision, drawdown, max dd, mdd, \
    maxdd, volatility, var95, cvar, slippage, churn, overfit gap, generalization gap, generalisation gap, optimality gap, duality gap, \
    rmsd, makespan, tour length, path length, mip gap, par2, par2 score, par10, par10 score, logloss, brier score, top1 error, top5 error, top1 err, top5 err, hinge, hinge loss, clashscore, clash score, quantile loss, pinball, \
    ber, acpl, steps to goal, mae ev, mae mev, rmse ev, \
    energy error, force error, mean rank, median rank, edit distance, levenshtein, hamming, ter score, inertia, davies bouldin, aic, bic, \
    waste, defects, complexity, cyclomatic, code smells, cls, fid ms, speed index";

/// Higher is better: measures of quality.
const HIGHER: &str = "accuracy, acc, top1, top5, f1, fbeta, f2, f05, f score, precision, recall, ap, map, auroc, auc, aucpr, auprc, prauc, \
    rocauc, roc auc, pr auc, gini, ks, mcc, kappa, balanced accuracy, sensitivity, specificity, tpr, tnr, ppv, npv, iou, miou, giou, diou, ciou, \
    dice, jaccard, pq, panoptic quality, nds, mota, motp, hota, idf1, mask ap, box ap, bbox map, segm map, map50, map75, map5095, mar, \
    r2, r squared, rsquared, explained variance, ev, pearson, spearman, kendall, corr, correlation, ic, rank ic, icir, ndcg, mrr, mean reciprocal rank, hit, hits, \
    hit rate, bleu, sacrebleu, rouge, rouge1, rouge2, rougel, rougelsum, meteor, chrf, cider, spice, bertscore, bleurt, comet, em, exact match, \
    pass, passed, passing, solved, resolved, pass at 1, pass at k, mmlu, gsm8k, hellaswag, arc, winogrande, truthfulqa, humaneval, mbpp, aime, bbh, core metric, ifeval, gpqa, \
    psnr, ssim, ms ssim, msssim, vmaf, inception score, clip score, clipscore, pesq, stoi, estoi, sisnr, si snr, sisdr, si sdr, sdr, snr, mos, utmos, dnsmos, \
    reward, rewards, return, returns, episodic return, ep rew mean, ep reward, episode reward, score, scores, subscore, fitness, elo, rating, win, wins, winrate, \
    win rate, success, success rate, pass rate, solve rate, completion rate, accept rate, acceptance rate, survival, objective score, combined score, quality, \
    utility, hypervolume, sharpe, sortino, calmar, cagr, pnl, profit, profit factor, roi, roe, revenue, information ratio, omega ratio, treynor, \
    equity, annual return, annualized return, total return, ctr, conversion, coverage, line coverage, branch coverage, mutation score, \
    accessibility, best practices, seo, performance, pwa, silhouette, calinski harabasz, nmi, ari, ami, v measure, homogeneity, completeness, purity, modularity, \
    likelihood, log likelihood, loglik, loglikelihood, elbo, mutual information, diversity, novelty, uniqueness, validity, faithfulness, groundedness, relevance, \
    helpfulness, fluency, coherence, consistency, agreement, matches, matched, correct, improvement, gain, uplift, lift, savings, saved, reduction, speedup, \
    lddt, plddt, gdt ts, gdt ha, tm score, ptm, iptm, dockq, hv, si snri, sisnri, sdri, clip i, clip t, cosine similarity, cos sim, speaker sim, \
    games won, points, iqm, hns, qwk, c index, cindex, concordance, concordance index, spearmanr, pearsonr, kendalltau, ap50, ap75, lighthouse, accept length, acceptance length, \
    speed up, gap closed, compression ratio, hit ratio, cache hit, goals, coins, kills, throughput score";

/// Lower is better: the cost of a run.
const COST: &str = "latency, time, runtime, duration, elapsed, wall, wall clock, walltime, seconds, second, secs, sec, ms, msec, millis, milliseconds, us, usec, \
    microseconds, ns, nanoseconds, minutes, p50, p90, p95, p99, p999, ttl, delay, lag, jitter, step time, iteration time, epoch time, \
    memory, mem, vram, rss, ram, peak memory, bytes, kb, mb, gb, kib, mib, gib, size, filesize, binary size, bundle size, bundle, footprint, cost, costs, usd, price, dollars, \
    spend, energy, joules, joule, watts, power, carbon, co2, cycles, instructions, instr, allocs, allocations, gates, lut, luts, area, depth gates, calls, \
    lines of code, loc, sloc, params, parameters, num params, n params, macs, cpi, gate count, nodes explored, tokens used, dropped frames, frames dropped, tbt, fcp, lcp, ttfb, ttft, tpot, itl, inp, \
    gc pauses, cache misses, branch misses, page faults, stalls, overhead";

/// Higher is better: speed or utilisation.
const SPEED: &str = "throughput, tps, qps, rps, ops, iops, fps, hz, tflops, gflops, pflops, flops s, flop s, teraflops, mfu, hfu, bandwidth, gbps, mbps, gb s, mb s, tb s, \
    frames per second, utilization, utilisation, occupancy, goodput, tok s, toks, tokens s, it s, its, steps s, samples s, images s, imgs s, img s, nodes s, req s, \
    knps, mnps, kqps, krps, ipc, pct peak, peak pct, sol pct, util, mbu, efficiency, \
    ops s, words s, rows s, examples s, speed, nps, nodes per second, sps, steps per second";

/// Lower is better: failures that must not appear while something else improves.
const LOW_GUARDS: &str = "errors, max err, max error, max abs err, max abs error, abs err, max rel err, max diff, max abs diff, failing, failures, failed, \
    warnings, failing tests, tests failed, test failures";
/// Higher is better: conditions that must continue to hold.
const HIGH_GUARDS: &str = "tests passed, tests passing, tests ok, passed tests, checks passed";

/// Words that make a following `rate` one that should be low.
const LOW_RATES: &str = "error, failure, fail, miss, rejection, reject, timeout, crash, bounce, drop, refusal, collision, violation, fault, defect, loss, \
    mortality, fallback, abort, retry, word error, character error, equal error, misclassification, contamination, skip, stall, invalid, blunder, flake, flaky, dropped";
/// The same for a rate that should be high.
const HIGH_RATES: &str = "success, win, pass, hit, solve, solved, completion, complete, accept, acceptance, accepted, survival, retention, detection, \
    click through, match, valid, validity, compile, build, parse, conversion, response, frame, refresh, resolve, resolved, correct, answer, reach, goal, exact match, keep, win loss";

/// Units counted by a speed: `tok/s`, `steps_per_sec`.
const COUNTED: &str = "tok, toks, token, tokens, it, iter, iters, iteration, iterations, step, steps, sample, samples, image, images, img, imgs, frame, \
    frames, request, requests, req, query, queries, op, ops, word, words, example, examples, row, rows, doc, docs, page, pages, game, games, sim, sims, node, \
    nodes, move, moves, episode, episodes, batch, batches, char, chars, byte, bytes, kb, mb, gb, tb, mib, gib, item, items, event, events, message, messages, txn, tx, flop, \
    flops, gflop, tflop, update, updates, sentence, sentences, transaction, transactions, record, records, lookup, lookups, puzzle, puzzles, solution, solutions";
const TIMES: &str = "s, sec, secs, second, seconds, min, minute, minutes, h, hr, hour, hours, ms";
/// Amounts of which less per unit is better: `ms_per_step`, `cost_per_doc`.
const SPENT: &str = "s, sec, secs, second, seconds, ms, us, ns, time, latency, cost, usd, dollars, bytes, bits, memory, energy, joules, tokens, cycles, instructions, \
    error, errors, loss, calls";
/// Words before a metric that reverse its direction: scikit-learn's `neg_mean_squared_error`.
const NEGATED: &str = "neg, negative, negated, minus, inverse, inv";
/// Words that reverse only the known word after them: `no_amp_loss` is a loss.
const DENYING: &str = "no, non, without, zero";
/// Names in which a known word means something else.
const NO_METRIC: &str = "learning rate, lr, weight loss, loss scale, loss weight, seed, error bar, score threshold, time budget, time limit, \
    max time, min time, batch size, vocab size, model size, context size, block size, step size, sample size, population size, time step, timestep, num params, n params, \
    return code, exit code, status code, data points, num points, n points";

/// The rank of a metric by its name; `None` if it is not a known one.
pub fn rank_of_metric(name: &str) -> Option<Rank> {
    known(name).map(|(_, rank)| rank)
}

impl Goal {
    /// The direction that a metric's name implies, if the name is a known one. `None` means that it is not known, not
    /// that it does not matter.
    pub fn of_metric(name: &str) -> Option<Self> {
        known(name).map(|(goal, _)| goal)
    }
}

/// The direction of a metric by its name, and its rank; `None` if the name is unknown or ambiguous.
pub(super) fn known(name: &str) -> Option<(Goal, Rank)> {
    let (name, marked) = without_direction(name);
    if let Some((goal, rank)) = east_asian(name) {
        let (goal, rank) = marked.map_or((goal, rank), |(goal, _)| (goal, Rank::Quality));
        return Some((goal, rank));
    }
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.is_empty() || spans(NO_METRIC, &words).next().is_some() {
        return marked.map(|(goal, _)| (goal, Rank::Quality));
    }
    let (rest, turns) = turned_round(name, &words);
    let known = rate(&rest).or_else(|| per(&rest, name.contains('/'))).or_else(|| phrases(&rest));
    if let Some((goal, is_plain)) = marked
        && (is_plain || known.is_none())
    {
        // A direction written with a name marks it as a measure.
        return Some((goal, known.map_or(Rank::Quality, |(_, rank)| rank)));
    }
    let (goal, rank) = known?;
    match turns {
        Negation::Nothing => Some((goal, rank)),
        Negation::Word(own) if own != goal => None,
        Negation::All | Negation::Word(_) => Some((goal.reversed(), rank)),
    }
}

/// The part of a name that a word such as `neg` or `no` reverses.
enum Negation {
    Nothing,
    All,
    /// One word with this direction: the whole name if it has the same one. The meaning of `no_accuracy_drop` is not
    /// known.
    Word(Goal),
}

/// The words of a name without the word that reverses it: `neg_mae`, `1-acc`, `no_error_rate`, `error_free_runs`.
fn turned_round<'a>(name: &str, words: &[&'a str]) -> (Vec<&'a str>, Negation) {
    let after = if words[0] == "one" { &words[1..] } else { words };
    if let Some((first, rest)) = after.split_first()
        && !rest.is_empty()
        && is_in(NEGATED, first)
    {
        return (rest.to_vec(), Negation::All);
    }
    let what = words.iter().find(|word| !is_in("val, test, eval, train, mean, avg, top", word));
    if is_complement(name) && what.is_some_and(|word| goal_of_word(word).is_some()) {
        return (words.to_vec(), Negation::All);
    }
    let denied = words.windows(2).enumerate().find_map(|(at, pair)| match *pair {
        [no, what] if is_in(DENYING, no) => Some((at, goal_of_word(what)?)),
        // `reward_free_accuracy` describes how it was learnt.
        [what, "free"] if words.get(at + 2) != Some(&"energy") => {
            Some((at + 1, goal_of_word(what).filter(|goal| *goal == Goal::Minimize)?))
        }
        _ => None,
    });
    let Some((at, goal)) = denied else { return (words.to_vec(), Negation::Nothing) };
    let rest = words.iter().enumerate().filter(|(word, _)| *word != at).map(|(_, word)| *word).collect();
    (rest, Negation::Word(goal))
}

/// True for `1-acc`, `1 - loss`, `100-accuracy`, `1/latency`.
fn is_complement(name: &str) -> bool {
    let rest = ["100", "1.0", "1"].iter().find_map(|whole| name.trim_start_matches('(').strip_prefix(whole));
    rest.is_some_and(|rest| rest.trim_start().starts_with(['-', '−', '–', '/']))
}

/// The direction of a word alone.
fn goal_of_word(word: &str) -> Option<Goal> {
    let is_any = |lists: [&str; 4]| lists.iter().any(|list| is_in(list, word));
    if is_any([LOWER, COST, LOW_GUARDS, LOW_RATES]) {
        Some(Goal::Minimize)
    } else {
        is_any([HIGHER, SPEED, HIGH_GUARDS, HIGH_RATES]).then_some(Goal::Maximize)
    }
}

/// A measure in Chinese, Japanese or Korean, which write no spaces between words: `验证损失`.
fn east_asian(name: &str) -> Option<(Goal, Rank)> {
    const LISTS: [(&str, Goal, Rank); 4] = [
        (
            "损失 損失 손실 ロス 困惑度 パープレキシティ 퍼플렉시티 误差 誤差 오차 错误率 錯誤率 エラー率 오류율 误报率 漏报率",
            Goal::Minimize,
            Rank::Quality,
        ),
        (
            "准确率 準確率 准确度 正确率 正確率 正解率 精度 精确率 适合率 適合率 召回率 再現率 得分 分数 分數 评分 点数 スコア 胜率 勝率 成功率 通过率 \
                奖励 報酬 收益 정확도 정밀도 재현율 점수 승률 보상 성공률",
            Goal::Maximize,
            Rank::Quality,
        ),
        (
            "耗时 用时 时间 時間 시간 延迟 遅延 지연 显存 内存 記憶體 メモリ 메모리 参数量 成本 コスト 비용",
            Goal::Minimize,
            Rank::Resource,
        ),
        ("吞吐 スループット 처리량 速度 속도", Goal::Maximize, Rank::Resource),
    ];
    if name.is_ascii() {
        return None;
    }
    let has = |list: &str| list.split_whitespace().any(|word| name.contains(word));
    let mut found = LISTS.iter().filter(|(list, ..)| has(list)).map(|(_, goal, rank)| (*goal, *rank));
    let first = found.next()?;
    // Of two measures of quality either may be meant; a resource next to one is part of its name.
    found.all(|(goal, rank)| goal == first.0 || rank < first.1).then_some(first)
}

/// `error_rate`, `win_rate`, `word_error_rate`.
fn rate(words: &[&str]) -> Option<(Goal, Rank)> {
    let at =
        words.iter().position(|word| matches!(*word, "rate" | "ratio" | "pct" | "percent" | "share" | "fraction"))?;
    let before = &words[..at];
    let false_first = before.first().is_some_and(|word| matches!(*word, "false" | "in" | "un"));
    // The longest phrase before it counts: `win_loss_ratio` is not a loss.
    let longest =
        |list| (0..before.len()).find(|from| is_in(list, &before[*from..].join(" "))).map(|from| before.len() - from);
    let (low, high) = (longest(LOW_RATES), longest(HIGH_RATES));
    if false_first || low.is_some() && low >= high {
        Some((Goal::Minimize, Rank::Quality))
    } else if high.is_some() || before.first() == Some(&"true") {
        Some((Goal::Maximize, Rank::Quality))
    } else {
        None
    }
}

/// `tokens_per_second`, `tok/s`, `ms_per_step`.
fn per(words: &[&str], divided: bool) -> Option<(Goal, Rank)> {
    let (before, after) = match words.iter().position(|word| *word == "per") {
        Some(at) => (*words[..at].last()?, *words.get(at + 1)?),
        // `tok/s`, `it_s`, `sec/step`: the second word is a unit only if the first is counted.
        None => match words {
            [.., before, after] => (*before, *after),
            _ => return None,
        },
    };
    let has_per = words.contains(&"per");
    // `step_s` is the time one takes, `steps_s` and `step/s` are their number.
    if !has_per
        && !divided
        && after == "s"
        && is_in("step, iter, iteration, batch, episode, update, request, query", before)
    {
        return Some((Goal::Minimize, Rank::Resource));
    }
    if is_counted(before) && is_in(TIMES, after) && !is_in(TIMES, before) {
        // `step_ms` is a time, `steps_s` a speed.
        (has_per || matches!(after, "s" | "sec" | "second")).then_some((Goal::Maximize, Rank::Resource))
    } else if !has_per && after == "s" && !is_in(TIMES, before) {
        // `install_s`: seconds.
        Some((Goal::Minimize, Rank::Resource))
    } else if is_in(SPENT, before) && (has_per || is_in(TIMES, before) && is_in(COUNTED, after)) {
        Some((Goal::Minimize, Rank::Resource))
    } else {
        None
    }
}

/// The known phrases of a name: quality before cost; all must agree.
fn phrases(words: &[&str]) -> Option<(Goal, Rank)> {
    let mut found: Vec<(usize, usize, Goal, Rank)> = Vec::new();
    let lists = [
        (LOW_GUARDS, Goal::Minimize, Rank::Guard),
        (HIGH_GUARDS, Goal::Maximize, Rank::Guard),
        (LOWER, Goal::Minimize, Rank::Quality),
        (HIGHER, Goal::Maximize, Rank::Quality),
        (COST, Goal::Minimize, Rank::Resource),
        (SPEED, Goal::Maximize, Rank::Resource),
    ];
    for (list, goal, rank) in lists {
        found.extend(spans(list, words).map(|(from, to)| (from, to, goal, rank)));
    }
    // A longer phrase outweighs the words in it: `compression_ratio` and `loss reduction` are not what the words alone
    // mean.
    let inside = |(from, to, ..): &(usize, usize, Goal, Rank)| {
        found.iter().any(|(a, b, ..)| a <= from && to <= b && (b - a) > (to - from))
    };
    let whole: Vec<_> = found.iter().filter(|one| !inside(one)).collect();
    // More gained or saved of something is better.
    if let Some(last) = words.last()
        && matches!(*last, "reduction" | "improvement" | "gain" | "savings" | "saved" | "speedup" | "uplift")
    {
        return Some((Goal::Maximize, Rank::Quality));
    }
    // Less lost of something, or less time to reach it, is better.
    if words.len() > 1 && words.last().is_some_and(|last| matches!(*last, "drop" | "gap" | "degradation")) {
        return (!whole.is_empty()).then_some((Goal::Minimize, Rank::Quality));
    }
    if words.windows(2).any(|pair| pair == ["time", "to"]) {
        return Some((Goal::Minimize, Rank::Resource));
    }
    let best = whole.iter().map(|one| one.3).max()?;
    let mut goals = whole.iter().filter(|one| one.3 == best).map(|one| one.2);
    let goal = goals.next()?;
    goals.all(|other| other == goal).then_some((goal, best))
}

/// Positions of a list's phrases in the words of a name: from, to (exclusive).
fn spans<'a>(list: &'a str, words: &'a [&'a str]) -> impl Iterator<Item = (usize, usize)> + 'a {
    list.split(',').map(str::trim).flat_map(move |phrase| {
        let count = phrase.split(' ').count();
        let starts = 0..(words.len() + 1).saturating_sub(count);
        starts
            .filter(move |from| phrase.split(' ').eq(words[*from..from + count].iter().copied()))
            .map(move |from| (from, from + count))
    })
}

/// True for a unit that a speed counts, also by the thousand: `ktok`, `mnodes`.
fn is_counted(word: &str) -> bool {
    let many = ["k", "m", "g"].iter().filter_map(|many| word.strip_prefix(many));
    is_in(COUNTED, word) || many.into_iter().any(|word| is_in(COUNTED, word))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split(',').any(|known| known.trim() == word)
}

/// The words of a name in lower case: split at anything but letters and digits, and where lower case changes to upper
/// case. `mAP50-95` is `map`, `acc@1` is `acc`.
pub(super) fn words(name: &str) -> Vec<String> {
    // The unit of a name may be a sign: `$/1k_tokens`, `r^2`.
    let name = name.replace('$', " usd ").replace('^', "").replace('²', "2");
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let camel = camel_words(part);
        // A single letter is not a word: `mAP`, `pH`.
        if camel.len() > 1 && camel.iter().all(|word| word.chars().count() > 1) {
            words.extend(camel.into_iter().map(str::to_lowercase));
        } else {
            words.push(part.to_lowercase());
        }
    }
    let bare = |word: String| {
        // Digits at the end number an item: `recall5`, `map50`; `f1`, `r2`, `l1`, `p99` are names.
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if letters.len() > 2 && letters.len() < word.len() && !is_known_word(&word) { letters.to_owned() } else { word }
    };
    let mut words: Vec<String> = words.into_iter().map(bare).collect();
    words.retain(|word| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()));
    words
}

fn is_known_word(word: &str) -> bool {
    [LOWER, HIGHER, COST, SPEED, LOW_GUARDS, HIGH_GUARDS].iter().any(|list| is_in(list, word))
}

fn camel_words(part: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut before = false;
    for (at, c) in part.char_indices() {
        if c.is_uppercase() && before {
            words.push(&part[start..at]);
            start = at;
        }
        before = c.is_lowercase() || c.is_ascii_digit();
    }
    words.push(&part[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(name: &str) -> Option<Goal> {
        known(name).map(|(goal, _)| goal)
    }

    #[test]
    fn well_known_metrics_have_a_direction() {
        let lower = "val_bpb val_loss train/loss valLoss eval_loss test_rmse mae wer ppl perplexity fid latency_ms error_rate word_error_rate \
            false_positive_rate p99_latency ms_per_step cost_per_doc peak_vram_mb total_time train_seconds max_drawdown \
            sec/step cross_entropy neg_accuracy failing_tests LCP miss_rate step_ms bundle_size nll brier binary_size_kb median_us allocs \
            total_s install_s step_s iter_s time_to_accuracy accuracy_drop train_accuracy_gap";
        for name in lower.split_whitespace() {
            assert_eq!(goal(name), Some(Goal::Minimize), "{name}");
        }
        let higher = "mAP50 mAP50-95 win_rate tokens_per_second tok_per_sec tok/s iou r2 success_rate speedup val_acc acc@1 valAccuracy f1 macro_f1 \
            roc_auc psnr sharpe reward ep_rew_mean mean_niah_accuracy subscore pass_rate pass@1 bleu neg_mean_squared_error tflops mfu \
            throughput_tflops samples_per_second hit_rate cache_hit_rate steps/sec coverage elo fps GB/s loss_reduction compression_ratio \
            exact_match rouge-L ndcg@10 performance_score accessibility true_positive_rate combined_score min_f1 images_per_sec win_loss_ratio step/s it/s gap_closed";
        for name in higher.split_whitespace() {
            assert_eq!(goal(name), Some(Goal::Maximize), "{name}");
        }
    }

    #[test]
    fn names_of_many_fields_have_a_direction() {
        let lower = "rmsd makespan tour_length path_length mip_gap nodes_explored par2 par2_score logloss brier_score top1_error top5_error ber \
            cpi gate_count acpl blunder_rate steps_to_goal tokens_used dropped_frames flake_rate $/1k_tokens mae_ev ttft_ms lcp errors max_err";
        for name in lower.split_whitespace() {
            assert_eq!(goal(name), Some(Goal::Minimize), "{name}");
        }
        let higher = "knodes_s knps ktok_s mtok_s lddt plddt gdt_ts gdt_ha ptm iptm dockq hv pct_peak sol_pct bw_util sm_util mbu efficiency si_snri \
            clip_i cosine_similarity speaker_sim games_won points iqm hns qwk spearmanr r^2 ap50 lighthouse accept_length tests_passed";
        for name in higher.split_whitespace() {
            assert_eq!(goal(name), Some(Goal::Maximize), "{name}");
        }
        for name in ["alpha", "level", "core", "edge", "bias", "match", "health", "data_points"] {
            assert_eq!(goal(name), None, "{name}");
        }
        let ranks = ["ttft_ms", "max_err", "tests_passed", "val_loss"].map(|name| known(name).map(|(_, rank)| rank));
        assert_eq!(ranks, [Rank::Resource, Rank::Guard, Rank::Guard, Rank::Quality].map(Some));
    }

    #[test]
    fn a_direction_may_stand_beside_a_name() {
        let named = ["foo ↓", "foo (lower is better)", "foo (min)", "score (lower is better)", "time (minutes)"];
        assert!(named.iter().all(|name| goal(name) == Some(Goal::Minimize)), "{:?}", named.map(goal));
        let named = ["foo ↑", "↑ foo", "foo (max)", "accuracy (min)", "latency (higher is better)"];
        assert!(named.iter().all(|name| goal(name) == Some(Goal::Maximize)), "{:?}", named.map(goal));
        assert_eq!(goal("foo (later)"), None);
    }

    #[test]
    fn an_unknown_or_ambiguous_name_has_none() {
        let none = "gloss loss_score learning_rate lr steps num_params batch_size seed oob robustness_gap metric value result gen temperature \
            context_tokens epoch experiment time_budget loss_scale n_layers classification return_code noise_level edge";
        for name in none.split_whitespace() {
            assert_eq!(goal(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_may_reverse_its_measure() {
        let higher = "1-error 1-loss one_minus_error 1−wer 100-error_rate 1-val_loss 1/latency_ms error_free_runs non_loss_rate \
            no_error_rate zero_defect_rate runs_without_error memory_free_mb crash_free_rate no_cost_accuracy label_free_acc \
            no_tta_acc zero_shot_acc 1-shot_accuracy reward_free_return no_accuracy_drop";
        for name in higher.split_whitespace() {
            assert_ne!(goal(name), Some(Goal::Minimize), "{name}");
        }
        let lower = "1-acc 1-accuracy one_minus_acc 1-top1_acc (1-iou) no_amp_loss no_cache_latency_ms gradient_free_loss error_free_energy \
            non_success_rate no_response_rate 1-step_loss zero_shot_ppl";
        for name in lower.split_whitespace() {
            assert_ne!(goal(name), Some(Goal::Maximize), "{name}");
        }
        let sure = ["1-error", "1 - loss", "no_error_rate", "error_free_runs", "non_loss_rate"].map(goal);
        assert_eq!(sure, [Some(Goal::Maximize); 5]);
        assert_eq!(["1-acc", "1 - acc", "(1-iou)", "no_amp_loss"].map(goal), [Some(Goal::Minimize); 4]);
    }

    #[test]
    fn quality_outranks_cost() {
        assert_eq!(known("accuracy_per_ms").map(|(goal, _)| goal), Some(Goal::Maximize));
        assert_eq!(known("peak_vram_mb").map(|(_, rank)| rank), Some(Rank::Resource));
        assert_eq!(known("val_bpb").map(|(_, rank)| rank), Some(Rank::Quality));
    }

    #[test]
    fn only_known_words_give_a_direction() {
        assert_eq!(Goal::of_metric("val_bpb"), Some(Goal::Minimize));
        assert_eq!(Goal::of_metric("val_psnr"), Some(Goal::Maximize));
        assert_eq!(Goal::of_metric("subscore"), Some(Goal::Maximize));
        assert_eq!(Goal::of_metric("mean_niah_accuracy"), Some(Goal::Maximize));
        assert_eq!(Goal::of_metric("pass_rate"), Some(Goal::Maximize));
        assert_eq!(Goal::of_metric("gloss"), None, "part of a word is not the word");
        assert_eq!(Goal::of_metric("loss_score"), None, "two directions cancel out");
    }

    #[test]
    fn the_lists_do_not_contradict_one_another() {
        let all = |lists: [&'static str; 2]| -> Vec<&str> {
            lists.iter().flat_map(|list| list.split(',').map(str::trim)).collect()
        };
        let (lower, higher) = (all([LOWER, COST]), all([HIGHER, SPEED]));
        assert!(lower.len() + higher.len() > 400, "{} {}", lower.len(), higher.len());
        for name in &lower {
            assert!(!higher.contains(name), "{name}");
        }
    }
}
