//! Decides when a window may receive keys: a window that decides must be on the screen first, and a change to its
//! subject is shown in it and disables Enter.

use super::subject::WindowSubject;
use crate::app::KeyPress;
use crate::app::target::GRACE_MS;

/// Contents of one frame that the terminal received completely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The rows of the diff on the screen, from and to (exclusive); `None` without a diff.
    pub diff_rows: Option<(usize, usize)>,
    /// The number of the drawn window; `None` without one, and if the screen was too small for it.
    pub window: Option<u64>,
    /// True if the screen was too small for text that must be read before a decision.
    pub is_cut: bool,
}

/// State of the open window: whether it has been drawn and seen, and whether its subject changed.
#[derive(Clone, Debug, Default)]
pub struct WindowState {
    /// Number of the window, counted up whenever it asks for something else. A frame contains the number that it
    /// showed.
    number: u64,
    is_faced: bool,
    is_cut: bool,
    /// True if keys were pressed before the window was on the screen.
    is_early: bool,
    /// Set if the window opened by itself: for a moment, keys are still meant for what was there before.
    by_itself: Option<OpenSince>,
    about: Option<WindowSubject>,
    changed: Option<String>,
}

impl WindowState {
    /// Returns the number by which a frame identifies the window.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns what changed about the window's subject since it opened, as visible text; `None` if nothing did.
    pub fn changed(&self) -> Option<&str> {
        self.changed.as_deref()
    }

    /// Returns what the person must know before pressing Enter; `None` if Enter works.
    pub fn complaint(&self) -> Option<String> {
        if let Some(changed) = &self.changed {
            return Some(format!("{changed}; Enter is disabled, Esc closes this"));
        }
        let early = "keys pressed before this was on the screen were ignored";
        self.is_early.then(|| early.to_owned())
    }

    /// Returns the state of a new window about a subject. It receives keys once it is on the screen.
    pub(super) fn opened(&self, about: Option<WindowSubject>) -> Self {
        Self { number: self.number + 1, about, ..Self::default() }
    }

    /// Records that the person did not ask for the window.
    pub(super) fn opened_by_itself(&mut self) {
        self.by_itself = Some(OpenSince::NotYet);
    }

    /// Records that the window asks for something else: that must be on the screen before a key answers it.
    pub(in crate::app) fn ask_again(&mut self) {
        self.number += 1;
        self.is_faced = false;
        self.is_early = false;
    }

    /// Records a change to the window's subject. The first one is kept.
    pub(in crate::app) fn change(&mut self, difference: impl Into<String>) {
        self.changed.get_or_insert_with(|| difference.into());
    }

    /// Handles a frame that was drawn completely.
    pub(in crate::app) fn drawn(&mut self, drawn: Drawn, now_ms: i64) {
        if self.by_itself == Some(OpenSince::NotYet) && drawn.window == Some(self.number) {
            self.by_itself = Some(OpenSince::Since(now_ms));
        }
        if drawn.window == Some(self.number) {
            self.is_cut = drawn.is_cut;
        }
        if self.is_cut || drawn.window != Some(self.number) {
            self.is_faced = false;
        }
    }

    /// Later keys were pressed after this frame was on the screen.
    pub(in crate::app) fn faced(&mut self, drawn: Drawn) {
        self.is_faced |= drawn.window == Some(self.number) && !self.is_cut;
    }

    /// True while a change to the window's subject must be noticed.
    pub(super) fn watches(&self) -> bool {
        self.about.is_some() && self.changed.is_none()
    }

    /// Records a change to the window's subject.
    pub(super) fn follow(&mut self, now: &WindowSubject) {
        if let Some(difference) = self.about.as_ref().filter(|before| *before != now).map(|before| before.differs(now))
        {
            self.change(difference);
        }
    }

    /// True if a key may reach the open window, which decides something if `decides`; otherwise the window shows a
    /// complaint.
    pub(in crate::app) fn may_take(&mut self, decides: bool, key: KeyPress, now_ms: i64) -> bool {
        if let Some(seen) = self.by_itself {
            let is_read = matches!(seen, OpenSince::Since(at) if now_ms - at >= GRACE_MS);
            if !is_read {
                return false;
            }
        }
        if key == KeyPress::Esc {
            return true;
        }
        if key == KeyPress::Enter && self.changed.is_some() {
            return false;
        }
        if !decides || self.is_faced {
            self.is_early = false;
            return true;
        }
        self.is_early = !self.is_cut;
        false
    }

    /// Handles a resize: nothing counts as seen until it is drawn at the new size.
    pub(in crate::app) fn resized(&mut self) {
        self.is_faced = false;
    }
}

/// The time when a window that opened by itself appeared on the screen, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenSince {
    NotYet,
    Since(i64),
}
