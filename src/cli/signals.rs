//! The signals that end the program or stop it: each has to find the terminal as it was.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Pid, Signal as Number, getpid, getppid, getsid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::terminal;

/// It is looked this often whether the terminal is still there.
const GONE: Duration = Duration::from_secs(1);

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// To leave.
    Leave,
    /// To leave because the system allows no more, and what of.
    Spent(&'static str),
    /// To stop until it is told to go on.
    Stop,
    /// To go on after a stop.
    GoOn,
}

/// All signals that the screen has to know of.
pub(super) struct Signals {
    ending: Vec<(Signal, Heard)>,
    stop: Signal,
    go_on: Signal,
    look: tokio::time::Interval,
}

/// Signals that end a program which does not care for them. Not among them: those that no program hears (KILL), those
/// of a fault (SEGV, BUS, ILL, FPE), after which nothing can be put right, and PIPE, which is ignored. ABRT is heard when
/// another process sends it: after an abort from within no code of ours runs any more.
const ENDING: [Number; 14] = [
    Number::TERM,
    Number::HUP,
    Number::INT,
    Number::QUIT,
    Number::USR1,
    Number::USR2,
    Number::ALARM,
    Number::VTALARM,
    Number::PROF,
    Number::XCPU,
    Number::XFSZ,
    Number::ABORT,
    Number::TRAP,
    Number::SYS,
];

/// Why somebody who did not press a key finds the screen gone.
fn heard(number: Number) -> Heard {
    match number {
        Number::XFSZ => Heard::Spent(
            "the system lets this process write no file that is so long (ulimit -f), and what was to be written then was not; raise that limit, then start again",
        ),
        Number::XCPU => Heard::Spent(
            "the system gives this process no more time of the processor (ulimit -t); raise that limit, then start again",
        ),
        _ => Heard::Leave,
    }
}

/// The same, where there are more.
fn more() -> Vec<i32> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    // STKFLT, IO, PWR, and those without a name that programs may use as they like.
    [16, 29, 30].into_iter().chain(34..=64).collect()
}

impl Signals {
    /// Has them heard from now on.
    pub(super) fn new() -> std::io::Result<Self> {
        let kind = |number: Number| SignalKind::from_raw(number.as_raw());
        let both = |number| Ok::<_, std::io::Error>((signal(kind(number))?, heard(number)));
        let mut ending = ENDING.into_iter().map(both).collect::<Result<Vec<_>, _>>()?;
        // Systems differ in what they have of these.
        ending.extend(
            more().into_iter().filter_map(|number| Some((signal(SignalKind::from_raw(number)).ok()?, Heard::Leave))),
        );
        Ok(Self {
            ending,
            stop: signal(kind(Number::TSTP))?,
            go_on: signal(kind(Number::CONT))?,
            look: tokio::time::interval(GONE),
        })
    }

    /// Waits for one.
    pub(super) async fn hear(&mut self) -> Heard {
        let Self { ending, stop, go_on, look } = self;
        let ended = poll_fn(|context| {
            // All are asked, so that each wakes this.
            let mut found = Poll::Pending;
            for (signal, heard) in ending.iter_mut() {
                if signal.poll_recv(context).is_ready() {
                    found = Poll::Ready(*heard);
                }
            }
            found
        });
        let gone = async {
            loop {
                look.tick().await;
                // Only the leader of a session is told that its terminal is gone, and that may be somebody else.
                if terminal::is_gone() {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            heard = ended => heard,
            () = gone => Heard::Leave,
            _ = stop.recv() => Heard::Stop,
            _ = go_on.recv() => Heard::GoOn,
        }
    }
}

/// Stops this process until somebody has it go on; not where nobody could.
pub(super) fn stop_here() {
    let session = |pid: Option<Pid>| getsid(pid).ok();
    if getppid().is_some_and(|parent| session(Some(parent)) == session(None)) {
        let _ = kill_process(getpid(), Number::STOP);
    }
}
