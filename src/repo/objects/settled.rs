//! Whether a file shows by its times that it changed, from now on.
//!
//! What is stored through a mapping moves the times of a file once, and not again before the system has written it out:
//! whoever has such a mapping changes the file unseen meanwhile. On some file systems it never moves them.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::source::FileStamp;
use crate::disk::open_own;

/// Linux writes out what was stored through a mapping after half a minute. What changed longer ago than this is written.
const WRITTEN_NS: i64 = 180_000_000_000;
/// Time for writing out what is younger, in one run; what is left is hashed again the next time.
const LONGEST: Duration = Duration::from_secs(2);

/// What is known of files and file systems in one run.
pub(super) struct Settled {
    now_ns: i64,
    files: HashMap<FileStamp, bool>,
    /// By device: whether a store through a mapping moves the times of a file there.
    systems: HashMap<i64, bool>,
    spent: Duration,
}

impl Settled {
    pub(super) fn at(now_ns: i64) -> Self {
        Self { now_ns, files: HashMap::new(), systems: HashMap::new(), spent: Duration::ZERO }
    }

    /// Writes out what was stored into a file, where that may still be in memory. True where each change from now on moves
    /// its times. To be asked before the file is read.
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
        let written = open_own(path, false).and_then(|file| file.sync_data()).is_ok();
        self.spent += begun.elapsed();
        written
    }
}

/// True on file systems that are known to move a file's times with what is stored through a mapping.
#[cfg(target_os = "linux")]
fn moves_times(path: &Path) -> bool {
    // ext2 to ext4, XFS, Btrfs and F2FS. An overlay does as the one below it does, which nobody says.
    const KNOWN: [u64; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010];
    rustix::fs::statfs(path).is_ok_and(|system| KNOWN.contains(&(system.f_type as u64 & 0xffff_ffff)))
}

#[cfg(not(target_os = "linux"))]
fn moves_times(_: &Path) -> bool {
    false
}
