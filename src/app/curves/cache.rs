//! Curves that came from the archive: what is looked at is asked for, and what was not looked at for longest goes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::app::{Effect, State};
use crate::model::{Curves, Recorded, Trial, TrialId};
use crate::query::Request;
use crate::series::Series;

/// Bytes of points that are held at most, beside what is on the screen.
const MOST_BYTES: usize = 64 << 20;

/// Curves that are held, and those that are on their way.
#[derive(Clone, Debug, Default)]
pub struct CurveCache {
    held: HashMap<TrialId, CachedCurve>,
    asked: HashSet<TrialId>,
    /// What the archive has nothing of, or could not give.
    missing: HashSet<TrialId>,
    looks: u64,
}

#[derive(Clone, Debug)]
struct CachedCurve {
    curves: Arc<Curves>,
    points: usize,
    bytes: usize,
    looked_at: u64,
}

impl State {
    /// The curves of a trial; `None` while they are on their way from the archive, and when they are not there.
    pub fn curves_of<'a>(&'a self, trial: &'a Trial) -> Option<&'a Curves> {
        trial
            .curves()
            .map(|curves| &**curves)
            .or_else(|| self.curves.cache.held.get(&trial.id).map(|book| &*book.curves))
    }

    /// True when the curves of a trial will not come.
    pub fn has_lost(&self, trial: &Trial) -> bool {
        self.curves.cache.missing.contains(&trial.id)
    }
}

/// Asks for the curves that are shown and not held.
pub(in crate::app) fn ask_for_curves(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(subjects) = state.subjects() else { return };
    let filed: Vec<(TrialId, usize)> = subjects
        .runs()
        .filter_map(|(trial, _)| match &trial.recorded {
            Recorded::Filed(outlines) => Some((trial.id, outlines.iter().map(|outline| outline.points).sum())),
            Recorded::Here(_) => None,
        })
        .collect();
    let shelf = &mut state.curves.cache;
    shelf.looks += 1;
    for (id, points) in filed {
        // A run that went on was filed again, with more points.
        if let Some(book) = shelf.held.get_mut(&id).filter(|book| book.points == points) {
            book.looked_at = shelf.looks;
        } else if !shelf.missing.contains(&id) && shelf.asked.insert(id) {
            effects.push(Effect::Ask(Request::Curves(id)));
        }
    }
}

/// Curves came from the archive, or word that it has none.
pub(in crate::app) fn put_on_shelf(state: &mut State, id: TrialId, curves: Option<Arc<Curves>>) {
    let shelf = &mut state.curves.cache;
    shelf.asked.remove(&id);
    let Some(curves) = curves else {
        shelf.missing.insert(id);
        return;
    };
    let along = [&curves.along.seconds, &curves.along.tokens];
    let bytes = curves.series.values().chain(along).map(Series::bytes).sum();
    let points = curves.series.values().map(Series::len).sum();
    shelf.held.insert(id, CachedCurve { curves, points, bytes, looked_at: shelf.looks });
    while shelf.held.values().map(|book| book.bytes).sum::<usize>() > MOST_BYTES {
        let oldest = shelf.held.iter().filter(|(_, book)| book.looked_at < shelf.looks);
        let Some(oldest) = oldest.min_by_key(|(_, book)| book.looked_at).map(|(id, _)| *id) else { break };
        shelf.held.remove(&oldest);
    }
}
