//! The FIFOs that work was blocked on, and how it is released.

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Mode, OFlags};

/// Maximum number of FIFOs that are remembered; more would tell nothing new.
const MOST: usize = 100;

static FOUND: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn known() -> MutexGuard<'static, Vec<PathBuf>> {
    FOUND.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the FIFOs that something was blocked on.
pub(super) fn found() -> Vec<PathBuf> {
    known().clone()
}

pub(super) fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.file_type().is_fifo())
}

/// Releases whoever is blocked on these FIFOs, and remembers them. Those that are gone are forgotten.
pub(super) fn release(pipes: Vec<PathBuf>) {
    // Released work fails and asks at once which FIFO it was: it has to wait for the answer.
    let mut known = known();
    known.retain(|path| is_pipe(path));
    for pipe in pipes {
        open_briefly(&pipe);
        if !known.contains(&pipe) && known.len() < MOST {
            known.push(pipe);
        }
    }
}

/// Opens a FIFO briefly at both ends, which releases whoever is blocked on it. One that this person may not write to
/// stays as it is.
fn open_briefly(path: &Path) {
    drop(rustix::fs::open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()));
}
