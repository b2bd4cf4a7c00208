//! Exit codes, all of them. Documented in the README; stable.

use crate::decide::DecideError;
use crate::watch::WatchError;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// All is well.
    Good = 0,
    /// Something went wrong; standard error says what.
    Error = 1,
    /// The command line could not be understood.
    Usage = 2,
    /// No loop was found in the directory.
    NoLoop = 3,
    /// `verify` found something that does not hold.
    Objection = 4,
    /// A decision was refused or called off; nothing changed.
    NotDecided = 5,
    /// `wait`: a part of it was approved.
    Partial = 9,
    /// `wait`: it was sent back.
    ChangesRequested = 10,
    /// `wait`: it was refused.
    Vetoed = 11,
    /// `wait`: nobody has answered yet; call again.
    Pending = 12,
    /// `wait`: it does not fit any more; propose it again on the new base.
    Stale = 13,
    /// `wait`: nobody answered in the time that the policy gives.
    Expired = 14,
}

impl From<Code> for std::process::ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// The code of an error that reached the top.
pub(super) fn of_error(error: &color_eyre::Report) -> Code {
    if matches!(error.downcast_ref::<WatchError>(), Some(WatchError::NotALoop(..))) {
        Code::NoLoop
    } else if error.downcast_ref::<DecideError>().is_some_and(|error| !matches!(error, DecideError::Unrecorded { .. }))
    {
        Code::NotDecided
    } else {
        Code::Error
    }
}
