//! Asking the terminal how wide it draws signs, while nobody else reads it.

use std::future::Future;
use std::time::Duration;

use crossterm::event::EventStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::terminal::measure;

/// A terminal has this long for each answer. Keys wait meanwhile, and are lost none.
const LONGEST: Duration = Duration::from_secs(1);
/// Between two rounds of questions keys are read for this long.
pub(super) const REST: Duration = Duration::from_millis(200);

/// How asking ended.
pub(super) enum Asked {
    /// Each sign with whether it is drawn as it is counted; `None` where an answer is missing.
    Answered(Option<Vec<(String, bool)>>),
    /// It is time to leave.
    Leave,
}

/// Asks about signs on the last two rows of a screen so high. Two must not read one terminal: what read the keys is
/// dropped before, and another reads them after.
pub(super) async fn ask(signs: Vec<String>, height: u16, leave: impl Future<Output = ()>) -> Asked {
    let Some(rows) = height.checked_sub(2).map(|row| [row, row + 1]) else { return Asked::Answered(None) };
    // Dropping one wakes whoever waits for the terminal: this is how a question without an answer is given up.
    let waker = EventStream::new();
    let count = signs.len();
    // As many as are asked, so that the thread never waits for whoever listens.
    let (tell, mut told) = mpsc::channel(count.max(1));
    let thread = std::thread::Builder::new().name("measuring".to_owned());
    let started = thread.spawn(move || measure(signs, rows, |sign, is_good| tell.try_send((sign, is_good)).is_ok()));
    if started.is_err() {
        return Asked::Answered(None);
    }
    let listen = async {
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            all.push(timeout(LONGEST, told.recv()).await.ok().flatten()?);
        }
        Some(all)
    };
    let asked = tokio::select! {
        biased;
        () = leave => Asked::Leave,
        all = listen => Asked::Answered(all),
    };
    drop(waker);
    asked
}
