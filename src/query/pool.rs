//! The threads that answer.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::judge::{Memory, answer, archived, open};
use super::question::{Answer, Question};
use crate::model::Snapshot;
use crate::policy::Policy;

/// Threads.
const THREADS: usize = 2;
/// Answers that wait at most before a thread pauses: the UI keeps fewer questions under way.
const MOST: usize = 16;
/// Answers after which a thread opens its repository anew, to let go of the objects it made.
const REFRESH: usize = 64;

struct Asked {
    question: Question,
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
}

#[derive(Default)]
struct Waiting {
    stack: Mutex<(Vec<Asked>, bool)>,
    more: Condvar,
}

/// Answers questions off the UI thread. Dropping it ends its threads.
pub struct Pool {
    waiting: Arc<Waiting>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Pool {
    /// Starts the threads; answers come out of the receiver.
    pub fn start(dir: &Path, home: Option<&Path>, archive: Option<&Path>) -> (Self, mpsc::Receiver<Answer>) {
        // Bounded: the UI takes answers at its own pace, and only a few questions wait.
        let (send, answers) = mpsc::channel(MOST);
        let waiting = Arc::new(Waiting::default());
        let threads = (0..THREADS)
            .filter_map(|number| {
                let (waiting, send, dir) = (Arc::clone(&waiting), send.clone(), dir.to_owned());
                let home = home.map(Path::to_owned);
                let memory = Memory::with_archive(archive.map(Path::to_owned));
                std::thread::Builder::new()
                    .name(format!("query-{number}"))
                    .spawn(move || serve(&waiting, &send, &dir, home.as_deref(), memory))
                    .ok()
            })
            .collect();
        (Self { waiting, threads }, answers)
    }

    /// Asks. The newest question is answered first; the same question asked before is dropped.
    pub fn ask(&self, question: Question, snapshot: &Arc<Snapshot>, policy: &Arc<Policy>) {
        let mut guard = self.waiting.stack.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.retain(|asked| !asked.question.same_as(&question));
        guard.0.push(Asked { question, snapshot: Arc::clone(snapshot), policy: Arc::clone(policy) });
        self.waiting.more.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.waiting.stack.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.waiting.more.notify_all();
        // An answer under way is not waited for: leaving must not take longer than a key press.
        self.threads.clear();
    }
}

fn serve(waiting: &Waiting, send: &mpsc::Sender<Answer>, dir: &Path, home: Option<&Path>, mut memory: Memory) {
    let mut repo = open(dir, home);
    let mut answered = 0;
    while let Some(asked) = next(waiting) {
        if answered >= REFRESH {
            repo = open(dir, home);
            answered = 0;
        }
        let answer = match &repo {
            _ if let Question::Curves(trial) = asked.question => archived(&memory, trial),
            Ok(repo) => {
                // What the agent wrote must not be able to end the thread that reads it.
                let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    answer(repo, &mut memory, &asked.snapshot, &asked.policy, &asked.question)
                }));
                found.unwrap_or_else(|_| {
                    memory.clear();
                    let why = "this change could not be read: a fault of countersign's; please report it";
                    Answer::Failed(asked.question.clone(), why.to_owned())
                })
            }
            Err(error) => Answer::Failed(asked.question.clone(), error.to_string()),
        };
        answered += 1;
        if send.blocking_send(answer).is_err() {
            break;
        }
    }
}

fn next(waiting: &Waiting) -> Option<Asked> {
    let mut guard = waiting.stack.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if guard.1 {
            return None;
        }
        if let Some(asked) = guard.0.pop() {
            return Some(asked);
        }
        guard = waiting.more.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
}
