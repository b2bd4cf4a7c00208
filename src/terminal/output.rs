//! What is written to the terminal, by a thread of its own: a terminal that does not read must not keep the program from
//! hearing a signal, or from ending.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use tokio::sync::watch;

/// Bytes that are written at once, mostly a whole frame: between two such pieces the rest can be given up.
const PIECE: usize = 16 * 1024;
/// A piece that was written within this time was there from the beginning of that time: whoever reads the terminal may be
/// quicker than this thread is to look at the clock.
const AT_ONCE: Duration = Duration::from_millis(25);
/// Bytes that wait at most; what comes beyond them is left out. Frames are only made when the one before is out.
const MOST: usize = 1 << 20;
/// A terminal has this long to read what is still to be written at the end.
const PATIENCE: Duration = Duration::from_millis(500);
/// And this long once the rest was given up.
const LAST: Duration = Duration::from_millis(700);
/// What was given up is thrown out of the terminal's own queue this often.
const AGAIN: Duration = Duration::from_millis(10);
/// Ends an escape sequence that was cut off.
const END_OF_SEQUENCE: &[u8] = b"\x1b\\";

/// What was written, and when the terminal had taken all of it.
#[derive(Clone, Copy, Debug)]
pub struct Flushed {
    /// Bytes since the start.
    bytes: u64,
    /// When.
    pub at: Instant,
    /// True when the terminal takes nothing any more.
    is_gone: bool,
}

/// The queue to the terminal.
struct Queue {
    waiting: VecDeque<Vec<u8>>,
    /// Bytes that were put in, since the start.
    put: u64,
    /// Bytes of those that were written or given up.
    done: u64,
    /// Counts how often the rest was given up.
    given_up: u64,
    is_gone: bool,
    /// True once the last bytes were put in: a screen that is drawn meanwhile comes too late.
    is_over: bool,
}

/// Whether the screen comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restored {
    /// It may: another program has the terminal for a while.
    ForNow,
    /// The program ends.
    ForGood,
}

struct OutputQueue {
    queue: Mutex<Queue>,
    changed: Condvar,
    taken: watch::Sender<Flushed>,
}

static OUTPUT: OnceLock<Arc<OutputQueue>> = OnceLock::new();

/// Starts the thread that writes; nothing where it runs already.
pub(super) fn start() -> io::Result<()> {
    if let Some(output) = OUTPUT.get() {
        output.lock().is_over = false;
        return Ok(());
    }
    let (taken, _) = watch::channel(Flushed { bytes: 0, at: Instant::now(), is_gone: false });
    let queue = Queue { waiting: VecDeque::new(), put: 0, done: 0, given_up: 0, is_gone: false, is_over: false };
    let output = Arc::new(OutputQueue { queue: Mutex::new(queue), changed: Condvar::new(), taken });
    let own = Arc::clone(&output);
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || own.write_all())?;
    // Nobody else starts it: there is one terminal.
    let _ = OUTPUT.set(output);
    Ok(())
}

impl OutputQueue {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is put into the queue, for ever.
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
            let taken = Flushed { bytes: queue.done, at, is_gone: queue.is_gone };
            drop(queue);
            self.changed.notify_all();
            self.taken.send_replace(taken);
        }
    }

    /// Writes bytes until they are given up, and says since when the last of them are there. Without the lock on standard
    /// output, which others may want meanwhile.
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
                // Whoever shares the terminal may have made it so that writing does not wait.
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

    /// Waits until all is written; false when the time was up.
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

    /// Gives up what is still to be written, but for these last bytes.
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

/// Collects bytes; a flush hands them over to be written, and never waits.
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

/// Waits until the terminal took everything that was handed over before; an error when it is gone.
pub async fn taken() -> io::Result<Flushed> {
    let Some(output) = OUTPUT.get() else { return Err(io::ErrorKind::NotConnected.into()) };
    let put = output.lock().put;
    let mut taken = output.taken.subscribe();
    let found = taken.wait_for(|taken| taken.is_gone || taken.bytes >= put).await;
    let found = *found.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
    if found.is_gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(found) }
}

/// Writes the last bytes and waits for them, but not for ever: a terminal that does not read loses what was to come
/// before them.
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
        // Makes room in the terminal's queue: what lies there is of a screen that is left.
        let _ = tcflush(io::stdout(), QueueSelector::OFlush);
        if output.wait(AGAIN) {
            return;
        }
    }
}
