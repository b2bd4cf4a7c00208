//! Remedies for file system errors.

use std::io::{Error, ErrorKind};

/// Returns the remedy for a file system error, to be appended to the description of what failed and where.
pub fn remedy(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on that disk, then decide again",
        ErrorKind::FileTooLarge => "raise the limit of file sizes (ulimit -f), then decide again",
        ErrorKind::ReadOnlyFilesystem => "remount it for writing, then decide again",
        ErrorKind::PermissionDenied => {
            "check its owner (ls -l); if the agent runs as another user, `home` in your configuration keeps decisions elsewhere"
        }
        ErrorKind::NotFound | ErrorKind::StaleNetworkFileHandle | ErrorKind::NotConnected => {
            "check that its file system is still mounted, then decide again"
        }
        _ => "check that file, then decide again",
    }
}
