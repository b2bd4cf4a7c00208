//! Checks whether two files clearly contain the same run's curves.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::disk::open_plain;
use crate::format::CurvesFormat;
use crate::model::Curves;

/// Number of bytes of a file that are compared, and size of the largest document, which is compared as a whole.
const HEAD: u64 = 256 << 10;
const DOCUMENT: u64 = 4 << 20;
/// Metrics that different runs have in common.
const COMMON: [&str; 4] = ["lr", "learningrate", "epoch", "step"];

/// The compared beginnings of files, and their length at that time.
#[derive(Default)]
pub(super) struct Twins {
    begins: HashMap<PathBuf, (u64, Curves)>,
}

impl Twins {
    /// True if two files have equal values of the same metrics at the same steps.
    pub(super) fn are_same(&mut self, a: (CurvesFormat, &Path), b: (CurvesFormat, &Path)) -> bool {
        self.read(a);
        self.read(b);
        let (Some((_, a)), Some((_, b))) = (self.begins.get(a.1), self.begins.get(b.1)) else { return false };
        let (mut same, mut other) = (0, 0);
        for (name, series) in &a.series {
            let name = plain(name);
            let Some((_, theirs)) = b.series.iter().find(|(known, _)| is_same_name(&plain(known), &name)) else {
                continue;
            };
            for point in series.points() {
                let Some(there) =
                    theirs.last_until(point.step).filter(|there| there.step.to_bits() == point.step.to_bits())
                else {
                    continue;
                };
                // A log has fewer digits than a file.
                let is_equal = (there.value - point.value).abs() <= 0.01 * there.value.abs().max(point.value.abs());
                *(if is_equal { &mut same } else { &mut other }) += 1;
            }
        }
        // A single value may be equal by chance.
        same > 2 && same > 4 * other
    }

    fn read(&mut self, (format, path): (CurvesFormat, &Path)) {
        let Ok(length) = std::fs::metadata(path).map(|meta| meta.len()) else { return };
        let most = if format.is_line_based() || format.has_file_per_run() { HEAD } else { DOCUMENT };
        if self.begins.get(path).is_some_and(|(known, _)| *known == length || *known > most && length > most) {
            return;
        }
        let mut bytes = Vec::new();
        let read = open_plain(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
        let mut reader = format.reader();
        if read.is_ok() {
            reader.push(&bytes);
        }
        self.begins.insert(path.to_owned(), (length, reader.curves()));
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// True for equal names: `loss` of a log is `train/loss` of the file next to it.
fn is_same_name(a: &str, b: &str) -> bool {
    let is_end = |long: &str, short: &str| short.len() > 2 && long.ends_with(short);
    !COMMON.contains(&a) && !COMMON.contains(&b) && (a == b || is_end(a, b) || is_end(b, a))
}
