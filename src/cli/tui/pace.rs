//! When the next frame is drawn: at once after a key, soon after a change, and seldom while nothing but a log goes on.

use std::time::Duration;

use tokio::time::Instant;

/// Frames are this far apart on the average, however much comes.
const FRAME: Duration = Duration::from_millis(33);
/// The answer to a key comes sooner: a held key repeats no faster than this.
const KEY_FRAME: Duration = Duration::from_millis(12);
/// Where nothing but a log went on since the last one: a chart that grows is no smoother with more.
const LOG_FRAME: Duration = Duration::from_millis(200);

/// Lines that are no farther apart than this come all the time. One that comes alone is drawn at once.
const STEADY: Duration = Duration::from_millis(140);

/// The times of frames.
pub(super) struct FrameClock {
    last: Option<Instant>,
    last_line: Option<Instant>,
    /// The earliest time of the next one.
    pub(super) next: Instant,
}

impl FrameClock {
    /// The first frame may be drawn now.
    pub(super) fn begin() -> Self {
        Self { last: None, last_line: None, next: Instant::now() }
    }

    /// True when a frame may be drawn.
    pub(super) fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// One was drawn. Two in a row may come soon after each other: what comes first after a rest is seen at once, and so
    /// is the loop after the screen that said that it is being read.
    pub(super) fn drawn(&mut self) {
        let now = Instant::now();
        let soonest = now + KEY_FRAME;
        self.next = self.last.replace(now).map_or(soonest, |before| soonest.max(before + 2 * FRAME));
    }

    /// Somebody pressed a key.
    pub(super) fn key(&mut self) {
        self.next = self.last.map_or(self.next, |last| last + KEY_FRAME);
    }

    /// Something changed.
    pub(super) fn change(&mut self) {
        self.next = self.last.map_or(self.next, |last| self.next.min(last + 2 * FRAME));
    }

    /// A log went on, and nothing else is to be drawn.
    pub(super) fn line(&mut self) {
        let now = Instant::now();
        let is_steady = self.last_line.replace(now).is_some_and(|before| now - before <= STEADY);
        match self.last {
            Some(last) if is_steady => self.next = self.next.max(last + LOG_FRAME),
            _ => self.change(),
        }
    }
}
