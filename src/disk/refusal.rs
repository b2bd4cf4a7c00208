//! What a person can do when the file system says no.

use std::io::{Error, ErrorKind};

/// A remedy for an error of the file system, to stand after what happened and where.
pub fn remedy(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on that disk, then decide again",
        ErrorKind::FileTooLarge => "raise the limit of file sizes (ulimit -f), then decide again",
        ErrorKind::ReadOnlyFilesystem => "remount it for writing, then decide again",
        ErrorKind::PermissionDenied => {
            "look who owns it (ls -l); where the agent runs as another user, `home` in your configuration keeps decisions elsewhere"
        }
        ErrorKind::NotFound | ErrorKind::StaleNetworkFileHandle | ErrorKind::NotConnected => {
            "look whether its file system is still mounted, then decide again"
        }
        _ => "look at that file, then decide again",
    }
}
