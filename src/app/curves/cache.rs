//! An LRU cache of curves from the store: curves on the screen are requested, the least recently shown are evicted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::app::{Effect, State};
use crate::model::{Curves, Recorded, Trial, TrialId};
use crate::query::Request;
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

impl State {
    /// Returns the curves of a trial; `None` while they are being loaded, and if the store does not have them.
    pub fn curves_of<'a>(&'a self, trial: &'a Trial) -> Option<&'a Curves> {
        trial
            .curves()
            .map(|curves| &**curves)
            .or_else(|| self.curves.cache.held.get(&trial.id).map(|cached| &*cached.curves))
    }

    /// True if the curves of a trial cannot be loaded.
    pub fn is_curve_missing(&self, trial: &Trial) -> bool {
        self.curves.cache.missing.contains(&trial.id)
    }
}

/// Requests the curves that are on the screen and not in the cache.
pub(in crate::app) fn ask_for_curves(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(subjects) = state.subjects() else { return };
    let stored: Vec<(TrialId, usize)> = subjects
        .runs()
        .filter_map(|(trial, _)| match &trial.recorded {
            Recorded::InStore(outlines) => Some((trial.id, outlines.iter().map(|outline| outline.points).sum())),
            Recorded::Here(_) => None,
        })
        .collect();
    let cache = &mut state.curves.cache;
    cache.generation += 1;
    for (id, points) in stored {
        // A run that continued was stored again, with more points.
        if let Some(cached) = cache.held.get_mut(&id).filter(|cached| cached.points == points) {
            cached.used_at = cache.generation;
        } else if !cache.missing.contains(&id) && cache.requested.insert(id) {
            effects.push(Effect::Ask(Request::Curves(id)));
        }
    }
}

/// Adds curves from the store to the cache; `None` if the store has none.
pub(in crate::app) fn put_in_cache(state: &mut State, id: TrialId, curves: Option<Arc<Curves>>) {
    let cache = &mut state.curves.cache;
    cache.requested.remove(&id);
    let Some(curves) = curves else {
        cache.missing.insert(id);
        return;
    };
    let along = [&curves.along.seconds, &curves.along.tokens];
    let bytes = curves.series.values().chain(along).map(Series::bytes).sum();
    let points = curves.series.values().map(Series::len).sum();
    cache.held.insert(id, CachedCurve { curves, points, bytes, used_at: cache.generation });
    while cache.held.values().map(|cached| cached.bytes).sum::<usize>() > MOST_BYTES {
        let least_recent = cache.held.iter().filter(|(_, cached)| cached.used_at < cache.generation);
        let Some(least_recent) = least_recent.min_by_key(|(_, cached)| cached.used_at).map(|(id, _)| *id) else {
            break;
        };
        cache.held.remove(&least_recent);
    }
}
