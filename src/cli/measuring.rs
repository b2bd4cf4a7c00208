//! Asks the terminal how wide it draws symbols, while nothing else reads it.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::terminal::measure;

/// Time allowed for each answer. Keys wait meanwhile; none is lost.
const LONGEST: Duration = Duration::from_secs(1);
/// Time after which an unanswered query is abandoned: nothing else may read the terminal before that.
const GIVEN_UP: Duration = Duration::from_millis(2500);
/// Time during which keys are read between two rounds of queries.
pub(super) const REST: Duration = Duration::from_millis(200);

/// Queries symbols on the last two rows of a screen of `height` rows. Returns each symbol with true if it is drawn at
/// its expected width; `None` if an answer is missing. Only one reader may use the terminal: the keyboard thread is
/// stopped before and restarted after.
pub(super) async fn ask(symbols: Vec<String>, height: u16) -> Option<Vec<(String, bool)>> {
    let rows = height.checked_sub(2).map(|row| [row, row + 1])?;
    let count = symbols.len();
    // Room for all answers, so that the thread never waits for the receiver.
    let (send, mut answers) = mpsc::channel(count.max(1));
    let thread = std::thread::Builder::new().name("measuring".to_owned());
    thread.spawn(move || measure(symbols, rows, |symbol, is_good| send.try_send((symbol, is_good)).is_ok())).ok()?;
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        match timeout(LONGEST, answers.recv()).await {
            Ok(Some(answer)) => all.push(answer),
            Ok(None) => return None,
            Err(_) => {
                let drained = async { while answers.recv().await.is_some() {} };
                let _ = timeout(GIVEN_UP, drained).await;
                return None;
            }
        }
    }
    Some(all)
}
