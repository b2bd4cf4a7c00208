//! What the terminal reports, read on a thread of its own: each key comes with the time at which it was read, so that it
//! is known what stood on the screen then.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Input};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc;

/// Keys that wait to be taken in: a person does not type that fast.
const MOST: usize = 256;
/// After this long without another byte what was read is all there was.
const REST: Duration = Duration::from_millis(1);
/// The thread has this long to leave the terminal to another program.
const LEAVING: Duration = Duration::from_millis(200);

/// A key, or what else a terminal reports.
pub(super) struct Typed {
    /// When it was there, at the latest.
    pub(super) read_at: Instant,
    /// What it was.
    pub(super) input: Input,
}

/// The thread that reads the terminal.
pub(super) struct Keyboard {
    typed: mpsc::Receiver<Typed>,
    stop: UnixStream,
}

impl Keyboard {
    /// Reads from now on. What was read by others before, and put by, counts as read at `began`.
    pub(super) fn start(began: Instant) -> io::Result<Self> {
        let (send, typed) = mpsc::channel(MOST);
        let (stop, stopped) = UnixStream::pair()?;
        std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            // A terminal that is gone is a channel that is closed.
            let _ = read(&send, &stopped, began);
        })?;
        Ok(Self { typed, stop })
    }

    /// The next key; `None` when the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<Typed> {
        self.typed.recv().await
    }

    /// Leaves the terminal to a question of ours; what was typed until then and is not taken in comes back.
    pub(super) async fn pause(mut self) -> Vec<Typed> {
        drop(self.stop);
        let mut typed = Vec::new();
        let _ = tokio::time::timeout(LEAVING, async {
            while let Some(one) = self.typed.recv().await {
                typed.push(one);
            }
        })
        .await;
        typed
    }

    /// Leaves the terminal to another program. What was typed and not taken in was not meant for that.
    pub(super) async fn stop(mut self) {
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
    // When nothing was there the last time.
    let mut quiet = began;
    loop {
        let mut waited = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        // Where something is there at once, it came since then: it counts as that old.
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
