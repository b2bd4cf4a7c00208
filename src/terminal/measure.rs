//! Asking the terminal in how many cells it draws signs.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crossterm::cursor::{MoveTo, position};
use crossterm::queue;
use crossterm::style::Print;
use unicode_width::UnicodeWidthStr as _;

/// A terminal that answers does so at once; what ends sooner was woken up by somebody else.
const WOKEN: Duration = Duration::from_millis(100);

/// Asks about signs by drawing them at the beginning of two rows in turn; the signs that are drawn as they are counted,
/// or `None` where there is no answer. It blocks, and nobody else may read the terminal meanwhile.
///
/// An answer says where the cursor is and not to what: a late one of the sign before is told by its row.
pub fn measure(signs: &[String], rows: [u16; 2]) -> Option<Vec<String>> {
    settle(rows[1])?;
    let mut good = Vec::new();
    for (at, sign) in signs.iter().enumerate() {
        let row = rows[at % 2];
        queue!(io::stdout(), MoveTo(0, row), Print(sign)).ok()?;
        io::stdout().flush().ok()?;
        let cells = (0..3).map_while(|_| position().ok()).find(|(_, y)| *y == row)?.0;
        if usize::from(cells) == sign.width() {
            good.push(sign.clone());
        }
    }
    Some(good)
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
