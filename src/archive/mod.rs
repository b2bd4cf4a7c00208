//! What was observed, kept on disk: curves and log tails that the loop overwrites. One writer.
//!
//! `SQLite` in the git common directory, beside the ledger. What is lost with it is history, never a
//! decision.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::model::{AgentText, Along, Binding, CommitId, ExperimentId, Trial, TrialEnd, TrialId};
use crate::series::{Series, SeriesMap};

/// Version of the layout, kept in `user_version`.
const LAYOUT: i64 = 1;

/// Names under which time and tokens are filed among the metrics: no metric's name has a control.
const SECONDS: &str = "\u{1f}seconds";
const TOKENS: &str = "\u{1f}tokens";

/// What can go wrong with the archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// `SQLite` said no.
    #[error("archive: {0}; curves are not recorded until this is mended")]
    Sqlite(#[from] rusqlite::Error),
    /// Written by a newer version.
    #[error("the archive was written by a newer countersign (layout {0}); curves are not recorded by this one")]
    Newer(i64),
}

/// How far a log was read: enough to know tomorrow whether it is still the same run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogMark {
    /// Bytes of the log that were taken.
    pub bytes: u64,
    /// SHA-256 of those bytes.
    pub digest: String,
}

/// The archive of one repository.
pub struct Archive {
    db: Connection,
}

impl Archive {
    /// Opens or creates the archive, for writing.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_secs(2))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        let layout: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if layout > LAYOUT {
            return Err(ArchiveError::Newer(layout));
        }
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS trial (
                id INTEGER PRIMARY KEY, loop TEXT NOT NULL, log TEXT NOT NULL, head TEXT,
                started_ms INTEGER, last_ms INTEGER, ending TEXT NOT NULL, tail TEXT NOT NULL,
                summary TEXT NOT NULL, bytes INTEGER NOT NULL, digest TEXT NOT NULL, edits TEXT, row TEXT);
            CREATE TABLE IF NOT EXISTS series (
                trial INTEGER NOT NULL REFERENCES trial(id), metric TEXT NOT NULL, points BLOB NOT NULL,
                PRIMARY KEY (trial, metric)) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS trial_of_loop ON trial(loop, log, id);",
        )?;
        db.pragma_update(None, "user_version", LAYOUT)?;
        Ok(Self { db })
    }

    /// Opens an archive that is there, for reading only; `None` when it is not there or not ours.
    pub fn open_to_read(path: &Path) -> Option<Self> {
        // Without the WAL's shared memory a reader would have to create files: those are absent
        // when nobody writes, and then the file alone is the whole truth.
        let beside = |ending: &str| Path::new(&format!("{}{ending}", path.display())).exists();
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
        let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let immutable = if beside("-wal") { "" } else { "&immutable=1" };
        let db = Connection::open_with_flags(format!("file:{escaped}?mode=ro{immutable}"), flags).ok()?;
        let layout: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).ok()?;
        (layout == LAYOUT).then_some(Self { db })
    }

    /// Files a new trial and returns its number.
    pub fn begin(&mut self, loop_key: &str, log: &str, head: Option<CommitId>) -> Result<TrialId, ArchiveError> {
        self.db.execute(
            "INSERT INTO trial (loop, log, head, ending, tail, summary, bytes, digest) VALUES (?1, ?2, ?3, 'running', '[]', '[]', 0, '')",
            params![loop_key, log, head.map(|head| head.to_string())],
        )?;
        Ok(TrialId(self.db.last_insert_rowid() as u64))
    }

    /// Writes what is known of a trial now.
    pub fn save(&mut self, trial: &Trial, mark: &LogMark) -> Result<(), ArchiveError> {
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
            "UPDATE trial SET started_ms = ?2, last_ms = ?3, ending = ?4, tail = ?5, summary = ?6, bytes = ?7, digest = ?8, edits = ?9, row = ?10 WHERE id = ?1",
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
            ],
        )?;
        {
            let mut put =
                write.prepare_cached("INSERT OR REPLACE INTO series (trial, metric, points) VALUES (?1, ?2, ?3)")?;
            let along = [(SECONDS, &trial.along.seconds), (TOKENS, &trial.along.tokens)];
            let along = along.into_iter().filter(|(_, series)| !series.is_empty());
            for (metric, series) in trial.series.iter().map(|(metric, series)| (&**metric, series)).chain(along) {
                put.execute(params![trial.id.0 as i64, metric, pack(series)])?;
            }
        }
        write.commit()?;
        Ok(())
    }

    /// The loops of which anything is filed, by the key that their trials carry.
    pub fn loop_keys(&self) -> Result<Vec<String>, ArchiveError> {
        let mut select = self.db.prepare("SELECT DISTINCT loop FROM trial ORDER BY loop")?;
        let keys = select.query_map([], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// All trials of a loop, oldest first, with how far their logs were read.
    pub fn trials(&self, loop_key: &str) -> Result<Vec<(Trial, LogMark)>, ArchiveError> {
        let mut select = self.db.prepare(
            "SELECT id, log, head, started_ms, last_ms, ending, tail, summary, bytes, digest, edits, row FROM trial WHERE loop = ?1 ORDER BY id",
        )?;
        let rows = select.query_map([loop_key], |row| {
            let ending: String = row.get(5)?;
            let tail: String = row.get(6)?;
            let summary: String = row.get(7)?;
            let head: Option<String> = row.get(2)?;
            let edits: Option<String> = row.get(10)?;
            let filed_row: Option<String> = row.get(11)?;
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
                    // Nobody has watched it since: what it does now is the observer's to find out.
                    _ => TrialEnd::Silent,
                },
                series: SeriesMap::new(),
                along: Along::default(),
                summary: serde_json::from_str(&summary).unwrap_or_default(),
                progress: None,
                remaining_s: None,
            };
            let mark = LogMark { bytes: row.get::<_, i64>(8)? as u64, digest: row.get(9)? };
            Ok((trial, mark))
        })?;
        let mut trials = rows.collect::<Result<Vec<_>, _>>()?;
        for (trial, _) in &mut trials {
            trial.series = self.series(trial.id)?;
            trial.along = Along {
                seconds: trial.series.remove(SECONDS).unwrap_or_default(),
                tokens: trial.series.remove(TOKENS).unwrap_or_default(),
            };
        }
        Ok(trials)
    }

    fn series(&self, trial: TrialId) -> Result<SeriesMap, ArchiveError> {
        let mut select = self.db.prepare_cached("SELECT metric, points FROM series WHERE trial = ?1")?;
        let rows = select.query_map([trial.0 as i64], |row| {
            Ok((Arc::<str>::from(row.get::<_, String>(0)?), unpack(&row.get::<_, Vec<u8>>(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Step and value of each point as two little-endian 64-bit floats.
fn pack(series: &Series) -> Vec<u8> {
    series.points().flat_map(|point| [point.step, point.value]).flat_map(f64::to_le_bytes).collect()
}

fn unpack(bytes: &[u8]) -> Series {
    let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap_or_default());
    bytes.chunks_exact(16).map(|pair| (number(&pair[..8]), number(&pair[8..]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_comes_back_as_it_was() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("archive.db");
        assert!(Archive::open_to_read(&path).is_none(), "reading creates nothing");
        assert!(!path.exists());
        let mut archive = Archive::open(&path)?;
        let head = "1234567890123456789012345678901234567890".parse()?;
        let id = archive.begin("loop", "run.log", Some(head))?;
        let trial = Trial {
            id,
            log: "run.log".into(),
            binding: Binding::Head(head),
            edits: Some(head),
            row: Some(ExperimentId::new("row-3-abcd")),
            started_ms: Some(1),
            last_ms: Some(2),
            end: TrialEnd::Crashed(vec!["boom".into()]),
            series: [("loss".into(), [(0.0, 1.5), (1.0, f64::NAN)].into_iter().collect())].into(),
            along: Along { seconds: [(0.0, 0.5)].into_iter().collect(), tokens: Series::default() },
            summary: vec![("val_bpb".into(), 0.99)],
            progress: None,
            remaining_s: None,
        };
        let mark = LogMark { bytes: 7, digest: "d".into() };
        archive.save(&trial, &mark)?;
        drop(archive);
        let archive = Archive::open_to_read(&path).ok_or("not there")?;
        let back = archive.trials("loop")?;
        assert_eq!(format!("{:?}", back[0].0), format!("{trial:?}"));
        assert_eq!(back[0].1, mark);
        assert!(archive.trials("other")?.is_empty());
        Ok(())
    }
}
