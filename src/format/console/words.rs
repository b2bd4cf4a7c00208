//! The words of the grammar: names of steps, parts of the data and events; words that are never a metric.

use super::super::fields::RowKey;
use super::parts::DataSplit;

/// The kind of a step: a lower one is preferred where a line has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Count {
    /// Updates of the entire run.
    Global,
    /// Steps that most often are the run's, and may restart with each epoch.
    Step,
    /// A position within an epoch.
    InEpoch,
    /// Words that count steps only next to a metric: `steps`, `round`.
    Weak,
    /// An epoch, or a part of one.
    Epoch,
}

/// Returns the kind of step that a name counts, if any. Names are compared without case, and with `_` for a space or
/// `-`.
pub(super) fn count(name: &[u8]) -> Option<Count> {
    // fairseq: `dev_other_num_updates`
    if name.ends_with(b"_num_updates") {
        return Some(Count::Global);
    }
    if !name.is_ascii() {
        return count_elsewhere(name);
    }
    let mut buffer = [0u8; 24];
    if name.len() > buffer.len() {
        return None;
    }
    for (to, from) in buffer.iter_mut().zip(name) {
        *to = match from {
            b' ' | b'-' => b'_',
            byte => byte.to_ascii_lowercase(),
        };
    }
    Some(match &buffer[..name.len()] {
        b"global_step"
        | b"num_updates"
        | b"_step"
        | b"train/global_step"
        | b"training/global_step"
        | b"trainer/global_step"
        | b"global_step/max_steps"
        | b"global_iter"
        | b"global_iteration" => Count::Global,
        b"step"
        | b"iter"
        | b"iters"
        | b"iteration"
        | b"train_step"
        | b"training_step"
        | b"optimizer_step"
        | b"optim_step"
        | b"opt_step"
        | b"update_step"
        | b"train_iter"
        | b"training_iteration"
        | b"num_timesteps"
        | b"iter_num"
        | b"n_iter"
        | b"current_step"
        | b"step_idx" => Count::Step,
        b"batch" | b"total_step" | b"it" | b"itr" | b"up" | b"update" | b"mini_batch" | b"minibatch"
        | b"micro_step" | b"micro_batch" | b"batch_idx" | b"batch_id" | b"batch_index" => Count::InEpoch,
        b"s" | b"num_steps" | b"total_steps" | b"total_timesteps" | b"steps" | b"iterations" | b"updates"
        | b"round" | b"timestep" | b"timesteps" | b"trial" | b"frame" | b"frames" | b"env_step" | b"env_steps"
        | b"generation" | b"gen" | b"episode" | b"i" => Count::Weak,
        b"epoch" | b"ep" | b"current_epoch" | b"training_epoch" | b"train_epoch" | b"training/epoch"
        | b"train/epoch" => Count::Epoch,
        _ => return None,
    })
}

/// The same in other languages.
fn count_elsewhere(name: &[u8]) -> Option<Count> {
    let name = std::str::from_utf8(name).ok()?.to_lowercase();
    match name.as_str() {
        "步" | "步数" | "步骤" | "迭代" | "ステップ" | "스텝" | "шаг" | "étape" => Some(Count::Step),
        "轮" | "轮次" | "轮数" | "エポック" | "에포크" | "에폭" | "эпоха" | "époque" | "época" => {
            Some(Count::Epoch)
        }
        _ => None,
    }
}

/// Steps as tables name them, the first of them preferred.
pub(super) const TABLE_STEPS: [&str; 31] = [
    "total_timesteps",
    "timesteps_total",
    "num_env_steps",
    "totalenvsteps",
    "totalenvinteracts",
    "timestepssofar",
    "total_env_steps",
    "total_steps",
    "env_steps",
    "timesteps",
    "global_step",
    "num_updates",
    "nupdates",
    "#",
    "example_counter",
    "step",
    "steps",
    "iter",
    "iteration",
    "iterations",
    "itr",
    "training_step",
    "training_iteration",
    "update",
    "updates",
    "batch",
    "round",
    "trial",
    "epoch",
    "e",
    "nr.",
];

/// Returns the value of `nan`, `inf`: non-finite measurements.
pub(super) fn not_finite(word: &[u8]) -> Option<f64> {
    let is = |one: &str| word.eq_ignore_ascii_case(one.as_bytes());
    if !matches!(word.len(), 3..=9) {
        None
    } else if is("nan") || is("-nan") || is("+nan") {
        Some(f64::NAN)
    } else if is("inf") || is("infinity") || is("+inf") {
        Some(f64::INFINITY)
    } else if is("-inf") || is("-infinity") {
        Some(f64::NEG_INFINITY)
    } else {
        None
    }
}

/// True for a word that names a measurement: it makes a pair of name and number without a sign between them.
pub(super) fn is_measured(word: &[u8]) -> bool {
    word.split(|byte| !byte.is_ascii_alphanumeric()).any(|part| {
        let mut buffer = [0u8; 12];
        if part.len() > buffer.len() || part.len() < 2 {
            return false;
        }
        for (to, from) in buffer.iter_mut().zip(part) {
            *to = from.to_ascii_lowercase();
        }
        let part = &buffer[..part.len()];
        // `mAP50`, `loss1`
        let digits = part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let stem = if part.len() > 2 { &part[..part.len() - digits] } else { part };
        matches!(
            stem,
            b"acc"
                | b"accuracy"
                | b"reward"
                | b"rewards"
                | b"return"
                | b"score"
                | b"bpb"
                | b"ppl"
                | b"perplexity"
                | b"auc"
                | b"rmse"
                | b"mse"
                | b"mae"
                | b"f1"
                | b"map"
                | b"miou"
                | b"iou"
                | b"bleu"
                | b"rouge"
                | b"error"
                | b"norm"
                | b"lr"
                | b"rate"
                | b"mfu"
                | b"kl"
                | b"entropy"
                | b"precision"
                | b"recall"
                | b"psnr"
                | b"ssim"
                | b"fid"
                | b"elbo"
                | b"nll"
                | b"cer"
                | b"wer"
                | b"logloss"
                | b"grad"
                | b"gnorm"
                | b"metric"
                | b"tel"
                | b"trl"
                | b"dice"
                | b"fitness"
                | b"ndcg"
                | b"hella"
                | b"r2"
                | b"l2"
                | b"l1"
        ) || stem.ends_with(b"loss")
            || stem.starts_with(b"loss")
    })
}

/// True for a word that is unambiguously a result of training.
pub(super) fn is_result(word: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    is(&[
        "loss",
        "acc",
        "accuracy",
        "reward",
        "rewards",
        "return",
        "score",
        "bpb",
        "ppl",
        "perplexity",
        "auc",
        "rmse",
        "mse",
        "mae",
        "tel",
        "trl",
        "f1",
        "map",
        "iou",
        "miou",
        "bleu",
        "psnr",
        "fid",
        "dice",
        "fitness",
        "wer",
        "cer",
        "elbo",
        "nll",
        "logloss",
    ])
}

/// True for words of time and place, and whose numbers measure nothing of the training.
pub(super) fn is_never_a_metric(name: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
    is(&[
        "rank",
        "eval samples",
        "num examples",
        "num samples",
        "dataloader",
        "fold",
        "commit",
        "commit_hash",
        "git_commit",
        "git_hash",
        "git_sha",
        "sha",
        "hash",
        "local_rank",
        "local rank",
        "global_rank",
        "world_size",
        "world size",
        "pid",
        "tid",
        "node",
        "gpu",
        "gpu_id",
        "device",
        "v_num",
        "seed",
        "version",
        "port",
        "line",
        "worker",
        "job",
        "id",
        "date",
        "eta_seconds",
        "run",
        "host",
        "ts",
        "timestamp",
        "size",
        "in",
        "at",
        "on",
        "of",
        "to",
        "for",
        "with",
    ])
}

/// The subject of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// A process of the run: one of them reports for the run.
    Process,
    /// Something that the run has several of.
    Thing,
}

/// Returns the kind of subject that the number after a name selects.
pub(super) fn which(name: &[u8]) -> Option<Which> {
    let is = |all: &[&str]| all.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
    if is(&[
        "rank",
        "local_rank",
        "local rank",
        "global_rank",
        "global rank",
        "process_index",
        "process index",
        "dp_rank",
        "proc",
    ]) {
        Some(Which::Process)
    } else if is(&["worker", "group", "replica", "pid", "stage", "phase"]) || names_thing(name) {
        Some(Which::Thing)
    } else {
        None
    }
}

/// True for a field that distinguishes rows. The number after a GPU or a machine may be its load, and of folds and
/// trials the newest one is read.
fn names_thing(name: &[u8]) -> bool {
    const OTHERS: [&[u8]; 11] =
        [b"fold", b"trial", b"gpu", b"device", b"node", b"host", b"run", b"job", b"policy", b"module", b"threshold"];
    let key = std::str::from_utf8(name).ok().and_then(RowKey::of);
    key.is_some_and(RowKey::is_thing) && !OTHERS.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// `eta`, `eta_s`, `ETA(min)`, `eta time`
fn is_eta(name: &[u8]) -> bool {
    let mut words = name.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let is_unit = |word: &[u8]| seconds(&word.to_ascii_lowercase()).is_some() || word.eq_ignore_ascii_case(b"time");
    words.next().is_some_and(|first| first.eq_ignore_ascii_case(b"eta")) && words.all(is_unit)
}

/// True for names of the time left.
pub(super) fn is_remaining(name: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
    is(&[
        "remaining",
        "remaining time",
        "remaining_time",
        "time remaining",
        "time_remaining",
        "est remaining",
        "est_remaining",
        "time left",
        "time_left",
        "left",
        "est. time",
        "ttg",
        "time to go",
        "time_to_go",
    ]) || is_eta(name)
}

/// True for words of a line that summarises the lines before it: the same speaker's final report.
pub(super) fn is_summary_word(word: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    is(&[
        "avg",
        "average",
        "averaged",
        "mean",
        "total",
        "overall",
        "final",
        "finished",
        "completed",
        "done",
        "summary",
        "result",
        "results",
        "end",
    ])
}

/// True for words of sentences: they never occur between a name and its number.
pub(super) fn is_prose(word: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    is(&[
        "with",
        "for",
        "from",
        "to",
        "into",
        "and",
        "the",
        "a",
        "an",
        "was",
        "are",
        "took",
        "takes",
        "after",
        "before",
        "using",
        "generating",
        "by",
        "than",
        "over",
        "under",
        "out",
        "saved",
        "saving",
        "we",
        "it",
        "has",
        "have",
        "will",
        "be",
        "only",
        "is",
        "in",
        "of",
        "at",
        "on",
        "not",
        "no",
        "all",
        "this",
        "that",
        "set",
        "skipping",
        "skipped",
        "warmup",
        "resuming",
        "sample",
        "samples",
        "generated",
        "processing",
        "running",
        "wrote",
        "found",
        "sleeping",
        "waiting",
        "checkpoint",
        "as",
        "vs",
        "versus",
        "below",
        "above",
        "about",
        "around",
        "roughly",
        "dropped",
        "fell",
    ])
}

/// True for first words of lines that report an event, not a measurement.
pub(super) fn is_event(word: &[u8]) -> bool {
    let begins = |stem: &str| word.get(..stem.len()).is_some_and(|start| start.eq_ignore_ascii_case(stem.as_bytes()));
    [
        "sav",
        "load",
        "resum",
        "restor",
        "checkpoint",
        "download",
        "upload",
        "warmup",
        "warming",
        "found",
        "starting",
        "creat",
        "writ",
        "wrote",
        "delet",
        "remov",
        "skip",
        "using",
        "setting",
        "set",
        "early",
        "best",
        "new",
        "config",
        "error",
        "warning",
        "init",
        "generating",
        "generated",
        "extract",
        "wandb",
        "installing",
        "collecting",
        "collected",
        "requirement",
        "push",
        "export",
        "build",
        "compil",
        "namespace",
    ]
    .iter()
    .any(|stem| begins(stem))
}

/// True for words that may precede a step's name: `Learning iteration 5`, `validation loss at iteration 5`.
pub(super) fn may_lead_to_a_step(word: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    DataSplit::of(word).is_some()
        || is(&[
            "learning",
            "at",
            "on",
            "completed",
            "finished",
            "end",
            "of",
            "loss",
            "results",
            "result",
            "after",
            "current",
            "log",
            "in",
            "metrics",
            "performance",
            "accuracy",
            "summary",
            "progress",
            "optimizer",
            "for",
            "final",
            "done",
            "mini-batch",
            "ppo",
            "begin",
            "average",
            "rank",
            "stats",
            "node",
            "worker",
            "set",
            "subset",
            "and",
            "now",
            "policy",
            "saving",
            "dict",
        ])
}

/// True for units that follow a number as a separate word.
pub(super) fn is_unit(word: &[u8]) -> bool {
    let is = |all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    if word.contains(&b'/') {
        let slash = word.iter().position(|byte| *byte == b'/').unwrap_or(0);
        let per = word[slash + 1..].to_ascii_lowercase();
        return [
            &b"s"[..],
            b"sec",
            b"second",
            b"it",
            b"step",
            b"iter",
            b"batch",
            b"device",
            b"gpu",
            b"min",
            b"s/device",
            b"s/gpu",
        ]
        .contains(&&per[..]);
    }
    is(&[
        "ms", "us", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minutes", "h", "hr", "hours", "gb",
        "mb", "kb", "gib", "mib", "g", "tflops", "tflop", "db", "bits", "nats", "it", "w", "tokens",
    ])
}

/// Returns the seconds in a unit of time; `None` for any other unit.
pub(super) fn seconds(unit: &[u8]) -> Option<f64> {
    Some(match unit {
        b"ns" => 1e-9,
        b"us" => 1e-6,
        b"ms" => 1e-3,
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => 1.0,
        b"m" | b"min" | b"mins" | b"minute" | b"minutes" => 60.0,
        b"h" | b"hr" | b"hrs" | b"hour" | b"hours" => 3600.0,
        b"d" | b"day" | b"days" => 86400.0,
        _ => return None,
    })
}
