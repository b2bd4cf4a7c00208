//! Selects the files that may hold curves, by path and name.

use super::detect_curves::{BINARY_TABLE, COMPRESSED_FILE};
use super::{CurvesFormat, NameHint};

/// Directories below the run directory in which each subdirectory is a run.
const RUN_DIRECTORIES: [&str; 45] = [
    "wandb",
    "runs",
    "run",
    "logs",
    "log",
    "tb_logs",
    "tb",
    "tensorboard",
    "tensorboard_log",
    "tensorboard_logs",
    "tf_logs",
    "lightning_logs",
    "csv_logs",
    "output",
    "outputs",
    "out",
    "results",
    "result",
    "ray_results",
    "checkpoints",
    "checkpoint",
    "ckpt",
    "ckpts",
    "saves",
    "saved",
    "save",
    "saved_models",
    "models",
    "work_dirs",
    "work_dir",
    "experiments",
    "experiment",
    "exp",
    "exps",
    "multirun",
    "train_logs",
    "trainings",
    "dvclive",
    "slurm_logs",
    "slurm",
    "logdir",
    "log_dir",
    "trained_models",
    "catboost_info",
    "summaries",
];

/// Words before or after another one in the name of a runs directory: `out-shakespeare`, `nemo_experiments`.
const RUN_WORDS: [&str; 9] =
    ["out", "output", "outputs", "runs", "logs", "results", "experiments", "checkpoints", "tensorboard"];

/// True for a directory below the run directory that is searched for runs.
pub fn is_run_directory(name: &str) -> bool {
    let begins = |rest: &str| rest.starts_with(['-', '_']);
    let ends = |rest: &str| rest.ends_with(['-', '_']);
    RUN_DIRECTORIES.contains(&name)
        || RUN_WORDS
            .iter()
            .any(|word| name.strip_prefix(word).is_some_and(begins) || name.strip_suffix(word).is_some_and(ends))
}

const AIM: &str = "Aim's store: not read; export the run to CSV or TensorBoard";
const NEPTUNE: &str = "Neptune's offline store: not read; export the run as CSV";
const COMET: &str = "Comet's offline store: not read; export the metrics as CSV";
/// Directories and files in which other programs keep runs that are not read, and their descriptions.
const STORES: [(&str, &str); 14] = [
    ("mlruns", "MLflow's store: not read; export a run's metrics (`mlflow.get_run(ID)`) to a CSV with a step column"),
    ("mlflow.db", "MLflow's database: not read; export the metrics to a CSV with a step column"),
    ("mlartifacts", "MLflow's artifacts: not read"),
    ("swanlog", "SwanLab's store: not read; have it write TensorBoard events, or export a CSV"),
    (".aim", AIM),
    ("aim", AIM),
    (".neptune", NEPTUNE),
    ("neptune", NEPTUNE),
    (".comet", COMET),
    (".cometml-runs", COMET),
    (".trackio", "Trackio's database: not read; export the run as CSV"),
    (".guild", "Guild AI's store: not read; open a run's directory below it"),
    (".clearml", "ClearML's store: not read; export the scalars as CSV"),
    (".polyaxon", "Polyaxon's store: not read"),
];

/// Describes another program's store of runs, by the name of a directory or file; `None` for anything else.
pub fn foreign_store(name: &str) -> Option<&'static str> {
    STORES.iter().find(|(known, _)| *known == name).map(|(_, what)| *what)
}

/// Directories that never hold runs, and may be large.
pub fn is_excluded(name: &str) -> bool {
    matches!(name, "node_modules" | "site-packages" | "__pycache__" | "venv" | "env" | "target" | "mlruns" | "mlartifacts")
        || name == "code" // W&B and Ray keep copies of the source.
        || foreign_store(name).is_some()
}

/// Words in the names of logs that repeat the output of a run, or are unrelated to runs.
const OTHER_LOGS: [&str; 14] = [
    "agent",
    "claude",
    "codex",
    "gemini",
    "opencode",
    "aider",
    "transcript",
    "session",
    "chat",
    "install",
    "pip",
    "build",
    "access",
    "nginx",
];

/// True for names that files of curves may have: their content decides.
pub fn may_hold_curves(path: &str) -> bool {
    name_hint(path).is_some_and(|promise| promise != NameHint::Results)
}

/// Returns the kind of file that a name promises; `None` for a name that files of curves never have.
pub fn name_hint(path: &str) -> Option<NameHint> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match CurvesFormat::by_name(name) {
        // The profiler's files next to the events have none.
        CurvesFormat::TfEvents => {
            let certain = || (!name.ends_with(".profile-empty")).then_some(NameHint::Certain(CurvesFormat::TfEvents));
            return compressed_kind(name).map(NameHint::Named).or_else(certain);
        }
        format @ (CurvesFormat::Wandb | CurvesFormat::TrainerState) => return Some(NameHint::Certain(format)),
        _ => {}
    }
    if let Some(what) = compressed_kind(name) {
        return name_hint(&name[..name.rfind('.')?]).map(|_| NameHint::Named(what));
    }
    if name.starts_with("vdlrecords.") {
        return Some(NameHint::Named("VisualDL's records"));
    }
    if name.starts_with("events.out.events.summary.") {
        return Some(NameHint::Named("MindInsight's summary"));
    }
    let lower = name.to_ascii_lowercase();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let is_among = |names: &[&str]| names.contains(&stem);
    let ends = |words: &[&str]| words.iter().any(|word| stem.ends_with(word));
    match extension {
        // The loop's own tables are read as such.
        "tsv" if stem == "results" || ends(&["-results"]) => Some(NameHint::Results),
        "csv" | "tsv" => {
            let is_known = is_among(&["metrics", "log", "history", "training", "training_log", "progress"]);
            Some(NameHint::Table(is_known || ends(&["-metrics", "_metrics", "monitor"])))
        }
        // Rows of pi-autoresearch.
        "jsonl" if stem == "autoresearch" => Some(NameHint::Results),
        "jsonl" | "ndjson" => Some(NameHint::Json(stem == "metrics" || ends(&["-metrics", "_metrics", "trainer_log"]))),
        "json" if is_among(&["all_results", "train_results", "eval_results", "test_results", "predict_results"]) => {
            Some(NameHint::Named("final values of a run, not a curve"))
        }
        "json" => {
            let is_known =
                is_among(&["metrics", "scalars", "result", "log", "logs", "progress", "log_history", "losses"])
                    || ends(&["metrics", "history", "_log", "-log", ".log", "_logs", "scalars"])
                    || is_time(stem);
            is_known.then_some(NameHint::Json(stem == "result"))
        }
        "parquet" | "feather" | "npz" => {
            let is_known = is_among(&["metrics", "history", "log", "logs", "evaluations", "progress"]);
            is_known.then_some(NameHint::Named(BINARY_TABLE))
        }
        "log" | "out" | "err" if stem.starts_with("debug") => None,
        "log" | "out" | "err" | "txt"
            if stem.split(|c: char| !c.is_alphanumeric()).any(|word| OTHER_LOGS.contains(&word)) =>
        {
            (extension != "txt").then_some(NameHint::Named("named like the log of an agent or a tool"))
        }
        "log" | "out" | "err" | "stdout" | "stderr" => Some(NameHint::Log(true)),
        "txt" => {
            let starts = ["log", "train", "output", "stdout", "console", "progress", "loss"];
            let may_be = ["run", "exp", "trial"].iter().any(|known| stem.starts_with(known));
            let is_log = starts.iter().any(|known| stem.starts_with(known)) || ends(&["log", "_out", "-out"]);
            (is_log || may_be || is_uuid(stem)).then_some(NameHint::Log(is_log))
        }
        "" => matches!(name, "log" | "stdout" | "output" | "train_log" | "nohup" | "typescript")
            .then_some(NameHint::Log(true)),
        // `slurm-123.out.1`, `train.log.2`: rotated logs (logrotate).
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let is_log = stem == "screenlog" || [".log", ".out"].iter().any(|known| stem.ends_with(known));
            is_log.then_some(NameHint::Log(true))
        }
        // `job.o12345`, `job.e12345`: output of PBS and SGE.
        job if job.starts_with(['o', 'e'])
            && job.len() > 1
            && job.bytes().skip(1).all(|byte| byte.is_ascii_digit()) =>
        {
            Some(NameHint::Log(true))
        }
        _ => None,
    }
}

/// Describes a compressed file or an archive; `None` for any other file.
fn compressed_kind(name: &str) -> Option<&'static str> {
    let ends = [".gz", ".xz", ".zst", ".bz2", ".zip"].iter().any(|extension| name.ends_with(extension));
    ends.then_some(COMPRESSED_FILE)
}

/// True for `20240101_120000`, as mmengine names its files.
fn is_time(stem: &str) -> bool {
    stem.split_once('_').is_some_and(|(date, time)| {
        date.len() == 8 && time.len() == 6 && date.bytes().chain(time.bytes()).all(|byte| byte.is_ascii_digit())
    })
}

/// True for `7b0e5f2c-...`, as modded-nanogpt names its logs.
fn is_uuid(stem: &str) -> bool {
    stem.len() == 36 && stem.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Returns the step in the name of a checkpoint directory: `checkpoint-10`, `step_1000`, `global_step100`,
/// `epoch=3-step=1200.ckpt`, `iter_0002000`; `None` for any other directory.
pub fn checkpoint_step(name: &str) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    let name = final_name(&name);
    let starts = ["checkpoint", "ckpt", "step", "global_step", "globalstep", "iter", "epoch", "model_step"];
    let digits = name.len() - name.bytes().rev().take_while(u8::is_ascii_digit).count();
    if digits == name.len() || !starts.iter().any(|known| name.starts_with(known)) {
        return None;
    }
    name[digits..].parse().ok()
}

/// True for a checkpoint directory, also the best or last one, whose name has no step.
pub fn is_checkpoint_directory(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_word = |word: &str| matches!(word, "best" | "last" | "latest" | "final");
    let is_checkpoint = |word: &str| matches!(word, "checkpoint" | "ckpt");
    let words = final_name(&lower).split_once(['-', '_']);
    checkpoint_step(name).is_some()
        || words.is_some_and(|(a, b)| is_checkpoint(a) && is_word(b) || is_word(a) && is_checkpoint(b))
}

/// Returns the final name of a directory that is still being written: `checkpoint-30` for `tmp-checkpoint-30`.
fn final_name(name: &str) -> &str {
    let name = ["tmp-", "tmp_"].iter().find_map(|start| name.strip_prefix(start)).unwrap_or(name);
    [".tmp", "-tmp", "_tmp", ".ckpt"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_files_of_curves_have() {
        let yes = [
            "metrics.csv",
            "results.csv",
            "summary.csv",
            "trainer_log.jsonl",
            "metrics.json",
            "scalars.json",
            "20240101_120000.json",
            "20240101_120000.log",
            "20240101_120000.log.json",
            "main.log",
            "training.log",
            "nohup.out",
            "slurm-12345.out",
            "train-12.err",
            "log.txt",
            "train_log.txt",
            "stdout.log",
            "train.out",
            "7b0e5f2c-1111-2222-3333-444455556666.txt",
            "progress.csv",
            "progress.txt",
            "result.json",
            "history.csv",
            "history.json",
            "log_1700000000.txt",
            "loss.tsv",
            "logging.jsonl",
            "results.jsonl",
            "run-a.wandb",
            "0.monitor.csv",
            "train.log.gz",
            "events.out.tfevents.1.h.gz",
            "evaluations.npz",
            "vdlrecords.1.log",
            "log",
            "events.out.tfevents.1.h",
            "trainer_state.json",
            "slurm-1.out.1",
            "job.o12345",
            "train.e12345",
            "screenlog.0",
            "typescript",
            "run.txt",
            "exp1.txt",
            "all_results.json",
        ];
        for name in yes {
            assert!(may_hold_curves(name), "{name}");
        }
        let no = [
            "results.tsv",
            "a-results.tsv",
            "autoresearch.jsonl",
            "config.json",
            "tokenizer.json",
            "args.json",
            "requirements.txt",
            "notes.txt",
            "README.md",
            "model.safetensors",
            "debug.log",
            "debug-internal.log",
            "events.out.tfevents.1.h.profile-empty",
            "image.png",
            "data.csv.gz.txt",
            "data.npz",
            "corpus.tar.gz",
            "train.py",
            "opt.yaml",
            "main.o",
            "vocab.txt",
        ];
        for name in no {
            assert!(!may_hold_curves(name), "{name}");
        }
        // They hold none, and a person who opens a directory above them must see that.
        assert_eq!(name_hint("a/results.tsv"), Some(NameHint::Results));
    }

    #[test]
    fn run_directories() {
        for name in ["runs", "out-shakespeare-char", "nemo_experiments", "my_runs", "train_output", "eval-logs"] {
            assert!(is_run_directory(name), "{name}");
        }
        for name in ["src", "data", "about", "layout", "logistics", "blogs", "outer", "reruns"] {
            assert!(!is_run_directory(name), "{name}");
        }
    }

    #[test]
    fn steps_of_checkpoints() {
        for (name, step) in [
            ("checkpoint-10", Some(10)),
            ("checkpoint_0020", Some(20)),
            ("step_1000", Some(1000)),
            ("step-1000", Some(1000)),
            ("global_step100", Some(100)),
            ("epoch=3-step=1200.ckpt", Some(1200)),
            ("iter_0002000", Some(2000)),
            ("checkpoint", None),
            ("checkpoint-best", None),
            ("tmp-checkpoint-30", Some(30)),
            ("checkpoint-30.tmp", Some(30)),
            ("run-12", None),
            ("version_3", None),
        ] {
            assert_eq!(checkpoint_step(name), step, "{name}");
        }
        for name in
            ["checkpoint-best", "checkpoint_last", "ckpt-final", "best_checkpoint", "tmp-checkpoint-30", "step_9"]
        {
            assert!(is_checkpoint_directory(name), "{name}");
        }
        for name in ["checkpoint", "checkpoints", "best", "checkpoint-x", "best_model", "run-best"] {
            assert!(!is_checkpoint_directory(name), "{name}");
        }
    }
}
