//! A person who watches what a driver does.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use countersign::app::{KeyPress, key_name};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Their terminal, and how long they look at each screen.
pub struct Watch {
    terminal: CrosstermBackend<File>,
    pause: Duration,
    /// Keys since the last screen.
    keys: Vec<String>,
}

impl Watch {
    /// Somebody watches where `COUNTERSIGN_WATCH` says for how many milliseconds.
    pub fn wanted() -> Option<Self> {
        let pause = std::env::var("COUNTERSIGN_WATCH").ok()?.parse().map(Duration::from_millis).unwrap();
        let tty = File::options().write(true).open("/dev/tty").unwrap();
        Some(Self { terminal: CrosstermBackend::new(tty), pause, keys: Vec::new() })
    }

    /// A key is pressed now.
    pub fn key(&mut self, key: KeyPress) {
        self.keys.push(key_name(key));
    }

    /// Shows a screen as it is in the terminal's upper left corner, with the test and the keys that led to it below.
    pub fn show(&mut self, screen: &Buffer) {
        let size = self.terminal.size().unwrap();
        let area = screen.area.intersection(Rect::from(size));
        let nothing = Buffer::empty(screen.area);
        let cells = nothing.diff(screen).into_iter().filter(|(x, y, _)| *x < area.width && *y < area.height);
        self.terminal.clear().unwrap();
        self.terminal.draw(cells).unwrap();
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let below = (area.height + 1).min(size.height);
        write!(self.terminal, "\x1b[{below};1H\x1b[0m\x1b[2K{test}  {}\r\n", self.keys.join(" ")).unwrap();
        self.keys.clear();
        Backend::flush(&mut self.terminal).unwrap();
        std::thread::sleep(self.pause);
    }
}
