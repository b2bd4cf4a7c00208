//! The schema of the store, and the migration from older versions.

use rusqlite::{Connection, params};

use super::StoreError;
use super::pack::{PART, pack};
use crate::model::CurveOutline;
use crate::series::Series;

/// Version of the schema, kept in `user_version`.
pub(super) const LAYOUT: i64 = 2;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS trial (
        id INTEGER PRIMARY KEY, loop TEXT NOT NULL, log TEXT NOT NULL, head TEXT,
        started_ms INTEGER, last_ms INTEGER, ending TEXT NOT NULL, tail TEXT NOT NULL,
        summary TEXT NOT NULL, bytes INTEGER NOT NULL, digest TEXT NOT NULL, edits TEXT, row TEXT);
    CREATE TABLE IF NOT EXISTS outline (
        trial INTEGER NOT NULL REFERENCES trial(id), metric TEXT NOT NULL, points INTEGER NOT NULL,
        first_step REAL NOT NULL, first REAL, last_step REAL NOT NULL, last REAL, low REAL, high REAL,
        shape BLOB NOT NULL,
        PRIMARY KEY (trial, metric)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS points (
        trial INTEGER NOT NULL REFERENCES trial(id), metric TEXT NOT NULL, part INTEGER NOT NULL, packed BLOB NOT NULL,
        PRIMARY KEY (trial, metric, part));
    CREATE INDEX IF NOT EXISTS trial_of_loop ON trial(loop, log, id);";

/// Fails if the file contains anything that no version creates: an agent may be able to replace the file.
pub(super) fn refuse_diverged(db: &Connection, schema: &str) -> Result<(), StoreError> {
    db.pragma_update(None, "trusted_schema", false)?;
    let question = format!(
        "SELECT count(*) FROM {schema}.sqlite_schema WHERE type NOT IN ('table', 'index')
            OR sql LIKE '%VIRTUAL%' OR sql LIKE '% AS %(%' OR sql LIKE '%CHECK%(%'"
    );
    let foreign: i64 = db.query_row(&question, [], |row| row.get(0))?;
    if foreign == 0 { Ok(()) } else { Err(StoreError::UnexpectedSchema) }
}

/// Creates the tables, or migrates those of an older schema.
pub(super) fn prepare(db: &mut Connection) -> Result<(), StoreError> {
    let layout: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if layout > LAYOUT {
        return Err(StoreError::Newer(layout));
    }
    if layout == LAYOUT {
        return Ok(());
    }
    let write = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let layout: i64 = write.pragma_query_value(None, "user_version", |row| row.get(0))?;
    write.execute_batch(TABLES)?;
    if layout == 1 {
        from_first(&write)?;
    }
    if layout < LAYOUT {
        write.execute_batch(
            "ALTER TABLE trial ADD COLUMN last_lines TEXT NOT NULL DEFAULT '[]';
             ALTER TABLE trial ADD COLUMN unread TEXT NOT NULL DEFAULT '[]';",
        )?;
        write.pragma_update(None, "user_version", LAYOUT)?;
    }
    write.commit()?;
    Ok(())
}

/// A store of an older schema, migrated in memory, because a reader must not write the file.
pub(super) fn copy_of(file: &str) -> Result<Connection, StoreError> {
    let mut db = Connection::open_in_memory()?;
    db.execute("ATTACH ?1 AS old", [file])?;
    refuse_diverged(&db, "old")?;
    db.execute_batch(TABLES)?;
    db.execute_batch(
        "INSERT INTO trial SELECT * FROM old.trial; CREATE TABLE series AS SELECT * FROM old.series; DETACH old;",
    )?;
    db.pragma_update(None, "user_version", 1)?;
    prepare(&mut db)?;
    Ok(db)
}

/// Migrates from the first schema, which had one row per series: step and value of each point as two 64-bit floats.
fn from_first(write: &rusqlite::Transaction<'_>) -> Result<(), StoreError> {
    let mut select = write.prepare("SELECT trial, metric, points FROM series")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (trial, metric, bytes): (i64, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap_or_default());
        let series: Series = bytes.chunks_exact(16).map(|pair| (number(&pair[..8]), number(&pair[8..]))).collect();
        put_outline(write, trial, &metric, &series)?;
        put_points(write, trial, &metric, &series, 0)?;
    }
    drop(rows);
    drop(select);
    write.execute_batch("DROP TABLE series")?;
    // That schema identified a log by a digest of all its bytes: those logs are treated as new.
    write.execute_batch("UPDATE trial SET bytes = 0, digest = ''")?;
    Ok(())
}

/// Deletes a metric of a trial.
pub(super) fn take_out(write: &Connection, trial: i64, metric: &str) -> rusqlite::Result<()> {
    write.execute("DELETE FROM points WHERE trial = ?1 AND metric = ?2", params![trial, metric])?;
    write.execute("DELETE FROM outline WHERE trial = ?1 AND metric = ?2", params![trial, metric])?;
    Ok(())
}

/// Writes the summary of a curve; nothing if it has no points.
pub(super) fn put_outline(write: &Connection, trial: i64, metric: &str, series: &Series) -> rusqlite::Result<()> {
    let Some(outline) = CurveOutline::of(&metric.into(), series) else { return Ok(()) };
    let (first, last) = outline.ends;
    let (low, high) = outline.range.unzip();
    let shape: Vec<u8> = outline.shape.iter().flat_map(|value| value.to_le_bytes()).collect();
    let points = outline.points as i64;
    write
        .prepare_cached("INSERT OR REPLACE INTO outline VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
        .execute(params![trial, metric, points, first.step, first.value, last.step, last.value, low, high, shape])?;
    Ok(())
}

/// Writes the points of a series from index `from` on, one part per row.
pub(super) fn put_points(
    write: &Connection,
    trial: i64,
    metric: &str,
    series: &Series,
    from: usize,
) -> rusqlite::Result<()> {
    let mut put = write.prepare_cached("INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3, ?4)")?;
    for part in from / PART..series.len().div_ceil(PART) {
        let points: Vec<_> = series.points_from(part * PART).take(PART).collect();
        put.execute(params![trial, metric, part as i64, pack(&points)])?;
    }
    Ok(())
}
