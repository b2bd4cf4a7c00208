//! Asking the terminal how wide it draws signs, while nobody else reads it.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::terminal::measure;

/// A terminal has this long for each answer. Keys wait meanwhile, and are lost none.
const LONGEST: Duration = Duration::from_secs(1);
/// A question without an answer is given up after this long: nobody else may read the terminal before.
const GIVEN_UP: Duration = Duration::from_millis(2500);
/// Between two rounds of questions keys are read for this long.
pub(super) const REST: Duration = Duration::from_millis(200);

/// Asks about signs on the last two rows of a screen so high: each with whether it is drawn as it is counted; `None` where
/// an answer is missing. Two must not read one terminal: what read the keys has stopped before, and another reads them after.
pub(super) async fn ask(signs: Vec<String>, height: u16) -> Option<Vec<(String, bool)>> {
    let rows = height.checked_sub(2).map(|row| [row, row + 1])?;
    let count = signs.len();
    // As many as are asked, so that the thread never waits for whoever listens.
    let (tell, mut told) = mpsc::channel(count.max(1));
    let thread = std::thread::Builder::new().name("measuring".to_owned());
    thread.spawn(move || measure(signs, rows, |sign, is_good| tell.try_send((sign, is_good)).is_ok())).ok()?;
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        match timeout(LONGEST, told.recv()).await {
            Ok(Some(one)) => all.push(one),
            Ok(None) => return None,
            Err(_) => {
                let over = async { while told.recv().await.is_some() {} };
                let _ = timeout(GIVEN_UP, over).await;
                return None;
            }
        }
    }
    Some(all)
}
