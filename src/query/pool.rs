//! The threads that answer requests, and the supervisor.
//!
//! A thread that takes too long cannot be stopped, so it is abandoned: its request fails, its late answer is ignored,
//! and another thread replaces it.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::judge::{QueryCache, answer, open, stored};
use super::request::{Request, Response};
use crate::model::Snapshot;
use crate::policy::Policy;

/// Number of threads.
const THREADS: usize = 2;
/// Number of abandoned threads still at work beyond which none is replaced.
const MOST_LOST: usize = 4;
/// Time limit for a request; the largest change that is judged takes a fraction of it.
const LONGEST: Duration = Duration::from_secs(60);
/// Largest number of unread answers before a thread waits: the UI has fewer requests in progress.
const MOST: usize = 16;
/// Number of answers after which a thread reopens its repository, to free the objects it made.
const REFRESH: usize = 64;

struct QueuedRequest {
    question: Request,
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
}

#[derive(Default)]
struct PoolState {
    stack: Vec<QueuedRequest>,
    /// The request of each thread, by its number, and its start.
    under_way: HashMap<usize, (Request, Instant)>,
    /// Numbers of abandoned threads that have not finished.
    lost: Vec<usize>,
    threads: usize,
    numbers: usize,
    is_over: bool,
}

struct WaitingThread {
    state: Mutex<PoolState>,
    /// Signals a new request, or the end.
    more: Condvar,
    /// Signals that a thread began a request, or the end.
    begun: Condvar,
    send: mpsc::Sender<Response>,
    dir: PathBuf,
    home: Option<PathBuf>,
    store: Option<PathBuf>,
    longest: Duration,
}

/// Answers requests off the UI thread. Dropping it ends its threads.
pub struct Pool(Arc<WaitingThread>);

impl Pool {
    /// Starts the threads; the answers arrive at the receiver.
    pub fn start(dir: &Path, home: Option<&Path>, store: Option<&Path>) -> (Self, mpsc::Receiver<Response>) {
        Self::with_patience(dir, home, store, LONGEST)
    }

    fn with_patience(
        dir: &Path,
        home: Option<&Path>,
        store: Option<&Path>,
        longest: Duration,
    ) -> (Self, mpsc::Receiver<Response>) {
        // Bounded: the UI reads answers at its own pace, and only a few requests are in progress.
        let (send, answers) = mpsc::channel(MOST);
        let waiting = Arc::new(WaitingThread {
            state: Mutex::default(),
            more: Condvar::new(),
            begun: Condvar::new(),
            send,
            dir: dir.to_owned(),
            home: home.map(Path::to_owned),
            store: store.map(Path::to_owned),
            longest,
        });
        for _ in 0..THREADS {
            WaitingThread::begin(&waiting);
        }
        let watched = Arc::clone(&waiting);
        // Without it no thread is ever abandoned; everything else works the same.
        drop(std::thread::Builder::new().name("query-watch".to_owned()).spawn(move || watch(&watched)));
        (Self(waiting), answers)
    }

    /// Adds a request. The newest one is answered first; an earlier copy is dropped.
    pub fn ask(&self, question: Request, snapshot: &Arc<Snapshot>, policy: &Arc<Policy>) {
        if self.0.state().threads == 0 {
            // A thread may be possible again by now.
            WaitingThread::begin(&self.0);
        }
        let mut state = self.0.state();
        if state.threads == 0 {
            let why = match state.lost.len() {
                0 => "no thread could be started (ulimit -u, ulimit -v); it is tried again when you come back",
                _ => "earlier requests timed out and are still running; leave and come back",
            };
            drop(self.0.send.try_send(Response::Failed(question, why.to_owned())));
            return;
        }
        state.stack.retain(|asked| !asked.question.same_as(&question));
        state.stack.push(QueuedRequest { question, snapshot: Arc::clone(snapshot), policy: Arc::clone(policy) });
        self.0.more.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // No waiting for an answer in progress: leaving must not take longer than a key press.
        self.0.state().is_over = true;
        self.0.more.notify_all();
        self.0.begun.notify_all();
    }
}

impl WaitingThread {
    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread, unless too many abandoned ones are still at work.
    fn begin(waiting: &Arc<Self>) {
        let mut state = waiting.state();
        if state.lost.len() >= MOST_LOST {
            return;
        }
        state.numbers += 1;
        let number = state.numbers;
        let its = Arc::clone(waiting);
        let started = std::thread::Builder::new().name(format!("query-{number}")).spawn(move || serve(&its, number));
        state.threads += usize::from(started.is_ok());
    }

    /// The next request for a thread; `None` at the end.
    fn next(&self, number: usize) -> Option<QueuedRequest> {
        let mut state = self.state();
        loop {
            if state.is_over {
                return None;
            }
            if let Some(asked) = state.stack.pop() {
                state.under_way.insert(number, (asked.question.clone(), Instant::now()));
                self.begun.notify_one();
                return Some(asked);
            }
            state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// True for a thread that has not been abandoned.
    fn is_heard(&self, number: usize) -> bool {
        let mut state = self.state();
        state.lost.retain(|lost| *lost != number);
        state.under_way.remove(&number).is_some()
    }
}

fn serve(waiting: &WaitingThread, number: usize) {
    let mut memory = QueryCache::with_store(waiting.store.clone());
    let mut repo = None;
    let mut answered = 0;
    while let Some(asked) = waiting.next(number) {
        // Nothing that the agent wrote may end the thread that reads it.
        let began = Instant::now();
        let found = catch_unwind(AssertUnwindSafe(|| {
            if let Request::Curves(trial) = asked.question {
                return stored(&memory, trial);
            }
            if answered >= REFRESH || !matches!(repo, Some(Ok(_))) {
                repo = Some(open(&waiting.dir, waiting.home.as_deref()));
                answered = 0;
            }
            let checked = repo.as_ref().map(|repo| repo.as_ref().map(|repo| (repo, repo.refuse_blocking())));
            match checked {
                Some(Ok((repo, Ok(())))) => answer(repo, &mut memory, &asked.snapshot, &asked.policy, &asked.question),
                Some(Ok((_, Err(error)))) => Response::Failed(asked.question.clone(), error.to_string()),
                Some(Err(error)) => Response::Failed(asked.question.clone(), error.to_string()),
                None => Response::Failed(asked.question.clone(), "the repository was not opened".to_owned()),
            }
        }));
        let answer = found.unwrap_or_else(|fault| {
            memory.clear();
            let why = format!(
                "cannot read this change: internal error ({}); please report it",
                panic_message(fault.as_ref())
            );
            Response::Failed(asked.question.clone(), why)
        });
        answered += 1;
        match &answer {
            Response::Failed(_, why) => tracing::warn!(why = ?why, ms = began.elapsed().as_millis(), "no answer"),
            _ => tracing::debug!(ms = began.elapsed().as_millis(), "answered a question"),
        }
        if !waiting.is_heard(number) || waiting.send.blocking_send(answer).is_err() {
            return;
        }
    }
}

/// The message of a panic.
fn panic_message(fault: &(dyn Any + Send)) -> &str {
    let text = fault.downcast_ref::<&str>().copied();
    text.or_else(|| fault.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Abandons threads that take too long.
fn watch(waiting: &Arc<WaitingThread>) {
    let mut state = waiting.state();
    while !state.is_over {
        let now = Instant::now();
        let ends = state.under_way.iter().map(|(number, (_, since))| (*since + waiting.longest, *number)).min();
        match ends {
            None => state = waiting.begun.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some((end, _)) if end > now => {
                state = waiting.begun.wait_timeout(state, end - now).unwrap_or_else(PoisonError::into_inner).0;
            }
            Some((_, number)) => {
                let Some((question, _)) = state.under_way.remove(&number) else { continue };
                state.lost.push(number);
                state.threads -= 1;
                drop(state);
                WaitingThread::begin(waiting);
                let seconds = waiting.longest.as_secs();
                let why = format!("too large to judge automatically: given up after {seconds} s");
                drop(waiting.send.blocking_send(Response::Failed(question, why)));
                state = waiting.state();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ExperimentId;

    #[test]
    fn a_slow_request_is_given_up_and_others_are_answered() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let (snapshot, policy) = (Arc::default(), Arc::default());
        // With no patience every request is given up, or has failed just before.
        let (pool, mut answers) = Pool::with_patience(directory.path(), None, None, Duration::ZERO);
        for number in 0..20 {
            let expected = Request::Judge(ExperimentId::new(&format!("{number}")));
            pool.ask(expected.clone(), &snapshot, &policy);
            match answers.blocking_recv() {
                Some(Response::Failed(question, _)) => assert!(question.same_as(&expected), "each is answered once"),
                other => assert!(other.is_none(), "{other:?}"),
            }
        }
        // Abandoned threads end when they finish, and others replace them.
        let (pool, mut answers) = Pool::with_patience(directory.path(), None, None, Duration::from_secs(600));
        pool.0.state().under_way.insert(1_000, (Request::Shortlist, Instant::now()));
        assert!(pool.0.is_heard(1_000) && !pool.0.is_heard(1_000));
        pool.ask(Request::Shortlist, &snapshot, &policy);
        assert!(matches!(answers.blocking_recv(), Some(Response::Failed(Request::Shortlist, _))));
        Ok(())
    }
}
