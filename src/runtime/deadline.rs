//! Work that is abandoned when it takes too long.
//!
//! A thread that waits for a disk, or for a file that someone put there, cannot be stopped. So nothing waits for it:
//! the command is reported as failed, none of its later steps begin, and the next command gets its own thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::app::{Event, NoticeKind};
use crate::model::{Command, Failure, LoopIdentity};

/// Time limit for a command; a decision takes a few disk syncs.
const LONGEST: Duration = Duration::from_secs(60);
/// Extra time for two signatures, each with a hardware key to touch.
const SIGNING: Duration = Duration::from_secs(120);
/// Limit of abandoned threads still at work; at this number no new command starts.
const MOST_LOST: usize = 4;

/// Returns the time limit; tests shorten it with an environment variable.
pub(crate) fn longest() -> Duration {
    #[cfg(debug_assertions)]
    if let Some(seconds) = std::env::var("COUNTERSIGN_FAULT_DESK_S").ok().and_then(|text| text.parse().ok()) {
        return Duration::from_secs(seconds);
    }
    LONGEST
}

/// A command being carried out.
#[derive(Clone, Default)]
pub(crate) struct Task {
    /// True once it was abandoned.
    pub(crate) is_over: Arc<AtomicBool>,
    /// Extra seconds that it may take.
    more: Arc<AtomicU64>,
}

impl Task {
    /// Allows extra time for a person to touch a key.
    pub(crate) fn signs(&self) {
        self.more.store(SIGNING.as_secs(), Ordering::SeqCst);
    }

    fn patience(&self, longest: Duration) -> Duration {
        longest + Duration::from_secs(self.more.load(Ordering::SeqCst))
    }
}

/// The function that carries out a command and returns its events.
pub(crate) type CarryOut = dyn Fn(Command, &LoopIdentity, &Task) -> Vec<Event> + Send + Sync;

/// Carries out commands one after another, and reports the result of each within its time limit.
pub(crate) fn serve(
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
            let why = "nothing was done: four abandoned decisions still wait for the disk, or for a file that someone put there; quit and restart countersign";
            vec![fails(why.to_owned())]
        } else {
            carry_out_one(command, identity, longest, carry_out, fails, &mut lost)
        };
        if events.into_iter().any(|event| done.blocking_send(event).is_err()) {
            break;
        }
    }
}

fn carry_out_one(
    command: Command,
    identity: LoopIdentity,
    longest: Duration,
    carry_out: &Arc<CarryOut>,
    fails: fn(String) -> Event,
    lost: &mut Vec<JoinHandle<()>>,
) -> Vec<Event> {
    // A late result has no receiver.
    let (send, receive) = sync_channel(1);
    let task = Task::default();
    let (own_task, carry_out) = (task.clone(), Arc::clone(carry_out));
    let started = Builder::new().name("decide-work".to_owned()).spawn(move || {
        // A panic in a decision must not leave the person waiting.
        let made = catch_unwind(AssertUnwindSafe(|| carry_out(command, &identity, &own_task)));
        let fault = "internal error; nothing is lost: quit, and the next start repairs it";
        let _ = send.send(made.unwrap_or_else(|_| vec![fails(fault.to_owned())]));
    });
    let thread = match started {
        Ok(thread) => thread,
        Err(error) => return vec![fails(format!("nothing was done: no thread could be started ({error})"))],
    };
    let begun = Instant::now();
    loop {
        // The time limit may grow once the command has begun.
        let left = task.patience(longest).saturating_sub(begun.elapsed());
        match receive.recv_timeout(left) {
            Ok(events) => return events,
            Err(RecvTimeoutError::Disconnected) => return vec![fails("internal error".to_owned())],
            Err(RecvTimeoutError::Timeout) if begun.elapsed() < task.patience(longest) => {}
            Err(RecvTimeoutError::Timeout) => {
                task.is_over.store(true, Ordering::SeqCst);
                lost.push(thread);
                let seconds = begun.elapsed().as_secs();
                return vec![fails(format!(
                    "given up after {seconds} s: the disk, or a file that someone put there, does not respond. The step in progress may still be written, later ones are not. Check again: the ledger is authoritative, and records the decision at most once"
                ))];
            }
        }
    }
}

/// Returns the event that reports a failed command.
pub(crate) fn failure_of(command: &Command) -> fn(String) -> Event {
    match command {
        Command::Approve(_) | Command::Answer(_) => |why| Event::Decided(Err(Failure::of(why))),
        Command::Question(_) => |why| Event::Asked(Err(Failure::of(why))),
        Command::CollectProposals(_) => |why| Event::ProposalsCollected(Err(Failure::of(why))),
        Command::PickDirection(..) | Command::PickTable(_) => |why| Event::PolicyWritten(Err(Failure::of(why))),
        Command::FindDiverged => |why| Event::DivergedFound(Err(Failure::of(why))),
        Command::Republish
        | Command::Note(_)
        | Command::Pause { .. }
        | Command::Resume { .. }
        | Command::StopTrial
        | Command::SettleDiverged(_)
        | Command::Recover => |why| Event::Notice(NoticeKind::Bad, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Spent;

    #[test]
    fn a_hanging_command_is_abandoned_and_the_next_one_runs() -> Result<(), Box<dyn std::error::Error>> {
        let (done, mut events) = mpsc::channel(16);
        let (send, work) = sync_channel(16);
        let tasks = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = Arc::clone(&tasks);
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let blocked = std::sync::Mutex::new(blocked);
        let carry_out: Arc<CarryOut> = Arc::new(move |command, _, task| match command {
            Command::Note(text) => vec![Event::Notice(NoticeKind::Good, text)],
            _ => {
                seen.lock().map(|mut all| all.push(task.clone())).ok();
                // Blocks as `open` of a FIFO does.
                blocked.lock().ok().and_then(|blocked| blocked.recv().ok());
                vec![Event::ProposalsCollected(Err(Failure::of("too late")))]
            }
        });
        let thread = std::thread::spawn(move || serve(work, &done, Duration::from_millis(50), &carry_out));
        let identity = LoopIdentity::default();
        for _ in 0..=MOST_LOST {
            send.send((Command::CollectProposals(Spent::default()), identity.clone()))?;
        }
        for at in 0..=MOST_LOST {
            let Some(Event::ProposalsCollected(Err(why))) = events.blocking_recv() else {
                return Err("no answer".into());
            };
            assert!(
                why.to_string().contains(if at < MOST_LOST { "given up after" } else { "nothing was done: four" }),
                "{why}"
            );
        }
        let all = tasks.lock().map(|all| all.clone()).map_err(|_| "poisoned")?;
        assert!(all.len() == MOST_LOST && all.iter().all(|task| task.is_over.load(Ordering::SeqCst)));
        // They return: their results are ignored, and there is room again.
        drop(release);
        loop {
            send.send((Command::Note("hello".to_owned()), identity.clone()))?;
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
