//! Reads curve files once, from beginning to end, without a loop.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use memchr::memchr_iter;

use super::discovery::Discovery;
use super::places::CurvePlace;
use crate::disk::{open_plain, shown};
use crate::format::{
    CurvesFormat, HALF_LINE, HEAD_BYTES, LogReader, head, last_line, leading_hole, unsupported_binary,
};
use crate::model::{Curves, PassedOver, Warning};
use crate::watch::reasons::NOTHING_WRITTEN;

/// Longest run of NULs at the beginning of a file that is skipped, in bytes.
const LONGEST_HOLE: usize = 64 << 20;
/// Largest file that is read, in bytes: a file is held in memory.
const LARGEST: u64 = 2 << 30;
const ONLY_NULS: &str = "it begins with more than 64 MiB of NULs and is not read";

/// The contents of one run's files.
#[derive(Clone, Debug)]
pub struct RunCurves {
    /// Path of its file below the directory that was read; empty for a file that was named.
    pub path: String,
    /// Its curves, by metric.
    pub curves: Curves,
    /// The parts that could not be read.
    pub warnings: Vec<Warning>,
}

/// Reads a curve file of any name.
pub fn read_curves(path: &Path) -> io::Result<RunCurves> {
    let bytes = written_of(path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let format = CurvesFormat::by_content(&name, head(&bytes));
    let mut reader = format.reader();
    let mut run = RunCurves { path: String::new(), curves: Curves::default(), warnings: Vec::new() };
    let place = shown(path);
    match unsupported_binary(head(&bytes)) {
        Some(what) => run.warnings.push(warning(&place, 0, 0, what.to_owned())),
        None => take(&mut *reader, format, &bytes, &place, &mut run.warnings),
    }
    if format == CurvesFormat::RunLog && run.warnings.is_empty() && reader.curves().series.is_empty() {
        run.warnings.push(warning(&place, 0, 0, "a log without a step and a value".to_owned()));
    }
    end(&*reader, &place, &mut run);
    run.warnings.sort();
    Ok(run)
}

/// Reads all runs below a directory, as opening it would find them, and passes each on as it was read; returns the
/// files that were not read. A file that cannot be read gives a warning.
pub fn read_directory(path: &Path, mut each: impl FnMut(RunCurves)) -> io::Result<Vec<PassedOver>> {
    std::fs::read_dir(path)?;
    let mut discovery = Discovery::whole(path);
    let places = discovery.poll(0, &HashSet::new()).unwrap_or_default();
    for place in &places {
        read_place(path, place, &mut each);
    }
    Ok(discovery.passed_over().to_vec())
}

fn read_place(dir: &Path, place: &CurvePlace, each: &mut impl FnMut(RunCurves)) {
    let mut reader = place.format.reader();
    // A person looks for the file that it is read from.
    let file_name = place.names.first().unwrap_or(&place.name);
    let mut run = RunCurves { path: file_name.clone(), curves: Curves::default(), warnings: Vec::new() };
    for (at, file) in place.files.iter().enumerate() {
        let name = below(dir, file);
        let bytes = match written_of(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                run.warnings.push(warning(&name, 0, 0, format!("cannot be read: {error}")));
                continue;
            }
        };
        reader.switch_file(at);
        take(&mut *reader, place.format, &bytes, &name, &mut run.warnings);
    }
    end(&*reader, file_name, &mut run);
    each(run);
}

/// Completes a run after all its files were read.
fn end(reader: &dyn LogReader, name: &str, run: &mut RunCurves) {
    run.curves = reader.curves();
    run.warnings.extend(reader.restarts().map(|at| warning(name, at.line, at.end_line, at.message)));
}

/// Reads a complete file. A last line without its line end may be incomplete: it counts only if it is a closed object.
fn take(reader: &mut dyn LogReader, format: CurvesFormat, bytes: &[u8], name: &str, warnings: &mut Vec<Warning>) {
    let known = reader.view().warnings.len();
    reader.push(bytes);
    if head(bytes).trim_ascii().is_empty() {
        let is_over = bytes.len() == HEAD_BYTES && leading_hole(bytes) == HEAD_BYTES;
        let text = if is_over { ONLY_NULS } else { NOTHING_WRITTEN };
        return warnings.push(warning(name, 0, 0, text.to_owned()));
    }
    let last = last_line(bytes);
    if format.is_line_based() && !last.trim_ascii().is_empty() {
        if format == CurvesFormat::Jsonl && last.trim_ascii_end().ends_with(b"}") {
            reader.push(b"\n");
        } else {
            let ends = |end: u8| memchr_iter(end, bytes).count() as u64;
            let line = Some(ends(b'\n')).filter(|lines| *lines > 0).unwrap_or_else(|| ends(b'\r')) + 1;
            warnings.push(warning(name, line, line, HALF_LINE.to_owned()));
        }
    } else if format == CurvesFormat::TrainerState
        && reader.curves().series.is_empty()
        && reader.view().warnings.len() == known
        && reader.at_end().is_empty()
    {
        warnings.push(warning(name, 0, 0, "it has no history and is not read".to_owned()));
    }
    warnings.extend(reader.at_end().into_iter().map(|at| warning(name, at.line, at.end_line, at.message)));
    // A program's output need not be readable.
    let located = reader.view().warnings.iter().skip(known).filter(|_| format != CurvesFormat::RunLog);
    let located = located.map(|at| warning(name, at.line, at.end_line, at.message.clone()));
    let mut all: Vec<Warning> = located.collect();
    all.extend(reader.view().unread_lines.report().map(|(line, message)| warning(name, line, line, message)));
    all.append(warnings);
    *warnings = all;
}

fn warning(path: &str, line: u64, end_line: u64, message: String) -> Warning {
    Warning { path: Arc::from(path), line, end_line, message }
}

fn below(dir: &Path, file: &Path) -> String {
    shown(file.strip_prefix(dir).unwrap_or(file))
}

/// The written part of a file, without leading NULs; only the first bytes if their format is unknown. Such a file may
/// be large, and one that contains only NULs may be larger than the disk.
fn written_of(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut file = open_plain(path)?;
    let mut bytes = Vec::new();
    for block in 0.. {
        // The first block is all NULs: there are more.
        if block * HEAD_BYTES >= LONGEST_HOLE && bytes.len() == HEAD_BYTES {
            return Ok(bytes);
        }
        bytes.clear();
        if file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut bytes)? == 0 {
            return Ok(bytes);
        }
        if let Some(begins) = bytes.iter().position(|byte| *byte != 0) {
            // Short runs of NULs are left to the reader, as in UTF-16.
            let hole = if begins == 0 || leading_hole(&bytes) == 0 { 0 } else { begins };
            bytes.drain(..hole);
            break;
        }
    }
    if unsupported_binary(head(&bytes)).is_none() {
        file.take(LARGEST).read_to_end(&mut bytes)?;
        if bytes.len() as u64 >= LARGEST {
            return Err(io::Error::other("it has more than 2 GiB and is not read"));
        }
    }
    Ok(bytes)
}
