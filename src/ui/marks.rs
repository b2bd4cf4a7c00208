//! The marks in front of changes and experiments.

/// Each mark with its meaning, for the help and the documents.
pub const MARKS: [(&str, &str); 16] = [
    ("‼", "critical"),
    ("!", "warning"),
    ("≠", "conflict"),
    ("✓", "approved"),
    ("◐", "approved in part"),
    ("⊘", "vetoed"),
    ("↩", "reverted"),
    ("↻", "sent back"),
    ("≈", "stale, expired, superseded"),
    ("▷", "may run"),
    ("?", "waiting"),
    ("●", "kept, without a change to review"),
    ("◌", "commit gone"),
    ("◉", "baseline"),
    ("◈", "marked for comparison"),
    ("★", "best, or one of the few that matter"),
];
