//! The program's own log, for reports of faults: off unless the person asks for it, in one file that does not grow
//! without bound.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::disk::{FileAccess, create_dir, open_own};

/// A file of this many bytes becomes `log.1`, in place of the one before, and a new one begins.
const MOST: u64 = 4 * 1024 * 1024;

/// Returns the path of the log below the person's state directory.
pub fn path(state: &Path) -> PathBuf {
    state.join("log")
}

/// Writes events of `level` and above to the log from now on, and panics with their place. Fails where the file cannot
/// be written, or where a log was started before.
pub fn start(state: &Path, level: Level) -> io::Result<()> {
    create_dir(state)?;
    let file = RotatingFile::open(path(state))?;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(file)
        .with_max_level(LevelFilter::from_level(level))
        .with_ansi(false)
        .with_thread_names(true)
        // They would go to the terminal, into the middle of a frame.
        .log_internal_errors(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        tracing::error!(place = ?panic.location().map(ToString::to_string), ?message, "panic");
        before(panic);
    }));
    Ok(())
}

/// Opens the file to append to it; returns its length, too.
fn begin(path: &Path) -> io::Result<(File, u64)> {
    let file = open_own(path, FileAccess::Write)?;
    // It names directories and arguments, which are nobody else's business.
    rustix::fs::fchmod(&file, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?;
    // Several processes write to it: each line goes to its end.
    rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::APPEND)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// A file that is replaced when it is full.
#[derive(Debug)]
struct RotatingFile {
    path: PathBuf,
    /// The open file, and its length.
    open: Mutex<(File, u64)>,
}

impl RotatingFile {
    fn open(path: PathBuf) -> io::Result<Self> {
        let open = Mutex::new(begin(&path)?);
        Ok(Self { path, open })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1 > 0 && open.1 + bytes.len() as u64 > MOST {
            // Another process may have done it already: each writes to the file that it opened. Where the old log
            // cannot be kept, the new one begins in its place.
            match std::fs::rename(&self.path, self.path.with_extension("1")) {
                Ok(()) => *open = begin(&self.path)?,
                Err(_) => {
                    open.0.set_len(0)?;
                    open.1 = 0;
                }
            }
        }
        open.0.write_all(bytes)?;
        open.1 += bytes.len() as u64;
        Ok(())
    }
}

impl Write for &RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for RotatingFile {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_makes_room_and_the_last_one_is_kept() -> io::Result<()> {
        let state = tempfile::tempdir()?;
        let file = RotatingFile::open(path(state.path()))?;
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..6 {
            (&file).write_all(&line)?;
        }
        let length = |name: &str| state.path().join(name).metadata().map(|data| data.len());
        assert_eq!((length("log")?, length("log.1")?), (2 * 1024 * 1024, MOST));
        // A directory in the place of the old log: the new one begins anew, and goes on.
        std::fs::remove_file(state.path().join("log.1"))?;
        std::fs::create_dir(state.path().join("log.1"))?;
        for _ in 0..4 {
            (&file).write_all(&line)?;
        }
        assert_eq!(length("log")?, 2 * 1024 * 1024);
        // Who starts later appends.
        (&RotatingFile::open(path(state.path()))?).write_all(b"more")?;
        assert_eq!(length("log")?, 2 * 1024 * 1024 + 4);
        Ok(())
    }
}
