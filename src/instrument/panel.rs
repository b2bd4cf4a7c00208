//! The instruments, one by one.

use super::duration_text;
use super::pace::{last_gain, pace};
use super::spend::{seconds_of, spent};
use crate::model::{DecisionKind, Host, Recorder, Snapshot, Spent, TrialEnd, counted};
use crate::policy::text::Visible;
use crate::policy::{Budget, Policy};

/// Shown in place of a gain over the approved tip.
pub const TIP_NOT_MEASURED: &str = "the approved tip was not measured";

/// One instrument: its current value and how it is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// Its name.
    pub name: &'static str,
    /// One line; `None` if there is not enough data.
    pub reading: Option<String>,
    /// The share of the limit that is used, from 0, above 1 if exceeded; `None` without a limit.
    pub used: Option<f64>,
    /// The way the value is computed, and anything it leaves out.
    pub formula: &'static str,
}

/// All instruments.
pub fn panel(snapshot: &Snapshot, policy: &Policy, host: Option<&Host>, now_ms: i64) -> Vec<Instrument> {
    let budget = policy.budget;
    let mut all = vec![
        line(
            "outcomes",
            outcomes(snapshot),
            "Results rows by status word: kept (keep, accepted, ✅ and similar), discarded, crashed. An unknown word, or one that means none of these, counts as other and never as a keep.",
        ),
        line(
            "decisions",
            decisions(snapshot),
            "The newest decision of each experiment in the ledger. Waiting: kept by the loop, with a known change and no decision. Gain: from the baseline to the approved tip, only if that exact tree was measured.",
        ),
        experiments(snapshot, &budget),
        gpu_hours(snapshot, &budget),
        money(snapshot, &budget),
        line(
            "pace",
            paced(snapshot),
            "Of the newest 24 experiments of this session: (number − 1) ÷ (time of the newest − time of the oldest). The time of an experiment is its row's, or else its commit's.",
        ),
        line(
            "gain per hour",
            gain_per_hour(snapshot),
            "Over the same experiments: best kept value now minus best kept value before them, as the loop claims it, ÷ hours between the first and the last. Per GPU hour: ÷ the length of their trials × GPUs (budget.gpus in the policy, or else 1), only if every length is known.",
        ),
        line(
            "last gain",
            since_gain(snapshot, now_ms),
            "Time since the newest experiment that became the best, by its row's or its commit's time, and the number of experiments after it.",
        ),
        line(
            "noise",
            noise(snapshot),
            "Standard deviation of the objective over trials of the same experiment, pooled over all experiments that ran more than once and whose logs were recorded. A gain smaller than about twice this number may be chance.",
        ),
        line(
            "machine",
            at_work(snapshot, now_ms),
            "Whether a recorded log is growing; otherwise the time since the last byte of the newest one. Runs that were not recorded are not known.",
        ),
    ];
    all.push(line(
        "recorder",
        recorder(snapshot),
        "The process that saves curves and attempts before the next run overwrites them: one per loop. `countersign record` keeps running after this screen is closed. Times are UTC.",
    ));
    all.push(line(
        "host",
        host.map(of_host),
        "The system's one-minute load average over all cores, and memory in use (reclaimable memory does not count).",
    ));
    all.extend(gpus(host));
    all
}

fn line(name: &'static str, reading: Option<String>, formula: &'static str) -> Instrument {
    Instrument { name, reading, used: None, formula }
}

fn recorder(snapshot: &Snapshot) -> Option<String> {
    let filed = snapshot.trials.len();
    let first = snapshot.trials.iter().find_map(|trial| trial.started_ms);
    let since = first.and_then(|first| jiff::Timestamp::from_millisecond(first).ok());
    let since = since.map(|since| format!(" since {}", since.strftime("%Y-%m-%d %H:%M"))).unwrap_or_default();
    let who = match snapshot.recorder {
        Recorder::Absent => return None,
        Recorder::Here => "this screen while it is open".to_owned(),
        Recorder::Other(Some(process)) => format!("process {process}"),
        Recorder::Other(None) => "another process".to_owned(),
    };
    Some(format!("{who}; {}{since}", counted(filed, "trial")))
}

fn outcomes(snapshot: &Snapshot) -> Option<String> {
    let counts = snapshot.counts;
    (counts.total > 0).then(|| {
        let other = if counts.other > 0 { format!(", {} other", counts.other) } else { String::new() };
        format!(
            "{}: {} kept, {} discarded, {} crashed{other}",
            counted(counts.total, "experiment"),
            counts.kept,
            counts.discarded,
            counts.crashed
        )
    })
}

fn decisions(snapshot: &Snapshot) -> Option<String> {
    let count = |kind| snapshot.count_decided(kind);
    let gain = snapshot.objective.as_ref().filter(|_| !snapshot.decisions.is_empty()).and_then(|objective| {
        let goal = objective.goal?;
        let baseline = snapshot.experiments.get(snapshot.baseline?)?.outcome.value()?;
        Some((&objective.metric, goal, goal.gain(baseline, snapshot.value_at_tip()?)))
    });
    let gain = match gain {
        Some((metric, goal, gain)) => {
            let metric = Visible::name(metric);
            if gain == 0.0 {
                format!("; approved tip: {metric} equal to the baseline")
            } else {
                format!("; approved tip: {metric} {} than the baseline", goal.change(gain))
            }
        }
        None if snapshot.decisions.is_empty() => String::new(),
        None => format!("; {TIP_NOT_MEASURED}"),
    };
    snapshot.format.map(|_| {
        format!(
            "{} approved, {} vetoed, {} reverted, {} waiting{gain}",
            count(DecisionKind::Approved) + count(DecisionKind::Partial),
            count(DecisionKind::Vetoed),
            count(DecisionKind::Reverted),
            snapshot.waiting.len()
        )
    })
}

fn experiments(snapshot: &Snapshot, budget: &Budget) -> Instrument {
    const FORMULA: &str = "Experiments in the results, compared with budget.experiments in the policy.";
    let total = snapshot.counts.total as u64;
    let reading = budget.experiments.map(|most| match most.checked_sub(total) {
        Some(left) => format!("{total} of {most} experiments, {left} left"),
        None => format!("{total} of {most} experiments, {} over the limit", total - most),
    });
    let used = budget.experiments.filter(|most| *most > 0).map(|most| total as f64 / most as f64);
    let reading = reading.or_else(|| Some("no limit: the policy has no budget.experiments".to_owned()));
    Instrument { name: "experiments", reading, used, formula: FORMULA }
}

/// GPU hours of the trials of known length, and the number of experiments whose length is not known.
fn used_hours(snapshot: &Snapshot, budget: &Budget) -> Option<(f64, usize)> {
    let spent = spent(snapshot);
    (spent.known > 0).then(|| (spent.hours * budget.gpus.unwrap_or(1.0), spent.unknown))
}

fn lower_bound(unknown: usize) -> (&'static str, String) {
    if unknown == 0 { ("", String::new()) } else { ("at least ", format!(" ({unknown} more were not recorded)")) }
}

fn gpu_hours(snapshot: &Snapshot, budget: &Budget) -> Instrument {
    const FORMULA: &str = "Length of every recorded trial (first to last byte of its log, or total_seconds of its summary, whichever is longer) × GPUs (budget.gpus in the policy, or else 1). Runs that were not recorded are not included; the line shows their number.";
    let used = used_hours(snapshot, budget);
    let reading = used.map(|(hours, unknown)| {
        let (at_least, missing) = lower_bound(unknown);
        match budget.gpu_hours {
            Some(most) if unknown == 0 => {
                format!("{hours:.3} of {most} GPU·h used, {:.2} left", (most - hours).max(0.0))
            }
            Some(most) => format!("{at_least}{hours:.3} of {most} GPU·h used{missing}"),
            None => format!("{at_least}{hours:.3} GPU·h used{missing}"),
        }
    });
    let share = used.zip(budget.gpu_hours).filter(|(_, most)| *most > 0.0).map(|((hours, _), most)| hours / most);
    Instrument { name: "GPU hours", reading, used: share, formula: FORMULA }
}

/// The used share of the budget, for the header; `None` without a limit.
pub fn budget_used(snapshot: &Snapshot, budget: &Budget) -> Option<String> {
    if let Some(most) = budget.gpu_hours {
        let (hours, unknown) = used_hours(snapshot, budget)?;
        let at_least = if unknown > 0 { "≥" } else { "" };
        return Some(format!("{at_least}{hours:.2}/{most} GPU·h"));
    }
    budget.experiments.map(|most| format!("{}/{most} experiments", snapshot.counts.total))
}

/// True if the policy's budget is spent, as far as is known: an `auto` gate then lets nothing more through.
pub fn is_budget_used_up(snapshot: &Snapshot, budget: &Budget) -> bool {
    budget.is_used_up_by(snapshot.mailbox.on_record.with(spent_by(snapshot, budget)))
}

/// The budget that this loop has spent, by its rows and trials.
pub fn spent_by(snapshot: &Snapshot, budget: &Budget) -> Spent {
    let hours = used_hours(snapshot, budget).map_or(0.0, |(hours, _)| hours);
    // Rounded up: a small amount must not count as none.
    Spent { experiments: snapshot.counts.total as u64, gpu_s: (hours * 3600.0).ceil() as u64 }
}

/// The usual length of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MedianTrial {
    /// The median length of the finished trials, in seconds.
    pub seconds: f64,
    /// The number of finished trials.
    pub trials: usize,
}

/// Returns the usual length of a trial; `None` if none is finished.
pub fn median_trial(snapshot: &Snapshot) -> Option<MedianTrial> {
    let mut seconds: Vec<f64> = snapshot
        .trials
        .iter()
        .filter(|trial| trial.end == TrialEnd::Finished)
        .filter_map(|trial| seconds_of(trial))
        .collect();
    seconds.sort_by(f64::total_cmp);
    Some(MedianTrial { seconds: *seconds.get(seconds.len() / 2)?, trials: seconds.len() })
}

fn money(snapshot: &Snapshot, budget: &Budget) -> Instrument {
    const FORMULA: &str = "GPU hours as above × budget.usd_per_gpu_hour in the policy. Idle time is not included.";
    let Some(price) = budget.usd_per_gpu_hour else {
        let reading = Some("no price: the policy has no budget.usd_per_gpu_hour".to_owned());
        return Instrument { name: "money", reading, used: None, formula: FORMULA };
    };
    let reading = used_hours(snapshot, budget).map(|(hours, unknown)| {
        let (at_least, missing) = lower_bound(unknown);
        match budget.gpu_hours {
            Some(most) if unknown == 0 => {
                format!(
                    "{:.2} $ of {:.2} $ used, {:.2} $ left",
                    hours * price,
                    most * price,
                    (most - hours).max(0.0) * price
                )
            }
            Some(most) => format!("{at_least}{:.2} $ of {:.2} $ used{missing}", hours * price, most * price),
            None => format!("{at_least}{:.2} $ used{missing}", hours * price),
        }
    });
    Instrument { name: "money", reading, used: None, formula: FORMULA }
}

fn paced(snapshot: &Snapshot) -> Option<String> {
    let pace = pace(snapshot)?;
    let each = duration_text(3600.0 / pace.per_hour);
    Some(format!("{:.1} experiments per hour, one every {each} (over the newest {})", pace.per_hour, pace.experiments))
}

fn gain_per_hour(snapshot: &Snapshot) -> Option<String> {
    let pace = pace(snapshot)?;
    let gain = pace.gain_per_hour?;
    let trial = pace.gain_per_trial_hour.map_or_else(String::new, |gain| format!(", {} per GPU hour", digits(gain)));
    Some(format!("{} claimed{trial}", digits(gain)))
}

/// Three significant digits, without an exponent where that is readable.
fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-7..1e9).contains(&value.abs()) {
        return format!("{value:.2e}");
    }
    let places = (2 - value.abs().log10().floor() as i32).clamp(0, 9);
    format!("{value:.*}", places as usize)
}

fn since_gain(snapshot: &Snapshot, now_ms: i64) -> Option<String> {
    let newest = last_gain(snapshot)?;
    let after = snapshot.experiments[newest + 1..].iter().filter(|experiment| experiment.ran()).count();
    let experiment = &snapshot.experiments[newest];
    let name = Visible::line(&experiment.name());
    let ago = (now_ms - experiment.at_ms?) as f64 / 1000.0;
    Some(format!("{} ago by {name}, {after} experiments since", duration_text(ago.max(0.0))))
}

fn noise(snapshot: &Snapshot) -> Option<String> {
    let metric = &snapshot.objective.as_ref()?.metric;
    let (mut squares, mut freedom, mut repeated) = (0.0, 0usize, 0usize);
    for trials in &snapshot.trials_by_experiment {
        let values: Vec<f64> = trials
            .iter()
            .filter_map(|at| snapshot.trials[*at].summary_value(metric))
            .filter(|v| v.is_finite())
            .collect();
        if values.len() > 1 {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            squares += values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            freedom += values.len() - 1;
            repeated += 1;
        }
    }
    (freedom > 1).then(|| {
        format!(
            "sd {} over {} repeated trials of {repeated} experiments",
            crate::model::digits((squares / freedom as f64).sqrt()),
            freedom + repeated
        )
    })
}

fn at_work(snapshot: &Snapshot, now_ms: i64) -> Option<String> {
    if snapshot.running.is_some() {
        return Some("a trial is running".to_owned());
    }
    let last = snapshot.trials.iter().filter_map(|trial| trial.last_ms).max()?;
    Some(format!("no recorded log has grown for {}", duration_text(((now_ms - last) as f64 / 1000.0).max(0.0))))
}

const GIB: f64 = (1u64 << 30) as f64;

fn of_host(host: &Host) -> String {
    let load = host.load.map_or_else(|| "load unknown".to_owned(), |load| format!("load {load:.1}"));
    let (used, total) = (host.memory_used as f64 / GIB, host.memory_total as f64 / GIB);
    format!("{load} on {} cores, memory {used:.1} of {total:.1} GiB", host.cores)
}

fn gpus(host: Option<&Host>) -> Vec<Instrument> {
    const FORMULA: &str = "As the driver reports it (NVML): share of the last sample period in which a kernel ran, memory in use, power drawn.";
    let Some(host) = host else { return Vec::new() };
    host.gpus
        .iter()
        .map(|gpu| {
            let busy = gpu.busy_percent.map_or_else(|| "load unknown".to_owned(), |busy| format!("{busy} % busy"));
            let memory = gpu.memory.map_or_else(String::new, |(used, total)| {
                format!(", {:.1} of {:.1} GiB", used as f64 / GIB, total as f64 / GIB)
            });
            let watts = gpu.watts.map_or_else(String::new, |watts| format!(", {watts:.0} W"));
            line("GPU", Some(format!("{busy}{memory}{watts}, {}", Visible::of(&gpu.name))), FORMULA)
        })
        .collect()
}
