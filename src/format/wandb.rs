//! `run-*.wandb`: the file of a Weights & Biases run, offline and online alike.
//!
//! Blocks of 32 KiB, made of chunks with a checksum; records are made of chunks, and each record is a message. Layout
//! and field numbers are those of the public `wandb_internal.proto` and of `LevelDB`'s log.

use super::framing::{Framing, breaks_off, u32_at};
use super::json::Scanner;
use super::protobuf::{WireValue, fields};
use super::{Located, LogContents, LogReader};
use crate::model::{AgentText, TrialEnd};

const BLOCK: u64 = 32 * 1024;
/// Checksum, length and kind.
const CHUNK_HEADER: usize = 7;
/// Maximum length in bytes of a valid record.
const LONGEST_RECORD: usize = 64 << 20;
/// First byte of the names that W&B writes for its own purposes.
const OWN: u8 = b'_';

/// Reader of a W&B run.
#[derive(Default)]
pub struct Wandb {
    framing: Framing,
    /// Offset and bytes so far of an incomplete record; `None` between records.
    open: Option<(u64, Vec<u8>)>,
    is_past_header: bool,
    /// Bytes of the file before this offset are skipped.
    pass_until: u64,
    /// True if the file is not a W&B run.
    is_strange: bool,
    contents: LogContents,
    summary: WandbSummary,
    name: Vec<u8>,
    values: Vec<(usize, f64)>,
    /// Objects of the row that have a `_type`: tables, images and histograms are not measurements.
    typed: Vec<Vec<u8>>,
    rows: u64,
    line: String,
}

/// The newest JSON of each metric of the summary, in order of appearance.
#[derive(Default)]
struct WandbSummary {
    values: Vec<(String, Vec<u8>)>,
    /// The expected position of the next name: each record has the same ones.
    next: usize,
    is_new: bool,
}

impl WandbSummary {
    fn put(&mut self, name: &[u8], json: &[u8]) {
        self.is_new = true;
        if self.values.get(self.next).is_none_or(|(known, _)| known.as_bytes() != name) {
            self.next = self.values.iter().position(|(known, _)| known.as_bytes() == name).unwrap_or(self.values.len());
        }
        if let Some((_, value)) = self.values.get_mut(self.next) {
            value.clear();
            value.extend_from_slice(json);
        } else if self.next < super::columns::MOST_METRICS {
            self.values.push((String::from_utf8_lossy(name).into_owned(), json.to_vec()));
        }
        self.next = (self.next + 1) % self.values.len().max(1);
    }

    fn put_into(&mut self, contents: &mut LogContents) {
        if std::mem::take(&mut self.is_new) {
            let typed: Vec<&[u8]> = self.values.iter().filter_map(|(name, _)| typed(name.as_bytes())).collect();
            for (name, json) in &self.values {
                if typed.iter().any(|object| is_within(name.as_bytes(), object)) {
                    continue;
                }
                if let Some(value) = Scanner::number_alone(json) {
                    contents.summarise(name, value);
                }
            }
        }
    }
}

impl LogReader for Wandb {
    fn push(&mut self, bytes: &[u8]) {
        let mut framing = std::mem::take(&mut self.framing);
        framing.push(bytes, |bytes, offset| self.chunks(bytes, offset));
        self.framing = framing;
        self.summary.put_into(&mut self.contents);
    }

    fn at_end(&self) -> Vec<Located> {
        let open = self.open.as_ref().map(|(begin, _)| *begin);
        open.or(self.framing.open_at()).map(breaks_off).into_iter().collect()
    }

    fn contents(&self) -> &LogContents {
        &self.contents
    }
}

impl Wandb {
    /// Reads chunks; returns the number of consumed bytes.
    fn chunks(&mut self, bytes: &[u8], offset: u64) -> usize {
        let mut at = 0;
        if self.is_strange {
            return bytes.len();
        }
        if !self.is_past_header {
            let Some(header) = bytes.get(..CHUNK_HEADER) else { return 0 };
            if header[..6] != *b":W&B\xe1\xbe" {
                self.is_strange = true;
                self.contents.warn_of_file("not a W&B run: its first bytes do not match");
                return bytes.len();
            }
            if header[6] != 0 {
                self.contents.warn_of_file(&format!("version {} of W&B's format; read as version 0", header[6]));
            }
            self.is_past_header = true;
            at = CHUNK_HEADER;
        }
        loop {
            let here = offset + at as u64;
            if here < self.pass_until {
                at += (self.pass_until - here).min((bytes.len() - at) as u64) as usize;
                if at == bytes.len() {
                    return at;
                }
                continue;
            }
            let left_in_block = (BLOCK - here % BLOCK) as usize;
            if left_in_block < CHUNK_HEADER {
                // The space left is too small for a header.
                self.pass_until = here + left_in_block as u64;
                continue;
            }
            let Some(header) = bytes.get(at..at + CHUNK_HEADER) else { return at };
            let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
            if length + CHUNK_HEADER > left_in_block {
                self.pass_block(here, "a chunk longer than its block");
                continue;
            }
            let Some(checked) = bytes.get(at + 6..at + CHUNK_HEADER + length) else { return at };
            if u32_at(header, 0) != Some(crc32fast::hash(checked)) {
                self.pass_block(here, "wrong checksum of a chunk");
                continue;
            }
            at += CHUNK_HEADER + length;
            self.chunk(checked[0], &checked[1..], offset + at as u64);
        }
    }

    /// Skips to the end of a damaged block, and reports its place.
    fn pass_block(&mut self, from: u64, what: &str) {
        let end = from + BLOCK - from % BLOCK;
        self.open = None;
        self.pass_until = end;
        self.contents.warn_of_file(&format!("damaged at byte {from}: {what}; bytes {from} to {end} are skipped"));
    }

    fn chunk(&mut self, kind: u8, bytes: &[u8], end: u64) {
        match (kind, self.open.take()) {
            (1, before) => {
                self.lost(before.is_some(), end);
                self.record(bytes, end);
            }
            (2, before) => {
                self.lost(before.is_some(), end);
                self.open = Some((end - (CHUNK_HEADER + bytes.len()) as u64, bytes.to_vec()));
            }
            (3 | 4, Some((begin, mut record))) if record.len() + bytes.len() <= LONGEST_RECORD => {
                record.extend_from_slice(bytes);
                if kind == 4 {
                    self.record(&record, end);
                } else {
                    self.open = Some((begin, record));
                }
            }
            (3 | 4, Some(_)) => {
                self.contents.warn_of_file(&format!("damaged before byte {end}: a record without an end; skipped"));
            }
            // Its beginning was in the skipped part, which was reported.
            (3 | 4, None) => {}
            (kind, before) => {
                self.lost(before.is_some(), end);
                self.contents
                    .warn_of_file(&format!("damaged before byte {end}: a chunk of unknown kind {kind}; skipped"));
            }
        }
    }

    fn lost(&mut self, is_open: bool, end: u64) {
        if is_open {
            self.contents.warn_of_file(&format!("damaged before byte {end}: a record has no end; skipped"));
        }
    }

    fn record(&mut self, record: &[u8], end: u64) {
        let mut all = fields(record);
        for (number, field) in all.by_ref() {
            match number {
                2 => self.history(field.bytes()),
                3 => self.summary(field.bytes()),
                13 => self.output(field.bytes()),
                18 => self.exit(field.bytes()),
                _ => {}
            }
        }
        if all.is_broken() {
            self.contents
                .warn_of_file(&format!("damaged before byte {end}: a record is not a protobuf message; skipped"));
        }
    }

    fn history(&mut self, message: &[u8]) {
        let mut step = None;
        self.values.clear();
        self.typed.clear();
        for (number, field) in fields(message) {
            match number {
                1 => {
                    let mut json: &[u8] = &[];
                    let plain = item(field.bytes(), &mut self.name, &mut json);
                    let name = plain.unwrap_or(&self.name);
                    if let Some(object) = typed(name) {
                        self.typed.push(object.to_owned());
                    }
                    let Some(value) = Scanner::number_alone(json) else { continue };
                    if name == b"_step" {
                        step = step.or(Some(value));
                    } else if let Some(place) = self.contents.place(name) {
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
            let is_typed = |object: &Vec<u8>| is_within(self.contents.columns.name(*place).as_bytes(), object);
            if !self.typed.iter().any(is_typed) {
                self.contents.columns.put(*place, step, *value);
            }
        }
    }

    /// Reads a summary. One is written with each step: only the last value of each metric is parsed as a number.
    fn summary(&mut self, message: &[u8]) {
        for (_, field) in fields(message).filter(|(number, _)| *number == 1) {
            let mut json: &[u8] = &[];
            let plain = item(field.bytes(), &mut self.name, &mut json);
            let name = plain.unwrap_or(&self.name);
            if name.first() != Some(&OWN) {
                self.summary.put(name, json);
            }
        }
    }

    /// Reads the console output of the run.
    fn output(&mut self, message: &[u8]) {
        for (_, field) in fields(message).filter(|(number, _)| *number == 3) {
            for part in field.text().split_inclusive('\n') {
                // A line may come in pieces.
                self.line.push_str(part);
                if part.ends_with('\n') || self.line.len() > 16 * 1024 {
                    let line = std::mem::take(&mut self.line);
                    if !line.trim().is_empty() {
                        self.contents.remember(AgentText::bounded(line.trim_end()));
                    }
                }
            }
        }
    }

    fn exit(&mut self, message: &[u8]) {
        let code = fields(message).find(|(number, _)| *number == 1).map_or(0, |(_, code)| code.int());
        self.contents.view.end =
            Some(if code == 0 { TrialEnd::Finished } else { TrialEnd::Crashed(self.contents.view.last_lines.clone()) });
        self.contents.view.progress = None;
    }
}

/// Returns the object whose `_type` this is; `None` for any other name.
fn typed(name: &[u8]) -> Option<&[u8]> {
    name.strip_suffix(b"._type").filter(|object| !object.is_empty())
}

/// True for a name within an object.
fn is_within(name: &[u8], object: &[u8]) -> bool {
    name.strip_prefix(object).is_some_and(|rest| rest.first() == Some(&b'.'))
}

/// Returns name and JSON of an item of history or summary. A plain name is returned as is; one in parts is joined in
/// `nested`.
fn item<'a>(message: &'a [u8], nested: &mut Vec<u8>, json: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut plain: &[u8] = &[];
    let mut parts = 0;
    for (number, field) in fields(message) {
        match (number, field) {
            (1, WireValue::Bytes(name)) if !name.is_empty() => (plain, parts) = (name, 1),
            (2, WireValue::Bytes(part)) if parts == 0 => (plain, parts) = (part, 1),
            (2, WireValue::Bytes(part)) => {
                if parts == 1 {
                    nested.clear();
                    nested.extend_from_slice(plain);
                }
                parts += 1;
                nested.push(b'.');
                nested.extend_from_slice(part);
            }
            (16, WireValue::Bytes(value)) => *json = value,
            _ => {}
        }
    }
    (parts < 2).then_some(plain)
}
