//! Metrics that a client logs through the mailbox: a file for one trial at a time, like a training log.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

use super::Mailbox;

/// The file of the running trial, in the mailbox directory.
pub const METRICS: &str = "metrics.jsonl";
/// Metrics per line at most.
const MOST: usize = 256;

/// An error of logging metrics.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// None, or too many.
    #[error("expected between 1 and {MOST} metrics")]
    Count,
    /// A value of another kind, by its name.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// The file could not be written.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
}

/// Appends a line of metrics and returns their number. A `trial` with another name than the last one starts a new file.
pub fn log_metrics(
    dir: &Path,
    trial: &str,
    step: Option<u64>,
    metrics: &Map<String, Value>,
) -> Result<usize, MetricsError> {
    if metrics.is_empty() || metrics.len() > MOST {
        return Err(MetricsError::Count);
    }
    if let Some((name, _)) = metrics.iter().find(|(_, value)| !value.is_number()) {
        return Err(MetricsError::NotANumber(name.chars().take(80).collect()));
    }
    let mut line = Map::new();
    if let Some(step) = step {
        line.insert("step".to_owned(), step.into());
    }
    line.extend(metrics.clone());
    let mut text = serde_json::to_vec(&line).map_err(std::io::Error::other)?;
    text.push(b'\n');
    let append = || -> std::io::Result<()> {
        let mailbox =
            Mailbox::open(dir)?.ok_or_else(|| std::io::Error::other("no mailbox here: countersign init creates it"))?;
        let is_same = mailbox.root.read("metrics.trial", 4096)?.is_some_and(|name| name == trial.as_bytes());
        if !is_same || mailbox.root.kind(METRICS)?.is_none() {
            mailbox.root.put(METRICS, &text)?;
            return mailbox.root.put("metrics.trial", trial.as_bytes());
        }
        mailbox.root.append(METRICS)?.write_all(&text)
    };
    append()?;
    Ok(metrics.len())
}
