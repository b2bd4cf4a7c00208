//! Names a run by the path of its file.

/// File names that writers use for every run, so that the directory distinguishes runs.
const SAME_IN_EACH_RUN: [&str; 39] = [
    "metrics.csv",
    "metrics.json",
    "metrics.jsonl",
    "metrics.tsv",
    "log.csv",
    "log.json",
    "log.jsonl",
    "log.txt",
    "log.log",
    "logs.csv",
    "logs.jsonl",
    "history.csv",
    "history.json",
    "history.jsonl",
    "training.csv",
    "training.log",
    "training_log.csv",
    "train_log.csv",
    "train_log.txt",
    "train.log",
    "train.csv",
    "train.out",
    "run.log",
    "main.log",
    "output.log",
    "stdout.log",
    "stdout.txt",
    "stdout",
    "progress.csv",
    "progress.txt",
    "progress.json",
    "result.json",
    "results.csv",
    "results.jsonl",
    "scalars.json",
    "summary.csv",
    "trainer_log.jsonl",
    "logging.jsonl",
    "trainer_state.json",
];

/// The directory of a run if its file has the same name in every run, or else the path of the file.
pub(super) fn run_name(log: &str) -> &str {
    let Some((directory, name)) = log.rsplit_once('/') else { return log };
    let directory_name = directory.rsplit('/').next().unwrap_or(directory);
    // Written by mmengine for viewers, and by W&B next to its own file.
    if matches!(directory_name, "vis_data" | "files")
        && let Some((run, _)) = directory.rsplit_once('/')
    {
        return run;
    }
    let stem = name.split('.').next().unwrap_or(name);
    let is_same = SAME_IN_EACH_RUN.contains(&name.to_ascii_lowercase().as_str())
        || name.contains("tfevents.")
        || name.ends_with(".wandb")
        // mmengine gives log and directory the same name.
        || stem == directory_name
        || is_hydra(directory);
    if is_same { directory } else { log }
}

/// `outputs/2024-01-01/12-00-00` and `multirun/2024-01-01/12-00-00/0`: Hydra makes one directory per run.
fn is_hydra(directory: &str) -> bool {
    let is_time = |part: &str, lengths: [usize; 3]| {
        let mut parts = part.split('-');
        let all = lengths.iter().all(|length| {
            parts.next().is_some_and(|part| part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        all && parts.next().is_none()
    };
    let mut parts = directory.rsplit('/');
    let Some(mut last) = parts.next() else { return false };
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        last = parts.next().unwrap_or_default();
    }
    is_time(last, [2, 2, 2]) && parts.next().is_some_and(|date| is_time(date, [4, 2, 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs() {
        let cases = [
            ("run.log", "run.log"),
            ("runs/lr_low/events.out.tfevents.1.host", "runs/lr_low"),
            ("wandb/offline-run-1-a/run-a.wandb", "wandb/offline-run-1-a"),
            ("wandb/offline-run-1-a/files/metrics.csv", "wandb/offline-run-1-a"),
            ("lightning_logs/version_0/metrics.csv", "lightning_logs/version_0"),
            ("runs/detect/train/results.csv", "runs/detect/train"),
            ("saves/qwen/lora/sft/trainer_log.jsonl", "saves/qwen/lora/sft"),
            ("output/trainer_state.json", "output"),
            ("outputs/2024-01-01/12-00-00/main.log", "outputs/2024-01-01/12-00-00"),
            ("outputs/2024-01-01/12-00-00/my_app.log", "outputs/2024-01-01/12-00-00"),
            ("multirun/2024-01-01/12-00-00/3/app.log", "multirun/2024-01-01/12-00-00/3"),
            ("work_dirs/rtm/20240101_120000/20240101_120000.log", "work_dirs/rtm/20240101_120000"),
            ("work_dirs/rtm/20240101_120000/vis_data/scalars.json", "work_dirs/rtm/20240101_120000"),
            ("logs/7b0e.txt", "logs/7b0e.txt"),
            ("logs/slurm-12.out", "logs/slurm-12.out"),
            ("results/exp-metrics.csv", "results/exp-metrics.csv"),
        ];
        for (log, wanted) in cases {
            assert_eq!(run_name(log), wanted);
        }
    }
}
