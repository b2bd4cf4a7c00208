//! Writes to the terminal on its own thread: a terminal that does not read must not block signals or the exit.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use tokio::sync::watch;

/// Bytes per write, mostly a whole frame; between two writes the rest can be abandoned.
const PIECE: usize = 16 * 1024;
/// A write faster than this counts as done at its start: the terminal may display it before this thread reads the
/// clock.
const AT_ONCE: Duration = Duration::from_millis(25);
/// Bytes queued at most; more are dropped. Frames are only drawn after the last one was written.
const MOST: usize = 1 << 20;
/// Time allowed at the end for the terminal to read the remaining bytes.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time allowed once the rest was abandoned.
const LAST: Duration = Duration::from_millis(700);
/// Interval at which abandoned output is flushed from the terminal's own queue.
const AGAIN: Duration = Duration::from_millis(10);
/// Terminates an escape sequence that was cut off.
const END_OF_SEQUENCE: &[u8] = b"\x1b\\";

/// The bytes written so far, and the time when the terminal had taken them.
#[derive(Clone, Copy, Debug)]
pub struct Flushed {
    /// Bytes since the start.
    bytes: u64,
    /// The time.
    pub at: Instant,
    /// True if the terminal is gone.
    is_gone: bool,
}

/// The queue to the terminal.
struct Queue {
    waiting: VecDeque<Vec<u8>>,
    /// Bytes queued since the start.
    put: u64,
    /// Queued bytes that were written or abandoned.
    done: u64,
    /// Number of times that the rest was abandoned.
    given_up: u64,
    is_gone: bool,
    /// True once the last bytes were queued: later frames are dropped.
    is_over: bool,
}

/// The reason for restoring the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restored {
    /// Another program uses the terminal for a while.
    ForNow,
    /// The program ends.
    ForGood,
}

struct OutputQueue {
    queue: Mutex<Queue>,
    changed: Condvar,
    flushed: watch::Sender<Flushed>,
}

static OUTPUT: OnceLock<Arc<OutputQueue>> = OnceLock::new();

/// Starts the writer thread unless it is running.
pub(super) fn start() -> io::Result<()> {
    if let Some(output) = OUTPUT.get() {
        output.lock().is_over = false;
        return Ok(());
    }
    let (flushed, _) = watch::channel(Flushed { bytes: 0, at: Instant::now(), is_gone: false });
    let queue = Queue { waiting: VecDeque::new(), put: 0, done: 0, given_up: 0, is_gone: false, is_over: false };
    let output = Arc::new(OutputQueue { queue: Mutex::new(queue), changed: Condvar::new(), flushed });
    let own = Arc::clone(&output);
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || own.write_all())?;
    // Only one caller starts it: there is one terminal.
    let _ = OUTPUT.set(output);
    Ok(())
}

impl OutputQueue {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the queue forever.
    fn write_all(&self) {
        loop {
            let mut queue = self.lock();
            let bytes = loop {
                match queue.waiting.pop_front() {
                    Some(bytes) => break bytes,
                    None => queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                }
            };
            let given_up = queue.given_up;
            drop(queue);
            let written = self.write(&bytes, given_up);
            let (failed, at) = (written.is_err(), written.unwrap_or_else(|_| Instant::now()));
            let mut queue = self.lock();
            queue.is_gone |= failed;
            if queue.given_up == given_up {
                queue.done += bytes.len() as u64;
            }
            let flushed = Flushed { bytes: queue.done, at, is_gone: queue.is_gone };
            drop(queue);
            self.changed.notify_all();
            self.flushed.send_replace(flushed);
        }
    }

    /// Writes bytes until they are abandoned, and returns the time when the last of them were taken. Does not hold the
    /// lock on standard output, which others may need meanwhile.
    fn write(&self, mut bytes: &[u8], given_up: u64) -> io::Result<Instant> {
        let stdout = io::stdout();
        let mut at = Instant::now();
        while !bytes.is_empty() && self.lock().given_up == given_up {
            let before = Instant::now();
            match rustix::io::write(&stdout, &bytes[..bytes.len().min(PIECE)]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    at = if before.elapsed() < AT_ONCE { before } else { Instant::now() };
                }
                Err(Errno::INTR) => {}
                // Another process that shares the terminal may have made it non-blocking.
                Err(Errno::AGAIN) => {
                    let mut full = [PollFd::new(&stdout, PollFlags::OUT)];
                    let _ = poll(&mut full, Some(&Timespec { tv_sec: 0, tv_nsec: 50_000_000 }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(at)
    }

    fn put(&self, bytes: Vec<u8>, restored: Restored) -> io::Result<()> {
        let mut queue = self.lock();
        if queue.is_gone {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if queue.is_over {
            return Ok(());
        }
        queue.is_over = restored == Restored::ForGood;
        let waiting: usize = queue.waiting.iter().map(Vec::len).sum();
        if waiting + bytes.len() <= MOST {
            queue.put += bytes.len() as u64;
            queue.waiting.push_back(bytes);
        }
        drop(queue);
        self.changed.notify_all();
        Ok(())
    }

    /// Waits until everything is written; false on a timeout.
    fn wait(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        let mut queue = self.lock();
        while queue.done < queue.put && !queue.is_gone {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            queue = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Abandons the queue except for these last bytes.
    fn give_up(&self, last: &[u8]) {
        let mut queue = self.lock();
        queue.waiting.clear();
        queue.given_up += 1;
        queue.done = queue.put;
        let bytes = [END_OF_SEQUENCE, last].concat();
        queue.put += bytes.len() as u64;
        queue.waiting.push_back(bytes);
        drop(queue);
        self.changed.notify_all();
    }
}

/// Collects bytes; a flush queues them for writing and never blocks.
#[derive(Debug, Default)]
pub struct TerminalWriter(Vec<u8>);

impl Write for TerminalWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.0);
        match OUTPUT.get() {
            _ if bytes.is_empty() => Ok(()),
            Some(output) => output.put(bytes, Restored::ForNow),
            None => io::stdout().write_all(&bytes).and_then(|()| io::stdout().flush()),
        }
    }
}

/// Waits until the terminal took everything queued before; fails if the terminal is gone.
pub async fn written() -> io::Result<Flushed> {
    let Some(output) = OUTPUT.get() else { return Err(io::ErrorKind::NotConnected.into()) };
    let put = output.lock().put;
    let mut flushed = output.flushed.subscribe();
    let found = flushed.wait_for(|flushed| flushed.is_gone || flushed.bytes >= put).await;
    let found = *found.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
    if found.is_gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(found) }
}

/// Writes the last bytes and waits for them, but not forever: for a terminal that does not read, earlier output is
/// dropped.
pub(super) fn write_last(bytes: &[u8], restored: Restored) {
    let Some(output) = OUTPUT.get() else {
        let _ = io::stdout().write_all(bytes).and_then(|()| io::stdout().flush());
        return;
    };
    if output.put(bytes.to_vec(), restored).is_err() || output.wait(PATIENCE) {
        return;
    }
    output.give_up(bytes);
    let end = Instant::now() + LAST;
    while Instant::now() < end {
        // Makes room in the terminal's queue: its contents belong to the screen being left.
        let _ = tcflush(io::stdout(), QueueSelector::OFlush);
        if output.wait(AGAIN) {
            return;
        }
    }
}
