//! Work that is given up when it takes too long.
//!
//! A thread that waits for a disk, or for a file that somebody put there, cannot be ended. So nobody waits for it: what it
//! was to do is answered with that, nothing of it begins any more, and the next one has a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::app::{Event, NoticeKind};
use crate::model::{Command, LoopIdentity};

/// A decision takes a few syncs of the disk.
const LONGEST: Duration = Duration::from_secs(60);
/// Two signatures, each with a key that somebody touches.
const SIGNING: Duration = Duration::from_secs(120);
/// Threads that were given up and are still at work, beyond which nothing is begun.
const MOST_LOST: usize = 4;

/// The same; a test does not wait a minute for a disk that does not answer.
pub(super) fn longest() -> Duration {
    #[cfg(debug_assertions)]
    if let Some(seconds) = std::env::var("COUNTERSIGN_FAULT_DESK_S").ok().and_then(|text| text.parse().ok()) {
        return Duration::from_secs(seconds);
    }
    LONGEST
}

/// One thing that is done.
#[derive(Clone, Default)]
pub(super) struct Task {
    /// True once nobody waits for it any more.
    pub(super) is_over: Arc<AtomicBool>,
    /// Seconds that it may take beside the usual time.
    more: Arc<AtomicU64>,
}

impl Task {
    /// It waits for a person to touch a key.
    pub(super) fn signs(&self) {
        self.more.store(SIGNING.as_secs(), Ordering::SeqCst);
    }

    fn patience(&self, longest: Duration) -> Duration {
        longest + Duration::from_secs(self.more.load(Ordering::SeqCst))
    }
}

/// How something is done, and what comes of it.
pub(super) type CarryOut = dyn Fn(Command, &LoopIdentity, &Task) -> Vec<Event> + Send + Sync;

/// Does one thing after another, and says what came of each within its time.
pub(super) fn serve(
    work: Receiver<(Command, LoopIdentity)>,
    done: &mpsc::Sender<Event>,
    longest: Duration,
    carry_out: &Arc<CarryOut>,
) {
    let mut lost: Vec<JoinHandle<()>> = Vec::new();
    for (command, identity) in work {
        lost.retain(|thread| !thread.is_finished());
        let fails = failure_of(&command);
        let events = if lost.len() >= MOST_LOST {
            let why = "nothing was done: four decisions that were given up still wait for the disk, or for a file that somebody put there; leave, and see what the next start says";
            vec![fails(why.to_owned())]
        } else {
            one(command, identity, longest, carry_out, fails, &mut lost)
        };
        if events.into_iter().any(|event| done.blocking_send(event).is_err()) {
            break;
        }
    }
}

fn one(
    command: Command,
    identity: LoopIdentity,
    longest: Duration,
    carry_out: &Arc<CarryOut>,
    fails: fn(String) -> Event,
    lost: &mut Vec<JoinHandle<()>>,
) -> Vec<Event> {
    // Nobody receives what comes too late.
    let (send, receive) = sync_channel(1);
    let task = Task::default();
    let (its, carry_out) = (task.clone(), Arc::clone(carry_out));
    let started = Builder::new().name("desk-work".to_owned()).spawn(move || {
        // A fault in a decision must not leave the person waiting for it.
        let made = catch_unwind(AssertUnwindSafe(|| carry_out(command, &identity, &its)));
        let fault = "a fault of countersign's; nothing is lost: leave, and the next start puts it right";
        let _ = send.send(made.unwrap_or_else(|_| vec![fails(fault.to_owned())]));
    });
    let thread = match started {
        Ok(thread) => thread,
        Err(error) => return vec![fails(format!("nothing was done: no thread could be started for it ({error})"))],
    };
    let begun = Instant::now();
    loop {
        // How long it may take is known once it has begun.
        let left = task.patience(longest).saturating_sub(begun.elapsed());
        match receive.recv_timeout(left) {
            Ok(events) => return events,
            Err(RecvTimeoutError::Disconnected) => return vec![fails("a fault of countersign's".to_owned())],
            Err(RecvTimeoutError::Timeout) if begun.elapsed() < task.patience(longest) => {}
            Err(RecvTimeoutError::Timeout) => {
                task.is_over.store(true, Ordering::SeqCst);
                lost.push(thread);
                let seconds = begun.elapsed().as_secs();
                return vec![fails(format!(
                    "given up after {seconds} s: the disk, or a file that somebody put there, does not answer. What was begun may still be written, nothing else of it is: look again; what stands in the ledger counts, and counts once"
                ))];
            }
        }
    }
}

/// What is said where something was not done.
pub(super) fn failure_of(command: &Command) -> fn(String) -> Event {
    match command {
        Command::Approve(_) | Command::Answer(_) => |why| Event::Decided(Err(why)),
        Command::Question(_) => |why| Event::Asked(Err(why)),
        Command::TakeIn(_) => |why| Event::TakenIn(Err(why)),
        Command::PickDirection(..) | Command::PickTable(_) => |why| Event::PolicyWritten(Err(why)),
        Command::FindDiverged => |why| Event::DivergedFound(Err(why)),
        Command::TellAgain
        | Command::Tell(_)
        | Command::Hold { .. }
        | Command::Resume { .. }
        | Command::StopTrial
        | Command::SettleForeign(_)
        | Command::Recover => |why| Event::Notice(NoticeKind::Bad, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Spent;

    #[test]
    fn what_hangs_is_given_up_and_the_next_is_done() -> Result<(), Box<dyn std::error::Error>> {
        let (done, mut events) = mpsc::channel(16);
        let (send, work) = sync_channel(16);
        let tasks = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = Arc::clone(&tasks);
        let (let_go, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        let carry_out: Arc<CarryOut> = Arc::new(move |command, _, task| match command {
            Command::Tell(text) => vec![Event::Notice(NoticeKind::Good, text)],
            _ => {
                seen.lock().map(|mut all| all.push(task.clone())).ok();
                // As `open` of a pipe does.
                held.lock().ok().and_then(|held| held.recv().ok());
                vec![Event::TakenIn(Err("too late".to_owned()))]
            }
        });
        let thread = std::thread::spawn(move || serve(work, &done, Duration::from_millis(50), &carry_out));
        let identity = LoopIdentity::default();
        for _ in 0..=MOST_LOST {
            send.send((Command::TakeIn(Spent::default()), identity.clone()))?;
        }
        for at in 0..=MOST_LOST {
            let Some(Event::TakenIn(Err(why))) = events.blocking_recv() else { return Err("no answer".into()) };
            assert!(why.contains(if at < MOST_LOST { "given up after" } else { "nothing was done: four" }), "{why}");
        }
        let all = tasks.lock().map(|all| all.clone()).map_err(|_| "poisoned")?;
        assert!(all.len() == MOST_LOST && all.iter().all(|task| task.is_over.load(Ordering::SeqCst)));
        // They come back: what they say is for nobody, and there is room again.
        drop(let_go);
        loop {
            send.send((Command::Tell("hello".to_owned()), identity.clone()))?;
            match events.blocking_recv() {
                Some(Event::Notice(NoticeKind::Good, text)) if text == "hello" => break,
                Some(Event::Notice(NoticeKind::Bad, _)) => std::thread::sleep(Duration::from_millis(5)),
                other => return Err(format!("{other:?}").into()),
            }
        }
        drop(send);
        thread.join().map_err(|_| "it panicked")?;
        Ok(())
    }

    #[test]
    fn a_person_has_time_to_touch_a_key() {
        let task = Task::default();
        assert_eq!(task.patience(LONGEST), LONGEST);
        task.signs();
        assert_eq!(task.patience(LONGEST), LONGEST + SIGNING);
    }
}
