//! The watcher thread.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::watch;

use super::{WatchError, Watched, now_ms};
use crate::format::{is_run_directory, may_hold_curves};
use crate::model::{LoopFormat, Snapshot};
use crate::policy::Policy;
use crate::repo::Repo;

/// The way changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By system events, and by a slow poll in addition.
    Events,
    /// By polling alone: network file systems send no events.
    Poll,
}

/// Options for watching.
#[derive(Clone, Debug)]
pub struct Options {
    /// The way changes are noticed.
    pub method: Method,
    /// The person's state directory.
    pub state: PathBuf,
    /// Time between polls when there are events.
    pub slow: Duration,
    /// Time between polls without events.
    pub fast: Duration,
}

impl Options {
    /// The default times.
    pub fn new(state: &Path, method: Method) -> Self {
        Self { method, state: state.to_owned(), slow: Duration::from_secs(2), fast: Duration::from_millis(500) }
    }
}

/// While a log is being written continuously, everything else is read at least this often, because not every change
/// gives an event.
const EVERYTHING: Duration = Duration::from_secs(1);

/// Events of one write come in a burst: the thread waits this long for its end.
const COALESCE: Duration = Duration::from_millis(5);

/// On exit a read in progress is given this long: it may be writing the store, or waiting for a disk that does not
/// respond.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest number of run directories with events; all are polled.
const MOST_WATCHED: usize = 256;

/// A snapshot and the data needed to act on it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The current state of the loop.
    pub snapshot: Arc<Snapshot>,
    /// The policy in force.
    pub policy: Arc<Policy>,
}

/// A running watcher. Dropping it ends the thread.
pub struct Watcher {
    views: watch::Receiver<View>,
    waker: Waker,
    method: Method,
    is_over: Arc<AtomicBool>,
    fault: Arc<Mutex<Option<String>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Something may have changed, or the thread should end.
struct Wake;

/// Wakes the thread. One pending wake-up stands for any number of them, so their reasons are kept separately.
#[derive(Clone)]
struct Waker {
    wake: SyncSender<Wake>,
    /// True if something other than a log may have changed.
    is_for_all: Arc<AtomicBool>,
    /// The followed logs.
    logs: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Waker {
    /// True for a followed log.
    fn is_log(&self, path: &Path) -> bool {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    /// Sets the followed logs.
    fn follow(&self, logs: HashSet<PathBuf>) {
        *self.logs.lock().unwrap_or_else(PoisonError::into_inner) = logs;
    }

    /// Wakes the thread for a log.
    fn log(&self) {
        // If the channel is full, a wake-up is pending already.
        let _ = self.wake.try_send(Wake);
    }

    /// Wakes the thread for any change.
    fn all(&self) {
        self.is_for_all.store(true, Ordering::SeqCst);
        self.log();
    }
}

impl Watcher {
    /// Starts watching. The first view contains only the loop's identity; the rest follows.
    pub fn start(mut watched: Watched, options: &Options) -> Result<Self, WatchError> {
        // Latest wins: a view that nobody drew is not worth keeping.
        let (send, views) = watch::channel(watched.view());
        // One pending wake-up stands for any number of them.
        let (wake, woken) = sync_channel(1);
        let waker = Waker { wake, is_for_all: Arc::default(), logs: Arc::default() };
        waker.follow(watched.log_paths());
        let (watcher, method) = match options.method {
            // The library's watcher panics if it cannot start a thread.
            Method::Events => match has_threads().then(|| event_watcher(&watched, waker.clone())).flatten() {
                Some(watcher) => (Some(watcher), Method::Events),
                None => (None, Method::Poll),
            },
            Method::Poll => (None, Method::Poll),
        };
        let pause = if method == Method::Events { options.slow } else { options.fast };
        let (is_over, fault) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Option<String>>>::default());
        let (ends, tells, own) = (Arc::clone(&is_over), Arc::clone(&fault), waker.clone());
        let thread = std::thread::Builder::new()
            .name("observe".to_owned())
            .spawn(move || {
                // Readers of the views notice that it ended, and find the reason here.
                let woken = Woken { receiver: woken, waker: own, is_over: ends };
                let watched = catch_unwind(AssertUnwindSafe(|| watch_on(watched, watcher, pause, &woken, &send)));
                if let Err(fault) = watched {
                    let text = fault.downcast_ref::<&str>().copied();
                    let text = text.or_else(|| fault.downcast_ref::<String>().map(String::as_str));
                    let why = text.unwrap_or("no message").to_owned();
                    *tells.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                }
            })
            .map_err(WatchError::Thread)?;
        Ok(Self { views, waker, method, is_over, fault, thread: Some(thread) })
    }

    /// The panic message that ended the thread; `None` if it did not panic.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The views, as they are produced.
    pub fn views(&self) -> watch::Receiver<View> {
        self.views.clone()
    }

    /// The way changes are actually noticed.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Requests a read now.
    pub fn poll_now(&self) {
        self.waker.all();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.waker.all();
        let Some(thread) = self.thread.take() else { return };
        let end = Instant::now() + PATIENCE;
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

/// The thread's end of its wake-ups.
struct Woken {
    receiver: Receiver<Wake>,
    waker: Waker,
    is_over: Arc<AtomicBool>,
}

/// True if the system has room for two more threads: the library's and ours.
fn has_threads() -> bool {
    let (hold, held) = std::sync::mpsc::sync_channel::<()>(0);
    let first = std::thread::Builder::new().spawn(move || {
        let _ = held.recv();
    });
    let second = std::thread::Builder::new().spawn(|| {});
    drop(hold);
    let both = first.is_ok() && second.is_ok();
    for thread in [first, second].into_iter().flatten() {
        let _ = thread.join();
    }
    both
}

/// The body of the thread.
fn watch_on(
    mut watched: Watched,
    mut watcher: Option<notify::RecommendedWatcher>,
    pause: Duration,
    woken: &Woken,
    send: &watch::Sender<View>,
) {
    let mut run_dirs = HashSet::new();
    #[cfg(debug_assertions)]
    panic_for_tests();
    watched.poll_without_pin(now_ms());
    watch_more(&mut watcher, &watched, &mut run_dirs);
    // A person waits for this one.
    if send.send(watched.view()).is_err() || watched.pin() && send.send(watched.view()).is_err() {
        return;
    }
    let mut looked_at_all = Instant::now();
    while !woken.is_over.load(Ordering::SeqCst) {
        let pause = if watched.has_more() { Duration::ZERO } else { pause };
        let is_for_a_log = match woken.receiver.recv_timeout(pause) {
            Ok(Wake) => {
                std::thread::sleep(COALESCE);
                !woken.waker.is_for_all.load(Ordering::SeqCst) && looked_at_all.elapsed() < EVERYTHING
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if woken.is_over.load(Ordering::SeqCst) {
            break;
        }
        let began = Instant::now();
        let seen = if is_for_a_log { watched.poll_logs(now_ms()) } else { None };
        let changed = seen.unwrap_or_else(|| {
            // Changes from now on are for the next pass.
            woken.waker.is_for_all.store(false, Ordering::SeqCst);
            looked_at_all = Instant::now();
            watch_more(&mut watcher, &watched, &mut run_dirs);
            let changed = watched.poll(now_ms());
            if changed {
                woken.waker.follow(watched.log_paths());
            }
            changed
        });
        let ms = began.elapsed().as_millis();
        tracing::debug!(changed, logs_only = seen.is_some(), ms, "polled the loop");
        if changed && send.send(watched.view()).is_err() {
            break;
        }
    }
}

/// Lets a terminal test check the effect of a panic next to the screen.
#[cfg(debug_assertions)]
fn panic_for_tests() {
    assert!(std::env::var_os("COUNTERSIGN_PANIC_ON_LOOK").is_none(), "asked to panic while looking");
}

/// Watches the agent's mailbox and the run directories, which may be created later. Watching a directory twice is
/// harmless, but there may be thousands of runs, so the watched ones are remembered.
fn watch_more(watcher: &mut Option<notify::RecommendedWatcher>, watched: &Watched, run_dirs: &mut HashSet<PathBuf>) {
    let Some(watcher) = watcher else { return };
    for directory in watched.mailbox_dirs() {
        let _ = watcher.watch(&directory, RecursiveMode::NonRecursive);
    }
    let wanted: HashSet<PathBuf> = watched.log_dirs().into_iter().take(MOST_WATCHED).collect();
    if wanted == *run_dirs {
        return;
    }
    for directory in wanted.difference(run_dirs) {
        let _ = watcher.watch(directory, RecursiveMode::NonRecursive);
    }
    for directory in run_dirs.difference(&wanted) {
        let _ = watcher.unwatch(directory);
    }
    *run_dirs = wanted;
}

/// Fails if the system gives no events for a directory, for example because no watches are left.
pub fn try_events(dir: &Path) -> notify::Result<()> {
    if !has_threads() {
        return Err(notify::Error::generic("the system allows no more threads (ulimit -u)"));
    }
    notify::recommended_watcher(|_| {})?.watch(dir, RecursiveMode::NonRecursive)
}

/// Watches the directories of named files and of the refs, never a whole tree.
fn event_watcher(watched: &Watched, waker: Waker) -> Option<notify::RecommendedWatcher> {
    // A training run writes checkpoints and caches next to its log: those are ignored.
    let names = watched.followed();
    let directories: Vec<PathBuf> = watched.repo().map(Repo::watched_dirs).unwrap_or_default();
    let mut git_dirs = directories.clone();
    git_dirs.push(watched.dir().join(crate::mailbox::MAILBOX_DIR).join("inbox"));
    let dir = watched.dir().to_owned();
    let is_all_runs = watched.recognised().format == LoopFormat::Curves;
    let is_relevant = move |path: &PathBuf| {
        is_all_runs
            || git_dirs.iter().any(|directory| path.starts_with(directory))
            || path.file_name().is_some_and(|name| {
                names.contains(name) || name == crate::mailbox::MAILBOX_DIR || may_hold_curves(&name.to_string_lossy())
            })
            // The directory of a run that begins.
            || path.parent().is_some_and(|parent| {
                parent.parent() == Some(&dir) && parent.file_name().is_some_and(|name| is_run_directory(&name.to_string_lossy()))
            })
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Some(event) = event.ok().filter(|event| !event.kind.is_access()) else { return };
        let is_written = event.kind.is_modify() && !event.paths.is_empty();
        if is_written && event.paths.iter().all(|path| waker.is_log(path)) {
            waker.log();
        // An overflow of the queue has no path: anything may have changed.
        } else if event.paths.is_empty() || event.paths.iter().any(&is_relevant) {
            waker.all();
        }
    })
    .ok()?;
    let results = watched.dir().join(&watched.recognised().results);
    watcher.watch(watched.dir(), RecursiveMode::NonRecursive).ok()?;
    if let Some(directory) = results.parent().filter(|directory| *directory != watched.dir()) {
        watcher.watch(directory, RecursiveMode::NonRecursive).ok()?;
    }
    for directory in directories {
        // A directory that cannot be watched is still polled.
        let _ = watcher.watch(&directory, RecursiveMode::NonRecursive);
    }
    Some(watcher)
}
