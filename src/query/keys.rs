//! Hunks by what stands in them.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::model::{FileChange, Hunk, HunkKey, LineKind};

/// The keys of all hunks, by file and hunk.
pub(super) fn hunk_keys(files: &[FileChange]) -> Vec<Vec<HunkKey>> {
    files
        .iter()
        .map(|file| {
            let mut same: HashMap<HunkKey, u32> = HashMap::new();
            file.hunks
                .iter()
                .map(|hunk| {
                    let key = key(file.path.raw(), hunk, 0);
                    let count = same.entry(key).and_modify(|count| *count += 1).or_default();
                    if *count == 0 { key } else { self::key(file.path.raw(), hunk, *count) }
                })
                .collect()
        })
        .collect()
}

/// A digest that an agent cannot choose: a mark on one hunk must not hold for another. Numbers of lines are
/// not in it; of hunks that are the same in one file `count` come before this one.
fn key(path: &str, hunk: &Hunk, count: u32) -> HunkKey {
    let mut digest = Sha256::new();
    let mut take = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    take(path.as_bytes());
    take(&count.to_le_bytes());
    for line in &hunk.lines {
        take(match line.kind {
            LineKind::Context => b" ",
            LineKind::Added => b"+",
            LineKind::Removed => b"-",
        });
        take(line.text.raw().as_bytes());
        take(&(line.cut as u64).to_le_bytes());
        take(&[u8::from(line.no_newline)]);
    }
    let digest = digest.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    HunkKey(u128::from_be_bytes(bytes))
}
