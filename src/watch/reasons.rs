//! Reasons why a file is not read, where several readers give the same one.

/// An empty file.
pub(super) const NOTHING_WRITTEN: &str = "nothing has been written to it yet";
