//! The terminal: raw mode and its undoing, signals, capabilities.

use std::io::{self, Write as _};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};

/// How many colours may be used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: `NO_COLOR` is set.
    NoColor,
    /// None: the terminal calls itself dumb.
    Dumb,
    /// The 16 of the terminal's own palette.
    Sixteen,
}

impl Colours {
    /// What the environment says.
    pub fn from_environment() -> Self {
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::NoColor;
        }
        match std::env::var("TERM").as_deref() {
            Ok("dumb" | "") | Err(_) => Self::Dumb,
            Ok(_) => Self::Sixteen,
        }
    }

    /// True when meaning must be told without colour.
    pub fn none(self) -> bool {
        self != Self::Sixteen
    }

    /// One sentence for `doctor`.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoColor => "none, because NO_COLOR is set: the mono theme",
            Self::Dumb => "none, because TERM is dumb or not set: the mono theme",
            Self::Sixteen => "the 16 of your terminal's own palette",
        }
    }
}

/// The terminal in raw mode on the alternate screen. Dropping it restores the terminal, whatever
/// the way out: quit, error, signal, panic.
pub struct Guard(());

impl Guard {
    /// Takes the terminal over. A panic restores it before its message is printed.
    pub fn enter() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
        enable_raw_mode()?;
        let guard = Self(());
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Puts the terminal back. Failures are passed over: the terminal may be gone.
fn restore() {
    let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
}
