//! Observed data on disk: curves and log tails that the loop overwrites. One writer.
//!
//! `SQLite` in the git common directory, next to the ledger. Losing it loses history, never a decision.

mod layout;
mod pack;
mod thin;
mod turn;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::model::{
    AgentText, Binding, CommitId, CurveOutline, Curves, ExperimentId, Recorded, Trial, TrialEnd, TrialId, TrialProgress,
};
use crate::series::{Point, Series, SeriesMap};
use layout::{LAYOUT, copy_of, prepare, put_outline, put_points, refuse_diverged, take_out};
use pack::unpack;
pub use thin::Retention;
pub use turn::{LockHolder, RecorderLock};

/// Names for time and tokens among the metrics: a metric's name never contains a control character.
const SECONDS: &str = "\u{1f}seconds";
const TOKENS: &str = "\u{1f}tokens";

/// A failure of the curve store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` reported an error.
    #[error("curve store: {0}; curves are not recorded until this is fixed")]
    Sqlite(#[from] rusqlite::Error),
    /// Bytes that no version wrote.
    #[error("curve store: the curves of trial {0} are damaged and cannot be shown")]
    Damaged(u64),
    /// The schema was not created by countersign: a view could compute for an unlimited time.
    #[error("curve store: archive.db contains a view, a trigger or a computed column; check it, then move it away")]
    UnexpectedSchema,
    /// Not a regular file: `SQLite` would open it and block.
    #[error("curve store: {path} is not a regular file; check it (ls -l), then remove it; curves are not recorded until then", path = .0.display())]
    NotAFile(std::path::PathBuf),
    /// Written by a newer version.
    #[error("the curve store was written by a newer countersign (layout {0}); this version does not record curves")]
    Newer(i64),
}

/// The read position in a log, with enough to recognise later whether it is still the same run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogMark {
    /// Number of bytes of the log that were read.
    pub bytes: u64,
    /// SHA-256 of the beginning and the end of those bytes.
    pub digest: String,
}

/// The saved state of a trial's curves: points and superseded points by metric.
#[derive(Clone, Debug, Default)]
pub struct Saved(HashMap<String, (usize, usize)>);

impl Saved {
    /// Marks everything to be written again, because it was read again.
    pub fn mark_all_dirty(&mut self) {
        self.0.values_mut().for_each(|state| *state = (0, usize::MAX));
    }
}

/// The curve store of one repository.
pub struct CurveStore {
    db: Connection,
}

/// The trials of a loop in the store. It changes whenever one begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredTrials {
    /// Their number.
    count: i64,
    /// The largest id; 0 without trials.
    newest: i64,
    /// The number that is running.
    running: i64,
}

impl CurveStore {
    /// Opens the store for writing; creates it if it is missing.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        refuse_waiting(path)?;
        let mut db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_secs(2))?;
        refuse_diverged(&db, "main")?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        prepare(&mut db)?;
        Ok(Self { db })
    }

    /// Opens an existing store read-only; `None` if it is missing, unreadable or not ours.
    pub fn open_to_read(path: &Path) -> Option<Self> {
        refuse_waiting(path).ok()?;
        // Without the WAL's shared memory a reader would have to create files. They are absent when nobody writes, and
        // then the file alone is complete.
        let beside = |suffix: &str| Path::new(&format!("{}{suffix}", path.display())).exists();
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
        let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let immutable = if beside("-wal") { "" } else { "&immutable=1" };
        let file = format!("file:{escaped}?mode=ro{immutable}");
        let db = Connection::open_with_flags(&file, flags).ok()?;
        refuse_diverged(&db, "main").ok()?;
        let layout: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).ok()?;
        match layout {
            LAYOUT => Some(Self { db }),
            1 => Some(Self { db: copy_of(&file).ok()? }),
            _ => None,
        }
    }

    /// Adds a new trial and returns its number.
    pub fn begin(&mut self, loop_key: &str, log: &str, head: Option<CommitId>) -> Result<TrialId, StoreError> {
        self.db.execute(
            "INSERT INTO trial (loop, log, head, ending, tail, summary, bytes, digest) VALUES (?1, ?2, ?3, 'running', '[]', '[]', 0, '')",
            params![loop_key, log, head.map(|head| head.to_string())],
        )?;
        Ok(TrialId(self.db.last_insert_rowid() as u64))
    }

    /// Saves the current state of a trial. `saved` is what was saved of its curves before: only newer points are
    /// written.
    pub fn save(&mut self, trial: &Trial, mark: &LogMark, saved: &mut Saved) -> Result<(), StoreError> {
        let (ending, tail) = match &trial.end {
            TrialEnd::Running => ("running", Vec::new()),
            TrialEnd::Finished => ("finished", Vec::new()),
            TrialEnd::Crashed(lines) => ("crashed", lines.clone()),
            TrialEnd::Overwritten => ("overwritten", Vec::new()),
            TrialEnd::Silent => ("silent", Vec::new()),
        };
        let json = |value: serde_json::Result<String>| value.unwrap_or_else(|_| "[]".to_owned());
        let write = self.db.transaction()?;
        write.execute(
            "UPDATE trial SET started_ms = ?2, last_ms = ?3, ending = ?4, tail = ?5, summary = ?6, bytes = ?7, digest = ?8, edits = ?9, row = ?10, last_lines = ?11, unread = ?12 WHERE id = ?1",
            params![
                trial.id.0 as i64,
                trial.started_ms,
                trial.last_ms,
                ending,
                json(serde_json::to_string(&tail)),
                json(serde_json::to_string(&trial.summary)),
                mark.bytes as i64,
                mark.digest,
                trial.edits.map(|edits| edits.to_string()),
                trial.row.as_ref().map(ToString::to_string),
                json(serde_json::to_string(&trial.last_lines)),
                json(serde_json::to_string(&trial.unread)),
            ],
        )?;
        let mut now = HashMap::new();
        if let Some(curves) = trial.curves() {
            let along = [(SECONDS, &curves.along.seconds), (TOKENS, &curves.along.tokens)];
            let metrics = curves.series.iter().map(|(metric, series)| (&**metric, series));
            for (metric, series) in metrics.chain(along) {
                let state = (series.len(), series.superseded());
                let before = saved.0.get(metric).copied();
                now.insert(metric.to_owned(), state);
                if before == Some(state) {
                    continue;
                }
                // If a restart removed points, all of them are written again.
                let from = before.filter(|(_, superseded)| *superseded == state.1).map_or(0, |(points, _)| points);
                let id = trial.id.0 as i64;
                if from == 0 {
                    let mut clear = write.prepare_cached("DELETE FROM points WHERE trial = ?1 AND metric = ?2")?;
                    clear.execute(params![id, metric])?;
                }
                put_outline(&write, id, metric, series)?;
                put_points(&write, id, metric, series, from)?;
            }
            // Metrics may have disappeared if the curves were read again from other files.
            for metric in saved.0.keys().filter(|metric| !now.contains_key(*metric)) {
                take_out(&write, trial.id.0 as i64, metric)?;
            }
        }
        write.commit()?;
        saved.0 = now;
        Ok(())
    }

    /// The keys of all loops with a trial in the store.
    pub fn loop_keys(&self) -> Result<Vec<String>, StoreError> {
        let mut select = self.db.prepare("SELECT DISTINCT loop FROM trial ORDER BY loop")?;
        let keys = select.query_map([], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// All trials of a loop, oldest first, with the read position in their logs. Their curves stay in the store. A
    /// running trial was running when it was last saved: whether it still is, the watcher has to find out.
    pub fn trials(&self, loop_key: &str) -> Result<Vec<(Trial, LogMark)>, StoreError> {
        let mut select = self.db.prepare(
            "SELECT id, log, head, started_ms, last_ms, ending, tail, summary, bytes, digest, edits, row, last_lines, unread FROM trial WHERE loop = ?1 ORDER BY id",
        )?;
        let rows = select.query_map([loop_key], |row| {
            let ending: String = row.get(5)?;
            let tail: String = row.get(6)?;
            let summary: String = row.get(7)?;
            let head: Option<String> = row.get(2)?;
            let edits: Option<String> = row.get(10)?;
            let filed_row: Option<String> = row.get(11)?;
            let (last_lines, unread): (String, String) = (row.get(12)?, row.get(13)?);
            let trial = Trial {
                id: TrialId(row.get::<_, i64>(0)? as u64),
                log: Arc::from(row.get::<_, String>(1)?),
                binding: head.and_then(|head| head.parse().ok()).map_or(Binding::Unknown, Binding::Head),
                edits: edits.and_then(|edits| edits.parse().ok()),
                row: filed_row.map(|row| ExperimentId::new(&row)),
                started_ms: row.get(3)?,
                last_ms: row.get(4)?,
                end: match ending.as_str() {
                    "finished" => TrialEnd::Finished,
                    "crashed" => TrialEnd::Crashed(serde_json::from_str::<Vec<AgentText>>(&tail).unwrap_or_default()),
                    "overwritten" => TrialEnd::Overwritten,
                    _ => TrialEnd::Running,
                },
                recorded: Recorded::InStore(Arc::default()),
                unread: serde_json::from_str(&unread).unwrap_or_default(),
                last_lines: serde_json::from_str(&last_lines).unwrap_or_default(),
                summary: serde_json::from_str(&summary).unwrap_or_default(),
                progress: None,
                remaining_s: None,
            };
            let mark = LogMark { bytes: row.get::<_, i64>(8)? as u64, digest: row.get(9)? };
            Ok((trial, mark))
        })?;
        let mut trials = rows.collect::<Result<Vec<_>, _>>()?;
        let mut outlines = self.outlines(loop_key)?;
        for (trial, _) in &mut trials {
            trial.recorded = Recorded::InStore(outlines.remove(&trial.id).unwrap_or_default().into());
        }
        Ok(trials)
    }

    fn outlines(&self, loop_key: &str) -> Result<HashMap<TrialId, Vec<CurveOutline>>, StoreError> {
        let mut select = self.db.prepare(
            "SELECT trial, metric, points, first_step, first, last_step, last, low, high, shape FROM outline
             WHERE trial IN (SELECT id FROM trial WHERE loop = ?1) AND metric NOT IN (?2, ?3) ORDER BY trial, metric",
        )?;
        let mut rows = select.query([loop_key, SECONDS, TOKENS])?;
        let mut outlines: HashMap<TrialId, Vec<CurveOutline>> = HashMap::new();
        // Thousands of trials share the same few metric names.
        let mut names: HashMap<String, Arc<str>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let metric: String = row.get(1)?;
            let metric = Arc::clone(names.entry(metric).or_insert_with_key(|metric| metric.as_str().into()));
            // A NaN is stored as NULL.
            let value = |at: usize| row.get::<_, Option<f64>>(at).map(|value| value.unwrap_or(f64::NAN));
            let point = |at: usize| Ok::<_, rusqlite::Error>(Point { step: row.get(at)?, value: value(at + 1)? });
            let shape = row.get_ref(9)?.as_blob().unwrap_or_default();
            let shape = shape.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap_or_default()));
            outlines.entry(TrialId(row.get::<_, i64>(0)? as u64)).or_default().push(CurveOutline {
                metric,
                points: row.get::<_, i64>(2)? as usize,
                ends: (point(3)?, point(5)?),
                range: row.get::<_, Option<f64>>(7)?.zip(row.get(8)?),
                shape: shape.collect(),
            });
        }
        Ok(outlines)
    }

    /// The trials of a loop, to see whether one began or ended.
    pub fn state(&self, loop_key: &str) -> Result<StoredTrials, StoreError> {
        const SQL: &str =
            "SELECT count(*), ifnull(max(id), 0), ifnull(sum(ending = 'running'), 0) FROM trial WHERE loop = ?1";
        let mut select = self.db.prepare_cached(SQL)?;
        Ok(select.query_row([loop_key], |row| {
            Ok(StoredTrials { count: row.get(0)?, newest: row.get(1)?, running: row.get(2)? })
        })?)
    }

    /// The curves of a trial; `None` if none of its points are in the store.
    pub fn curves(&self, trial: TrialId) -> Result<Option<Curves>, StoreError> {
        let mut select =
            self.db.prepare_cached("SELECT metric, packed FROM points WHERE trial = ?1 ORDER BY metric, part")?;
        let mut rows = select.query([trial.0 as i64])?;
        let mut series = SeriesMap::new();
        let mut current: Option<(Arc<str>, Series)> = None;
        while let Some(row) = rows.next()? {
            let metric = row.get_ref(0)?.as_str().unwrap_or_default();
            if current.as_ref().is_none_or(|(known, _)| **known != *metric) {
                series.extend(current.replace((metric.into(), Series::default())));
            }
            let points = unpack(row.get_ref(1)?.as_blob().unwrap_or_default()).ok_or(StoreError::Damaged(trial.0))?;
            if let Some((_, series)) = &mut current {
                series.extend(points);
            }
        }
        series.extend(current);
        let along = TrialProgress {
            seconds: series.remove(SECONDS).unwrap_or_default(),
            tokens: series.remove(TOKENS).unwrap_or_default(),
        };
        Ok((!series.is_empty()).then_some(Curves { series, along }))
    }
}

/// Fails if one of the files that `SQLite` opens is a pipe, a device or a symlink.
fn refuse_waiting(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let place = std::path::PathBuf::from(name);
        if place.symlink_metadata().is_ok_and(|meta| !meta.is_file()) {
            return Err(StoreError::NotAFile(place));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pipe_next_to_the_store_blocks() -> Result<(), Box<dyn std::error::Error>> {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let directory = tempfile::tempdir()?;
            let path = directory.path().join("archive.db");
            drop(CurveStore::open(&path)?);
            let pipe = directory.path().join(format!("archive.db{ending}"));
            let _ = std::fs::remove_file(&pipe);
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
            assert!(CurveStore::open_to_read(&path).is_none(), "{ending}");
            let message = CurveStore::open(&path).err().ok_or("it was opened")?.to_string();
            assert!(message.contains(&format!("archive.db{ending} is not a regular file")), "{message}");
            std::fs::remove_file(&pipe)?;
            assert!(CurveStore::open(&path).is_ok(), "{ending}");
        }
        Ok(())
    }

    #[test]
    fn a_view_in_place_of_a_table_is_not_queried() -> Result<(), Box<dyn std::error::Error>> {
        let without_end = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS trial FROM n";
        for foreign in [
            format!("DROP TABLE points; CREATE VIEW points AS {without_end};"),
            "CREATE TRIGGER t AFTER INSERT ON trial BEGIN DELETE FROM outline; END;".to_owned(),
            "CREATE TABLE more (a, b GENERATED ALWAYS AS (hex(zeroblob(100000000))));".to_owned(),
        ] {
            let directory = tempfile::tempdir()?;
            let path = directory.path().join("archive.db");
            drop(CurveStore::open(&path)?);
            Connection::open(&path)?.execute_batch(&foreign)?;
            assert!(CurveStore::open_to_read(&path).is_none(), "{foreign}");
            let opened = CurveStore::open(&path).err();
            assert!(opened.is_some_and(|error| error.to_string().contains("move it away")), "{foreign}");
        }
        Ok(())
    }
    use crate::model::Warning;

    #[test]
    fn a_trial_is_read_back_unchanged() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("archive.db");
        assert!(CurveStore::open_to_read(&path).is_none(), "reading creates nothing");
        assert!(!path.exists());
        let mut archive = CurveStore::open(&path)?;
        let head = "1234567890123456789012345678901234567890".parse()?;
        let id = archive.begin("loop", "run.log", Some(head))?;
        let steps = |count: u32| (0..count).map(|step| (f64::from(step), f64::from(step % 7) * 0.1));
        let mut curves = Curves {
            series: [("loss".into(), steps(9_000).collect()), ("lr".into(), [(0.0, f64::NAN)].into_iter().collect())]
                .into(),
            along: TrialProgress { seconds: [(0.0, 0.5)].into_iter().collect(), tokens: Series::default() },
        };
        let mut trial = Trial {
            id,
            log: "run.log".into(),
            binding: Binding::Head(head),
            edits: Some(head),
            row: Some(ExperimentId::new("row-3-abcd")),
            started_ms: Some(1),
            last_ms: Some(2),
            end: TrialEnd::Crashed(vec!["boom".into()]),
            recorded: Recorded::InMemory(Arc::new(curves.clone())),
            unread: vec![Warning { path: "run.log".into(), line: 3, end_line: 3, message: "odd".into() }],
            last_lines: vec!["the end".into()],
            summary: vec![("val_bpb".into(), 0.99)],
            progress: None,
            remaining_s: None,
        };
        let mark = LogMark { bytes: 7, digest: "d".into() };
        let mut saved = Saved::default();
        archive.save(&trial, &mark, &mut saved)?;
        // It continues, and then restarts from an earlier step.
        for (step, value) in [(9_000.0, 2.5), (9_001.0, 2.25), (4_000.0, 1.0)] {
            curves.series.entry("loss".into()).or_default().push(step, value);
            trial.recorded = Recorded::InMemory(Arc::new(curves.clone()));
            archive.save(&trial, &mark, &mut saved)?;
        }
        drop(archive);
        let archive = CurveStore::open_to_read(&path).ok_or("not there")?;
        let back = archive.trials("loop")?;
        let filed = Trial { recorded: Recorded::InStore(trial.recorded.outlines()), ..trial.clone() };
        assert_eq!(format!("{:?}", back[0].0), format!("{filed:?}"));
        assert_eq!(back[0].1, mark);
        let points = |curves: &Curves| -> Vec<(String, Vec<Point>)> {
            curves.series.iter().map(|(metric, series)| (metric.to_string(), series.points().collect())).collect()
        };
        let loaded = archive.curves(id)?.ok_or("no curves")?;
        assert_eq!(format!("{:?}", points(&loaded)), format!("{:?}", points(&curves)));
        assert_eq!(loaded.along.seconds.last(), curves.along.seconds.last());
        assert!(archive.curves(TrialId(99))?.is_none());
        assert!(archive.trials("other")?.is_empty());
        Ok(())
    }

    #[test]
    fn the_first_layout_is_readable_and_migrated_when_written() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("archive.db");
        let old = Connection::open(&path)?;
        old.execute_batch(
            "CREATE TABLE trial (id INTEGER PRIMARY KEY, loop TEXT NOT NULL, log TEXT NOT NULL, head TEXT,
                started_ms INTEGER, last_ms INTEGER, ending TEXT NOT NULL, tail TEXT NOT NULL,
                summary TEXT NOT NULL, bytes INTEGER NOT NULL, digest TEXT NOT NULL, edits TEXT, row TEXT);
             CREATE TABLE series (trial INTEGER NOT NULL, metric TEXT NOT NULL, points BLOB NOT NULL,
                PRIMARY KEY (trial, metric)) WITHOUT ROWID;
             CREATE INDEX trial_of_loop ON trial(loop, log, id);
             INSERT INTO trial VALUES (7, 'loop', 'run.log', NULL, 1, 2, 'crashed', '[\"boom\"]', '[[\"bpb\",0.5]]', 9, 'd', NULL, NULL);
             PRAGMA user_version = 1;",
        )?;
        let points: Vec<u8> = [0.0f64, 1.5, 10.0, f64::NAN].into_iter().flat_map(f64::to_le_bytes).collect();
        for metric in ["loss", SECONDS] {
            old.execute("INSERT INTO series VALUES (7, ?1, ?2)", params![metric, points])?;
        }
        drop(old);
        let before = std::fs::read(&path)?;
        for is_written in [false, true] {
            let archive =
                if is_written { CurveStore::open(&path)? } else { CurveStore::open_to_read(&path).ok_or("none")? };
            let (trial, mark) = archive.trials("loop")?.remove(0);
            assert_eq!((trial.id, trial.points_of("loss"), mark.bytes), (TrialId(7), 2, 0));
            assert_eq!(trial.end, TrialEnd::Crashed(vec!["boom".into()]));
            let curves = archive.curves(trial.id)?.ok_or("no curves")?;
            assert_eq!(curves.series["loss"].first(), Some(Point { step: 0.0, value: 1.5 }));
            assert!(curves.series["loss"].last().is_some_and(|last| last.value.is_nan()));
            assert_eq!((curves.series.len(), curves.along.seconds.len()), (1, 2));
            if !is_written {
                assert!(std::fs::read(&path)? == before, "reading writes nothing");
            }
        }
        assert!(CurveStore::open_to_read(&path).is_some_and(|archive| archive.trials("loop").is_ok()));
        Ok(())
    }
}
