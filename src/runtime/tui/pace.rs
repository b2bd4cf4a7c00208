//! Frame timing: at once after a key, soon after a change, and rarely while only a log grows.

use std::time::Duration;

use tokio::time::Instant;

/// Average time between frames, at most one per this time under load.
const FRAME: Duration = Duration::from_millis(33);
/// Time between frames after a key; a held key repeats no faster than this.
const KEY_FRAME: Duration = Duration::from_millis(12);
/// Time between frames while only a log grows: more frames would not make a chart smoother.
const LOG_FRAME: Duration = Duration::from_millis(200);

/// Log lines closer together than this count as a steady stream. A single line is drawn at once.
const STEADY: Duration = Duration::from_millis(140);

/// Schedules frames.
pub(crate) struct FrameClock {
    last: Option<Instant>,
    last_line: Option<Instant>,
    /// The earliest time of the next frame.
    pub(crate) next: Instant,
}

impl FrameClock {
    /// Starts the clock; the first frame may be drawn now.
    pub(crate) fn begin() -> Self {
        Self { last: None, last_line: None, next: Instant::now() }
    }

    /// True if a frame may be drawn.
    pub(crate) fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Records that a frame was drawn. Two frames may follow each other closely: the first change after a rest is shown
    /// at once, and so is the loop after the loading screen.
    pub(crate) fn drawn(&mut self) {
        let now = Instant::now();
        let soonest = now + KEY_FRAME;
        self.next = self.last.replace(now).map_or(soonest, |before| soonest.max(before + 2 * FRAME));
    }

    /// Records a key press.
    pub(crate) fn key(&mut self) {
        self.next = self.last.map_or(self.next, |last| last + KEY_FRAME);
    }

    /// Records a change.
    pub(crate) fn change(&mut self) {
        self.next = self.last.map_or(self.next, |last| self.next.min(last + 2 * FRAME));
    }

    /// Records a log line with nothing else to draw.
    pub(crate) fn line(&mut self) {
        let now = Instant::now();
        let is_steady = self.last_line.replace(now).is_some_and(|before| now - before <= STEADY);
        match self.last {
            Some(last) if is_steady => self.next = self.next.max(last + LOG_FRAME),
            Some(_) | None => self.change(),
        }
    }
}
