//! Checks that every future change of a file will show in its times.
//!
//! A store through a memory mapping updates the times of a file once, and not again before the system has written the
//! page back: whoever has such a mapping can change the file unnoticed meanwhile. On some file systems the times are
//! never updated.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::source::FileStamp;
use crate::disk::{FileAccess, open_own};

/// Age in nanoseconds after which mapped stores are written back: Linux does so after half a minute.
const WRITTEN_NS: i64 = 180_000_000_000;
/// Time limit in one run for writing back recent stores; the remaining files are hashed again next time.
const LONGEST: Duration = Duration::from_secs(2);

/// Facts about files and file systems, gathered in one run.
pub(super) struct Settled {
    now_ns: i64,
    files: HashMap<FileStamp, bool>,
    /// By device: whether a store through a mapping updates the times of a file.
    systems: HashMap<i64, bool>,
    spent: Duration,
}

impl Settled {
    pub(super) fn at(now_ns: i64) -> Self {
        Self { now_ns, files: HashMap::new(), systems: HashMap::new(), spent: Duration::ZERO }
    }

    /// Writes back recent stores into a file. True if every change from now on updates its times. Call it before the
    /// file is read.
    pub(super) fn settle(&mut self, path: &Path, stamp: FileStamp) -> bool {
        if let Some(known) = self.files.get(&stamp) {
            return *known;
        }
        let settled = *self.systems.entry(stamp.device()).or_insert_with(|| moves_times(path))
            && (stamp.changed_ns() < self.now_ns - WRITTEN_NS || self.write_out(path));
        self.files.insert(stamp, settled);
        settled
    }

    fn write_out(&mut self, path: &Path) -> bool {
        if self.spent >= LONGEST {
            return false;
        }
        let begun = Instant::now();
        let written = open_own(path, FileAccess::Read).and_then(|file| file.sync_data()).is_ok();
        self.spent += begun.elapsed();
        written
    }
}

/// True on file systems that are known to update a file's times on stores through a mapping.
#[cfg(target_os = "linux")]
fn moves_times(path: &Path) -> bool {
    // ext2 to ext4, XFS, Btrfs and F2FS. An overlay behaves like the file system below it, which cannot be determined.
    const KNOWN: [u64; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010];
    rustix::fs::statfs(path).is_ok_and(|system| KNOWN.contains(&(system.f_type as u64 & 0xffff_ffff)))
}

#[cfg(not(target_os = "linux"))]
fn moves_times(_: &Path) -> bool {
    false
}
