//! Deletes the points of old trials. The summary of each curve is kept.

use std::collections::HashSet;

use rusqlite::params;

use super::{CurveStore, StoreError};
use crate::model::TrialId;

/// Limits on the points that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retention {
    /// Days after which points are deleted; `None` to keep them.
    pub days: Option<f64>,
    /// Megabytes of points per loop; `None` for no limit.
    pub megabytes: Option<f64>,
}

impl CurveStore {
    /// Deletes the points beyond the limits, those of the oldest trials first, and returns the number of trials
    /// affected. Running trials and those in `precious` keep theirs.
    pub fn thin(
        &mut self,
        loop_key: &str,
        keep: Retention,
        precious: &HashSet<TrialId>,
        now_ms: i64,
    ) -> Result<usize, StoreError> {
        if keep == Retention::default() {
            return Ok(0);
        }
        let write = self.db.transaction()?;
        let mut trials: Vec<(i64, Option<i64>, i64)> = Vec::new();
        {
            let mut select = write.prepare(
                "SELECT trial.id, ifnull(trial.last_ms, trial.started_ms), sum(length(points.packed))
                 FROM trial JOIN points ON points.trial = trial.id
                 WHERE trial.loop = ?1 AND trial.ending <> 'running' GROUP BY trial.id ORDER BY trial.id",
            )?;
            let rows = select.query_map([loop_key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            for row in rows {
                trials.push(row?);
            }
        }
        let mut bytes: i64 = trials.iter().map(|(.., bytes)| bytes).sum();
        let most = keep.megabytes.map(|megabytes| (megabytes * 1e6) as i64);
        let oldest = keep.days.map(|days| now_ms - (days * 86_400_000.0) as i64);
        let mut gone = 0;
        for (id, at_ms, size) in trials {
            let is_old = oldest.zip(at_ms).is_some_and(|(oldest, at)| at < oldest);
            let is_too_much = most.is_some_and(|most| bytes > most);
            if precious.contains(&TrialId(id as u64)) || !(is_old || is_too_much) {
                continue;
            }
            write.prepare_cached("DELETE FROM points WHERE trial = ?1")?.execute(params![id])?;
            bytes -= size;
            gone += 1;
        }
        write.commit()?;
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Binding, Curves, Recorded, Trial, TrialEnd};
    use crate::store::{LogMark, Saved};

    #[test]
    fn the_oldest_go_first_and_their_summaries_stay() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let mut store = CurveStore::open(&directory.path().join("archive.db"))?;
        const DAY: i64 = 86_400_000;
        let mut ids = Vec::new();
        for day in 0..10 {
            let id = store.begin("loop", "run.log", None)?;
            let points = (0..1000).map(|step| (f64::from(step), f64::from(step) * 0.1));
            let curves = Curves { series: [("loss".into(), points.collect())].into(), ..Curves::default() };
            let trial = Trial {
                last_ms: Some(i64::from(day) * DAY),
                end: if day == 9 { TrialEnd::Running } else { TrialEnd::Finished },
                recorded: Recorded::InMemory(Arc::new(curves)),
                ..Trial::begun(id, "run.log", Binding::Unknown)
            };
            store.save(&trial, &LogMark::default(), &mut Saved::default())?;
            ids.push(id);
        }
        let left = |store: &CurveStore| -> Result<Vec<usize>, StoreError> {
            let mut left = Vec::new();
            for (at, id) in ids.iter().enumerate() {
                left.extend(store.curves(*id)?.map(|_| at));
            }
            Ok(left)
        };
        let precious = [ids[1]].into();
        assert_eq!(store.thin("loop", Retention::default(), &precious, 10 * DAY)?, 0);
        assert_eq!(store.thin("other", Retention { days: Some(0.0), megabytes: None }, &precious, 10 * DAY)?, 0);
        let keep = Retention { days: Some(6.5), megabytes: None };
        assert_eq!(store.thin("loop", keep, &precious, 10 * DAY)?, 3);
        assert_eq!(left(&store)?, [1, 4, 5, 6, 7, 8, 9]);
        let keep = Retention { days: None, megabytes: Some(0.025) };
        store.thin("loop", keep, &precious, 10 * DAY)?;
        assert_eq!(left(&store)?, [1, 7, 8, 9], "8 kB each: precious trials count, and stay");
        let (thinned, _) = store.trials("loop")?.swap_remove(0);
        assert_eq!(thinned.points_of("loss"), 1000, "its summary stays");
        Ok(())
    }
}
