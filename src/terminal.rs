//! The terminal: raw mode and restoring it, colours, window title, clipboard.

mod measure;
mod output;
mod placed;

use std::io::{self, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use rustix::termios::{QueueSelector, tcflush};

pub use measure::measure;
pub use placed::PlacedTerminal;

use crate::alerts::Desktop;

use output::Restored;
pub use output::{Flushed, TerminalWriter, written};

/// The number of usable colours and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: `NO_COLOR` is set.
    Refused,
    /// None: the terminal calls itself dumb.
    Dumb,
    /// The 16 of the terminal's own palette.
    Sixteen,
    /// 256, by its name.
    Indexed,
    /// All, by `COLORTERM` or its name.
    Full,
}

impl Colours {
    /// Returns the colours according to the environment.
    pub fn from_environment() -> Self {
        let get = |name: &str| std::env::var(name).unwrap_or_default();
        Self::of(&get("NO_COLOR"), &get("TERM"), &get("COLORTERM"))
    }

    fn of(no_color: &str, term: &str, colorterm: &str) -> Self {
        if !no_color.is_empty() {
            return Self::Refused;
        }
        match term {
            "dumb" | "" => Self::Dumb,
            _ if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") => Self::Full,
            _ if term.contains("256color") => Self::Indexed,
            _ => Self::Sixteen,
        }
    }

    /// Returns a sentence for `doctor`.
    pub fn why(self) -> &'static str {
        match self {
            Self::Refused => "none, because NO_COLOR is set: the mono theme",
            Self::Dumb => "none, because TERM is dumb or not set: the mono theme",
            Self::Sixteen => "the 16 of your terminal's palette",
            Self::Indexed => "256, according to TERM",
            Self::Full => "24-bit, according to COLORTERM or TERM",
        }
    }
}

/// Saves and restores the window's title. Terminals without this feature ignore both sequences.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b[23;2t";

/// Reports clicks and the wheel only: reports of every movement would fill a slow link.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The optional terminal features in use.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminalFeatures {
    /// The mouse.
    pub mouse: bool,
    /// The window's title.
    pub title: bool,
    /// Focus reports.
    pub focus: bool,
}

/// The last panic of a background thread.
static FAULT: Mutex<Option<String>> = Mutex::new(None);
static FAULTY: tokio::sync::Notify = tokio::sync::Notify::const_new();

/// True if the terminal is gone and no more keys will come.
pub fn is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let found = poll(&mut fds, Some(&Timespec::default()));
    found.is_ok() && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Waits for a panic of a background thread; returns its message.
pub async fn faulty() -> String {
    loop {
        FAULTY.notified().await;
        if let Some(fault) = FAULT.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return fault;
        }
    }
}

/// Takes the message of the last panic of a background thread, to be printed after the terminal is restored.
pub fn fault() -> Option<String> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A handle for the time limit on leaving; drop it once leaving is done.
pub struct Leaving(#[allow(dead_code, reason = "its end is what it says")] Sender<()>);

/// The terminal in raw mode on the alternate screen. Dropping it restores the terminal on every way out: quit, error,
/// signal, panic.
pub struct Guard(TerminalFeatures);

impl Guard {
    /// Sets up the terminal. A panic of the drawing thread restores it before its message is printed; a panic of a
    /// background thread is only reported on the screen.
    pub fn enter(features: TerminalFeatures) -> io::Result<Self> {
        output::start()?;
        let before = std::panic::take_hook();
        let drawing = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == drawing || ends_all(info) {
                restore(features, Restored::ForGood);
                before(info);
            } else {
                let name = std::thread::current().name().unwrap_or("a thread").to_owned();
                *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{name}: {info}"));
                FAULTY.notify_one();
            }
        }));
        let guard = Self(features);
        set_up(features)?;
        Ok(guard)
    }

    /// Hands the terminal to another program. Discards keys typed before, which were not meant for it.
    pub fn give(&self) {
        restore(self.0, Restored::ForNow);
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    }

    /// Ends the program if leaving takes longer than `most`; dropping the returned handle cancels this. A hanging disk
    /// must not keep the terminal.
    pub fn leave_within(&self, most: std::time::Duration) -> Leaving {
        let features = self.0;
        let (left, leaving) = channel::<()>();
        // Without this thread, leaving has no time limit.
        let _ = std::thread::Builder::new().name("leave".to_owned()).spawn(move || {
            if leaving.recv_timeout(most) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            restore(features, Restored::ForGood);
            let _ = writeln!(
                io::stderr(),
                "countersign: leaving took too long; the next start repairs what was left unfinished"
            );
            std::process::exit(1);
        });
        Leaving(left)
    }

    /// Sets the terminal up again after a stop that left no time to restore it.
    pub fn resume(&self) -> io::Result<()> {
        // crossterm enables raw mode only if it believes it to be off.
        disable_raw_mode()?;
        set_up(self.0)
    }

    /// Sets the terminal up again. Discards keys that the other program did not read.
    pub fn take_back(&self) -> io::Result<()> {
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        set_up(self.0)
    }
}

/// True for a panic within a panic, after which the program aborts in any thread. The standard library marks it only by
/// these words.
fn ends_all(info: &std::panic::PanicHookInfo<'_>) -> bool {
    info.payload().downcast_ref::<&str>().is_some_and(|text| text.starts_with("panic in a "))
}

fn set_up(features: TerminalFeatures) -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = TerminalWriter::default();
    // Cleared, even if this program filled it before a stop. A symbol that is too wide must not wrap to the next row.
    queue!(out, EnterAlternateScreen, Clear(ClearType::All), DisableLineWrap, EnableBracketedPaste, cursor::Hide)?;
    if features.mouse {
        queue!(out, Print(MOUSE_ON))?;
    }
    if features.title {
        queue!(out, Print(PUSH_TITLE))?;
    }
    if features.focus {
        queue!(out, EnableFocusChange)?;
    }
    out.flush()
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore(self.0, Restored::ForGood);
    }
}

/// Restores the terminal within about a second. Errors are ignored: the terminal may be gone.
fn restore(features: TerminalFeatures, restored: Restored) {
    let mut out = Vec::new();
    if features.title {
        let _ = queue!(out, Print(POP_TITLE));
    }
    if features.focus {
        let _ = queue!(out, DisableFocusChange);
    }
    if features.mouse {
        let _ = queue!(out, Print(MOUSE_OFF));
    }
    let _ = queue!(out, DisableBracketedPaste, EnableLineWrap, LeaveAlternateScreen, cursor::Show);
    output::write_last(&out, restored);
    let _ = disable_raw_mode();
}

/// Sets the window's title; `text` must be visible text.
pub fn set_title(text: &str) -> io::Result<()> {
    let mut out = TerminalWriter::default();
    execute!(out, SetTitle(text))
}

/// Rings the bell.
pub fn ring() -> io::Result<()> {
    let mut out = TerminalWriter::default();
    execute!(out, Print('\u{7}'))
}

/// Sends a desktop notification through the terminal, if it is enabled. `text` must contain no text of an agent's.
pub fn notify(desktop: Desktop, text: &str) -> io::Result<()> {
    let get = |name: &str| std::env::var(name).unwrap_or_default();
    let notice = notice(desktop, &get("TERM"), !get("TMUX").is_empty(), text);
    if notice.is_empty() {
        return Ok(());
    }
    let mut out = TerminalWriter::default();
    execute!(out, Print(notice))
}

/// Returns the escape sequence of a notification; empty if none is sent.
fn notice(desktop: Desktop, term: &str, in_tmux: bool, text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() && *c != ';').collect();
    let by_777 = match desktop {
        Desktop::Off => return String::new(),
        Desktop::Auto if matches!(term, "" | "dumb" | "linux") => return String::new(),
        Desktop::Auto => term.starts_with("foot") || term.starts_with("rxvt"),
        Desktop::Osc9 => false,
        Desktop::Osc777 => true,
    };
    let notice =
        if by_777 { format!("\u{1b}]777;notify;countersign;{text}\u{7}") } else { format!("\u{1b}]9;{text}\u{7}") };
    // tmux passes it through if allow-passthrough is on, else drops it.
    if in_tmux { format!("\u{1b}Ptmux;{}\u{1b}\\", notice.replace('\u{1b}', "\u{1b}\u{1b}")) } else { notice }
}

/// Copies text to the clipboard of the person's machine (OSC 52), also over SSH.
pub fn copy(text: &str) -> io::Result<()> {
    let mut out = TerminalWriter::default();
    execute!(out, CopyToClipboard::to_clipboard_from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_a_single_escape_sequence() {
        let evil = "a;b\u{7}\u{1b}]52;c;x\u{9c}";
        assert_eq!(notice(Desktop::Auto, "xterm-256color", false, evil), "\u{1b}]9;ab]52cx\u{7}");
        assert_eq!(notice(Desktop::Auto, "foot", false, "x"), "\u{1b}]777;notify;countersign;x\u{7}");
        assert_eq!(notice(Desktop::Osc9, "tmux", true, "x"), "\u{1b}Ptmux;\u{1b}\u{1b}]9;x\u{7}\u{1b}\\");
        for none in ["", "dumb", "linux"] {
            assert_eq!(notice(Desktop::Auto, none, false, "x"), "");
        }
        assert_eq!(notice(Desktop::Off, "foot", false, "x"), "");
    }

    #[test]
    fn the_number_of_colours_follows_the_environment() {
        assert_eq!(Colours::of("1", "xterm-256color", "truecolor"), Colours::Refused);
        assert_eq!(Colours::of("", "dumb", "truecolor"), Colours::Dumb);
        assert_eq!(Colours::of("", "", ""), Colours::Dumb);
        assert_eq!(Colours::of("", "xterm-256color", ""), Colours::Indexed);
        assert_eq!(Colours::of("", "tmux-256color", "truecolor"), Colours::Full);
        assert_eq!(Colours::of("", "linux", ""), Colours::Sixteen);
    }
}
