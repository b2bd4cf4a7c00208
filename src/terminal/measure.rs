//! Asks the terminal in how many cells it draws symbols.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crossterm::cursor::{MoveTo, position};
use crossterm::queue;
use crossterm::style::Print;
use unicode_width::UnicodeWidthStr as _;

/// A query that fails sooner than this was woken by the previous reader, not by a timeout.
const WOKEN: Duration = Duration::from_millis(100);

/// Queries symbols by drawing them at the start of two rows in turn. Passes each to `take`, with true if it is drawn at
/// its expected width, until `take` returns false or an answer is missing. Blocks; nothing else may read the terminal
/// meanwhile.
///
/// An answer has the cursor's position but no reference to its query: a late answer for the previous symbol is
/// recognised by its row.
pub fn measure(symbols: Vec<String>, rows: [u16; 2], mut take: impl FnMut(String, bool) -> bool) {
    if settle(rows[1]).is_none() {
        return;
    }
    for (at, symbol) in symbols.into_iter().enumerate() {
        let row = rows[at % 2];
        let drawn = queue!(io::stdout(), MoveTo(0, row), Print(&symbol)).and_then(|()| io::stdout().flush());
        let answers = (0..3).map_while(|_| position().ok());
        let Some((cells, _)) = drawn.ok().and_then(|()| answers.into_iter().find(|(_, y)| *y == row)) else { return };
        let is_good = usize::from(cells) == symbol.width();
        if !take(symbol, is_good) {
            return;
        }
    }
}

/// Repeats the first query if the previous reader, still exiting, interrupted it.
fn settle(row: u16) -> Option<()> {
    let began = Instant::now();
    queue!(io::stdout(), MoveTo(0, row)).ok()?;
    match position() {
        Ok(_) => Some(()),
        Err(_) if began.elapsed() < WOKEN => position().ok().map(|_| ()),
        Err(_) => None,
    }
}
