//! An LRU cache of curves from the store: curves on the screen are requested, the least recently shown are evicted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Curves, Trial, TrialId};
use crate::series::Series;

/// Maximum bytes of points in the cache, not counting those on the screen.
const MOST_BYTES: usize = 64 << 20;

/// Cached curves, and pending requests.
#[derive(Clone, Debug, Default)]
pub struct CurveCache {
    held: HashMap<TrialId, CachedCurve>,
    requested: HashSet<TrialId>,
    /// Trials whose curves the store does not have or could not read.
    missing: HashSet<TrialId>,
    generation: u64,
}

#[derive(Clone, Debug)]
struct CachedCurve {
    curves: Arc<Curves>,
    points: usize,
    bytes: usize,
    used_at: u64,
}

impl CurveCache {
    /// Returns the curves of a trial; `None` while they are being loaded, and if the store does not have them.
    pub(super) fn of<'a>(&'a self, trial: &'a Trial) -> Option<&'a Curves> {
        trial.curves().map(|curves| &**curves).or_else(|| self.held.get(&trial.id).map(|cached| &*cached.curves))
    }

    /// True if the curves of a trial cannot be loaded.
    pub(super) fn is_missing(&self, trial: &Trial) -> bool {
        self.missing.contains(&trial.id)
    }

    /// Takes the stored trials on the screen, each with its number of points; returns those to request.
    pub(in crate::app) fn ask(&mut self, shown: Vec<(TrialId, usize)>) -> Vec<TrialId> {
        self.generation += 1;
        let mut wanted = Vec::new();
        for (id, points) in shown {
            // A run that continued was stored again, with more points.
            if let Some(cached) = self.held.get_mut(&id).filter(|cached| cached.points == points) {
                cached.used_at = self.generation;
            } else if !self.missing.contains(&id) && self.requested.insert(id) {
                wanted.push(id);
            }
        }
        wanted
    }

    /// Adds curves from the store; `None` if the store has none.
    pub(in crate::app) fn put(&mut self, id: TrialId, curves: Option<Arc<Curves>>) {
        self.requested.remove(&id);
        let Some(curves) = curves else {
            self.missing.insert(id);
            return;
        };
        let along = [&curves.along.seconds, &curves.along.tokens];
        let bytes = curves.series.values().chain(along).map(Series::bytes).sum();
        let points = curves.series.values().map(Series::len).sum();
        self.held.insert(id, CachedCurve { curves, points, bytes, used_at: self.generation });
        while self.held.values().map(|cached| cached.bytes).sum::<usize>() > MOST_BYTES {
            let least_recent = self.held.iter().filter(|(_, cached)| cached.used_at < self.generation);
            let Some(least_recent) = least_recent.min_by_key(|(_, cached)| cached.used_at).map(|(id, _)| *id) else {
                break;
            };
            self.held.remove(&least_recent);
        }
    }
}
