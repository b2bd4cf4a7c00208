//! Which files hold curves, by where they lie and what they are called.

use super::CurvesFormat;

/// Folders below the run directory in which writers of curves make a folder a run.
pub const RUN_FOLDERS: [&str; 10] = [
    "wandb",
    "runs",
    "logs",
    "tb_logs",
    "lightning_logs",
    "tensorboard",
    "output",
    "outputs",
    "results",
    "checkpoints",
];

/// True for the names that writers of curves give their files. Others can be named in the policy.
pub fn is_metrics_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match CurvesFormat::of(name) {
        CurvesFormat::Wandb | CurvesFormat::TfEvents | CurvesFormat::TrainerState => true,
        CurvesFormat::Jsonl => name == "metrics.jsonl" || name.ends_with("-metrics.jsonl"),
        CurvesFormat::Csv => {
            const NAMES: [&str; 6] =
                ["metrics.csv", "log.csv", "history.csv", "training.csv", "training_log.csv", "progress.csv"];
            NAMES.contains(&name) || name.ends_with("-metrics.csv")
        }
        CurvesFormat::RunLog => false,
    }
}
