//! Asking the terminal how wide it draws signs, while nobody else reads it.

use std::future::Future;
use std::time::Duration;

use crossterm::event::EventStream;
use tokio::sync::oneshot;

use crate::terminal::measure;

/// A terminal has this long to answer. Keys wait meanwhile, and are lost none.
const LONGEST: Duration = Duration::from_secs(1);

/// How asking ended.
pub(super) enum Asked {
    /// With an answer, or with none.
    Answered(Option<Vec<String>>),
    /// It is time to leave.
    Leave,
}

/// Asks about signs on the last two rows of a screen so high. Two must not read one terminal: what read the keys is
/// dropped before, and another reads them after.
pub(super) async fn ask(signs: Vec<String>, height: u16, leave: impl Future<Output = ()>) -> Asked {
    let Some(rows) = height.checked_sub(2).map(|row| [row, row + 1]) else { return Asked::Answered(None) };
    // Dropping one wakes whoever waits for the terminal: this is how a question without an answer is given up.
    let waker = EventStream::new();
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("measuring".to_owned());
    let started = thread.spawn(move || {
        // Nobody listens any more when it was given up.
        let _ = tell.send(measure(&signs, rows));
    });
    if started.is_err() {
        return Asked::Answered(None);
    }
    tokio::select! {
        biased;
        () = leave => Asked::Leave,
        found = told => Asked::Answered(found.ok().flatten()),
        () = tokio::time::sleep(LONGEST) => {
            drop(waker);
            Asked::Answered(None)
        }
    }
}
