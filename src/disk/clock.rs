//! The time of this machine.

use std::time::SystemTime;

use jiff::Timestamp;

/// Returns the time, or the last one that can be written down where the clock is further ahead than the year 9999.
pub fn timestamp_now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::MAX)
}
