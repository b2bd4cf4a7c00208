//! Selects the metric of a trial that says most.

use std::sync::Arc;

use crate::model::{Rank, Trial, rank_of_metric};

/// Returns the most informative metric of a trial: the objective, else a loss, else another quality metric, and cost
/// metrics only if there is nothing else.
pub fn main_metric<'a>(trial: &'a Trial, objective: Option<&str>) -> Option<&'a Arc<str>> {
    let named = |name: &str| trial.metric(name);
    let all = || trial.metrics().into_iter().filter(|metric| !metric.starts_with('_'));
    let last_word = |metric: &str| metric.rsplit(['/', '_', '.', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    // Prefers `total_loss` to `loss_rpn_cls`: the shortest name whose last word is `loss`.
    let a_loss = || all().filter(|metric| last_word(metric) == "loss").min_by_key(|metric| metric.len());
    // Some runs log thousands of system metrics.
    let of_rank = |rank: Option<Rank>| all().take(64).find(|metric| rank_of_metric(metric) == rank);
    objective
        .and_then(named)
        .filter(|metric| trial.points_of(metric) > 2)
        .or_else(|| ["loss", "train_loss", "train/loss", "total_loss", "val_loss"].iter().find_map(|name| named(name)))
        .or_else(a_loss)
        .or_else(|| of_rank(Some(Rank::Quality)))
        .or_else(|| of_rank(None))
        .or_else(|| all().next())
        .or_else(|| trial.metrics().into_iter().next())
}
