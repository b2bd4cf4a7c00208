//! Reads terminal input on its own thread. Each key carries the time at which it was read, so that the frame on the
//! screen at that moment is known.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Input};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc;

/// Limit of queued keys; a person does not type that fast.
const MOST: usize = 256;
/// Time without another byte after which the input is complete.
const REST: Duration = Duration::from_millis(1);
/// Time allowed for the thread to release the terminal.
const LEAVING: Duration = Duration::from_millis(200);

/// A key or another terminal event.
pub(crate) struct Typed {
    /// The latest time at which it arrived.
    pub(crate) read_at: Instant,
    /// The event.
    pub(crate) input: Input,
}

/// Handle of the thread that reads the terminal.
pub(crate) struct Keyboard {
    typed: mpsc::Receiver<Typed>,
    stop: UnixStream,
}

impl Keyboard {
    /// The error if it cannot be started.
    pub(crate) const UNREADABLE: &str = "the keyboard cannot be read";

    /// Starts reading. Input that crossterm buffered before counts as read at `began`.
    pub(crate) fn start(began: Instant) -> io::Result<Self> {
        let (send, typed) = mpsc::channel(MOST);
        let (stop, stopped) = UnixStream::pair()?;
        std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            // If the terminal is gone, the channel closes.
            let _ = read(&send, &stopped, began);
        })?;
        Ok(Self { typed, stop })
    }

    /// Returns the next key; `None` if the terminal is gone.
    pub(crate) async fn next(&mut self) -> Option<Typed> {
        self.typed.recv().await
    }

    /// Releases the terminal for a width query; returns the keys typed but not yet handled.
    pub(crate) async fn pause(mut self) -> Vec<Typed> {
        drop(self.stop);
        let mut typed = Vec::new();
        let _ = tokio::time::timeout(LEAVING, async {
            while let Some(key) = self.typed.recv().await {
                typed.push(key);
            }
        })
        .await;
        typed
    }

    /// Releases the terminal for another program. Discards unhandled keys, which were not meant for that program.
    pub(crate) async fn stop(mut self) {
        drop(self.stop);
        let _ = tokio::time::timeout(LEAVING, async { while self.typed.recv().await.is_some() {} }).await;
    }
}

fn read(typed: &mpsc::Sender<Typed>, stopped: &UnixStream, began: Instant) -> io::Result<()> {
    let stdin = io::stdin();
    while event::poll(Duration::ZERO)? {
        let input = event::read()?;
        if typed.blocking_send(Typed { read_at: began, input }).is_err() {
            return Ok(());
        }
    }
    // The last time at which no input was pending.
    let mut quiet = began;
    loop {
        let mut waited = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        // Input that is pending at once arrived since then, and counts as that old.
        let mut read_at = quiet;
        let found = match poll(&mut waited, Some(&Timespec::default())) {
            Ok(0) => {
                let found = poll(&mut waited, None);
                read_at = Instant::now();
                found
            }
            found => found,
        };
        match found {
            Err(rustix::io::Errno::INTR) => continue,
            found => found?,
        };
        let (keys, stop) = (waited[0].revents(), waited[1].revents());
        if !stop.is_empty() || keys.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Ok(());
        }
        loop {
            quiet = Instant::now();
            if !event::poll(REST)? {
                break;
            }
            let input = event::read()?;
            if typed.blocking_send(Typed { read_at, input }).is_err() {
                return Ok(());
            }
        }
    }
}
