//! The terminal: raw mode and its undoing, colours, window title, clipboard.

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
pub use output::{Flushed, TerminalWriter, taken as written};

/// How many colours may be used, and why.
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
    /// What the environment says.
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

    /// One sentence for `doctor`.
    pub fn why(self) -> &'static str {
        match self {
            Self::Refused => "none, because NO_COLOR is set: the mono theme",
            Self::Dumb => "none, because TERM is dumb or not set: the mono theme",
            Self::Sixteen => "the 16 of your terminal's own palette",
            Self::Indexed => "256, as TERM says",
            Self::Full => "all, as COLORTERM or TERM says",
        }
    }
}

/// Saves the window's title, and brings it back. Terminals that know neither pass both over.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b[23;2t";

/// Clicks and the wheel, and no more: reports of every movement would fill a slow link.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// What is taken over beside the screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminalFeatures {
    /// The mouse.
    pub mouse: bool,
    /// The window's title.
    pub title: bool,
    /// Reports of whether the window has the focus.
    pub focus: bool,
}

/// The last panic of a thread beside the screen.
static FAULT: Mutex<Option<String>> = Mutex::new(None);
static FAULTY: tokio::sync::Notify = tokio::sync::Notify::const_new();

/// True when the terminal is gone: nobody will press a key any more.
pub fn is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut looked = [PollFd::new(&stdin, PollFlags::IN)];
    let found = poll(&mut looked, Some(&Timespec::default()));
    found.is_ok() && looked[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Waits for a panic of a thread beside the screen; gives its message.
pub async fn faulty() -> String {
    loop {
        FAULTY.notified().await;
        if let Some(fault) = FAULT.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return fault;
        }
    }
}

/// The last panic of a thread beside the screen, for when the terminal is restored; told once.
pub fn fault() -> Option<String> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The program is being left; dropped when that is done.
pub struct Leaving(#[allow(dead_code, reason = "its end is what it says")] Sender<()>);

/// The terminal in raw mode on the alternate screen. Dropping it restores the terminal, whatever
/// the way out: quit, error, signal, panic.
pub struct Guard(TerminalFeatures);

impl Guard {
    /// Takes the terminal over. A panic restores it before its message is printed; one of a thread
    /// beside the screen is that thread's own affair, and says so in the screen.
    pub fn enter(taken: TerminalFeatures) -> io::Result<Self> {
        output::start()?;
        let before = std::panic::take_hook();
        let drawing = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == drawing || ends_all(info) {
                restore(taken, Restored::ForGood);
                before(info);
            } else {
                let name = std::thread::current().name().unwrap_or("a thread").to_owned();
                *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{name}: {info}"));
                FAULTY.notify_one();
            }
        }));
        let guard = Self(taken);
        take(taken)?;
        Ok(guard)
    }

    /// Gives the terminal to another program of the person's. What was typed before was not meant for that.
    pub fn give(&self) {
        restore(self.0, Restored::ForNow);
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    }

    /// Ends the program when leaving it takes longer than this, until what comes back is dropped: a disk that hangs is
    /// no reason to keep the terminal.
    pub fn leave_within(&self, most: std::time::Duration) -> Leaving {
        let taken = self.0;
        let (left, leaving) = channel::<()>();
        // Without a thread for it leaving takes as long as it takes.
        let _ = std::thread::Builder::new().name("leave".to_owned()).spawn(move || {
            if leaving.recv_timeout(most) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            restore(taken, Restored::ForGood);
            let _ =
                writeln!(io::stderr(), "countersign: leaving took too long; the next start puts right what is left");
            std::process::exit(1);
        });
        Leaving(left)
    }

    /// Takes it over again after a stop that gave no time to put it back.
    pub fn take_anew(&self) -> io::Result<()> {
        // Raw mode is only set where it is thought not to be.
        disable_raw_mode()?;
        take(self.0)
    }

    /// Takes it over again. What was typed to the other program and not read there is no command here.
    pub fn take_back(&self) -> io::Result<()> {
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        take(self.0)
    }
}

/// True for a panic within another one, after which the program is aborted whatever thread it was: the standard library
/// tells it by these words alone.
fn ends_all(info: &std::panic::PanicHookInfo<'_>) -> bool {
    info.payload().downcast_ref::<&str>().is_some_and(|said| said.starts_with("panic in a "))
}

fn take(taken: TerminalFeatures) -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = TerminalWriter::default();
    // Empty, also where it was this program's before a stop. A sign that is wider than it should be must not go on in
    // the next row.
    queue!(out, EnterAlternateScreen, Clear(ClearType::All), DisableLineWrap, EnableBracketedPaste, cursor::Hide)?;
    if taken.mouse {
        queue!(out, Print(MOUSE_ON))?;
    }
    if taken.title {
        queue!(out, Print(PUSH_TITLE))?;
    }
    if taken.focus {
        queue!(out, EnableFocusChange)?;
    }
    out.flush()
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore(self.0, Restored::ForGood);
    }
}

/// Puts the terminal back, within about a second. Failures are passed over: the terminal may be gone.
fn restore(taken: TerminalFeatures, restored: Restored) {
    let mut out = Vec::new();
    if taken.title {
        let _ = queue!(out, Print(POP_TITLE));
    }
    if taken.focus {
        let _ = queue!(out, DisableFocusChange);
    }
    if taken.mouse {
        let _ = queue!(out, Print(MOUSE_OFF));
    }
    let _ = queue!(out, DisableBracketedPaste, EnableLineWrap, LeaveAlternateScreen, cursor::Show);
    output::write_last(&out, restored);
    let _ = disable_raw_mode();
}

/// Gives the window a title: visible text only.
pub fn set_title(text: &str) -> io::Result<()> {
    let mut out = TerminalWriter::default();
    execute!(out, SetTitle(text))
}

/// Rings the bell, and has the terminal put a notice on the desktop, as far as each is wanted. `text` is
/// ours: no byte of an agent's is in it.
pub fn call(bell: bool, desktop: Desktop, text: &str) -> io::Result<()> {
    let get = |name: &str| std::env::var(name).unwrap_or_default();
    let notice = notice(desktop, &get("TERM"), !get("TMUX").is_empty(), text);
    let mut out = TerminalWriter::default();
    if bell {
        queue!(out, Print('\u{7}'))?;
    }
    if !notice.is_empty() {
        queue!(out, Print(notice))?;
    }
    out.flush()
}

/// The escape sequence of a notice; empty where there is none.
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
    // tmux hands it on where allow-passthrough is on, and drops it where it is not.
    if in_tmux { format!("\u{1b}Ptmux;{}\u{1b}\\", notice.replace('\u{1b}', "\u{1b}\u{1b}")) } else { notice }
}

/// Puts text into the clipboard of whoever sits at the terminal (OSC 52), also through SSH.
pub fn copy(text: &str) -> io::Result<()> {
    let mut out = TerminalWriter::default();
    execute!(out, CopyToClipboard::to_clipboard_from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_one_sequence_and_holds_no_other() {
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
    fn the_environment_tells_how_many_colours() {
        assert_eq!(Colours::of("1", "xterm-256color", "truecolor"), Colours::Refused);
        assert_eq!(Colours::of("", "dumb", "truecolor"), Colours::Dumb);
        assert_eq!(Colours::of("", "", ""), Colours::Dumb);
        assert_eq!(Colours::of("", "xterm-256color", ""), Colours::Indexed);
        assert_eq!(Colours::of("", "tmux-256color", "truecolor"), Colours::Full);
        assert_eq!(Colours::of("", "linux", ""), Colours::Sixteen);
    }
}
