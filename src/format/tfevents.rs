//! `events.out.tfevents.*`: `TensorBoard` events, as `TensorFlow`, `PyTorch`, JAX and Lightning write them.
//!
//! Records with a checksum of their length and one of their bytes; each is a message `Event`. A step at or below an
//! earlier one of its metric is a restart: from there on the newer part is used.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::framing::{Framing, breaks_off, u32_at, u64_at};
use super::protobuf::{WireValue, fields, varint};
use super::{Located, LogContents, LogReader};

/// Length, and checksum of the length.
const HEADER: usize = 12;
/// Maximum length in bytes of a valid record.
const LONGEST_RECORD: u64 = 1 << 30;

/// The read position in one file.
#[derive(Default)]
struct OneFile {
    framing: Framing,
    /// True when no further record can be located in the file.
    is_lost: bool,
}

/// Reader of the events files of one run, which may grow side by side.
pub struct TfEvents {
    files: Vec<OneFile>,
    /// The current file.
    at: usize,
    /// Of each metric the last file that has it, and the step at which that file begins.
    last_told: Vec<(usize, f64)>,
    is_out_of_order: bool,
    contents: LogContents,
    /// Tags that are not scalars: images, histograms, text.
    others: HashSet<Vec<u8>>,
    last_timed: Option<f64>,
    /// True when the current event restarts a metric from an earlier step.
    has_gone_back: bool,
}

impl Default for TfEvents {
    fn default() -> Self {
        Self {
            files: vec![OneFile::default()],
            at: 0,
            last_told: Vec::new(),
            is_out_of_order: false,
            contents: LogContents::default(),
            others: HashSet::new(),
            last_timed: None,
            has_gone_back: false,
        }
    }
}

impl LogReader for TfEvents {
    fn push(&mut self, bytes: &[u8]) {
        let mut framing = std::mem::take(&mut self.files[self.at].framing);
        framing.push(bytes, |bytes, offset| self.records(bytes, offset));
        self.files[self.at].framing = framing;
    }

    fn switch_file(&mut self, file: usize) {
        let files = self.files.len().max(file + 1);
        self.files.resize_with(files, OneFile::default);
        self.at = file;
    }

    fn is_out_of_order(&self) -> bool {
        self.is_out_of_order
    }

    fn at_end(&self) -> Vec<Located> {
        self.files[self.at].framing.open_at().map(breaks_off).into_iter().collect()
    }

    fn contents(&self) -> &LogContents {
        &self.contents
    }
}

pub(super) fn is_sum_of(masked: u32, bytes: &[u8]) -> bool {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8) == masked
}

impl TfEvents {
    /// Reads records; returns the number of consumed bytes.
    fn records(&mut self, bytes: &[u8], offset: u64) -> usize {
        let mut at = 0;
        while !self.files[self.at].is_lost {
            let Some(header) = bytes.get(at..at + HEADER) else { return at };
            let (length, sum) = (u64_at(header, 0).unwrap_or(0), u32_at(header, 8).unwrap_or(0));
            let place = offset + at as u64;
            if !is_sum_of(sum, &header[..8]) || length > LONGEST_RECORD {
                // The start of the next record is not known.
                self.files[self.at].is_lost = true;
                self.contents
                    .warn_of_file(&format!("damaged at byte {place}: length of a record; the rest is not read"));
                break;
            }
            let end = at + HEADER + length as usize;
            let (Some(record), Some(sum)) = (bytes.get(at + HEADER..end), u32_at(bytes, end)) else { return at };
            if is_sum_of(sum, record) {
                self.event(record, place);
            } else {
                let after = offset + end as u64 + 4;
                self.contents.warn_of_file(&format!(
                    "damaged at byte {place}: wrong checksum of a record; bytes {place} to {after} are skipped"
                ));
            }
            at = end + 4;
        }
        bytes.len()
    }

    fn event(&mut self, event: &[u8], place: u64) {
        let (mut at, mut step, mut summary) = (f64::NAN, 0.0, None);
        let mut all = fields(event);
        for (number, field) in all.by_ref() {
            match number {
                1 => at = field.double(),
                2 => step = field.int() as f64,
                5 => summary = Some(field.bytes()),
                _ => {}
            }
        }
        let Some(summary) = summary else { return };
        let mut values = fields(summary);
        let mut has_values = false;
        self.has_gone_back = false;
        for (_, value) in values.by_ref().filter(|(number, _)| *number == 1) {
            has_values |= self.value(value.bytes(), step);
        }
        // Each metric of a step has an event of its own: the first one gives the time. Other metrics at earlier steps
        // do not turn it back.
        let is_next = self.last_timed.is_none_or(|last| step > last || step < last && self.has_gone_back);
        if has_values && at.is_finite() && is_next {
            self.last_timed = Some(step);
            self.contents.columns.clock(step, at);
        }
        if all.is_broken() || values.is_broken() {
            self.contents.warn_of_file(&format!("damaged at byte {place}: an event that is not a protobuf message"));
        }
    }

    /// True if a file continues with steps that a later one already has.
    fn is_superseded(&mut self, place: usize, step: f64) -> bool {
        if self.last_told.len() <= place {
            self.last_told.resize(place + 1, (self.at, step));
        }
        let (file, begins) = &mut self.last_told[place];
        match self.at.cmp(file) {
            Ordering::Greater => (*file, *begins) = (self.at, step),
            Ordering::Equal => *begins = begins.min(step),
            Ordering::Less => self.is_out_of_order |= step < *begins,
        }
        self.at < *file
    }

    /// Reads a value of a summary; true when it is a scalar.
    fn value(&mut self, message: &[u8], step: f64) -> bool {
        let (mut tag, mut value, mut plugin): (&[u8], Option<f64>, Option<&[u8]>) = (&[], None, None);
        for (number, field) in fields(message) {
            match (number, field) {
                (1, WireValue::Bytes(name)) => tag = name,
                (2, WireValue::Fixed32(_)) => value = Some(f64::from(field.float())),
                (8, WireValue::Bytes(tensor)) => value = one_number(tensor),
                (9, WireValue::Bytes(metadata)) => plugin = plugin_of(metadata),
                _ => {}
            }
        }
        // Only the first value of a metric carries its type.
        if let Some(plugin) = plugin.filter(|plugin| !plugin.is_empty()) {
            if plugin == b"scalars" {
                self.others.remove(tag);
            } else {
                if self.others.len() < super::columns::MOST_METRICS {
                    self.others.insert(tag.to_owned());
                }
                return false;
            }
        }
        let Some(value) = value.filter(|_| self.others.is_empty() || !self.others.contains(tag)) else {
            return false;
        };
        let Some(place) = self.contents.place(tag) else { return false };
        let is_superseded = self.is_superseded(place, step);
        let series = self.contents.columns.series(place);
        if is_superseded {
            series.count_superseded();
            return false;
        }
        if series.last().is_some_and(|last| step <= last.step) {
            series.supersede(step);
            self.has_gone_back = true;
        }
        self.contents.columns.put(place, step, value);
        true
    }
}

/// Returns `SummaryMetadata.plugin_data.plugin_name`.
fn plugin_of(metadata: &[u8]) -> Option<&[u8]> {
    let (_, data) = fields(metadata).find(|(number, _)| *number == 1)?;
    fields(data.bytes()).find(|(number, _)| *number == 1).map(|(_, name)| name.bytes())
}

/// Returns the number of a tensor that has only one.
fn one_number(tensor: &[u8]) -> Option<f64> {
    let (mut kind, mut elements, mut content, mut found) = (0, 1i64, None, None);
    for (number, field) in fields(tensor) {
        match (number, field) {
            (1, WireValue::Varint(of)) => kind = of,
            (2, WireValue::Bytes(shape)) => {
                for (_, dimension) in fields(shape).filter(|(number, _)| *number == 2) {
                    let size =
                        fields(dimension.bytes()).find(|(number, _)| *number == 1).map_or(0, |(_, size)| size.int());
                    elements = elements.saturating_mul(size);
                }
            }
            (4, WireValue::Bytes(bytes)) if !bytes.is_empty() => content = Some(bytes),
            (5, WireValue::Bytes(bytes)) => {
                found = bytes.first_chunk().map(|four| f64::from(f32::from_le_bytes(*four)));
            }
            (5, WireValue::Fixed32(_)) => found = Some(f64::from(field.float())),
            (6, WireValue::Bytes(bytes)) => found = bytes.first_chunk().map(|eight| f64::from_le_bytes(*eight)),
            (6, WireValue::Fixed64(_)) => found = Some(field.double()),
            (7 | 10, WireValue::Varint(_)) => found = Some(field.int() as f64),
            (7 | 10, WireValue::Bytes(mut bytes)) => found = varint(&mut bytes).map(|number| number as i64 as f64),
            _ => {}
        }
    }
    let from_content = |bytes: &[u8]| match kind {
        1 => bytes.first_chunk().map(|four| f64::from(f32::from_le_bytes(*four))),
        2 => bytes.first_chunk().map(|eight| f64::from_le_bytes(*eight)),
        3 => bytes.first_chunk().map(|four| f64::from(i32::from_le_bytes(*four))),
        9 => bytes.first_chunk().map(|eight| i64::from_le_bytes(*eight) as f64),
        _ => None,
    };
    content.map_or(found, from_content).filter(|_| elements == 1)
}
