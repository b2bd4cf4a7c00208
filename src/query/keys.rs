//! Identifies hunks by their content.

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

/// A digest that an agent cannot choose: a mark on one hunk must not apply to another. Line numbers are not part of it;
/// `count` is the number of identical hunks before this one in the file.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::text_change;

    fn keys(old: &str, new: &str, path: &str) -> Vec<HunkKey> {
        hunk_keys(&[text_change(path, old.as_bytes(), new.as_bytes())]).remove(0)
    }

    #[test]
    fn a_key_depends_on_the_content_and_on_the_position_only_among_equals() {
        let gap = "\n".repeat(12);
        let (old, new) = (format!("a\n{gap}a\n"), format!("b\n{gap}b\n"));
        let twice = keys(&old, &new, "train.py");
        assert_eq!(twice.len(), 2);
        // Their contexts differ: three empty lines after one, before the other.
        assert_ne!(twice[0], twice[1]);
        let (old, new) = (format!("{gap}a{gap}a{gap}"), format!("{gap}b{gap}b{gap}"));
        let same = keys(&old, &new, "train.py");
        assert_ne!(same[0], same[1], "two identical hunks have separate marks");
        let below = keys(&format!("first\n{old}"), &format!("first\n{new}"), "train.py");
        assert_eq!(below, same, "line numbers are not part of it");
        assert_ne!(keys(&old, &new, "other.py"), same);
        assert_ne!(keys(&old, &new.replace('b', "c"), "train.py")[0], same[0]);
    }
}
