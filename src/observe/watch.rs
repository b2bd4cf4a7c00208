//! The watching thread.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::watch;

use super::{ObserveError, Watched, now_ms};
use crate::format::{is_run_folder, may_hold_curves};
use crate::model::{LoopFormat, Snapshot};
use crate::policy::Policy;
use crate::repo::Repo;

/// How changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By events of the system, and by a slow poll beside them.
    Events,
    /// By polling alone: network file systems send no events.
    Poll,
}

/// How to observe.
#[derive(Clone, Debug)]
pub struct Options {
    /// How changes are noticed.
    pub method: Method,
    /// The person's state directory.
    pub state: PathBuf,
    /// Time between polls when events are there.
    pub slow: Duration,
    /// Time between polls without events.
    pub fast: Duration,
}

impl Options {
    /// The usual times.
    pub fn new(state: &Path, method: Method) -> Self {
        Self { method, state: state.to_owned(), slow: Duration::from_secs(2), fast: Duration::from_millis(500) }
    }
}

/// Events of one write come in a burst: this long is waited for its end.
const COALESCE: Duration = Duration::from_millis(5);

/// Folders of runs that are watched at most; all are polled.
const MOST_WATCHED: usize = 256;

/// A snapshot with what is needed to act on it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The loop as it stands.
    pub snapshot: Arc<Snapshot>,
    /// The policy in force.
    pub policy: Arc<Policy>,
}

/// A running observation. Dropping it ends the thread.
pub struct Observer {
    views: watch::Receiver<View>,
    wake: SyncSender<Wake>,
    method: Method,
    thread: Option<std::thread::JoinHandle<()>>,
}

enum Wake {
    Look,
    Stop,
}

impl Observer {
    /// Starts looking. The first view knows only which loop it is; what was found follows.
    pub fn start(mut watched: Watched, options: &Options) -> Result<Self, ObserveError> {
        let view = |watched: &Watched| View {
            snapshot: Arc::new(watched.snapshot()),
            policy: Arc::new(watched.policy().clone()),
        };
        // Latest wins: a view that nobody drew is not worth keeping.
        let (send, views) = watch::channel(view(&watched));
        // One waiting wake-up says as much as ten.
        let (wake, woken) = sync_channel(1);
        let (watcher, method) = match options.method {
            Method::Events => match event_watcher(&watched, wake.clone()) {
                Some(watcher) => (Some(watcher), Method::Events),
                None => (None, Method::Poll),
            },
            Method::Poll => (None, Method::Poll),
        };
        let pause = if method == Method::Events { options.slow } else { options.fast };
        let thread = std::thread::Builder::new()
            .name("observe".to_owned())
            .spawn(move || {
                let mut watcher = watcher;
                let mut run_folders = HashSet::new();
                #[cfg(debug_assertions)]
                panic_for_tests();
                watched.see(now_ms());
                watch_more(&mut watcher, &watched, &mut run_folders);
                // A person waits for this one.
                if send.send(view(&watched)).is_err() || watched.pin() && send.send(view(&watched)).is_err() {
                    return;
                }
                loop {
                    let pause = if watched.has_more() { Duration::ZERO } else { pause };
                    match woken.recv_timeout(pause) {
                        Ok(Wake::Look) => std::thread::sleep(COALESCE),
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                    }
                    watch_more(&mut watcher, &watched, &mut run_folders);
                    if watched.look(now_ms()) && send.send(view(&watched)).is_err() {
                        break;
                    }
                }
            })
            .map_err(ObserveError::Thread)?;
        Ok(Self { views, wake, method, thread: Some(thread) })
    }

    /// The views as they come.
    pub fn views(&self) -> watch::Receiver<View> {
        self.views.clone()
    }

    /// How changes are noticed in fact.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Asks for a look now.
    pub fn look_now(&self) {
        let _ = self.wake.try_send(Wake::Look);
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        // A full channel holds a wake-up: after it the thread finds this one.
        let _ = self.wake.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Lets a terminal test see what becomes of a panic beside the screen.
#[cfg(debug_assertions)]
fn panic_for_tests() {
    assert!(std::env::var_os("COUNTERSIGN_PANIC_ON_LOOK").is_none(), "asked to panic while looking");
}

/// Watches the agent's door and the folders of runs, which may come while we watch. Watching a folder again does
/// nothing; of runs there may be thousands: those that are watched are known.
fn watch_more(watcher: &mut Option<notify::RecommendedWatcher>, watched: &Watched, run_folders: &mut HashSet<PathBuf>) {
    let Some(watcher) = watcher else { return };
    for folder in watched.door_folders() {
        let _ = watcher.watch(&folder, RecursiveMode::NonRecursive);
    }
    let wanted: HashSet<PathBuf> = watched.log_folders().into_iter().take(MOST_WATCHED).collect();
    if wanted == *run_folders {
        return;
    }
    for folder in wanted.difference(run_folders) {
        let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
    }
    for folder in run_folders.difference(&wanted) {
        let _ = watcher.unwatch(folder);
    }
    *run_folders = wanted;
}

/// Watches the folders of named files and of the references, never a whole tree.
fn event_watcher(watched: &Watched, wake: SyncSender<Wake>) -> Option<notify::RecommendedWatcher> {
    // A training run writes checkpoints and caches beside its log: those are not looked at.
    let names = watched.followed();
    let folders: Vec<PathBuf> = watched.repo().map(Repo::watched_folders).unwrap_or_default();
    let mut git_folders = folders.clone();
    git_folders.push(watched.dir().join(crate::door::FOLDER).join("inbox"));
    let dir = watched.dir().to_owned();
    let is_all_runs = watched.recognised().format == LoopFormat::Curves;
    let is_relevant = move |path: &PathBuf| {
        is_all_runs
            || git_folders.iter().any(|folder| path.starts_with(folder))
            || path.file_name().is_some_and(|name| {
                names.contains(name) || name == crate::door::FOLDER || may_hold_curves(&name.to_string_lossy())
            })
            // A folder of a run that begins.
            || path.parent().is_some_and(|parent| {
                parent.parent() == Some(&dir) && parent.file_name().is_some_and(|name| is_run_folder(&name.to_string_lossy()))
            })
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // An overflow of the queue has no path: everything may be different then.
        let relevant = event.is_ok_and(|event| {
            !event.kind.is_access() && (event.paths.is_empty() || event.paths.iter().any(&is_relevant))
        });
        if relevant {
            let _ = wake.try_send(Wake::Look);
        }
    })
    .ok()?;
    let results = watched.dir().join(&watched.recognised().results);
    watcher.watch(watched.dir(), RecursiveMode::NonRecursive).ok()?;
    if let Some(folder) = results.parent().filter(|folder| *folder != watched.dir()) {
        watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    }
    for folder in folders {
        // A folder that cannot be watched is still polled.
        let _ = watcher.watch(&folder, RecursiveMode::NonRecursive);
    }
    Some(watcher)
}
