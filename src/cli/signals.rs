//! The signals that end or stop the program; each must restore the terminal.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Pid, Signal as Number, getpid, getppid, getsid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::terminal;

/// Interval of checks that the terminal still exists.
const GONE: Duration = Duration::from_secs(1);

/// The action that a signal requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignalAction {
    /// Exit.
    Leave,
    /// Exit because a resource limit was reached; with a message that names the limit.
    LimitReached(&'static str),
    /// Stop until SIGCONT.
    Stop,
    /// Continue after a stop.
    Continue,
}

/// All signals that the screen handles.
pub(super) struct Signals {
    ending: Vec<(Signal, SignalAction)>,
    stop: Signal,
    continued: Signal,
    check: tokio::time::Interval,
}

/// Signals that end a program by default. Not included: KILL, which cannot be caught; SEGV, BUS, ILL and FPE, after
/// which nothing can be restored; and PIPE, which is ignored. ABRT is caught only if another process sends it: after an
/// abort in this process no code of ours runs.
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

/// Returns the action of a signal; resource limits come with a message, as the person pressed no key.
fn action_of(number: Number) -> SignalAction {
    match number {
        Number::XFSZ => SignalAction::LimitReached(
            "the file size limit was reached (ulimit -f) and the last write failed; raise the limit and start again",
        ),
        Number::XCPU => {
            SignalAction::LimitReached("the CPU time limit was reached (ulimit -t); raise the limit and start again")
        }
        _ => SignalAction::Leave,
    }
}

/// Returns the numbers of further signals that end a program on Linux.
fn more() -> Vec<i32> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    // STKFLT, IO, PWR, and the real-time signals.
    [16, 29, 30].into_iter().chain(34..=64).collect()
}

impl Signals {
    /// Starts handling the signals.
    pub(super) fn new() -> std::io::Result<Self> {
        let kind = |number: Number| SignalKind::from_raw(number.as_raw());
        let both = |number| Ok::<_, std::io::Error>((signal(kind(number))?, action_of(number)));
        let mut ending = ENDING.into_iter().map(both).collect::<Result<Vec<_>, _>>()?;
        // Not every system has all of these.
        ending.extend(
            more()
                .into_iter()
                .filter_map(|number| Some((signal(SignalKind::from_raw(number)).ok()?, SignalAction::Leave))),
        );
        Ok(Self {
            ending,
            stop: signal(kind(Number::TSTP))?,
            continued: signal(kind(Number::CONT))?,
            check: tokio::time::interval(GONE),
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> SignalAction {
        let Self { ending, stop, continued, check } = self;
        let ended = poll_fn(|context| {
            // All are polled, so that each can wake this.
            let mut found = Poll::Pending;
            for (signal, action) in ending.iter_mut() {
                if signal.poll_recv(context).is_ready() {
                    found = Poll::Ready(*action);
                }
            }
            found
        });
        let gone = async {
            loop {
                check.tick().await;
                // Only the session leader gets SIGHUP for a closed terminal, and that may be another process.
                if terminal::is_gone() {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            action = ended => action,
            () = gone => SignalAction::Leave,
            _ = stop.recv() => SignalAction::Stop,
            _ = continued.recv() => SignalAction::Continue,
        }
    }
}

/// Stops this process until SIGCONT, unless no process in the session could send it.
pub(super) fn stop_here() {
    let session = |pid: Option<Pid>| getsid(pid).ok();
    if getppid().is_some_and(|parent| session(Some(parent)) == session(None)) {
        let _ = kill_process(getpid(), Number::STOP);
    }
}
