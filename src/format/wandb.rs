//! `run-*.wandb`: what Weights & Biases writes of a run, offline and online alike.
//!
//! Blocks of 32 KiB, in them chunks with a checksum, of chunks records, and each record a message. Layout and
//! numbers of the fields are those of the public `wandb_internal.proto` and of `LevelDB`'s log.

use super::columns::Columns;
use super::framing::{Framing, u32_at};
use super::json::Scanner;
use super::protobuf::{Field, fields};
use super::warnings::Warnings;
use super::{LogReader, LogView, set_summary};
use crate::model::{AgentText, Curves, TrialEnd};

const BLOCK: u64 = 32 * 1024;
/// Checksum, length and kind.
const CHUNK_HEADER: usize = 7;
/// A record that is longer is none.
const LONGEST_RECORD: usize = 64 << 20;
/// How many last lines of the console are kept.
const LAST_LINES: usize = 20;
/// What W&B writes beside the metrics, for its own purposes.
const OWN: char = '_';

/// Reader of a W&B run.
#[derive(Default)]
pub struct Wandb {
    framing: Framing,
    /// What of a record came so far; `None` between records.
    open: Option<Vec<u8>>,
    is_past_header: bool,
    /// True when these are no bytes of a W&B run.
    is_strange: bool,
    view: LogView,
    warnings: Warnings,
    columns: Columns,
    name: String,
    values: Vec<(usize, f64)>,
    rows: u64,
    line: String,
}

impl LogReader for Wandb {
    fn push(&mut self, bytes: &[u8]) {
        let mut framing = std::mem::take(&mut self.framing);
        framing.push(bytes, |bytes, offset| self.chunks(bytes, offset));
        self.framing = framing;
        if self.columns.has_left_out() {
            self.warnings.too_many_metrics();
        }
        self.warnings.put_into(&mut self.view);
    }

    fn view(&self) -> &LogView {
        &self.view
    }

    fn curves(&self) -> Curves {
        self.columns.curves()
    }
}

impl Wandb {
    /// Reads chunks; the number of bytes that are done with.
    fn chunks(&mut self, bytes: &[u8], offset: u64) -> usize {
        let mut at = 0;
        if self.is_strange {
            return bytes.len();
        }
        if !self.is_past_header {
            let Some(header) = bytes.get(..CHUNK_HEADER) else { return 0 };
            if header[..6] != *b":W&B\xe1\xbe" {
                self.is_strange = true;
                self.warnings.file("this is no W&B run: its first bytes are others");
                return bytes.len();
            }
            if header[6] != 0 {
                self.warnings.file(&format!("written in version {} of W&B's format; read as version 0", header[6]));
            }
            self.is_past_header = true;
            at = CHUNK_HEADER;
        }
        loop {
            let left_in_block = (BLOCK - (offset + at as u64) % BLOCK) as usize;
            if left_in_block < CHUNK_HEADER {
                // Nothing begins where no header fits.
                if bytes.len() - at < left_in_block {
                    return at;
                }
                at += left_in_block;
                continue;
            }
            let Some(header) = bytes.get(at..at + CHUNK_HEADER) else { return at };
            let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
            if length + CHUNK_HEADER > left_in_block {
                let Some(next) = self.pass_block(bytes, offset, at, "a chunk that is longer than its block") else {
                    return at;
                };
                at = next;
                continue;
            }
            let Some(checked) = bytes.get(at + 6..at + CHUNK_HEADER + length) else { return at };
            if u32_at(header, 0) != Some(crc32fast::hash(checked)) {
                let Some(next) = self.pass_block(bytes, offset, at, "a chunk whose checksum is wrong") else {
                    return at;
                };
                at = next;
                continue;
            }
            at += CHUNK_HEADER + length;
            self.chunk(checked[0], &checked[1..], offset + at as u64);
        }
    }

    /// Damage: nothing up to the end of the block can be told apart. `None` until all of it is there: it may
    /// still be written.
    fn pass_block(&mut self, bytes: &[u8], offset: u64, at: usize, what: &str) -> Option<usize> {
        let from = offset + at as u64;
        let next = at + (BLOCK - from % BLOCK) as usize;
        if bytes.len() < next {
            return None;
        }
        self.open = None;
        let end = offset + next as u64;
        self.warnings.file(&format!("damaged at byte {from}: {what}; bytes {from} to {end} are passed over"));
        Some(next)
    }

    fn chunk(&mut self, kind: u8, bytes: &[u8], end: u64) {
        match (kind, self.open.take()) {
            (1, before) => {
                self.lost(before.is_some(), end);
                self.record(bytes, end);
            }
            (2, before) => {
                self.lost(before.is_some(), end);
                self.open = Some(bytes.to_vec());
            }
            (3 | 4, Some(mut record)) if record.len() + bytes.len() <= LONGEST_RECORD => {
                record.extend_from_slice(bytes);
                if kind == 4 {
                    self.record(&record, end);
                } else {
                    self.open = Some(record);
                }
            }
            (3 | 4, Some(_)) => {
                self.warnings.file(&format!("damaged before byte {end}: a record without an end; passed over"));
            }
            // Its begin was in what was passed over, and that was told.
            (3 | 4, None) => {}
            (kind, before) => {
                self.lost(before.is_some(), end);
                self.warnings.file(&format!("damaged before byte {end}: a chunk of unknown kind {kind}; passed over"));
            }
        }
    }

    fn lost(&mut self, is_open: bool, end: u64) {
        if is_open {
            self.warnings.file(&format!("damaged before byte {end}: a record that has no end; passed over"));
        }
    }

    fn record(&mut self, record: &[u8], end: u64) {
        let mut all = fields(record);
        for (number, field) in all.by_ref() {
            match number {
                2 => self.history(field.bytes()),
                3 => self.summary(field.bytes()),
                // Output as it was printed, and output by the line.
                13 => self.output(field.bytes(), 3),
                18 => self.exit(field.bytes()),
                _ => {}
            }
        }
        if all.is_broken() {
            self.warnings.file(&format!("damaged before byte {end}: a record that is no message; passed over"));
        }
    }

    fn history(&mut self, message: &[u8]) {
        let mut step = None;
        self.values.clear();
        for (number, field) in fields(message) {
            match number {
                1 => {
                    let mut json: &[u8] = &[];
                    let plain = item(field.bytes(), &mut self.name, &mut json);
                    let name = plain.unwrap_or(&self.name);
                    let Some(value) = Scanner::number_alone(json) else { continue };
                    if name == "_step" {
                        step = step.or(Some(value));
                    } else if let Some(place) = self.columns.place(name) {
                        self.values.push((place, value));
                    }
                }
                2 => {
                    let num = fields(field.bytes()).find(|(number, _)| *number == 1).map_or(0, |(_, num)| num.int());
                    step = Some(num as f64);
                }
                _ => {}
            }
        }
        let step = step.filter(|step| step.is_finite()).unwrap_or(self.rows as f64);
        self.rows += 1;
        for (place, value) in &self.values {
            self.columns.put(*place, step, *value);
        }
    }

    fn summary(&mut self, message: &[u8]) {
        for (_, field) in fields(message).filter(|(number, _)| *number == 1) {
            let mut json: &[u8] = &[];
            let plain = item(field.bytes(), &mut self.name, &mut json);
            let name = plain.unwrap_or(&self.name);
            if let Some(value) = Scanner::number_alone(json)
                && !name.starts_with(OWN)
            {
                set_summary(&mut self.view.summary, name, value);
            }
        }
    }

    fn output(&mut self, message: &[u8], at: u32) {
        for (_, field) in fields(message).filter(|(number, _)| *number == at) {
            for part in field.text().split_inclusive('\n') {
                // A line may come in pieces.
                self.line.push_str(part);
                if part.ends_with('\n') || self.line.len() > 16 * 1024 {
                    let line = std::mem::take(&mut self.line);
                    if !line.trim().is_empty() {
                        if self.view.last_lines.len() == LAST_LINES {
                            self.view.last_lines.remove(0);
                        }
                        self.view.last_lines.push(AgentText::from(line.trim_end()));
                    }
                }
            }
        }
    }

    fn exit(&mut self, message: &[u8]) {
        let code = fields(message).find(|(number, _)| *number == 1).map_or(0, |(_, code)| code.int());
        self.view.end =
            Some(if code == 0 { TrialEnd::Finished } else { TrialEnd::Crashed(self.view.last_lines.clone()) });
        self.view.progress = None;
    }
}

/// Name and JSON of an item of history or summary. A plain name is handed out; one in parts is put together in
/// `nested`.
fn item<'a>(message: &'a [u8], nested: &mut String, json: &mut &'a [u8]) -> Option<&'a str> {
    let mut plain: Option<&str> = None;
    nested.clear();
    for (number, field) in fields(message) {
        match (number, field) {
            (1, Field::Bytes(name)) if !name.is_empty() => plain = std::str::from_utf8(name).ok(),
            (2, part) => {
                if !nested.is_empty() {
                    nested.push('.');
                }
                nested.push_str(&part.text());
            }
            (16, Field::Bytes(value)) => *json = value,
            _ => {}
        }
    }
    plain.filter(|_| nested.is_empty())
}
