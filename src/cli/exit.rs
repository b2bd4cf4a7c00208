//! Exit codes, all of them. Documented in docs/commands.md; stable.

use crate::decide::DecideError;
use crate::watch::WatchError;

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Success.
    Good = 0,
    /// Failure; the reason is on standard error.
    Error = 1,
    /// The command line could not be understood.
    Usage = 2,
    /// No loop was found in the directory.
    NoLoop = 3,
    /// `verify` found something that does not hold.
    Objection = 4,
    /// A decision was refused or cancelled; nothing changed.
    NotDecided = 5,
    /// `wait`: approved in part, or with another tree.
    Partial = 9,
    /// `wait`: changes were requested.
    ChangesRequested = 10,
    /// `wait`: vetoed.
    Vetoed = 11,
    /// `wait`: no answer yet; call again.
    Pending = 12,
    /// `wait`: it no longer applies; propose it again on the new base.
    Stale = 13,
    /// `wait`: no answer within the policy's time limit.
    Expired = 14,
}

impl From<Code> for std::process::ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Returns the exit code of an error that reached the top.
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
