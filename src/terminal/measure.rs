//! Asking the terminal in how many cells it draws signs.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crossterm::cursor::{MoveTo, position};
use crossterm::queue;
use crossterm::style::Print;
use unicode_width::UnicodeWidthStr as _;

/// A terminal that answers does so at once; what ends sooner was woken up by somebody else.
const WOKEN: Duration = Duration::from_millis(100);

/// Asks about signs by drawing them at the beginning of two rows in turn, and gives each with whether it is drawn as it
/// is counted, until `take` has enough or there is no answer. It blocks, and nobody else may read the terminal meanwhile.
///
/// An answer says where the cursor is and not to what: a late one of the sign before is told by its row.
pub fn measure(signs: Vec<String>, rows: [u16; 2], mut take: impl FnMut(String, bool) -> bool) {
    if settle(rows[1]).is_none() {
        return;
    }
    for (at, sign) in signs.into_iter().enumerate() {
        let row = rows[at % 2];
        let drawn = queue!(io::stdout(), MoveTo(0, row), Print(&sign)).and_then(|()| io::stdout().flush());
        let answers = (0..3).map_while(|_| position().ok());
        let Some((cells, _)) = drawn.ok().and_then(|()| answers.into_iter().find(|(_, y)| *y == row)) else { return };
        let is_good = usize::from(cells) == sign.width();
        if !take(sign, is_good) {
            return;
        }
    }
}

/// Whoever read the terminal before may still be on its way out, and ends the first question.
fn settle(row: u16) -> Option<()> {
    let began = Instant::now();
    queue!(io::stdout(), MoveTo(0, row)).ok()?;
    match position() {
        Ok(_) => Some(()),
        Err(_) if began.elapsed() < WOKEN => position().ok().map(|_| ()),
        Err(_) => None,
    }
}
