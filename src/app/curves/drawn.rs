//! The trials that a view draws.

use std::sync::Arc;

use crate::model::{Curves, Trial};
use crate::series::Series;

/// A trial to draw.
#[derive(Clone, Debug)]
pub struct DrawnTrial<'a> {
    /// The trial.
    pub trial: &'a Arc<Trial>,
    /// Its curves; `None` while they are being loaded.
    pub curves: Option<&'a Curves>,
    /// Its name; visible text.
    pub name: String,
    /// Further runs of the same experiment: other seeds, a repetition, or the same run logged in another place.
    pub others: Vec<(&'a Arc<Trial>, Option<&'a Curves>)>,
}

impl<'a> DrawnTrial<'a> {
    /// Iterates over all its runs with the curves that are loaded, the main run first.
    pub fn runs(&self) -> impl Iterator<Item = (&'a Arc<Trial>, Option<&'a Curves>)> + '_ {
        std::iter::once((self.trial, self.curves)).chain(self.others.iter().copied())
    }

    /// Returns its runs that have a metric and are loaded. Identical curves are returned once: the same run from two
    /// logs, or a schedule that all runs share, such as the learning rate.
    pub fn runs_with(&self, metric: &str) -> Vec<(&'a Arc<Trial>, &'a Curves, &'a Series)> {
        let mut distinct: Vec<(&'a Arc<Trial>, &'a Curves, &'a Series)> = Vec::new();
        for (trial, curves) in self.runs() {
            let Some((curves, series)) = curves.and_then(|curves| Some((curves, curves.series.get(metric)?))) else {
                continue;
            };
            if !distinct.iter().any(|(.., known)| is_same_curve(known, series)) {
                distinct.push((trial, curves, series));
            }
        }
        distinct
    }
}

/// The trials to draw: the main one, its base, and the overlays.
#[derive(Clone, Debug)]
pub struct Subjects<'a> {
    /// The main trial.
    pub main: DrawnTrial<'a>,
    /// The reference; `None` if it has no curves.
    pub base: Option<DrawnTrial<'a>>,
    /// The reference's role: `base`, `best approved` or `best kept`.
    pub base_word: &'static str,
    /// The overlays that have curves.
    pub overlays: Vec<DrawnTrial<'a>>,
    /// True if the main trial is running.
    pub is_running: bool,
}

impl<'a> Subjects<'a> {
    /// Iterates over all trials, the most important first.
    pub fn all(&self) -> impl Iterator<Item = &DrawnTrial<'a>> {
        std::iter::once(&self.main).chain(&self.base).chain(&self.overlays)
    }

    /// Iterates over all runs of all trials.
    pub fn runs(&self) -> impl Iterator<Item = (&'a Arc<Trial>, Option<&'a Curves>)> + '_ {
        self.all().flat_map(DrawnTrial::runs)
    }
}

/// True if two curves have the same first and last point, so that they are one curve logged twice.
fn is_same_curve(one: &Series, other: &Series) -> bool {
    let same = |a: f64, b: f64| (a - b).abs() <= 1e-5 * a.abs().max(b.abs());
    let ends = [(one.first(), other.first()), (one.last(), other.last())];
    ends.iter().all(|(a, b)| a.zip(*b).is_some_and(|(a, b)| same(a.value, b.value) && same(a.step, b.step)))
}
