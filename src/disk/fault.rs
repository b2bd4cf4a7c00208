//! The steps of a decision at which a test can kill or pause the process, or make the disk fail.
//!
//! `COUNTERSIGN_FAULT` defines the action, the step, and the occurrence of that step: `kill:branch-moved`,
//! `full:record-written:2`, `read-only:anchor-written`, `hold:commit-pinned`, `panic:signed`, `panic-twice:locked`. A
//! held process writes the file that `COUNTERSIGN_FAULT_HELD` names, and continues when that is removed. Release builds
//! have none of this.

/// A step of a decision, in the order of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The lock is held, nothing is written.
    Locked,
    /// Half of a ledger record is written.
    RecordHalf,
    /// A record is written, not synced.
    RecordWritten,
    /// A record is on disk.
    RecordSynced,
    /// The candidate's objects are on disk.
    TreeWritten,
    /// The signature was made.
    Signed,
    /// The commit object is on disk, unreferenced.
    CommitWritten,
    /// The commit is pinned.
    CommitPinned,
    /// The branch moved, not synced.
    BranchMoved,
    /// The branch is on disk.
    BranchSynced,
    /// The new anchor is written next to the old one.
    AnchorWritten,
    /// The new anchor replaced the old one.
    AnchorMoved,
    /// A proposal is in the person's register, and still in the inbox.
    Taken,
    /// An answer is in the outbox.
    Published,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Locked, "locked"),
        (Self::RecordHalf, "record-half"),
        (Self::RecordWritten, "record-written"),
        (Self::RecordSynced, "record-synced"),
        (Self::TreeWritten, "tree-written"),
        (Self::Signed, "signed"),
        (Self::CommitWritten, "commit-written"),
        (Self::CommitPinned, "commit-pinned"),
        (Self::BranchMoved, "branch-moved"),
        (Self::BranchSynced, "branch-synced"),
        (Self::AnchorWritten, "anchor-written"),
        (Self::AnchorMoved, "anchor-moved"),
        (Self::Taken, "taken"),
        (Self::Published, "published"),
    ];
}

/// Reports that a step was reached. Fails if a test makes the disk fail there.
#[cfg(not(debug_assertions))]
#[inline]
pub fn reach(_: Step) -> std::io::Result<()> {
    Ok(())
}

/// Writes half of the bytes to disk, if a test requests that.
#[cfg(not(debug_assertions))]
#[inline]
pub fn write_torn(_: Step, _: &mut std::fs::File, _: &[u8]) -> std::io::Result<()> {
    Ok(())
}

#[cfg(debug_assertions)]
pub use wanted::{reach, write_torn};

#[cfg(debug_assertions)]
mod wanted {
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};

    use super::Step;

    struct FaultPoint {
        action: String,
        step: Step,
        time: usize,
    }

    fn fault() -> Option<&'static FaultPoint> {
        static FAULT: OnceLock<Option<FaultPoint>> = OnceLock::new();
        FAULT
            .get_or_init(|| {
                let text = std::env::var("COUNTERSIGN_FAULT").ok()?;
                let mut parts = text.split(':');
                let (action, name) = (parts.next()?.to_owned(), parts.next()?);
                let step = Step::ALL.iter().find(|(_, known)| *known == name)?.0;
                let time = parts.next().and_then(|time| time.parse().ok()).unwrap_or(1);
                Some(FaultPoint { action, step, time })
            })
            .as_ref()
    }

    /// True at the requested occurrence of the step.
    fn is_now(fault: &FaultPoint, step: Step) -> bool {
        static TIMES: AtomicUsize = AtomicUsize::new(0);
        fault.step == step && TIMES.fetch_add(1, Ordering::SeqCst) + 1 == fault.time
    }

    /// Reports that a step was reached. Fails if a test makes the disk fail there.
    pub fn reach(step: Step) -> io::Result<()> {
        match fault() {
            Some(fault) if is_now(fault, step) => act(fault),
            _ => Ok(()),
        }
    }

    /// Writes half of the bytes to disk, if a test requests that.
    pub fn write_torn(step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        match fault() {
            Some(fault) if is_now(fault, step) => {
                file.write_all(&bytes[..bytes.len() / 2])?;
                act(fault)
            }
            _ => Ok(()),
        }
    }

    fn act(fault: &FaultPoint) -> io::Result<()> {
        match fault.action.as_str() {
            "full" => Err(io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error())),
            "read-only" => Err(io::Error::from_raw_os_error(rustix::io::Errno::ROFS.raw_os_error())),
            "hold" => hold(),
            action @ ("panic" | "panic-twice") => {
                let _twice = (action == "panic-twice").then_some(Twice);
                assert!(!action.starts_with("panic"), "asked to panic at a step of a decision");
                Ok(())
            }
            _ => {
                let _ = kill_process(getpid(), Signal::KILL);
                Ok(())
            }
        }
    }

    /// Panics during the cleanup of a panic, which aborts the program.
    struct Twice;

    impl Drop for Twice {
        fn drop(&mut self) {
            assert!(!std::thread::panicking(), "asked to panic twice");
        }
    }

    fn hold() -> io::Result<()> {
        let Some(held) = std::env::var_os("COUNTERSIGN_FAULT_HELD") else { return Ok(()) };
        std::fs::write(&held, "held")?;
        while std::path::Path::new(&held).exists() {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}
